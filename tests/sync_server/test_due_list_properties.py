"""Whatever two lists come after one another: nobody is mixed up, doubled or counted twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, RowMapping, create_engine

from shared import identity
from shared.cases import Contract, Person
from sync_server.office.importing.difference import GROUPS, Difference, difference
from sync_server.store import case_import, case_plan, cases, on_list
from sync_server.store import tables as t
from tests.support.county import SCHOOLS, SEASON
from tests.support.intake_files import made_id

CONTRACTS = [f"K{n}" for n in range(6)]
NUMBERS = [made_id(1), made_id(2), made_id(3), "无", ""]
NAMES = ["试甲一", "试乙二", "试丙三"]

List = list[case_import.ImportedPerson]
quick = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@st.composite
def due_lists(draw: st.DrawFn) -> List:
    """A list as the reader gives it: a sound ID number once, with one name; others by contract."""
    names = {number: draw(st.sampled_from(NAMES)) for number in NUMBERS[:3]}
    owned: dict[str, list[Contract]] = {}
    for number in draw(st.lists(st.sampled_from(CONTRACTS), unique=True, min_size=1)):
        owner = draw(st.sampled_from(NUMBERS))
        key = owner if owner in names else f"{number} {owner}"
        fen = draw(st.sampled_from([10_00, 20_00]))
        owned.setdefault(key, []).append(
            Contract(contract_no=number, principal_fen=fen, interest_fen=0)
        )
    return [_person(key, names, tuple(contracts), draw) for key, contracts in owned.items()]


def _person(
    key: str, names: dict[str, str], contracts: tuple[Contract, ...], draw: st.DrawFn
) -> case_import.ImportedPerson:
    sound = key in names
    number = key if sound else key.partition(" ")[2]
    name = names[key] if sound else draw(st.sampled_from(NAMES))
    return case_import.imported_person(
        SEASON,
        key if sound else contracts[0].contract_no,
        draw(st.sampled_from([*SCHOOLS, ""])),
        Person(name=name, id_number=number),
        None,
        contracts,
    )


@pytest.fixture(scope="module")
def store() -> Iterator[Connection]:
    """A store with two schools and nobody; every example rolls back what it did."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        t.metadata.create_all(connection)
        for code, name in zip(("01", "02"), SCHOOLS, strict=True):
            connection.execute(t.unit.insert(), {"season": SEASON, "code": code, "name": name})
        connection.commit()
        yield connection
    engine.dispose()


def take(store: Connection, people: Sequence[case_import.ImportedPerson], accept: bool) -> None:
    case_import.import_people(store, SEASON, people, accept_identity=accept, accept_moves=accept)


def found(store: Connection, people: List, accept: bool = False) -> Difference:
    plan = case_plan.plan(store, SEASON, people, accept=accept)
    return difference(plan, {}, accept_identity=accept, accept_moves=accept)


def dump(store: Connection) -> list[tuple[object, ...]]:
    """Every case without what was made for it: ids, codes, versions."""
    return sorted(
        (case.borrower.name, case.borrower.id_number, case.school, row["off_list"], contracts(row))
        for row in cases.rows(store, SEASON, off_list=None)
        for case in (cases.case_of(row),)
    )


def contracts(row: RowMapping) -> tuple[tuple[str, int], ...]:
    case = cases.case_of(row)
    return tuple(sorted((c.contract_no, c.principal_fen) for c in case.contracts))


@quick
@given(first=due_lists(), second=due_lists(), accept=st.booleans())
def test_a_list_imported_again_changes_nothing(
    store: Connection, first: List, second: List, accept: bool
) -> None:
    with store.begin() as attempt:
        take(store, first, accept)
        take(store, second, accept)
        before = [dict(row) for row in cases.rows(store, SEASON)]
        take(store, second, accept)
        assert [dict(row) for row in cases.rows(store, SEASON)] == before
        attempt.rollback()


