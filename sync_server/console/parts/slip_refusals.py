"""Slips that were typed and could not be taken: named, and kept in the field they were typed in."""

from __future__ import annotations

from collections.abc import Sequence

from sync_server.console.web.access import Req
from sync_server.console.web.rendering import keep, notify_problem
from sync_server.office.slip_entries import Refused

MOST_NAMED = 5
"""So many refused entries are named one by one; the page keeps them all in its field."""
LONGEST_ENTRY = 20_000
"""Most characters typed into a field of codes: a thousand of them, with blanks between."""


def name_refused(request: Req, refused: Sequence[Refused], field: str) -> None:
    """Say why entries were not taken, and keep them in the next page's field of this name."""
    for one in refused[:MOST_NAMED]:
        notify_problem(request, one.problem)
    if refused:
        keep(request, {field: " ".join(one.text for one in refused)})
