"""Cases: what the due list says, who visits them, and where they stand for phone and console."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast, overload

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, func, select, text, update

from shared import wire
from shared.cases import Case, Repaid
from shared.contacts import AcceptedContact, in_force
from shared.lifecycle import Review, Standing, stand
from shared.records.base import UNREADABLE, Fact, decode
from shared.season import Season
from sync_server.store import feed, masking, suggested
from sync_server.store import tables as t
from sync_server.store.on_list import ON_LIST
from sync_server.store.parts import parts
from sync_server.store.prepared import Prepared
from sync_server.store.reviews import reviews_of
from sync_server.store.scope import WHOLE_COUNTY, Of, Scope, where
from sync_server.store.stored_fact import StoredFact

_cases: msgspec.json.Decoder[Case] = msgspec.json.Decoder(Case)


def case_of(row: RowMapping) -> Case:
    """The case of a row, with what the row itself decides: code, school, assignee."""
    case = _cases.decode(row["body"])
    return msgspec.structs.replace(
        case, code=row["code"], school=row["unit"], assignee=row["assignee"]
    )


def repaid_of(row: RowMapping) -> Repaid:
    """Return what a case's row says of its repayments."""
    return Repaid(
        as_of=row["repaid_as_of"],
        repaid_fen=row["repaid_fen"],
        paid=row["paid"],
        paid_on=row["paid_on"],
    )


def contacts_of(row: RowMapping) -> tuple[AcceptedContact, ...]:
    """Return what the office accepted of new phones and addresses, in the order of its records."""
    if not row["contact"]:
        return ()
    return msgspec.json.decode(row["contact"], type=tuple[AcceptedContact, ...])


@overload
def rows(
    connection: Connection,
    season: str,
    *,
    unit: str,
    assignee: str | None = None,
    ids: Iterable[str] | None = None,
    scope: Scope | None = None,
    off_list: bool | None = False,
) -> list[RowMapping]: ...


@overload
def rows(
    connection: Connection,
    season: str,
    *,
    unit: str | None = None,
    assignee: str | None = None,
    ids: Iterable[str],
    scope: Scope | None = None,
    off_list: bool | None = False,
) -> list[RowMapping]: ...


@overload
def rows(
    connection: Connection,
    season: str,
    *,
    unit: str | None = None,
    assignee: str | None = None,
    ids: Iterable[str] | None = None,
    scope: Scope,
    off_list: bool | None = False,
) -> list[RowMapping]: ...


def rows(
    connection: Connection,
    season: str,
    *,
    unit: str | None = None,
    assignee: str | None = None,
    ids: Iterable[str] | None = None,
    scope: Scope | None = None,
    off_list: bool | None = False,
) -> list[RowMapping]:
    """Case rows by school, teacher, id or what somebody sees, in order of code.

    Whoever reads cases of several schools gives a `scope`; the others name the school or the ids.
    People who are off the list are left out; `off_list` True gives only them, None everybody.
    """
    query = select(t.case_file)
    if ids is None:  # beside ids SQLite would read a whole season by its index
        query = query.where(t.case_file.c.season == season)
    if off_list is not None:
        query = query.where(~ON_LIST if off_list else ON_LIST)
    if unit is not None:
        query = query.where(t.case_file.c.unit == unit)
    if scope is not None:
        query = query.where(scope.rows(t.case_file.c.unit))
    if assignee is not None:
        query = query.where(t.case_file.c.assignee == assignee)
    if ids is not None:
        query = query.where(t.case_file.c.id.in_(list(ids)))
    every = connection.execute(query.order_by(t.case_file.c.code, t.case_file.c.id)).mappings()
    found = (row for row in every if row["season"] == season)
    if masking.inspects(connection):
        return [cast(RowMapping, masking.case_row(row)) for row in found]
    return list(found)


def written_on_paper(connection: Connection, season: str, unit: str) -> list[str]:
    """Return the people of a school of whom a record came from paper."""
    c, f = t.case_file.c, t.fact.c
    query = select(f.case_id).join(t.case_file, c.id == f.case_id)
    # said as the index says it: a value beside the statement would use none
    query = query.where(c.season == season, c.unit == unit, text("fact.visited_by <> ''"))
    return sorted(set(connection.execute(query).scalars()))


