"""How many records may be set apart, asked before one is stored (quotas.py).

A record beyond that is not stored and its number not counted: its phone keeps it, and what follows
it in the chain, and sends it again. So a phone whose every record is refused cannot fill the disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from shared import wire
from shared.problems import ProblemError, details
from sync_server import quotas
from sync_server.store import device_days


class QuarantineFullError(ProblemError):
    """No record of this phone can be set apart now: quarantine.full or quarantine.day_full."""


def require(connection: Connection, device: str, now: str, size_bytes: int, waiting: int) -> None:
    """Count a record that is about to be set apart.

    Args:
        connection: The writer's.
        device: Its phone.
        now: UTC ISO.
        size_bytes: Its size.
        waiting: How many of this phone wait for a decision already.

    Raises:
        QuarantineFullError: Nothing was counted.
    """
    all_bytes = device_days.quarantined_bytes(connection)
    if waiting >= quotas.WAITING_REFUSED or all_bytes + size_bytes > quotas.ALL_REFUSED_BYTES:
        raise QuarantineFullError("quarantine.full")
    if not device_days.add_quarantined(connection, device, now, size_bytes):
        raise QuarantineFullError("quarantine.day_full", limit=quotas.DAY_REFUSED)


def unanswered(
    hashes: Sequence[str], expect: int, problem: QuarantineFullError
) -> list[wire.Outcome]:
    """Return the outcomes of facts that wait on their phone: gaps, from this number on, with why.

    A phone that knows no such problem sends them once more, and is refused as a whole then.
    """
    why: dict[str, Any] = details(problem)
    return [
        wire.Outcome(outcome=wire.GAP, sha256=sha256, expect=expect, problem=why)
        for sha256 in hashes
    ]


def is_unanswered(outcome: wire.Outcome) -> bool:
    """Return whether an outcome is one of these."""
    return outcome.outcome == wire.GAP and outcome.problem is not None
