"""The system signature, PAdES over P-256, certifying: nothing may change afterwards.

The only module that signs. The signature is evidence of wholeness and of who sealed, labelled
系统签名(非公章): never the stamp itself (docs/sources.md#system-signature).
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography.hazmat.primitives import hashes, serialization
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, InnerScaling, Margins, SimpleBoxLayoutRule
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from shared.problems import ProblemError
from sync_server import temporary
from sync_server.crypto.subjects import name_in
from sync_server.sealing import certificates
from sync_server.sealing.certificates import Signer

FIELD = "SystemSignature"
LABEL_BOX = (391, 34, 521, 71)
"""Where the label is on page 1: PDF points from the bottom left, 46 x 13 mm.

Source: docs/sources.md#signature-label-size.
"""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What seal.json says of the signer; `certificate_sha256` is hex, of the DER."""

    code: str
    name: str
    certificate_sha256: str


def identity(signer: Signer) -> Identity:
    """Read from the certificate who signs.

    Args:
        signer: the unit's certificate and key.

    Returns:
        The unit's code and name, and the certificate's sha256.

    Raises:
        ProblemError: certs.missing, certs.unreadable,
            seal.wrong_signer (the certificate is another unit's).
    """
    certificate = certificates.load_certificate(signer.certificate)
    found = certificates.unit_code(certificate)
    if found != signer.code:
        raise ProblemError("seal.wrong_signer", found=found, unit=signer.code)
    return Identity(
        code=found,
        name=name_in(certificate.subject),
        certificate_sha256=certificate.fingerprint(hashes.SHA256()).hex(),
    )


def sign_pdf(pdf: bytes, signer: Signer, *, label_pdf: bytes, reason: str, now: datetime) -> bytes:
    """Certify a PDF: the result begins with `pdf` and appends one signed revision; PDF stays 1.7.

    Args:
        pdf: the document to sign.
        signer: the unit's certificate and key.
        label_pdf: one page, drawn as the visible label on page 1.
        reason: the signature's reason.
        now: the real clock, timezone-aware.

    Returns:
        The signed PDF.

    Raises:
        ProblemError: certs.missing, certs.unreadable, certs.bad_passphrase, certs.not_p256,
            seal.wrong_signer.
    """
    who = identity(signer)
    meta = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        reason=reason,
        name=who.name,
    )
    out = io.BytesIO()
    with temporary.folder_for("sign") as folder:
        label = folder / "label.pdf"
        label.write_bytes(label_pdf)
        style = StaticStampStyle.from_pdf_file(str(label), border_width=0, background_opacity=1.0)
        style = _tight(style)
        pdf_signer = _Certifier(
            meta,
            simple_signer(signer),
            stamp_style=style,
            new_field_spec=SigFieldSpec(
                FIELD, on_page=0, box=LABEL_BOX, readable_field_name="系统签名(非公章)"
            ),
        )
        pdf_signer.signed_at = now
        pdf_signer.sign_pdf(_titled(pdf), output=out)
    return out.getvalue()


def _titled(pdf: bytes) -> IncrementalPdfFileWriter:
    """Open a PDF to be signed so that a reader's window shows its title, not the file's name."""
    made = IncrementalPdfFileWriter(io.BytesIO(pdf))
    objects: Any = generic  # untyped in pyHanko
    writer: Any = made
    wanted = writer.root.get("/ViewerPreferences", objects.DictionaryObject())
    wanted["/DisplayDocTitle"] = objects.BooleanObject(True)
    writer.root["/ViewerPreferences"] = wanted
    writer.update_root()
    return made


class _Certifier(signers.PdfSigner):
    """The signer of pyHanko, at our clock and without its change to PDF 2.0.

    `register_extensions` is an internal hook: P-256 would force PDF 2.0, which PDF/A-3 does not
    allow (docs/sources.md#signature-and-pdf-version). pyproject pins the version and a test reads
    the header back.
    """

    signed_at: datetime

    def register_extensions(self, *_: Any, **__: Any) -> None:
        return None

    def init_signing_session(self, *args: Any, **named: Any) -> Any:
        session = super().init_signing_session(*args, **named)
        session.system_time = self.signed_at
        return session


def simple_signer(signer: Signer) -> signers.SimpleSigner:
    """Make pyHanko's signer over a unit's files; the root is never embedded.

    Args:
        signer: the unit's certificate and key.

    Returns:
        The signer.

    Raises:
        ProblemError: certs.missing, certs.unreadable, certs.bad_passphrase, certs.not_p256.
    """
    key = certificates.load_key(signer.key, signer.passphrase)
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    new_store: Any = SimpleCertificateStore  # untyped in pyHanko
    store = new_store()
    store.register(_asn1(signer.authority))
    return signers.SimpleSigner(
        signing_cert=_asn1(signer.certificate),
        signing_key=PrivateKeyInfo.load(der),
        cert_registry=store,
        embed_roots=False,
    )


def _asn1(path: Path) -> asn1_x509.Certificate:
    certificates.load_certificate(path)
    return asn1_x509.Certificate.load(pem.unarmor(path.read_bytes())[2])


def _tight(style: StaticStampStyle) -> StaticStampStyle:
    """Remove inner margins: the label fills its box (docs/sources.md#signature-label-size)."""
    margins: Any = Margins  # untyped in pyHanko
    rule = SimpleBoxLayoutRule(
        x_align=AxisAlignment.ALIGN_MID,
        y_align=AxisAlignment.ALIGN_MID,
        margins=margins.uniform(0),
        inner_content_scaling=InnerScaling.STRETCH_TO_FIT,
    )
    return replace(style, background_layout=rule)
