"""Verify a sealed summary offline: whole, by whom, and consistent; every failure is named.

Trust comes from the pinned root alone, never from the operating system. The file may be anything:
the answer is a verdict, not a traceback. With the evidence file the whole summary is composed again
from the signed facts; with a folder of children a county's rows are checked against its schools'
own sealed files.
"""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import msgspec
from asn1crypto import cms, pem
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from shared.digest import sha256_hex
from sync_server.disk_errors import raise_if_system
from sync_server.sealing.checking import sealed_file
from sync_server.sealing.checking.pdf_objects import (
    attachments,
    page_digests_of,
    quiet_pyhanko,
)
from sync_server.sealing.checking.sealed_file import Contents, PdfContents, VerifiedFile
from sync_server.sealing.checking.standing import NOBODY, NOTHING, Known, SignedBy
from sync_server.sealing.record import Findings, Verdict
from sync_server.sealing.summary import CountySummary

MOST_BYTES = 256 * 1024 * 1024
"""The largest file that is read: a sealed summary with scans is some megabytes."""

VERSION_1 = bytes.fromhex("020101")
SHA256 = bytes.fromhex("300d06096086480165030402010500")
ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
OID_DATA = bytes.fromhex("06092a864886f70d010701")
OID_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")


def verify(
    path: Path,
    trust_root_pem: bytes,
    evidence: Path | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
    children: Path | None = None,
    known: Known = NOTHING,
) -> Verdict:
    """Verify a sealed PDF.

    Args:
        path: the sealed PDF.
        trust_root_pem: the pinned root certificate.
        evidence: its evidence.bin, None to leave it out.
        key: the county's evidence key; without it only the evidence's hash is checked.
        children: a folder with the sealed PDFs of the units below, None to leave them out.
        known: the list of withdrawn certificates and receipts that lie beside it.

    Returns:
        The verdict with every problem found.
    """
    return open_sealed(path, trust_root_pem, evidence, key, children, known).verdict


def open_sealed(
    path: Path,
    trust_root_pem: bytes,
    evidence: Path | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
    children: Path | None = None,
    known: Known = NOTHING,
) -> VerifiedFile:
    """Verify a sealed PDF and return what it holds.

    Args:
        path: the sealed PDF.
        trust_root_pem: the pinned root certificate.
        evidence: its evidence.bin, None to leave it out.
        key: the county's evidence key; without it only the evidence's hash is checked.
        children: a folder with the sealed PDFs of the units below, None to leave them out.
        known: the list of withdrawn certificates and receipts that lie beside it.

    Returns:
        The verdict, the summary, the record and the attachments.
    """
    found = Findings()
    try:
        if path.stat().st_size > MOST_BYTES:
            raise OSError("larger than any sealed summary")
        data = path.read_bytes()
    except OSError:
        found.note("verify.unreadable", file=path.name)
        return sealed_file.verified_file(found, b"", sealed_file.PdfContents(), sealed_file.EMPTY)
    with quiet_pyhanko():
        pdf = _read_signed(data, path.name, trust_root_pem, found)
    contents = sealed_file.contents(path, pdf, found)
    sealed_file.standing(path, sha256_hex(data), pdf, known, trust_root_pem, found)
    if contents.record is not None and contents.summary is not None:
        if evidence is not None:
            sealed_file.evidence(evidence, key, contents, found)
        if children is not None:
            below = partial(open_sealed, known=_of_children(known, contents, pdf, found))
            sealed_file.children(children, trust_root_pem, contents, found, below)
    # nothing could be checked: a wrong trust file is not a fault of the sealed one
    if not _can_trust(trust_root_pem):
        found = Findings()
        found.note("verify.trust_unreadable")
    return sealed_file.verified_file(found, data, pdf, contents)


def _read_signed(data: bytes, name: str, trust_root_pem: bytes, found: Findings) -> PdfContents:
    """Read attachments, page digests and the signer's unit code.

    Everything wrong with the signature itself is noted.
    """
    try:
        reader = PdfFileReader(io.BytesIO(data), strict=False)
        signatures = list(reader.embedded_signatures)
    except Exception as error:  # the file may be anything: pyHanko raises a dozen kinds
        raise_if_system(error)
        found.note(
            "verify.changed" if data.startswith(b"%PDF-") else "verify.unreadable", file=name
        )
        return PdfContents()
    signed = NOBODY
    try:
        if signatures and _can_trust(trust_root_pem):
            signed = _signature(signatures, data, name, trust_root_pem, found)
        elif not signatures:
            found.note("verify.unsigned", file=name)
    except Exception as error:
        raise_if_system(error)
        found.note("verify.changed", file=name)
    files: dict[str, bytes] = {}
    digests: list[str] = []
    try:
        files = attachments(reader, found)
        digests = page_digests_of(reader)
    except Exception as error:
        raise_if_system(error)
        found.note("verify.changed", file=name)
    return PdfContents(files=files, pages=digests, signed=signed)


