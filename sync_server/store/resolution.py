"""Why records are quarantined, how each was resolved, and which of them wait."""

from __future__ import annotations

from sqlalchemy import ColumnElement

from sync_server.store import tables as t

OUT_OF_CHAIN = ("fact.bad_signature", "fact.chain_forked")
"""Codes of quarantined facts whose number is not counted in their device's chain."""
ELSEWHERE = "fact.duplicate"
"""Code of a number whose fact the ledger has from another phone of the teacher: the row keeps the
number, resolved from the start, so that the chain shows no gap.
"""
SEASON_OVER = "fact.season_over"
"""Code of a fact of a season that is purged or past its retention: its row keeps the number of the
chain and no content, resolved from the start.
"""
TAKEN, DROPPED, ASKED, ARRIVED, RESENT = "taken", "dropped", "asked", "arrived", "resent"
"""How a quarantined fact was resolved: by the centre in one of three ways, of which `asked` waits
for the phone; by the same bytes, stored since (`arrived`) or set apart once more under another key
(`resent`: that row is decided). "" where a right fact of the same number resolved it.
"""


def waits() -> ColumnElement[bool]:
    """Select what keeps its school from a summary: undecided, or asked for and not here yet."""
    q = t.quarantine.c
    return (q.settled_at == "") | (q.resolution == ASKED)
