"""What a newer due list changes: shown person by person, asked about where somebody must choose."""

from __future__ import annotations

import io
from typing import Any

import msgspec
import openpyxl
import pytest

from shared import identity
from shared.cases import Contract, Person
from shared.ids import show_case_code
from shared.problems import ProblemError
from shared.school_names import alike, edits
from sync_server.intake.due_list import DueList
from sync_server.intake.people import DuePerson
from sync_server.intake.report import Report
from sync_server.office import placing
from sync_server.office.importing import people as office
from sync_server.office.importing.choice import Choice
from sync_server.office.importing.difference import Difference, masked_pair
from sync_server.office.importing.difference_book import difference_book
from sync_server.office.importing.prepared import ImportRun, Prepared
from sync_server.services import Services
from sync_server.store import audit, case_import, case_use, cases, summaries
from tests.support.county import SEASON
from tests.support.intake_files import made_id

RUN = ImportRun("run", SEASON, "due-list", "名单.xlsx", "0", "admin", "n", "2019-12-12")
ONE, TWO, THREE = made_id(1), made_id(2), made_id(3)
WILLOW, ROCK = "柳泉镇中心校", "青石镇中心校"


def due(name: str, number: str, contract: str, yuan: int = 100, **fields: Any) -> DuePerson:
    """One person of a list with one contract; further contracts and fields by name."""
    phones = fields.pop("phones", ())
    owed = Contract(contract_no=contract, principal_fen=yuan * 100, interest_fen=0)
    values: dict[str, Any] = {"contracts": (owed,), "rows": (2,), "school_name": WILLOW, **fields}
    return DuePerson(borrower=Person(name=name, id_number=number, phones=phones), **values)


def read(*people: DuePerson, rejected: tuple[str, ...] = ()) -> DueList:
    return DueList(season=SEASON, people=people, report=Report(), rejected_keys=rejected)


def prepared(services: Services, found: DueList, **choice: Any) -> Prepared:
    return services.database.read(lambda c: office.prepare(c, RUN, found, Choice(**choice)))


def difference(services: Services, *people: DuePerson, **choice: Any) -> Difference:
    details = prepared(services, read(*people), **choice).details
    return msgspec.convert(details.get("difference", {}), Difference)


def take(services: Services, *people: DuePerson, **choice: Any) -> case_import.ImportCounts:
    def job(connection: Any) -> case_import.ImportCounts:
        found: case_import.ImportCounts = office.prepare(
            connection, RUN, read(*people), Choice(**choice)
        ).take(connection)
        return found

    return services.database.write(job)


def problems(ready: Prepared) -> dict[str, str]:
    return {p.code: p.message() for p in ready.problems}


def row(services: Services, number: str, off_list: bool | None = None) -> Any:
    found = services.database.read(lambda c: cases.rows(c, SEASON, off_list=off_list))
    return next((r for r in found if r["person_key"] == number), None)


@pytest.fixture
def schools(services: Services) -> Services:
    """Two schools without people."""
    named: dict[str, dict[str, str]] = {WILLOW: {}, ROCK: {}}
    services.database.write(lambda c: case_import.import_schools(c, SEASON, named))
    return services


def test_new_people_are_counted_and_masked(schools: Services) -> None:
    found = difference(schools, due("试甲一", ONE, "K1"), due("欧阳建阳", TWO, "K2", 50))
    assert found.counts["new"] == 2
    assert [(n.name, n.total_fen, n.school) for n in found.new] == [
        ("试*", 100_00, WILLOW),
        ("欧阳*", 50_00, WILLOW),
    ]


def test_a_changed_person_is_shown_field_by_field_from_and_to(schools: Services) -> None:
    take(schools, due("试甲一", ONE, "K1", phones=("13800000001",), college="大学"))
    second = Contract(contract_no="K2", principal_fen=20_00, interest_fen=5_00)
    newer = due("试甲一", ONE, "K1", 120, phones=("13900000002",))
    found = difference(
        schools, msgspec.structs.replace(newer, contracts=(*newer.contracts, second))
    )
    (line,) = found.changed
    assert [(c.field, c.contract, c.was, c.now) for c in line.changes] == [
        ("phones", "", "138****0001", "139****0002"),
        ("principal", "K1", "100.00", "120.00"),
        ("contract_added", "K2", "", "25.00"),
    ]
    assert line.code == show_case_code(row(schools, ONE)["code"])


