"""`DOORSTEP_TEST_FILES=s3`: every server of the tests with its files below a prefix of its own in one SeaweedFS.

A data folder's prefix is named for the folder's path, and a note in the folder says which it is. In a folder that was
copied the note names another's: its files are copied. Files that lie in the folder itself, such as those of an earlier
version, move into the store when it is first opened.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from sync_server.files.folder_store import FolderStore
from sync_server.files.opening import open_store
from sync_server.files.protocol import FileStore
from sync_server.settings import Settings
from tests.support import seaweedfs
from tests.support.engine_path import started_too

FILES = os.environ.get("DOORSTEP_TEST_FILES", "")
_NOTE = ".files-of-tests"


def on_s3() -> bool:
    """Whether the servers of this run keep their files in S3."""
    return FILES == "s3"


@contextmanager
def store_of_run() -> Iterator[None]:
    """The SeaweedFS of a whole run: begun by the process that hears the workers, found by all others."""
    if not on_s3() or seaweedfs.OF_RUN in os.environ:
        yield
        return
    with seaweedfs.running() as server:
        os.environ.update({seaweedfs.OF_RUN: server.endpoint, **server.environment()})
        started_too()
        yield
        del os.environ[seaweedfs.OF_RUN]


def use() -> None:
    """Let the settings of this process name S3 where they would name the data folder."""
    if on_s3():
        Settings.files = property(lambda settings: settings.files_url or url_of(settings.data_dir))


def url_of(folder: Path) -> str:
    """The address of a data folder's files, which are brought there if need be."""
    prefix = "f" + sha256(str(folder).encode()).hexdigest()[:20]
    url, note = f"s3://{seaweedfs.BUCKET}/{prefix}", folder / _NOTE
    if not folder.is_dir():
        return url
    noted = note.read_text() if note.exists() else ""
    if noted != prefix:
        target = open_store(url, folder)
        target.delete_all(_shared()[0])
        if noted:
            _copy(open_store(f"s3://{seaweedfs.BUCKET}/{noted}", folder), target)
        _copy(FolderStore(folder), target)
        for name in (*_shared(), "uploads"):
            shutil.rmtree(folder / name, ignore_errors=True)
        note.write_text(prefix)
        note.chmod(0o600)
    return url


def bytes_of(folder: Path) -> bytes:
    """All bytes of a data folder's files, where those lie in S3."""
    if not on_s3():
        return b""
    store = open_store(url_of(folder), folder)
    places = (*_shared(), "uploads", "tmp")
    return b"".join(store.read(one.key) for name in places for one in store.below(name))


def _shared() -> tuple[str, ...]:
    from sync_server.office.kept_files import SHARED  # what walks the pages alone loads no office

    return SHARED


def _copy(source: FileStore, target: FileStore) -> None:
    for name in (*_shared(), "uploads"):
        for found in list(source.below(name)):
            target.put(found.key, source.read(found.key))


about_folder: Callable[[str], pytest.MarkDecorator] = pytest.mark.about_folder
"""A test of files as they lie in the data folder; the reason says what S3 has instead."""


def leave_out(items: list[pytest.Item]) -> None:
    """On S3, skip what is about the data folder, with its reason on screen."""
    for item in items if on_s3() else ():
        if (found := item.get_closest_marker("about_folder")) is not None:
            item.add_marker(pytest.mark.skip(reason=f"about the data folder: {found.args[0]}"))
