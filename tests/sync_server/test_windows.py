"""On a system without modes, limits and forks nothing fails, and what cannot be looked at is called not checked."""

from __future__ import annotations

import os
import sys
from pathlib import Path, PosixPath
from typing import Any

import pytest

from sync_server import connection_limits, data_folder, folder_lock, whole_file
from sync_server.office import own_addresses
from sync_server.store import photo_files
from tests.support.other_systems import WindowsOs, WindowsSys, msvcrt

pytestmark = pytest.mark.skipif(os.name != "posix", reason="NOT NEEDED: this is Windows itself")


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our modules see Windows' `os` and `sys`; POSIX's modules cannot be imported."""
    for module in (
        whole_file,
        photo_files,
        data_folder,
        folder_lock,
        connection_limits,
        own_addresses,
    ):
        for name, seen in (("os", WindowsOs()), ("sys", WindowsSys())):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, seen)
    for name in ("fcntl", "resource", "pwd"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(data_folder, "POSIX", False)
    for module in (whole_file, photo_files):
        monkeypatch.setattr(module, "TO_FLUSH", os.O_RDWR)


def test_a_file_is_written_whole_and_flushed(tmp_path: Path, windows: None) -> None:
    whole_file.write(tmp_path / "a", b"one")
    whole_file.write(tmp_path / "a", b"two")
    whole_file.write_once(tmp_path / "b", lambda: b"first")
    whole_file.write_once(tmp_path / "b", lambda: b"second")
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [b"two", b"first"]
    whole_file.flush(tmp_path / "a")
    photo_files._flush(tmp_path / "a")
    for flush in (whole_file.flush, photo_files._flush):
        flush(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


class ReadByOthers(PosixPath):
    """A file whose name Windows does not give away while somebody reads the earlier one."""

    refusals = 3

    def replace(self, target: Any) -> Any:
        if ReadByOthers.refusals:
            ReadByOthers.refusals -= 1
            raise PermissionError(13, "Access is denied")
        return super().replace(target)


def test_a_file_that_somebody_reads_is_replaced_once_it_is_closed(
    tmp_path: Path, windows: None
) -> None:
    fresh = ReadByOthers(tmp_path / "fresh")
    fresh.write_bytes(b"new")
    (tmp_path / "a").write_bytes(b"old")
    whole_file.replace(fresh, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_file_that_stays_open_is_a_fault_after_a_while(
    tmp_path: Path, windows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_file, "REPLACE_WITHIN_S", 0.1)
    monkeypatch.setattr(ReadByOthers, "refusals", 10**9)
    fresh = ReadByOthers(tmp_path / "fresh")
    fresh.write_bytes(b"new")
    with pytest.raises(PermissionError):
        whole_file.replace(fresh, tmp_path / "a")


def test_a_folder_of_wide_modes_is_left_as_it_is(tmp_path: Path, windows: None) -> None:
    (tmp_path / "a").write_bytes(b"")
    (tmp_path / "a").chmod(0o666)
    data_folder.tighten(tmp_path)
    data_folder.make_folder(tmp_path / "b")
    data_folder.make_file(tmp_path / "c")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o666
    assert (tmp_path / "c").exists()


def test_the_lock_on_the_folder_needs_no_fork(tmp_path: Path, windows: None) -> None:
    with folder_lock.held(tmp_path, folder_lock.SERVE) as lock:
        lock.serves("http://server")
        holder = (tmp_path / folder_lock.NAME).read_bytes()
    assert b"http://server" in holder


def test_connections_have_their_limits_where_files_have_none(windows: None) -> None:
    assert connection_limits.limits_here() == connection_limits.Limits()


def test_addresses_are_found_without_the_kernels_list(windows: None) -> None:
    assert list(own_addresses._of_interfaces()) == []


class KeptWhileOpen(PosixPath):
    """A file that Windows does not remove while anybody has it open."""

    def unlink(self, missing_ok: bool = False) -> None:
        for descriptor in Path("/proc/self/fd").iterdir():
            if os.path.realpath(descriptor) == str(self):
                raise PermissionError(13, "The process cannot access the file")
        super().unlink(missing_ok)


def test_locks_of_files_hold_with_the_other_systems_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The module as Windows imports it: no fcntl, locks of single bytes."""
    from importlib.util import module_from_spec, spec_from_file_location

    from sync_server import file_lock

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt())
    monkeypatch.setitem(sys.modules, "fcntl", None)
    spec = spec_from_file_location("file_lock_on_windows", file_lock.__file__)
    assert spec is not None
    assert spec.loader is not None
    locks: Any = module_from_spec(spec)
    spec.loader.exec_module(locks)
    path = KeptWhileOpen(tmp_path / "lock")
    with locks.holding(path):
        assert locks.acquire_lock(path) is None
        assert locks.is_held(path)
    assert not path.exists()
    descriptor = locks.acquire_lock(path)
    assert descriptor is not None
    os.close(descriptor)
    locks.remove_unheld(path)
    assert not path.exists()
