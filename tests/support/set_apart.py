"""Records that a server sets apart: made for it, and the rows it keeps of them."""

from __future__ import annotations

from typing import Any

from shared import wire
from shared.digest import link, sha256_hex
from sync_server.services import Services
from sync_server.store import tables as t
from sync_server.store.database import Connection
from tests.support.devices import RawPhone, fact_bytes


def rows(services: Services) -> dict[str, dict[str, Any]]:
    """Every row of the quarantine by device and hash, as text."""

    def job(connection: Connection) -> dict[str, dict[str, Any]]:
        found = connection.execute(t.quarantine.select()).mappings()
        return {f"{row['device']} {row['sha256']}": dict(row) for row in found}

    return services.database.read(job)


def key(phone: RawPhone, data: bytes) -> str:
    return f"{phone.device} {sha256_hex(data)}"


def unknown_case(note: str = "") -> bytes:
    """A sound record that is refused: the school does not have its case."""
    body = {"met": "self", "outcome": "promised", "note": note}
    return fact_bytes("01a20960-0000-7752-9a34-72f9d769fbf4", body=body)


def forked(phone: RawPhone, data: bytes) -> wire.PushedFact:
    """A record whose link continues another chain."""
    return phone.packed(data, phone.n, link(b"\1" * 32, sha256_hex(data)))
