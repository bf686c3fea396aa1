"""Read the signatures that another program put into a PDF: whole or not, by whom, said when.

No trust is judged: there is no list of bodies that may seal for a school. A signature in a form
this program cannot check (SM2, GB/T 38540) is `unchecked`, never `intact` and never `broken`.
The file may be anything: imported in short-lived workers, and by the verifier.
"""

from __future__ import annotations

import io
from typing import Any, Literal

import msgspec
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from shared.problems import ProblemError
from sync_server.disk_errors import raise_if_system
from sync_server.sealing.checking import pdf_objects
from sync_server.sealing.elsewhere import ForeignSignature
from sync_server.sealing.record import Findings

MOST_SIGNATURES = 50
"""The most signatures that are looked at: a stamp a statement, and those of a few people."""
MOST_OBJECTS = 200_000
"""The most objects of a file that are looked at for what acts by itself: a print of 400 people has
fewer than 2,000."""
PASSED_OVER = ("/Parent", "/StructTreeRoot", "/ParentTree")
"""Members that lead back, or to what a reader reads aloud: nothing acts from there."""
LONGEST_NAME = 120
STANDARD = ("/adbe.pkcs7.detached", "/ETSI.CAdES.detached", "/adbe.pkcs7.sha1")
"""The forms of a signature that pyHanko checks (ISO 32000-2, 12.8.3)."""
TIME_STAMP = "/ETSI.RFC3161"
"""A document's time stamp: it says when, not who."""
KNOWN = ("rsassa_pkcs1v15", "rsassa_pss", "ecdsa", "dsa", "ed25519", "ed448")
DIGESTS = ("sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512")
ACTS = ("/JavaScript", "/JS", "/XFA", "/Launch", "/RichMedia", "/ImportData", "/SubmitForm")
"""Names by which a PDF does something by itself, or shows what is no page."""
LATER: dict[ModificationLevel, Literal["", "allowed", "other"]] = {
    ModificationLevel.NONE: "",
    ModificationLevel.LTA_UPDATES: "",
    ModificationLevel.FORM_FILLING: "allowed",
    ModificationLevel.ANNOTATIONS: "allowed",
    ModificationLevel.OTHER: "other",
}


