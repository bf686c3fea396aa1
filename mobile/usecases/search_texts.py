"""What a search looks through, made once a case and kept until the office sends the case anew."""

from __future__ import annotations

import msgspec

from shared.identity import parse_phones
from shared.ids import fold
from shared.wire import CaseState

_NO_DOTS = dict.fromkeys(map(ord, "·•‧・･∙⋅."))
"""Middle dots as keyboards write them, and the full stop of those that have none."""


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


def folded(text: str) -> str:
    """Return a text as it is compared: folded, without the dots between the parts of a name."""
    return fold(text).translate(_NO_DOTS)


def _searched(state: CaseState) -> Searched:
    case, other = state.case, state.case.co_borrower
    initials = "" if state.initials is msgspec.UNSET else state.initials
    parts = (
        case.borrower.name,
        *initials.split(),
        case.code,
        case.village,
        case.township,
        case.address,
        state.contact.get("address", ""),
    )
    numbers = (
        *parse_phones(state.contact.get("phone", "")),
        *case.borrower.phones,
        *(other.phones if other else ()),
    )
    return Searched(
        state, "\n".join(folded(part) for part in parts if part), tuple(fold(n) for n in numbers)
    )
