"""Statements compiled once for all databases of a test's process: each database still gives its own rows."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import cases
from tests.support.county import SEASON, fill


def test_the_same_statement_reads_each_database_with_the_values_of_its_own_call(
    app_settings: Settings, blank: Path, tmp_path: Path
) -> None:
    shutil.copytree(blank, tmp_path / "other")
    opened = [
        Services.open(replace(app_settings, data_dir=folder)).in_season()
        for folder in (app_settings.data_dir, tmp_path / "other")
    ]
    one, other = opened
    one.database.write(lambda c: fill(c, (2, 3)))
    found = [
        [len(s.database.read(lambda c, u=u: cases.rows(c, SEASON, unit=u))) for u in ("01", "02")]
        for s in (one, other, one)
    ]
    assert found == [[2, 3], [0, 0], [2, 3]]
    for services in opened:
        services.close()