class SignedPdf(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of a PDF.

    Its signatures, the digests of its pages and its attached files.
    """

    signatures: tuple[ForeignSignature, ...]
    pages: tuple[str, ...]
    attached: dict[str, bytes]


def read(name: str, data: bytes) -> SignedPdf:
    """Read a PDF that was sealed elsewhere.

    Args:
        name: Its name, for problems.
        data: Its bytes.

    Raises:
        ProblemError: elsewhere.unreadable, elsewhere.encrypted, elsewhere.acts,
            elsewhere.too_many_signatures.
    """
    try:
        with pdf_objects.quiet_pyhanko():
            return _read(name, data)
    except ProblemError:
        raise
    except Exception as error:  # the file may be anything: pyHanko raises a dozen kinds
        raise_if_system(error)
        raise ProblemError("elsewhere.unreadable", file=name) from error


def _read(name: str, data: bytes) -> SignedPdf:
    reader = PdfFileReader(io.BytesIO(data), strict=False)
    if reader.encrypted:
        raise ProblemError("elsewhere.encrypted", file=name)
    _check_acts(name, reader)
    fields = [
        (str(path), value.get_object(), field.get_object())
        for path, value, field in enumerate_sig_fields(reader, filled_status=True)
        if str(value.get_object().get("/SubFilter", "")) != TIME_STAMP
    ]
    if len(fields) > MOST_SIGNATURES:
        raise ProblemError("elsewhere.too_many_signatures", file=name, limit=MOST_SIGNATURES)
    return SignedPdf(
        signatures=tuple(_signature(reader, *one, data) for one in fields),
        pages=tuple(pdf_objects.page_digests_of(reader)),
        attached=pdf_objects.attachments(reader, Findings()),
    )


def _check_acts(name: str, reader: PdfFileReader) -> None:
    """Refuse scripts, forms drawn by XFA, started programs: in any object, of any revision."""
    left = [MOST_OBJECTS]
    seen: set[Any] = set()
    stack: list[Any] = [reader.root]
    while stack:
        left[0] -= 1
        if left[0] < 0:
            raise ProblemError("elsewhere.unreadable", file=name)
        node = stack.pop()
        if isinstance(node, generic.IndirectObject):
            if node.reference in seen:
                continue
            seen.add(node.reference)
            node = node.get_object()
        if isinstance(node, generic.DictionaryObject):
            acts = {str(key) for key in node} | {str(node.get("/S", ""))}
            if found := sorted(acts.intersection(ACTS)):
                raise ProblemError("elsewhere.acts", file=name, what=found[0].lstrip("/"))
            stack += [node.raw_get(key) for key in node if key not in PASSED_OVER]
        elif isinstance(node, generic.ArrayObject):
            stack += [node.raw_get(position) for position in range(len(node))]


def _signature(
    reader: PdfFileReader, path: str, signed: Any, field: Any, data: bytes
) -> ForeignSignature:
    """Read one signature; whatever is wrong with it is its state."""
    form = str(signed.get("/SubFilter", ""))
    try:
        embedded = EmbeddedPdfSignature(reader, field, path)
    except Exception as error:
        raise_if_system(error)
        state: Literal["broken", "unchecked"] = "broken" if form in STANDARD else "unchecked"
        whole = _is_whole(signed, data)
        return ForeignSignature(
            field=path, state=state, whole=whole, later="" if whole else "other"
        )
    if form not in STANDARD or not _is_known(embedded):
        return _named(embedded, path, "unchecked", *_extent(embedded, signed, data))
    try:
        status = validate_pdf_signature(embedded, _nobody_trusted())
    except Exception as error:
        raise_if_system(error)
        return _named(embedded, path, "broken", _is_whole(signed, data))
    intact = status.intact and status.valid
    extent = _extent(embedded, signed, data)
    return _named(embedded, path, "intact" if intact else "broken", *extent)


def _extent(
    embedded: Any, signed: Any, data: bytes
) -> tuple[bool, Literal["", "allowed", "other"]]:
    """Return whether a signature covers all of the file, and what was added behind it.

    It needs no key, so it is known of a signature that nobody here checks, too. What the
    signature itself forbids to add (DocMDP) is a change.
    """
    try:
        embedded.coverage = embedded.evaluate_signature_coverage()
        if embedded.coverage == SignatureCoverageLevel.ENTIRE_FILE:
            whole = _is_whole(signed, data)
            return whole, "" if whole else "other"
        found, allowed = embedded.evaluate_modifications(DEFAULT_DIFF_POLICY), embedded.docmdp_level
    except Exception as error:
        raise_if_system(error)
        return False, "other"
    if not isinstance(found, DiffResult):
        return False, "other"
    level = found.modification_level
    if allowed is not None and level.value > allowed.value:
        return False, "other"
    return False, LATER[level]


def _nobody_trusted() -> ValidationContext:
    return ValidationContext(trust_roots=[], allow_fetching=False)


def _is_known(embedded: EmbeddedPdfSignature) -> bool:
    """Return whether the algorithms are ones that pyHanko checks; SM2 and SHA-1 are not."""
    info = embedded.signer_info
    digest = str(info["digest_algorithm"]["algorithm"].native).lower()
    try:
        signed_with = info["signature_algorithm"].signature_algo
    except ValueError:  # an object identifier that nobody here knows
        return False
    return digest in DIGESTS and signed_with in KNOWN


def _named(
    embedded: EmbeddedPdfSignature,
    path: str,
    state: Literal["intact", "broken", "unchecked"],
    whole: bool,
    later: Literal["", "allowed", "other"] = "",
) -> ForeignSignature:
    signer = issuer = at = ""
    try:
        certificate = embedded.signer_cert
        signer, issuer = _name_in(certificate.subject), _name_in(certificate.issuer)
        claimed = embedded.self_reported_timestamp
        at = claimed.isoformat(timespec="seconds") if claimed else ""
    except Exception as error:  # a certificate may be anything
        raise_if_system(error)
    return ForeignSignature(
        field=path, signer=signer, issuer=issuer, at=at, state=state, whole=whole, later=later
    )


def _name_in(name: Any) -> str:
    """Return common name and organisation of a distinguished name, printable and bounded."""
    parts = dict(name.native)
    wanted = [parts.get("common_name"), parts.get("organization_name")]
    texts = [one if isinstance(one, str) else "、".join(one) for one in wanted if one]
    shown = " ".join(dict.fromkeys(texts))
    return "".join(c for c in shown if c.isprintable())[:LONGEST_NAME]


def _is_whole(signed: Any, data: bytes) -> bool:
    """Return whether the byte ranges begin at the first and end with the last byte."""
    try:
        start, length, resume, rest = (int(n) for n in signed["/ByteRange"])
    except (KeyError, TypeError, ValueError):
        return False
    return start == 0 and 0 < length <= resume and resume + rest == len(data)
