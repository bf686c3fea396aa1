"""The county's signed statement that it accepted a sealed file, and when: a small JSON file.

There is no time-stamping authority, so a seal's own time is its signer's claim. The county
countersigns the moment it accepted the file; together with the chain of a school's seals that
bounds the claim (docs/threat-model.md). A verdict taken back withdraws the receipt: a statement of
its own, signed too, takes its place.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.digest import canonical, sha256_hex
from shared.wire import b64, unb64
from sync_server.sealing import certificates
from sync_server.sealing.certificates import Signer
from sync_server.sealing.withdrawn import Withdrawn

SCHEMA = 1
MOST_BYTES = 64 << 10
"""A receipt with its chain has some kilobytes."""
SUFFIX = "receipt.json"
"""Ends the name of a receipt that lies beside its sealed file."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt states.

    Attributes:
        schema: 1.
        sha256: Of the sealed PDF, hex.
        document: The document's number.
        version: Its version.
        received_at: When the county signed (ISO, its clock).
        by: The code of who signed.
        number: Counts the county's receipts; 0 where it gave none.
        unit: Whose document it is.
        handed_in_at: When it was handed in (ISO), "" where not known.
        withdrawn_at: When the county withdrew the receipt; "" while it stands.
        receipt_sha256: Of a withdrawal: the receipt file that it withdraws, hex.
        signer: The name in the certificate; read from there, never stated.
    """

    schema: int
    sha256: str
    document: str
    version: int
    received_at: str
    by: str
    number: int = 0
    unit: str = ""
    handed_in_at: str = ""
    withdrawn_at: str = ""
    receipt_sha256: str = ""
    signer: str = ""


def countersign(
    file_sha256: str,
    document: str,
    version: int,
    signer: Signer,
    now: datetime,
    *,
    number: int = 0,
    unit: str = "",
    handed_in_at: str = "",
) -> bytes:
    """Make a receipt for a sealed file, signed with the county's own leaf.

    Args:
        file_sha256: sha256 of the sealed PDF, hex.
        document: the document's number.
        version: the document's version.
        signer: the county's certificate and key.
        now: the moment of signing by the real clock, timezone-aware.
        number: the receipt's own number; 0 leaves it out.
        unit: the name of the unit that sealed; "" leaves it out.
        handed_in_at: when it was handed in (ISO); "" leaves it out.

    Returns:
        Canonical JSON of the receipt, its signature and the signer's chain.

    Raises:
        ProblemError: certs.missing, certs.unreadable, certs.bad_passphrase, certs.not_p256.
    """
    body = {
        "schema": SCHEMA,
        "sha256": file_sha256,
        "document": document,
        "version": version,
        "received_at": now.isoformat(timespec="seconds"),
    }
    more = {"number": number, "unit": unit, "handed_in_at": handed_in_at}
    return _signed({**body, **{key: value for key, value in more.items() if value}}, signer)


def withdraw(receipt: bytes, signer: Signer, now: datetime) -> bytes:
    """Make the statement that a receipt is withdrawn; it names the receipt by its hash.

    Args:
        receipt: the receipt file.
        signer: the county's certificate and key.
        now: the moment of signing by the real clock, timezone-aware.

    Raises:
        ProblemError: certs.missing, certs.unreadable, certs.bad_passphrase, certs.not_p256.
    """
    body = dict(json.loads(receipt)["receipt"])
    body["withdrawn_at"] = now.isoformat(timespec="seconds")
    body["receipt_sha256"] = sha256_hex(receipt)
    return _signed(body, signer)


def _signed(body: dict[str, Any], signer: Signer) -> bytes:
    certificate = certificates.load_certificate(signer.certificate)
    body = {**body, "by": certificates.unit_code(certificate)}
    key = certificates.load_key(signer.key, signer.passphrase)
    signature = key.sign(canonical(body), ec.ECDSA(hashes.SHA256()))
    chain = [certificate, certificates.load_certificate(signer.authority)]
    pem = "".join(c.public_bytes(serialization.Encoding.PEM).decode() for c in chain)
    return canonical({"receipt": body, "signature": b64(signature), "chain": pem})


def read_receipt(
    data: bytes, trust_root_pem: bytes, withdrawn: Withdrawn | None = None
) -> dict[str, Any] | None:
    """Check a receipt and return its statement.

    Args:
        data: the receipt file.
        trust_root_pem: the pinned root certificate.
        withdrawn: the list of withdrawn certificates, where there is one: a receipt proves nothing
            that was signed after its certificate's withdrawal, or with a key that others may have.

    Returns:
        The receipt's members, or None unless it is signed with a county's own certificate, and
        signature and chain hold up to the root.
    """
    try:
        receipt = json.loads(data)
        leaf, county = x509.load_pem_x509_certificates(str(receipt["chain"]).encode())
        root = x509.load_pem_x509_certificate(trust_root_pem)
        leaf.verify_directly_issued_by(county)
        county.verify_directly_issued_by(root)
        if not county.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return None
        key = leaf.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return None
        signed = canonical(receipt["receipt"])
        key.verify(unb64(receipt["signature"]), signed, ec.ECDSA(hashes.SHA256()))
    except (ValueError, TypeError, KeyError, InvalidSignature, x509.ExtensionNotFound):
        return None
    body: dict[str, Any] = receipt["receipt"]
    by = certificates.unit_code(leaf)
    if body.get("by") != by or not certificates.is_countys(by):
        return None  # any school's certificate is under the same county
    found = withdrawn.find(leaf) if withdrawn else None
    if found is not None:
        signed_at = moment(str(body.get("withdrawn_at") or body.get("received_at")))
        if found.exposed or signed_at is None or signed_at >= found.since:
            return None
    return body


def read(data: bytes, trust_root_pem: bytes, withdrawn: Withdrawn | None = None) -> Receipt | None:
    """Return a receipt as a struct; None as `read_receipt`, or where it lacks a member."""
    if len(data) > MOST_BYTES:
        return None
    try:
        body = read_receipt(data, trust_root_pem, withdrawn)
        if body is None:
            return None
        leaf = x509.load_pem_x509_certificates(str(json.loads(data)["chain"]).encode())[0]
        found = msgspec.convert({**body, "signer": certificates.name_of(leaf)}, Receipt)
    except (msgspec.ValidationError, RecursionError):
        return None
    return found if moment(found.received_at) and found.schema == SCHEMA else None


def moment(text: str) -> datetime | None:
    """Return a receipt's time; None of one that is no time or has no offset."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
