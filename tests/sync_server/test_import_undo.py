"""Undo of an import: everything is as it was before, phones hear of it, and what was built on it refuses it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.cases import Contract, Person
from shared.problems import ProblemError
from shared.season_fields import with_values
from sync_server.office import (
    assignment,
    import_history,
    phones,
    review,
    seasons,
    slip_batches,
)
from sync_server.office.import_history import CannotUndo
from sync_server.services import Services
from sync_server.store import audit, case_import, case_use, cases, import_runs, summaries, units
from sync_server.store import tables as t
from sync_server.store.case_plan import ImportedPerson
from tests.support import imports
from tests.support.county import SCHOOLS, SEASON, person
from tests.support.devices import RawPhone, case_ids, enrol, fact_bytes, working_phone
from tests.support.dump import dump
from tests.support.feed import Mirror, check_feed
from tests.support.intake_files import made_id

DAY = "2019-12-11"


def next_season(services: Services) -> None:
    """The season of 2020, in preparation."""
    head = {
        "letterhead.phone": "0913-7654321",
        "letterhead.document_no": "〔2020〕3号",
        "letterhead.basis": "今年的通知",
    }
    seasons.create(services, with_values(seasons.proposal(services, "2020"), head), who="t")


def undo(services: Services, run_id: str) -> import_history.Undone:
    return import_history.undo(services, run_id, who="admin")


def refusal(services: Services, run_id: str) -> list[str]:
    """The codes of everything that prevents an undo; what is refused changes nothing."""
    before = dump(services)
    with pytest.raises(CannotUndo) as refused:
        undo(services, run_id)
    assert dump(services) == before
    found = [refused.value.code, *(item.code for item in refused.value.items)]
    line = import_history.one(services, run_id)
    assert [p.code for p in line.obstacles] == found
    assert not line.can_undo
    return found


def changed(one: ImportedPerson, **values: object) -> ImportedPerson:
    return msgspec.structs.replace(one, case=msgspec.structs.replace(one.case, **values))


def borrower(name: str, number: int, *contracts: str) -> ImportedPerson:
    owed = tuple(Contract(contract_no=c, principal_fen=100_00, interest_fen=0) for c in contracts)
    who = Person(name=name, id_number=made_id(number))
    return case_import.imported_person(SEASON, made_id(number), SCHOOLS[0], who, None, owed)


PEOPLE = st.lists(
    st.builds(
        borrower,
        st.sampled_from(["甲", "乙"]),
        st.integers(0, 3),
        st.sampled_from(["C00000", "C00003", "K1", "K2", "K3"]),
    ),
    min_size=1,
    max_size=4,
    unique_by=(lambda p: p.key, lambda p: p.case.contracts[0].contract_no),
)
LISTED = st.lists(st.integers(0, 15), min_size=1, max_size=12, unique=True).flatmap(
    lambda numbers: st.builds(
        lambda due, school: [
            changed(person(n, school, due_fen=due), township="青山镇") for n in numbers
        ],
        st.sampled_from([50_00, 100_00, 150_00]),
        st.sampled_from([*SCHOOLS, "青山小学", ""]),
    )
)
STEPS = st.one_of(
    st.tuples(st.sampled_from(["due-list", "whole list"]), PEOPLE | LISTED),
    st.tuples(
        st.just("areas"),
        st.dictionaries(
            st.sampled_from([*SCHOOLS, "青山小学", "白石小学"]),
            st.fixed_dictionaries(
                {
                    "officer": st.sampled_from(["", "包联甲", "包联乙"]),
                    "townships": st.sampled_from(["", "青山镇"]),
                }
            ),
            min_size=1,
        ),
    ),
    st.tuples(
        st.just("repayments"),
        st.tuples(
            st.sampled_from(["2019-12-10", DAY, "2019-12-12"]),
            st.dictionaries(
                st.sampled_from(["C00000", "C00001", "C00003", "K1", "K9"]),
                st.sampled_from([50_00, 100_00, 150_00]),
            ),
            st.sampled_from(["cumulative", "increment", "payments"]),
        ),
    ),
)


def take(services: Services, step: tuple[str, object]) -> str:
    kind, what = step
    match what:
        case list():
            return imports.due_list(services, what, take_out=kind == "whole list")
        case dict():
            return imports.schools(services, what, kind=kind)
        case (str(day), dict(paid), "cumulative" | "increment" | "payments" as of_kind):
            return imports.repaid(services, day, paid, kind=of_kind)
    raise AssertionError(step)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=1, max_size=5))
def test_undone_in_reverse_order_imports_leave_no_trace(
    services: Services, county: list[str], steps: Sequence[tuple[str, object]]
) -> None:
    stood, runs = [dump(services)], list[str]()
    for step in steps:
        runs.append(take(services, step))
        stood.append(dump(services))
    for run_id, before in zip(reversed(runs), reversed(stood[:-1]), strict=True):
        if import_history.one(services, run_id).run.changed:
            undo(services, run_id)
        assert dump(services) == before
    for unit in county:
        check_feed(services, unit)


def test_an_undo_gives_no_case_number_twice(services: Services, county: list[str]) -> None:
    undo(services, imports.due_list(services, [person(60, SCHOOLS[0])]))
    assert len(case_ids(services, "01")) == 6
    imports.due_list(services, [person(60, SCHOOLS[0])])
    newest = services.database.read(lambda c: cases.rows(c, SEASON, unit="01"))[-1]
    assert newest["code"].startswith("010008")


def test_an_undo_says_what_it_did_and_is_noted(services: Services, county: list[str]) -> None:
    first = imports.repaid(services, DAY, {"C00000": 100_00, "C00001": 100_00})
    newer = [changed(person(0, SCHOOLS[0]), address="新地址"), person(61, "青山小学")]
    listed = imports.due_list(services, newer, file="名单.xlsx")
    line = import_history.one(services, listed)
    assert line.can_undo
    done = undo(services, listed)
    assert done == import_history.Undone(removed=1, restored=1) == line.would
    (note,) = services.database.read(lambda c: audit.listed(c, 1))
    assert (note.action, note.who, note.detail) == ("import.undo", "admin", "名单.xlsx")
    after = import_history.one(services, listed).run
    assert (after.undone_by, bool(after.undone_at)) == ("admin", True)
    assert undo(services, first) == import_history.Undone(due_again=2)


def test_without_the_newest_file_repayments_are_judged_by_the_one_before(
    services: Services, county: list[str]
) -> None:
    imports.repaid(services, "2019-12-10", {"C00000": 100_00})
    newest = imports.repaid(services, DAY, {"C00001": 100_00})
    would = import_history.one(services, newest).would
    assert undo(services, newest) == would == import_history.Undone(due_again=1, repaid_again=1)
    found = services.database.read(lambda c: cases.rows(c, SEASON))
    assert {r["person_key"]: r["repaid_as_of"] for r in found if r["paid"]} == {
        "key00000": "2019-12-10"
    }


def test_an_undone_import_is_not_undone_again(services: Services, county: list[str]) -> None:
    run_id = imports.due_list(services, [person(60, SCHOOLS[0])])

    def press(who: str) -> str:
        try:
            import_history.undo(services, run_id, who=who)
        except ProblemError as problem:
            return problem.code
        return "done"

    with ThreadPoolExecutor(2) as officers:
        assert sorted(officers.map(press, ["甲", "乙"])) == ["done", "import.undo_twice"]


def test_an_import_that_changed_nothing_has_nothing_to_undo(
    services: Services, county: list[str]
) -> None:
    first = imports.due_list(services, [person(60, SCHOOLS[0])])
    again = imports.due_list(services, [person(60, SCHOOLS[0])])
    with pytest.raises(ProblemError) as refused:
        undo(services, again)
    assert refused.value.code == "import.undo_nothing"
    undo(services, first)  # and it prevents no other undo


def test_later_imports_are_undone_first(services: Services, county: list[str]) -> None:
    first = imports.due_list(services, [person(60, SCHOOLS[0])])
    imports.repaid(services, DAY, {}, file="还款.xlsx")
    assert refusal(services, first) == ["import.undo_later"]
    (reason,) = import_history.one(services, first).obstacles
    assert reason.values["file"] == "还款.xlsx"
    assert "1 份" in reason.message()


def test_a_closed_season_keeps_its_imports(services: Services, county: list[str]) -> None:
    run_id = imports.due_list(services, [person(60, SCHOOLS[0])])
    seasons.close_season(services, SEASON, who="admin")
    with pytest.raises(ProblemError) as refused:
        undo(services, run_id)
    assert refused.value.code == "season.closed"


def test_the_history_goes_with_a_season_that_is_removed(services: Services) -> None:
    next_season(services)
    imports.schools(services.for_season("2020"), {"青山小学": {"liaison_name": "联络甲"}})
    seasons.discard(services, "2020", who="admin")
    assert services.database.read(lambda c: import_runs.count(c, "2020")) == 0


def test_what_was_kept_for_an_undo_goes_with_it(services: Services, county: list[str]) -> None:
    run_id = imports.due_list(services, [changed(person(0, SCHOOLS[0]), address="新地址")])
    assert services.database.read(lambda c: import_runs.undo_of(c, run_id))
    undo(services, run_id)
    assert services.database.read(lambda c: import_runs.undo_of(c, run_id)) == ""
    assert import_history.one(services, run_id).run.changed


def test_an_import_comes_after_the_last_one_even_when_the_clock_was_set_back(
    services: Services, county: list[str]
) -> None:
    first = imports.repaid(services, "2019-12-10", {})
    ahead = "ffffffff-0000-7000-8000-0000000000ff"
    services.database.write(lambda c: c.execute(t.import_run.update().values(id=ahead)))
    later = imports.repaid(services, DAY, {})
    assert first < ahead < later
    assert [line.run.id for line in import_history.listed(services)[0]] == [later, ahead]


def test_an_import_of_another_season_is_unknown(services: Services, county: list[str]) -> None:
    run_id = imports.due_list(services, [person(60, SCHOOLS[0])])
    other = services.for_season("2018")
    with pytest.raises(ProblemError) as refused:
        import_history.one(other, run_id)
    assert refused.value.code == "import.undo_unknown"


def test_an_import_and_its_place_in_the_history_are_stored_together(
    services: Services, county: list[str]
) -> None:
    class Crash(Exception):
        pass

    before = dump(services)
    prepared = imports.Prepared(take=lambda c: case_import.import_schools(c, SEASON, {"新校": {}}))

    def crash(connection: imports.Connection) -> object:
        prepared.take(connection)
        raise Crash

    with pytest.raises(Crash):
        imports.keep(services, "areas", imports.Prepared(take=crash))
    assert dump(services) == before
    assert services.database.read(lambda c: import_runs.count(c, SEASON)) == 0


def test_an_import_that_stores_an_earlier_day_than_it_names_is_not_stored_at_all(
    services: Services, county: list[str]
) -> None:
    before = dump(services)
    other = imports.snapshot(services, "2019-12-10", {"C00000": 100_00})
    with pytest.raises(ValueError, match="2019-12-10"):
        imports.keep(services, "repayments", other, day=DAY)
    assert dump(services) == before


def test_what_an_import_changes_in_repayments_of_later_days_comes_back_too(
    services: Services, county: list[str]
) -> None:
    imports.repaid(services, "2019-12-12", {"C00000": 100_00})
    before = dump(services)
    first = imports.snapshot(services, "2019-12-10", {"C00001": 50_00})
    second = imports.snapshot(services, "2019-12-12", {"C00001": 100_00})
    both = imports.Prepared(take=lambda c: (first.take(c), second.take(c))[1])
    undo(services, imports.keep(services, "repayments", both, day="2019-12-10"))
    assert dump(services) == before


def test_people_brought_back_on_the_list_are_off_it_again_as_they_were(
    services: Services, county: list[str]
) -> None:
    """Nobody judges their repayments while they are off the list, so these are kept with them."""
    off = {"off_list": "已不在名单", "repaid_as_of": "2019-12-01", "repaid_fen": 7}
    back = {"off_list": "", "repaid_as_of": DAY, "repaid_fen": 0}
    where = t.case_file.c.id == case_ids(services, "01")[0]

    def put(values: dict[str, object]) -> imports.Prepared:
        update = t.case_file.update().where(where).values(**values)
        return imports.Prepared(take=lambda c: [c.execute(update) and None])

    services.database.write(put(off).take)
    before = dump(services)
    undo(services, imports.keep(services, "due-list", put(back)))
    assert dump(services) == before


async def test_records_on_a_case_it_changed_refuse_an_undo_but_not_those_on_others(
    phone: RawPhone, services: Services
) -> None:
    first, second = case_ids(services, "01")[:2]
    await phone.push(phone.chained(fact_bytes(first)))
    run_id = imports.due_list(services, [changed(person(0, SCHOOLS[0]), address="新地址")])
    await phone.push(phone.chained(fact_bytes(second)))
    assert import_history.one(services, run_id).can_undo
    await phone.push(phone.chained(fact_bytes(first)))
    assert refusal(services, run_id) == ["import.undo_records"]
    (reason,) = import_history.one(services, run_id).obstacles
    assert "1 条" in reason.message()


async def test_a_review_of_a_record_of_a_changed_case_refuses_an_undo(
    phone: RawPhone, services: Services
) -> None:
    await phone.push(phone.chained(fact_bytes(case_ids(services, "01")[0])))
    (item,) = review.queue(services, "01")
    run_id = imports.due_list(services, [changed(person(0, SCHOOLS[0]), address="新地址")])
    review.review(services, item.fact.fact.id, "accepted", "", who="联络员")
    assert "import.undo_reviewed" in refusal(services, run_id)


def test_a_case_assigned_or_moved_since_refuses_an_undo(
    services: Services, county: list[str]
) -> None:
    run_id = imports.due_list(services, [person(60, SCHOOLS[0]), person(61, SCHOOLS[0])])
    *_, one, other = case_ids(services, "01")
    phones.issue(services, "01", "甲", who="t")
    (teacher,) = services.database.read(lambda c: units.staff_of(c, SEASON, "01"))
    assignment.assign(services, [one], teacher.id, who="t")
    assert refusal(services, run_id) == ["import.undo_assigned"]
    moved = {"unit": "02", "code": "020099X", "assignee": ""}
    where = t.case_file.c.id == other
    services.change(lambda c: c.execute(t.case_file.update().values(**moved).where(where)))
    assert refusal(services, run_id) == ["import.undo_moved", "import.undo_assigned"]


def test_a_case_changed_by_hand_since_refuses_an_undo(
    services: Services, county: list[str]
) -> None:
    run_id = imports.due_list(services, [person(60, SCHOOLS[0])])
    newest = case_ids(services, "01")[-1]
    services.database.write(
        lambda c: c.execute(
            t.case_file.update().values(contact="13800000000").where(t.case_file.c.id == newest)
        )
    )
    assert refusal(services, run_id) == ["import.undo_changed"]


def printed(services: Services, *ids: str) -> None:
    """Print the notices of cases; each time at another moment."""
    at = f"2019-12-12T02:00:{next(_SECONDS):02d}+00:00"
    services.change(lambda c: case_use.mark_printed(c, ids, at))


_SECONDS = itertools.count()


def test_notices_printed_since_for_a_case_it_touched_refuse_an_undo(
    services: Services, county: list[str]
) -> None:
    first, second = case_ids(services, "01")[:2]
    printed(services, first)
    run_id = imports.due_list(services, [changed(person(0, SCHOOLS[0]), address="新地址")])
    printed(services, second)
    assert import_history.one(services, run_id).can_undo
    printed(services, first, second)
    assert refusal(services, run_id) == ["import.undo_notices"]


def test_a_slip_in_a_batch_of_somebody_it_added_refuses_an_undo(
    services: Services, county: list[str]
) -> None:
    run_id = imports.due_list(services, [person(90, SCHOOLS[0])])
    old, new = case_ids(services, "01")[0], case_ids(services, "01")[-1]
    slip_batches.prepare(services, "01", [old], "", who="t")
    assert import_history.one(services, run_id).can_undo
    batch, _ = slip_batches.prepare(services, "01", [new], "", who="t")
    assert "import.undo_slips" in refusal(services, run_id)
    slip_batches.discard(services, batch.id, who="t")
    assert import_history.one(services, run_id).can_undo


def composed(services: Services, unit: str, state: summaries.State, as_of: str = "") -> None:
    def job(connection: imports.Connection) -> None:
        row = summaries.add(
            connection,
            season=SEASON,
            unit=unit,
            document=f"610599-2019-{unit}",
            version=1,
            cut_off="2019-12-12T10:00:00+08:00",
            as_of=as_of,
            data=b"{}",
            data_hash="0" * 64,
        )
        summaries.change(connection, row.id, state=state)

    services.change(job)


def test_a_summary_of_a_school_it_touched_refuses_an_undo(
    services: Services, county: list[str]
) -> None:
    run_id = imports.due_list(services, [person(60, SCHOOLS[0])])
    composed(services, "02", "composed")
    assert import_history.one(services, run_id).can_undo
    composed(services, "01", "composed")
    assert refusal(services, run_id) == ["import.undo_summary"]


@pytest.mark.parametrize(
    ("state", "day", "found"),
    [
        ("printed", DAY, []),
        ("stamped", "2019-12-10", []),
        ("stamped", DAY, ["import.undo_summary_day"]),
        ("sealed", DAY, ["import.undo_summary_day"]),
    ],
)
async def test_only_a_stamped_summary_of_its_day_refuses_the_undo_of_repayments(
    phone: RawPhone, services: Services, state: summaries.State, day: str, found: list[str]
) -> None:
    run_id = imports.repaid(services, DAY, {"C00000": 100_00})
    await phone.push(phone.chained(fact_bytes(case_ids(services, "01")[0])))
    printed(services, *case_ids(services, "01"))
    composed(services, "01", state, as_of=day)
    if found:
        assert refusal(services, run_id) == found
    else:
        undo(services, run_id)


def test_a_school_that_it_made_and_that_is_in_use_refuses_an_undo(
    services: Services, county: list[str]
) -> None:
    run_id = imports.schools(services, {"青山小学": {"officer": "包联甲"}})
    assert import_history.one(services, run_id).can_undo
    phones.issue(services, "03", "甲", who="t")
    assert refusal(services, run_id) == ["import.undo_school_used"]
    (reason,) = import_history.one(services, run_id).obstacles
    assert "青山小学" in reason.message()


def test_a_school_that_another_season_took_over_refuses_an_undo(
    services: Services, county: list[str]
) -> None:
    run_id = imports.schools(services, {"青山小学": {}})
    next_season(services)
    assert refusal(services, run_id) == ["import.undo_school_used"]


def test_a_school_changed_since_refuses_an_undo(services: Services, county: list[str]) -> None:
    run_id = imports.schools(services, {SCHOOLS[0]: {"liaison_name": "新联络员"}}, kind="contacts")
    services.database.write(
        lambda c: c.execute(t.unit.update().values(liaison_phone="13800000000"))
    )
    assert refusal(services, run_id) == ["import.undo_school_changed"]


async def test_phones_get_people_back_whom_a_list_took_out(
    phone: RawPhone, services: Services
) -> None:
    mirror = await Mirror(phone).read()
    before = set(mirror.cases)
    run_id = imports.due_list(services, [person(0, SCHOOLS[0])], take_out=True)
    assert len((await mirror.read()).cases) == 1
    assert undo(services, run_id).restored == 11
    assert set((await mirror.read()).cases) == before


async def test_phones_lose_people_again_whom_a_list_had_brought_back(
    phone: RawPhone, services: Services
) -> None:
    imports.due_list(services, [person(0, SCHOOLS[0])], take_out=True)
    mirror = await Mirror(phone).read()
    back = imports.due_list(services, [person(1, SCHOOLS[0])])
    assert len((await mirror.read()).cases) == 2
    undo(services, back)
    assert len((await mirror.read()).cases) == 1


async def test_phones_hear_what_an_undo_brings_back(phone: RawPhone, services: Services) -> None:
    mirror = await Mirror(phone).read()
    case_id = case_ids(services, "01")[0]
    was = mirror.cases[case_id]
    listed = imports.due_list(services, [changed(person(0, SCHOOLS[0]), address="新地址")])
    paid = imports.repaid(services, DAY, {"C00000": 100_00})
    there = (await mirror.read()).cases[case_id]
    assert (there.case.address, there.repaid.paid) == ("新地址", True)
    undo(services, paid)
    undo(services, listed)
    back = (await mirror.read()).cases[case_id]
    assert (back.case, back.repaid) == (was.case, was.repaid)
    assert mirror.briefing is not None
    assert mirror.briefing.list_as_of == ""


async def test_a_phone_gets_a_joined_case_back(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    imports.due_list(services, [borrower("甲", 1, "K1")])
    twice = case_import.imported_person(
        SEASON, "K2", SCHOOLS[0], Person(name="甲"), None, borrower("甲", 1, "K2").case.contracts
    )
    imports.due_list(services, [twice])
    phone = await working_phone(http, services)
    mirror = await Mirror(phone).read()
    before = set(mirror.cases)
    joined = imports.due_list(services, [borrower("甲", 1, "K1", "K2")])
    assert len((await mirror.read()).cases) == len(before) - 1
    undo(services, joined)
    assert set((await mirror.read()).cases) == before


async def test_a_phone_that_had_a_case_only_by_the_import_hears_that_it_is_gone(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    phone = await enrol(RawPhone(http), services, "01")
    case_id = case_ids(services, "01")[0]
    assigning = imports.Prepared(take=lambda c: cases.assign(c, SEASON, [case_id], phone.staff))
    run_id = imports.keep(services, "due-list", assigning)
    mirror = await Mirror(phone).read()
    assert set(mirror.cases) == {case_id}
    undo(services, run_id)
    await mirror.read()
    assert (mirror.cases, mirror.gone) == ({}, [case_id])
