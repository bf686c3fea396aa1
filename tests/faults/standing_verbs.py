"""Where everybody stands is judged anew, and what a kill may leave of it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import update

from sync_server.office import search_index, standings
from sync_server.store import tables as t
from tests.faults.office_county import acts
from tests.support.crash import Job, open_services, reopened


def judging_anew(folder: Path) -> Job:
    services = open_services(folder / "server")
    wrong = update(t.case_standing).values(visits=7, body="{}")
    services.database.write(lambda c: c.execute(wrong) and None)
    return lambda: standings.rebuild(services, who="t")


def judged_anew_or_not(folder: Path) -> str:
    """What is kept is thrown away as a whole or not at all; nobody reads half of it."""
    with reopened(folder / "server") as services:
        found = standings.look(services)
        done = acts(services, "standings.rebuild")
        assert bool(found.different) == (done == 0)
        assert len(found.different) in (0, found.people)
        standings.rebuild(services, who="t")
        after = standings.look(services)
        assert (after.different, after.schools, after.due) == ((), (), 0)
    return "judged" if done else "as before"


def indexing_anew(folder: Path) -> Job:
    services = open_services(folder / "server")
    services.database.write(lambda c: c.execute(update(t.search_case).values(text="x")) and None)
    return lambda: search_index.rebuild(services, who="t")


def indexed_anew_or_not(folder: Path) -> str:
    """The index is thrown away as a whole or not at all; who waits for terms is found without."""
    with reopened(folder / "server") as services:
        found = search_index.look(services)
        done = acts(services, "search.rebuild")
        assert bool(found.different) == (done == 0)
        assert found.lacking == 0
        search_index.rebuild(services, who="t")
        after = search_index.look(services)
        assert (after.different, after.lacking, after.due) == ((), 0, 0)
    return "indexed" if done else "as before"
