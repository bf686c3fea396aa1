"""The certificates units seal with: root -> county CA -> school leaf, P-256, in one directory.

`cryptography` writes them; sign.py and verify.py read them. The directory holds:

    root.pem  root.key       the county's own root; `export_root` moves root.key away for good
    county.pem  county.key   the CA that issues schools' certificates
    CODE.pem  CODE.key       one leaf per unit that seals (a school, or the county itself)
    evidence.pem  evidence.key   the county's key that evidence.bin is encrypted to

Keys are PKCS#8 under a passphrase, mode 0600; evidence.pem is the public half. A leaf names its
unit by code in the subject's serialNumber, so that a verifier can tell one school's seal from
another's.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.problems import ProblemError, Where
from sync_server import whole_file
from sync_server.crypto.subjects import name_attributes, name_in
from sync_server.sealing import key_files

ROOT_YEARS, COUNTY_YEARS, LEAF_YEARS = 20, 10, 3
"""Validity of the three levels: a school's key is renewed long before its CA's."""
BACKDATED = timedelta(minutes=5)
"""Certificates begin this much earlier, for verifiers whose clock is a little slow."""
TAKEN = ("root", "county", "evidence")
"""Names in the directory that are no unit's."""
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_AREA_CODE = re.compile(r"[1-9][0-9]{5}")
"""An administrative division: the code of a county's own leaf, and of no school's."""


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate and where its key lies; `key` is missing once it was exported."""

    code: str
    name: str
    certificate: Path
    key: Path


def create_root(keys_dir: Path, name: str, passphrase: str, now: datetime) -> Issued:
    """Make the root certificate that verifiers pin.

    Args:
        keys_dir: the directory of certificates; made when missing.
        name: the name in the certificate.
        passphrase: encrypts the key; at least 8 characters.
        now: the real clock, timezone-aware.

    Returns:
        The certificate and its key file.

    Raises:
        ProblemError: certs.exists, certs.passphrase.
    """
    return _issue(
        keys_dir,
        "root",
        subject_of(name, "root"),
        passphrase,
        now,
        issuer="",
        years=ROOT_YEARS,
        path_length=1,
    )


def issue_county(keys_dir: Path, name: str, passphrase: str, now: datetime) -> Issued:
    """Make the county CA under the root, and the county's evidence key beside it.

    Args:
        keys_dir: the directory of certificates.
        name: the name in the certificate.
        passphrase: of the root's key, and of the new keys.
        now: the real clock, timezone-aware.

    Returns:
        The certificate and its key file.

    Raises:
        ProblemError: certs.exists, certs.missing (no root, or its key was exported),
            certs.bad_passphrase, certs.passphrase.
    """
    made = _issue(
        keys_dir,
        "county",
        subject_of(name, "county-ca"),
        passphrase,
        now,
        "root",
        years=COUNTY_YEARS,
        path_length=0,
    )
    if not (keys_dir / "evidence.pem").exists():  # it stays where the county CA is made anew
        create_evidence_key(keys_dir, passphrase)
    return made


def issue_unit(keys_dir: Path, code: str, name: str, passphrase: str, now: datetime) -> Issued:
    """Make the leaf that a unit (a school or the county) seals with.

    Args:
        keys_dir: the directory of certificates.
        code: the unit's code; it goes into the subject's serialNumber.
        name: the unit's name.
        passphrase: of the county CA's key, and of the new key.
        now: the real clock, timezone-aware.

    Returns:
        The certificate and its key file.

    Raises:
        ProblemError: certs.exists, certs.bad_code, certs.missing, certs.bad_passphrase,
            certs.passphrase.
    """
    if not _CODE.fullmatch(code) or code in TAKEN:
        raise ProblemError("certs.bad_code", unit=code)
    return _issue(
        keys_dir,
        code,
        subject_of(name, code),
        passphrase,
        now,
        "county",
        years=LEAF_YEARS,
        path_length=None,
    )


def create_evidence_key(keys_dir: Path, passphrase: str) -> Path:
    """Make the P-256 key that evidence.bin is encrypted to, or the public half that it lacks.

    Args:
        keys_dir: the directory of certificates.
        passphrase: encrypts the private half; at least 8 characters.

    Returns:
        The file of the public half, evidence.pem.

    Raises:
        ProblemError: certs.exists, certs.passphrase, certs.bad_passphrase.
    """
    public, private = keys_dir / "evidence.pem", keys_dir / "evidence.key"
    if public.exists():
        raise ProblemError("certs.exists", where=Where(file=public.name), unit="evidence")
    if private.exists():
        new = public.with_name(public.name + key_files.NEW)
        key_files.write_private(new, key_files.public_pem(load_key(private, passphrase)))
        return new.rename(public)
    key = ec.generate_private_key(ec.SECP256R1())
    pem, own = key_files.public_pem(key), key_files.key_pem(key, passphrase)
    key_files.store(keys_dir, "evidence", own, pem)
    return public


def export_root(keys_dir: Path, dest: Path) -> Path:
    """Move the root's private key to another place; the certificate stays for verifiers.

    The key is written and synced at its new place before the old file is deleted, so a full USB
    stick loses nothing.

    Args:
        keys_dir: the directory of certificates.
        dest: a folder, such as a USB stick's, or the new file.

    Returns:
        The new file.

    Raises:
        ProblemError: certs.missing, certs.exists.
    """
    source = keys_dir / "root.key"
    if not source.exists():
        raise ProblemError("certs.missing", where=Where(file=source.name), unit="root")
    target = dest / "root.key" if dest.is_dir() else dest
    key = source.read_bytes()
    if target.exists() and target.read_bytes() != key:
        raise ProblemError("certs.exists", where=Where(file=target.name), unit="root")
    whole_file.write_once(
        target, lambda: key
    )  # there already where a kill came before the next line
    source.unlink()
    return target


def load_key(path: Path, passphrase: str) -> ec.EllipticCurvePrivateKey:
    """Read a P-256 private key from its PKCS#8 file.

    Args:
        path: the key file.
        passphrase: empty for a key without one.

    Returns:
        The key.

    Raises:
        ProblemError: certs.missing, certs.bad_passphrase, certs.not_p256.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ProblemError("certs.missing", where=Where(file=path.name), unit=path.stem) from error
    try:
        key = serialization.load_pem_private_key(data, passphrase.encode() or None)
    except (ValueError, TypeError) as error:
        raise ProblemError("certs.bad_passphrase", where=Where(file=path.name)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ProblemError("certs.not_p256", where=Where(file=path.name))
    return key


def load_certificate(path: Path) -> x509.Certificate:
    """Read a certificate from its PEM file.

    Args:
        path: the certificate file.

    Returns:
        The certificate.

    Raises:
        ProblemError: certs.missing, certs.unreadable.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ProblemError("certs.missing", where=Where(file=path.name), unit=path.stem) from error
    try:
        return x509.load_pem_x509_certificate(data)
    except ValueError as error:
        raise ProblemError("certs.unreadable", where=Where(file=path.name)) from error


def name_of(certificate: x509.Certificate) -> str:
    """Return the name in a certificate, whole."""
    return name_in(certificate.subject)


def unit_code(certificate: x509.Certificate) -> str:
    """Return the code of a certificate's unit: the subject's serialNumber, "" without one."""
    found = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    return str(found[0].value) if found else ""


def is_countys(code: str) -> bool:
    """Return whether a leaf with this code is a county's own: only that one speaks for the county.

    Every leaf is under the county CA, a school's too; a school's must not give receipts, sign a
    bundle's list or seal a county's report.
    """
    return _AREA_CODE.fullmatch(code) is not None


def subject_of(name: str, code: str) -> x509.Name:
    """Return the subject of a certificate: the unit's name, and its code as serialNumber."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            *name_attributes(name),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, code),
        ]
    )


