"""Placing people: by the school of the list, by township, by hand; undone, and moved."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from shared.ids import case_code
from shared.problems import ProblemError
from sync_server.office import assignment, phones
from sync_server.office import placing as office
from sync_server.services import Services
from sync_server.store import (
    audit,
    case_import,
    case_use,
    cases,
    feed,
    on_list,
    placing,
    summaries,
    units,
)
from sync_server.store import tables as t
from sync_server.store.case_plan import ImportedPerson
from tests.support.county import SCHOOLS, SEASON, person
from tests.support.devices import RawPhone, case_ids, fact_bytes

AREAS = {
    "柳泉镇中心校": {"townships": "柳泉镇、枣坪镇"},
    "青石镇中心校": {"townships": "青石、枣坪镇(东片)"},
    "云岫小学": {"townships": ""},
}


def someone(number: int, township: str = "", school: str = "", **fields: Any) -> ImportedPerson:
    one = person(number, school)
    case = msgspec.structs.replace(one.case, township=township, **fields)
    return msgspec.structs.replace(one, case=case)


def areas(services: Services, schools: dict[str, dict[str, str]] = AREAS) -> Any:
    return services.database.write(lambda c: case_import.import_schools(c, SEASON, schools))


def listed(services: Services, *people: ImportedPerson) -> case_import.ImportCounts:
    return services.database.write(lambda c: case_import.import_people(c, SEASON, people))


def schools_of(services: Services) -> dict[str, str]:
    """School code by the person's key."""
    found = services.database.read(lambda c: cases.rows(c, SEASON))
    return {r["person_key"][3:].lstrip("0") or "0": r["unit"] for r in found}


def reasons(services: Services) -> dict[str, str]:
    waiting = services.database.read(lambda c: placing.waiting(c, SEASON))
    return {w.case.borrower.name: w.judged.reason for w in waiting}


def rows(services: Services, unit: str | None = None) -> list[Any]:
    return services.database.read(lambda c: cases.rows(c, SEASON, unit=unit))


def waiting_ids(services: Services) -> list[str]:
    return [r["id"] for r in services.database.read(lambda c: placing.unplaced(c, SEASON))]


def notes(services: Services, action: str) -> list[audit.Note]:
    return [n for n in services.database.read(audit.listed) if n.action == action]


def test_a_list_without_schools_is_placed_by_the_townships_of_one_school(
    services: Services,
) -> None:
    areas(services)
    done = listed(services, someone(1, "柳泉"), someone(2, "", address="青槐县青石镇东村"))
    assert schools_of(services) == {"1": "01", "2": "02"}
    assert (done.by_township, done.unplaced) == (2, 0)
    assert [r["code"] for r in rows(services)] == [case_code("01", 1), case_code("02", 1)]


def test_who_cannot_be_placed_waits_with_the_reason(services: Services) -> None:
    areas(services)
    done = listed(
        services,
        someone(1, "枣坪镇"),
        someone(2, "云岫镇"),
        someone(3),
        someone(4, "柳泉镇", "没有的小学"),
    )
    assert done.unplaced == 4
    assert done.by_township is msgspec.UNSET
    assert reasons(services) == {
        "样例1": "township_shared",
        "样例2": "township_unknown",
        "样例3": "no_township",
        "样例4": "name_unknown",
    }


def test_without_a_table_of_areas_the_reason_says_so(services: Services) -> None:
    listed(services, someone(1, "柳泉镇"))
    assert reasons(services) == {"样例1": "no_areas"}


def test_a_school_in_the_list_comes_before_the_township(services: Services) -> None:
    areas(services)
    listed(services, someone(1, "柳泉镇", "青石镇中心校"), someone(2, "柳泉镇", "—"))
    assert schools_of(services) == {"1": "02", "2": "01"}


def test_a_later_list_that_names_a_school_corrects_the_township_when_confirmed(
    services: Services,
) -> None:
    areas(services)
    listed(services, someone(1, "柳泉镇"))
    newer = [someone(1, "柳泉镇", "云岫小学")]
    services.database.write(
        lambda c: case_import.import_people(c, SEASON, newer, accept_moves=True)
    )
    assert schools_of(services) == {"1": "03"}
    lines = services.database.read(lambda c: feed.after(c, "01", 0, 100))
    assert [line.kind for _, line in lines][-1] == "gone"


def test_a_person_with_a_teacher_stays_whatever_a_later_table_says(services: Services) -> None:
    areas(services)
    listed(services, someone(1, "柳泉镇"))
    phones.issue(services, "01", "甲", who="t")
    assignment.assign_evenly(services, "01", who="t")
    areas(services, {"云岫小学": {"townships": "柳泉镇"}, "柳泉镇中心校": {"townships": ""}})
    assert schools_of(services) == {"1": "01"}


