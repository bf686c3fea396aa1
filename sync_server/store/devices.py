"""Phones: one-time codes, enrolment, confirmation by name, tokens (stored hashed), revocation."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
from sqlalchemy import (
    CompoundSelect,
    Connection,
    RowMapping,
    Select,
    bindparam,
    case,
    func,
    select,
    union_all,
    update,
)

from shared.clock import has_ended
from shared.digest import GENESIS
from shared.problems import ProblemError
from sync_server.store import device_seasons, units
from sync_server.store import tables as t
from sync_server.store.device_seasons import PLACES
from sync_server.store.ids import new_id
from sync_server.store.prepared import Prepared
from sync_server.store.rows import as_struct
from sync_server.store.scope import Of, where

Kind = Literal["", "office"]
"""A phone, or the office of a school, which types in records from paper."""
OFFICE: Final = "office"
State = Literal["pending", "confirmed", "revoked"]
"""A phone waits for the liaison, may send, or may no longer."""
PENDING: Final = device_seasons.PENDING
CONFIRMED: Final = device_seasons.CONFIRMED
REVOKED: Final = device_seasons.REVOKED
LONGEST_CODE = timedelta(days=31)
"""A code that ends later was given out by a clock that was ahead (season.limits.enrol_code_days is
30 at most)."""
MAX_RENEWALS = 5
"""New keys of one phone that may wait for the liaison at a time: one for each copy of its data.
Those of its new keys count as its own."""
TOKEN_PREFIX = "ds1_"  # noqa: S105 - a prefix for leak scanners, not a secret


# Built once: making a statement costs more than running it, and every request of a phone runs them.
_OF_ID = select(t.device).where(t.device.c.id == bindparam("of_device"))
_OF_TOKEN = select(t.device).where(t.device.c.token_hash == bindparam("hash"))
_BY_ID, _LOCKED = Prepared(_OF_ID), Prepared(_OF_ID.with_for_update())
_BY_TOKEN, _TOKEN_LOCKED = Prepared(_OF_TOKEN), Prepared(_OF_TOKEN.with_for_update())


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A phone, with its school and teacher; `n` and `link` are the head of its chain.

    As read by id or token, season, school, teacher and state are those of now.

    `replaces`: the phone whose data this one had when it took a new key; "" for every other.
    `epoch`: of an office device, the history of the database that its chain belongs to.
    `seen_at`, `fetched_at`: when it was last heard of, and when it last had its whole list.
    """

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
    replaces: str = ""
    kind: Kind = ""
    epoch: str = ""
    fetched_at: str = ""

    @property
    def is_office(self) -> bool:
        """Whether a school's office signs with it what it types in from paper."""
        return self.kind == OFFICE

    @property
    def only_waits(self) -> bool:
        """Whether it is a new key of another phone that waits, and nothing came from it."""
        return self.replaces != "" and self.state == PENDING and self.n == 0


