"""Servers of ours and the primary are killed while phones, an import and a seal are at work: what is found at the end.

One run of the cluster is told once (story.py); a function is a promise.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.cluster import programs

if TYPE_CHECKING:
    from tests.cluster.story import Told

pytestmark = pytest.mark.extended


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    """A run; what it needs is imported by whoever runs it alone, for this file is collected by everybody."""
    found, lines = programs.find()
    if found is None:
        if os.environ.get("REQUIRE_CLUSTER"):
            pytest.fail(f"REQUIRE_CLUSTER is set, and this is missing: {lines}")
        pytest.skip(f"NO CLUSTER HERE, nothing of it was tested: {'; '.join(lines)}")
    from tests.cluster.room import room
    from tests.cluster.story import tell

    with room(found) as here:
        whole = tell(here)
        if whole.truth.wrong:
            here.keep_logs()
        yield whole


def test_every_victim_was_killed_in_every_middle_and_something_was_cut(told: Told) -> None:
    assert len(told.struck) == 1 + told.faults
    assert sum(sum(one.cut.values()) for one in told.struck[1:]) > 0


def test_nothing_acknowledged_is_lost(told: Told) -> None:
    assert told.truth.lost == []
    assert told.truth.counts["records acknowledged"] > 100
    assert told.truth.counts["photos acknowledged"] > 20


def test_nothing_is_there_twice(told: Told) -> None:
    assert told.truth.doubled == []


def test_no_phone_is_stuck_and_every_list_is_the_offices(told: Told) -> None:
    assert told.truth.stuck == []
    assert told.follower["heads"] > 0


def test_an_import_is_whole_or_absent_and_can_be_done_again(told: Told) -> None:
    assert told.truth.imports == []


def test_a_seal_is_whole_and_verifies_or_is_absent_and_can_be_done_again(told: Told) -> None:
    assert told.truth.seals == []


def test_what_is_kept_is_what_the_facts_say_and_doctor_is_content(told: Told) -> None:
    assert told.truth.kept == []
    assert told.truth.left == []
