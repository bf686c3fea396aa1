"""The county's signed statement that it received a sealed file, and when: a small JSON file.

There is no time-stamping authority, so a seal's own time is its signer's claim. The county
countersigns the moment the file arrived; together with the chain of a school's seals that bounds
the claim (docs/threat-model.md).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.digest import canonical
from shared.wire import b64, unb64
from sync_server.sealing import certificates
from sync_server.sealing.certificates import Signer

SCHEMA = 1


def countersign(
    file_sha256: str, document: str, version: int, signer: Signer, now: datetime
) -> bytes:
    """Make a receipt for a sealed file, signed with the county's own leaf.

    Args:
        file_sha256: sha256 of the sealed PDF, hex.
        document: the document's number.
        version: the document's version.
        signer: the county's certificate and key.
        now: when the file arrived by the real clock, timezone-aware.

    Returns:
        Canonical JSON of the receipt, its signature and the signer's chain.

    Raises:
        ProblemError: certs.missing, certs.unreadable, certs.bad_passphrase, certs.not_p256.
    """
    certificate = certificates.load_certificate(signer.certificate)
    body = {
        "schema": SCHEMA,
        "sha256": file_sha256,
        "document": document,
        "version": version,
        "received_at": now.isoformat(timespec="seconds"),
        "by": certificates.unit_code(certificate),
    }
    key = certificates.load_key(signer.key, signer.passphrase)
    signature = key.sign(canonical(body), ec.ECDSA(hashes.SHA256()))
    chain = [certificate, certificates.load_certificate(signer.authority)]
    pem = "".join(c.public_bytes(serialization.Encoding.PEM).decode() for c in chain)
    return canonical({"receipt": body, "signature": b64(signature), "chain": pem})


def read_receipt(data: bytes, trust_root_pem: bytes) -> dict[str, Any] | None:
    """Check a receipt and return its statement.

    Args:
        data: the receipt file.
        trust_root_pem: the pinned root certificate.

    Returns:
        The receipt's members, or None unless its signature and chain hold up to the root.
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
    return body if body.get("by") == certificates.unit_code(leaf) else None
