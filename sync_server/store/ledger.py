"""The ledger: facts as they arrived, in order of arrival, with each device's chain checked.

Each fact has one outcome (docs/protocol.md#outcomes-of-a-push): created, duplicate, conflict,
rejected or gap. A fact whose chain is right but whose content is not is quarantined and its number
counted, so that it never stops the next ones; sent again it gets the same outcome, unless the
centre asked for it again. A fact whose place in the chain is wrong is quarantined under that code
and its number is not counted. office/quarantine.py decides about quarantined facts.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, update

from shared import digest, wire
from shared.problems import ProblemError
from shared.records.base import Fact
from shared.season import Season
from sync_server.store import fact_validation, feed, kept_contacts, quarantine_room, refusals
from sync_server.store import tables as t
from sync_server.store.corrections import corrected_kind
from sync_server.store.devices import Device, locked
from sync_server.store.fact_seasons import FactSeasons
from sync_server.store.ids import new_id
from sync_server.store.prepared import Prepared
from sync_server.store.push_lookups import UNSIGNED, Home, Known, Lookups
from sync_server.store.push_rows import NewRows
from sync_server.store.received_fact import ReceivedFact
from sync_server.store.resolution import (
    ARRIVED,
    ASKED,
    DROPPED,
    ELSEWHERE,
    OUT_OF_CHAIN,
    RESENT,
    SEASON_OVER,
    waits,
)
from sync_server.store.seasons import SeasonRow

# Built once: making a statement costs more than running it, and every push runs it.
_D = t.device.c
_HEAD = Prepared(
    update(t.device)
    .where(
        _D.id == bindparam("of_device"),
        _D.n == bindparam("before"),
        _D.link == bindparam("link_before"),
    )
    .values(n=bindparam("now"), link=bindparam("link_now"), seen_at=bindparam("at"))
)


def push(
    connection: Connection, device_id: str, incoming: Sequence[ReceivedFact], received_at: str
) -> tuple[list[wire.Outcome], list[wire.ReceiptLine]]:
    """Take facts in order; outcomes in the same order, and receipt lines for what is stored.

    Each fact is of the season it names, if its phone is or was in that season. The device's row
    stays locked until COMMIT, so that two pushes of one device follow one another.

    Raises:
        ProblemError: device.new_season, for a new fact of a season in which the phone still waits;
            data.locked, where the head of the chain was moved in spite of the lock.
        QuarantineFullError: The first cannot be set apart; of a later one it is the outcome.
    """
    return push_of(connection, locked(connection, device_id), incoming, received_at)


def push_of(
    connection: Connection,
    device: Device,
    incoming: Sequence[ReceivedFact],
    received_at: str,
    season: SeasonRow | None = None,
) -> tuple[list[wire.Outcome], list[wire.ReceiptLine]]:
    """Take facts of a device whose row is locked already, see `push`; `season`: of it, if read."""
    push_state = DevicePush(connection, device, received_at, season)
    pushed = push_state.look_up(incoming)
    outcomes: list[wire.Outcome] = []
    try:
        for item, fact in pushed:
            outcomes.append(push_state.accept(item, fact))
    except quarantine_room.QuarantineFullError as full:
        if not outcomes:
            raise
        left = [item.sha256 for item in incoming[len(outcomes) :]]
        outcomes += quarantine_room.unanswered(left, push_state.expected, full)
    push_state.finish()
    return outcomes, push_state.stored


class DevicePush:
    """One push of one device; carries the chain's head from fact to fact."""

    def __init__(
        self,
        connection: Connection,
        device: Device,
        received_at: str,
        season: SeasonRow | None = None,
    ) -> None:
        self._connection = connection
        self._device = device
        self._seasons = FactSeasons(connection, device, received_at, season)
        self._received_at = received_at
        self._began = device
        self._n, self._link = device.n, device.link
        self._rows = NewRows(connection, received_at)
        self._touched: dict[str, str] = {}
        self._corrected: dict[str, str] = {}
        self._undecided: int | None = None
        self._keeps = True  # whether the season of the fact at hand keeps what is set apart
        self.stored: list[wire.ReceiptLine] = []

    def look_up(self, incoming: Sequence[ReceivedFact]) -> list[tuple[ReceivedFact, Fact | None]]:
        """Look up what the facts need, all at once; return them with what their bytes say."""
        pushed = [(item, fact_validation.decode_envelope(item.data)) for item in incoming]
        self._found = Lookups(self._connection, self._device.id, pushed)
        self._quarantined_codes = {sha: row["code"] for sha, row in self._found.own.items()}
        self._decided = {
            sha: row
            for sha, row in self._found.own.items()
            if row["resolution"] in (ASKED, DROPPED) or row["code"] == SEASON_OVER
        }
        return pushed

    @property
    def expected(self) -> int:
        """The number that follows in the device's chain."""
        return self._n + 1

    def accept(self, item: ReceivedFact, fact: Fact | None) -> wire.Outcome:
        """Give a fact its outcome; resolve what was set apart of the same bytes before."""
        outcome = self._judge(item, fact)
        if outcome.outcome in (wire.CREATED, wire.DUPLICATE):
            self.resolve_waiting(item.sha256, ARRIVED)
        elif outcome.outcome != wire.GAP:
            self.resolve_waiting(item.sha256, RESENT)
        return outcome

    def _judge(self, item: ReceivedFact, fact: Fact | None) -> wire.Outcome:
        self._device = self._seasons.device_in(fact.season if fact else "")
        self._keeps = fact is None or not self._seasons.is_over(fact.season)
        known = None if fact is None else self._found.known.get(fact.id)
        if fact is not None and known is not None and known.sha256 == item.sha256:
            if self._has_another_number(item):
                return self._refused_outcome(item, "fact.chain_forked")
            self.stored.append(wire.ReceiptLine(sha256=item.sha256, id=fact.id, seq=known.seq))
            self._count_again(item, fact.id, known)
            return wire.Outcome(
                outcome=wire.DUPLICATE, sha256=item.sha256, seq=known.seq, tray=known.tray
            )
        asked = self._asked_at_its_place(item)
        place = "" if asked else self._chain_problem(item)
        if place == "fact.gap":
            return wire.Outcome(outcome=wire.GAP, sha256=item.sha256, expect=self._n + 1)
        before = self._quarantined_codes.get(item.sha256, "")
        if before and (place or before not in OUT_OF_CHAIN):
            decided = self._decided.get(item.sha256)
            if decided is not None and decided["resolution"] == DROPPED:
                return refusals.dropped(item.sha256, decided["resolved_reason"])
            if before not in OUT_OF_CHAIN and not asked:
                return self._refused_outcome(item, before)
        if fact is None:
            return self._refuse(item, "", "fact.unreadable", place)
        if known is not None:
            return self._refuse(item, fact.id, "fact.conflict", place)
        if place:
            return self._refuse(item, fact.id, place, place)
        problem = self.content_problem(item, fact)
        return self._refuse(item, fact.id, problem, place) if problem else self._store(item, fact)

    def _asked_at_its_place(self, item: ReceivedFact) -> bool:
        """Whether this fact is judged anew at the number that was counted for it before.

        The centre asked for it, or it came when its season had passed its retention, and the day
        was moved since.
        """
        asked = self._decided.get(item.sha256)
        if asked is None:
            return False
        if asked["code"] == SEASON_OVER and self._seasons.is_over(self._device.season):
            return False
        return (
            (asked["resolution"] == ASKED or asked["code"] == SEASON_OVER)
            and asked["code"] not in OUT_OF_CHAIN
            and (asked["n"], asked["link"]) == (item.n, item.link)
            and item.signed
        )

    def _chain_problem(self, item: ReceivedFact) -> str:
        if not item.signed:
            return "fact.bad_signature"
        if item.n > self._n + 1:
            return "fact.gap"
        if item.n <= self._n or item.link != digest.link(self._link, item.sha256):
            return "fact.chain_forked"
        return ""

    def _store(self, item: ReceivedFact, fact: Fact) -> wire.Outcome:
        self._advance_chain(item)
        if item.sha256 in self._quarantined_codes:
            q = t.quarantine.c
            same = (q.device == self._device.id) & (q.sha256 == item.sha256)
            arrived = {"settled_at": self._received_at, "resolution": ARRIVED}
            self._connection.execute(update(t.quarantine).where(same).values(**arrived))
        seq, tray = self.put(item, fact)
        return wire.Outcome(outcome=wire.CREATED, sha256=item.sha256, seq=seq, tray=tray)

    def put(self, item: ReceivedFact, fact: Fact) -> tuple[int, bool]:
        """Add a fact to the ledger; return its sequence, and whether its case has moved."""
        home = self._found.home(fact.case, fact.season)
        tray = self._has_moved(home, fact)
        seq = self._rows.add(item, fact, self._device, tray=tray)
        self._found.known[fact.id] = Known(item.sha256, seq, tray, self._device.id, item.n)
        if home is not None:
            self._touched[fact.case] = home.unit
            if fact.kind == "correction":
                self._corrected[fact.case] = fact.season
        self.stored.append(wire.ReceiptLine(sha256=item.sha256, id=fact.id, seq=seq))
        return seq, tray

    def _has_moved(self, home: Home | None, fact: Fact) -> bool:
        """Whether the case is with another school or teacher; on paper, one of nobody is not."""
        by = {self._device.staff} if fact.paper is None else {"", fact.paper.visited_by}
        return home is None or home.unit != self._device.unit or home.staff not in by

    def _has_another_number(self, item: ReceivedFact) -> bool:
        """Whether a duplicate's number is the next, and another counted number has its row.

        The quarantine has one row for the bytes of a device: counted too, this number would take
        the place of the other, and that one be missing in the chain for good. No phone by the rules
        signs the same bytes twice with one key.
        """
        before = self._quarantined_codes.get(item.sha256, "")
        return bool(before) and before not in OUT_OF_CHAIN and not self._chain_problem(item)

    def _count_again(self, item: ReceivedFact, fact_id: str, known: Known) -> None:
        """Count the number of a duplicate that stands at its place in this device's chain.

        Another phone of the teacher has sent it before: two copies of one phone's data. Or this one
        has, and the head of its chain stayed behind. Not counted, every later number of this device
        would be a gap.
        """
        if self._chain_problem(item):
            return
        if (known.device, known.n) == (self._device.id, item.n):
            self._advance_chain(item)
            return
        self._advance_chain(item)
        self._quarantine(item, fact_id, ELSEWHERE)
        q = t.quarantine.c
        same = (q.device == self._device.id) & (q.sha256 == item.sha256)
        resolved = {"settled_at": self._received_at, "resolution": ARRIVED}
        self._connection.execute(update(t.quarantine).where(same).values(**resolved))

    def resolve_waiting(self, sha256: str, how: str) -> None:
        """Resolve what waits of bytes that came: all of it, or what other phones were asked for."""
        if (self._device.unit, sha256) not in self._found.waiting:
            return
        q = t.quarantine.c
        same = (q.unit == self._device.unit) & (q.sha256 == sha256) & waits()
        if how == RESENT:
            same &= (q.resolution == ASKED) & (q.device != self._device.id)
        resolved = {"settled_at": self._received_at, "resolution": how}
        self._connection.execute(update(t.quarantine).where(same).values(**resolved))

    def content_problem(self, item: ReceivedFact, fact: Fact) -> str:
        """Return why a readable, well-chained fact is refused; "" when it is accepted."""
        if self._seasons.is_over(fact.season):
            return SEASON_OVER
        corrected = self._corrected_kind(fact)
        if problem := fact_validation.problem_of(fact, item.data, self._season, corrected):
            return problem
        if fact.season != self._device.season:
            return "fact.wrong_season"
        self._seasons.check_confirmed(self._device)
        if (fact.paper is not None) != self._device.is_office:
            return "fact.paper_elsewhere"
        home = self._found.home(fact.case, fact.season)
        unit = self._device.unit
        if home and (home.unit == unit or feed.has_left(self._connection, unit, fact.case)):
            return ""
        return "case.unknown"

    def _refuse(self, item: ReceivedFact, fact_id: str, code: str, place: str) -> wire.Outcome:
        """Quarantine a refused fact; count its number if its place in the chain is right.

        Raises:
            QuarantineFullError: The limit of records set apart is reached; nothing was changed.
        """
        if item.sha256 not in self._quarantined_codes and code != SEASON_OVER:
            try:
                self._take_room(item)
            except quarantine_room.QuarantineFullError:
                if place != "fact.chain_forked":  # waits on its phone anyway, for a new key
                    raise
                return self._refused_outcome(item, code)
        if not place:
            self._advance_chain(item)
        self._quarantine(item, fact_id, place or code)
        return self._refused_outcome(item, code)

    def _corrected_kind(self, fact: Fact) -> str:
        return corrected_kind(self._connection, fact, self._rows.bytes_of)

    def _take_room(self, item: ReceivedFact) -> None:
        if self._undecided is None:
            self._undecided = self._found.undecided()
        place = (self._connection, self._device.id, self._received_at)
        quarantine_room.require(*place, len(item.data), self._undecided)
        self._undecided += 1

    def _refused_outcome(self, item: ReceivedFact, code: str) -> wire.Outcome:
        fact = fact_validation.decode_envelope(item.data)
        corrected = self._corrected_kind(fact) if fact else ""
        return refusals.refused(code, item.sha256, item.data, self._season, corrected)

    @property
    def _season(self) -> Season | None:
        """The settings of the fact's season."""
        return self._seasons.settings(self._device.season)

    def _advance_chain(self, item: ReceivedFact) -> None:
        """Advance the chain; unsigned facts of this number were damaged and are resolved."""
        if item.n <= self._n:
            return  # asked for again: its number was counted when it was quarantined
        self._n, self._link = item.n, item.link
        if item.n in self._found.unsigned:
            q = t.quarantine.c
            unsigned = (q.device == self._device.id) & (q.n == item.n) & (q.code == UNSIGNED)
            open_ones = update(t.quarantine).where(unsigned, waits())
            self._connection.execute(open_ones.values(settled_at=self._received_at, resolution=""))

    def _quarantine(self, item: ReceivedFact, fact_id: str, code: str) -> None:
        """Quarantine once and never overwrite; a counted number replaces an uncounted one."""
        place = {"n": item.n, "link": item.link, "sig": item.sig, "code": code}
        before = self._quarantined_codes.get(item.sha256)
        self._quarantined_codes[item.sha256] = code
        self._found.waiting.add((self._device.unit, item.sha256))
        if code == UNSIGNED:
            self._found.unsigned.add(item.n)
        if before is None:
            row = {
                "id": new_id(),
                "season": self._device.season,
                "unit": self._device.unit,
                "fact_id": fact_id,
                "device": self._device.id,
                "sha256": item.sha256,
                "data": item.data if self._keeps else b"",
                "settled_at": "" if self._keeps else self._received_at,
                "received_at": self._received_at,
            }
            self._connection.execute(t.quarantine.insert(), {**row, **place})
        elif code not in OUT_OF_CHAIN or item.sha256 in self._decided:
            q = t.quarantine.c
            same = (q.device == self._device.id) & (q.sha256 == item.sha256)
            undecided = {"settled_at": "", "resolution": "", "resolved_by": ""}
            if not self._keeps:
                undecided |= {"settled_at": self._received_at}
                place |= {"data": b""}
            self._connection.execute(
                update(t.quarantine).where(same).values(**place, **undecided, resolved_reason="")
            )

    def finish(self) -> None:
        """Write what is new, move the chain's head, and announce the changed cases to phones.

        Raises:
            ProblemError: data.locked: the head is not where this push found it.
        """
        values = {
            "of_device": self._device.id,
            **{"before": self._began.n, "link_before": self._began.link},
            **{"now": self._n, "link_now": self._link, "at": self._received_at},
        }
        if not _HEAD.run(self._connection, values):
            raise ProblemError("data.locked")
        self.announce()

    def announce(self) -> None:
        """Write what is new, and announce the changed cases to phones."""
        if self._corrected:
            self._rows.write()
            kept_contacts.after_corrections(self._connection, self._corrected)
        self._rows.announce(self._touched)
