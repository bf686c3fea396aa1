"""Who visits whom: villages stay whole, loads stay close, nobody gets another school's people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.problems import ProblemError
from sync_server.office import assignment, phones, placing
from sync_server.office.assignment import split
from sync_server.services import Services
from sync_server.store import units
from tests.support.county import SEASON
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