def test_a_list_that_says_the_same_changes_nothing(schools: Services) -> None:
    take(schools, due("试甲一", ONE, "K1"))
    ready = prepared(schools, read(due("试甲一", ONE, "K1")))
    assert (ready.problems, ready.details) == ([], {})


def test_a_corrected_identity_shows_all_it_brings_and_waits(schools: Services) -> None:
    take(schools, due("试甲一", ONE, "K1", phones=("13800000001",)))
    newer = due("试甲二", ONE, "K1", phones=("13900000002",))
    (line,) = difference(schools, newer).corrected
    assert [(c.field, c.was, c.now) for c in line.changes] == [
        ("name", "**一", "**二"),
        ("phones", "138****0001", "139****0002"),
    ]
    assert line.waits
    assert not difference(schools, newer, accept_identity=True).corrected[0].waits


def test_cases_of_one_person_are_shown_as_joining_or_kept_apart(schools: Services) -> None:
    take(schools, due("试甲一", "610599", "K1"), due("试甲一", ONE, "K2"))
    both = msgspec.structs.replace(
        due("试甲一", ONE, "K1"),
        contracts=tuple(
            Contract(contract_no=k, principal_fen=100_00, interest_fen=0) for k in ("K1", "K2")
        ),
    )
    (line,) = difference(schools, both).joined
    assert (line.code.count("、"), line.total_fen, line.waits) == (1, 200_00, True)
    everyone = [r["id"] for r in schools.database.read(lambda c: cases.rows(c, SEASON))]
    schools.database.write(lambda c: case_use.mark_printed(c, everyone, "n"))
    found = difference(schools, both)
    assert (found.counts["joined"], found.counts["apart"]) == (0, 1)


@pytest.mark.parametrize(
    ("was", "now", "shown"),
    [
        ("王小明", "王晓明", ("*小*", "*晓*")),
        ("李一", "李一一", ("**", "**一")),
        ("张三", "李四", ("张*", "李*")),
    ],
)
def test_two_masks_that_are_equal_show_only_what_differs(
    was: str, now: str, shown: tuple[str, str]
) -> None:
    assert masked_pair(was, now, identity.mask_name) == shown


# who is gone


def test_people_who_are_gone_stop_an_import_until_somebody_chose(schools: Services) -> None:
    take(schools, due("试甲一", ONE, "K1"), due("试乙二", TWO, "K2"))
    ready = prepared(schools, read(due("试甲一", ONE, "K1")))
    assert ready.blocked
    assert "1 人" in problems(ready)["intake.gone_undecided"]
    found = msgspec.convert(ready.details["difference"], Difference)
    assert [(g.name, g.code) for g in found.gone] == [
        ("试*", show_case_code(row(schools, TWO)["code"]))
    ]
    assert not prepared(schools, read(due("试甲一", ONE, "K1")), gone="keep").blocked


def test_taking_people_out_needs_a_reason(schools: Services) -> None:
    take(schools, due("试甲一", ONE, "K1"), due("试乙二", TWO, "K2"))
    ready = prepared(schools, read(due("试甲一", ONE, "K1")), gone="take_out", gone_reason=" ")
    assert ready.blocked
    assert "intake.gone_reason_missing" in problems(ready)


def test_people_are_taken_out_only_while_they_are_as_many_as_were_shown(
    schools: Services,
) -> None:
    take(schools, due("试甲一", ONE, "K1"), due("试乙二", TWO, "K2"), due("试丙三", THREE, "K3"))
    newer = read(due("试甲一", ONE, "K1"))
    chosen: dict[str, Any] = {"gone": "take_out", "gone_reason": "已还清"}
    assert prepared(schools, newer, **chosen, gone_count=1).blocked
    assert not prepared(schools, newer, **chosen, gone_count=2).blocked


def test_people_who_stay_on_the_list_are_asked_about_again(schools: Services) -> None:
    take(schools, due("试甲一", ONE, "K1"), due("试乙二", TWO, "K2"))
    take(schools, due("试甲一", ONE, "K1"), gone="keep")
    assert row(schools, TWO)["off_list"] == ""
    assert prepared(schools, read(due("试甲一", ONE, "K1"))).blocked


