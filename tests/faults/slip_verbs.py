"""Signing for a batch of slips, killed and on a full disk: it is received once, or waits as it was."""

from __future__ import annotations

from pathlib import Path

from sync_server.office import slip_batches, slip_desk
from sync_server.services import Services
from sync_server.store import slip_batches as store
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.slip_batches import Batch
from tests.faults.office_county import acts
from tests.support.county import SEASON
from tests.support.crash import Job, open_services, reopened
from tests.support.devices import case_ids


def receiving(folder: Path) -> Job:
    services = open_services(folder / "server")
    batch, _ = slip_batches.prepare(services, "01", case_ids(services, "01")[:3], "", who="t")
    slip_batches.bring(services, batch.id, who="t")
    slip_desk.tick(services, batch.id, "1 2", who="t")
    return lambda: _receive(services)


def _only(services: Services) -> Batch:
    (batch,) = services.database.read(lambda c: store.listed(c, SEASON, WHOLE_COUNTY))
    return batch


def _receive(services: Services) -> Batch:
    batch = _only(services)
    return slip_desk.receive(
        services, batch.id, given_by="史", day=None, version=batch.version, who="t"
    )


def received_once_or_waiting(folder: Path) -> str:
    with reopened(folder / "server") as services:
        found = _only(services)
        assert acts(services, "slips.receive") == found.receipts == (found.state == "received")
        if found.state == "brought":
            _receive(services)
        assert _only(services).receipts == 1
        handed_in = services.database.read(lambda c: store.handed_in(c, SEASON))
        assert sorted(handed_in) == case_ids(services, "01")[:2]
    return found.state
