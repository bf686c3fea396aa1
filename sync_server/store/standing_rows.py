"""A case's kept standing as a row: made from the facts, and the same whoever makes it.

The writer stores these rows, and whoever reads makes them where what is stored does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, select

from shared.cases import Case
from shared.codes import CLAIMED_PAID
from shared.lifecycle import Judgement, Review, Standing, judge
from shared.records.base import Fact, Position
from shared.records.registry import named
from shared.season import Season, day_in_season
from sync_server.store import case_records, cases, claims, photos, record_places, slip_stacks, tally
from sync_server.store import slips as slips_store
from sync_server.store import tables as t
from sync_server.store.case_records import CaseRecords
from sync_server.store.parts import parts
from sync_server.store.photo_look import PhotoLook
from sync_server.store.prepared import Prepared
from sync_server.store.reviews import reviews_of
from sync_server.store.slip_batches import OPEN, RECEIVED
from sync_server.store.slip_flags import SlipFlag, flags_of
from sync_server.store.standing_basis import basis_of

Paper = Literal["none", "at_school", "handed_in"]
"""Where the paper slip is."""
Photo = Literal["none", "message", "on_phone", "slip"]
"""What picture there is of it."""


class StandingRow(msgspec.Struct, kw_only=True):
    """A row of `case_standing`; the fields are its columns."""

    case_id: str
    season: str = ""
    unit: str = ""
    off_list: str = ""
    assignee: str = ""
    code: str = ""
    basis: str = ""
    stage: str = ""
    group: str = ""
    delivery_record: str = ""
    paper: str = "none"
    photo: str = "none"
    promised_on: str = ""
    slips_late: int = 0
    due_fen: int = 0
    assigned: int = 0
    delivered: int = 0
    delivered_unpaid: int = 0
    late: int = 0
    paid: int = 0
    repaid_fen: int = 0
    visited: int = 0
    visits: int = 0
    promised: int = 0
    special: int = 0
    unreachable: int = 0
    untouched: int = 0
    explained: int = 0
    returned: int = 0
    waiting: int = 0
    claimed: int = 0
    own_waiting: int = 0
    village: str = ""
    place: str = ""
    near: str = ""
    claimed_on: str = ""
    body: str = "{}"

    @property
    def standing(self) -> Standing:
        """Where the case stands, in whole."""
        return standing_of(self.body)


class _Body(Standing, frozen=True, kw_only=True, omit_defaults=True):
    """A standing as it is kept: without what is as in an untouched case."""


_bodies: msgspec.json.Decoder[Standing] = msgspec.json.Decoder(Standing)
_SUMMED = tuple(name for name in tally.Progress.__struct_fields__ if name != "people")
Failed = Callable[[str, Exception], None]
"""What to do with a case that cannot be judged."""


_b, _line = t.slip_batch.c, t.slip_line.c
# Built once: making a statement costs more than running it.
_BATCHED = Prepared(
    select(_line.case_id, _line.ticked_at, _b.state, _b.late)
    .select_from(t.slip_line.join(t.slip_batch, _line.batch == _b.id))
    .where(_line.case_id.in_(bindparam("ids", expanding=True)))
    .where(_b.season == bindparam("of_season"))
    .order_by(_b.received_at, _b.number)
)


def body_of(standing: Standing) -> str:
    """Return a standing as it is kept."""
    return msgspec.json.encode(_Body(**msgspec.structs.asdict(standing))).decode()


def standing_of(body: str) -> Standing:
    """Return a kept standing."""
    return _bodies.decode(body)


def judged(
    connection: Connection,
    season: Season,
    found: Sequence[RowMapping],
    failed: Failed | None = None,
) -> list[StandingRow]:
    """Judge cases from their facts; `waiting` lacks what only is far (standing_places.py).

    Args:
        connection: The store, not one that masks.
        season: The season of all of them.
        found: Rows of `case_file`, whole.
        failed: Told of a case that cannot be judged; without it the fault is raised.
    """
    ids = [row["id"] for row in found]
    beside = _Beside(connection, season, ids)
    rows = []
    for row in found:
        try:
            rows.append(_judged(row, season, beside))
        except Exception as fault:
            # whatever is wrong with one case, the others are judged
            if failed is None:
                raise
            failed(row["id"], fault)
    return rows


class _Beside:
    """What cases are judged with, read once for all of them."""

    def __init__(self, connection: Connection, season: Season, ids: Sequence[str]) -> None:
        self.basis = basis_of(season)
        self.facts = cases.whole_facts_of(connection, ids)
        every = [f for many in self.facts.values() for f in many]
        self.verdicts: Mapping[str, Review] = reviews_of(connection, [f.fact.id for f in every])
        pictured = sorted({f.fact.case for f in every if f.fact.photos})
        self.flags: Mapping[str, Sequence[SlipFlag]] = {}
        self.looks: Mapping[str, PhotoLook] = {}
        if pictured:
            self.flags = flags_of(connection, season.id, ids)
            pictures = case_records.photos_of(self.facts.values())
            self.looks = slips_store.known_looks(connection, pictures)
        self.filed = set(slip_stacks.filed_of(connection, ids))
        self.handed_in, self.listed = _batched(connection, season.id, ids)
        shown = sorted({photo for f in every for photo in f.fact.photos})
        self.stored = photos.stored_of(connection, shown)


def _batched(
    connection: Connection, season: str, ids: Sequence[str]
) -> tuple[dict[str, bool], set[str]]:
    """Return who of these has handed a slip in, and whether late; whose is in an open batch."""
    handed_in, listed = dict[str, bool](), set[str]()
    for part in parts(ids):
        given = {"ids": part, "of_season": season}
        for case_id, ticked_at, state, late in _BATCHED.rows(connection, given):
            if state == RECEIVED and ticked_at:
                handed_in[case_id] = late
            elif state in OPEN:
                listed.add(case_id)
    return handed_in, listed


def _judged(row: RowMapping, season: Season, beside: _Beside) -> StandingRow:
    case, repaid = cases.case_of(row), cases.repaid_of(row)
    facts = beside.facts.get(case.id, [])
    found = judge(case, [f.fact for f in facts], repaid, beside.verdicts, season)
    standing, total = found.standing, tally.Progress()
    tally.add(total, case, standing, season)
    records = case_records.judged(
        case, facts, beside.verdicts, beside.flags, beside.looks, {}, season
    )
    waiting = sum(record.state == "waiting" for record in records.records)
    claim = None
    if claims.names_it(facts, CLAIMED_PAID):
        claim = claims.in_force_claim(found.in_force)
    place, near = _places(case, found, records) if not row["off_list"] else ("", "")
    listed = not row["off_list"]
    return StandingRow(
        case_id=case.id,
        season=row["season"],
        unit=row["unit"],
        off_list=row["off_list"],
        assignee=row["assignee"],
        code=row["code"],
        basis=beside.basis,
        stage=standing.stage,
        group=standing.group,
        delivery_record=standing.delivery_record,
        paper=_paper(case.id, standing, beside),
        photo=_photo(case.id, standing, beside),
        promised_on=standing.promise_date,
        slips_late=int(beside.handed_in.get(case.id, False)),
        waiting=waiting if listed else 0,
        own_waiting=waiting if listed else 0,
        claimed=int(claim is not None and not repaid.paid and listed),
        village=f"{case.township}\n{case.village}" if place or near else "",
        place=place,
        near=near,
        claimed_on=_claimed_on(season, claim),
        body=body_of(standing),
        **{name: getattr(total, name) for name in _SUMMED},
    )


def _claimed_on(season: Season, claim: Fact | None) -> str:
    """Return the day of a claim to have paid; `claims.NO_DAY` without a usable one."""
    if claim is None:
        return ""
    return day_in_season(season, claim.happened_at) or claims.NO_DAY


def _paper(case_id: str, standing: Standing, beside: _Beside) -> Paper:
    """Where the paper slip is, as office/slip_evidence.py has it."""
    if case_id in beside.handed_in:
        return "handed_in"
    at_school = case_id in beside.listed or case_id in beside.filed
    return "at_school" if at_school or standing.delivery_record == "signed" else "none"


def _photo(case_id: str, standing: Standing, beside: _Beside) -> Photo:
    """What picture there is of the slip, as office/slip_evidence.py has it."""
    if case_id in beside.filed or not beside.stored.isdisjoint(standing.slip_photos):
        return "slip"
    if standing.slip_photos:
        return "on_phone"
    return "message" if standing.message_photos else "none"


def _places(case: Case, found: Judgement, records: CaseRecords) -> tuple[str, str]:
    """Return where the case's first record was made, and where those that wait if that is far."""
    if not case.village:
        return "", ""
    places = dict(record_places.positions(found.in_force))
    if not places:
        return "", ""
    near = [
        places[record.now.id]
        for record in records.records
        if record.state == "received"
        and not record.past
        and record.now is not None
        and record.now.id in places
        and named(record.kind).reviewed
    ]
    first = next(iter(places.values()))
    return _text(_pair(first)), _text([_pair(one) for one in near]) if near else ""


def _pair(place: Position) -> tuple[float, float]:
    return (place.latitude_deg, place.longitude_deg)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
