"""One record judged or stored beside a phone's chain: taken by hand, or about to be typed in.

It goes through what a push goes through; the head of the chain stays as it is.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, func, select

from shared.records.base import Fact
from sync_server.store import tables as t
from sync_server.store.devices import Device
from sync_server.store.ledger import DevicePush
from sync_server.store.received_fact import ReceivedFact
from sync_server.store.resolution import ARRIVED


def content_problem(connection: Connection, device: Device, item: ReceivedFact, fact: Fact) -> str:
    """Return why a fact of this device is refused for what it says; "" when nothing is wrong."""
    judge = DevicePush(connection, device, "")
    judge.look_up([item])
    return judge.content_problem(item, fact)


def take(
    connection: Connection, device: Device, item: ReceivedFact, fact: Fact, received_at: str
) -> None:
    """Store a quarantined fact by hand, as one that arrives now; the device's chain stays as it is.

    A fact without a place in the chain gets a number below 0: it is in the ledger beside the chain.
    """
    f = t.fact.c
    if item.n <= 0:
        lowest = select(func.min(f.n)).where(f.device == device.id)
        item = msgspec.structs.replace(item, n=min(connection.execute(lowest).scalar() or 0, 0) - 1)
    by_hand = DevicePush(connection, device, received_at)
    by_hand.look_up([item])
    by_hand.put(item, fact)
    by_hand.resolve_waiting(item.sha256, ARRIVED)
    by_hand.announce()