def facts_of(connection: Connection, case_ids: Sequence[str]) -> dict[str, list[StoredFact]]:
    """The facts of cases in ledger order, by case id; masked for who only inspects."""
    found = whole_facts_of(connection, case_ids)
    if not masking.inspects(connection):
        return found
    return {case_id: [_masked(one) for one in many] for case_id, many in found.items()}


def _masked(one: StoredFact) -> StoredFact:
    return msgspec.structs.replace(one, fact=masking.fact(one.fact), data=b"")


# Built once: making a statement costs more than running it, and every refresh runs this.
_FACTS = Prepared(
    select(
        *(t.fact.c[n] for n in ("id", "season", "case_id", "happened_at", "received_at", "data")),
        *(t.fact.c[n] for n in ("sha256", "device", "n", "seq", "tray")),
    )
    .where(t.fact.c.case_id.in_(bindparam("ids", expanding=True)))
    .order_by(t.fact.c.seq)
)


def whole_facts_of(connection: Connection, case_ids: Sequence[str]) -> dict[str, list[StoredFact]]:
    """Every fact of cases as it was stored: what is counted is counted from these."""
    found: dict[str, list[StoredFact]] = {}
    for part in parts(case_ids):
        for row in _FACTS.mappings(connection, {"ids": part}):
            found.setdefault(row["case_id"], []).append(stored(row))
    return found


def stored(row: RowMapping) -> StoredFact:
    """A fact row as a struct, whatever its bytes hold."""
    return StoredFact(
        fact=_fact_of(row),
        data=row["data"],
        sha256=row["sha256"],
        device=row["device"],
        n=row["n"],
        seq=row["seq"],
        received_at=row["received_at"],
        tray=row["tray"],
    )


def _fact_of(row: RowMapping) -> Fact:
    """The fact of a row; one whose bytes cannot be read has what the row knows, and no kind."""
    try:
        return decode(row["data"])
    except (ValueError, RecursionError):
        return Fact(
            id=row["id"],
            season=row["season"],
            kind=UNREADABLE,
            case=row["case_id"],
            captured_at=row["happened_at"],
            happened_at=row["happened_at"],
            body={},
        )


def standings(
    connection: Connection, season: Season, found: Sequence[RowMapping]
) -> dict[str, tuple[Case, Standing]]:
    """Case and standing by case id."""
    facts = whole_facts_of(connection, [r["id"] for r in found])
    reviews = reviews_of(connection, [s.fact.id for many in facts.values() for s in many])
    shown = masking.standing if masking.inspects(connection) else _whole
    return {
        r["id"]: (
            case,
            shown(
                stand(case, [s.fact for s in facts.get(r["id"], [])], repaid_of(r), reviews, season)
            ),
        )
        for r in found
        for case in (case_of(r),)
    }


def _whole(found: Standing) -> Standing:
    return found


def states(
    connection: Connection, season: Season, found: Sequence[RowMapping]
) -> list[wire.CaseState]:
    """Return these cases as phones receive them."""
    facts = facts_of(connection, [r["id"] for r in found])
    reviews = reviews_of(connection, [s.fact.id for many in facts.values() for s in many])
    kept = suggested.of_cases(connection, [r["id"] for r in found])
    return [
        _state(
            row,
            [s.fact for s in facts.get(row["id"], [])],
            reviews,
            season,
            kept.get(row["id"], ()),
        )
        for row in found
    ]


def _state(
    row: RowMapping,
    facts: list[Fact],
    reviews: Mapping[str, Review],
    season: Season,
    kept: Sequence[wire.SuggestedContact] = (),
) -> wire.CaseState:
    case = case_of(row)
    standing = stand(case, facts, repaid_of(row), reviews, season)
    ids = {f.id for f in facts}
    contacts = in_force(contacts_of(row))
    return wire.CaseState(
        case=case,
        version=row["version"],
        repaid=standing.repaid,
        reviews=tuple(r for r in reviews.values() if r.fact in ids),
        delivery=standing.delivery,
        visits=len(standing.visits),
        last_visit=standing.visits[-1].day if standing.visits else "",
        statement=standing.statement,
        contact={field: c.value for field, c in contacts.items()},
        contact_origins={
            field: wire.ContactOrigin(source=c.source, day=c.day) for field, c in contacts.items()
        }
        or msgspec.UNSET,
        deceased=standing.group == "special"
        and standing.outcome == "death"
        and standing.statement == "accepted",
        promised_on=standing.promise_date,
        returned=standing.returned,
        initials=row["initials"] or msgspec.UNSET,
        suggested=suggested.shown(kept, case, contacts) or msgspec.UNSET,
    )


