"""The simulation behind docs/scale.md still runs: the smallest part there is, with few calls of each kind."""

from __future__ import annotations

import pytest

from tests.bench.province import assumed, calls
from tests.bench.province.run import run

pytestmark = pytest.mark.extended
SMALLEST = 4000
"""One school with 100 people and two phones."""
FEW = {"SINGLE": 4, "BATCHES": 2, "PICTURES": 3, "PAGES": 2}


def test_a_morning_goes_through_and_everything_sent_is_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, count in FEW.items():
        monkeypatch.setattr(calls, name, count)
    found = run("SQLite", SMALLEST)
    assert (found.people, found.schools, found.phones) == (100, 1, 2)
    assert set(found.costs) == set(assumed.Kind.__args__)
    morning = found.morning
    assert morning is not None
    assert morning.syncs == 2 * (1 + assumed.VISITS)
    assert morning.photos == 2 * (assumed.YESTERDAY_PHOTOS + assumed.VISITS)
    assert morning.photo_bytes == morning.photos * assumed.PHOTO_BYTES
    assert morning.rows > morning.records + morning.photos
    assert morning.used.server_s > 0
    assert morning.used.database_s == 0
    assert morning.repaid == round(100 * assumed.PAID_TODAY)
    assert morning.took["changes"].count == morning.syncs
