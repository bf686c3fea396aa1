"""Where a record from paper is typed in: one case of one school, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from shared import lifecycle
from shared.bounds import breach, is_near, moment
from shared.codes import Code
from shared.problems import ProblemError
from shared.records.base import Body, Fact, Paper, encode
from shared.records.kind import Known, RecordKind
from shared.season import CST, Season, china_day
from shared.wire import CREATED, CaseState
from sync_server.office import office_device, paper_bodies, paper_conduct
from sync_server.services import Services
from sync_server.store import (
    audit,
    by_hand,
    cases,
    corrections,
    evidence,
    feed,
    keyed_forms,
    ledger,
    photos,
    seasons,
    slip_stacks,
    units,
)
from sync_server.store import devices as store_devices
from sync_server.store.database import Connection
from sync_server.store.ids import new_id
from sync_server.store.stored_fact import StoredFact

HAPPENED = Code("happened_at", "发生时间", "Time")
_NO_MOMENT = Code("no_moment", "不是有效的日期和时间", "is not a valid date and time")
_LATER = Code("later", "不能晚于现在", "cannot be later than now")


class KeyedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was typed in.

    Attributes:
        fact_id: The record's id.
        device: The office device that signed it.
        n: Its number in that device's chain.
        flags: What the conduct rules note about it (codes FLAGS).
        again: Whether the same form had been sent before: nothing was made this time.

    """

    fact_id: str
    device: str
    n: int
    flags: tuple[str, ...] = ()
    again: bool = False


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A record that is to be corrected.

    Attributes:
        now: As it reads with its corrections; a withdrawn one as it was first made.
        withdrawn: Whether a correction says that it never happened.
        newest: The record, or the last correction of it.
        visited_by: The id of the teacher whose record it is.

    """

    now: Fact
    withdrawn: bool
    newest: StoredFact
    visited_by: str


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """One case, its records in force, and who types; `at_work` is the writer's transaction."""

    services: Services
    at_work: Connection
    unit: str
    season: Season
    case: CaseState
    in_force: tuple[Fact, ...]
    who: str

    def sent_before(self, request_id: str) -> KeyedRecord | None:
        """Return the record that this very form made before.

        Raises:
            ProblemError: request.unreadable for a form without an id.
        """
        if not request_id or len(request_id) > 100:
            raise ProblemError("request.unreadable")
        fact_id = keyed_forms.fact_of(self.at_work, self.unit, request_id)
        if not fact_id:
            return None
        return self.keyed(evidence.fact_of(self.at_work, fact_id), again=True)

    def keyed(self, stored: StoredFact, *, again: bool = False) -> KeyedRecord:
        """Return what is answered about a record of the ledger."""
        words = stored.fact.body.get("body")
        body = words if isinstance(words, Mapping) else stored.fact.body
        flags = tuple(str(flag) for flag in body.get("flags", ()))
        return KeyedRecord(
            fact_id=stored.fact.id, device=stored.device, n=stored.n, flags=flags, again=again
        )

    def known(self, visited_by: str, proofs: tuple[str, ...]) -> Known:
        """Return what the form knows besides its answers. Raises: ProblemError staff.unknown."""
        return Known(season=self.season, teacher=self._teacher(visited_by), photos=proofs)

    def present_teacher(self, staff_id: str) -> str:
        """Return the id of a teacher of the school, who may have left; merged since, the right one.

        Raises:
            ProblemError: staff.unknown.
        """
        teachers = units.known_staff(self.at_work, self.services.season, self.unit)
        found = {one.id: one.merged_into or one.id for one in teachers}
        if staff_id not in found:
            raise ProblemError("staff.unknown")
        return found[staff_id]

    def paper(self, visited_by: str, scan: str) -> Paper:
        """Return the member that says where the record comes from.

        Raises:
            ProblemError: staff.unknown.
        """
        return Paper(keyed_by=self.who, visited_by=visited_by, scan=scan)

    def when(self, text: str) -> datetime:
        """Return the time on the sheet; without an offset it is China's.

        Raises:
            ProblemError: fact.out_of_bounds: unreadable, or still to come.
        """
        found = moment(text) or moment(f"{text}+08:00")
        if found is None:
            raise ProblemError("fact.out_of_bounds", field=HAPPENED, rule=_NO_MOMENT)
        if found > self.services.settings.now():
            raise ProblemError("fact.out_of_bounds", field=HAPPENED, rule=_LATER)
        return found

    def time_kept(self, record: Fact) -> datetime:
        """Return a record's time; now, where its phone's clock was years off."""
        now = self.services.settings.now()
        kept = moment(record.happened_at)
        return kept if kept is not None and is_near(kept, now, self.season) else now

    def flags_of(
        self, body: Body, when: datetime, every: Sequence[str], corrects: str = ""
    ) -> tuple[str, ...]:
        """Return the flags of the conduct rules; what is corrected is not earlier than itself."""
        earlier = [fact for fact in self.in_force if fact.id != corrects]
        return paper_conduct.flags_of(
            body, when, every, earlier, self.case, self.season, correction=bool(corrects)
        )

    def superseding(self, kind: RecordKind, body: Body, corrected: Fact | None = None) -> Body:
        """Return a body with the id of the record it supersedes, where its kind has such a field.

        A correction keeps what the corrected record superseded.
        """
        name = kind.supersedes
        if not name:
            return body
        if corrected is not None:
            return msgspec.structs.replace(body, **{name: str(corrected.body.get(name, ""))})
        last = next((f.id for f in reversed(self.in_force) if f.kind == kind.name), "")
        return msgspec.structs.replace(body, **{name: last})

    def require_photos(self, hashes: Sequence[str]) -> None:
        """Refuse photos that are not stored. Raises: ProblemError photo.unknown."""
        if set(hashes) - photos.stored_of(self.at_work, hashes):
            raise ProblemError("photo.unknown")

    def require_slip(self, sha256: str) -> None:
        """Refuse a picture that is not a filed scan of this person's slip; "" stands for none.

        Raises:
            ProblemError: keyed.slip_gone.
        """
        case_id = self.case.case.id
        filed = slip_stacks.filed_of(self.at_work, [case_id]).get(case_id, [])
        if sha256 and sha256 not in {one.sha256 for one in filed}:
            raise ProblemError("keyed.slip_gone")

    def store(
        self,
        kind: str,
        body: dict[str, Any],
        when: datetime,
        named_photos: tuple[str, ...],
        paper: Paper,
        request_id: str,
        action: str,
    ) -> KeyedRecord:
        """Sign a record and put it into the ledger; one that it would refuse is not signed.

        Raises:
            ProblemError: fact.out_of_bounds, case.unknown.
        """
        settings, connection = self.services.settings, self.at_work
        fact = Fact(
            id=new_id(),
            season=self.services.season,
            kind=kind,
            case=self.case.case.id,
            captured_at=settings.now().astimezone(CST).isoformat(timespec="seconds"),
            happened_at=when.astimezone(CST).isoformat(timespec="seconds"),
            body=body,
            photos=named_photos,
            paper=paper,
        )
        data = encode(fact)
        found = breach(fact, data, self.season, corrections.corrected_kind(connection, fact))
        if found is not None:
            raise paper_bodies.refused(found, _envelope_name(found.field.zh))
        office = office_device.ready(self.services, connection, self.unit)
        item = office.signed(data)
        if problem := by_hand.content_problem(connection, office.device, item, fact):
            raise ProblemError(problem)
        (outcome,), _ = ledger.push(connection, office.device.id, [item], settings.now_text())
        if outcome.outcome != CREATED:
            raise ProblemError((outcome.problem or {}).get("code", "internal"))
        if request_id:
            keyed_forms.put(connection, fact.season, self.unit, request_id, fact.id)
        audit.note(
            connection,
            at=settings.now_text(),
            who=self.who,
            action=action,
            ref=fact.id,
            unit=self.unit,
        )
        return self.keyed(evidence.fact_of(connection, fact.id))

    def _teacher(self, staff_id: str) -> str:
        """The name of a teacher of this season; of another school where the record is older."""
        name = units.staff_names(self.at_work, self.services.season).get(staff_id)
        if name is None:
            raise ProblemError("staff.unknown")
        return name


