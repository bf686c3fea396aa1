"""A certificate from elsewhere for the county's own domain: checked, then kept in keys/https/.

Key and certificates lie in one file, server.pem, mode 0600, inside the backup.
"""

from __future__ import annotations

import ssl
from datetime import datetime
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from shared.problems import ProblemError
from sync_server import whole_file
from sync_server.settings import Settings

NAME = "server.pem"
_PUBLIC = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate kept: the names it is for, until when, and its file."""

    names: list[str]
    until: datetime
    file: Path


def file_of(settings: Settings) -> Path:
    """Return where the county's certificate lies, if there is one."""
    return (settings.keys_dir or settings.data_dir / "keys") / "https" / NAME


def read(file: Path) -> Given | None:
    """Read the certificate kept; None without one.

    Raises:
        ProblemError: tls.given_unreadable.
    """
    if not file.is_file():
        return None
    leaf = _certificates(file.read_bytes())[0]
    return Given(names=_names(leaf), until=leaf.not_valid_after_utc, file=file)


def keep(file: Path, certificate: bytes, key: bytes, host: str, now: datetime) -> Given:
    """Check a certificate and its key, and keep both in place of an earlier one.

    Args:
        file: where to keep them.
        certificate: PEM, the server's own first, then those above it.
        key: PEM of its private key, without a passphrase.
        host: the host name that phones open.
        now: the real clock, timezone-aware.

    Returns:
        What is kept.

    Raises:
        ProblemError: tls.given_unreadable, tls.key_unreadable, tls.key_other, tls.not_for_host,
            tls.not_now.
    """
    leaf, private = _certificates(certificate)[0], _private(key)
    if leaf.public_key().public_bytes(*_PUBLIC) != private.public_key().public_bytes(*_PUBLIC):
        raise ProblemError("tls.key_other")
    if not covers(_names(leaf), host):
        raise ProblemError("tls.not_for_host", host=host, names="、".join(_names(leaf)) or "–")
    first, last = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    if not first <= now < last:
        raise ProblemError("tls.not_now", first=f"{first:%Y-%m-%d}", last=f"{last:%Y-%m-%d}")
    _write(file, key.strip() + b"\n" + certificate.strip() + b"\n")
    return Given(names=_names(leaf), until=last, file=file)


def covers(names: list[str], host: str) -> bool:
    """Return whether a host is named, itself or by a wildcard over its first label."""
    wanted = host.lower().rstrip(".")
    above = f"*.{wanted.partition('.')[2]}"
    return any(name.lower() in (wanted, above) for name in names)


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise ProblemError("tls.given_unreadable") from error


def _private(pem: bytes) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:  # TypeError: it has a passphrase
        raise ProblemError("tls.key_unreadable") from error


def _names(leaf: x509.Certificate) -> list[str]:
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in found]


def _write(file: Path, pem: bytes) -> None:
    """Put the file in place once the TLS library takes it, too."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = whole_file.write_beside(file, pem)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(fresh)
    except ssl.SSLError as error:
        fresh.unlink()
        raise ProblemError("tls.given_unreadable") from error
    fresh.replace(file)
    whole_file.flush(file.parent)
