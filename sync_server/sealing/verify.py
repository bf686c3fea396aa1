"""Is this sealed summary whole, whose is it, and does everything in it agree? Offline; every failure is named.

Trust comes from the pinned root alone, never from the operating system. The file may be anything: whatever is found,
the answer is a verdict, not a traceback. With the evidence file the whole summary is composed anew from the signed
facts; with a folder of children a county's rows are checked against its schools' own sealed files.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from asn1crypto import cms, pem
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko_certvalidator import ValidationContext

from shared.digest import sha256_hex
from sync_server.sealing import checks
from sync_server.sealing.checks import JSON_NAME, SEAL_NAME, XLSX_NAME
from sync_server.sealing.record import SCHEMA, Findings, SealRecord, Verdict

MOST_BYTES = 256 * 1024 * 1024
"""A sealed summary with scans is some megabytes; more is a mistake or an attack on memory."""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A verified file's contents, for the roll-up; empty where they could not be read."""

    verdict: Verdict
    summary: dict[str, Any]
    record: SealRecord | None
    attachments: dict[str, bytes]


def verify(
    path: Path,
    trust_root_pem: bytes,
    evidence: Path | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
    children: Path | None = None,
) -> Verdict:
    """Judge a sealed PDF; `evidence` needs `key`, the county's evidence key; `children` is a folder of sealed PDFs."""
    return open_sealed(path, trust_root_pem, evidence, key, children).verdict


def open_sealed(
    path: Path,
    trust_root_pem: bytes,
    evidence: Path | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
    children: Path | None = None,
) -> Opened:
    """`verify`, and what the file holds."""
    found = Findings()
    checked: list[str] = []
    try:
        if path.stat().st_size > MOST_BYTES:
            raise OSError("larger than any sealed summary")
        data = path.read_bytes()
    except OSError:
        found.note("verify.unreadable", file=path.name)
        return _opened(found, path, b"", {}, None, {}, checked)
    with quiet_pyhanko():
        carried, digests, signer_code = _read_signed(data, path.name, trust_root_pem, found)
    checked.append("signature")
    record = _record(carried, found)
    summary = _summary(carried, found)
    if record and summary:
        guard = lambda check, *args: _guarded(found, check, *args)  # noqa: E731 - names the pattern of the next lines
        guard(checks.attachments, carried, record, found)
        guard(checks.heads, summary, sha256_hex(carried[JSON_NAME]), record, found)
        guard(checks.scan, carried, record, found)
        guard(checks.pages, digests, record, found, path.name)
        guard(checks.numbers, summary, found)
        guard(checks.workbook, carried.get(XLSX_NAME, b""), summary, found, XLSX_NAME)
        guard(_companion, path, carried, summary, found)
        guard(_signer, signer_code, record, found, path.name)
        checked += ["attachments", "totals", "scan"]
        if evidence is not None:
            from sync_server.sealing import evidence_checks

            guard(evidence_checks.check, evidence, key, summary, record, found)
            checked.append("evidence")
        if children is not None:
            from sync_server.sealing import children as children_checks

            guard(children_checks.check, children, trust_root_pem, summary, found, open_sealed)
            checked.append("children")
    elif not found.items:
        found.note("verify.unreadable", file=path.name)
    return _opened(found, path, data, summary or {}, record, carried, checked)


def page_digests(pdf: bytes) -> list[str]:
    """One sha256 per page over its content and everything it draws (forms, images), as encoded in the file.

    Setting a page again gives the same digests, signing adds nothing to them: so a changed page can be named.
    """
    reader = PdfFileReader(io.BytesIO(pdf), strict=False)
    return [_page_digest(page) for page in _pages(reader.root["/Pages"])]