def hashed(secret: str) -> str:
    """sha256 of a high-entropy secret: what is stored of tokens and codes."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue_code(
    connection: Connection, season: str, unit: str, teacher: str, *, expires_at: datetime
) -> tuple[str, str]:
    """Create an 8-digit code for a teacher, replacing an unused one; return (code, staff id)."""
    staff = units.put_teacher(connection, season, unit, teacher)
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

    A key is one teacher's: what its phone sent stays that teacher's, so another teacher's code
    wants another key.

    Raises: ProblemError enrol.code_invalid (unknown, used or expired: one answer for all three),
    enrol.key_known.
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
    token = _new_token()
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
    known = _by_key(connection, public_key)
    if known is None:
        return by_id(connection, _insert(connection, public_key, values)), token
    if not _same_person(connection, known, found["season"], found["unit"], found["staff"]):
        raise ProblemError("enrol.key_known")
    device_seasons.go(connection, known.id, values, noted=known.staff != "")
    device_seasons.set_state(connection, known.id, PENDING)
    return by_id(connection, known.id), token


def renew(
    connection: Connection, before: Device, public_key: bytes, token: str, now: datetime
) -> tuple[Device, str]:
    """Give a phone a new key. It is stored as another phone of the teacher, with a new chain.

    The phone before stays as it is. One that is such a phone itself, waits and never sent anything
    keeps its row, which gets the new key: nobody has to look at the one before. The same key again,
    whose answer was lost, keeps its row.

    Args:
        connection: The writer's.
        before: The phone that asks, as it was when its signature was checked.
        public_key: The new key.
        token: What the phone before signs in with.
        now: The real time.

    Returns:
        The phone of the new key, and its token.

    Raises:
        ProblemError: device.unknown, device.revoked (this phone, or while it waits the one it
            takes the place of), auth.required (it has another key by now: another copy was
            faster), enrol.key_known, device.renewed_often.
    """
    _check_may_renew(connection, before)
    known = _by_key(connection, public_key)
    if before.only_waits and (known is None or known.id == before.id):
        _turn_to(connection, before, public_key)
        return by_id(connection, before.id), token
    token = _new_token()
    if known is not None:
        if not known.only_waits or known.replaces != before.id:
            raise ProblemError("enrol.key_known")
        connection.execute(
            update(t.device).where(t.device.c.id == known.id).values(token_hash=hashed(token))
        )
        return known, token
    if (count := _waiting(connection, before)) >= MAX_RENEWALS:
        raise ProblemError("device.renewed_often", count=count)
    values = {
        "season": before.season,
        "unit": before.unit,
        "staff": before.staff,
        "name": before.name,
        "token_hash": hashed(token),
        "state": PENDING,
        "enrolled_at": now.isoformat(),
        "confirmed_at": "",
        "replaces": before.id,
    }
    made = _insert(connection, public_key, values)
    device_seasons.copy(connection, before.id, made)
    return by_id(connection, made), token


def _check_may_renew(connection: Connection, before: Device) -> None:
    """Refuse a stopped phone, and one that waits in the place of a stopped one."""
    now = by_id(connection, before.id)
    stopped = now.state == REVOKED
    if now.only_waits:
        stopped = by_id(connection, now.replaces).state == REVOKED
    if stopped:
        raise ProblemError("device.revoked")
    if now.public_key != before.public_key:
        raise ProblemError("auth.required")


def _turn_to(connection: Connection, before: Device, public_key: bytes) -> None:
    c = t.device.c
    same = (c.id == before.id) & (c.state == PENDING) & (c.public_key == before.public_key)
    connection.execute(update(t.device).where(same).values(public_key=public_key))


def _waiting(connection: Connection, device: Device) -> int:
    """Return how many new keys of a phone wait, counted over all that go back to the same one."""
    first = device
    while first.replaces:
        first = by_id(connection, first.replaces)
    c, found, part = t.device.c, 0, [first.id]
    while part:
        query = select(c.id, c.state).where(c.replaces.in_(part))
        rows = connection.execute(query).all()
        found += sum(row.state == PENDING for row in rows)
        part = [row.id for row in rows]
    return found


def _new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def _insert(connection: Connection, public_key: bytes, values: dict[str, str]) -> str:
    made = new_id()
    connection.execute(
        t.device.insert(), {"id": made, "public_key": public_key, "n": 0, "link": GENESIS, **values}
    )
    return made


def _by_key(connection: Connection, public_key: bytes) -> Device | None:
    query = select(t.device).where(t.device.c.public_key == public_key)
    row = connection.execute(query).mappings().first()
    return None if row is None else as_struct(row, Device)


def _same_person(
    connection: Connection, device: Device, season: str, unit: str, staff: str
) -> bool:
    """Whether a phone's teacher is this one, in whatever season; after a purge anybody may be."""
    if device.season == season:
        return (device.unit, device.staff) == (unit, staff)
    known = device.staff
    return units.same_person(connection, known, staff) if known else device.unit == unit


def check_confirmed(connection: Connection, device_id: str) -> None:
    """Check, within the writer, that a phone may still read what its teacher may read.

    Raises: ProblemError device.unknown, device.revoked, device.unconfirmed, device.new_season.
    """
    device = by_id(connection, device_id)
    check_may_send(connection, device)
    if device.state != CONFIRMED:
        raise ProblemError("device.new_season")


def check_may_send(connection: Connection, device: Device) -> None:
    """Check that a phone may hand in records of some season: of this one or of one before.

    Raises: ProblemError device.revoked, device.unconfirmed.
    """
    if device.state == REVOKED:
        raise ProblemError("device.revoked")
    if device.state != CONFIRMED and not device_seasons.may_hand_in(connection, device.id):
        raise ProblemError("device.unconfirmed")


