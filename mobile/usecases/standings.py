"""Where each case stands on this phone, judged again only when its facts, its state or the season changed.

The list is drawn at every keystroke of a search: 4,000 cases are not judged anew for each.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mobile.store.facts import Kept
from shared.lifecycle import Standing, judge
from shared.records.base import Fact, Position
from shared.season import Season
from shared.wire import CaseState


class Judged(msgspec.Struct, frozen=True):
    """A judgement and what it stands on. `place`: the last position a visit or delivery of the case saved."""

    state: CaseState
    facts: tuple[str, ...]
    standing: Standing
    place: Position | None


class Standings:
    """Judgements by case id. Facts never change, so their ids and the state's identity say whether one still holds."""

    def __init__(self) -> None:
        self._season: Season | None = None
        self._judged: dict[str, Judged] = {}

    def of(self, state: CaseState, kept: Sequence[Kept], season: Season) -> Judged:
        """The judgement of one case; `kept` are this phone's facts of it, in the order they were made."""
        if season is not self._season:
            if season != self._season:
                self._judged.clear()
            self._season = season
        facts = tuple(k.id for k in kept)
        before = self._judged.get(state.case.id)
        if before is not None and before.state is state and before.facts == facts:
            return before
        reviews = {r.fact: r for r in state.reviews}
        own = judge(state.case, [k.fact for k in kept], state.repaid, reviews, season)
        judged = Judged(state, facts, _with_others(own.standing, state), _place(own.in_force))
        self._judged[state.case.id] = judged
        return judged


def _with_others(own: Standing, state: CaseState) -> Standing:
    """The phone's own facts judged, with what other phones did (as the office counts it) where ours say nothing."""
    if not own.delivered and state.delivery in ("signed", "unsigned"):
        own = msgspec.structs.replace(own, delivery=state.delivery)
    if own.statement == "none" and state.statement != "none":
        group = own.group if state.repaid.paid else "special"
        own = msgspec.structs.replace(own, statement=state.statement, group=group)
    # whose visit was last cannot be told here: her own stands, if there is one
    if not own.visits and state.promised_on:
        group = "promised" if own.group in ("none", "unreachable") else own.group
        own = msgspec.structs.replace(own, promise_date=state.promised_on, group=group)
    return own


def _place(in_force: Sequence[Fact]) -> Position | None:
    for fact in reversed(in_force):
        if fact.body.get("position"):
            return msgspec.convert(fact.body["position"], Position)
    return None
