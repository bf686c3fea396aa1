"""What a search looks through, made once a case and kept until the office sends the case anew."""

from __future__ import annotations

import msgspec

from shared.case_search import numbers_of, text_of
from shared.wire import CaseState


class Searched(msgspec.Struct, frozen=True):
    """What is looked through for one case. `numbers`: of borrower and co-borrower, bare digits."""

    state: CaseState
    text: str
    numbers: tuple[str, ...]


class SearchTexts:
    """The texts by case id, made when they are first asked for."""

    def __init__(self) -> None:
        self._of: dict[str, Searched] = {}

    def of(self, state: CaseState) -> Searched:
        """Return what is looked through for one case."""
        found = self._of.get(state.case.id)
        if found is None or found.state is not state:
            found = _searched(state)
            self._of[state.case.id] = found
        return found


def _searched(state: CaseState) -> Searched:
    initials = "" if state.initials is msgspec.UNSET else state.initials
    text = text_of(state.case, initials, (state.contact.get("address", ""),))
    return Searched(state, text, numbers_of(state.case, state.contact.get("phone", "")))
