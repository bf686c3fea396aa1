"""Snapshots of what was repaid: the newest by its date wins, whenever it comes; people leave the list and may return."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync_server.services import Services
from sync_server.store import cases, feed
from tests.support.county import SEASON, repaid

DAYS = ("2019-12-11", "2019-12-12", "2019-12-13")


def paid(services: Services) -> list[str]:
    found = services.database.read(lambda c: cases.rows(c, SEASON))
    return [r["person_key"] for r in found if r["paid"]]


def test_a_person_is_paid_when_everything_due_is_covered(
    services: Services, county: list[str]
) -> None:
    done = repaid(
        services, DAYS[0], {"C00000": 100_00, "C00001": 99_99, "C00002": 120_00, "C99999": 1}
    )
    assert (done.newest, done.paid, done.newly_paid, done.unknown_contracts) == (True, 2, 2, 1)
    assert paid(services) == ["key00000", "key00002"]


def test_a_newer_snapshot_may_reverse_a_payment(services: Services, county: list[str]) -> None:
    repaid(services, DAYS[0], {"C00000": 100_00})
    done = repaid(services, DAYS[1], {"C00001": 100_00})
    assert (done.newly_paid, done.taken_back) == (1, 1)
    assert paid(services) == ["key00001"]


def test_an_older_snapshot_that_comes_late_is_kept_without_effect(
    services: Services, county: list[str]
) -> None:
    repaid(services, DAYS[1], {"C00000": 100_00})
    head = services.database.read(lambda c: feed.head(c, "01"))
    assert not repaid(services, DAYS[0], {"C00001": 100_00}).newest
    assert paid(services) == ["key00000"]
    assert services.database.read(lambda c: feed.head(c, "01")) == head


def test_the_same_day_again_replaces_that_day(services: Services, county: list[str]) -> None:
    repaid(services, DAYS[0], {"C00000": 100_00})
    repaid(services, DAYS[0], {"C00001": 100_00})
    assert paid(services) == ["key00001"]


def test_a_second_file_of_the_newest_day_is_the_newest_and_the_sum_is_its_own(
    services: Services, county: list[str]
) -> None:
    repaid(services, DAYS[0], {"C00000": 40_00})
    done = repaid(services, DAYS[0], {"C00000": 60_00})
    assert done.newest
    rows = services.database.read(lambda c: cases.rows(c, SEASON))
    assert [r["repaid_fen"] for r in rows if r["person_key"] == "key00000"] == [60_00]


@pytest.mark.parametrize("unit", ["01", "02"])
def test_phones_get_only_the_cases_that_changed(
    services: Services, county: list[str], unit: str
) -> None:
    repaid(services, DAYS[0], {"C00000": 100_00})
    before = services.database.read(lambda c: feed.head(c, unit))
    repaid(services, DAYS[1], {"C00000": 100_00, "C00001": 5_00})
    lines = [line for _, line in services.database.read(lambda c: feed.after(c, unit, before, 99))]
    assert [line.kind for line in lines if line.kind == "case"] == (
        ["case"] if unit == "01" else []
    )
    assert [line.kind for line in lines if line.kind == "briefing"] == ["briefing"]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(DAYS),
    amounts=st.lists(st.sampled_from([0, 50_00, 100_00]), min_size=3, max_size=3),
)
def test_the_newest_day_decides_in_whatever_order_files_come(
    services: Services, county: list[str], order: list[str], amounts: list[int]
) -> None:
    for day in order:
        repaid(services, day, {"C00000": amounts[DAYS.index(day)]})
    for day in order:  # and again: repeating changes nothing
        repaid(services, day, {"C00000": amounts[DAYS.index(day)]})
    assert ("key00000" in paid(services)) == (amounts[2] >= 100_00)
