"""Certify a unit again: under another name, for more years, with its key or a new one.

A sealed file holds the certificate it was sealed with, and a verifier tells units apart by code, so
what was sealed before verifies as it did. Every certificate before is kept beside the one in force,
as CODE-SERIAL.replaced. Whoever calls holds the lock on the certificates.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from shared.problems import ProblemError
from sync_server import whole_file
from sync_server.crypto.subjects import name_in
from sync_server.sealing import certificates
from sync_server.sealing.certificates import (
    BACKDATED,
    COUNTY_YEARS,
    LEAF_YEARS,
    load_certificate,
    load_key,
)

COUNTY = "county"
WITHIN = timedelta(days=60)
"""From so long before its end a certificate is to be renewed."""


def rename_unit(keys_dir: Path, code: str, name: str, passphrase: str, now: datetime) -> None:
    """Certify the key of a unit under another name.

    Args:
        keys_dir: the directory of certificates.
        code: the unit's code.
        name: the unit's new name.
        passphrase: of the county CA's key.
        now: the real clock, timezone-aware.

    Raises:
        ProblemError: certs.missing, certs.bad_passphrase.
    """
    if name_in(load_certificate(keys_dir / f"{code}.pem").subject) != name:
        renew_unit(keys_dir, code, name, passphrase, now)


def renew_unit(keys_dir: Path, code: str, name: str, passphrase: str, now: datetime) -> None:
    """Certify the key of a unit for more years; the new certificate takes its place in one step.

    A kill leaves the one or the other, with their one key.

    Args:
        keys_dir: the directory of certificates.
        code: the unit's code.
        name: the unit's name.
        passphrase: of the county CA's key.
        now: the real clock, timezone-aware.

    Raises:
        ProblemError: certs.missing, certs.bad_passphrase.
    """
    subject = certificates.subject_of(name, code)
    _again(keys_dir, code, subject, passphrase, now, COUNTY, LEAF_YEARS, None)


def holds(keys_dir: Path, code: str, now: datetime) -> bool:
    """Return whether a unit's certificate holds now.

    It does not where nobody renewed it in time, or where it was made while the clock was ahead.
    """
    one = load_certificate(keys_dir / f"{code}.pem")
    return one.not_valid_before_utc <= now < one.not_valid_after_utc


def renew_county(keys_dir: Path, passphrase: str, now: datetime) -> None:
    """Certify the county CA's key for more years; the root's key must be back for it.

    Name and key stay, so leaves and lists signed before hold up to the new one too.

    Args:
        keys_dir: the directory of certificates.
        passphrase: of the root's key.
        now: the real clock, timezone-aware.

    Raises:
        ProblemError: certs.missing, certs.bad_passphrase.
    """
    subject = load_certificate(keys_dir / "county.pem").subject
    _again(keys_dir, COUNTY, subject, passphrase, now, "root", COUNTY_YEARS, 0)


def _again(
    keys_dir: Path,
    stem: str,
    subject: x509.Name,
    passphrase: str,
    now: datetime,
    issuer: str,
    years: int,
    path_length: int | None,
) -> None:
    path = keys_dir / f"{stem}.pem"
    before, parent = load_certificate(path), load_certificate(keys_dir / f"{issuer}.pem")
    signing = load_key(keys_dir / f"{issuer}.key", passphrase)
    own = load_key(keys_dir / f"{stem}.key", passphrase).public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(parent.subject)
        .public_key(own)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(min(now + timedelta(days=365 * years), parent.not_valid_after_utc))
    )
    builder = certificates.with_extensions(builder, own, signing.public_key(), path_length)
    pem = builder.sign(signing, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    _keep(keys_dir, stem, before)
    whole_file.write(path, pem)


def _keep(keys_dir: Path, stem: str, certificate: x509.Certificate) -> None:
    kept = keys_dir / f"{stem}-{certificate.serial_number:x}.replaced"
    whole_file.write_once(kept, lambda: certificate.public_bytes(serialization.Encoding.PEM))


def put_away(keys_dir: Path, code: str) -> None:
    """Keep a unit's certificate as replaced and destroy its key: the next one has a new key.

    The key goes first: a kill leaves a certificate without a key, which `unfinished` finds.

    Args:
        keys_dir: the directory of certificates.
        code: the unit's code.
    """
    path = keys_dir / f"{code}.pem"
    if path.exists():
        _keep(keys_dir, code, load_certificate(path))
    (keys_dir / f"{code}.key").unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    whole_file.flush(keys_dir)


def unfinished(keys_dir: Path, code: str) -> bool:
    """Return whether `put_away` was killed: a certificate that is kept as replaced has no key."""
    path = keys_dir / f"{code}.pem"
    if not path.exists() or (keys_dir / f"{code}.key").exists():
        return False
    serial = load_certificate(path).serial_number
    return (keys_dir / f"{code}-{serial:x}.replaced").exists()


def units(keys_dir: Path) -> list[str]:
    """Return the codes of the units that have a certificate in force; other files lie there too."""
    return [
        path.stem
        for path in sorted(keys_dir.glob("*.pem"))
        if path.stem not in certificates.TAKEN and _is_units(path)
    ]


def _is_units(path: Path) -> bool:
    try:
        return certificates.unit_code(load_certificate(path)) == path.stem
    except ProblemError:  # a public key of another kind
        return False


def every(keys_dir: Path, code: str) -> list[x509.Certificate]:
    """Return all certificates that a unit had: the one in force first, where there is one."""
    places = [keys_dir / f"{code}.pem", *sorted(keys_dir.glob(f"{code}-*.replaced"))]
    found = [load_certificate(path) for path in places if path.exists()]
    own = [one for one in found if certificates.unit_code(one) == _named(code)]
    return list({one.serial_number: one for one in own}.values())


def _named(stem: str) -> str:
    return "county-ca" if stem == COUNTY else stem