def _issue(
    keys_dir: Path,
    stem: str,
    subject: x509.Name,
    passphrase: str,
    now: datetime,
    issuer: str,
    *,
    years: int,
    path_length: int | None,
) -> Issued:
    """Issue one certificate; `issuer` is the file stem of the signing CA, "" for the root."""
    certificate_path, key_path = keys_dir / f"{stem}.pem", keys_dir / f"{stem}.key"
    if certificate_path.exists() or key_path.exists():
        raise ProblemError("certs.exists", where=Where(file=certificate_path.name), unit=stem)
    key = ec.generate_private_key(ec.SECP256R1())
    signing = load_key(keys_dir / f"{issuer}.key", passphrase) if issuer else key
    parent = load_certificate(keys_dir / f"{issuer}.pem") if issuer else None
    ends = now + timedelta(days=365 * years)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(parent.subject if parent else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(min(ends, parent.not_valid_after_utc) if parent else ends)
    )
    builder = with_extensions(builder, key.public_key(), signing.public_key(), path_length)
    certificate = builder.sign(signing, hashes.SHA256())
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    key_files.store(keys_dir, stem, key_files.key_pem(key, passphrase), pem)
    return Issued(code=stem, name=name_in(subject), certificate=certificate_path, key=key_path)


def with_extensions(
    builder: x509.CertificateBuilder,
    own: ec.EllipticCurvePublicKey,
    issuer: ec.EllipticCurvePublicKey,
    path_length: int | None,
) -> x509.CertificateBuilder:
    """Add extensions: a CA may only sign certificates, a leaf only documents.

    Source: RFC 5280 §4.2.1.3, §4.2.1.9.
    """
    authority = path_length is not None
    usage = x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        builder.add_extension(
            x509.BasicConstraints(ca=authority, path_length=path_length), critical=True
        )
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
    )


class Signer(msgspec.Struct, frozen=True, kw_only=True):
    """A unit's leaf, its key and the CA above it; the root is not embedded."""

    code: str
    certificate: Path
    key: Path
    authority: Path
    passphrase: str

    def __repr__(self) -> str:
        """Show the code only, never the passphrase."""
        return f"Signer({self.code!r})"


def signer_of(keys_dir: Path, code: str, passphrase: str) -> Signer:
    """Return the signer of a unit from the files of a certificate directory."""
    return Signer(
        code=code,
        certificate=keys_dir / f"{code}.pem",
        key=keys_dir / f"{code}.key",
        authority=keys_dir / "county.pem",
        passphrase=passphrase,
    )
