"""Accounts are made from the tables and slips are printed, and what a kill may leave of it."""

from __future__ import annotations

from pathlib import Path

from sync_server.office import account_bulk, account_links, account_slips
from sync_server.office import account_proposals as office
from sync_server.office.account_proposals import Chosen, RowOutcome
from sync_server.services import Services
from sync_server.store import account_links as links
from sync_server.store import accounts, units
from tests.faults.office_county import acts
from tests.support.county import SCHOOLS, SEASON
from tests.support.crash import Job, open_services, reopened

LIAISONS, OFFICER = ("丁某", "张某"), "戊某"
NAMES = (*LIAISONS, OFFICER)


def making_accounts(folder: Path) -> Job:
    services = open_services(folder / "server")
    for school, name in zip(SCHOOLS, LIAISONS, strict=False):
        services.database.write(
            lambda c, s=school, n=name: units.put_unit(
                c, SEASON, s, liaison_name=n, officer=OFFICER
            )
        )
    return lambda: _take(services)


def made_whole_or_made_on(folder: Path) -> str:
    """Each account is whole or not there; the repeat makes the others, and none twice."""
    with reopened(folder / "server") as services:
        made = _made(services)
        assert acts(services, "account.put") == len(made)
        assert all(one.outcome.problem is None for one in _take(services))
        assert {name: _made(services)[name] for name in NAMES} == {
            "丁某": {"01"},
            "张某": {"02"},
            "戊某": {"01", "02"},
        }
        assert acts(services, "account.put") == len(NAMES)
    return f"{len(made)} made"


def printing_slips(folder: Path) -> Job:
    services = open_services(folder / "server")
    for name in LIAISONS:
        account_bulk.put(services, name, role="liaison", unit="01", shown=name, who="t")
    return lambda: account_slips.print_slips(services, LIAISONS, who="t")


def slips_of_one_print(folder: Path) -> str:
    """All accounts have a link or none has; printing again gives each one that opens."""
    with reopened(folder / "server") as services:
        found = services.database.read(links.open_until)
        assert set(found) in (set(), set(LIAISONS))
        assert acts(services, "account.link") == len(found)
        assert account_slips.print_slips(services, LIAISONS, who="t").startswith(b"%PDF-")
        drawn = account_links.draw_up(services, LIAISONS)
        account_links.keep(services, drawn, who="t")
        assert [account_links.look(services, one.code).name for one in drawn] == list(LIAISONS)
    return "printed" if found else "as before"


def _take(services: Services) -> list[RowOutcome]:
    chosen = [
        Chosen(key=row.key, act="create", sign_in=row.sign_in, shown=row.person, seen=row.units)
        for row in office.read(services).rows
        if row.person in NAMES
    ]
    return office.take(services, chosen, who="t")


def _made(services: Services) -> dict[str, set[str]]:
    found = services.database.read(accounts.listed)
    return {a.name: set(a.schools or ()) for a in found if a.name in NAMES}
