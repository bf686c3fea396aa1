"""Rows of the list, kept until something changed that they show: a search asks at every key."""

from __future__ import annotations

from typing import Generic, TypeVar

from mobile.usecases.standings import Judged

L = TypeVar("L")


class KeptLines(Generic[L]):
    """Rows by case id.

    A standing is the same object until its case or its records change; what else a row shows
    (the day, what is unsent, where the teacher is, masks) is compared with what it was made for.
    """

    def __init__(self) -> None:
        self._of: dict[str, tuple[Judged, tuple[object, ...], L]] = {}

    def get(self, judged: Judged, shown: tuple[object, ...]) -> L | None:
        """Return the row made for this standing and these other things, or None."""
        found = self._of.get(judged.state.case.id)
        if found is None or found[0] is not judged or found[1] != shown:
            return None
        return found[2]

    def put(self, judged: Judged, shown: tuple[object, ...], line: L) -> None:
        """Keep a row."""
        self._of[judged.state.case.id] = (judged, shown, line)
