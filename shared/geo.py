"""From a GPS position to the coordinates of Chinese maps, and how far two positions are apart.

WGS-84 to GCJ-02 (Amap, Tencent) and BD-09 (Baidu).

Degrees in, degrees out, only when a place is handed to a map app; what is stored stays WGS-84
(shared.records.base.Position). Unshifted, a position would point some 500 m off, at the next
village (docs/sources.md#map-coordinates). The formulas and their constants are those published and
used everywhere (gcoord, eviltransform, coordtransform): the ellipsoid Krasovsky 1940 and a sum of
sines for the shift.
"""

from __future__ import annotations

from math import atan2, cos, pi, radians, sin, sqrt

AXIS_M = 6378245.0
"""Semi-major axis of the Krasovsky 1940 ellipsoid.

Source: docs/sources.md#map-coordinates.
"""
ECCENTRICITY2 = 0.00669342162296594323
"""Its first eccentricity, squared."""
SOUTH_DEG, NORTH_DEG, WEST_DEG, EAST_DEG = 0.8293, 55.8271, 72.004, 137.8347
"""The published frame the shift applies in. It includes neighbouring places; a map of China is all
it is for.
"""
BAIDU = pi * 3000.0 / 180.0
MEAN_RADIUS_M = 6371008.8
"""The mean radius of the earth (IUGG), for distances on a sphere."""


def distance_m(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Return the metres between two places on a sphere: within 0.6 % of the ellipsoid.

    Args:
        here: Latitude and longitude in degrees.
        there: The same of the other place.
    """
    lat_a, lat_b = radians(here[0]), radians(there[0])
    turn = radians(there[1] - here[1])
    # Vincenty's form for a sphere: exact for places that are near and for those that are opposite
    across = cos(lat_b) * sin(turn)
    along = cos(lat_a) * sin(lat_b) - sin(lat_a) * cos(lat_b) * cos(turn)
    inner = sin(lat_a) * sin(lat_b) + cos(lat_a) * cos(lat_b) * cos(turn)
    return MEAN_RADIUS_M * atan2(sqrt(across * across + along * along), inner)


def in_china(latitude_deg: float, longitude_deg: float) -> bool:
    """Return whether the shift applies at a place."""
    return SOUTH_DEG <= latitude_deg <= NORTH_DEG and WEST_DEG <= longitude_deg <= EAST_DEG


def gcj02(latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
    """Return WGS-84 as GCJ-02: (latitude, longitude) in degrees; outside China unchanged."""
    if not in_china(latitude_deg, longitude_deg):
        return latitude_deg, longitude_deg
    x, y = longitude_deg - 105.0, latitude_deg - 35.0
    latitude = latitude_deg * pi / 180.0
    flat = 1 - ECCENTRICITY2 * sin(latitude) ** 2
    north = _north(x, y) * 180.0 / (AXIS_M * (1 - ECCENTRICITY2) / (flat * sqrt(flat)) * pi)
    east = _east(x, y) * 180.0 / (AXIS_M / sqrt(flat) * cos(latitude) * pi)
    return latitude_deg + north, longitude_deg + east


def bd09(latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
    """Return WGS-84 as BD-09: (latitude, longitude) in degrees; outside China unchanged."""
    if not in_china(latitude_deg, longitude_deg):
        return latitude_deg, longitude_deg
    y, x = gcj02(latitude_deg, longitude_deg)
    far = sqrt(x * x + y * y) + 0.00002 * sin(y * BAIDU)
    angle = atan2(y, x) + 0.000003 * cos(x * BAIDU)
    return far * sin(angle) + 0.006, far * cos(angle) + 0.0065


def _waves(x: float) -> float:
    return (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0


def _north(x: float, y: float) -> float:
    """Metres to the north. `x`, `y`: degrees east of 105° and north of 35°."""
    metres = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    metres += _waves(x) + (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    return metres + (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0


def _east(x: float, y: float) -> float:
    """Metres to the east."""
    metres = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    metres += _waves(x) + (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    return metres + (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
