"""What the writer would settle in its next pause, settled now: a test that compares rows begins there."""

from __future__ import annotations

from sync_server.services import Services
from sync_server.store import school_days


def settle(services: Services) -> None:
    settles = services.database.writer._settles
    while settles is not None and services.database.write(settles.in_pause):
        pass
    while services.database.write(school_days.settle):  # which the writer does now and then
        pass
