"""Distances between positions."""

from __future__ import annotations

from shared import geo
from shared.records.base import Position


def distance_m(here: Position, there: Position) -> float:
    """Return the metres between two positions on a sphere.

    Within 0.6 % of the ellipsoid: far finer than a rounded position, and fast enough to order a
    list at every keystroke.
    """
    a = (here.latitude_deg, here.longitude_deg)
    return geo.distance_m(a, (there.latitude_deg, there.longitude_deg))
