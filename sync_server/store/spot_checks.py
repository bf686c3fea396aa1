"""Spot checks (督查): who was drawn of a school from which frame, and every step about them.

A school is drawn once from a bulletin. Steps are added under the number after the last one that
was seen, never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, RowMapping, delete, func, literal, select, update

from shared.problems import ProblemError
from shared.season import SpotRules
from shared.spot_check import Recorded
from shared.spot_findings import Finding, Result, Step, after, result_of
from sync_server.store import masking
from sync_server.store import tables as t
from sync_server.store.parts import parts
from sync_server.store.rows import as_struct
from sync_server.store.scope import Of, where


class SpotCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A school that was drawn.

    Attributes:
        bulletin: The id of the bulletin whose hash is the seed.
        size: How many were asked for; fewer are drawn where there are fewer.
        frame: The canonical bytes that were drawn from, as text.
        printed_at: When its sheet was printed first (UTC ISO), "" before.
        questions: JSON, what its sheet asks; "" of one drawn before a season had questions.
    """

    id: str
    season: str
    unit: str
    bulletin: str
    bulletin_sha256: str
    size: int
    frame: str
    frame_sha256: str
    drawn_at: str
    drawn_by: str
    printed_at: str = ""
    questions: str = ""

    @property
    def asked(self) -> tuple[str, ...]:
        """What its sheet asks everybody."""
        if not self.questions:
            return SpotRules().questions
        return msgspec.json.decode(self.questions, type=tuple[str, ...])

    @property
    def codes(self) -> list[str]:
        """The bare codes that were drawn from."""
        return self.frame.split()


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A person who was drawn; `position` counts from 1 in the order of the drawing."""

    position: int
    case_id: str
    code: str
    recorded: Recorded
    steps: tuple[Step, ...] = ()

    @property
    def found(self) -> Finding:
        """Where the person stands."""
        return after(self.steps)


def result(people: Iterable[Drawn]) -> Result:
    """Return the result of a school."""
    return result_of(one.found for one in people)


def total(connection: Connection, season: str, of: Of) -> Result:
    """Return the results of a school, or of what somebody sees, added up."""
    c = t.spot_check.c
    drawn = select(c.id).where(c.season == season, where(c.unit, of))
    found = people(connection, connection.execute(drawn).scalars().all())
    return result(one for drawn in found.values() for one in drawn)


def listed(
    connection: Connection, season: str, of: Of, *, with_frame: bool = True
) -> list[SpotCheck]:
    """Return a season's spot checks of a school or a scope, the newest first, by school.

    Without the frame, which has a line for everybody of the school, where nobody asks for it.
    """
    c = t.spot_check.c
    none = literal("").label("frame")
    columns = [none if one is c.frame and not with_frame else one for one in c]
    query = select(*columns).where(c.season == season, where(c.unit, of))
    rows = connection.execute(query.order_by(c.drawn_at.desc(), c.unit, c.id.desc())).mappings()
    return [_read(connection, row) for row in rows]


def _read(connection: Connection, row: RowMapping) -> SpotCheck:
    found = as_struct(row, SpotCheck)
    return msgspec.structs.replace(found, drawn_by=masking.who(connection, found.drawn_by))


def get(connection: Connection, season: str, check_id: str) -> SpotCheck:
    """Return a spot check of a season. Raises: ProblemError spot.unknown."""
    c = t.spot_check.c
    query = select(t.spot_check).where(c.id == check_id, c.season == season)
    found = connection.execute(query).mappings().first()
    if found is None:
        raise ProblemError("spot.unknown")
    return as_struct(found, SpotCheck)


def of_school(connection: Connection, bulletin: str, unit: str) -> SpotCheck | None:
    """Return what was drawn of a school from a bulletin."""
    c = t.spot_check.c
    query = select(t.spot_check).where(c.bulletin == bulletin, c.unit == unit)
    found = connection.execute(query).mappings().first()
    return None if found is None else as_struct(found, SpotCheck)


def people(connection: Connection, check_ids: Sequence[str]) -> dict[str, list[Drawn]]:
    """Return who was drawn, with the steps about each, by spot check."""
    if not check_ids:
        return {}
    steps: dict[tuple[str, int], list[Step]] = {}
    s, p = t.spot_check_step.c, t.spot_check_person.c
    rows = select(t.spot_check_step).where(s.spot_check.in_(check_ids)).order_by(s.n)
    for row in connection.execute(rows).mappings():
        step = _step(connection, as_struct(row, Step))
        steps.setdefault((row["spot_check"], row["position"]), []).append(step)
    found: dict[str, list[Drawn]] = {check: [] for check in check_ids}
    drawn = select(t.spot_check_person).where(p.spot_check.in_(check_ids))
    for row in connection.execute(drawn.order_by(p.position)).mappings():
        found[row["spot_check"]].append(
            Drawn(
                position=row["position"],
                case_id=row["case_id"],
                code=row["code"],
                recorded=_recorded(connection, row["recorded"]),
                steps=tuple(steps.get((row["spot_check"], row["position"]), ())),
            )
        )
    return found


def _step(connection: Connection, step: Step) -> Step:
    """Return a step; of what was typed, who inspects learns only that there is something."""
    return msgspec.structs.replace(
        step,
        note=masking.typed(connection, step.note),
        inspectors=masking.typed(connection, step.inspectors),
        who=masking.who(connection, step.who),
    )


def _recorded(connection: Connection, body: str) -> Recorded:
    """Return what was recorded of a person; nothing of it for who only inspects."""
    return Recorded() if masking.inspects(connection) else msgspec.json.decode(body, type=Recorded)


def add(connection: Connection, check: SpotCheck, drawn: Iterable[Drawn]) -> SpotCheck:
    """Store a drawing; the one that is there already where the school was drawn before."""
    before = of_school(connection, check.bulletin, check.unit)
    if before is not None:
        return before
    connection.execute(t.spot_check.insert(), msgspec.structs.asdict(check))
    rows = [
        {
            "spot_check": check.id,
            "position": one.position,
            "season": check.season,
            "case_id": one.case_id,
            "code": one.code,
            "recorded": msgspec.json.encode(one.recorded).decode(),
        }
        for one in drawn
    ]
    connection.execute(t.spot_check_person.insert(), rows)
    return check


def add_step(connection: Connection, check: SpotCheck, position: int, step: Step) -> None:
    """Store a step as the next one of a person.

    Raises:
        ProblemError: spot.changed where another step has that number.
    """
    c = t.spot_check_step.c
    query = select(func.max(c.n)).where(c.spot_check == check.id, c.position == position)
    if int(connection.execute(query).scalar() or 0) != step.n - 1:
        raise ProblemError("spot.changed")
    values = {"spot_check": check.id, "position": position, "season": check.season}
    connection.execute(t.spot_check_step.insert(), {**values, **msgspec.structs.asdict(step)})


def mark_printed(connection: Connection, check_id: str, at: str) -> bool:
    """Note when a sheet was printed first; False where it was before, or is gone."""
    c = t.spot_check.c
    query = update(t.spot_check).where(c.id == check_id, c.printed_at == "").values(printed_at=at)
    return connection.execute(query).rowcount == 1


def take_back(connection: Connection, check_id: str) -> bool:
    """Delete a drawing whose sheet was never printed and of which nothing is keyed.

    Returns:
        False where it was printed or keyed meanwhile, or is gone.
    """
    c, p, s = t.spot_check.c, t.spot_check_person.c, t.spot_check_step.c
    keyed = select(s.n).where(s.spot_check == check_id).exists()
    gone = delete(t.spot_check).where(c.id == check_id, c.printed_at == "", ~keyed)
    if connection.execute(gone).rowcount != 1:
        return False
    connection.execute(delete(t.spot_check_person).where(p.spot_check == check_id))
    return True


def keep_moment(
    connection: Connection, season: str, bulletin: str, heads: Mapping[str, int]
) -> None:
    """Keep which records a bulletin counted: the head of every school's feed at its moment."""
    values = {"bulletin": bulletin, "season": season, "heads": msgspec.json.encode(heads).decode()}
    connection.execute(t.bulletin_moment.insert(), values)


def counted_by(connection: Connection, bulletin: str, case_ids: Sequence[str]) -> set[str]:
    """Return the facts of cases that were here at a bulletin's moment, whatever any clock says."""
    query = select(t.bulletin_moment.c.heads).where(t.bulletin_moment.c.bulletin == bulletin)
    kept = connection.execute(query).scalar()
    heads = msgspec.json.decode(kept, type=dict[str, int]) if kept else {}
    f, found = t.fact.c, set[str]()
    for part in parts(case_ids):
        rows = connection.execute(select(f.id, f.unit, f.seq).where(f.case_id.in_(part)))
        found |= {row.id for row in rows if row.seq <= heads.get(row.unit, 0)}
    return found


def erase(connection: Connection, season: str) -> None:
    """Delete the spot checks of a season."""
    for table in (t.bulletin_moment, t.spot_check_step, t.spot_check_person, t.spot_check):
        connection.execute(table.delete().where(table.c.season == season))
