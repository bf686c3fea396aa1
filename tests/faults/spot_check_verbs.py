"""People are drawn for a spot check, and what a kill may leave of it."""

from __future__ import annotations

from pathlib import Path

from shared.spot_check import draw
from sync_server.office import bulletins, spot_checks
from sync_server.services import Services
from sync_server.store.scope import WHOLE_COUNTY
from tests.faults.office_county import acts
from tests.support.crash import Job, open_services, reopened

REQUEST = "the form"
SIZE = 3


def drawing(folder: Path) -> Job:
    services = open_services(folder / "server")
    bulletin = bulletins.issue(services, who="t", request=REQUEST)
    return lambda: spot_checks.draw(services, bulletin.id, SIZE, who="t")


def drawn_with_its_people_or_not(folder: Path) -> str:
    """A school stands drawn with everybody who was, or not at all; asked again it is the same."""
    with reopened(folder / "server") as services:
        made = _whole(services)
        bulletin = bulletins.issue(services, who="t", request=REQUEST)
        spot_checks.draw(services, bulletin.id, SIZE, who="t")
        again = _whole(services)
        assert again
        assert set(made) <= set(again)
        assert acts(services, "spot.draw") == len(again)
    return "drawn" if made else "as before"


def _whole(services: Services) -> list[str]:
    found = spot_checks.listed(services, WHOLE_COUNTY)
    for one in found:
        expected = draw(one.check.codes, one.check.bulletin_sha256, one.check.unit, SIZE)
        assert tuple(person.code for person in one.people) == expected
    assert acts(services, "spot.draw") == len(found)
    return [one.check.id for one in found]
