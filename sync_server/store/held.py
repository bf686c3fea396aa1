"""Which facts the ledger holds, asked by hash."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from shared.wire import ReceiptLine
from sync_server.store import devices
from sync_server.store import tables as t
from sync_server.store.devices import Device


def held(connection: Connection, device: Device, hashes: Sequence[str]) -> list[ReceiptLine]:
    """Return a receipt line for each of these facts that came from a phone of this teacher."""
    f = t.fact.c
    query = (
        select(f.sha256, f.id, f.seq)
        .where(f.device.in_(devices.same_teacher_ever(connection, device)), f.unit == device.unit)
        .where(f.sha256.in_(list(dict.fromkeys(hashes))))
        .order_by(f.seq)
    )
    return [ReceiptLine(sha256=r.sha256, id=r.id, seq=r.seq) for r in connection.execute(query)]
