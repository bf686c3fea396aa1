"""The last link of a device's chain, computed in tests from hashes alone."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from shared.digest import GENESIS, link


def chain(fact_sha256_hexes: Iterable[str]) -> bytes:
    return reduce(link, fact_sha256_hexes, GENESIS)
