"""The certificates that are there, until when they hold, and their renewal before that."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from shared.problems import ProblemError
from sync_server.disk_errors import disk_problems
from sync_server.office import certs, withdrawals
from sync_server.sealing import certificates, renewal
from sync_server.services import Services
from sync_server.store import audit


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate in force.

    Attributes:
        code: The unit's code; "root" and "county" are the two above.
        name: The name in it.
        serial: Its serial number, hex.
        until: Its last moment.
        days_left: Whole days until then, 0 when it is over.
        due: Whether it is to be renewed now.
        has_key: Whether its key is on this computer.
        earlier: How many certificates the unit had before.
    """

    code: str
    name: str
    serial: str
    until: datetime
    days_left: int
    due: bool
    has_key: bool
    earlier: int = 0


def held(services: Services) -> list[Held]:
    """Return root and county first, then the units by code."""
    keys, now = certs.folder(services), services.settings.real_now()
    paths = [keys / f"{stem}.pem" for stem in ("root", renewal.COUNTY, *renewal.units(keys))]
    return [_held(path, now) for path in paths if path.exists()]


def _held(path: Path, now: datetime) -> Held:
    one = certificates.load_certificate(path)
    left = one.not_valid_after_utc - now
    earlier = 0 if path.stem == "root" else len(renewal.every(path.parent, path.stem)) - 1
    return Held(
        code=path.stem,
        name=certificates.name_of(one),
        serial=f"{one.serial_number:x}",
        until=one.not_valid_after_utc,
        days_left=max(0, left.days),
        due=left <= renewal.WITHIN,
        has_key=path.with_suffix(".key").exists(),
        earlier=max(0, earlier),
    )


def due(services: Services) -> list[Held]:
    """Return the certificates that are to be renewed now."""
    return [one for one in held(services) if one.due]


def renew(
    services: Services, code: str, *, who: str, new_key: bool = False, serial: str = ""
) -> Held:
    """Certify a unit, or the county CA ("county"), for more years.

    With the same key nothing else changes. With a new one the old key is destroyed; what it signed
    stays valid, for it was not withdrawn.

    Args:
        services: The server's services.
        code: The unit's code, or "county".
        who: Who does it, for the audit trail.
        new_key: Whether the unit gets a new key; the county CA keeps its own.
        serial: The serial number (hex) of the certificate that was shown; where another one is in
            force by now, nothing is done. "" is whichever is there.

    Raises:
        ProblemError: certs.missing (the certificate, or the key above it: for the county that is
            root.key, which may lie on a stick), certs.bad_passphrase, certs.county_key.
    """
    keys, secret = certs.folder(services), certs.passphrase(services)
    if code == renewal.COUNTY and new_key:
        raise ProblemError("certs.county_key")
    if code in certificates.TAKEN and code != renewal.COUNTY:
        raise ProblemError("certs.missing", unit=code)
    path, now = keys / f"{code}.pem", services.settings.real_now()
    with disk_problems(), certs.changing(services):
        if (listed := withdrawals.of_now(services)) is not None:
            withdrawals.finish(services, listed)
        if not path.exists() and (earlier := renewal.every(keys, code)):
            # the press before was killed, or the one in force was withdrawn
            last = max(earlier, key=lambda one: one.not_valid_before_utc)
            certificates.issue_unit(keys, code, certificates.name_of(last), secret, now)
            return _held(path, now)
        before = _held(path, now)
        if serial and serial != before.serial:
            return before
        if code == renewal.COUNTY:
            services.settings.check_keys_writable()
            renewal.renew_county(keys, secret, now)
        elif new_key:
            certificates.load_key(keys / "county.key", secret)  # before the old one is destroyed
            renewal.put_away(keys, code)
            certificates.issue_unit(keys, code, before.name, secret, now)
        else:
            renewal.renew_unit(keys, code, before.name, secret, now)
        after = _held(path, now)
    at = services.settings.now_text()
    services.database.write(
        lambda c: audit.note(c, at=at, who=who, action="certs.renew", ref=after.serial, detail=code)
    )
    return after
