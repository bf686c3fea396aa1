"""The teacher's records of earlier phones: beside the chain, encrypted, gone with their case."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile.store.earlier import Placed, in_office_order
from mobile.store.meta import SyncState
from mobile.sync.answers import fits
from mobile.sync.pull import CASE_FIELDS
from mobile.usecases.cases import open_case
from mobile.usecases.read_back import read
from mobile.usecases.records import record
from mobile.usecases.sign_out import sign_out
from mobile.usecases.sync_now import sync_now
from shared.records.base import Fact, Paper, encode
from shared.records.visit import Visit
from shared.wire import CaseState, Change, ChangesPage, OwnRecord, b64
from tests.mobile.conftest import Bench, case_state

WORDS = "门口等了很久，邻居说去县城了"


def visit(at: int, case: str = "case-1") -> Fact:
    """A visit of another phone."""
    when = "2019-12-10T10:00:00+08:00"
    return Fact(
        id=f"01a20960-0000-7752-9a34-72f9d769fb{at:02d}",
        season="2019",
        kind="visit",
        case=case,
        captured_at=when,
        happened_at=when,
        body={"met": "self", "outcome": "refused", "note": WORDS},
    )


def own(*facts: Fact, case: str = "case-1") -> Change:
    records = tuple(OwnRecord(bytes=b64(encode(f)), seq=n) for n, f in enumerate(facts, 1))
    return Change(seq=9, kind="own", ref=case, own=records)


def office(
    bench: Bench, *states: CaseState, also: Sequence[Change] = (), says: bool = True
) -> list[httpx.QueryParams]:
    """A server with these cases and lines, which come with every snapshot; what it was asked."""
    asked: list[httpx.QueryParams] = []
    cases = [Change(seq=s.version, kind="case", ref=s.case.id, case=s) for s in states]

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params)
        if request.url.path != "/v1/changes":
            raise httpx.ConnectError("only the list is here")
        kept = bench.phone.store.cases
        page = ChangesPage(
            changes=[] if request.url.params.get("after") else [*cases, *also],
            next="1",
            more=False,
            epoch="e",
            scope_count=kept.count() or len(states),
            scope_digest=kept.digest(),
            own=True if says else msgspec.UNSET,
        )
        return httpx.Response(200, content=msgspec.json.encode(page))

    bench.phone.transport = httpx.MockTransport(answer)
    return asked


class Seq(msgspec.Struct):
    """A record with its place in the ledger, None for one the office does not have."""

    seq: int | None
    mine: bool


@given(
    st.lists(st.integers(0, 50), unique=True, max_size=12),
    st.lists(st.integers(51, 99) | st.integers(0, 50), unique=True, max_size=12),
    st.integers(0, 3),
)
def test_every_record_stands_where_the_ledger_has_it_and_what_is_unsent_last(
    mine: list[int], others: list[int], unsent: int
) -> None:
    others = sorted(set(others) - set(mine))
    here: list[Placed] = [
        *(Seq(n, True) for n in sorted(mine)),
        *(Seq(None, True) for _ in range(unsent)),
    ]
    found = in_office_order(here, [Seq(n, False) for n in others])
    placed = [one.seq for one in found if one.seq is not None]
    assert placed == sorted([*mine, *others])
    assert [one.seq for one in found[len(placed) :]] == [None] * unsent
    assert [one for one in found if getattr(one, "mine", False)] == here


async def test_they_are_kept_over_a_restart_and_nothing_of_them_is_readable(bench: Bench) -> None:
    await bench.enrol()
    office(bench, case_state(1), also=[own(visit(1))])
    await sync_now(bench.phone)
    assert WORDS.encode() not in bench.raw()
    phone = await bench.again()
    (line,) = (await open_case(phone, "case-1")).history
    assert (line.fact, line.state) == (visit(1).id, "sent")
    assert phone.store.facts.all() == []
    assert phone.store.facts.unsent() == []


async def test_one_from_paper_is_the_teachers_and_marked_so(bench: Bench) -> None:
    paper = Paper(keyed_by="联络员", visited_by="t-1")
    typed = msgspec.structs.replace(visit(1), paper=paper)
    await bench.enrol()
    office(bench, case_state(1), also=[own(typed, visit(2))])
    await sync_now(bench.phone)
    lines = (await open_case(bench.phone, "case-1")).history
    assert [(line.fact, line.paper) for line in reversed(lines)] == [
        (typed.id, True),
        (visit(2).id, False),
    ]
    found = [await read(bench.phone, one.id) for one in (typed, visit(2))]
    assert [(view.paper, view.earlier) for view in found] == [(True, False), (False, True)]


async def test_signing_out_deletes_them(bench: Bench) -> None:
    await bench.enrol()
    office(bench, case_state(1), also=[own(visit(1))])
    await sync_now(bench.phone)
    assert bench.phone.store.earlier.all()
    await sign_out(bench.phone)
    assert bench.phone.store.earlier.all() == []
    assert (await bench.again()).store.earlier.all() == []


async def test_a_line_for_a_case_that_is_not_here_or_of_another_case_is_left_out(
    bench: Bench,
) -> None:
    await bench.enrol()
    foreign = own(visit(2, "case-9"), visit(3))
    lines = [own(visit(1, "case-9"), case="case-9"), foreign]
    office(bench, case_state(1), also=lines)
    await sync_now(bench.phone)
    assert [e.fact.id for e in bench.phone.store.earlier.all()] == [visit(3).id]


async def test_what_cannot_be_read_stops_nothing(bench: Bench) -> None:
    await bench.enrol()
    odd = (OwnRecord(bytes="!!", seq=1), OwnRecord(bytes=b64(b"{"), seq=2))
    line = msgspec.structs.replace(own(visit(1)), own=(*odd, *own(visit(1)).own))
    office(bench, case_state(1), also=[line])
    await sync_now(bench.phone)
    assert [e.fact.id for e in bench.phone.store.earlier.all()] == [visit(1).id]


async def test_what_this_phone_holds_itself_is_not_kept_twice(bench: Bench) -> None:
    await bench.enrol()
    made = await record(bench.phone, "case-1", Visit(met="self", outcome="refused"))
    await bench.sent(made.fact)
    kept = bench.phone.store.facts.get(made.fact)
    assert kept is not None
    same = Change(seq=9, kind="own", ref="case-1", own=(OwnRecord(bytes=b64(kept.data), seq=1),))
    office(bench, case_state(1), also=[same])
    await sync_now(bench.phone)
    assert bench.phone.store.earlier.all() == []
    assert len((await open_case(bench.phone, "case-1")).history) == 1


@pytest.mark.parametrize(("known", "asked_from_start"), [(False, 1), (True, 0)])
async def test_a_server_that_learns_to_send_them_is_read_once_more(
    bench: Bench, known: bool, asked_from_start: int
) -> None:
    await bench.enrol()
    state = SyncState(cursor="1", epoch="e", reads=CASE_FIELDS, own=known)
    await bench.phone.store.meta.put("sync", state)
    asked = office(bench, case_state(1), also=[own(visit(1))])
    await sync_now(bench.phone)
    await sync_now(bench.phone)
    assert [a.get("after", "") for a in asked].count("") == asked_from_start
    assert len(bench.phone.store.earlier.all()) == asked_from_start


async def test_an_older_server_is_read_as_before(bench: Bench) -> None:
    await bench.enrol()
    state = SyncState(cursor="1", epoch="e", reads=CASE_FIELDS)
    await bench.phone.store.meta.put("sync", state)
    asked = office(bench, case_state(1), says=False)
    assert (await sync_now(bench.phone)).complete
    assert [a.get("after", "") for a in asked] == ["1"]


async def test_the_phone_asks_for_what_comes_before_its_own_first_number(bench: Bench) -> None:
    await bench.enrol()
    asked = office(bench, case_state(1))
    await sync_now(bench.phone)
    made = [
        (await record(bench.phone, "case-1", Visit(met="self", outcome="refused"))).fact
        for _ in "ab"
    ]
    await bench.sent(*made)
    await sync_now(bench.phone)
    bench.phone.store.facts.erase(made)
    bench.phone.store.facts.forget(made)
    await sync_now(bench.phone)
    assert [a["own"] for a in asked if "own" in a] == ["1", "1", "3"]


def test_a_line_below_zero_or_a_name_without_end_is_no_answer() -> None:
    assert fits(own(visit(1)))
    odd = msgspec.structs.replace(own(visit(1)), own=(OwnRecord(bytes="", seq=-1),))
    assert not fits(odd)
    assert not fits(Change(seq=1, kind="gone", ref="c", to="甲" * 201))
