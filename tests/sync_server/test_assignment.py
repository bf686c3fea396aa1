"""Who visits whom: villages stay whole, loads stay close, nobody gets another school's people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.problems import ProblemError
from sync_server.office import assignment, phones, placing
from sync_server.office import staff as office_staff
from sync_server.office.assignment_plan import Asked, split
from sync_server.services import Services
from sync_server.store import assignments, audit, cases, teachers, units
from sync_server.store.assignments import EVEN, VILLAGE
from tests.support.county import SEASON, repaid
from tests.support.devices import case_ids

VILLAGES = st.dictionaries(st.text("abcdef", min_size=1), st.integers(1, 40), max_size=12)


@given(
    sizes=VILLAGES,
    load=st.dictionaries(st.sampled_from("甲乙丙丁"), st.integers(0, 30), min_size=1),
)
def test_every_case_is_given_once_and_no_village_is_split(
    sizes: dict[str, int], load: dict[str, int]
) -> None:
    villages = {name: [f"{name}{i}" for i in range(count)] for name, count in sizes.items()}
    given_to = split(villages, load)
    everything = [case for many in given_to.values() for case in many]
    assert sorted(everything) == sorted(case for many in villages.values() for case in many)
    owner = {case: teacher for teacher, many in given_to.items() for case in many}
    assert all(len({owner[case] for case in many}) == 1 for many in villages.values())


@given(sizes=VILLAGES, teachers=st.integers(1, 4))
def test_loads_differ_by_no_more_than_the_largest_village(
    sizes: dict[str, int], teachers: int
) -> None:
    villages = {name: [f"{name}{i}" for i in range(count)] for name, count in sizes.items()}
    counts = [
        len(many) for many in split(villages, dict.fromkeys("甲乙丙丁"[:teachers], 0)).values()
    ]
    assert max(counts) - min(counts) <= max(sizes.values(), default=0)


def teacher(services: Services, unit: str, name: str) -> str:
    phones.issue(services, unit, name, who="t")
    people = services.database.read(lambda c: units.staff_of(c, SEASON, unit))
    return next(p.id for p in people if p.name == name)


def test_somebody_who_moved_since_the_page_was_shown_gets_no_teacher_of_the_school_before(
    services: Services, county: list[str]
) -> None:
    first = teacher(services, "01", "甲")
    mine, other = case_ids(services, "01")[0], case_ids(services, "02")[0]
    assert assignment.assign(services, [mine, other], first, who="t") == 1
    assert case_ids(services, "01", first) == [mine]
    assert case_ids(services, "02", first) == []


def test_even_sharing_assigns_only_unassigned_cases(services: Services, county: list[str]) -> None:
    first, second = teacher(services, "01", "甲"), teacher(services, "01", "乙")
    chosen = case_ids(services, "01")[:2]
    assert assignment.assign(services, chosen, first, who="t") == 2
    assert assignment.assign_evenly(services, "01", who="t") == 4
    assert assignment.assign_evenly(services, "01", who="t") == 0
    assert set(chosen) <= set(case_ids(services, "01", first))
    assert len(case_ids(services, "01", first)) + len(case_ids(services, "01", second)) == 6


def staff(services: Services, *names: str) -> list[str]:
    """Teachers of school 01 without phones; their ids in this order."""
    office_staff.add(services, "01", "、".join(names), who="t")
    known = services.database.read(lambda c: teachers.listed(c, SEASON, "01"))
    return [next(p.id for p in known if p.name == name) for name in names]


def newest(services: Services) -> assignments.Newest:
    found = services.database.read(lambda c: assignments.newest(c, SEASON, "01"))
    assert found is not None
    return found


def village_of(services: Services, case: str) -> str:
    (row,) = services.database.read(lambda c: cases.rows(c, SEASON, ids=[case]))
    return cases.case_of(row).village


def test_people_without_a_village_are_shared_out_one_by_one() -> None:
    given_to = split({"": list("abcd"), "甲村": ["e", "f"]}, {"x": 0, "y": 0})
    assert sorted(map(sorted, given_to.values())) == [["a", "b", "d"], ["c", "e", "f"]]


def test_a_village_goes_to_its_teacher_with_those_who_had_another(
    services: Services, county: list[str]
) -> None:
    first, second = staff(services, "甲", "乙")
    everybody = case_ids(services, "01")
    assignment.assign(services, everybody, first, who="t")
    village = village_of(services, everybody[0])
    asked = Asked(how=VILLAGE, villages={village: second}, everyone=True)
    shown = assignment.preview(services, "01", asked)
    shares = {share.name: share for share in shown.shares}
    there = [case for case in everybody if village_of(services, case) == village]
    assert (shares["甲"].loses, shares["乙"].gets) == (len(there), len(there))
    assert shares["乙"].villages == {village: len(there)}
    assert assignment.carry_out(services, "01", asked, shown.digest, who="t") == len(there)
    assert case_ids(services, "01", second) == there


def test_only_who_has_no_teacher_is_given_out_where_that_is_asked(
    services: Services, county: list[str]
) -> None:
    first, second = staff(services, "甲", "乙")
    one = case_ids(services, "01")[0]
    assignment.assign(services, [one], first, who="t")
    villages = {village_of(services, case): second for case in case_ids(services, "01")}
    asked = Asked(how=VILLAGE, villages=villages)
    shown = assignment.preview(services, "01", asked)
    assert (shown.people, shown.free) == (5, 0)
    assignment.carry_out(services, "01", asked, shown.digest, who="t")
    assert case_ids(services, "01", first) == [one]


def test_evenly_goes_over_the_chosen_teachers_only(services: Services, county: list[str]) -> None:
    first, _, third = staff(services, "甲", "乙", "丙")
    asked = Asked(how=EVEN, teachers=(first, third))
    shown = assignment.preview(services, "01", asked)
    assignment.carry_out(services, "01", asked, shown.digest, who="t")
    assert [len(case_ids(services, "01", s)) for s in (first, third)] == [3, 3]


def test_evenly_anew_leaves_who_has_repaid_with_their_teacher(
    services: Services, county: list[str]
) -> None:
    first, second = staff(services, "甲", "乙")
    everybody = case_ids(services, "01")
    assignment.assign(services, everybody, first, who="t")
    repaid(services, "2019-12-11", {"C00000": 100_00})
    asked = Asked(how=EVEN, teachers=(second,), everyone=True)
    shown = assignment.preview(services, "01", asked)
    assignment.carry_out(services, "01", asked, shown.digest, who="t")
    assert case_ids(services, "01", first) == everybody[:1]


def test_what_changed_since_the_preview_is_shown_again_and_not_done(
    services: Services, county: list[str]
) -> None:
    first, second = staff(services, "甲", "乙")
    asked = Asked(how=EVEN, teachers=(first, second))
    shown = assignment.preview(services, "01", asked)
    assignment.assign(services, case_ids(services, "01")[:1], second, who="t")
    with pytest.raises(ProblemError, match=r"assignment\.changed"):
        assignment.carry_out(services, "01", asked, shown.digest, who="t")
    assert case_ids(services, "01", first) == []


def test_a_preview_carried_out_twice_is_one_assignment(
    services: Services, county: list[str]
) -> None:
    staff(services, "甲")
    asked = Asked(how=EVEN)
    shown = assignment.preview(services, "01", asked)
    done = [assignment.carry_out(services, "01", asked, shown.digest, who="t") for _ in range(2)]
    assert done == [6, 6]
    notes = services.database.read(audit.listed)
    assert [n.action for n in notes].count("case.assign") == 1


def test_an_undo_gives_back_who_was_not_moved_again(services: Services, county: list[str]) -> None:
    first, second, third = staff(services, "甲", "乙", "丙")
    everybody = case_ids(services, "01")
    assignment.assign(services, everybody[:3], first, who="t")
    assignment.assign(services, everybody, second, who="t")
    last = newest(services)
    services.database.write(lambda c: cases.assign(c, SEASON, everybody[:1], third))
    done = assignment.undo(services, "01", last.of.id, who="t")
    assert (done.back, done.kept) == (5, 1)
    assert case_ids(services, "01", first) == everybody[1:3]
    assert case_ids(services, "01", "") == everybody[3:]
    assert case_ids(services, "01", third) == everybody[:1]


def test_only_the_last_assignment_can_be_undone_and_only_once(
    services: Services, county: list[str]
) -> None:
    first, second = staff(services, "甲", "乙")
    everybody = case_ids(services, "01")
    assignment.assign(services, everybody, first, who="t")
    before = newest(services)
    assignment.assign(services, everybody, second, who="t")
    with pytest.raises(ProblemError, match=r"assignment\.not_last"):
        assignment.undo(services, "01", before.of.id, who="t")
    last = newest(services)
    assignment.undo(services, "01", last.of.id, who="t")
    with pytest.raises(ProblemError, match=r"assignment\.not_last"):
        assignment.undo(services, "01", last.of.id, who="t")
    assert newest(services).of.id == before.of.id


def test_nobody_is_given_to_a_teacher_who_left(services: Services, county: list[str]) -> None:
    first, second = staff(services, "甲", "乙")
    office_staff.leave(services, "01", first, who="t")
    one = case_ids(services, "01")[:1]
    village = village_of(services, one[0])
    asked = Asked(how=VILLAGE, villages={village: first}, everyone=True)
    for act in (
        lambda: assignment.assign(services, one, first, who="t"),
        lambda: assignment.preview(services, "01", asked),
        lambda: assignment.reassign(services, "01", second, first, who="t"),
    ):
        with pytest.raises(ProblemError, match=r"staff\.left"):
            act()
    assert assignment.assign_evenly(services, "01", who="t") == 6
    assert len(case_ids(services, "01", second)) == 6


def test_a_school_without_teachers_is_reported(services: Services, county: list[str]) -> None:
    with pytest.raises(ProblemError, match=r"staff\.none"):
        assignment.assign_evenly(services, "01", who="t")


def test_cases_never_go_to_a_teacher_of_another_school(
    services: Services, county: list[str]
) -> None:
    stranger = teacher(services, "02", "丙")
    with pytest.raises(ProblemError, match=r"staff\.unknown"):
        assignment.assign(services, case_ids(services, "01")[:1], stranger, who="t")


def test_an_unknown_school_takes_no_case(services: Services, county: list[str]) -> None:
    with pytest.raises(ProblemError, match=r"unit\.unknown"):
        placing.move(services, [case_ids(services, "01")[0]], "77", who="t", reason="搬家")
