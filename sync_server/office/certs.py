"""The county's certificates: root and county CA made once, one for each unit at its first seal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.problems import ProblemError
from sync_server.disk_errors import disk_problems
from sync_server.file_lock import holding
from sync_server.office import made_keys
from sync_server.sealing import certificates, key_files, renewal, withdrawn
from sync_server.services import Services
from sync_server.store import seasons, units, withdrawn_lists


def folder(services: Services) -> Path:
    """Return the folder of keys and certificates."""
    return services.settings.path("keys")


def passphrase(services: Services) -> str:
    """Return the passphrase of the server's key files."""
    return services.settings.secret("passphrase")


def lock(services: Services) -> Path:
    """Return the lock that whoever changes certificates holds."""
    return services.settings.path("claims") / "certificates"


@contextmanager
def changing(services: Services) -> Iterator[None]:
    """Let nobody else change certificates, in this process or another, on any machine."""
    with holding(lock(services)), made_keys.changing(services):
        yield


def ensure(services: Services, unit: str) -> str:
    """Make the certificate of a unit, and root and county CA above it, where they do not exist.

    Two that need the first one at once wait for each other; what a killed process left half made is
    completed.

    Args:
        services: The server's services.
        unit: A school code; "" is the county.

    Returns:
        The code that names the unit's certificate files.

    Raises:
        ProblemError: unit.unknown; certs.missing when the CA's key is not on this machine;
            disk.full, disk.broken.
    """
    season = services.database.read(lambda c: seasons.get(c, services.season))
    head = season.letterhead
    code, name = unit or head.area_code, head.centre
    if unit:
        row = services.database.read(lambda c: units.unit(c, services.season, unit))
        if row is None:
            raise ProblemError("unit.unknown", unit=unit)
        name = row.name
    with disk_problems(), changing(services):
        _put_away_withdrawn(services, code)
        _make_missing(services, head.centre, code, name)
    return code


def _put_away_withdrawn(services: Services, code: str) -> None:
    """Make room for a new certificate where the one in force was withdrawn, or is half replaced."""
    keys = folder(services)
    path, county = keys / f"{code}.pem", keys / "county.pem"
    if not (path.exists() and county.exists()):
        return
    row = services.database.read(withdrawn_lists.newest)
    listed = withdrawn.read(row.body, certificates.load_certificate(county)) if row else None
    is_listed = listed is not None and listed.find(certificates.load_certificate(path)) is not None
    if is_listed or renewal.unfinished(keys, code):
        renewal.put_away(keys, code)


def _make_missing(services: Services, centre: str, code: str, name: str) -> None:
    keys, secret, now = folder(services), passphrase(services), services.settings.real_now()
    key_files.finish_interrupted(keys)
    if not (keys / "root.pem").exists():
        certificates.create_root(keys, f"{centre} 根证书", secret, now)
    if not (keys / "county.pem").exists():
        certificates.issue_county(keys, centre, secret, now)
    if not (keys / "evidence.pem").exists():
        certificates.create_evidence_key(keys, secret)
    if not (keys / f"{code}.pem").exists():
        certificates.issue_unit(keys, code, name, secret, now)
    elif (keys / "county.key").exists():  # else the name stays: the code is what counts
        if not renewal.holds(keys, code, now):
            renewal.renew_unit(keys, code, name, secret, now)
        renewal.rename_unit(keys, code, name, secret, now)


def root_pem(services: Services) -> bytes:
    """Return the root certificate (PEM) that verifiers trust.

    Raises:
        ProblemError: certs.missing before the first seal.
    """
    path = folder(services) / "root.pem"
    if not path.exists():
        raise ProblemError("certs.missing", unit="root")
    return path.read_bytes()
