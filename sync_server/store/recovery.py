"""One-time recovery codes for phones whose PIN is forgotten; each is for one phone."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from shared.clock import has_ended
from shared.problems import ProblemError
from sync_server.store import tables as t
from sync_server.store.devices import LONGEST_CODE, REVOKED, Device, by_id, hashed

AGAIN = timedelta(minutes=10)
"""How long the phone that used a code may repeat its request, in case the answer was lost."""


def issue_code(connection: Connection, device: Device, *, expires_at: datetime) -> str:
    """Create an 8-digit code, replacing an earlier one. Raises ProblemError device.revoked."""
    if device.state == REVOKED:
        raise ProblemError("device.revoked")
    connection.execute(t.recovery_code.delete().where(t.recovery_code.c.device == device.id))
    code = f"{secrets.randbelow(10**8):08d}"
    row = {
        "code_hash": _hashed(device.id, code),
        "season": device.season,
        "device": device.id,
        "expires_at": expires_at.isoformat(),
    }
    connection.execute(t.recovery_code.insert(), row)
    return code


def redeem(
    connection: Connection, device_id: str, code: str, point: str, now: datetime
) -> tuple[Device, bool]:
    """Return the phone a code is for, and whether this is its first use.

    The same point may ask again within AGAIN. Raises: ProblemError recover.code_invalid (unknown,
    used, expired or another phone's alike), device.revoked.
    """
    where = t.recovery_code.c.code_hash == _hashed(device_id, code)
    found = connection.execute(select(t.recovery_code).where(where)).mappings().first()
    if found is None or has_ended(found["expires_at"], now, longest=LONGEST_CODE):
        raise ProblemError("recover.code_invalid")
    first = not found["used_at"]
    if not first and (found["point"] != point or has_ended(found["used_at"], now - AGAIN)):
        raise ProblemError("recover.code_invalid")
    device = by_id(connection, device_id)
    if device.state == REVOKED:
        raise ProblemError("device.revoked")
    if first:
        connection.execute(
            update(t.recovery_code).where(where).values(used_at=now.isoformat(), point=point)
        )
    return device, first


def _hashed(device_id: str, code: str) -> str:
    return hashed(f"{device_id}|{code}")
