"""Temporary files lie in the data folder's tmp, go with the request that made them, and a kill's leftovers are swept."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import gettempdir

import pytest

from sync_server import temporary
from tests.support.forks import FORKS


@pytest.fixture
def place(tmp_path: Path) -> Path:
    temporary.use(tmp_path / "tmp")
    return tmp_path / "tmp"


def aged(path: Path, seconds: float) -> Path:
    moment = time.time() - seconds
    for one in (*path.rglob("*"), path):
        os.utime(one, (moment, moment))
    return path


def staged(place: Path, name: str = "import-1") -> Path:
    folder = place / name
    folder.mkdir()
    (folder / "file").write_bytes(b"names")
    return folder


def work_until_killed(place: Path, ready: Connection) -> None:
    temporary.use(place)
    with temporary.folder_for("check") as folder:
        (folder / "summary.pdf").write_bytes(b"names")
        ready.send(folder)
        time.sleep(60)


def test_a_folder_is_named_for_its_request_and_gone_after_a_failure_too(place: Path) -> None:
    made: list[Path] = []

    def fail() -> None:
        with temporary.folder_for("check") as folder:
            (folder / "summary.pdf").write_bytes(b"names")
            made.append(folder)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (made[0].parent, made[0].name.partition("-")[0]) == (place, "check")
    assert list(place.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="NOT PROVED: modes are POSIX's")
def test_it_is_its_owners_alone_whatever_the_umask(place: Path) -> None:
    os.umask(0)
    with temporary.folder_for("check") as folder:
        assert [p.stat().st_mode & 0o077 for p in (place, folder)] == [0, 0]


def test_libraries_and_started_processes_write_there_too(place: Path) -> None:
    assert gettempdir() == str(place)
    assert {os.environ[name] for name in ("TMPDIR", "TEMP", "TMP")} == {str(place)}


def test_a_living_process_keeps_its_folder_however_old_and_a_killed_one_loses_it(
    place: Path,
) -> None:
    here, there = FORKS.Pipe(duplex=False)
    worker = FORKS.Process(target=work_until_killed, args=(place, there), daemon=True)
    worker.start()
    folder = aged(here.recv(), 100 * temporary.KEPT_S)
    temporary.sweep(place, time.time())
    assert (folder / "summary.pdf").exists()
    worker.kill()
    worker.join()
    aged(folder, 0)
    temporary.sweep(place, time.time())
    temporary.sweep(place, time.time())
    assert list(place.iterdir()) == []


def test_a_staged_file_goes_when_nobody_has_touched_it_for_long(place: Path) -> None:
    folder = aged(staged(place), temporary.KEPT_S - 60)
    temporary.sweep(place, time.time())
    assert folder.exists()
    aged(folder, temporary.KEPT_S + 60)
    temporary.touch(folder)
    temporary.sweep(place, time.time())
    assert folder.exists()
    aged(folder, temporary.KEPT_S + 60)
    temporary.sweep(place, time.time())
    assert not folder.exists()


def test_a_staged_file_that_is_being_read_twice_stays_until_both_are_done(place: Path) -> None:
    folder = staged(place)
    with temporary.in_use(folder):
        with temporary.in_use(folder):
            pass
        aged(folder, temporary.KEPT_S + 60)
        temporary.sweep(place, time.time())
        assert folder.exists()
    aged(folder, temporary.KEPT_S + 60)
    temporary.sweep(place, time.time())
    assert list(place.iterdir()) == []


def test_a_staged_file_that_is_gone_cannot_be_used(place: Path) -> None:
    with pytest.raises(FileNotFoundError), temporary.in_use(place / "import-gone"):
        pytest.fail("it was used")
    assert list(place.iterdir()) == []


def test_a_time_of_the_future_keeps_nothing(place: Path) -> None:
    """Written while the clock was ahead: it would stay until then."""
    folder = aged(staged(place), -10 * temporary.KEPT_S)
    temporary.sweep(place, time.time())
    assert not folder.exists()


def test_a_librarys_own_file_goes_by_its_age(place: Path) -> None:
    old, young = place / "tmp1", place / "tmp2"
    for path in (old, young):
        path.write_bytes(b"names")
    aged(old, temporary.KEPT_S + 60)
    temporary.sweep(place, time.time())
    assert [p.exists() for p in (old, young)] == [False, True]
