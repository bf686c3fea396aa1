"""What one push adds: facts, their photos and feed lines, collected and written together.

Until it is written nobody else sees it; its place in the feed is certain, because the school's
counter is locked from the first number taken.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from shared.records.base import Fact
from sync_server.store import cases, feed
from sync_server.store import tables as t
from sync_server.store.devices import Device
from sync_server.store.prepared import inserting
from sync_server.store.received_fact import ReceivedFact

_FACTS, _PHOTOS = inserting(t.fact), inserting(t.fact_photo)


class NewRows:
    """The rows of a push, before they are written."""

    def __init__(self, connection: Connection, received_at: str) -> None:
        self._connection = connection
        self._received_at = received_at
        self._feeds = feed.Appender(connection)
        self._facts: list[dict[str, Any]] = []
        self._photos: list[dict[str, Any]] = []
        self._data: dict[str, bytes] = {}

    def add(self, item: ReceivedFact, fact: Fact, device: Device, *, tray: bool) -> int:
        """Add a fact; return its sequence in the feed of the device's school."""
        seq = self._feeds.add(device.unit, feed.Line(kind="fact", ref=fact.id))
        self._facts.append(
            {
                "id": fact.id,
                "season": fact.season,
                "unit": device.unit,
                "device": device.id,
                "n": item.n,
                "link": item.link,
                "sig": item.sig,
                "sha256": item.sha256,
                "data": item.data,
                "kind": fact.kind,
                "case_id": fact.case,
                "happened_at": fact.happened_at,
                "received_at": self._received_at,
                "seq": seq,
                "tray": tray,
                "visited_by": fact.paper.visited_by if fact.paper else "",
            }
        )
        self._photos += (
            {"fact_id": fact.id, "sha256": sha, "unit": device.unit}
            for sha in dict.fromkeys(fact.photos)
        )
        self._data[fact.id] = item.data
        return seq

    def bytes_of(self, fact_id: str) -> bytes | None:
        """Return the bytes of a fact that this push adds."""
        return self._data.get(fact_id)

    def write(self) -> None:
        """Write the facts, and the lines that announce them."""
        if self._facts:
            _FACTS.run_each(self._connection, self._facts)
        if self._photos:
            _PHOTOS.run_each(self._connection, self._photos)
        self._facts, self._photos = [], []
        self._feeds.write()

    def announce(self, touched: dict[str, str]) -> None:
        """Announce changed cases, each to the school it is with (`touched`: by case), and write."""
        versions = {
            case: self._feeds.add(unit, feed.Line(kind="case", ref=case))
            for case, unit in sorted(touched.items(), key=lambda one: one[1])
            if unit
        }
        self.write()
        cases.set_versions(self._connection, versions)
