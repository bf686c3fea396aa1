"""Import, its undo, purge and the change of season, and what a kill may leave of them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from shared.problems import ProblemError
from shared.season_fields import with_values
from sync_server.office import (
    carry,
    import_history,
    purge,
)
from sync_server.office import seasons as seasons_office
from sync_server.office.seasons import close_season, open_season
from sync_server.services import Services
from sync_server.store import purging, seasons, units
from sync_server.store import tables as t
from sync_server.store.database import Connection
from tests.faults.office_county import (
    IMPORT,
    NAME,
    PHOTO,
    acts,
    import_list,
    rows,
    state_of,
)
from tests.support.county import SEASON
from tests.support.crash import Job, open_services, reopened
from tests.support.seasons import HEAD, NEXT, check_all, make_next

# ---- import and its undo ----


def importing(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: import_list(services, folder)


def undoing(folder: Path) -> Job:
    services = open_services(folder / "server")
    run = str(import_list(services, folder)["run"])
    return lambda: import_history.undo(services, run, who="t")


def imported_or_not(folder: Path) -> str:
    with reopened(folder / "server") as services:
        found = (
            rows(services, "case_file"),
            rows(services, "import_run"),
            acts(services, IMPORT),
        )
        assert found in ((12, 0, 0), (15, 1, 1)), found
        import_list(services, folder)
        assert rows(services, "case_file") == 15
        assert rows(services, "contract") == 15
    return "imported" if found[1] else "as before"


def undone_or_not(folder: Path) -> str:
    with reopened(folder / "server") as services:
        (line,), _ = import_history.listed(services)
        undone = bool(line.run.undone_at)
        assert rows(services, "case_file") == (12 if undone else 15)
        if not undone:
            import_history.undo(services, line.run.id, who="t")
        assert (rows(services, "case_file"), acts(services, "import.undo")) == (12, 1)
    return "undone" if undone else "imported"


# ---- purge ----


def purging_season(folder: Path) -> Job:
    services = open_services(folder / "server")
    close_season(services, SEASON, who="t")
    return lambda: purge.purge(services, SEASON, who="t", really="演示")


def purged_with_one_certificate(folder: Path) -> str:
    data = folder / "server"
    with reopened(data) as services:
        pending = services.database.read(lambda c: purging.pending(c, SEASON)) is not None
        certificates = list((data / "certificates-of-destruction").glob("*.json"))
        done = acts(services, "purge.certificate") == 1
        assert (state_of(services), pending, done) in (
            ("closed", False, False),
            ("purged", True, False),
            ("purged", False, True),
        )
        assert rows(services, "case_file") == (0 if pending or done else 12)
        assert len(certificates) == 1 or not done
        if done:
            with pytest.raises(ProblemError, match=r"purge\.nothing"):
                purge.purge(services, SEASON, who="t", really="演示")
        else:
            purge.purge(services, SEASON, who="t", really="演示")
        assert (acts(services, "purge.rows"), acts(services, "purge.certificate")) == (1, 1)
    (certificate,) = (data / "certificates-of-destruction").iterdir()
    assert msgspec.json.decode(certificate.read_bytes())["rows"]["cases"] == 12
    left = b"".join(p.read_bytes() for p in data.rglob("*") if p.is_file())
    assert PHOTO not in left
    assert NAME.encode() not in left
    return "purged" if done else "under way" if pending else "closed"


# ---- seasons ----


def switching(folder: Path) -> Job:
    services = open_services(folder / "server")
    make_next(services)
    check_all(services, NEXT)

    def switch() -> None:
        close_season(services, SEASON, who="t")
        open_season(services, NEXT, who="t")

    return switch


SWITCHED = {"open, preparing", "closed, preparing", "closed, open"}


def one_season_open_or_none(folder: Path) -> str:
    with reopened(folder / "server") as services:
        found = f"{state_of(services)}, {state_of(services, NEXT)}"
        assert found in SWITCHED
        assert _phones_of(services, NEXT) == (phones_went_on := found == "closed, open")
        assert (acts(services, "season.go_on") == 1) == phones_went_on
        changes = services.database.read(lambda c: len(seasons.history(c, SEASON)))
        assert changes == 2 + (found != "open, preparing")
        close_season(services, SEASON, who="t")
        open_season(services, NEXT, who="t")
        assert (state_of(services), state_of(services, NEXT)) == ("closed", "open")
        assert (acts(services, "season.close"), acts(services, "season.open")) == (1, 2)
        assert _phones_of(services, NEXT)
    return found


def making(folder: Path) -> Job:
    """Make the next season with what comes over from the one before."""
    services = open_services(folder / "server")
    return lambda: _make_from(services)


def _make_from(services: Services) -> None:
    made = with_values(seasons_office.proposal(services, NEXT), HEAD)
    seasons_office.create(services, made, who="t", source=SEASON)


def carried_whole_or_not(folder: Path) -> str:
    with reopened(folder / "server") as services:
        here = services.database.read(seasons.states)
        found = "made" if any(one.id == NEXT for one in here) else "as before"
        if found == "as before":
            assert services.database.read(lambda c: units.units(c, NEXT)) == []
            _make_from(services)
        again = carry.carry_over(services, NEXT, source=SEASON, who="t")
        assert not again.anything
        old, new = (
            services.database.read(lambda c, s=s: units.units(c, s)) for s in (SEASON, NEXT)
        )
        assert new == old != []
        assert (acts(services, "season.carry"), rows(services, "case_file")) == (1, 12)
        history = services.database.read(lambda c: seasons.history(c, NEXT))
        assert [line.what for line in history] == ["carry", "new"]
    return found


def _phones_of(services: Services, season: str) -> bool:
    """Whether the phones and teachers of the county are in a season; half of them never are."""

    def job(connection: Connection) -> bool:
        d, s = t.device.c, t.staff.c
        where = set(connection.execute(select(d.season).where(d.kind == "")).scalars())
        there = connection.execute(select(s.id).where(s.season == season)).first() is not None
        assert len(where) == 1
        assert there == (where == {season})
        return there

    return services.database.read(job)