def test_a_person_off_the_list_does_not_wait_for_a_school(services: Services) -> None:
    listed(services, someone(1, "柳泉镇"))
    services.database.write(lambda c: c.execute(update(t.case_file).values(off_list="重名")))
    areas(services)
    assert waiting_ids(services) == []
    found = services.database.read(lambda c: cases.rows(c, SEASON, off_list=None))
    assert [r["unit"] for r in found] == [""]


def test_hundreds_are_placed_in_one_act_with_one_line_in_the_audit_trail(
    services: Services,
) -> None:
    areas(services)
    listed(services, *(someone(n) for n in range(600)))
    done = office.place(services, waiting_ids(services), "03", who="t", what="村:第1村")
    assert done.people == len(rows(services, "03")) == 600
    (note,) = notes(services, "case.place")
    assert (note.unit, note.detail, note.ref) == ("03", "600 人 · 村:第1村", done.act)
    assert len({r["code"] for r in rows(services)}) == 600


def test_who_was_placed_meanwhile_stays_there(services: Services) -> None:
    areas(services)
    listed(services, someone(1), someone(2))
    first, second = waiting_ids(services)
    office.place(services, [first], "01", who="t")
    assert office.place(services, [first, second], "02", who="t").people == 1
    with pytest.raises(ProblemError, match=r"place\.nobody"):
        office.place(services, [first], "02", who="t")
    assert schools_of(services) == {"1": "01", "2": "02"}


def test_who_left_the_list_meanwhile_is_not_placed(services: Services) -> None:
    areas(services)
    listed(services, someone(1), someone(2))
    first, second = waiting_ids(services)
    services.database.write(lambda c: on_list.take_out(c, SEASON, [first], "已不在名单", "n"))
    assert office.place(services, [first, second], "01", who="t").people == 1
    with pytest.raises(ProblemError, match=r"place\.nobody"):
        office.place(services, [first], "01", who="t")


def test_an_act_is_undone_whole_and_its_codes_are_given_to_nobody_else(
    services: Services,
) -> None:
    areas(services)
    listed(services, *(someone(n) for n in range(1, 4)))
    act = office.place(services, waiting_ids(services), "03", who="t").act
    assert [(a.id, a.people) for a in _recent(services)] == [(act, 3)]
    assert office.undo(services, act, who="t") == 3
    assert set(schools_of(services).values()) == {""}
    assert _recent(services) == []
    assert {r["code"] for r in rows(services)} == {""}
    office.place(services, waiting_ids(services), "03", who="t")
    assert rows(services, "03")[0]["code"] == case_code("03", 4)
    assert [n.detail for n in notes(services, "case.unplace")] == ["3 人"]
    with pytest.raises(ProblemError, match=r"place\.undo_gone"):
        office.undo(services, act, who="t")


def _recent(services: Services) -> list[placing.Act]:
    return services.database.read(lambda c: placing.recent_acts(c, SEASON))


@pytest.mark.parametrize("built", ["teacher", "notice", "summary"])
def test_an_act_on_which_something_was_built_is_not_undone(services: Services, built: str) -> None:
    areas(services)
    listed(services, someone(1), someone(2))
    act = office.place(services, waiting_ids(services), "03", who="t").act
    _build(services, rows(services, "03")[0], built)
    with pytest.raises(ProblemError, match=r"place\.undo_built"):
        office.undo(services, act, who="t")
    assert schools_of(services) == {"1": "03", "2": "03"}


def _build(services: Services, row: Any, what: str) -> None:
    """Give a person a teacher, a printed notice, or a line in a sealed summary."""
    if what == "teacher":
        phones.issue(services, row["unit"], "甲", who="t")
        assignment.assign_evenly(services, row["unit"], who="t")
    elif what == "notice":
        services.database.write(lambda c: case_use.mark_printed(c, [row["id"]], "n"))
    else:
        services.database.write(lambda c: _sealed(c, row["unit"], row["code"]))


def _sealed(connection: Any, unit: str, code: str) -> None:
    summaries.add(
        connection,
        season=SEASON,
        unit=unit,
        document=f"610599-2019-{unit}",
        version=1,
        cut_off="2019-12-12T10:00:00+08:00",
        as_of="",
        data=msgspec.json.encode({"rows": [{"case": code}]}),
        data_hash="0" * 64,
        sha256="1" * 64,
        state="sealed",
        sealed_at="2019-12-12T02:00:00.000Z",
    )


