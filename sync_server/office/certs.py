"""The county's certificates: root and county CA made once, one for each unit at its first seal."""

from __future__ import annotations

from pathlib import Path

from shared.problems import ProblemError
from sync_server.sealing import certificates
from sync_server.services import Services
from sync_server.store import seasons, units


def folder(services: Services) -> Path:
    """Return the folder of keys and certificates."""
    return services.settings.path("keys")


def passphrase(services: Services) -> str:
    """Return the passphrase of the server's key files."""
    return services.settings.secret("passphrase")


def ensure(services: Services, unit: str) -> str:
    """Make the certificate of a unit, and root and county CA above it, where they do not exist.

    Args:
        services: The server's services.
        unit: A school code; "" is the county.

    Returns:
        The code that names the unit's certificate files.

    Raises:
        ProblemError: unit.unknown; certs.missing when the CA's key is not on this machine.
    """
    settings, keys, secret = services.settings, folder(services), passphrase(services)
    season = services.database.read(lambda c: seasons.get(c, services.season))
    head, now = season.letterhead, settings.real_now()
    if not (keys / "root.pem").exists():
        certificates.create_root(keys, f"{head.centre} 根证书", secret, now)
    if not (keys / "county.pem").exists():
        certificates.issue_county(keys, head.centre, secret, now)
    code, name = unit or head.area_code, head.centre
    if unit:
        row = services.database.read(lambda c: units.unit(c, services.season, unit))
        if row is None:
            raise ProblemError("unit.unknown", unit=unit)
        name = row.name
    if not (keys / f"{code}.pem").exists():
        certificates.issue_unit(keys, code, name, secret, now)
    return code


def root_pem(services: Services) -> bytes:
    """Return the root certificate (PEM) that verifiers trust.

    Raises:
        ProblemError: certs.missing before the first seal.
    """
    path = folder(services) / "root.pem"
    if not path.exists():
        raise ProblemError("certs.missing", unit="root")
    return path.read_bytes()
