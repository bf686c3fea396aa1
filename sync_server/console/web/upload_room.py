"""Refuse forms with files before they are read, where the disk has room for records only."""

from __future__ import annotations

from typing import Any

from litestar import Request

from sync_server.console.web.access import console_state
from sync_server.office import disk_room


def check_room(request: Request[Any, Any, Any]) -> None:
    """Check the room for a form with files by the length it announces.

    Raises:
        ProblemError: disk.low.
    """
    if not request.headers.get("content-type", "").startswith("multipart/"):
        return
    length = request.headers.get("content-length", "")
    disk_room.check(console_state(request).services, int(length) if length.isdecimal() else 0)
