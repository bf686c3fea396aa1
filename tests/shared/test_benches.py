"""`make bench` leaves no row of its table out, and its page says what was recorded."""

from __future__ import annotations

import pytest

from tests.bench import benches, frame, kept, one, page
from tests.bench.benches import BENCHES
from tests.bench.kept import Reached
from tests.bench.registry import EXPONENT, Holds, Part

NUMBERS = [f"B{number}" for number in range(13)]


def named() -> list[tuple[str, Part]]:
    return [(kept.name_of(bench, part), part) for bench in BENCHES for part in bench.parts]


@pytest.mark.parametrize("number", NUMBERS)
def test_every_number_has_words_and_an_aim(number: str) -> None:
    parts = [part for bench in benches.picked(number) for part in bench.parts]
    assert parts
    assert all(part.words for part in parts)
    assert any(part.aim is not None for part in parts)


def test_names_are_given_once() -> None:
    names = [name for name, _ in named()]
    assert len(set(names)) == len(names)
    assert len({bench.run for bench in BENCHES}) == len(BENCHES)


def test_every_part_is_recorded_with_a_bound_or_says_what_was_lacking() -> None:
    recorded = kept.load().parts
    for name, part in named():
        found = recorded[name]
        if not found.lacking:
            assert (found.bound is None) == (part.holds is Holds.NOWHERE), name
            assert found.low <= found.median <= found.high, name


def test_nothing_is_recorded_that_is_not_measured() -> None:
    assert set(kept.load().parts) <= {name for name, _ in named()}


def test_the_page_is_the_one_that_the_command_writes() -> None:
    assert page.PAGE.read_text("utf-8") == page.written(kept.load(), page.PROSE.read_text("utf-8"))


@pytest.mark.parametrize("number", NUMBERS)
def test_the_page_has_a_row_for_every_number(number: str) -> None:
    assert f"\n| {number} |" in page.PAGE.read_text("utf-8")


def part(**how: object) -> Part:
    return Part(key="k", words="w", **how)


def recorded(one_part: Part, *values: float) -> Reached:
    return kept.reached(one_part, values, day="2026-11-30", machine="m1")


def test_a_bound_is_what_was_reached_and_15_percent() -> None:
    assert recorded(part(), 1, 2, 4).bound == 2.3
    assert recorded(part(unit=EXPONENT), 0.02).bound == 0.17
    assert recorded(part(unit="slips"), 0).bound == 0
    assert recorded(part(holds=Holds.NOWHERE), 2).bound is None


@pytest.mark.parametrize(
    ("holds", "same", "over"),
    [
        (Holds.EVERYWHERE, False, True),
        (Holds.SAME_MACHINE, True, True),
        (Holds.SAME_MACHINE, False, False),
        (Holds.NOWHERE, True, False),
    ],
)
def test_a_ratio_fails_everywhere_and_seconds_on_their_machine(
    holds: Holds, same: bool, over: bool
) -> None:
    one_part = part(holds=holds)
    before = recorded(one_part, 2.0)
    assert kept.broken(one_part, [2.4], before, same_machine=same) == over
    assert not kept.broken(one_part, [2.2], before, same_machine=same)


def test_growth_is_the_slope_of_both_logarithms() -> None:
    assert frame.exponent([5, 50, 500]) == pytest.approx(1)
    assert frame.exponent([5, 5, 5]) == pytest.approx(0)
    assert frame.exponent([1, 100, 10_000]) == pytest.approx(2)


def test_works_take_turns_and_the_first_round_does_not_count() -> None:
    called: list[str] = []
    took = frame.seconds_in_turns(
        lambda: called.append("bare"), lambda: called.append("ours"), rounds=2
    )
    assert called == ["bare", "ours"] * 3
    assert [len(each) for each in took] == [2, 2]


def test_what_a_machine_lacks_is_said() -> None:
    def lacking() -> None:
        raise frame.NotHereError("no Chromium")

    bench = type("Lacking", (), {"measure": staticmethod(lacking), "parts": (part(),)})
    assert one.measured(bench()).lacking == "no Chromium"


def test_a_bench_whose_parts_are_others_than_the_registrys_fails() -> None:
    other = type("Other", (), {"measure": staticmethod(lambda: {"x": [1.0]}), "parts": (part(),)})
    assert one.measured(other()).failed


def test_an_unknown_number_is_refused() -> None:
    with pytest.raises(ValueError, match="B99"):
        benches.picked("B1 B99")
