"""A file system of its own that is full after so many bytes: a tmpfs, whose size is changed while it is mounted."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PAGE_BYTES = 4096
"""A tmpfs counts in pages."""
AMPLE_BYTES = 256 << 20


@contextmanager
def small_disk(place: Path, size_bytes: int = AMPLE_BYTES) -> Iterator[Path]:
    """Mount it; where that is not permitted the test is skipped by a name that says so."""
    place.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={size_bytes},mode=700", "tmpfs", str(place)]
    done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(
            f"NOT PROVED ON A FULL DISK: mounting a tmpfs is not permitted here ({done.stderr.strip()})"
        )
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True, capture_output=True)


def used_bytes(place: Path) -> int:
    """What lies on the disk."""
    found = os.statvfs(place)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def leave(place: Path, room_bytes: int) -> None:
    """Leave room for so many more bytes; a page at least, for a size of 0 has no end."""
    resize(place, max(PAGE_BYTES, used_bytes(place) + room_bytes))


def resize(place: Path, size_bytes: int) -> None:
    """Change its size."""
    command = ["mount", "-o", f"remount,size={size_bytes}", str(place)]
    subprocess.run(command, check=True, capture_output=True)
