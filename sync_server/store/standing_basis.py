"""What kept standings were judged by: the version of the judge, and what it asks of a season."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from shared.digest import sha256_hex
from shared.lifecycle import JUDGE_VERSION
from shared.season import Season, slips_late_after, work_days

_HASH_CHARS = 16


def basis_of(season: Season) -> str:
    """Return the basis of standings judged now; another text, and they are judged anew."""
    first, last = work_days(season)
    late = slips_late_after(season)
    days = (season.due_day, first, last, late)
    groups = tuple((reason.code, reason.group) for reason in season.reasons)
    return _text(season.id, tuple(day.isoformat() if day else "" for day in days), groups)


@lru_cache(maxsize=16)
def _text(season: str, days: tuple[str, ...], groups: tuple[tuple[str, str], ...]) -> str:
    said = msgspec.json.encode((season, days, groups))
    return f"{JUDGE_VERSION}.{sha256_hex(said)[:_HASH_CHARS]}"
