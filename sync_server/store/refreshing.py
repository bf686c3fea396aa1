"""What the writer does beside its jobs, as one: kept standings and search terms."""

from __future__ import annotations

from sqlalchemy import Connection

from sync_server.store.writer import Refresher


class Every:
    """Several that refresh, each in turn."""

    def __init__(self, *each: Refresher) -> None:
        self._each = each

    def with_group(self, connection: Connection) -> bool:
        """Let each refresh in the transaction of a group; return whether anything is left."""
        more = [one.with_group(connection) for one in self._each]
        return any(more)

    def in_pause(self, connection: Connection) -> bool:
        """Let each refresh some of what is left; return whether there is more."""
        more = [one.in_pause(connection) for one in self._each]
        return any(more)
