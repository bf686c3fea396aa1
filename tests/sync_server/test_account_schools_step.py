"""An older database at its first start with officers' schools: 附件2 gives them, and nothing else."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from sync_server.store import accounts
from sync_server.store.database import Database, migrate
from sync_server.store.engine import open_engine

BEFORE = "0014"


def filled(path: Path) -> str:
    """A database of the step before, with two seasons, three officers, an admin and a liaison."""
    url = f"sqlite:///{path}"
    migrate(url, BEFORE)
    engine = open_engine(url, writes=True)
    units = (
        ("2018", "01", "一中", "任家嘉"),
        ("2019", "01", "一中", "任 家嘉"),
        ("2018", "02", "二中", "任家嘉"),
        ("2019", "02", "二中", "何小满"),
        ("2018", "03", "三中", "任家嘉"),
        ("2019", "04", "四中", ""),
    )
    people = (
        ("ren", "officer", "", "任家嘉"),
        ("he", "officer", "", "何小满"),
        ("qi", "officer", "", "祁无校"),
        ("admin", "admin", "", "任家嘉"),
        ("one", "liaison", "01", "何小满"),
    )
    with engine.begin() as connection:
        for season, code, name, officer in units:
            connection.execute(
                text("INSERT INTO unit (season, code, name, officer) VALUES (:s, :c, :n, :o)"),
                {"s": season, "c": code, "n": name, "o": officer},
            )
        for name, role, unit, shown in people:
            connection.execute(
                text(
                    "INSERT INTO account (name, password_hash, role, unit, shown)"
                    " VALUES (:n, 'x', :r, :u, :s)"
                ),
                {"n": name, "r": role, "u": unit, "s": shown},
            )
    engine.dispose()
    return url


def test_an_officer_gets_the_schools_whose_newest_season_names_the_person(tmp_path: Path) -> None:
    database = Database(filled(tmp_path / "d.db"))
    found = {a.name: a.schools for a in database.read(accounts.listed)}
    assert found == {
        "ren": {"01", "03"},
        "he": {"02"},
        "qi": frozenset(),
        "admin": None,
        "one": {"01"},
    }
    assert [a.name for a in database.read(accounts.without_schools)] == ["qi"]
    database.close()
