"""What `doorstep serve` has loaded when it answers, and once its pages are asked for (ADR 0051)."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from shared import geo
from sync_server.deferred import Call, deferred, in_subprocess
from tests.support.engines import about_sqlite

pytestmark = about_sqlite("what a bare process loads, which here has the engine of the run")

NEVER = (
    "aiohttp",
    "alembic",
    "flet",
    "fontTools",
    "geopy",
    "mobile",
    "numpy",
    "obstore",
    "openpyxl",
    "PIL",
    "pydantic",
    "pygal",
    "pyhanko",
    "pypdfium2",
    "pypinyin",
    "requests",
    "rich",
    "segno",
    "sqlalchemy.orm",
    "sync_server.cli.topics",
    "sync_server.console.site",
    "sync_server.office.bundles",
    "sync_server.office.worker_jobs",
    "sync_server.sample",
    "sync_server.sealing.seal",
    "tests",
    "tomlkit",
    "typer",
    "typst",
    "xlsxwriter",
    "zxingcpp",
)
"""Not loaded when the first phone is answered."""
WITH_PAGES = tuple(
    name
    for name in NEVER
    if name not in ("segno", "sync_server.console.site", "sync_server.office.bundles", "rich")
)
"""Nor when the pages are there."""
MOST_MODULES = 1200
"""Of the 1,100 that a start loads, two thirds are Litestar's, SQLAlchemy's and the standard library's."""

START = """
import asyncio, json, pathlib, sys
import sync_server.cli.main
from sync_server.app import create_app
from sync_server.cli import serving
from sync_server.serve_choice import Running

start = serving.planned(pathlib.Path(sys.argv[1]), serving.Options(port=1))
create_app(start.settings).state["services"].close()  # makes the database
"""
MEASURE = """
running = Running(start_again=lambda: None, port=1, options={}, names=(), failed=None)
app = create_app(start.settings, running)
print(json.dumps(sorted(sys.modules)))
asyncio.run(app.state["pages"].load(app))
print(json.dumps(sorted(sys.modules)))
print(json.dumps(sorted(str((r.path, sorted(r.methods))) for r in app.routes)))
print(json.dumps(sorted(str((r.path, sorted(r.methods))) for r in create_app(start.settings).routes)))
"""


def said(code: str, data: Path) -> list[list[str]]:
    """What a fresh process prints, line by line."""
    done = subprocess.run(
        [sys.executable, "-c", code, str(data)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    data = tmp_path_factory.mktemp("data")
    said(START, data)
    return said(START.replace("create_app(start.settings).state", "#") + MEASURE, data)


def of(names: tuple[str, ...], modules: list[str]) -> list[str]:
    return [m for m in modules if any(m == name or m.startswith(f"{name}.") for name in names)]


def test_a_start_loads_no_library_of_pdf_pictures_workbooks_or_readings(
    loaded: list[list[str]],
) -> None:
    assert of(NEVER, loaded[0]) == []
    assert len(loaded[0]) < MOST_MODULES


def test_neither_do_the_pages(loaded: list[list[str]]) -> None:
    assert of(WITH_PAGES, loaded[1]) == []


def test_a_running_server_has_the_same_pages_as_any_other(loaded: list[list[str]]) -> None:
    assert loaded[2] == loaded[3]
    assert len(loaded[2]) > 200


def test_a_deferred_module_gives_what_the_module_has() -> None:
    stands = deferred("shared.geo")
    assert stands.in_china is geo.in_china
    with pytest.raises(AttributeError):
        _ = stands.nothing_of_this_name


def test_a_job_travels_by_name_and_runs_where_it_is_called() -> None:
    call = in_subprocess("shared.geo").in_china
    assert call == Call("shared.geo", "in_china")
    there = pickle.loads(pickle.dumps(call))  # noqa: S301 - ours
    assert there(35.0, 109.0) is True
