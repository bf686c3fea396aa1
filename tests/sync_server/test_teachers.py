"""Teachers of a school: added without a phone, renamed, merged, gone; whose people are offered."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from shared import wire
from shared.problems import ProblemError
from sync_server.office import assignment, import_history, phones, staff
from sync_server.services import Services
from sync_server.store import assignments, audit, cases, devices, teachers, units
from sync_server.store.teachers import Offer, Teacher
from tests.support import imports
from tests.support.county import SCHOOLS, SEASON, person
from tests.support.devices import RawPhone, case_ids, enrol, fact_bytes, working_phone
from tests.support.feed import Mirror


def listed(services: Services) -> list[Teacher]:
    return services.database.read(lambda c: teachers.listed(c, SEASON, "01"))


def id_of(services: Services, name: str) -> str:
    return next(t.id for t in listed(services) if t.name == name)


def add(services: Services, *names: str) -> list[str]:
    staff.add(services, "01", "、".join(names), who="t")
    return [id_of(services, name) for name in names]


def offers(services: Services) -> list[Offer]:
    return services.database.read(lambda c: teachers.offers(c, SEASON, "01"))


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(ProblemError) as problem:
        act()
    return problem.value.code


def new_code(services: Services, name: str) -> str:
    return phones.issue(services, "01", name, who="t").code


# ---- names ----


def test_several_teachers_are_added_at_once_and_need_no_phone(
    services: Services, county: list[str]
) -> None:
    assert staff.add(services, "01", " 王芳、李 娜，赵敏\n孙丽 ", who="t") == 4
    assert [t.name for t in listed(services)] == sorted(["王芳", "李娜", "赵敏", "孙丽"])
    assert assignment.assign_evenly(services, "01", who="t") == 6


@pytest.mark.parametrize("typed", ["", " 、 ", "，"])
def test_no_name_is_no_teacher(services: Services, county: list[str], typed: str) -> None:
    assert refused(lambda: staff.add(services, "01", typed, who="t")) == "fact.field_missing"


def test_a_name_longer_than_the_form_takes_is_refused(
    services: Services, county: list[str]
) -> None:
    longest = "王" * staff.LONGEST_NAME
    assert staff.add(services, "01", longest, who="t") == 1
    found = refused(lambda: staff.add(services, "01", longest + "芳", who="t"))
    assert found == "request.text_too_long"


@pytest.mark.parametrize("again", ["王芳", "王 芳", " 王芳 ", "王\u200b芳"])
def test_a_second_teacher_of_one_spelling_is_refused_and_none_of_the_others_is_added(
    services: Services, county: list[str], again: str
) -> None:
    add(services, "王芳")
    found = refused(lambda: staff.add(services, "01", f"李娜、{again}", who="t"))
    assert found == "staff.name_known"
    assert [t.name for t in listed(services)] == ["王芳"]
    assert staff.add(services, "01", "王芳(数学)", who="t") == 1


def test_teachers_of_one_name_in_two_schools_are_two(services: Services, county: list[str]) -> None:
    staff.add(services, "01", "王芳", who="t")
    assert staff.add(services, "02", "王芳", who="t") == 1


def test_a_code_for_a_known_spelling_is_that_teachers(
    services: Services, county: list[str]
) -> None:
    add(services, "王芳")
    new_code(services, "王 芳")
    assert [t.name for t in listed(services)] == ["王芳"]


# ---- renamed ----


def test_a_corrected_name_keeps_the_earlier_one_known_and_taken(
    services: Services, county: list[str]
) -> None:
    (one,) = add(services, "王方")
    staff.rename(services, "01", one, "王芳", who="t")
    assert listed(services) == [Teacher(id=one, name="王芳", former=("王方",))]
    assert refused(lambda: staff.add(services, "01", "王方", who="t")) == "staff.name_merged"
    assert refused(lambda: new_code(services, "王方")) == "staff.name_merged"


def test_a_name_can_be_corrected_back(services: Services, county: list[str]) -> None:
    (one,) = add(services, "王方")
    for name in ("王芳", "王方"):
        staff.rename(services, "01", one, name, who="t")
    assert listed(services) == [Teacher(id=one, name="王方", former=("王芳",))]


def test_a_name_corrected_to_itself_changes_nothing(services: Services, county: list[str]) -> None:
    (one,) = add(services, "王芳")
    staff.rename(services, "01", one, "王芳", who="t")
    assert listed(services) == [Teacher(id=one, name="王芳")]
    assert "staff.rename" not in {n.action for n in services.database.read(audit.listed)}


def test_nobody_gets_the_name_of_another_teacher(services: Services, county: list[str]) -> None:
    one, other = add(services, "王芳", "李娜")
    rename = staff.rename
    assert refused(lambda: rename(services, "01", one, "李娜", who="t")) == "staff.name_known"
    staff.leave(services, "01", other, who="t")
    assert refused(lambda: rename(services, "01", one, "李娜", who="t")) == "staff.name_left"


def test_a_teacher_of_another_school_is_unknown(services: Services, county: list[str]) -> None:
    (one,) = add(services, "王芳")
    for act in (
        lambda: staff.rename(services, "02", one, "王方", who="t"),
        lambda: staff.merge(services, "02", one, one + "x", who="t"),
        lambda: staff.leave(services, "02", one, who="t"),
        lambda: staff.bring_back(services, "02", one, who="t"),
        lambda: staff.keep(services, "02", one, who="t"),
        lambda: assignment.reassign(services, "02", one, "", who="t"),
    ):
        assert refused(act) == "staff.unknown"


async def test_a_phone_hears_its_teachers_corrected_name(
    phone: RawPhone, services: Services
) -> None:
    mirror = await Mirror(phone).read()
    staff.rename(services, "01", phone.staff, "贾", who="t")
    await mirror.read()
    assert mirror.briefing is not None
    assert mirror.briefing.staff == ("贾",)
    assert mirror.briefing.teacher == wire.Teacher(id=phone.staff, name="贾")
    assert mirror.briefing.renamed == {"甲": "贾"}


# ---- merged ----


async def test_a_merged_teachers_people_phones_and_codes_go_to_the_right_one(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    wrong = await enrol(RawPhone(http), services, "01", "王方")
    right = await enrol(RawPhone(http), services, "01", "王芳")
    everybody = case_ids(services, "01")
    assignment.assign(services, everybody[:2], wrong.staff, who="t")
    assignment.assign(services, everybody[2:], right.staff, who="t")
    code = new_code(services, "王方")
    mirrors = [await Mirror(phone).read() for phone in (wrong, right)]
    assert staff.merge(services, "01", wrong.staff, right.staff, who="t") == 2
    assert case_ids(services, "01", right.staff) == everybody
    for mirror in mirrors:
        await mirror.read()
        assert sorted(mirror.cases) == sorted(everybody)
        assert mirror.briefing is not None
        assert mirror.briefing.teacher == wire.Teacher(id=right.staff, name="王芳")
        assert mirror.briefing.staff == ("王芳",)
    third = RawPhone(http)
    answer = await http.post("/v1/enrol", content=third.enrol_request(code))
    assert answer.json()["scope"]["staff_name"] == "王芳"
    assert listed(services) == [Teacher(id=right.staff, name="王芳", former=("王方",))]


async def test_a_record_of_a_merged_teacher_stays_as_it_was_signed_and_reads_as_own(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    wrong = await working_phone(http, services, "01", "王方")
    one = case_ids(services, "01")[0]
    data = fact_bytes(one)
    await wrong.push(wrong.chained(data))
    right = await enrol(RawPhone(http), services, "01", "王芳")
    staff.merge(services, "01", wrong.staff, right.staff, who="t")
    stored = services.database.read(lambda c: cases.facts_of(c, [one]))[one]
    assert [fact.data for fact in stored] == [data]
    answer = await right.ask("GET", "/v1/changes", params={"after": "", "own": "1"})
    own = [change for change in answer.json()["changes"] if change["kind"] == "own"]
    assert [change["ref"] for change in own] == [one]
    late = await wrong.push(wrong.chained(fact_bytes(one)))
    assert [o.outcome for o in late.outcomes] == ["created"]
    stored = services.database.read(lambda c: cases.facts_of(c, [one]))[one]
    assert [fact.tray for fact in stored] == [False, False]


async def test_what_had_left_a_merged_teachers_phone_before_still_leaves_it(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    wrong = await working_phone(http, services, "01", "王方")
    right = await enrol(RawPhone(http), services, "01", "王芳")
    mirror = await Mirror(wrong).read()
    (third,) = add(services, "丙")
    gone, *stay = case_ids(services, "01")
    assignment.assign(services, [gone], third, who="t")
    staff.merge(services, "01", wrong.staff, right.staff, who="t")
    await mirror.read()
    assert sorted(mirror.cases) == sorted(stay)


def test_a_merge_repeated_merges_once(services: Services, county: list[str]) -> None:
    wrong, right = add(services, "王方", "王芳")
    for _ in range(2):
        staff.merge(services, "01", wrong, right, who="t")
    noted = [n.action for n in services.database.read(audit.listed)]
    assert noted.count("staff.merge") == 1


def test_a_teacher_is_merged_into_nobody_who_left_and_not_into_the_same(
    services: Services, county: list[str]
) -> None:
    one, other = add(services, "王方", "王芳")
    assert refused(lambda: staff.merge(services, "01", one, one, who="t")) == "staff.same"
    staff.leave(services, "01", other, who="t")
    assert refused(lambda: staff.merge(services, "01", one, other, who="t")) == "staff.left"


def test_earlier_names_of_a_merged_teacher_lead_to_the_last_one(
    services: Services, county: list[str]
) -> None:
    first, second, third = add(services, "王方", "王房", "王芳")
    staff.merge(services, "01", first, second, who="t")
    staff.merge(services, "01", second, third, who="t")
    assert [t.former for t in listed(services)] == [("王房", "王方")]
    assert services.database.read(teachers.present_ids) == {first: third, second: third}


async def test_a_phone_with_unsent_records_of_a_merged_name_may_enrol_again(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    phone = await enrol(RawPhone(http), services, "01", "王方")
    (right,) = add(services, "王芳")
    staff.merge(services, "01", phone.staff, right, who="t")
    asked = phone.enrol_request(
        new_code(services, "王芳"), unsent_season=SEASON, unsent_staff=phone.staff
    )
    assert (await http.post("/v1/enrol", content=asked)).status_code == 200


def test_an_assignment_is_undone_to_the_teacher_somebody_was_merged_into(
    services: Services, county: list[str]
) -> None:
    wrong, right, third = add(services, "王方", "王芳", "丙")
    everybody = case_ids(services, "01")
    assignment.assign(services, everybody, wrong, who="t")
    assignment.assign(services, everybody, third, who="t")
    staff.merge(services, "01", wrong, right, who="t")
    last = services.database.read(lambda c: assignments.newest(c, SEASON, "01"))
    assert last is not None
    assignment.undo(services, "01", last.of.id, who="t")
    assert case_ids(services, "01", right) == everybody


def test_an_import_is_undone_though_a_teacher_was_merged_since(
    services: Services, county: list[str]
) -> None:
    wrong, right = add(services, "王方", "王芳")
    everybody = case_ids(services, "01")
    assignment.assign(services, everybody, wrong, who="t")
    moved = [person(0, SCHOOLS[1])]  # the list names another school: who moves has no teacher
    run_id = imports.due_list(services, moved)
    staff.merge(services, "01", wrong, right, who="t")
    import_history.undo(services, run_id, who="t")
    assert case_ids(services, "01", right) == everybody


# ---- gone and back ----


def test_a_teacher_who_left_is_no_choice_and_comes_back_as_before(
    services: Services, county: list[str]
) -> None:
    one, other = add(services, "王芳", "李娜")
    assignment.assign(services, case_ids(services, "01"), one, who="t")
    for _ in range(2):
        staff.leave(services, "01", one, who="t")
    assert [p.name for p in services.database.read(lambda c: units.staff_of(c, SEASON, "01"))] == [
        "李娜"
    ]
    assert refused(lambda: new_code(services, "王芳")) == "staff.name_left"
    assert refused(lambda: staff.add(services, "01", "王芳", who="t")) == "staff.name_left"
    staff.bring_back(services, "01", one, who="t")
    assert offers(services) == []
    assert len(case_ids(services, "01", one)) == 6
    noted = [n.action for n in services.database.read(audit.listed)]
    assert (noted.count("staff.leave"), noted.count("staff.back")) == (1, 1)
    assert other


async def test_an_unused_code_of_a_teacher_who_left_ends(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    code = new_code(services, "王芳")
    staff.leave(services, "01", id_of(services, "王芳"), who="t")
    answer = await http.post("/v1/enrol", content=RawPhone().enrol_request(code))
    assert answer.json()["code"] == "enrol.code_invalid"


async def test_what_a_teacher_who_left_had_not_sent_still_comes_in(
    phone: RawPhone, services: Services
) -> None:
    one = case_ids(services, "01")[0]
    (other,) = add(services, "李娜")
    staff.leave(services, "01", phone.staff, who="t")
    assignment.reassign(services, "01", phone.staff, other, who="t")
    assert await phone.outcomes(phone.chained(fact_bytes(one))) == ["created"]


def test_the_people_of_a_teacher_who_left_are_offered_until_given_away(
    services: Services, county: list[str]
) -> None:
    one, other = add(services, "王芳", "李娜")
    assignment.assign(services, case_ids(services, "01"), one, who="t")
    assert offers(services) == []
    staff.leave(services, "01", one, who="t")
    (offer,) = offers(services)
    assert (offer.name, offer.why, offer.people, offer.unpaid) == ("王芳", "left", 6, 6)
    assert assignment.reassign(services, "01", one, other, who="t") == 6
    assert offers(services) == []
    assert len(case_ids(services, "01", other)) == 6


def test_an_undone_reassignment_offers_the_people_once_more(
    services: Services, county: list[str]
) -> None:
    one, other = add(services, "王芳", "李娜")
    assignment.assign(services, case_ids(services, "01"), one, who="t")
    staff.leave(services, "01", one, who="t")
    assignment.reassign(services, "01", one, other, who="t")
    last = services.database.read(lambda c: assignments.newest(c, SEASON, "01"))
    assert last is not None
    assert last.of.how == "left"
    assignment.undo(services, "01", last.of.id, who="t")
    assert [offer.why for offer in offers(services)] == ["left"]
    assert len(case_ids(services, "01", one)) == 6


def test_people_are_given_away_evenly_over_the_others(
    services: Services, county: list[str]
) -> None:
    one, *others = add(services, "王芳", "李娜", "赵敏")
    assignment.assign(services, case_ids(services, "01"), one, who="t")
    staff.leave(services, "01", one, who="t")
    assignment.reassign(services, "01", one, "", who="t")
    assert [len(case_ids(services, "01", other)) for other in others] == [3, 3]


def test_without_another_teacher_nobody_is_given_away(
    services: Services, county: list[str]
) -> None:
    (one,) = add(services, "王芳")
    assignment.assign(services, case_ids(services, "01"), one, who="t")
    staff.leave(services, "01", one, who="t")
    give = assignment.reassign
    assert refused(lambda: give(services, "01", one, "", who="t")) == "staff.none"
    assert len(offers(services)) == 1


async def test_a_stopped_phone_offers_its_people_and_one_tap_leaves_them(
    phone: RawPhone, services: Services
) -> None:
    phones.revoke(services, phone.device, who="t")
    (offer,) = offers(services)
    assert (offer.why, offer.people) == ("phone", 6)
    for _ in range(2):
        staff.keep(services, "01", phone.staff, who="t")
    assert offers(services) == []
    assert len(case_ids(services, "01", phone.staff)) == 6
    noted = [n.action for n in services.database.read(audit.listed)]
    assert noted.count("staff.keep") == 1


async def test_people_are_not_offered_while_their_teacher_has_another_phone(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    again = await enrol(RawPhone(http), services, "01", "甲", confirm=False)
    phones.revoke(services, phone.device, who="t")
    assert offers(services) == []
    phones.revoke(services, again.device, who="t")
    assert [offer.name for offer in offers(services)] == ["甲"]
    await enrol(RawPhone(http), services, "01", "甲")
    assert offers(services) == []


async def test_a_teacher_without_people_is_not_offered(phone: RawPhone, services: Services) -> None:
    (other,) = add(services, "李娜")
    assignment.assign(services, case_ids(services, "01"), other, who="t")
    phones.revoke(services, phone.device, who="t")
    assert offers(services) == []
    assert services.database.read(lambda c: devices.by_id(c, phone.device)).state == "revoked"
