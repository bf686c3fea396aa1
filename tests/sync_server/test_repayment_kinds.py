"""Sums up to a day, new amounts and single payments: each ends in the same full state of its day."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.cases import Repayment, RepaymentKind
from sync_server.office import repayment_changes
from sync_server.services import Services
from sync_server.store import cases, repayments
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.county import SEASON

DAYS = ("2019-12-11", "2019-12-12", "2019-12-13")
Paid = tuple[int, int, str]
"""Contract, yuan, day of payment."""


def store(
    services: Services, as_of: str, kind: RepaymentKind, paid: Iterable[Paid], sha256: str = ""
) -> repayments.SnapshotResult:
    lines = [
        Repayment(contract_no=f"C{c:05d}", principal_fen=yuan * 100, interest_fen=0, paid_on=day)
        for c, yuan, day in paid
    ]
    return services.database.write(
        lambda c: repayments.store_snapshot(
            c,
            SEASON,
            as_of,
            lines,
            file_name="f",
            sha256=sha256 or f"{kind}{as_of}",
            now="n",
            kind=kind,
        )
    )


def yuan(services: Services, day: str = "") -> dict[int, int]:
    """What each contract has paid by a day: the one in force unless it is named."""

    def job(c: Connection) -> dict[int, int]:
        state = repayments.state_at(c, SEASON, day or repayments.newest(c, SEASON))
        return {
            int(number[1:]): line.total_fen // 100
            for number, line in repayments.sums(state).items()
        }

    return services.database.read(job)


def standing(services: Services) -> list[tuple[str, bool, int]]:
    found = services.database.read(lambda c: cases.rows(c, SEASON))
    return [(r["id"], r["paid"], r["repaid_fen"]) for r in found]


def empty(services: Services) -> None:
    services.database.write(
        lambda c: [c.execute(table.delete()) for table in (t.snapshot, t.repayment)]
    )


def test_what_is_new_is_added_to_the_day_before(services: Services, county: list[str]) -> None:
    store(services, DAYS[0], "cumulative", [(0, 40, "2019-12-10"), (1, 100, "2019-12-10")])
    done = store(services, DAYS[1], "increment", [(0, 60, DAYS[1]), (2, 5, DAYS[1])])
    assert yuan(services) == {0: 100, 1: 100, 2: 5}
    assert (done.paid, done.newly_paid, done.taken_back) == (2, 1, 0)
    (first, second) = services.database.read(lambda c: repayments.snapshots(c, SEASON))
    assert (first.kind, second.kind, second.lines) == ("cumulative", "increment", 3)


@pytest.mark.parametrize("day", ["", DAYS[1]])
@pytest.mark.parametrize("sha256", ["same", "saved anew"])
def test_the_same_new_amounts_twice_are_added_once(
    services: Services, county: list[str], day: str, sha256: str
) -> None:
    store(services, DAYS[0], "cumulative", [(0, 40, "2019-12-10")])
    store(services, DAYS[1], "increment", [(0, 5, day), (1, 7, day)], "same")
    done = store(services, DAYS[1], "increment", [(0, 5, day), (1, 7, day)], sha256)
    assert yuan(services) == {0: 45, 1: 7}
    assert done.already_counted == (0 if sha256 == "same" else 2)


def test_a_file_without_days_that_comes_again_under_another_day_is_added_once(
    services: Services, county: list[str]
) -> None:
    store(services, DAYS[0], "increment", [(0, 5, ""), (1, 7, "")], "a")
    assert store(services, DAYS[1], "increment", [(1, 7, ""), (0, 5, "")], "b").already_counted == 2
    assert yuan(services) == {0: 5, 1: 7}
    store(services, DAYS[2], "increment", [(0, 5, "")], "c")
    assert yuan(services) == {0: 10, 1: 7}


def test_two_files_of_new_amounts_for_one_day_are_both_added(
    services: Services, county: list[str]
) -> None:
    store(services, DAYS[0], "increment", [(0, 5, DAYS[0])], "morning")
    store(services, DAYS[0], "increment", [(0, 6, DAYS[0]), (1, 1, DAYS[0])], "evening")
    store(services, DAYS[0], "increment", [(0, 5, DAYS[0])], "morning")
    assert yuan(services) == {0: 11, 1: 1}


def test_payments_that_an_earlier_list_had_are_not_counted_twice(
    services: Services, county: list[str]
) -> None:
    store(services, DAYS[0], "payments", [(0, 20, "2019-12-03"), (0, 30, DAYS[0])])
    later = [(0, 30, DAYS[0]), (0, 30, DAYS[1]), (0, 7, DAYS[0]), (1, 9, "2019-12-09")]
    assert store(services, DAYS[1], "payments", later).already_counted == 1
    assert yuan(services) == {0: 87, 1: 9}


def test_two_equal_payments_of_one_day_count_twice_when_the_earlier_list_had_one(
    services: Services, county: list[str]
) -> None:
    store(services, DAYS[0], "payments", [(0, 20, DAYS[0])])
    store(services, DAYS[1], "payments", [(0, 20, DAYS[0]), (0, 20, DAYS[0])])
    assert yuan(services) == {0: 40}


def test_payments_before_the_day_of_a_sum_are_in_the_sum(
    services: Services, county: list[str]
) -> None:
    store(services, DAYS[0], "cumulative", [(0, 40, "2019-12-10"), (1, 40, DAYS[0])])
    done = store(
        services,
        DAYS[1],
        "payments",
        [
            (0, 40, "2019-12-10"),  # the sum's own
            (0, 3, "2019-12-09"),  # in the sum
            (0, 5, DAYS[0]),  # of the sum's day, but the sum knows no payment of that day
            (1, 6, DAYS[0]),  # in the sum, whose newest payment is of that day
            (1, 7, DAYS[1]),  # new
            (2, 8, "2019-12-09"),  # the sums do not have this contract at all
        ],
    )
    assert yuan(services) == {0: 45, 1: 47, 2: 8}
    assert done.already_counted == 3


def test_a_payment_that_was_taken_back_is_subtracted(services: Services, county: list[str]) -> None:
    store(services, DAYS[0], "payments", [(0, 100, DAYS[0]), (1, 5, DAYS[0])])
    done = store(services, DAYS[1], "payments", [(0, -100, DAYS[1]), (1, -9, DAYS[1])])
    assert (done.taken_back, yuan(services)) == (1, {0: 0, 1: 0})


def test_the_same_file_read_as_another_kind_replaces_its_first_reading(
    services: Services, county: list[str]
) -> None:
    store(services, DAYS[0], "cumulative", [(0, 40, "")])
    store(services, DAYS[1], "cumulative", [(0, 5, DAYS[1])], "x")
    store(services, DAYS[1], "increment", [(0, 5, DAYS[1])], "x")
    assert yuan(services) == {0: 45}
    store(services, DAYS[1], "increment", [(0, 6, DAYS[1])], "x")
    assert yuan(services) == {0: 46}


def test_a_day_that_comes_late_reaches_the_days_that_were_added_to_it(
    services: Services, county: list[str]
) -> None:
    store(services, DAYS[0], "cumulative", [(0, 10, "")])
    store(services, DAYS[2], "increment", [(0, 90, DAYS[2])])
    done = store(services, DAYS[1], "cumulative", [(0, 10, ""), (1, 100, DAYS[1])])
    assert not done.newest
    assert (yuan(services), done.paid, done.newly_paid) == ({0: 100, 1: 100}, 2, 1)
    assert yuan(services, DAYS[1]) == {0: 10, 1: 100}


def test_new_amounts_that_the_sums_of_the_same_day_have_are_not_added_to_them(
    services: Services, county: list[str]
) -> None:
    store(services, DAYS[0], "cumulative", [(0, 70, DAYS[0]), (1, 40, "2019-12-10")])
    new = [(0, 50, DAYS[0]), (1, 60, DAYS[0]), (2, 5, DAYS[0])]
    done = store(services, DAYS[0], "increment", new)
    assert (yuan(services), done.already_counted) == ({0: 70, 1: 100, 2: 5}, 1)


@pytest.mark.parametrize("kind", ["cumulative", "increment"])
def test_a_day_that_comes_late_leaves_the_sums_of_a_later_day_with_new_amounts_on_top(
    services: Services, county: list[str], kind: RepaymentKind
) -> None:
    store(services, DAYS[1], "cumulative", [(0, 40, DAYS[0]), (1, 100, DAYS[0])])
    store(services, DAYS[1], "increment", [(2, 5, DAYS[1])])
    store(services, DAYS[2], "increment", [(0, 60, DAYS[2])])
    store(services, DAYS[0], kind, [(0, 40, DAYS[0])])
    assert yuan(services) == {0: 100, 1: 100, 2: 5}


payments_of_days = st.lists(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 120)),
        unique_by=lambda paid: paid[0],
        max_size=4,
    ),
    min_size=3,
    max_size=3,
)
several = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


@several
@given(paid=payments_of_days, order=st.permutations(range(3)), with_days=st.booleans())
def test_new_amounts_payments_and_their_sums_give_one_standing(
    services: Services,
    county: list[str],
    paid: list[list[tuple[int, int]]],
    order: list[int],
    with_days: bool,
) -> None:
    new = [
        [(c, y, DAYS[n] if with_days else "") for c, y in of_day] for n, of_day in enumerate(paid)
    ]
    total: dict[int, int] = {}
    empty(services)
    for n, day in enumerate(DAYS):
        for c, y in paid[n]:
            total[c] = total.get(c, 0) + y
        store(services, day, "cumulative", [(c, y, day) for c, y in total.items()])
    summed, sums = standing(services), yuan(services)
    empty(services)
    for n in order:
        store(services, DAYS[n], "increment", new[n], f"{n}")
    # two files that are equal in every row, without a day, are one file
    repeated = not with_days and any(
        new[a] and sorted(new[a]) == sorted(new[b]) for a in range(3) for b in range(a)
    )
    if not repeated:
        assert (standing(services), yuan(services)) == (summed, sums)
    if with_days:
        empty(services)
        store(services, DAYS[2], "payments", [line for of_day in new for line in of_day])
        assert (standing(services), yuan(services)) == (summed, sums)


@several
@given(
    files=st.lists(
        st.tuples(
            st.sampled_from(DAYS),
            st.sampled_from(["cumulative", "increment", "payments"]),
            st.lists(
                st.tuples(
                    st.integers(0, 3), st.integers(1, 99), st.sampled_from(["2019-12-09", *DAYS])
                ),
                unique_by=lambda paid: paid[0],
                max_size=4,
            ),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_a_file_imported_again_at_once_changes_nothing(
    services: Services, county: list[str], files: list[tuple[str, RepaymentKind, list[Paid]]]
) -> None:
    empty(services)
    for place, (day, kind, paid) in enumerate(files):
        store(services, day, kind, paid, f"{place}")
        before = standing(services), [yuan(services, d) for d in DAYS]
        store(services, day, kind, paid, f"{place}")
        assert (standing(services), [yuan(services, d) for d in DAYS]) == before


@several
@given(paid=payments_of_days)
def test_what_changed_between_two_days_adds_up_to_the_fen(
    services: Services, county: list[str], paid: list[list[tuple[int, int]]]
) -> None:
    empty(services)
    for n, day in enumerate(DAYS):
        store(services, day, "cumulative", [(c, y, day) for c, y in paid[n]])
    for since, as_of in (("", DAYS[0]), (DAYS[0], DAYS[1]), (DAYS[0], DAYS[2])):
        found = repayment_changes.changes(services, as_of=as_of, since=since, of=WHOLE_COUNTY)
        moved = [p for what in repayment_changes.WHATS for p in found.people(what)]
        counted = {p.case for p in moved}
        assert len(counted) == len(moved)
        before, after = yuan(services, since) if since else {}, yuan(services, as_of)
        change = sum(p.after_fen - p.before_fen for p in moved)
        paid_before = {c: y for c, y in before.items() if y >= 100}
        still_paid = {c for c in paid_before if after.get(c, 0) >= 100}
        rest = sum((after[c] - before[c]) * 100 for c in still_paid)  # paid before and still
        assert change + rest == 100 * (sum(after.values()) - sum(before.values()))
        for school in found.schools:
            assert school.paid + school.still_due == school.people == 6
        still = sum(max(0, 100 - after.get(c, 0)) for c in range(12))
        assert sum(s.still_due_fen for s in found.schools) == still * 100
        assert sum(s.repaid_fen for s in found.schools) == 100 * sum(after.values())
