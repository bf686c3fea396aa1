"""HTTPS for an office without a domain: a root for one address, and the server's certificate.

Takes a host name or IP addresses; writes files into keys/tls/ (inside the backup, so that a
restored server is the one its phones know):

    ca.pem  ca.key     the root, P-256, ten years, mode 0600 for the key
    server.pem         the server's key and certificate in one file, 0600, at most 397 days,
                       renewed under the same root

The root's name constraints are critical: whoever steals ca.key can pretend to be this one address
and nobody else.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from shared.problems import ProblemError
from shared.wire import b64
from sync_server import whole_file
from sync_server.crypto.host_names import general_name, one_computer, too_broad
from sync_server.crypto.subjects import name_attributes
from sync_server.settings import Settings

ROOT_LIFE = timedelta(days=3650)
LEAF_LIFE = timedelta(days=397)
"""Chrome and Safari refuse certificates of a longer life (CA/Browser Forum, ballot SC31)."""
RENEW_WITHIN = timedelta(days=30)
BACKDATED = timedelta(minutes=5)
"""Certificates begin this much earlier, for phones whose clock is a little slow."""
NOBODY = "invalid"
"""A name that no host has (RFC 6761).

Permitting it alone forbids every name; some readers refuse an empty constraint.
"""
LEAF_NAME = "Doorstep server"
"""The common name of the server's certificate, deliberately not a host name.

Where a certificate names only IPs, OpenSSL takes a common name that looks like a host for one.
"""
ROOT, ROOT_KEY, SERVER = "ca.pem", "ca.key", "server.pem"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """The certificates in use.

    `names`: hosts and IPs they are for. Fingerprints are SHA-256 of the DER, in groups of four hex
    digits.
    """

    names: list[str]
    root_fingerprint: str
    fingerprint: str
    root_until: datetime
    until: datetime
    file: Path

    @property
    def below(self) -> bool:
        """Whether the root also covers names below a host, as a name constraint always does.

        Source: RFC 5280 §4.2.1.10.
        """
        return not all(isinstance(general_name(name), x509.IPAddress) for name in self.names)


def folder(settings: Settings) -> Path:
    """Return where the root and the server's certificate lie."""
    return settings.key_file("tls")


def init(place: Path, host: str, ips: Sequence[str], now: datetime) -> Served:
    """Make the root and the first certificate.

    Args:
        place: the folder to make; it must not hold a root yet.
        host: the host name or IP that phones open.
        ips: further IP addresses.
        now: the real clock, timezone-aware.

    Returns:
        The certificates made.

    Raises:
        ProblemError: tls.exists, tls.bad_host, tls.nowhere, tls.too_broad.
    """
    if (place / ROOT).exists():
        raise ProblemError("tls.exists", folder=str(place))
    names = [one_computer(text) for text in dict.fromkeys((host, *ips))]
    if not all(isinstance(name, x509.IPAddress) for name in names[1:]):
        raise ProblemError("tls.bad_host", host=", ".join(ips))
    if too_broad(str(names[0].value)):
        raise ProblemError("tls.too_broad", host=host)
    key = ec.generate_private_key(ec.SECP256R1())
    root = _root(names, key, now)
    # whole or not at all: a kill does not leave half a root
    making = place.with_name(f"{place.name}.{secrets.token_hex(4)}{whole_file.SUFFIX}")
    making.mkdir(parents=True, mode=0o700)
    _write(making / ROOT_KEY, _pem(key))
    _write(making / ROOT, root.public_bytes(serialization.Encoding.PEM))
    _write(making / SERVER, _leaf(root, key, names, now))
    try:
        making.rename(place)
    except OSError as error:
        shutil.rmtree(making, ignore_errors=True)
        if (place / ROOT).exists():  # two at once: the first one's stays
            raise ProblemError("tls.exists", folder=str(place)) from error
        raise
    whole_file.flush(place.parent)
    return served(place)


