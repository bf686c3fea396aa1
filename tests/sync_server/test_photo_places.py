"""A stored photo is replaced only by bytes that are on the disk: also when two phones send it at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from sync_server.store import photo_files
from sync_server.store.photo_files import PhotoFiles

SHA256 = "ab" * 32


def test_two_at_once_never_put_bytes_in_memory_in_the_place_of_bytes_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, uploads = tmp_path / "photos", tmp_path / "uploads"
    (photos / "ab").mkdir(parents=True)
    uploads.mkdir()
    files = PhotoFiles(photos, uploads)
    on_disk: set[int] = set()
    unsafe: list[str] = []
    second = threading.Thread(target=lambda: files.store(uploads / "second", SHA256))
    flush, replace = photo_files._flush, Path.replace

    def noted(path: Path) -> None:
        if path.is_file():
            on_disk.add(path.stat().st_ino)
        flush(path)

    def slowly(source: Path, target: Path) -> Path:
        if source.name == "first":
            second.start()
            second.join(timeout=0.5)
        if target.exists() and source.stat().st_ino not in on_disk:
            unsafe.append(source.name)
        return replace(source, target)

    monkeypatch.setattr(photo_files, "_flush", noted)
    monkeypatch.setattr(Path, "replace", slowly)
    for name in ("first", "second"):
        (uploads / name).write_bytes(b"photo")
    files.store(uploads / "first", SHA256)
    second.join()
    assert unsafe == []
    assert [path.name for path in (photos / "ab").iterdir()] == [SHA256]
