"""Who is drawn for a spot check: anybody computes the same, and everybody has the same chance."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.digest import sha256_hex
from shared.ids import case_code, show_case_code
from shared.lifecycle import Standing, VisitLine
from shared.spot_check import draw, frame_bytes, frame_hash, frame_of, may_be_drawn, procedure
from tests.bench.spot_check import SIZES, chance, rates

HASHES = st.integers(0, 2**64).map(lambda n: sha256_hex(str(n).encode()))
FRAMES = st.sets(st.integers(1, 9999), min_size=0, max_size=60).map(
    lambda numbers: [case_code("01", n) for n in sorted(numbers)]
)
SIZE = st.integers(0, 80)


@given(FRAMES, HASHES, SIZE, st.randoms(use_true_random=False))
def test_the_order_and_repeats_of_the_list_change_nothing(
    frame: list[str], bulletin: str, size: int, chances: object
) -> None:
    mixed = [*frame, *frame[:3]]
    chances.shuffle(mixed)
    assert draw(mixed, bulletin, "01", size) == draw(frame, bulletin, "01", size)
    assert frame_hash(mixed) == frame_hash(frame)


@given(FRAMES, HASHES, SIZE)
def test_nobody_is_drawn_twice_or_from_outside_and_as_many_as_asked_for(
    frame: list[str], bulletin: str, size: int
) -> None:
    drawn = draw(frame, bulletin, "01", size)
    assert len(drawn) == len(set(drawn)) == min(size, len(frame))
    assert set(drawn) <= set(frame)


@given(FRAMES, HASHES)
def test_a_size_that_is_enough_gives_everybody(frame: list[str], bulletin: str) -> None:
    assert sorted(draw(frame, bulletin, "01", len(frame) + 1)) == sorted(frame)


@given(FRAMES, HASHES, SIZE)
def test_a_larger_size_draws_the_same_people_first(
    frame: list[str], bulletin: str, size: int
) -> None:
    assert draw(frame, bulletin, "01", size + 1)[:size] == draw(frame, bulletin, "01", size)


@pytest.mark.parametrize("size", [1, 7, 40])
def test_the_printed_lines_draw_the_same(tmp_path: Path, size: int) -> None:
    frame = [case_code("01", n) for n in range(1, 31)]
    bulletin = sha256_hex(b"a bulletin")
    (tmp_path / "codes.txt").write_text("\n".join(map(show_case_code, reversed(frame))), "utf-8")
    lines = procedure(bulletin, "01", size)
    assert len(lines) == 10
    (tmp_path / "draw.py").write_text("\n".join(lines), "utf-8")
    ran = subprocess.run(
        [sys.executable, "draw.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    first, second = ran.stdout.splitlines()
    assert first == f"30 {frame_hash(frame)}"
    assert tuple(second.split()) == draw(frame, bulletin, "01", size)


def test_every_person_has_the_same_chance() -> None:
    frame, trials, size = [case_code("01", n) for n in range(1, 21)], 4_000, 5
    counts: Counter[str] = Counter()
    firsts: Counter[str] = Counter()
    for trial in range(trials):
        drawn = draw(frame, sha256_hex(str(trial).encode()), "01", size)
        counts.update(drawn)
        firsts[drawn[0]] += 1
    share = trials * size / len(frame)
    bound = 5 * (share * (1 - size / len(frame))) ** 0.5
    assert set(counts) == set(frame)
    assert all(abs(count - share) < bound for count in counts.values())
    assert all(
        abs(count - trials / 20) < 5 * (trials / 20 * 0.95) ** 0.5 for count in firsts.values()
    )


def test_another_bulletin_or_school_draws_others() -> None:
    frame = [case_code("01", n) for n in range(1, 101)]
    one, other = (sha256_hex(text) for text in (b"1", b"2"))
    drawn = {draw(frame, one, "01", 10), draw(frame, other, "01", 10), draw(frame, one, "02", 10)}
    assert len(drawn) == 3


def test_the_drawing_is_frozen() -> None:
    """Sheets are out in the world: the same list and hash must give the same people for ever."""
    frame = [case_code("01", n) for n in range(1, 13)]
    drawn = draw(frame, sha256_hex(b"a bulletin"), "01", 4)
    assert drawn == ("0100118", "0100032", "0100074", "0100048")


def test_the_bytes_of_a_frame_are_its_codes_with_blanks() -> None:
    assert frame_of(["B", "A", "B"]) == ("A", "B")
    assert frame_bytes(["B", "A", "B"]) == b"A B"
    assert frame_hash(["B", "A"]) == sha256(b"A B").hexdigest()


@pytest.mark.parametrize(
    ("standing", "may"),
    [
        (Standing(), False),
        (Standing(attempts=2, failed_attempts=2), False),
        (Standing(delivery="undelivered"), False),
        (Standing(delivery="unsigned"), True),
        (Standing(delivery="signed"), True),
        (Standing(statement="written"), True),
        (
            Standing(
                visits=(VisitLine(day="", met="self", outcome="", visitors=(), facts=("f",)),)
            ),
            True,
        ),
    ],
)
def test_whoever_is_said_to_be_met_may_be_drawn(standing: Standing, may: bool) -> None:
    assert may_be_drawn(standing) is may


def test_invented_visits_are_found_as_often_as_the_formula_says() -> None:
    found = rates()
    assert len(found) == 3 * len(SIZES)
    for one in found:
        share = float(one.chance)
        bound = 4 * (share * (1 - share) / one.trials) ** 0.5
        assert abs(one.found / one.trials - share) < bound, one


def test_the_formula_counts_whoever_is_drawn_of_all() -> None:
    assert chance(40, 2, 40) == 1
    assert chance(40, 0, 40) == 0
    assert chance(40, 2, 1) == chance(40, 1, 2)
    assert round(float(chance(40, 2, 10)), 3) == 0.442
