"""docs/scale.md is what the command makes of its numbers and sentences, and its arithmetic does what it says."""

from __future__ import annotations

import msgspec
import pytest

from tests.bench.province import assumed, kept, page
from tests.bench.province.arithmetic import Growth, exponent, growth, of_engine, whole


def test_the_page_is_made_of_the_numbers_and_the_sentences_as_they_are() -> None:
    made = page.written(kept.read(), page.PROSE.read_text("utf-8"))
    assert made == page.PAGE.read_text("utf-8"), "python -m tests.bench.province --write"


def test_a_number_that_nobody_measured_is_no_page() -> None:
    with pytest.raises(KeyError):
        page.written(kept.read(), "{{no_such_number}}")


@pytest.mark.parametrize("power", [-0.5, 0, 0.3, 1])
def test_an_exponent_is_found_in_what_grows_by_it(power: float) -> None:
    sizes = [1000, 2000, 4000, 16000]
    assert exponent(sizes, [3 * size**power for size in sizes]) == pytest.approx(power)


def test_one_size_alone_says_nothing_of_growth() -> None:
    assert exponent([1000, 1000], [1, 2]) == 0


def test_what_grows_goes_on_growing_and_what_falls_stays() -> None:
    assert Growth(10, 0.5, 100).whole == pytest.approx(100)
    assert Growth(10, -0.5, 100).whole == 10


def test_the_factor_is_from_the_largest_part_that_ran() -> None:
    runs = of_engine(kept.read().runs, "SQLite")
    found = growth(runs, [1.0] * len(runs))
    assert found.factor == assumed.PEOPLE / runs[-1].people
    assert found.whole == pytest.approx(1)


def test_a_morning_twice_as_dear_needs_twice_the_cores() -> None:
    runs = of_engine(kept.read().runs, "PostgreSQL")
    dear = [_dearer(run) for run in runs]
    assert whole(dear).peak_cores == pytest.approx(2 * whole(runs).peak_cores)
    assert whole(dear).photo_gb == whole(runs).photo_gb


def _dearer(run):
    if run.morning is None:
        return run
    used = run.morning.used
    more = msgspec.structs.replace(used, server_s=2 * used.server_s, database_s=2 * used.database_s)
    return msgspec.structs.replace(run, morning=msgspec.structs.replace(run.morning, used=more))


def test_the_morning_is_the_same_each_time_and_has_every_phone() -> None:
    calls = assumed.morning(20, 10)
    assert calls == assumed.morning(20, 10)
    syncs = [call for call in calls if call.who == "phone"]
    assert len(syncs) == 20 * (1 + assumed.VISITS)
    assert {call.number for call in syncs} == set(range(20))
    assert sum(assumed.FIRST_SYNCS) == 100


def test_the_busiest_hour_holds_more_than_an_even_share() -> None:
    begins, share = assumed.busiest_hour(assumed.morning(400, 200))
    assert assumed.BEGINS_MIN <= begins < assumed.BEGINS_MIN + 6 * 60
    assert 0.2 < share < 0.6