def test_people_taken_out_keep_reason_code_and_school_and_are_not_asked_about_again(
    schools: Services,
) -> None:
    take(schools, due("试甲一", ONE, "K1"), due("试乙二", TWO, "K2"))
    before = row(schools, TWO)
    done = take(schools, due("试甲一", ONE, "K1"), gone="take_out", gone_reason="已在外县还清")
    after = row(schools, TWO)
    assert (done.gone, after["off_list"], after["off_list_at"]) == (1, "已在外县还清", "n")
    assert (after["code"], after["unit"]) == (before["code"], before["unit"])
    assert schools.database.read(lambda c: cases.totals(c, SEASON))["people"] == 1
    assert not prepared(schools, read(due("试甲一", ONE, "K1"))).blocked
    (note,) = [n for n in schools.database.read(audit.listed) if n.action == "case.off_list"]
    assert (note.who, note.detail) == ("admin", "1: 已在外县还清")


def test_a_list_that_names_a_person_again_puts_them_back(schools: Services) -> None:
    both = (due("试甲一", ONE, "K1"), due("试乙二", TWO, "K2"))
    take(schools, *both)
    take(schools, both[0], gone="take_out", gone_reason="漏报")
    ready = prepared(schools, read(*both))
    assert show_case_code(row(schools, TWO)["code"]) in problems(ready)["intake.people_back"]
    done = take(schools, *both)
    assert (done.back, row(schools, TWO)["off_list"]) == (1, "")


def test_a_person_who_is_back_under_a_corrected_name_waits_for_that(schools: Services) -> None:
    take(schools, due("试甲一", ONE, "K1"), due("试乙二", TWO, "K2"))
    take(schools, due("试甲一", ONE, "K1"), gone="take_out", gone_reason="漏报")
    newer = due("试甲一", ONE, "K1"), due("试乙三", TWO, "K2")
    assert [line.waits for line in difference(schools, *newer).back] == [True]
    assert [line.waits for line in difference(schools, *newer, accept_identity=True).back] == [
        False
    ]


def test_a_person_whose_row_was_rejected_is_not_gone(schools: Services) -> None:
    take(schools, due("试甲一", ONE, "K1"), due("试乙二", TWO, "K2"), due("试丙三", THREE, "K3"))
    partly = due("试乙二", TWO, "K2", rejected_rows=(9,))
    assert not prepared(schools, read(due("试甲一", ONE, "K1"), partly, rejected=("K3",))).blocked


def test_a_list_without_a_single_person_asks_about_nobody(schools: Services) -> None:
    take(schools, due("试甲一", ONE, "K1"))
    assert not prepared(schools, read()).blocked


# who moved to another school


def moved(services: Services, **choice: Any) -> str:
    """The school of one person after a list that names another one."""
    take(services, due("试甲一", ONE, "K1", school_name=ROCK), **choice)
    return str(row(services, ONE)["unit"])


def test_a_person_moves_to_the_school_the_list_names_when_that_was_confirmed(
    schools: Services,
) -> None:
    take(schools, due("试甲一", ONE, "K1"))
    ready = prepared(schools, read(due("试甲一", ONE, "K1", school_name=ROCK)))
    (line,) = ready.details["difference"]["moved"]
    assert (line["changes"][0]["was"], line["changes"][0]["now"]) == (WILLOW, ROCK)
    assert line["waits"]
    assert "1 人换了学校" in problems(ready)["intake.moves"]
    assert moved(schools) == "01"
    assert moved(schools, accept_moves=True) == "02"
    assert str(row(schools, ONE)["code"]).startswith("02")
    assert difference(schools, due("试甲一", ONE, "K1", school_name=ROCK)) == Difference()


def test_a_person_with_a_printed_notice_stays_and_is_flagged(schools: Services) -> None:
    take(schools, due("试甲一", ONE, "K1"))
    known = row(schools, ONE)
    schools.database.write(lambda c: case_use.mark_printed(c, [known["id"]], "n"))
    ready = prepared(schools, read(due("试甲一", ONE, "K1", school_name=ROCK)))
    assert show_case_code(known["code"]) in problems(ready)["intake.move_held"]
    assert ready.details["difference"]["moved"][0]["stays"] == "printed"
    assert moved(schools, accept_moves=True) == "01"


