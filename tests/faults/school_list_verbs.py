"""The lists of all schools are made and given out, and what a kill may leave of it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from sync_server.office import case_lists
from sync_server.store import school_lists
from sync_server.store.scope import WHOLE_COUNTY
from tests.faults.office_county import acts
from tests.support.county import SEASON
from tests.support.crash import Job, open_services, reopened


def giving_out(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: case_lists.all_lists(services, WHOLE_COUNTY, who="t")


def given_to_all_or_to_none(folder: Path) -> str:
    """No school counts as given its list without the others, and none gets a second version."""
    with reopened(folder / "server") as services:
        found = services.database.read(lambda c: school_lists.standings(c, SEASON, WHOLE_COUNTY))
        given = [one.is_given for one in found.values()]
        assert all(given) or not any(given)
        assert acts(services, "list.give") == sum(given)
        with zipfile.ZipFile(
            io.BytesIO(case_lists.all_lists(services, WHOLE_COUNTY, who="t"))
        ) as book:
            assert book.testzip() is None
        again = services.database.read(lambda c: school_lists.standings(c, SEASON, WHOLE_COUNTY))
        assert all(one.is_given and one.next_version == 1 for one in again.values())
        assert acts(services, "list.give") == len(again)
    return "given" if all(given) else "as before"