def _signature(
    signatures: list[EmbeddedPdfSignature],
    data: bytes,
    name: str,
    trust_root_pem: bytes,
    found: Findings,
) -> SignedBy:
    """Check that the signature is whole, the only one, and from the pinned root.

    Returns whose it is, as its certificate says.
    """
    first = signatures[0]
    if len(signatures) > 1:
        found.note("verify.appended", file=name)
    context = ValidationContext(
        trust_roots=_roots(trust_root_pem),
        allow_fetching=False,
        # There is no time-stamping authority: the certificate is checked at the time the signer
        # claims, so that a seal stays valid after its certificate has expired.
        # docs/threat-model.md says what this cannot prove.
        moment=first.self_reported_timestamp,
    )
    status = validate_pdf_signature(first, context)
    if not (status.intact and status.valid):
        found.note("verify.changed", file=name)
    elif (
        status.coverage != SignatureCoverageLevel.ENTIRE_FILE
        or status.modification_level != ModificationLevel.NONE
    ):
        found.note("verify.appended", file=name)
    elif not status.trusted:  # pyHanko builds no chain for a signature that fails
        found.note("verify.untrusted", file=name)
    if first.docmdp_level != MDPPerm.NO_CHANGES or not (status.bottom_line or found.items):
        found.note("verify.changed", file=name)
    if not _exact(first, data):
        found.note("verify.unsigned_bytes", file=name)
    subject = first.signer_cert.subject.native
    return SignedBy(
        code=str(subject.get("serial_number", "")),
        certificate=first.signer_cert.dump(),
        others=tuple(one.dump() for one in first.other_embedded_certs),
        at=first.self_reported_timestamp,
    )


def _of_children(known: Known, contents: Contents, pdf: PdfContents, found: Findings) -> Known:
    """Return what is known of the files that a report counts: they existed when it was sealed."""
    at = pdf.signed.at
    if at is None or found.items or not isinstance(contents.summary, CountySummary):
        return known
    counted = {
        row.file_sha256: min(at, known.counted.get(row.file_sha256, at))
        for row in contents.summary.rows
    }
    return msgspec.structs.replace(known, counted={**known.counted, **counted})


def _exact(signature: EmbeddedPdfSignature, data: bytes) -> bool:
    """Return whether the bytes a signature cannot cover are exactly what a signer writes.

    The placeholder of /Contents lies outside every byte range, and much of a CMS is outside its own
    signature too. So it is built again from what the signature does cover, and must be equal byte
    for byte: hex digits in upper case, then zeros.
    """
    start, length, resume, rest = (int(n) for n in signature.byte_range)
    placeholder = data[start + length : resume]
    written = b"<" + _rebuilt(signature.signed_data).hex().upper().encode()
    return (
        start == 0
        and resume + rest == len(data)
        and placeholder == written.ljust(len(placeholder) - 1, b"0") + b">"
    )


def _rebuilt(signed: cms.SignedData) -> bytes:
    """Build the only form we accept of a CMS with these certificates, attributes and signature.

    What is copied is covered by a signature (the attributes and the certificates' bodies) or is
    one; everything else, versions, algorithms and lengths, is written here. Source: RFC 5652 §5,
    DER.
    """
    info = signed["signer_infos"][0]
    certificates = [choice.chosen for choice in signed["certificates"]]
    serial = info["sid"].chosen["serial_number"].native
    leaf = next(one for one in certificates if one.serial_number == serial)
    sid = _der(0x30, leaf.issuer.dump(), leaf["tbs_certificate"]["serial_number"].dump())
    attributes = _der(0xA0, info["signed_attrs"].contents)
    signature = _der(0x04, info["signature"].native)
    signer_info = _der(0x30, VERSION_1, sid, SHA256, attributes, ECDSA_SHA256, signature)
    chain = _der(0xA0, *(_rebuilt_certificate(one) for one in certificates))
    body = _der(
        0x30, VERSION_1, _der(0x31, SHA256), _der(0x30, OID_DATA), chain, _der(0x31, signer_info)
    )
    return _der(0x30, OID_SIGNED_DATA, _der(0xA0, body))


def _rebuilt_certificate(certificate: asn1_x509.Certificate) -> bytes:
    """Build a certificate from its signed body, that body's algorithm, and the signature's bits."""
    body = certificate["tbs_certificate"]
    bits = _der(0x03, b"\x00", certificate["signature_value"].native)
    return _der(0x30, body.dump(), body["signature"].dump(), bits)


def _der(tag: int, *parts: bytes) -> bytes:
    """Encode one DER value: tag, shortest length, contents."""
    contents = b"".join(parts)
    size = len(contents)
    if size < 0x80:
        return bytes((tag, size)) + contents
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + contents


def _roots(trust_root_pem: bytes) -> list[asn1_x509.Certificate]:
    return [
        asn1_x509.Certificate.load(der) for _, _, der in pem.unarmor(trust_root_pem, multiple=True)
    ]


def _can_trust(trust_root_pem: bytes) -> bool:
    try:
        return bool(_roots(trust_root_pem))
    except Exception as error:  # whatever was given instead of certificates
        raise_if_system(error)
        return False