def open_desk(
    services: Services, connection: Connection, unit: str, case_id: str, *, who: str
) -> Desk:
    """Open a case for typing: the school's, or one that was.

    Raises:
        ProblemError: case.unknown, season.closed, season.preparing.
    """
    seasons.check_open(connection, services.season, china_day(services.settings.now()))
    season = seasons.get(connection, services.season)
    found = cases.rows(connection, services.season, ids=[case_id], off_list=None)
    if not found or not (found[0]["unit"] == unit or feed.has_left(connection, unit, case_id)):
        raise ProblemError("case.unknown")
    (state,) = cases.states(connection, season, found)
    facts = cases.facts_of(connection, [case_id]).get(case_id, [])
    return Desk(
        services=services,
        at_work=connection,
        unit=unit,
        season=season,
        case=state,
        in_force=tuple(lifecycle.in_force([stored.fact for stored in facts])),
        who=who,
    )


def target_of(connection: Connection, season: str, unit: str, fact_id: str) -> Target:
    """Return the record that a correction by paper is about: of a case of the school.

    Raises:
        ProblemError: fact.unknown.
    """
    case_id = evidence.fact_of(connection, fact_id).fact.case
    rows = cases.rows(connection, season, ids=[case_id], off_list=None)
    if not rows or not (rows[0]["unit"] == unit or feed.has_left(connection, unit, case_id)):
        raise ProblemError("fact.unknown")
    stored = cases.facts_of(connection, [case_id]).get(case_id, [])
    by_id = {one.fact.id: one for one in stored}
    roots = {one.fact.id: _root(by_id, one.fact.id) for one in stored}
    root = roots[fact_id]
    if root is None:
        raise ProblemError("fact.unknown")
    in_force = {fact.id: fact for fact in lifecycle.in_force([one.fact for one in stored])}
    of_it = [one for one in stored if roots[one.fact.id] is root]
    return Target(
        now=in_force.get(root.fact.id, root.fact),
        withdrawn=root.fact.id not in in_force,
        newest=of_it[-1],
        visited_by=_visited_by(connection, root) or rows[0]["assignee"],
    )


def _root(by_id: Mapping[str, StoredFact], fact_id: str) -> StoredFact | None:
    """The record itself, or the one that a correction corrects; None where that is unknown."""
    seen = set[str]()
    while fact_id in by_id and fact_id not in seen:
        found = by_id[fact_id]
        if found.fact.kind != "correction":
            return found
        seen.add(fact_id)
        fact_id = str(found.fact.body.get("corrects", ""))
    return None


def _visited_by(connection: Connection, stored: StoredFact) -> str:
    went = units.visitors(connection, [stored.fact.id])
    then = store_devices.in_season(connection, stored.device, stored.fact.season)
    return went.get(stored.fact.id) or then.staff


def _envelope_name(label: str) -> str:
    """The name of a member of the envelope by its label; "" for the record as a whole."""
    return {"发生时间": "happened_at", "照片": "photos", "纸质录入": "paper"}.get(label, "")