@contextmanager
def quiet_pyhanko() -> Iterator[None]:
    """pyHanko logs a traceback for each certificate it cannot chain; our verdict already says so in one line."""
    loggers = [logging.getLogger(name) for name in ("pyhanko", "pyhanko_certvalidator")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _read_signed(
    data: bytes, name: str, trust_root_pem: bytes, found: Findings
) -> tuple[dict[str, bytes], list[str], str]:
    """Attachments, page digests and the signer's unit code; notes everything wrong with the signature itself."""
    carried: dict[str, bytes] = {}
    digests: list[str] = []
    signer_code = ""
    try:
        reader = PdfFileReader(io.BytesIO(data), strict=False)
        signatures = list(reader.embedded_signatures)
    except Exception:  # the file may be anything, and pyHanko's parser raises a dozen kinds
        found.note("verify.changed" if data.startswith(b"%PDF-") else "verify.unreadable", file=name)
        return carried, digests, signer_code
    try:
        if not signatures:
            found.note("verify.unsigned", file=name)
        else:
            signer_code = _signature(signatures, data, name, trust_root_pem, found)
    except Exception:
        found.note("verify.changed", file=name)
    try:
        carried = _attachments(reader, found)
        digests = [_page_digest(page) for page in _pages(reader.root["/Pages"])]
    except Exception:
        found.note("verify.changed", file=name)
    return carried, digests, signer_code


def _signature(
    signatures: list[EmbeddedPdfSignature], data: bytes, name: str, trust_root_pem: bytes, found: Findings
) -> str:
    """Whole and only, from the pinned root; returns the code the signer's certificate carries."""
    first = signatures[0]
    if len(signatures) > 1:
        found.note("verify.appended", file=name)
    context = ValidationContext(
        trust_roots=_roots(trust_root_pem),
        allow_fetching=False,
        # There is no time-stamping authority: the certificate is judged at the time the signer claims, so that a seal
        # outlives its certificate. docs/threat-model.md says what this cannot prove.
        moment=first.self_reported_timestamp,
    )
    status = validate_pdf_signature(first, context)
    if not (status.intact and status.valid):
        found.note("verify.changed", file=name)
    elif status.coverage != SignatureCoverageLevel.ENTIRE_FILE or status.modification_level != ModificationLevel.NONE:
        found.note("verify.appended", file=name)
    if not status.trusted:
        found.note("verify.untrusted", file=name)
    if first.docmdp_level != MDPPerm.NO_CHANGES or not (status.bottom_line or found.items):
        found.note("verify.changed", file=name)
    if not _exact(first, data):
        found.note("verify.unsigned_bytes", file=name)
    subject = first.signer_cert.subject.native
    return str(subject.get("serial_number", ""))


def _exact(signature: EmbeddedPdfSignature, data: bytes) -> bool:
    """The bytes a signature cannot cover are exactly what a signer writes: its own hex, then zeros.

    The room of /Contents lies outside every byte range. Its CMS may hold nothing unsigned: no unsigned attributes, no
    certificate but the signer's and the CA above it, DER in its one form, digits upper case, padding zero.
    """
    start, length, resume, rest = (int(n) for n in signature.byte_range)
    room = data[start + length : resume]
    der = signature.pkcs7_content.rstrip(b"\x00")
    message = cms.ContentInfo.load(der + bytes(_short(signature.pkcs7_content, der)))
    whole = message.dump()
    right = b"<" + whole.hex().upper().encode()
    padded = right + b"0" * (len(room) - len(right) - 1) + b">"
    signed = message["content"]
    info = signed["signer_infos"][0]
    plain = (
        len(signed["signer_infos"]) == 1
        and not info["unsigned_attrs"].native
        and not signed["crls"].native
        and [a["algorithm"].native for a in signed["digest_algorithms"]] == ["sha256"]
        and len(signed["certificates"]) == 2
        and message.dump(force=True) == whole
    )
    return start == 0 and resume + rest == len(data) and room == padded and plain


def _short(padded: bytes, der: bytes) -> int:
    """Zeros that belong to the DER itself: a CMS may end in a zero byte, which stripping the padding took away."""
    if len(der) < 4 or der[0] != 0x30 or der[1] < 0x80:
        return 0
    size = der[1] & 0x7F
    wanted = 2 + size + int.from_bytes(der[2 : 2 + size])
    return min(max(0, wanted - len(der)), len(padded) - len(der))


def _roots(trust_root_pem: bytes) -> list[asn1_x509.Certificate]:
    return [asn1_x509.Certificate.load(der) for _, _, der in pem.unarmor(trust_root_pem, multiple=True)]


def _attachments(reader: PdfFileReader, found: Findings) -> dict[str, bytes]:
    """Embedded files by name; one that does not decode stays out and is named."""
    carried: dict[str, bytes] = {}
    names = _get(_get(reader.root, "/Names", {}), "/EmbeddedFiles", None)
    for name, spec in _name_tree(names) if names is not None else ():
        if name in carried:
            found.note("verify.attachment_unknown", file=name)
            continue
        try:
            carried[name] = spec["/EF"]["/F"].data
        except Exception:
            found.note("verify.attachment_changed", file=name)
    return carried


def _name_tree(node: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    if depth > 8:
        return
    flat = _get(node, "/Names", ())
    for position in range(0, len(flat) - 1, 2):
        yield str(flat[position]), flat[position + 1].get_object()
    for kid in _get(node, "/Kids", ()):
        yield from _name_tree(kid.get_object(), depth + 1)


def _pages(node: Any, depth: int = 0) -> Iterator[Any]:
    if depth > 32:
        return
    if _get(node, "/Type", "") == "/Page":
        yield node
        return
    for kid in _get(node, "/Kids", ()):
        yield from _pages(kid.get_object(), depth + 1)


def _page_digest(page: Any) -> str:
    digest = hashlib.sha256()
    contents = _get(page, "/Contents", ())
    for stream in contents if isinstance(contents, generic.ArrayObject) else (contents,):
        digest.update(_stream(stream.get_object()))
    _drawn(_get(page, "/Resources", {}), digest, 0)
    return digest.hexdigest()


def _drawn(resources: Any, digest: Any, depth: int) -> None:
    """Forms and images a page draws, by resource name, forms with what they draw in turn."""
    drawn = _get(resources, "/XObject", {})
    for name in sorted(drawn):
        stream = drawn[name]
        digest.update(name.encode() + b"\x00" + _stream(stream))
        if depth < 4:
            _drawn(_get(stream, "/Resources", {}), digest, depth + 1)


def _stream(stream: Any) -> bytes:
    encoded: bytes = stream.encoded_data
    return len(encoded).to_bytes(8) + encoded


def _get(node: Any, key: str, default: Any) -> Any:
    """A dictionary's entry with references followed (pyHanko's own `get` leaves them)."""
    return node[key] if key in node else default


def _record(carried: dict[str, bytes], found: Findings) -> SealRecord | None:
    data = carried.get(SEAL_NAME)
    if data is None:
        if not found.has("verify.changed", "verify.unreadable"):
            found.note("verify.no_seal", file=SEAL_NAME)
        return None
    try:
        schema = json.loads(data)["schema"]
        if schema != SCHEMA:
            found.note("verify.schema_unknown", file=SEAL_NAME, schema=schema)
            return None
        return msgspec.json.decode(data, type=SealRecord)
    except Exception:
        found.note("verify.attachment_changed", file=SEAL_NAME)
        return None


def _summary(carried: dict[str, bytes], found: Findings) -> dict[str, Any] | None:
    data = carried.get(JSON_NAME)
    if data is None:
        if not found.has("verify.changed", "verify.unreadable", "verify.unsigned"):
            found.note("verify.attachment_missing", file=JSON_NAME)
        return None
    try:
        summary = json.loads(data)
        if summary["schema"] != SCHEMA:
            found.note("verify.schema_unknown", file=JSON_NAME, schema=summary["schema"])
            return None
        return dict(summary)
    except Exception:
        found.note("verify.attachment_changed", file=JSON_NAME)
        return None


def _companion(path: Path, carried: dict[str, bytes], summary: dict[str, Any], found: Findings) -> None:
    """The workbook handed over beside the PDF, where there is one, must be the one inside."""
    beside = path.with_suffix(".xlsx")
    if beside.is_file() and beside.read_bytes() != carried.get(XLSX_NAME):
        found.note("verify.attachment_changed", file=beside.name)
        checks.workbook(beside.read_bytes(), summary, found, beside.name)


def _signer(code: str, record: SealRecord, found: Findings, file: str) -> None:
    if code != record.unit.code:
        found.note("verify.wrong_signer", file=file, found=code, unit=record.unit.name)


def _guarded(found: Findings, check: Callable[..., None], *args: Any) -> None:
    """Run a check; data of a shape it cannot read are themselves the finding."""
    try:
        check(*args)
    except Exception:
        found.note("verify.unreadable", file=getattr(check, "__name__", ""))


def _opened(
    found: Findings,
    path: Path,
    data: bytes,
    summary: dict[str, Any],
    record: SealRecord | None,
    carried: dict[str, bytes],
    checked: list[str],
) -> Opened:
    verdict = Verdict(
        ok=not found.items,
        document=record.document if record else "",
        version=record.version if record else 0,
        data_hash=record.data_hash if record else "",
        problems=tuple(found.items),
        kind=record.kind if record else "",
        unit_code=record.unit.code if record else "",
        unit_name=record.unit.name if record else "",
        sealed_at=record.sealed_at if record else "",
        file_sha256=sha256_hex(data) if data else "",
        checked=tuple(checked),
    )
    return Opened(verdict=verdict, summary=summary, record=record, attachments=carried)

