"""Recovery codes: a phone whose PIN is forgotten gets its data key back.

The phone had encrypted its data key for the server (shared/box.py escrow_of) and kept that box; the
server keeps none. It opens the box once, encrypts the key for the point that asks, and notes it in
the audit trail.
"""

from __future__ import annotations

import msgspec

from shared.box import RECOVERY, Box, escrow_of
from shared.problems import ProblemError
from shared.wire import RecoverReply, RecoverRequest, b64, unb64
from sync_server.crypto.encryption import decrypt_box, encrypt_box
from sync_server.crypto.keys import is_point
from sync_server.services import Services
from sync_server.store import audit, devices, recovery, seasons, units
from sync_server.store.database import Connection

KEY_BYTES = 32
"""A phone's data key is an AES-256 key."""


class IssuedRecovery(msgspec.Struct, frozen=True, kw_only=True):
    """A recovery code: 8 digits; `expires_at` is UTC ISO (real clock)."""

    code: str
    expires_at: str
    teacher: str
    phone: str


def issue(services: Services, device_id: str, *, who: str) -> IssuedRecovery:
    """Issue a recovery code for one phone; it lives as long as an enrolment code.

    Raises:
        ProblemError: device.unknown, device.office, device.revoked.
    """
    settings = services.settings

    def job(connection: Connection) -> IssuedRecovery:
        device = devices.phone(connection, device_id)
        days = seasons.get(connection, device.season).limits.enrol_code_days
        expires = settings.real_now() + devices.code_lifetime(days)
        code = recovery.issue_code(connection, device, expires_at=expires)
        audit.note(
            connection,
            at=settings.now_text(),
            who=who,
            action="phone.recovery_code",
            ref=device_id,
            unit=device.unit,
        )
        teacher = units.staff_names(connection, device.season).get(device.staff, "")
        return IssuedRecovery(
            code=code, expires_at=expires.isoformat(), teacher=teacher, phone=device.name
        )

    return services.database.write(job)


def answer(connection: Connection, services: Services, asked: RecoverRequest) -> RecoverReply:
    """Return the phone's data key, encrypted for the point that asks.

    The caller's transaction is rolled back when this raises, so a refused request uses up no code.

    Raises:
        ProblemError: recover.code_invalid, device.revoked, recover.box_unreadable,
            request.unreadable.
    """
    point, box = _checked(asked)
    code = "".join(c for c in asked.code if c.isdecimal())
    now = services.settings.real_now()
    device, first = recovery.redeem(connection, asked.device, code, b64(point), now)
    try:
        data_key = decrypt_box(services.receipts, escrow_of(device.id), box)
    except ValueError as error:
        raise ProblemError("recover.box_unreadable") from error
    if len(data_key) != KEY_BYTES:
        raise ProblemError("recover.box_unreadable")
    if first:
        teacher = units.staff_names(connection, device.season).get(device.staff, "")
        audit.note(
            connection,
            at=services.settings.now_text(),
            who=teacher,
            action="phone.recover",
            ref=device.id,
            unit=device.unit,
        )
    return RecoverReply(box=encrypt_box(RECOVERY, point, data_key))


def _checked(asked: RecoverRequest) -> tuple[bytes, Box]:
    try:
        point = unb64(asked.point)
    except ValueError as error:
        raise ProblemError("request.unreadable") from error
    if not is_point(point):
        raise ProblemError("request.unreadable")
    return point, asked.box
