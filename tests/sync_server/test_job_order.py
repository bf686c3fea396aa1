"""Who is served next: by turns among those who asked, first come first served, and nobody takes every place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.problems import ProblemError
from sync_server.office.job_order import (
    CHECK,
    MOST_CHECKS,
    MOST_OF_OWNER,
    MOST_OF_UNIT,
    MOST_WAITING,
    ahead,
    check_room,
    in_turn,
    may_start,
    owner,
)
from sync_server.store.jobs import JobRow


def job(number: int, who: str = "甲", **more: Any) -> JobRow:
    kind = CHECK if not who else "scan"
    given = {"unit": "", "state": "waiting", **more}
    return JobRow(
        id=f"{number:04d}", kind=kind, season="", ref="", who=who, claim="", queued_at="", **given
    )


def started(live: Sequence[JobRow], slots: int) -> list[str]:
    """The ids in the order in which they run, one ending when no other can start."""
    rows, order = {row.id: row for row in live}, []
    while rows:
        waiting = [i for i, row in rows.items() if row.state == "waiting"]
        chosen = next((i for i in waiting if may_start(list(rows.values()), i, slots)), None)
        running = [row for row in rows.values() if row.state == "running"]
        if chosen is None:
            del rows[running[0].id]
            continue
        order.append(chosen)
        rows[chosen] = msgspec.structs.replace(rows[chosen], state="running")
        by_owner = Counter(owner(row) for row in (*running, rows[chosen]))
        assert by_owner.total() <= slots
        assert max(by_owner.values()) <= max(1, slots - 1)
        assert sum(row.kind == CHECK for row in (*running, rows[chosen])) <= 1
    return order


def refusal(live: Sequence[JobRow], new: JobRow) -> str:
    with pytest.raises(ProblemError) as refused:
        check_room(live, new)
    return refused.value.code


def test_who_comes_first_is_served_first() -> None:
    live = [job(3, "丙"), job(1, "甲"), job(2, "乙")]
    assert [one.who for one in in_turn(live)] == ["甲", "乙", "丙"]


def test_seven_files_of_one_person_keep_nobody_elses_file_waiting() -> None:
    live = [job(n, "甲", state="running" if n == 1 else "waiting") for n in range(1, 8)]
    live.append(job(8, "乙"))
    assert in_turn(live)[0].who == "乙"
    assert may_start(live, "0008", 2)
    assert not may_start(live, "0002", 2)


def test_one_person_never_has_every_place_unless_there_is_one() -> None:
    live = [job(1, state="running"), job(2)]
    assert not may_start(live, "0002", 2)
    assert may_start(live, "0002", 3)
    assert may_start([job(1)], "0001", 1)


def test_public_checks_run_one_at_a_time_and_keep_no_place_from_others() -> None:
    live = [job(1, "", state="running"), job(2, ""), job(3, "甲")]
    assert not may_start(live, "0002", 4)
    assert may_start(live, "0003", 4)


def test_a_waiting_job_says_how_many_come_first() -> None:
    live = [job(1, "甲", state="running"), job(2, "甲"), job(3, "乙")]
    assert [ahead(live, one.id) for one in live] == [0, 2, 1]


def test_a_full_queue_refuses_by_person_by_school_by_public_and_in_all() -> None:
    of_one = [job(n) for n in range(MOST_OF_OWNER)]
    assert refusal(of_one, job(99)) == "work.yours"
    of_unit = [job(n, f"{n}", unit="01") for n in range(MOST_OF_UNIT)]
    assert refusal(of_unit, job(99, "x", unit="01")) == "work.busy"
    check_room(of_unit, job(99, "x", unit="02"))
    public = [job(n, "") for n in range(MOST_CHECKS)]
    assert refusal(public, job(99, "")) == "console.busy"
    check_room(public, job(99))
    everybody = [job(n, f"{n}") for n in range(MOST_WAITING)]
    assert refusal(everybody, job(99, "x")) == "work.busy"
    check_room(everybody[1:], job(99, "x"))


@given(
    st.lists(st.sampled_from(["甲", "乙", "丙", ""]), min_size=1, max_size=12),
    st.integers(min_value=1, max_value=4),
)
def test_whatever_waits_is_served_once_within_all_bounds(people: list[str], slots: int) -> None:
    live = [job(n, who) for n, who in enumerate(people)]
    assert sorted(started(live, slots)) == [one.id for one in live]