@pytest.mark.parametrize("built", ["notice", "summary"])
def test_a_person_on_paper_moves_only_when_confirmed_and_keeps_the_code(
    services: Services, county: list[str], built: str
) -> None:
    one = rows(services, "01")[0]
    _build(services, one, built)
    with pytest.raises(ProblemError, match=r"move\.not_confirmed"):
        office.move(services, [one["id"]], "02", who="t", reason="搬家")
    assert rows(services, "01")[0]["id"] == one["id"]
    office.move(services, [one["id"]], "02", who="t", reason="搬家", confirmed=True)
    (moved,) = [r for r in rows(services, "02") if r["id"] == one["id"]]
    assert moved["code"] == one["code"]
    office.move(services, [one["id"]], "01", who="t", reason="又搬回来", confirmed=True)
    assert rows(services, "01")[0]["code"] == one["code"]


def test_a_person_of_whom_nothing_is_printed_gets_a_code_of_the_new_school(
    services: Services, county: list[str]
) -> None:
    one = rows(services, "01")[0]
    office.move(services, [one["id"]], "02", who="t", reason="归错学校")
    (moved,) = [r for r in rows(services, "02") if r["id"] == one["id"]]
    assert (moved["code"], moved["assignee"]) == (case_code("02", 7), "")


async def test_a_person_with_a_record_keeps_the_code(services: Services, phone: RawPhone) -> None:
    one = rows(services, "01")[0]
    await phone.push(phone.chained(fact_bytes(one["id"])))
    office.move(services, [one["id"]], "02", who="t", reason="搬家")
    assert one["code"] in [r["code"] for r in rows(services, "02")]


def test_a_move_is_in_the_audit_trail_with_from_to_and_reason(
    services: Services, county: list[str]
) -> None:
    chosen = case_ids(services, "01")[:2]
    with pytest.raises(ProblemError, match=r"move\.reason_missing"):
        office.move(services, chosen, "02", who="t", reason=" ")
    assert office.move(services, chosen, "02", who="t", reason="撤点并校") == 2
    (note,) = notes(services, "case.move")
    assert (note.unit, note.detail) == ("02", f"2 人 · {SCHOOLS[0]} → {SCHOOLS[1]} · 撤点并校")


def test_a_school_whose_numbers_are_used_up_takes_nobody(
    services: Services, county: list[str]
) -> None:
    counter = {"key": f"case_number:{SEASON}:02", "value": "9998"}
    services.database.write(
        lambda c: c.execute(delete(t.meta).where(t.meta.c.key == counter["key"]))
    )
    services.database.write(lambda c: c.execute(t.meta.insert(), counter))
    chosen = case_ids(services, "01")
    with pytest.raises(ProblemError, match=r"unit\.full"):
        office.move(services, chosen, "02", who="t", reason="撤点并校")
    assert case_ids(services, "01") == chosen


LIVES = st.sampled_from(["柳泉镇", "柳泉", "青石镇", "枣坪镇", "云岫镇", ""])
NAMED = st.sampled_from(["", "", "", "云岫小学", "没有的小学"])


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(LIVES, NAMED), min_size=1, max_size=6), st.permutations(range(3)))
def test_the_order_of_files_changes_neither_places_nor_money(
    services: Services, people: list[tuple[str, str]], order: list[int]
) -> None:
    found = []
    for sequence in (range(3), order):
        services.database.write(_empty)
        for step in sequence:
            _import_step(services, people, step)
        before, money = schools_of(services), _money(services)
        for step in range(3):
            _import_step(services, people, step)
        assert (schools_of(services), _money(services)) == (before, money)
        names = {u.code: u.name for u in services.database.read(lambda c: units.units(c, SEASON))}
        found.append(({key: names.get(unit) for key, unit in before.items()}, money))
    assert found[0] == found[1]


def _import_step(services: Services, people: list[tuple[str, str]], step: int) -> None:
    """The list, 附件1 without townships, or 附件2 in two parts."""
    if step == 0:
        listed(services, *(someone(n, *one) for n, one in enumerate(people, 1)))
    elif step == 1:
        areas(services, {name: {"liaison_name": "某"} for name in AREAS})
    else:
        for name, fields in AREAS.items():
            areas(services, {name: fields})


def _money(services: Services) -> dict[str, int]:
    return services.database.read(lambda c: cases.totals(c, SEASON))


def _empty(connection: Any) -> None:
    for table in (t.case_file, t.contract, t.unit, t.meta):
        where = table.c.key.startswith("case_number") if table is t.meta else table.c.season != ""
        connection.execute(delete(table).where(where))
