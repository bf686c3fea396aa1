"""Kept rows refreshed before a test compares rows, so that the writer changes none of them meanwhile."""

from __future__ import annotations

from sync_server.services import Services
from sync_server.store import school_days


def refresh(services: Services) -> None:
    refresher = services.database.writer._refresher
    while refresher is not None and services.database.write(refresher.in_pause):
        pass
    while services.database.write(school_days.refresh):  # which the writer does at intervals
        pass
