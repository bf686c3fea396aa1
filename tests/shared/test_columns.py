"""Cases by columns: nothing is lost, little is said twice, and what does not fit is refused."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cases import Case, Contract, Person, Repaid
from shared.columns import MOST_REPEATED, MOST_ROWS, Column, Table, packed, unpacked
from shared.lifecycle import Review
from shared.wire import CaseState, ContactOrigin, SuggestedContact

TEXT = st.text(max_size=6)
FEN = st.integers(0, 10**9)
PEOPLE = st.builds(Person, name=TEXT, id_number=TEXT, phones=st.tuples(TEXT) | st.just(()))
CONTRACTS = st.builds(
    Contract,
    contract_no=TEXT,
    principal_fen=FEN,
    interest_fen=FEN,
    balance_fen=FEN | st.none(),
)
CASES = st.builds(
    Case,
    id=TEXT,
    season=TEXT,
    code=TEXT,
    borrower=PEOPLE,
    co_borrower=PEOPLE | st.none(),
    contracts=st.lists(CONTRACTS, max_size=2).map(tuple),
    overdue_prior=st.booleans(),
)
STATES = st.builds(
    CaseState,
    case=CASES,
    version=st.integers(0, 10**6),
    repaid=st.builds(Repaid, as_of=TEXT, repaid_fen=FEN, paid=st.booleans()),
    reviews=st.lists(st.builds(Review, fact=TEXT, verdict=TEXT), max_size=2).map(tuple),
    contact=st.dictionaries(TEXT, TEXT, max_size=2),
    contact_origins=st.dictionaries(
        TEXT, st.builds(ContactOrigin, source=TEXT, day=TEXT), min_size=1, max_size=2
    )
    | st.just(msgspec.UNSET),
    initials=TEXT | st.just(msgspec.UNSET),
    suggested=st.lists(
        st.builds(SuggestedContact, field=TEXT, value=TEXT, day=TEXT), min_size=1, max_size=2
    ).map(tuple)
    | st.just(msgspec.UNSET),
)


def sent(table: Table) -> Table:
    return msgspec.json.decode(msgspec.json.encode(table), type=Table)


@given(st.lists(STATES, max_size=4))
def test_what_was_packed_comes_back_as_it_was(states: list[CaseState]) -> None:
    assert msgspec.convert(unpacked(sent(packed(states))), type=list[CaseState]) == states


def test_what_is_the_same_in_all_rows_is_said_once_and_versions_are_steps() -> None:
    states = [
        CaseState(
            case=Case(id=f"id-{n}", season="s", borrower=Person(name="n"), contracts=()),
            version=40 + n,
        )
        for n in range(3)
    ]
    columns = packed(states).columns
    assert columns["case.season"] == Column(all="s")
    assert columns["version"] == Column(steps=[40, 1, 1])
    assert columns["case.id"] == Column(head="id-", each=["0", "1", "2"])
    assert "repaid.paid" not in columns


def test_a_long_text_that_all_rows_share_is_written_out_so_that_a_page_stays_as_long_as_it_is() -> (
    None
):
    long = "长" * MOST_REPEATED
    states = [
        CaseState(
            case=Case(id="i", season="s", address=long, borrower=Person(name="n"), contracts=()),
            version=1,
        )
        for _ in range(2)
    ]
    table = packed(states)
    assert table.columns["case.address"].each == [long, long]
    assert msgspec.convert(unpacked(sent(table)), type=list[CaseState]) == states


def test_a_case_about_as_long_as_may_be_said_once_is_read_whatever_its_length() -> None:
    """Of one case everything is said once, until there is no room left for it."""
    borrower = Person(name="n", id_number="i", phones=("1",))
    for left in range(60):
        long = "长" * ((MOST_REPEATED - left) // 3)
        case = Case(id="i", season="s", address=long, village="v", borrower=borrower, contracts=())
        state = CaseState(case=case, version=1, visits=2, delivery="signed", deceased=True)
        found = unpacked(sent(packed([state])))
        assert msgspec.convert(found, type=list[CaseState]) == [state]


@pytest.mark.parametrize(
    "table",
    [
        Table(rows=MOST_ROWS + 1, columns={}),
        Table(rows=-1, columns={}),
        Table(rows=2, columns={"version": Column(each=[1])}),
        Table(rows=2, columns={"version": Column(steps=[1, 1, 1])}),
        Table(rows=1, columns={"case": Column(each=[1]), "case.id": Column(each=["i"])}),
        Table(rows=9, columns={"a": Column(all="x" * MOST_REPEATED)}),
        Table(rows=1, columns={"a": Column(head="x" * (MOST_REPEATED + 1), each=["y"])}),
        Table(rows=1, columns={str(n): Column(all=1) for n in range(201)}),
    ],
    ids=["many rows", "fewer than none", "short", "long", "in a value", "once", "head", "columns"],
)
def test_columns_that_are_not_those_of_rows_are_refused(table: Table) -> None:
    with pytest.raises(ValueError):
        unpacked(table)