def places(connection: Connection, device_id: str) -> dict[str, Device]:
    """Return a device as it is and was, by season."""
    rows = device_seasons.rows(connection, device_id)
    return {row["season"]: as_struct(row, Device) for row in rows}


def in_season(connection: Connection, device_id: str, season: str) -> Device:
    """A device as it is or was in a season; as it is now, if it was never there."""
    return places(connection, device_id).get(season) or by_id(connection, device_id)


def same_teacher(device: Device) -> CompoundSelect[tuple[str]]:
    """Select the ids of all phones of this phone's teacher in its season and school."""
    c, p = t.device.c, t.device_season.c
    now, before = (
        (x.season == device.season) & (x.unit == device.unit) & (x.staff == device.staff)
        for x in (c, p)
    )
    return union_all(select(c.id).where(now, c.kind == ""), select(p.device).where(before))


def same_teacher_ever(connection: Connection, device: Device) -> Select[tuple[str]]:
    """Select the ids of all phones of this phone's teacher, of the seasons before, too."""
    return select(PLACES.c.id).where(device_seasons.of_person(connection, device.id))


def by_id(connection: Connection, device_id: str) -> Device:
    """A device. Raises: ProblemError device.unknown."""
    return _one(_BY_ID.first(connection, {"of_device": device_id}))


def locked(connection: Connection, device_id: str) -> Device:
    """A device whose row nobody else changes until COMMIT. Raises: ProblemError device.unknown."""
    return _one(_LOCKED.first(connection, {"of_device": device_id}))


def _one(row: RowMapping | None) -> Device:
    if row is None:
        raise ProblemError("device.unknown")
    return as_struct(row, Device)


def phone(connection: Connection, device_id: str) -> Device:
    """A phone. Raises: ProblemError device.unknown, device.office."""
    found = by_id(connection, device_id)
    if found.is_office:
        raise ProblemError("device.office")
    return found


def by_token(connection: Connection, token: str) -> Device:
    """The phone that holds a token. Raises: ProblemError auth.required, device.revoked."""
    return _holder(_BY_TOKEN.first(connection, {"hash": hashed(token)}))


def _holder(row: RowMapping | None) -> Device:
    if row is None:
        raise ProblemError("auth.required")
    if row["state"] == REVOKED:
        raise ProblemError("device.revoked")
    return as_struct(row, Device)


def locked_by_token(connection: Connection, token: str) -> Device:
    """The phone that holds a token, its row locked until COMMIT.

    Raises:
        ProblemError: auth.required, device.revoked.
    """
    return _holder(_TOKEN_LOCKED.first(connection, {"hash": hashed(token)}))


def of_unit(connection: Connection, season: str, unit: str) -> list[Device]:
    """A school's phones in a season, and its office devices, in order of enrolment."""
    where = (PLACES.c.season == season) & (PLACES.c.unit == unit)
    rows = connection.execute(select(PLACES).where(where).order_by(PLACES.c.id)).mappings()
    return [as_struct(row, Device) for row in rows]


