"""What the preview of a repayment file says and asks; files are read in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.cases import Contract, Person
from sync_server.intake.parsed import Options, read
from sync_server.intake.repayments import RepaymentFile
from sync_server.office.importing import repayment_checks, repayments
from sync_server.office.importing.choice import Choice
from sync_server.office.importing.prepared import ImportRun, Prepared
from sync_server.services import Services
from sync_server.store import case_import, cases
from sync_server.store import tables as t
from tests.support.county import SCHOOLS, SEASON
from tests.support.intake_files import made_id, write_csv

SUMS = ["合同编号", "已还本金", "已还利息", "还款日期"]
PAID = ["合同编号", "还款本金", "还款利息", "还款日期"]
NAMED = ["合同编号", "姓名", "身份证号", "已还本金", "已还利息"]
DAY = "2019-12-11"
NEXT = "2019-12-12"
CONTRACTS = tuple(f"610599201{n}0{n}{n}000" for n in range(9))


@pytest.fixture
def borrowers(services: Services) -> Services:
    """Nine people in two schools, each owes 1,000 yuan by one contract."""

    def fill(c: Any) -> None:
        case_import.import_schools(c, SEASON, {school: {} for school in SCHOOLS})
        people = [
            case_import.imported_person(
                SEASON,
                made_id(n),
                SCHOOLS[n % 2],
                Person(name=f"试{'甲乙丙丁戊己庚辛壬'[n]}人", id_number=made_id(n)),
                None,
                (Contract(contract_no=number, principal_fen=1000_00, interest_fen=0),),
            )
            for n, number in enumerate(CONTRACTS)
        ]
        case_import.import_people(c, SEASON, people)

    services.database.write(fill)
    return services


class Desk:
    """Reads a file, previews it and takes it."""

    def __init__(self, services: Services, folder: Path) -> None:
        self.services, self.folder, self.files = services, folder, 0

    def prepared(
        self,
        *rows: list[Any],
        title: str = "截至2019年12月11日还款情况",
        header: list[str] = SUMS,
        name: str = "还款.csv",
        **choice: Any,
    ) -> Prepared:
        self.files += 1
        path = write_csv(self.folder / f"{self.files}.csv", [[title], header, *rows])
        chosen = Choice(file_name=name, **choice)
        options = Options(
            season=SEASON,
            file_name=name,
            today="2019-12-20",
            repayment_kind=chosen.repayment_kind,
            as_of=chosen.as_of,
        )
        file = read("repayments", path, options).result
        assert isinstance(file, RepaymentFile)
        run = ImportRun(
            "i", SEASON, "repayments", name, f"{rows}{title}", "test", "n", "2019-12-20"
        )
        return self.services.database.read(lambda c: repayments.prepare(c, run, file, chosen))

    def take(self, *rows: list[Any], **how: Any) -> Any:
        prepared = self.prepared(*rows, **how)
        assert not prepared.blocked, [p.code for p in prepared.problems]
        return self.services.database.write(prepared.take)

    def paid(self) -> set[int]:
        found = self.services.database.read(lambda c: cases.rows(c, SEASON))
        numbers = {cases.case_of(r).contracts[0].contract_no for r in found if r["paid"]}
        return {CONTRACTS.index(number) for number in numbers}


@pytest.fixture
def desk(borrowers: Services, tmp_path: Path) -> Desk:
    return Desk(borrowers, tmp_path)


def row(n: int, yuan: int = 1000, day: str = "2019-12-10") -> list[Any]:
    return [CONTRACTS[n], f"{yuan}.00", "0.00", day]


def shown(prepared: Prepared) -> dict[str, Any]:
    found: dict[str, Any] = prepared.details["repayments"]
    return found


def errors(prepared: Prepared) -> list[str]:
    return [p.code for p in prepared.problems if p.level == "error"]


def test_a_plain_daily_file_asks_nothing(desk: Desk) -> None:
    first = desk.prepared(row(0), row(1, 400))
    assert (first.blocked, list(first.problems)) == (False, [])
    assert (shown(first)["kind"], shown(first)["sure"], shown(first)["newly_paid"]) == (
        "cumulative",
        True,
        1,
    )
    desk.take(row(0), row(1, 400))
    later = desk.prepared(row(0), row(1), title="截至2019年12月12日还款情况")
    assert (later.blocked, list(later.problems)) == (False, [])
    assert "overlap_all" in shown(later)["reasons"]


def test_a_daily_file_that_calls_its_columns_payments_is_known_by_its_contracts(desk: Desk) -> None:
    desk.take(row(0), row(1, 400), header=PAID)
    later = desk.prepared(row(0), row(1), header=PAID, title="截至2019年12月12日还款情况")
    assert (shown(later)["kind"], later.blocked) == ("cumulative", False)


def test_only_later_payments_of_other_contracts_are_new_amounts(desk: Desk) -> None:
    desk.take(row(0), row(1, 400), header=PAID)
    rows = [row(1, 600, NEXT), row(2, 5, NEXT)]
    later = desk.prepared(*rows, header=PAID, title="还款情况(截至2019年12月12日)")
    assert (shown(later)["kind"], shown(later)["sure"]) == ("increment", True)
    desk.take(*rows, header=PAID, title="还款情况(截至2019年12月12日)")
    assert desk.paid() == {0, 1}


def test_sums_that_lack_the_earlier_contracts_are_asked_about(desk: Desk) -> None:
    desk.take(row(0), row(1, 400))
    asked = desk.prepared(row(2, 1000, NEXT), title="截至2019年12月12日还款情况")
    assert (asked.blocked, errors(asked)) == (True, ["intake.kind_unsure"])
    assert (shown(asked)["sure"], shown(asked)["chosen"]) == (False, "")
    looks = {
        look["kind"]: (look["newly_paid"], look["came_back"]) for look in shown(asked)["outlooks"]
    }
    assert looks == {"cumulative": (1, 1), "increment": (1, 0), "payments": (1, 0)}
    desk.take(row(2, 1000, NEXT), title="截至2019年12月12日还款情况", repayment_kind="increment")
    assert desk.paid() == {0, 2}


def test_an_empty_file_after_others_is_asked_about(desk: Desk) -> None:
    desk.take(row(0))
    assert desk.prepared(title="截至2019年12月12日还款情况").blocked


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("12月12日新增还款(截至2019年12月12日)", "increment"),
        ("还款明细(截至2019年12月12日)", "payments"),
    ],
)
def test_the_title_says_the_kind(desk: Desk, title: str, kind: str) -> None:
    desk.take(row(0), header=PAID)
    assert shown(desk.prepared(row(1, 5, NEXT), header=PAID, title=title))["kind"] == kind


def test_words_that_contradict_the_earlier_file_are_asked_about(desk: Desk) -> None:
    desk.take(row(0), row(1))
    title = "新增还款(截至2019年12月12日)"
    assert not shown(desk.prepared(row(0), row(1), header=PAID, title=title))["sure"]


def test_two_parts_of_a_contract_under_a_plain_header_are_asked_about(desk: Desk) -> None:
    plain = ["合同编号", "本金", "利息", "还款日期"]
    rows = [row(0, 400, "2019-12-03"), row(0, 600, "2019-12-08")]
    asked = desk.prepared(*rows, header=plain)
    assert (errors(asked), shown(asked)["kind"]) == (["intake.kind_unsure"], "")
    desk.take(*rows, header=plain, repayment_kind="payments")
    assert desk.paid() == {0}


@pytest.mark.parametrize(
    ("title", "name", "doubt"),
    [
        ("截至二〇一九年十二月十一日", "还款.csv", "intake.as_of_in_words"),
        ("截至贰零壹玖年壹拾贰月壹拾壹日", "还款.csv", "intake.as_of_in_words"),
        ("截至2019年十二月十一日", "还款.csv", "intake.as_of_in_words"),
        ("还款情况", "还款20191211.csv", "intake.as_of_from_name"),
        ("还款情况", "还款.csv", "intake.as_of_from_newest"),
        ("截至2019年12月11日", "还款20191212.csv", "intake.as_of_differs"),
    ],
)
def test_a_doubtful_day_waits_for_a_word(desk: Desk, title: str, name: str, doubt: str) -> None:
    waits = desk.prepared(row(0, 1000, DAY), title=title, name=name)
    assert (waits.blocked, errors(waits)) == (True, ["intake.as_of_unconfirmed"])
    assert (shown(waits)["as_of"], shown(waits)["as_of_asked"]) == (DAY, [doubt])
    assert desk.take(row(0, 1000, DAY), title=title, name=name, as_of=DAY).as_of == DAY


def test_a_day_in_full_width_digits_is_plain(desk: Desk) -> None:
    title = "截至２０１９年１２月１１日还款情况"
    assert not desk.prepared(row(0), title=title).blocked


def test_an_unknown_day_can_be_given(desk: Desk) -> None:
    waits = desk.prepared(row(0, 1000, ""), title="还款情况")
    assert (waits.blocked, errors(waits)) == (True, ["intake.as_of_unknown"])
    given = desk.take(row(0, 1000, ""), title="还款情况", as_of="2019年12月11日")
    assert (given.as_of, desk.paid()) == (DAY, {0})


def test_a_file_of_no_known_day_is_held_against_the_newest(desk: Desk) -> None:
    desk.take(row(0), row(1))
    waits = desk.prepared(row(2, 1000, ""), title="还款情况")
    assert errors(waits) == ["intake.as_of_unknown", "intake.kind_unsure"]


def test_a_given_day_replaces_the_file_s_and_is_said(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "f.csv", [["截至2019年12月11日"], SUMS, row(0)])
    parsed = read("repayments", path, Options(as_of=NEXT))
    assert [p.code for p in parsed.report.problems] == ["intake.as_of_given"]
    assert isinstance(parsed.result, RepaymentFile)
    assert (parsed.result.as_of, parsed.result.as_of_asked) == (NEXT, ())


def test_a_given_day_that_is_none_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "f.csv", [["截至2019年12月11日"], SUMS, row(0)])
    report = read("repayments", path, Options(as_of="12月11日")).report
    assert [p.code for p in report.problems] == ["intake.as_of_unclear"]


def test_an_older_day_waits_for_a_word_and_changes_nobody(desk: Desk) -> None:
    desk.take(row(0), title="截至2019年12月12日还款情况")
    waits = desk.prepared(row(1))
    assert (waits.blocked, shown(waits)["as_of_asked"]) == (True, ["intake.as_of_older"])
    assert not shown(waits)["takes_effect"]
    assert not desk.take(row(1), as_of=DAY).newest
    assert desk.paid() == {0}


def test_a_handful_may_come_back_and_more_wait_for_a_word(desk: Desk) -> None:
    desk.take(*(row(n) for n in range(9)))
    title = "截至2019年12月12日还款情况"
    five = [row(n) for n in range(4)] + [row(n, 1) for n in range(4, 9)]
    few = desk.prepared(*five, title=title, repayment_kind="cumulative")
    assert (few.blocked, shown(few)["came_back"]) == (False, 5)
    six = [row(n) for n in range(3)] + [row(n, 1) for n in range(3, 9)]
    many = desk.prepared(*six, title=title, repayment_kind="cumulative")
    assert (errors(many), shown(many)["came_back"]) == (["intake.returns_many"], 6)
    desk.take(*six, title=title, repayment_kind="cumulative", accept_returns=True)
    assert desk.paid() == {0, 1, 2}


def test_who_leaves_and_who_returns_is_named_by_code_and_school(desk: Desk) -> None:
    desk.take(row(0), row(1), row(2))
    title = "截至2019年12月12日还款情况"
    prepared = desk.prepared(row(1), row(2, 10), row(3), title=title, repayment_kind="cumulative")
    groups = prepared.details["difference"]["groups"]
    assert {what: len(people) for what, people in groups.items()} == {
        "newly_paid": 1,
        "partly_paid": 0,
        "came_back": 2,
        "reduced": 0,
    }
    (new,) = groups["newly_paid"]
    assert (new["name"], new["school"], new["was"], new["now"]) == (
        "试*",
        SCHOOLS[1],
        "0.00",
        "1,000.00",
    )
    by_school = {s["school"]: (s["newly_paid"], s["came_back"]) for s in shown(prepared)["schools"]}
    assert by_school == {SCHOOLS[0]: (0, 2), SCHOOLS[1]: (1, 0)}


def test_payments_that_were_counted_are_named_by_row(desk: Desk) -> None:
    title = "还款明细(截至2019年12月{d}日)"
    desk.take(row(0, 400, "2019-12-05"), header=PAID, title=title.format(d=11))
    rows = [row(0, 400, "2019-12-05"), row(0, 600, NEXT)]
    prepared = desk.prepared(*rows, header=PAID, title=title.format(d=12))
    (known,) = [p for p in prepared.problems if p.code == "intake.payments_counted"]
    assert (known.row, shown(prepared)["already_counted"]) == (3, 1)
    desk.take(*rows, header=PAID, title=title.format(d=12))
    assert desk.paid() == {0}


def test_a_reversal_in_a_list_of_payments_is_subtracted_and_said(desk: Desk) -> None:
    title = "还款明细(截至2019年12月11日)"
    rows = [
        row(0),
        [CONTRACTS[0], "-1000.00", "0.00", "2019-12-11"],
        [CONTRACTS[1], "(5.00)", "0", DAY],
    ]
    path = write_csv(desk.folder / "f.csv", [[title], PAID, *rows])
    file = read("repayments", path, Options()).result
    assert isinstance(file, RepaymentFile)
    assert [p.row for p in file.report.problems if p.code == "intake.reversal"] == [4, 5]
    desk.take(*rows, header=PAID, title=title)
    assert desk.paid() == set()


def named(number: str, n: int, **other: Any) -> list[Any]:
    name = other.get("name", f"试{'甲乙丙丁戊己庚辛壬'[n]}人")
    return [number, name, other.get("id_number", made_id(n)), other.get("yuan", "1000.00"), "0.00"]


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        (CONTRACTS[1][:-1] + "9", "只差 1 位"),
        (CONTRACTS[1][:-1], "只差 1 位"),
        (CONTRACTS[1] + "77", "只差 2 位"),
        (CONTRACTS[1][:5] + CONTRACTS[1][7:], "只差 2 位"),
    ],
)
def test_a_contract_that_is_nearly_known_is_named(desk: Desk, number: str, digits: str) -> None:
    prepared = desk.prepared(named(CONTRACTS[0], 0), named(number, 1), header=NAMED)
    (near,) = [p for p in prepared.problems if p.code == "intake.contract_near"]
    assert near.row == 4
    assert digits in near.message()
    assert "试*" in near.message()
    assert made_id(1) not in near.message()
    assert shown(prepared)["unknown"] == 1


@pytest.mark.parametrize("id_number", [made_id(1), "", "610599********0012"])
def test_an_unknown_contract_of_a_known_person_names_the_person(desk: Desk, id_number: str) -> None:
    payment = named("999999999", 1, id_number=id_number)
    prepared = desk.prepared(named(CONTRACTS[0], 0), payment, header=NAMED)
    assert [p.row for p in prepared.problems if p.code == "intake.contract_of_person"] == [4]


def test_a_contract_near_to_somebody_else_s_is_not_named(desk: Desk) -> None:
    number = CONTRACTS[1][:-1] + "9"
    stranger = named(number, 8, id_number=made_id(50), name="别的人")
    prepared = desk.prepared(named(CONTRACTS[0], 0), stranger, header=NAMED)
    assert [p.code for p in prepared.problems] == ["intake.contract_unknown"]


def test_another_name_or_id_number_than_the_list_s_is_said(desk: Desk) -> None:
    prepared = desk.prepared(
        named(CONTRACTS[0], 0),
        named(CONTRACTS[1], 2),
        named(CONTRACTS[2], 2, id_number=""),
        header=NAMED,
    )
    (other,) = [p for p in prepared.problems if p.code == "intake.payer_differs"]
    assert (other.row, shown(prepared)["differ_count"], prepared.blocked) == (4, 1, False)


@pytest.mark.parametrize(
    ("yuan", "far"), [("1000.00", []), ("1100.00", [False]), ("1100.01", [True])]
)
def test_more_than_is_due_is_listed_and_far_more_is_a_warning(
    desk: Desk, yuan: str, far: list[bool]
) -> None:
    prepared = desk.prepared(named(CONTRACTS[0], 0, yuan=yuan), header=NAMED)
    assert [note["far"] for note in shown(prepared)["overpaid"]] == far
    codes = [p.code for p in prepared.problems]
    assert codes == (["intake.repaid_beyond"] if far == [True] else [])


def test_amounts_that_are_a_hundred_times_what_is_due_are_not_taken_for_yuan(desk: Desk) -> None:
    prepared = desk.prepared(*(row(n, 100_000) for n in range(3)), row(3))
    assert prepared.blocked
    (problem,) = prepared.problems
    assert (problem.code, problem.level) == ("intake.amounts_in_fen", "error")
    assert problem.values["count"] == "3"


def test_two_contracts_with_a_hundred_times_what_is_due_are_named_one_by_one(desk: Desk) -> None:
    prepared = desk.prepared(*(row(n, 100_000) for n in range(2)), row(3))
    assert not prepared.blocked
    assert [p.code for p in prepared.problems] == ["intake.repaid_beyond"] * 2


def test_far_more_than_is_due_is_a_warning_behind_many_that_are_a_little_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repayment_checks, "SHOWN", 2)
    prepared = desk.prepared(row(0, 1050), row(1, 1050), row(2, 5000))
    assert [(p.row, p.code) for p in prepared.problems] == [(5, "intake.repaid_beyond")]


def test_a_second_file_of_new_amounts_for_a_day_names_the_first(desk: Desk) -> None:
    how: dict[str, Any] = {"title": "2019年12月12日新增还款", "as_of": NEXT}
    desk.take(row(0))
    desk.take(row(1, 500, NEXT), name="新增.csv", repayment_kind="increment", **how)
    corrected = [row(1, 50, NEXT)]
    prepared = desk.prepared(*corrected, name="更正.csv", repayment_kind="increment", **how)
    (added,) = [p for p in prepared.problems if p.code == "intake.day_added_to"]
    assert (added.values["day"], added.values["file"]) == (NEXT, "新增.csv")
    whole = desk.prepared(*corrected, repayment_kind="cumulative", **how)
    assert "intake.day_added_to" not in [p.code for p in whole.problems]


def test_a_repayment_of_somebody_off_the_list_is_said(desk: Desk) -> None:
    def leave(c: Any) -> None:
        first = cases.rows(c, SEASON)[0]["id"]
        c.execute(t.case_file.update().where(t.case_file.c.id == first).values(off_list="gone"))

    desk.services.database.write(leave)
    prepared = desk.prepared(*(row(n) for n in range(9)))
    (off,) = [p for p in prepared.problems if p.code == "intake.off_list_paid"]
    assert off.values["count"] == "1"
    assert shown(prepared)["newly_paid"] == 8


def test_a_file_that_matches_nobody_says_so_first(desk: Desk) -> None:
    prepared = desk.prepared(["X000000001", "1.00", "0", DAY])
    assert (prepared.blocked, prepared.problems[0].code) == (True, "intake.nobody_matches")
    assert shown(prepared)["nobody"]