def test_an_id_number_that_a_list_gives_to_somebody_else_does_not_stay_with_a_case(
    store: Connection,
) -> None:
    """Else two cases have one ID number, and the next import finds the wrong one."""

    def person(key: str, name: str, number: str, *contracts: str) -> case_import.ImportedPerson:
        owed = tuple(
            Contract(contract_no=c, principal_fen=10_00, interest_fen=0) for c in contracts
        )
        borrower = Person(name=name, id_number=number)
        return case_import.imported_person(SEASON, key, SCHOOLS[0], borrower, None, owed)

    number = NUMBERS[0]
    second = [
        person(number, NAMES[1], number, "K1", "K2"),
        person("K4", NAMES[1], "无", "K4"),
    ]
    with store.begin() as attempt:
        take(store, [person(number, NAMES[0], number, "K0", "K4")], True)
        take(store, second, True)
        stored = [dict(row) for row in cases.rows(store, SEASON)]
        assert sorted(cases.case_of(row).borrower.id_number for row in stored) == [number, "无"]
        take(store, second, True)
        assert [dict(row) for row in cases.rows(store, SEASON)] == stored
        attempt.rollback()


@quick
@given(people=due_lists())
def test_a_list_differs_in_nothing_from_itself(store: Connection, people: List) -> None:
    with store.begin() as attempt:
        take(store, people, False)
        again = found(store, people)
        assert {name: again.counts[name] for name in GROUPS} == dict.fromkeys(GROUPS, 0)
        assert again.counts["same"] == len(people)
        attempt.rollback()


@quick
@given(first=due_lists(), second=due_lists(), accept=st.booleans(), data=st.data())
def test_the_order_of_rows_does_not_matter(
    store: Connection, first: List, second: List, accept: bool, data: st.DataObject
) -> None:
    other = data.draw(st.permutations(second))
    dumps = []
    for people in (second, other):
        with store.begin() as attempt:
            take(store, first, accept)
            take(store, people, accept)
            dumps.append(dump(store))
            attempt.rollback()
    assert dumps[0] == dumps[1]


@quick
@given(first=due_lists(), second=due_lists())
def test_two_borrowers_share_a_case_only_if_id_number_and_name_agree(
    store: Connection, first: List, second: List
) -> None:
    owner = {c.contract_no: p.case.borrower for p in second for c in p.case.contracts}
    with store.begin() as attempt:
        take(store, first, True)
        take(store, second, True)
        for row in cases.rows(store, SEASON):
            owners = [owner[number] for number, _ in contracts(row) if number in owner]
            assert all(one == owners[0] for one in owners)
            assert len(owners) < 2 or identity.identifies(owners[0].id_number)
        attempt.rollback()


@quick
@given(first=due_lists(), second=due_lists(), accept=st.booleans())
def test_every_contract_counts_once_with_the_newest_amount(
    store: Connection, first: List, second: List, accept: bool
) -> None:
    newest = {c.contract_no: c.principal_fen for p in second for c in p.case.contracts}
    with store.begin() as attempt:
        take(store, first, accept)
        take(store, second, accept)
        held = [pair for row in cases.rows(store, SEASON) for pair in contracts(row)]
        assert len({number for number, _ in held}) == len(held)
        assert newest.items() <= dict(held).items()
        totals = cases.totals(store, SEASON)
        assert (totals["contracts"], totals["total_fen"]) == (
            len(held),
            sum(fen for _, fen in held),
        )
        attempt.rollback()


@quick
@given(first=due_lists(), second=due_lists())
def test_who_is_taken_out_is_back_with_the_list_that_names_them(
    store: Connection, first: List, second: List
) -> None:
    with store.begin() as attempt:
        take(store, first, False)
        before = dump(store)
        gone = [row["id"] for row in case_plan.plan(store, SEASON, second, accept=False).gone]
        assert on_list.take_out(store, SEASON, gone, "已还清", "n") == len(gone)
        assert {row["id"] for row in cases.rows(store, SEASON, off_list=True)} == set(gone)
        assert found(store, first).counts["back"] == len(gone)
        take(store, first, False)
        assert dump(store) == before
        attempt.rollback()