class InUse(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmed phone of a season, with its teacher's name.

    `seen_at`: when it last sent or fetched something; `fetched_at`: when it last had all of its
    list.
    """

    id: str
    unit: str
    staff: str
    teacher: str
    name: str
    seen_at: str
    fetched_at: str
    confirmed_at: str


def in_use(connection: Connection, season: str, of: Of) -> list[InUse]:
    """Return the confirmed phones that are in a season now, of a school or a scope."""
    c = PLACES.c
    query = (
        select(PLACES, func.coalesce(t.staff.c.name, "").label("teacher"))
        .select_from(PLACES.outerjoin(t.staff, t.staff.c.id == c.staff))
        .where(c.season == season, c.kind == "", c.state == CONFIRMED, c.now_in == "")
        .where(where(c.unit, of))
        .order_by(c.unit, c.id)
    )
    return [as_struct(row, InUse) for row in connection.execute(query).mappings()]


def unheard(
    connection: Connection, season: str, of: Of, before: str, confirmed_before: str
) -> tuple[dict[str, int], list[tuple[str, str, bool]]]:
    """Count the same by school, of those that were last heard of before a moment (UTC text).

    Args:
        connection: The store.
        season: The season.
        of: A school or a scope.
        before: The moment, as rows have them.
        confirmed_before: That of phones that were never heard of, which count from when they were
            confirmed.

    Returns:
        How many by school, and beside them the few whose moment is not written as UTC: their
        school, that moment, and whether they were never heard of.
    """
    c = PLACES.c
    never = c.seen_at == ""
    at = case((never, c.confirmed_at), else_=c.seen_at)
    here = (c.season == season, c.kind == "", c.state == CONFIRMED, c.now_in == "")
    is_utc = at.endswith("+00:00", autoescape=True)
    early = at < case((never, confirmed_before), else_=before)
    counted = select(c.unit, func.count()).where(*here, where(c.unit, of), is_utc, early)
    others = select(c.unit, at, never).where(*here, where(c.unit, of), ~is_utc)
    return (
        {unit: int(n) for unit, n in connection.execute(counted.group_by(c.unit))},
        [(unit, moment, bool(is_new)) for unit, moment, is_new in connection.execute(others)],
    )


def heard(connection: Connection, device_id: str, now: str, *, before: str, whole: bool) -> bool:
    """Note that a phone asked for its list; False where that is known since `before` (UTC ISO).

    `whole`: it has all of it now. A phone that only sends, or hands a file over, has nothing new.
    """
    c = t.device.c
    column = c.fetched_at if whole else c.seen_at
    values = {"seen_at": now, "fetched_at": now} if whole else {"seen_at": now}
    earlier = (c.id == device_id) & (column < before)
    return connection.execute(update(t.device).where(earlier).values(**values)).rowcount > 0


def confirm(connection: Connection, device_id: str, now: datetime) -> bool:
    """Confirm a phone that waits: the liaison recognised it by its teacher's name.

    Returns: False where it was confirmed before.

    Raises: ProblemError device.unknown, device.stopped (its way back is a new code).
    """
    c, values = t.device.c, {"state": CONFIRMED, "confirmed_at": now.isoformat()}
    waits = (c.id == device_id) & (c.state == PENDING)
    if connection.execute(update(t.device).where(waits).values(**values)).rowcount:
        device_seasons.set_state(connection, device_id, CONFIRMED)
        return True
    if by_id(connection, device_id).state == REVOKED:
        raise ProblemError("device.stopped")
    return False


def revoke(connection: Connection, device_id: str) -> bool:
    """Stop a phone, whether it waits or may send; False where it was stopped before.

    What it had sent stays, its number of records is kept as its chain's head. Where it was the
    teacher's last phone, the people there are offered to others (store/teachers.py).
    """
    c = t.device.c
    running = (c.id == device_id) & (c.state != REVOKED)
    if not connection.execute(update(t.device).where(running).values(state=REVOKED)).rowcount:
        return False
    staff = by_id(connection, device_id).staff
    in_use = select(c.id).where(c.staff == staff, c.state != REVOKED).limit(1)
    if connection.execute(in_use).first() is None:
        of = t.staff.c
        open_one = (of.id == staff) & (of.offered == "") & (of.left_at == "")
        connection.execute(update(t.staff).where(open_one).values(offered="phone"))
    return True


def of_staff(connection: Connection, staff: str) -> list[str]:
    """Return the phones of a teacher that wait or may send."""
    c = t.device.c
    query = select(c.id).where(c.staff == staff, c.state != REVOKED).order_by(c.id)
    return list(connection.execute(query).scalars())


def code_lifetime(days: int) -> timedelta:
    """How long a code lives (season.limits.enrol_code_days)."""
    return timedelta(days=days)


def count_confirmed(connection: Connection, season: str) -> int:
    """Return how many phones of a season are confirmed."""
    c = PLACES.c
    query = select(func.count()).where(c.season == season, c.state == CONFIRMED, c.kind == "")
    return connection.execute(query).scalar() or 0


def any_enrolled(connection: Connection) -> bool:
    """Return whether any phone was ever enrolled here, in whatever season."""
    phones = select(t.device.c.id).where(t.device.c.kind == "").limit(1)
    return connection.execute(phones).first() is not None
