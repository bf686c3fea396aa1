"""A whole county's files, when DOORSTEP_COUNTY_DATA names a directory that has them: three formats,
one truth.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from sync_server.intake.areas import read_areas
from sync_server.intake.contacts import read_contacts
from sync_server.intake.due_list import DueList, read_due_list
from sync_server.intake.repayments import read_repayments

DATA = os.environ.get("DOORSTEP_COUNTY_DATA", "")
pytestmark = pytest.mark.skipif(
    not DATA,
    reason="NOT RUN: set DOORSTEP_COUNTY_DATA to a directory with a county's real-sized files to run these",
)
CPU_SECONDS = 4.0
"""Twice what an idle machine of two cores needs for 9,783 rows of .xlsx."""


def the_file(pattern: str) -> Path:
    (path,) = Path(DATA).glob(pattern)
    return path


@pytest.fixture(scope="module")
def lists() -> dict[str, DueList]:
    return {
        kind: read_due_list(the_file(f"应还名单*.{kind}"), "2019")
        for kind in ("xlsx", "xls", "csv")
    }


@pytest.mark.parametrize("kind", ["xlsx", "xls", "csv"])
def test_the_list_counts_and_sums_to_the_notice(lists, kind):
    report = lists[kind].report
    assert (report.people, report.contracts, report.rejected) == (3917, 9783, 0)
    totals = report.totals
    assert (totals.principal_fen, totals.interest_fen, totals.total_fen) == (
        445601809,
        203426877,
        649028686,
    )
    assert not report.problems


def test_three_formats_give_the_same_people_but_for_the_rows_they_stand_in(lists):
    people = [
        [
            (p.borrower, p.co_borrower, p.contracts, p.address, p.village, p.school_name)
            for p in lists[kind].people
        ]
        for kind in lists
    ]
    assert people[0] == people[1] == people[2]


def test_every_address_names_its_township_and_village(lists):
    assert all(person.township and person.village for person in lists["xlsx"].people)


def test_the_list_is_read_in_about_two_seconds():
    started = time.process_time()
    read_due_list(the_file("应还名单*.xlsx"), "2019")
    assert time.process_time() - started < CPU_SECONDS


def test_the_tables_of_contacts_and_areas_agree_with_the_list(lists):
    contacts, areas = read_contacts(the_file("附件1*.xlsx")), read_areas(the_file("附件2*.xlsx"))
    schools = {person.school_name for person in lists["xlsx"].people}
    assert {row.school for row in contacts.rows} == {row.school for row in areas.rows} == schools
    assert (areas.report.people, areas.report.totals.total_fen) == (3917, 649028686)
    assert not contacts.report.problems
    assert not areas.report.problems


def test_a_week_of_repayments_grows_and_knows_its_days():
    snapshots = [read_repayments(path) for path in sorted(Path(DATA).glob("还款情况*.xlsx"))]
    days = [snapshot.as_of for snapshot in snapshots]
    assert len(days) > 1
    assert days == sorted(set(days))
    paid = [snapshot.report.totals.total_fen for snapshot in snapshots]
    assert paid == sorted(paid)
    assert not any(snapshot.report.problems for snapshot in snapshots)
