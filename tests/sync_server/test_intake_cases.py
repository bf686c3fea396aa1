"""Small files of the kinds that offices send, each with its right outcome: tests/sync_server/intake_cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sync_server.intake.due_list import DueList
from sync_server.intake.parsed import Options, Parsed, read
from sync_server.office import imports
from sync_server.office.importing.choice import Choice
from sync_server.services import Services
from sync_server.store import cases
from tests.support.county import SEASON

FOLDER = Path(__file__).parent / "intake_cases"
ALL_SIX = (6, 6, 996300)
"""People, contracts and fen of the control list and of every file that holds the same."""


def read_case(name: str, kind: str = "due-list") -> Parsed:
    return read(kind, FOLDER / name, Options(season=SEASON, file_name=name))


def people(name: str) -> Any:
    result = read_case(name).result
    assert isinstance(result, DueList)
    return result.people


def codes(parsed: Parsed) -> list[str]:
    return [problem.code for problem in parsed.report.problems]


def held(parsed: Parsed) -> tuple[int, int, int]:
    return parsed.report.people, parsed.report.contracts, parsed.report.totals.total_fen


def take(services: Services, name: str, kind: str = "due-list", **how: Any) -> dict[str, Any]:
    return imports.apply(services, kind, FOLDER / name, who="test", choice=Choice(**how))


def rows(services: Services) -> list[Any]:
    return services.database.read(lambda c: cases.rows(c, SEASON))


def case_of(services: Services, name: str) -> Any:
    (found,) = [c for r in rows(services) if (c := cases.case_of(r)).borrower.name == name]
    return found


def test_the_control_list_reads_without_a_word():
    assert (held(read_case("00-plain.xlsx")), codes(read_case("00-plain.xlsx"))) == (ALL_SIX, [])


def test_text_behind_an_equals_sign_is_text():
    parsed = read_case("07-equals-quoted-text.csv")
    assert (held(parsed), codes(parsed)) == (ALL_SIX, [])


def test_a_bar_parts_fields():
    parsed = read_case("09-pipe.csv")
    assert (held(parsed), codes(parsed)) == (ALL_SIX, [])


def test_an_accounting_dash_is_zero_with_one_note_a_column():
    parsed = read_case("13-accounting-format.csv")
    assert held(parsed) == (6, 6, 979200)
    assert codes(parsed) == ["intake.dash_is_zero"]


def test_a_multiplication_sign_for_x_is_one_person():
    assert [len(p.contracts) for p in people("15-check-times.csv")] == [2]


def test_radicals_in_a_name_are_one_person_with_a_name_that_is_found():
    assert [
        (p.borrower.name, len(p.contracts)) for p in people("16-kangxi-radicals-name.xlsx")
    ] == [
        ("石小川", 2),
        ("高雨", 1),
    ]


def test_direction_marks_are_dropped():
    (person,) = people("17-bidi-marks.xlsx")
    assert (person.borrower.name, len(person.contracts)) == ("试甲一", 2)


def test_two_strangers_without_an_id_number_stay_two():
    found = people("19-same-placeholder-id-none.xlsx")
    assert [(p.borrower.name, len(p.contracts)) for p in found] == [
        ("试甲一", 1),
        ("试乙二", 1),
        ("试丙三", 1),
    ]
    assert codes(read_case("19-same-placeholder-id-none.xlsx")) == ["intake.id_nobody"] * 2


def test_two_names_of_one_id_number_are_asked_about():
    parsed = read_case("20-two-names-one-id.xlsx")
    assert [p.row for p in parsed.report.problems if p.code == "intake.name_differs"] == [3, 4]
    assert [p.borrower.name for p in people("20-two-names-one-id.xlsx")] == ["试丙三"]


@pytest.mark.parametrize(
    "name", ["22b-total-on-top.xlsx", "22c-school-subtotals.xlsx", "22d-total-in-brackets.xlsx"]
)
def test_a_total_is_found_wherever_it_stands_and_agrees(name):
    parsed = read_case(name)
    assert (held(parsed), codes(parsed)) == (ALL_SIX, [])


def test_signatures_under_an_amount_are_a_note():
    parsed = read_case("46-footer-under-amount.xlsx")
    assert (held(parsed), parsed.report.rejected) == (ALL_SIX, 0)
    assert codes(parsed) == ["intake.note_row"]


def test_other_names_of_the_columns_are_known():
    parsed = read_case("25c-zhengjian.xlsx")
    assert (held(parsed), codes(parsed)) == (ALL_SIX, [])
    assert people("25c-zhengjian.xlsx")[0].borrower.phones == ("13800000001",)


def test_totals_that_are_formulas_without_a_result_cost_one_line_each_and_no_row():
    parsed = read_case("29-total-formula.xlsx")
    assert (held(parsed), set(codes(parsed))) == (ALL_SIX, {"intake.formula"})
    assert len(codes(parsed)) == 1


@pytest.mark.parametrize("name", ["38-workbook2.xlsx", "47-stream-WORKBOOK.xls"])
def test_parts_and_streams_under_other_names_are_read(name):
    parsed = read_case(name)
    assert (held(parsed), codes(parsed)) == (ALL_SIX, [])


def test_hidden_rows_are_read_and_counted_aloud():
    parsed = read_case("01-filtered-rows-hidden.xlsx")
    (problem,) = parsed.report.problems
    assert (held(parsed), problem.code) == (ALL_SIX, "intake.hidden_rows")


def test_a_list_on_a_hidden_sheet_is_read_and_named():
    parsed = read_case("03-list-on-hidden-sheet.xlsx")
    assert (held(parsed), codes(parsed)[0]) == (ALL_SIX, "intake.hidden_sheet")


def test_two_phones_on_two_lines_are_two():
    assert [p.borrower.phones for p in people("44-two-phones-two-lines.xlsx")] == [
        ("13812345678", "13912345678"),
        ("13812345678", "0913-1234567"),
    ]


def test_a_newer_list_erases_no_phone_and_names_the_columns_it_could_not_read(services: Services):
    take(services, "00-plain.xlsx")
    report = take(services, "26-unknown-columns-lost.xlsx")
    (unread,) = [p for p in report["problems"] if p["code"] == "intake.columns_unread"]
    assert "备注" in unread["message"]
    assert "联系电话" not in unread["message"]
    assert case_of(services, "试乙二").borrower.phones == ("13800000001", "13900000002")


def test_a_corrected_id_number_waits_for_a_word_and_then_keeps_case_and_code(services: Services):
    take(services, "42a-typo-in-id.xlsx")
    before = rows(services)
    preview = imports.preview(services, "due-list", FOLDER / "42b-id-corrected.xlsx")
    (asked,) = [p for p in preview["problems"] if p["code"] == "intake.identity_corrected"]
    assert (preview["identity"]["waiting"], "0011" in asked["message"]) == (1, True)
    assert "0014" in asked["message"]

    waiting = take(services, "42b-id-corrected.xlsx")
    assert (waiting["applied"]["new"], waiting["identity"]["waiting"]) == (0, 1)
    assert case_of(services, "试甲一").borrower.id_number == "610599199702030011"

    take(services, "42b-id-corrected.xlsx", accept_identity=True)
    assert case_of(services, "试甲一").borrower.id_number == "610599199702030014"
    assert [(r["id"], r["code"]) for r in rows(services)] == [(r["id"], r["code"]) for r in before]
    total = services.database.read(lambda c: cases.totals(c, SEASON))
    assert (total["people"], total["contracts"], total["total_fen"]) == ALL_SIX
    again = take(services, "42b-id-corrected.xlsx")
    assert (again["applied"]["same"], "identity" in again) == (6, False)


def test_people_who_are_gone_from_a_newer_list_are_named(services: Services):
    take(services, "00-plain.xlsx")
    report = imports.preview(services, "due-list", FOLDER / "43-two-people-dropped.xlsx")
    (gone,) = [p for p in report["problems"] if p["code"] == "intake.people_gone"]
    assert (report["identity"]["gone"], "2 人" in gone["message"]) == (2, True)


def who_paid(services: Services) -> tuple[set[str], int]:
    found = rows(services)
    return {cases.case_of(r).borrower.name for r in found if r["paid"]}, sum(
        r["repaid_fen"] for r in found
    )


@pytest.mark.parametrize(
    ("name", "note", "repaid_fen"),
    [
        ("R0-plain.xlsx", None, 331700),
        ("R1-chinese-numerals.xlsx", "intake.as_of_in_words", 331700),
        ("R2-transactions.xlsx", "intake.instalments_added", 331800),
    ],
)
def test_repayments_reach_their_contracts(
    services: Services, name: str, note: str | None, repaid_fen: int
):
    take(services, "00-plain.xlsx")
    report = take(services, name, "repayments", as_of="2019-12-11")
    assert report["applied"]["as_of"] == "2019-12-11"
    assert [p["code"] for p in report["problems"]] == ([note] if note else [])
    paid, fen = who_paid(services)
    assert (paid, fen) == ({"试甲一", "试乙二"}, repaid_fen)


def test_contracts_are_matched_however_they_are_spelt_and_the_rest_is_named(services: Services):
    take(services, "00-plain.xlsx")
    report = take(services, "R3-contract-spelling.xlsx", "repayments")
    assert who_paid(services)[0] == {"试甲一"}
    # the two others lack one digit and two: no number is guessed
    assert report["applied"]["unknown_contracts"] == 2
    (unknown,) = [p for p in report["problems"] if p["code"] == "intake.contract_unknown"]
    assert "有 2 笔" in unknown["message"]
    assert "第 4、5 行" in unknown["message"]


def test_payments_of_which_none_matches_are_a_problem_and_change_nothing(services: Services):
    preview = imports.preview(services, "repayments", FOLDER / "R0-plain.xlsx")
    assert (preview["problems"][0]["code"], preview["problems"][0]["level"]) == (
        "intake.nobody_matches",
        "error",
    )
    assert take(services, "R0-plain.xlsx", "repayments")["applied"] is None
    assert take(services, "R0-plain.xlsx", "repayments", accept_rest=True)["applied"] is not None


def test_two_liaisons_of_one_school_get_advice_that_fits():
    parsed = read_case("C1-two-liaisons.xlsx", "contacts")
    assert codes(parsed) == ["intake.school_conflict"] * 2
    assert "几位联络员" in parsed.report.problems[0].fix()


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
def test_a_file_imported_twice_doubles_nothing(services: Services, path: Path):
    kind = {"R": "repayments", "C": "contacts"}.get(path.name[0], "due-list")
    confirmed = {"accept_rest": True, "as_of": "2019-12-11"}
    if kind == "repayments":
        take(services, "00-plain.xlsx")
    take(services, path.name, kind, **confirmed)
    before = [dict(r) for r in rows(services)]
    again = take(services, path.name, kind, **confirmed)
    assert [dict(r) for r in rows(services)] == before
    assert again["applied"].get("new", 0) == 0
    assert kind != "due-list" or again["applied"]["changed"] == 0