@pytest.mark.parametrize(("state", "school"), [("composed", "02"), ("sealed", "01")])
def test_a_person_in_a_printed_summary_stays(schools: Services, state: Any, school: str) -> None:
    take(schools, due("试甲一", ONE, "K1"))
    data = msgspec.json.encode({"rows": [{"case": row(schools, ONE)["code"]}]})

    def seal(connection: Any) -> None:
        values = {"document": "d", "version": 1, "cut_off": "", "as_of": "", "data_hash": ""}
        made = summaries.add(connection, season=SEASON, unit="01", data=data, **values)
        summaries.change(connection, made.id, state=state)

    schools.database.write(seal)
    assert moved(schools, accept_moves=True) == school


def test_a_person_placed_by_hand_stays_while_the_list_says_what_it_always_said(
    schools: Services,
) -> None:
    take(schools, due("试甲一", ONE, "K1"))
    placing.move(schools, [row(schools, ONE)["id"]], "02", who="t", reason="搬家")
    take(schools, due("试甲一", ONE, "K1"), accept_moves=True)
    assert row(schools, ONE)["unit"] == "02"


def test_a_school_for_a_person_who_had_none_is_a_change(schools: Services) -> None:
    take(schools, due("试甲一", ONE, "K1", school_name=""))
    (line,) = difference(schools, due("试甲一", ONE, "K1")).changed
    assert [(c.field, c.was, c.now) for c in line.changes] == [("school", "", WILLOW)]
    assert take(schools, due("试甲一", ONE, "K1")).changed == 1
    assert row(schools, ONE)["unit"] == "01"


# schools that look renamed


def test_an_unknown_school_that_looks_like_a_known_one_is_asked_about(schools: Services) -> None:
    person = due("试甲一", ONE, "K1", school_name="柳泉中心小学")
    ready = prepared(schools, read(person))
    assert "柳泉镇中心校" in problems(ready)["intake.school_renamed"]
    assert ready.details["schools"] == [
        {
            "written": "柳泉中心小学",
            "people": 1,
            "alike": [{"code": "01", "name": WILLOW}],
            "chosen": "",
            "how": "",
        }
    ]
    take(schools, person)
    assert row(schools, ONE)["unit"] == ""
    take(schools, person, schools={"柳泉中心小学": "01"})
    assert row(schools, ONE)["unit"] == "01"


def test_a_school_that_does_not_exist_cannot_be_chosen(schools: Services) -> None:
    with pytest.raises(ProblemError, match=r"unit\.unknown"):
        prepared(schools, read(due("试甲一", ONE, "K1")), schools={"某校": "77"})


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("青山中心小学", ["青山镇中心小学"]),
        ("青槐县青山镇中心校", ["青山镇中心小学"]),
        ("上河九年一贯制学校", ["上河乡九年制学校"]),
        ("青山镇第二初中", ["青山镇第二初级中学"]),
        ("高桥中学", []),
    ],
)
def test_names_of_one_school_are_found_and_numbers_tell_schools_apart(
    name: str, found: list[str]
) -> None:
    known = ["青山镇中心小学", "青山镇第一初级中学", "青山镇第二初级中学", "上河乡九年制学校"]
    assert alike(name, known) == found


@pytest.mark.parametrize(
    ("one", "other", "n"), [("", "甲乙", 2), ("甲乙丙", "甲丙", 1), ("甲", "乙", 1)]
)
def test_edits_are_the_fewest(one: str, other: str, n: int) -> None:
    assert edits(one, other) == edits(other, one) == n


# the workbook


def test_the_workbook_has_a_sheet_for_each_group_that_has_people(schools: Services) -> None:
    take(schools, due("试甲一", ONE, "K1"), due("试乙二", TWO, "K2", 50))
    found = difference(schools, due("试甲一", ONE, "K1", 120), due("试丙三", THREE, "K3"))
    book = openpyxl.load_workbook(io.BytesIO(difference_book(found)))
    assert book.sheetnames == ["合计", "新增", "有变化", "不在新名单里"]
    changed = list(book["有变化"].values)[1]
    assert changed[1:7] == ("试*", WILLOW, "应还本金", "K1", "100.00", "120.00")
    assert list(book["不在新名单里"].values)[1][1:5] == ("试*", WILLOW, 1, 50)
