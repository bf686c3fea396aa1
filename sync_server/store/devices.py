"""Phones: one-time codes, enrolment, confirmation by name, tokens (stored hashed), revocation."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, func, select, update

from shared.clock import has_ended
from shared.digest import GENESIS
from shared.problems import ProblemError
from sync_server.store import tables as t
from sync_server.store.ids import new_id
from sync_server.store.rows import as_struct
from sync_server.store.units import put_teacher

State = Literal["pending", "confirmed", "revoked"]
"""A phone waits for the liaison, may send, or may no longer."""
PENDING: Final = "pending"
CONFIRMED: Final = "confirmed"
REVOKED: Final = "revoked"
LONGEST_CODE = timedelta(days=31)
"""A code that ends later was given out by a clock that was ahead (season.limits.enrol_code_days is
30 at most)."""
TOKEN_PREFIX = "ds1_"  # noqa: S105 - a prefix for leak scanners, not a secret


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A phone, with its school and teacher; `n` and `link` are the head of its chain."""

    id: str
    season: str
    unit: str
    staff: str
    name: str
    public_key: bytes
    state: State
    n: int
    link: bytes
    enrolled_at: str = ""
    seen_at: str = ""


def hashed(secret: str) -> str:
    """sha256 of a high-entropy secret: what is stored of tokens and codes."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue_code(
    connection: Connection, season: str, unit: str, teacher: str, *, expires_at: datetime
) -> tuple[str, str]:
    """Create an 8-digit code for a teacher, replacing an unused one; return (code, staff id)."""
    staff = put_teacher(connection, season, unit, teacher)
    open_codes = (t.enrol_code.c.staff == staff) & (t.enrol_code.c.used_at == "")
    connection.execute(t.enrol_code.delete().where(open_codes))
    code = f"{secrets.randbelow(10**8):08d}"
    connection.execute(
        t.enrol_code.insert(),
        {
            "code_hash": hashed(code),
            "season": season,
            "unit": unit,
            "staff": staff,
            "expires_at": expires_at.isoformat(),
        },
    )
    return code, staff


def enrol(
    connection: Connection, code: str, public_key: bytes, name: str, now: datetime
) -> tuple[Device, str]:
    """Trade a code and a public key for a token. The same key again keeps its device and its chain.

    Raises: ProblemError enrol.code_invalid (unknown, used or expired: one answer for all three).
    """
    where = t.enrol_code.c.code_hash == hashed(code)
    found = connection.execute(select(t.enrol_code).where(where)).mappings().first()
    if (
        found is None
        or found["used_at"]
        or has_ended(found["expires_at"], now, longest=LONGEST_CODE)
    ):
        raise ProblemError("enrol.code_invalid")
    connection.execute(update(t.enrol_code).where(where).values(used_at=now.isoformat()))
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    values = {
        "season": found["season"],
        "unit": found["unit"],
        "staff": found["staff"],
        "name": name,
        "token_hash": hashed(token),
        "state": PENDING,
        "enrolled_at": now.isoformat(),
        "confirmed_at": "",
    }
    known = connection.execute(
        select(t.device.c.id).where(t.device.c.public_key == public_key)
    ).scalar()
    if known:
        connection.execute(update(t.device).where(t.device.c.id == known).values(**values))
    else:
        known = new_id()
        connection.execute(
            t.device.insert(),
            {"id": known, "public_key": public_key, "n": 0, "link": GENESIS, **values},
        )
    return by_id(connection, known), token


def by_id(connection: Connection, device_id: str) -> Device:
    """A device. Raises: ProblemError device.unknown."""
    row = connection.execute(select(t.device).where(t.device.c.id == device_id)).mappings().first()
    if row is None:
        raise ProblemError("device.unknown")
    return as_struct(row, Device)


def by_token(connection: Connection, token: str) -> Device:
    """The phone that holds a token. Raises: ProblemError auth.required, device.revoked."""
    row = (
        connection.execute(select(t.device).where(t.device.c.token_hash == hashed(token)))
        .mappings()
        .first()
    )
    if row is None:
        raise ProblemError("auth.required")
    if row["state"] == REVOKED:
        raise ProblemError("device.revoked")
    return as_struct(row, Device)


def of_unit(connection: Connection, season: str, unit: str) -> list[Device]:
    """A school's phones in order of enrolment."""
    where = (t.device.c.season == season) & (t.device.c.unit == unit)
    return [
        as_struct(r, Device)
        for r in connection.execute(
            select(t.device).where(where).order_by(t.device.c.id)
        ).mappings()
    ]


def confirm(connection: Connection, device_id: str, now: datetime) -> None:
    """The liaison recognised the phone by its teacher's name."""
    values = {"state": CONFIRMED, "confirmed_at": now.isoformat()}
    connection.execute(update(t.device).where(t.device.c.id == device_id).values(**values))


def revoke(connection: Connection, device_id: str) -> None:
    """Stop a phone; what it had sent stays, its number of records is kept as its chain's head."""
    connection.execute(update(t.device).where(t.device.c.id == device_id).values(state=REVOKED))


def code_lifetime(days: int) -> timedelta:
    """How long a code lives (season.limits.enrol_code_days)."""
    return timedelta(days=days)


def count_confirmed(connection: Connection, season: str) -> int:
    """Return how many phones of a season are confirmed."""
    c = t.device.c
    query = select(func.count()).where(c.season == season, c.state == CONFIRMED)
    return connection.execute(query).scalar() or 0


def any_enrolled(connection: Connection) -> bool:
    """Return whether any phone was ever enrolled here, in whatever season."""
    return connection.execute(select(t.device.c.id).limit(1)).first() is not None
