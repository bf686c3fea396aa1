"""The system's folder for temporary files stays empty, whatever the office does: anybody may list it, and nobody purges it."""

from __future__ import annotations

import os
import tempfile
from multiprocessing import get_context
from pathlib import Path

import pytest
from litestar import Litestar

from sync_server import temporary
from sync_server.office import subprocess_call
from sync_server.services import Services
from tests.support.command_line import doorstep
from tests.support.console_browser import people, signed_in
from tests.support.devices import RawPhone
from tests.support.engines import about_sqlite
from tests.support.installation import GOLDEN, printed_and_stamped, unpack

UNIT = "03"
SPOOLED_BYTES = 2_000_000
"""Larger than what a form reader keeps in memory."""


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder, with a time of change that any file made in it would move."""
    folder = tmp_path / "system"
    folder.mkdir()
    for name in temporary.VARIABLES:
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setattr(subprocess_call, "STARTED_BY", get_context("spawn"))
    tempfile.tempdir = None
    os.utime(folder, (0, 0))
    return folder


def assert_untouched(system: Path, data: Path) -> None:
    assert (list(system.iterdir()), system.stat().st_mtime) == ([], 0)
    # copies of what lies in a shared store are in the data folder, as private as the rest of it
    left = [path.name for path in (data / "tmp").iterdir() if not path.name.startswith("copy-")]
    assert left == []


def test_it_would_be_seen(system: Path) -> None:
    with tempfile.TemporaryDirectory():
        pass
    assert system.stat().st_mtime > 0


@about_sqlite("an installation of 0.1, whose data folder is opened as it lies")
def test_no_command_writes_there(
    system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Notices, scan and seal, hand-over file, backup; in processes as outside the tests."""
    monkeypatch.setenv("DOORSTEP_CLOCK", "2019-12-18T12:00+08:00")
    monkeypatch.chdir(tmp_path)
    data = unpack("server", tmp_path)
    (scan,) = printed_and_stamped(data, "02")
    handed_over = GOLDEN / "wire" / "handover.doorstep"
    for words in (
        ("notices", UNIT),
        ("seal", "02", "--scan", scan),
        ("handover", handed_over, "--answer", tmp_path / "answer.doorstep"),
        ("backup", tmp_path / "backup"),
    ):
        done = doorstep(*words, "--json", data=data)
        assert done.returncode == 0, (words, done.stdout)
    notices = tmp_path / f"notices-{UNIT}.pdf"  # for whoever asked for them, and nowhere else
    assert (notices.read_bytes()[:5], notices.stat().st_mode & 0o077) == (b"%PDF-", 0)
    assert_untouched(system, data)


async def test_no_page_and_no_phone_writes_there(
    system: Path, app: Litestar, services: Services, phone: RawPhone
) -> None:
    """A file that is read and cancelled, a file that is checked, and a hand-over file, all spooled."""
    people(services)
    admin = await signed_in(app, "admin")
    read = await admin.upload(
        "due-list", {"file": ("名单.csv", b"\xff" * SPOOLED_BYTES, "text/csv")}
    )
    token = read.url.path.split("/")[2]
    fields = {"token": token, "_csrf_token": admin.form_token}
    await admin.http.post("/imports/cancel", data=fields)
    pdf = b"%PDF-1.7 " + b"x" * SPOOLED_BYTES
    await admin.post("/check", files={"file": ("x.pdf", pdf, "application/pdf")})
    assert phone.http is not None
    await phone.ask("POST", "/v1/handover", content=b"x" * SPOOLED_BYTES)
    assert_untouched(system, services.settings.data_dir)
