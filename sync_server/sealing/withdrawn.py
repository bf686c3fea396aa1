"""The county's signed list of what is withdrawn: an X.509 CRL, numbered, only ever longer.

Each entry has the certificate's serial number, the reason, when it was put on the list, and since
when it is not valid (RFC 5280 §5.3.2): the two differ where a loss is noticed late. `cryptography`
writes and reads it; Windows opens the file by itself. Withdrawn bulletins and receipts stand in an
extension of our own, which is not critical: a reader that does not know it takes the certificates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

import msgspec
from asn1crypto import core
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

FILE_NAME = "作废证书清单.crl"
MOST_BYTES = 1 << 20
NEXT_UPDATE = timedelta(days=365 * 10)
"""A list must name a day of the next one; ours comes with each withdrawal, on no day known before,
so this one is far off and nothing is judged by it."""

DOCUMENTS = x509.ObjectIdentifier("2.25.147697365110290525630669214869196926521")
"""The extension with withdrawn documents: a UTF8String of JSON. Its number is a UUID (X.667)."""

Reason = Literal["stolen", "lost", "replaced", "closed"]
"""Why: others may have the key; nobody has it any more; it has a successor; the unit is gone."""
REASONS: tuple[Reason, ...] = get_args(Reason)
FLAGS: dict[Reason, x509.ReasonFlags] = {
    "stolen": x509.ReasonFlags.key_compromise,
    "lost": x509.ReasonFlags.privilege_withdrawn,
    "replaced": x509.ReasonFlags.superseded,
    "closed": x509.ReasonFlags.cessation_of_operation,
}
REASON_WORDS: dict[Reason, str] = {
    "stolen": "密钥可能在别人手里",
    "lost": "密钥丢失，没有了",
    "replaced": "已换新证书",
    "closed": "单位撤销",
}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A withdrawn certificate: its serial number, since when it is not valid, and why."""

    serial: int
    since: datetime
    listed_at: datetime
    reason: Reason

    @property
    def exposed(self) -> bool:
        """Return whether others may have the key: then its own signing time proves nothing."""
        return self.reason == "stolen"


class Document(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A withdrawn bulletin, or a withdrawn receipt.

    Attributes:
        kind: Which of the two; a later version may name others, which this one leaves alone.
        sha256: Of the sealed file, hex: of a receipt that of the file it was for.
        number: The bulletin's or the receipt's number.
        at: When it was withdrawn (ISO).
    """

    kind: str
    sha256: str
    number: int
    at: str


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """A list: its number, when it was signed, its entries, and the documents it names."""

    number: int
    signed_at: datetime
    entries: tuple[Entry, ...] = ()
    documents: tuple[Document, ...] = ()

    def bulletin(self, sha256: str) -> Document | None:
        """Return the entry of a sealed bulletin."""
        found = (one for one in self.documents if one.kind == "bulletin")
        return next((one for one in found if one.sha256 == sha256), None)

    def receipt(self, sha256: str, number: int) -> Document | None:
        """Return the entry of a receipt, by the file it is for and its number."""
        found = (one for one in self.documents if one.kind == "receipt")
        return next((one for one in found if (one.sha256, one.number) == (sha256, number)), None)

    def find(self, certificate: x509.Certificate) -> Entry | None:
        """Return the entry of a certificate."""
        serial = certificate.serial_number
        return next((one for one in self.entries if one.serial == serial), None)


def sign(
    entries: Sequence[Entry],
    number: int,
    county: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    documents: Sequence[Document] = (),
) -> bytes:
    """Sign a list with the county CA's key.

    Args:
        entries: every withdrawn certificate.
        number: greater than that of every list before.
        county: the county CA's certificate.
        key: its key.
        now: the real clock, timezone-aware.
        documents: every withdrawn bulletin and receipt.

    Returns:
        The CRL, DER.
    """
    issuer = county.public_key()
    if not isinstance(issuer, ec.EllipticCurvePublicKey):
        raise TypeError("a county CA has a P-256 key")
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(county.subject)
        .last_update(now)
        .next_update(now + NEXT_UPDATE)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
    )
    for entry in sorted(entries, key=lambda one: (one.listed_at, one.serial)):
        since = entry.since.astimezone(UTC).replace(tzinfo=None)
        revoked = (
            x509.RevokedCertificateBuilder()
            .serial_number(entry.serial)
            .revocation_date(entry.listed_at)
            .add_extension(x509.CRLReason(FLAGS[entry.reason]), critical=False)
            .add_extension(x509.InvalidityDate(since), critical=False)
        )
        builder = builder.add_revoked_certificate(revoked.build())
    if documents:
        text = msgspec.json.encode(sorted(documents)).decode()
        value = x509.UnrecognizedExtension(DOCUMENTS, core.UTF8String(text).dump())
        builder = builder.add_extension(value, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def issued_by(data: bytes, county: x509.Certificate) -> bool:
    """Return whether a list names this county and its key as its signer, be it true or not.

    A county CA that was made anew has the same name; lists of the one before are not its own.
    """
    try:
        crl = x509.load_der_x509_crl(data)
        named = crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        own = county.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    return crl.issuer == county.subject and named.key_identifier == own.digest


def read(data: bytes, county: x509.Certificate) -> Withdrawn | None:
    """Return a list; None unless the county CA signed it.

    Args:
        data: the CRL, DER.
        county: the county CA's certificate; whoever reads checks that it is under the pinned root.
    """
    key = county.public_key()
    if len(data) > MOST_BYTES or not isinstance(key, ec.EllipticCurvePublicKey):
        return None
    try:
        crl = x509.load_der_x509_crl(data)
        if crl.issuer != county.subject or not crl.is_signature_valid(key):
            return None
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        entries = tuple(map(_entry, crl))
        return Withdrawn(
            number=number,
            signed_at=crl.last_update_utc,
            entries=entries,
            documents=_documents(crl.extensions),
        )
    except (
        ValueError,
        TypeError,
        InvalidSignature,
        msgspec.MsgspecError,
        x509.ExtensionNotFound,
    ):
        return None


def newest(lists: Iterable[bytes], county: x509.Certificate) -> Withdrawn | None:
    """Return the list with the greatest number of those that the county CA signed."""
    found = (read(data, county) for data in lists)
    return max((one for one in found if one), key=lambda one: one.number, default=None)


def _documents(extensions: x509.Extensions) -> tuple[Document, ...]:
    """Read the documents of a list; none of one that names none. Raises: ValueError."""
    for extension in extensions:
        if extension.oid == DOCUMENTS and isinstance(extension.value, x509.UnrecognizedExtension):
            text = str(core.UTF8String.load(extension.value.value, strict=True).native)
            return msgspec.json.decode(text, type=tuple[Document, ...])
    return ()


def _entry(one: x509.RevokedCertificate) -> Entry:
    """Read an entry; one without a reason counts as the gravest, one without a day from always."""
    named: dict[x509.ReasonFlags, Reason] = {flag: reason for reason, flag in FLAGS.items()}
    reason: Reason = "stolen"
    since = one.revocation_date_utc
    for extension in one.extensions:
        if isinstance(extension.value, x509.CRLReason):
            reason = named.get(extension.value.reason, "stolen")
        elif isinstance(extension.value, x509.InvalidityDate):
            since = extension.value.invalidity_date_utc
    return Entry(
        serial=one.serial_number, since=since, listed_at=one.revocation_date_utc, reason=reason
    )
