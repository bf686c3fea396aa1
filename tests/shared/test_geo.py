"""The shift of Chinese maps: its size and direction at a known place, its bounds, and that it can be undone."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, hypot, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.geo import EAST_DEG, NORTH_DEG, SOUTH_DEG, WEST_DEG, bd09, gcj02, in_china

Point = tuple[float, float]
METRES_A_DEGREE = 111_195.0
HERE = (34.956, 109.586)
MARGIN_DEG = 0.05
"""An inverse may look just beyond its point: stay clear of the edge, where the shift stops."""
INSIDE = st.tuples(
    st.floats(SOUTH_DEG + MARGIN_DEG, NORTH_DEG - MARGIN_DEG),
    st.floats(WEST_DEG + MARGIN_DEG, EAST_DEG - MARGIN_DEG),
)
ANYWHERE = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def apart_m(one: Point, other: Point) -> Point:
    """How far `other` is to the north and to the east of `one`, on a plane: they are within a few kilometres."""
    north = (other[0] - one[0]) * METRES_A_DEGREE
    return north, (other[1] - one[1]) * METRES_A_DEGREE * cos(radians(one[0]))


def undone(shift: Callable[[float, float], Point], shifted: Point) -> Point:
    """The point that `shift` takes to `shifted`, by going back what one is off, again and again."""
    guess = shifted
    for _ in range(8):
        off = shift(*guess)
        guess = (guess[0] - off[0] + shifted[0], guess[1] - off[1] + shifted[1])
    return guess


def test_at_a_known_place_amap_draws_it_116_m_south_and_458_m_east() -> None:
    north_m, east_m = apart_m(HERE, gcj02(*HERE))
    assert north_m == pytest.approx(-116, abs=1)
    assert east_m == pytest.approx(458, abs=1)


@pytest.mark.parametrize(
    ("place", "amap", "baidu"),
    [
        (
            (31.1774276, 121.5272106),
            (31.17530398364597, 121.531541859215),
            (31.181328606874466, 121.53801568643858),
        ),
        (
            (22.543847, 113.912316),
            (22.540796131694766, 113.9171764808363),
            (22.546667437751108, 113.92368472926734),
        ),
        (
            (39.911954, 116.377817),
            (39.91334545536069, 116.38404722455657),
            (39.919575550965874, 116.39045471310828),
        ),
    ],
)
def test_the_shift_has_the_values_of_other_programs_that_use_the_published_formulas(
    place: Point, amap: Point, baidu: Point
) -> None:
    """The places and values for Amap are those of eviltransform's own tests."""
    assert gcj02(*place) == pytest.approx(amap, abs=1e-9)
    assert bd09(*place) == pytest.approx(baidu, abs=1e-9)


@pytest.mark.parametrize(
    ("edge", "beyond"),
    [
        ((SOUTH_DEG, 100.0), (SOUTH_DEG - 0.001, 100.0)),
        ((NORTH_DEG, 100.0), (NORTH_DEG + 0.001, 100.0)),
        ((30.0, WEST_DEG), (30.0, WEST_DEG - 0.001)),
        ((30.0, EAST_DEG), (30.0, EAST_DEG + 0.001)),
    ],
)
def test_the_frame_of_the_shift_includes_its_edges(edge: Point, beyond: Point) -> None:
    assert (in_china(*edge), in_china(*beyond)) == (True, False)


def test_baidu_lies_some_hundred_metres_north_east_of_amap() -> None:
    north_m, east_m = apart_m(gcj02(*HERE), bd09(*HERE))
    assert north_m == pytest.approx(666, abs=5)
    assert east_m == pytest.approx(595, abs=5)


@given(INSIDE)
def test_inside_china_the_shift_is_noticeable_and_below_a_kilometre(point: Point) -> None:
    assert 0 < hypot(*apart_m(point, gcj02(*point))) < 1000


@given(INSIDE)
def test_baidu_adds_to_amap_what_its_formula_allows(point: Point) -> None:
    off_deg = [there - here for here, there in zip(gcj02(*point), bd09(*point), strict=True)]
    # 0.006 and 0.0065 degrees, turned by at most 0.000003 rad and stretched by at most 0.00002 at 150 degrees' length
    assert off_deg == [pytest.approx(0.006, abs=0.0005), pytest.approx(0.0065, abs=0.0005)]


@given(ANYWHERE.filter(lambda point: not in_china(*point)))
def test_outside_china_nothing_is_shifted(point: Point) -> None:
    assert gcj02(*point) == bd09(*point) == point


@pytest.mark.parametrize("shift", [gcj02, bd09])
@given(point=INSIDE)
def test_the_shift_can_be_undone_to_within_a_metre(
    shift: Callable[[float, float], Point], point: Point
) -> None:
    assert hypot(*apart_m(point, undone(shift, shift(*point)))) < 1
