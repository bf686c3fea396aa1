"""Where each case stands on this phone, judged again only when something changed.

The list is drawn at every keystroke of a search, and 4,000 cases must not be judged anew each time.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mobile.store.kept import REJECTED, Kept
from shared import contacts
from shared.lifecycle import Standing, judge
from shared.records.base import Fact, Position
from shared.season import Season
from shared.wire import CaseState


class Judged(msgspec.Struct, frozen=True):
    """A standing and its inputs.

    `place`: the position of the case's last visit or delivery that has one. `proposed`: what this
    phone learnt of phones, addresses and workplaces and the office has not judged yet.
    """

    state: CaseState
    facts: tuple[str, ...]
    standing: Standing
    place: Position | None
    proposed: tuple[contacts.ProposedContact, ...] = ()


class Standings:
    """Cached standings by case id.

    Facts never change, so the ids of those that count and the state's identity tell whether one is
    valid.
    """

    def __init__(self) -> None:
        self._season: Season | None = None
        self._judged: dict[str, Judged] = {}

    def of(self, state: CaseState, kept: Sequence[Kept], season: Season) -> Judged:
        """Return the standing of one case.

        Args:
            state: The case as the office sent it.
            kept: This phone's facts of the case, in the order they were made.
            season: The season.

        """
        if season is not self._season:
            if season != self._season:
                self._judged.clear()
            self._season = season
        kept = [k for k in kept if k.state != REJECTED]  # the office counts none it refused
        facts = tuple(k.id for k in kept)
        before = self._judged.get(state.case.id)
        if before is not None and before.state is state and before.facts == facts:
            return before
        reviews = {r.fact: r for r in state.reviews}
        made = [k.fact for k in kept]
        own = judge(state.case, made, state.repaid, reviews, season)
        judged = Judged(
            state,
            facts,
            _with_others(own.standing, state),
            _place(own.in_force),
            contacts.proposed(made, reviews),
        )
        self._judged[state.case.id] = judged
        return judged


def _with_others(own: Standing, state: CaseState) -> Standing:
    """This phone's standing, completed by what the office reports of other phones."""
    if not own.delivered and state.delivery in ("signed", "unsigned"):
        own = msgspec.structs.replace(own, delivery=state.delivery)
    if own.statement == "none" and state.statement != "none":
        group = own.group if state.repaid.paid else "special"
        own = msgspec.structs.replace(own, statement=state.statement, group=group)
    # which visit was last is unknown here: this phone's own counts, if there is one
    if not own.visits and state.promised_on:
        group = "promised" if own.group in ("none", "unreachable") else own.group
        own = msgspec.structs.replace(own, promise_date=state.promised_on, group=group)
    return own


def _place(in_force: Sequence[Fact]) -> Position | None:
    for fact in reversed(in_force):
        if fact.body.get("position"):
            return msgspec.convert(fact.body["position"], Position)
    return None
