"""A record typed in from paper, its device and key with it, and what a kill may leave of them."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select

from sync_server.services import Services
from sync_server.store import devices, evidence, office_devices
from sync_server.store import tables as t
from tests.support.crash import Job, open_services, reopened
from tests.support.devices import case_ids
from tests.support.paper import STATEMENT, keyed, teacher


def typing_in(folder: Path) -> Job:
    services = open_services(folder / "server")
    case, by = case_ids(services, "01")[0], teacher(services)
    return lambda: _typed(services, case, by)


def _typed(services: Services, case: str, by: str) -> None:
    keyed(services, case, "statement", STATEMENT, visited_by=by, request_id="one form")


def _records(services: Services) -> int:
    query = select(func.count()).select_from(t.fact).where(t.fact.c.visited_by != "")
    return services.database.read(lambda c: c.execute(query).scalar_one())


def typed_in_or_not(folder: Path) -> str:
    """The same form again makes no second record; one device, one key, a chain without a gap."""
    with reopened(folder / "server") as services:
        found = _records(services)
        assert found in (0, 1)
        _typed(services, case_ids(services, "01")[0], teacher(services))
        assert _records(services) == 1
        (device,) = services.database.read(office_devices.ids)
        chain = services.database.read(lambda c: evidence.chains(c, [device]))
        head = services.database.read(lambda c: devices.by_id(c, device))
        assert [(s.n, s.link) for s in chain] == [(1, head.link)]
        keys = [path.name for path in services.settings.path("keys").glob("office-*")]
        assert keys == [f"office-{device}.pem"]
    return "typed in" if found else "as before"