_VERSION = Prepared(
    update(t.case_file)
    .where(t.case_file.c.id == bindparam("case"))
    .values(version=bindparam("now"))
)


def mark_changed(connection: Connection, unit: str, case_ids: Sequence[str]) -> None:
    """Announce changed cases to a school's phones; the feed's sequence is the case's version."""
    first = feed.advance(connection, unit, [feed.Line(kind="case", ref=c) for c in case_ids])
    set_versions(connection, {c: first + offset for offset, c in enumerate(case_ids)})


def set_versions(connection: Connection, versions: Mapping[str, int]) -> None:
    """Note the sequences under which cases were announced last."""
    if versions:
        newest = [{"case": case, "now": seq} for case, seq in versions.items()]
        _VERSION.run_each(connection, newest)


def assign(connection: Connection, season: str, case_ids: Sequence[str], staff_id: str) -> int:
    """Give cases to a teacher of the same school; return how many changed their teacher."""
    moved = 0
    for row in rows(connection, season, ids=case_ids):
        if row["assignee"] == staff_id:
            continue
        connection.execute(
            update(t.case_file).where(t.case_file.c.id == row["id"]).values(assignee=staff_id)
        )
        if row["assignee"]:
            feed.advance(
                connection,
                row["unit"],
                [feed.Line(kind="gone", ref=row["id"], staff=row["assignee"])],
            )
        mark_changed(connection, row["unit"], [row["id"]])
        moved += 1
    return moved


def teachers(
    connection: Connection, season: str, unit: str, case_ids: Sequence[str]
) -> dict[str, str]:
    """Return the name of the teacher of this school who has each of these cases, by case id.

    Without those that nobody here has, and people who are off the list.
    """
    c, found = t.case_file.c, dict[str, str]()
    for part in parts(case_ids):
        query = (
            select(c.id, t.staff.c.name)
            .join(t.staff, t.staff.c.id == c.assignee)
            .where(c.season == season, c.unit == unit, c.id.in_(part), ON_LIST)
        )
        found |= {row.id: row.name for row in connection.execute(query)}
    return found


def assignees(connection: Connection, season: str, case_ids: Sequence[str]) -> dict[str, str]:
    """Return the teacher's id of each of these cases, "" for nobody, by case id."""
    c, found = t.case_file.c, dict[str, str]()
    for part in parts(case_ids):
        query = select(c.id, c.assignee).where(c.season == season, c.id.in_(part))
        found |= {row.id: row.assignee for row in connection.execute(query)}
    return found


def schools(connection: Connection, season: str) -> set[str]:
    """Return the codes of the schools that have somebody."""
    query = select(t.case_file.c.unit).where(t.case_file.c.season == season, ON_LIST).distinct()
    return set(connection.execute(query).scalars()) - {""}


def people_of_schools(connection: Connection, season: str, of: Of = WHOLE_COUNTY) -> dict[str, int]:
    """Return how many people each school of somebody has on the list, by its code."""
    c = t.case_file.c
    query = select(c.unit, func.count()).where(c.season == season, c.unit != "", ON_LIST)
    query = query.where(where(c.unit, of))
    return {row[0]: int(row[1]) for row in connection.execute(query.group_by(c.unit))}


def totals(connection: Connection, season: str) -> dict[str, int]:
    """People, contracts and amounts due (fen) of a season, of those on the list."""
    c = t.case_file.c
    row = connection.execute(
        select(
            func.count().label("people"),
            func.coalesce(func.sum(c.contracts), 0).label("contracts"),
            func.coalesce(func.sum(c.principal_fen), 0).label("principal_fen"),
            func.coalesce(func.sum(c.interest_fen), 0).label("interest_fen"),
        ).where(c.season == season, ON_LIST)
    ).one()
    people, contracts, principal_fen, interest_fen = (int(v) for v in row)
    return {
        "people": people,
        "contracts": contracts,
        "principal_fen": principal_fen,
        "interest_fen": interest_fen,
        "total_fen": principal_fen + interest_fen,
    }
