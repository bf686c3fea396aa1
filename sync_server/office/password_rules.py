"""Which passwords may be set: long enough (store/accounts.py), and none that a stranger would try.

No rule asks for capitals, digits or signs, and none asks for a new password every so often: both
make people choose what is guessed first (docs/sources.md#passwords-that-are-guessed-first).
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from shared.problems import ProblemError
from sync_server.deferred import deferred
from sync_server.store import seasons, units
from sync_server.store.database import Connection

if TYPE_CHECKING:
    from sync_server.store import readings
else:
    readings = deferred("sync_server.store.readings")  # only where a password is set

COMMON = Path(__file__).with_name("common_passwords.txt")
OURS = ("doorstep", "shangmen", "上门", "助学贷款", "password", "admin")
LEAST_OWN = 5
"""Characters that must remain without the words of the place: more than a year behind a name."""
LEAST_WORD = 3
"""Letters of a word that is looked for: shorter ones stand in many passwords by chance."""
LONGEST_BLOCK = 4
"""A password that only repeats a block of so many characters is none: 12341234."""


def check(connection: Connection, password: str, words: Iterable[str]) -> None:
    """Refuse a password that is guessed first.

    Args:
        connection: Any; county and schools are those of the season in force.
        password: What was typed.
        words: Those that belong to the account: its name, the person's.

    Raises:
        ProblemError: auth.password_common.
    """
    plain = _folded(password)
    if plain in _common() or _repeats(plain) or _counts(plain):
        raise ProblemError("auth.password_common")
    rest = plain
    local = {form for word in (*OURS, *_place(connection), *words) for form in _forms(word)}
    for form in sorted(local, key=len, reverse=True):
        rest = re.sub(form, "", rest)
    if rest != plain and len(rest) < LEAST_OWN:
        raise ProblemError("auth.password_common")


def _place(connection: Connection) -> list[str]:
    """Return the words that belong to this county: its own and its schools'."""
    season = seasons.choose(connection)
    if not season:
        return []
    head = seasons.get(connection, season).letterhead
    schools = [school.name for school in units.every_unit(connection, season)]
    return [head.county, head.area_code, head.centre, *schools]


def _forms(word: str) -> set[str]:
    """Return how a word may stand in a password, as patterns: itself, in pinyin, without 县 or 校.

    In pinyin with every reading of its characters: nobody can see which one a place has.
    """
    plain = _folded(word)
    if plain.isascii():
        return {re.escape(plain)} if len(plain) >= LEAST_WORD else set()
    sounds = [readings.sounds(character) for character in plain]
    forms = {re.escape(form) for form in (plain, plain[:-1]) if len(form) >= 2}
    for some in (sounds, sounds[:-1]):
        if sum(len(usual[0]) for usual in some) >= LEAST_WORD:
            forms.add("".join(f"(?:{'|'.join(map(re.escape, one))})" for one in some))
    return forms


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


@functools.cache
def _common() -> frozenset[str]:
    return frozenset(COMMON.read_text(encoding="utf-8").split())


def _repeats(plain: str) -> bool:
    for size in range(1, LONGEST_BLOCK + 1):
        if plain == (plain[:size] * len(plain))[: len(plain)]:
            return True
    return False


def _counts(plain: str) -> bool:
    """Whether each character follows the one before: 12345678, 87654321, abcdefgh."""
    steps = {ord(b) - ord(a) for a, b in itertools.pairwise(plain)}
    return steps in ({1}, {-1})
