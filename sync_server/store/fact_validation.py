"""Check that bytes from a phone are a fact that pages, summaries and seals can read later."""

from __future__ import annotations

from datetime import datetime

from shared.ids import is_uuid
from shared.records.base import Fact, decode
from shared.records.registry import read
from sync_server.store.photo_files import is_sha256

_MAX_BRACKETS = 200
"""An upper bound on nesting that is cheap to count; our deepest body has six."""


def decode_envelope(data: bytes) -> Fact | None:
    """Decode a fact; None when the bytes are not a fact."""
    if data.count(b"{") + data.count(b"[") > _MAX_BRACKETS:
        return None
    try:
        return decode(data)
    except ValueError:  # msgspec's errors and bytes that are no UTF-8
        return None


def is_valid(fact: Fact) -> bool:
    """Return whether ids, hashes, times and body are valid; the body of an unknown kind is."""
    texts = (fact.kind, fact.case, fact.season)
    if (
        not is_uuid(fact.id)
        or not all(map(is_sha256, fact.photos))
        or any("\0" in text for text in texts)
    ):
        return False
    try:
        read(fact)
        return all(
            datetime.fromisoformat(at).tzinfo is not None
            for at in (fact.captured_at, fact.happened_at)
        )
    except ValueError:
        return False
