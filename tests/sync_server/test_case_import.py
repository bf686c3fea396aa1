"""Imports into the store: one case a person, a code a case, and nothing doubled however often a file comes."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import select

from shared import identity
from shared.cases import Contract, Person
from shared.ids import case_code, parse_case_code
from sync_server.office import placing as office_placing
from sync_server.services import Services
from sync_server.store import case_import, case_plan, case_use, cases, feed, placing
from sync_server.store import tables as t
from tests.support.county import SCHOOLS, SEASON, fill, person, repaid
from tests.support.intake_files import made_id


def take(services: Services, *people: case_import.ImportedPerson) -> case_import.ImportCounts:
    return services.database.write(lambda c: case_import.import_people(c, SEASON, list(people)))


def rows(services: Services, unit: str | None = None) -> list[dict[str, object]]:
    return [dict(r) for r in services.database.read(lambda c: cases.rows(c, SEASON, unit=unit))]


def changed(one: case_import.ImportedPerson, **values: object) -> case_import.ImportedPerson:
    return msgspec.structs.replace(one, case=msgspec.structs.replace(one.case, **values))


def test_the_same_list_again_changes_nothing(services: Services, county: list[str]) -> None:
    before, head = rows(services), services.database.read(lambda c: feed.head(c, "01"))
    done = take(services, *(person(i, SCHOOLS[i // 6]) for i in range(12)))
    assert (done.new, done.changed, done.same) == (0, 0, 12)
    assert rows(services) == before
    assert services.database.read(lambda c: feed.head(c, "01")) == head


def test_a_changed_person_keeps_case_code_school_and_teacher(
    services: Services, county: list[str]
) -> None:
    before = rows(services, "01")[0]
    done = take(services, changed(person(0, SCHOOLS[0]), address="新地址"))
    after = rows(services, "01")[0]
    assert (done.new, done.changed) == (0, 1)
    assert {k: after[k] for k in ("id", "code", "unit", "assignee")} == {
        k: before[k] for k in ("id", "code", "unit", "assignee")
    }
    assert int(str(after["version"])) > int(str(before["version"]))


def test_a_person_who_has_paid_stays_paid_when_the_list_comes_again(
    services: Services, county: list[str]
) -> None:
    repaid(services, "2019-12-12", {"C00000": 100_00})
    take(services, changed(person(0, SCHOOLS[0]), address="新地址"))
    assert [r["paid"] for r in rows(services, "01")].count(True) == 1


def test_a_larger_amount_is_judged_again_by_the_snapshot_in_force(
    services: Services, county: list[str]
) -> None:
    repaid(services, "2019-12-12", {"C00000": 100_00})
    take(services, person(0, SCHOOLS[0], due_fen=150_00))
    assert [r["paid"] for r in rows(services, "01")].count(True) == 0


def test_a_person_who_comes_after_the_snapshot_is_judged_by_it(
    services: Services, county: list[str]
) -> None:
    repaid(services, "2019-12-12", {"C00099": 100_00})
    take(services, person(99, SCHOOLS[0]))
    assert [r["paid"] for r in rows(services, "01") if r["person_key"] == "key00099"] == [True]


def test_people_of_an_unknown_school_wait_and_find_their_place_when_it_comes(
    services: Services, county: list[str]
) -> None:
    assert take(services, person(50, "青山小学"), person(51, "青山小学")).unplaced == 2
    services.database.write(lambda c: case_import.import_schools(c, SEASON, {"青山小学": {}}))
    assert [r["code"] for r in rows(services, "03")] == [case_code("03", 1), case_code("03", 2)]
    assert services.database.read(lambda c: placing.unplaced(c, SEASON)) == []


def test_codes_are_sound_unique_and_never_given_twice(
    services: Services, county: list[str]
) -> None:
    first = rows(services, "01")[0]
    office_placing.move(services, [str(first["id"])], "02", who="t", reason="搬家")
    take(services, person(60, SCHOOLS[0]))
    codes = [str(r["code"]) for r in rows(services)]
    assert len(set(codes)) == len(codes) == 13
    assert [parse_case_code(c) for c in codes] == codes
    fresh = next(r for r in rows(services, "01") if r["person_key"] == "key00060")
    assert str(fresh["code"])[:6] == "010007"


def test_a_version_is_the_place_of_the_cases_last_line_in_the_feed(
    services: Services, county: list[str]
) -> None:
    services.database.write(
        lambda c: cases.mark_changed(c, "01", [str(r["id"]) for r in rows(services, "01")][:3])
    )
    lines = services.database.read(lambda c: feed.after(c, "01", 0, 1000))
    newest = {line.ref: seq for seq, line in lines if line.kind == "case"}
    assert {r["id"]: r["version"] for r in rows(services, "01")} == newest


def test_schools_keep_their_codes_and_learn_new_people(
    services: Services, county: list[str]
) -> None:
    services.database.write(
        lambda c: case_import.import_schools(c, SEASON, {SCHOOLS[0]: {"liaison_name": "新联络员"}})
    )
    found = services.database.read(
        lambda c: {r.code: r.liaison_name for r in c.execute(select(t.unit))}
    )
    assert found == {"01": "新联络员", "02": "联络1"}


def test_a_running_number_is_never_given_twice(services: Services) -> None:
    first, second = services.database.write(lambda c: fill(c, (3, 3)))
    last = services.database.read(lambda c: cases.rows(c, SEASON, unit=first))[-1]
    services.database.write(lambda c: placing.move(c, SEASON, [last["id"]], second, ()))
    services.database.write(
        lambda c: case_import.import_people(c, SEASON, [person(900, "柳泉镇中心校")])
    )
    newcomer = services.database.read(lambda c: cases.rows(c, SEASON, unit=first))[-1]
    assert newcomer["code"] != last["code"]
    assert newcomer["code"] > last["code"]


ID_A, ID_B = made_id(1), made_id(2)


def borrower(
    name: str, number: str, *contracts: str, phone: str = "", **fields: object
) -> case_import.ImportedPerson:
    loans = tuple(Contract(contract_no=c, principal_fen=10_00, interest_fen=0) for c in contracts)
    who = Person(name=name, id_number=number, phones=(phone,) if phone else ())
    key = number if identity.identifies(number) else contracts[0]
    return case_import.imported_person(SEASON, key, SCHOOLS[0], who, None, loans, **fields)


def of(services: Services, name: str) -> list[tuple[str, int]]:
    """Each case of this name: its contracts, and what it owes in yuan."""
    found = [cases.case_of(r) for r in services.database.read(lambda c: cases.rows(c, SEASON))]
    return [
        (" ".join(k.contract_no for k in c.contracts), c.principal_fen // 100)
        for c in found
        if c.borrower.name == name
    ]


def confirmed(services: Services, *people: case_import.ImportedPerson) -> case_import.ImportCounts:
    return services.database.write(
        lambda c: case_import.import_people(c, SEASON, list(people), accept_identity=True)
    )


def noted(services: Services, *people: case_import.ImportedPerson) -> list[str]:
    planned = services.database.read(
        lambda c: case_plan.plan(c, SEASON, list(people), accept=False)
    )
    return [note.code for note in planned.notes if note.code != "intake.people_gone"]


def test_what_a_newer_list_does_not_say_stays_as_it_was(
    services: Services, county: list[str]
) -> None:
    full = borrower(
        "甲",
        ID_A,
        "K1",
        phone="13800000001",
        address="柳泉镇",
        college="大学",
        overdue_prior=True,
        overdue_given=True,
    )
    take(services, full)
    before = rows(services)
    assert take(services, borrower("甲", ID_A, "K1")).same == 1
    assert rows(services) == before


def test_an_unreadable_number_erases_no_sound_one(services: Services, county: list[str]) -> None:
    take(services, borrower("甲", ID_A, "K1"))
    assert noted(services, borrower("甲", "610599", "K1")) == []
    take(services, borrower("甲", "610599", "K1"))
    found = [cases.case_of(r) for r in services.database.read(lambda c: cases.rows(c, SEASON))]
    assert [c.borrower.id_number for c in found if c.borrower.name == "甲"] == [ID_A]


def test_a_corrected_name_keeps_its_case_and_waits_for_a_word(
    services: Services, county: list[str]
) -> None:
    take(services, borrower("甲", ID_A, "K1"))
    newer = borrower("乙", ID_A, "K1")
    assert noted(services, newer) == ["intake.identity_corrected"]
    take(services, newer)
    assert (of(services, "甲"), of(services, "乙")) == ([("K1", 10)], [])
    confirmed(services, newer)
    assert (of(services, "甲"), of(services, "乙")) == ([], [("K1", 10)])


def test_one_number_beside_another_name_without_a_common_contract_is_another_case(
    services: Services, county: list[str]
) -> None:
    take(services, borrower("甲", ID_A, "K1"))
    newer = borrower("乙", ID_A, "K2")
    assert noted(services, newer) == ["intake.id_known_otherwise"]
    confirmed(services, newer)
    assert (of(services, "甲"), of(services, "乙")) == ([("K1", 10)], [("K2", 10)])


def doubled(services: Services) -> case_import.ImportedPerson:
    """One person who was two cases, for one list had the number wrong; the person of a newer list."""
    take(services, borrower("甲", "610599", "K1"), borrower("甲", ID_A, "K2"))
    return borrower("甲", ID_A, "K1", "K2")


def test_two_cases_of_one_person_join_when_that_was_confirmed(
    services: Services, county: list[str]
) -> None:
    newer = doubled(services)
    assert "intake.cases_join" in noted(services, newer)
    take(services, newer)
    assert sorted(of(services, "甲")) == [("K1", 10), ("K2", 10)]
    confirmed(services, newer)
    assert of(services, "甲") == [("K1 K2", 20)]
    again = rows(services)
    assert confirmed(services, newer).same == 1
    assert rows(services) == again


def test_two_cases_with_printed_notices_both_stay_and_the_money_counts_once(
    services: Services, county: list[str]
) -> None:
    newer = doubled(services)
    both = [str(r["id"]) for r in rows(services) if cases.case_of(r).borrower.name == "甲"]
    services.database.write(lambda c: case_use.mark_printed(c, both, "n"))
    assert "intake.cases_apart" in noted(services, newer)
    confirmed(services, newer)
    assert sorted(of(services, "甲")) == [("K1", 10), ("K2", 10)]


def test_a_contract_of_somebody_else_moves_only_when_confirmed(
    services: Services, county: list[str]
) -> None:
    take(services, borrower("甲", ID_A, "K1", "K2"))
    newer = [borrower("甲", ID_A, "K1"), borrower("乙", ID_B, "K2")]
    assert noted(services, *newer) == ["intake.contract_of_another"]
    take(services, *newer)
    assert (of(services, "甲"), of(services, "乙")) == ([("K1 K2", 20)], [])
    confirmed(services, *newer)
    assert (of(services, "甲"), of(services, "乙")) == ([("K1", 10)], [("K2", 10)])


def test_a_contract_stored_with_blanks_by_an_earlier_version_is_the_same(
    services: Services, county: list[str]
) -> None:
    take(services, borrower("甲", ID_A, "K 10-01"))
    repaid(services, "2019-12-12", {"K1001": 10_00})
    assert [r["paid"] for r in rows(services) if r["person_key"] == ID_A] == [True]
    assert take(services, borrower("甲", ID_A, "K1001")).new == 0
    assert of(services, "甲") == [("K1001", 10)]


def only(services: Services) -> Person:
    (row,) = services.database.read(lambda c: cases.rows(c, SEASON))
    return cases.case_of(row).borrower


@pytest.mark.parametrize("phone", ["138****0001", "1380000", "11111111111"])
def test_a_phone_that_cannot_be_read_leaves_the_known_one(services: Services, phone: str) -> None:
    take(services, borrower("李样例", ID_A, "K1", phone="13800000001"))
    take(services, borrower("李样例", ID_A, "K1", phone=phone))
    assert only(services).phones == ("13800000001",)


def test_a_masked_name_corrects_nothing_and_leaves_the_known_one(services: Services) -> None:
    take(services, borrower("李样例", ID_A, "K1"))
    masked = borrower("李**", ID_A, "K1")
    assert noted(services, masked) == []
    take(services, masked)
    assert only(services).name == "李样例"
    assert "intake.identity_corrected" in noted(services, borrower("王**", ID_A, "K1"))


def test_what_a_list_hides_of_the_co_borrower_and_the_address_stays_known(
    services: Services,
) -> None:
    known = Person(name="宋样例", id_number=ID_B, phones=("13900000001",))
    hidden = Person(name="宋*", id_number="610599********0028", phones=("139****0001",))
    whole, stars = "青槐县柳泉镇东李洼村6组", "青槐县柳泉镇***"
    take(services, changed(borrower("李样例", ID_A, "K1", address=whole), co_borrower=known))
    take(services, changed(borrower("李样例", ID_A, "K1", address=stars), co_borrower=hidden))
    (row,) = services.database.read(lambda c: cases.rows(c, SEASON))
    case = cases.case_of(row)
    assert (case.co_borrower, case.address) == (known, whole)


def test_two_id_numbers_that_change_places_are_each_found_by_the_new_one(
    services: Services,
) -> None:
    take(services, borrower("甲", ID_A, "K1"), borrower("乙", ID_B, "K2"))
    swapped = borrower("甲", ID_B, "K1"), borrower("乙", ID_A, "K2")
    confirmed(services, *swapped)
    assert noted(services, *swapped) == []
    confirmed(services, borrower("甲", ID_B, "K3"), borrower("乙", ID_A, "K2"))
    assert of(services, "甲") == [("K3", 10)]


def test_contracts_and_phones_in_another_order_change_nothing(services: Services) -> None:
    one = borrower("甲", ID_A, "K1", "K2")
    who = msgspec.structs.replace(one.case.borrower, phones=("13800000001", "13900000001"))
    take(services, changed(one, borrower=who))
    back = msgspec.structs.replace(who, phones=who.phones[::-1])
    done = take(services, changed(one, borrower=back, contracts=one.case.contracts[::-1]))
    assert (done.changed, done.same) == (0, 1)


def test_an_id_number_of_the_first_generation_leaves_the_known_one(services: Services) -> None:
    take(services, borrower("李样例", ID_A, "K1"))
    done = take(services, borrower("李样例", ID_A[:6] + ID_A[8:17], "K1"))
    assert (done.same, only(services).id_number) == (1, ID_A)


def test_a_person_is_found_by_the_name_where_two_cases_have_one_id_number(
    services: Services,
) -> None:
    take(services, borrower("甲", ID_A, "K1"), borrower("乙", ID_B, "K2"))
    confirmed(services, borrower("乙", ID_A, "K2"))
    assert noted(services, borrower("乙", ID_A, "K2")) == []
    confirmed(services, borrower("乙", ID_A, "K3"))
    assert (of(services, "甲"), of(services, "乙")) == ([("K1", 10)], [("K3", 10)])


def test_contracts_of_two_known_people_that_change_places_are_asked_about(
    services: Services,
) -> None:
    take(services, borrower("甲", ID_A, "K1"), borrower("甲", ID_B, "K2"))
    swapped = borrower("甲", ID_A, "K2"), borrower("甲", ID_B, "K1")
    assert noted(services, *swapped) == ["intake.contract_of_another"] * 2
    confirmed(services, *swapped)
    assert noted(services, *swapped) == []