def renew(place: Path, now: datetime) -> Served:
    """Make a new key and certificate of the server under the same root; phones notice nothing.

    Args:
        place: the folder of the certificates.
        now: the real clock, timezone-aware.

    Returns:
        The certificates in use from now on.

    Raises:
        ProblemError: tls.missing.
    """
    root = _certificate(place / ROOT)
    try:
        key = serialization.load_pem_private_key((place / ROOT_KEY).read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise ProblemError("tls.missing", file=ROOT_KEY) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ProblemError("tls.missing", file=ROOT_KEY)
    names = list(
        _certificate(place / SERVER)
        .extensions.get_extension_for_class(x509.SubjectAlternativeName)
        .value
    )
    whole_file.write(place / SERVER, _leaf(root, key, names, now))
    return served(place)


def served(place: Path) -> Served:
    """Read the certificates in a folder.

    Args:
        place: the folder of the certificates.

    Returns:
        What they are for and until when.

    Raises:
        ProblemError: tls.missing.
    """
    root, leaf = _certificate(place / ROOT), _certificate(place / SERVER)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return Served(
        names=[str(name.value) for name in names],
        root_fingerprint=fingerprint(_der(root)),
        fingerprint=fingerprint(_der(leaf)),
        root_until=root.not_valid_after_utc,
        until=leaf.not_valid_after_utc,
        file=place / SERVER,
    )


def root_der(place: Path) -> bytes | None:
    """Return the root as phones fetch it (/ca.crt); None where there is none."""
    return _der(_certificate(place / ROOT)) if (place / ROOT).is_file() else None


def fingerprint(der: bytes) -> str:
    """Return the SHA-256 in 16 groups of four digits, to compare by eye."""
    digits = hashlib.sha256(der).hexdigest().upper()
    return " ".join(digits[at : at + 4] for at in range(0, 64, 4))


def pin_for(place: Path, host: str) -> str:
    """Return the root's sha256 for the QR code, unpadded base64url.

    It is "" when the root does not cover `host`.
    """
    der = root_der(place)
    if der is None or not _named(place, host):
        return ""
    return b64(hashlib.sha256(der).digest())


def fits(place: Path, url: str) -> bool:
    """Return whether phones that open `url` are shown a certificate for it."""
    parts = urlsplit(url)
    return parts.scheme == "https" and _named(place, parts.hostname or "")


def put_aside(place: Path, now: datetime) -> None:
    """Move a root that no phone knows yet out of the way; it is not deleted."""
    aside = place.with_name(f"{place.name}.until-{now:%Y%m%d%H%M%S}")
    while aside.exists():  # two within a second
        aside = aside.with_name(f"{aside.name}-")
    place.rename(aside)


def _named(place: Path, host: str) -> bool:
    """Return whether the certificate names a host; Chinese letters are compared as punycode."""
    try:
        return str(general_name(host).value) in served(place).names
    except ProblemError as error:
        if error.code != "tls.bad_host":
            raise
        return False


def _constraints(names: Sequence[x509.GeneralName]) -> x509.NameConstraints:
    """Permit these names and no other.

    What has no constraint of its kind is free (RFC 5280 §4.2.1.10), so each kind gets one.
    """
    hosts = [name for name in names if isinstance(name, x509.DNSName)]
    addresses = [
        x509.IPAddress(_only(name.value)) for name in names if isinstance(name, x509.IPAddress)
    ]
    no_address = [x509.IPAddress(ipaddress.ip_network(every)) for every in ("0.0.0.0/0", "::/0")]
    return x509.NameConstraints(
        permitted_subtrees=[*(hosts or [x509.DNSName(NOBODY)]), *addresses],
        excluded_subtrees=None if addresses else no_address,
    )


def _only(address: object) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(str(address))


def _root(
    names: Sequence[x509.GeneralName], key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.Certificate:
    subject = _subject(f"上门 {names[0].value}")
    ski = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        _builder(subject, subject, key.public_key(), now, now + ROOT_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(_constraints(names), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(ski, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski), critical=False
        )
        .sign(key, hashes.SHA256())
    )


def _leaf(
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    names: Sequence[x509.GeneralName],
    now: datetime,
) -> bytes:
    """Make the server's new key and its certificate, PEM one behind the other."""
    key = ec.generate_private_key(ec.SECP256R1())
    ski = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    until = min(now - BACKDATED + LEAF_LIFE, root.not_valid_after_utc)
    certificate = (
        _builder(_subject(LEAF_NAME), root.subject, key.public_key(), now, until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski), critical=False
        )
        .sign(root_key, hashes.SHA256())
    )
    return _pem(key) + certificate.public_bytes(serialization.Encoding.PEM)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    until: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(until)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(name: str) -> x509.Name:
    return x509.Name(name_attributes(name))


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ProblemError("tls.missing", file=path.name) from error


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes) -> None:
    with whole_file.private(path) as file:
        file.write(data)
