"""Phones: enrolled by a one-time code, confirmed by the liaison, revoked when lost."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shared import enrol_link, spelling
from shared.problems import ProblemError
from shared.season import china_day
from sync_server.crypto import tls
from sync_server.office import qr_code
from sync_server.office.phone_address import host_of, phone_address
from sync_server.services import Services
from sync_server.store import audit, device_days, devices, going_on, seasons, units
from sync_server.store.database import Connection


class IssuedCode(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time enrolment code.

    Attributes:
        code: 8 digits to type.
        url: The link that carries the code.
        expires_at: When it ends (UTC ISO, real clock).
        teacher: The teacher's name.
        unit_name: The school's name.
        qr_svg: The link as a QR code.
        fingerprint: SHA-256 of the server's own root, to compare by eye; "" where phones trust the
            certificate anyway.
        only_here: Whether the link opens on the server's own computer alone.
    """

    code: str
    url: str
    expires_at: str
    teacher: str
    unit_name: str
    qr_svg: str
    fingerprint: str = ""
    only_here: bool = False


def issue(services: Services, unit: str, teacher: str, *, who: str, origin: str = "") -> IssuedCode:
    """Issue a code for a teacher of a school; the teacher is created when the name is new.

    Args:
        services: The server's services.
        unit: The school code.
        teacher: The teacher's name.
        who: The account that does it, for the audit trail.
        origin: How the office reached this server, for the link where no public address is set.

    Raises:
        ProblemError: unit.unknown, fact.field_missing (no name), enrol.address_local,
            staff.name_left, staff.name_merged.
    """
    if not (name := spelling.name(teacher)):
        raise ProblemError("fact.field_missing", field="老师姓名")
    settings = services.settings
    address = phone_address(settings, origin)

    def job(connection: Connection) -> tuple[str, str, str]:
        row = units.at_work(connection, services.season, unit)
        days = seasons.get(connection, services.season).limits.enrol_code_days
        expires = settings.real_now() + devices.code_lifetime(days)
        code, staff = devices.issue_code(
            connection, services.season, unit, name, expires_at=expires
        )
        audit.note(
            connection, at=settings.now_text(), who=who, action="phone.code", ref=staff, unit=unit
        )
        return code, expires.isoformat(), row.name

    code, expires_at, unit_name = services.change(job)
    place = tls.folder(settings)
    pin = tls.pin_for(place, host_of(address.url)) if address.url.startswith("https:") else ""
    url = enrol_link.write(enrol_link.EnrolLink(url=address.url, code=code, pin=pin))
    return IssuedCode(
        code=code,
        url=url,
        expires_at=expires_at,
        teacher=name,
        unit_name=unit_name,
        qr_svg=qr_code.svg(url),
        fingerprint=tls.served(place).root_fingerprint if pin else "",
        only_here=address.only_here,
    )


def confirm(services: Services, device_id: str, *, who: str) -> None:
    """Confirm a phone that the liaison recognised; it may sync from now on.

    So does one that went on into this season: it may take the new list.

    A stopped one stays stopped, though the page still showed it as waiting.

    Raises:
        ProblemError: device.unknown, device.office, device.stopped, season.closed,
            season.preparing.
    """
    services.database.write(lambda c: _confirm(c, services, device_id, who))


def confirm_all(services: Services, unit: str, device_ids: Sequence[str], *, who: str) -> int:
    """Confirm again the phones that a liaison saw listed, of those that went on into this season.

    One that was stopped meanwhile, enrolled anew, or of a teacher who left stays as it is.

    Args:
        services: The server's services.
        unit: The school.
        device_ids: The phones that were shown.
        who: The account that does it, for the audit trail.

    Returns:
        How many were confirmed.

    Raises:
        ProblemError: season.closed, season.preparing.
    """

    def job(connection: Connection) -> int:
        waiting = going_on.waiting(connection, services.season, unit)
        shown = [one for one in waiting if one in device_ids]
        return sum(_confirm(connection, services, one, who) for one in shown)

    return services.database.write(job)


def _confirm(connection: Connection, services: Services, device_id: str, who: str) -> bool:
    """Confirm a phone that waits; False where it was confirmed before."""
    settings = services.settings
    device = devices.phone(connection, device_id)
    seasons.check_open(connection, device.season, china_day(settings.now()))
    if not devices.confirm(connection, device_id, settings.real_now()):
        return False  # pressed twice
    audit.note(
        connection,
        at=settings.now_text(),
        who=who,
        action="phone.confirm",
        ref=device_id,
        unit=device.unit,
    )
    return True


def bring(services: Services, unit: str, device_id: str, *, who: str) -> None:
    """Take a phone that stayed in the season before into this one, and confirm it.

    Its teacher is of this school again, or the school is in this season by now, or was merged into
    this one.

    Raises:
        ProblemError: device.unknown, season.closed, season.preparing, staff.name_left,
            unit.unknown, school.retired.
    """

    def job(connection: Connection) -> None:
        season = services.season
        if any(p.id == device_id for p in devices.of_unit(connection, season, unit)):
            return  # pressed twice
        stays = {one.device: one for one in going_on.staying(connection, season)}
        found = stays.get(device_id)
        if found is None or found.unit != unit:
            raise ProblemError("device.unknown")
        units.at_work(connection, season, unit)
        going_on.bring(connection, found, season)
        _confirm(connection, services, device_id, who)

    services.change(job)


def accept_more(services: Services, device_id: str, *, who: str) -> None:
    """Let a phone that somebody has looked at send more records that are set apart.

    Raises:
        ProblemError: device.unknown, device.office.
    """

    def job(connection: Connection) -> None:
        device = devices.phone(connection, device_id)
        if not device_days.accept_more(connection, device_id):
            return  # pressed twice
        audit.note(
            connection,
            at=services.settings.now_text(),
            who=who,
            action="phone.accept_more",
            ref=device_id,
            unit=device.unit,
        )

    services.database.write(job)


def revoke(services: Services, device_id: str, *, who: str) -> None:
    """Stop a phone; nothing it sent is lost.

    Raises:
        ProblemError: device.unknown, device.office.
    """
    settings = services.settings

    def job(connection: Connection) -> None:
        device = devices.phone(connection, device_id)
        if not devices.revoke(connection, device_id):
            return  # pressed twice
        audit.note(
            connection,
            at=settings.now_text(),
            who=who,
            action="phone.revoke",
            ref=device_id,
            unit=device.unit,
        )

    services.database.write(job)
