"""Files that were sealed electronically in another program: invented bodies, marked 样章.

PDFs are signed with pyHanko under a test authority that nobody trusts; an OFD is written here.
"""

from __future__ import annotations

import functools
import io
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from PIL import Image, ImageDraw
from pyhanko.pdf_utils import embed, generic
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

SCHOOL_SEAL = "青槐县实验中学（样章）"
AUTHORITY = "样章测试发证机构"
STAMP_BOX = (330, 120, 460, 250)
"""Where the stamp is drawn, in points from the bottom left."""


@functools.cache
def signer(name: str = SCHOOL_SEAL) -> Any:
    """A signer under the test authority."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, AUTHORITY)])
    now = datetime.now(UTC)

    def certificate(subject: x509.Name, public: Any, *, is_ca: bool) -> x509.Certificate:
        usage = {
            "key_encipherment": False,
            "data_encipherment": False,
            "key_agreement": False,
            "encipher_only": False,
            "decipher_only": False,
        }
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=3000))
            .not_valid_after(now + timedelta(days=3000))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    content_commitment=True,
                    key_cert_sign=is_ca,
                    crl_sign=is_ca,
                    **usage,
                ),
                critical=True,
            )
            .sign(root_key, hashes.SHA256())
        )

    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
        ]
    )
    leaf = certificate(subject, key.public_key(), is_ca=False)
    new_store: Any = SimpleCertificateStore  # untyped in pyHanko
    store = new_store()
    store.register(_asn1(certificate(root_name, root_key.public_key(), is_ca=True)))
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signers.SimpleSigner(
        signing_cert=_asn1(leaf), signing_key=PrivateKeyInfo.load(der), cert_registry=store
    )


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def stamp_picture() -> Image.Image:
    """A red ring with a bar, as an electronic seal looks."""
    picture = Image.new("RGBA", (260, 260), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((8, 8, 252, 252), outline=(220, 20, 20, 255), width=8)
    draw.rectangle((70, 118, 190, 142), fill=(220, 20, 20, 255))
    return picture


def sealed_pdf(
    pdf: bytes,
    *,
    name: str = SCHOOL_SEAL,
    field: str = "GZ1",
    page: int = 0,
    certify: bool = False,
    box: tuple[int, int, int, int] = STAMP_BOX,
    subfilter: SigSeedSubFilter = SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
) -> bytes:
    """Append a visible signature to a PDF, as a sealing program does; its bytes stay in front."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    style = StaticStampStyle(
        background=PdfImage(stamp_picture(), writer=writer), border_width=0, background_opacity=1.0
    )
    spec = SigFieldSpec(field, on_page=page, box=box)
    meta = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        subfilter=subfilter,
        certify=certify,
        docmdp_permissions=MDPPerm.FILL_FORMS,
    )
    out = io.BytesIO()
    made = signers.PdfSigner(meta, signer(name), stamp_style=style, new_field_spec=spec)
    with ThreadPoolExecutor(1) as apart:  # it runs an event loop of its own
        apart.submit(made.sign_pdf, writer, output=out).result()
    return out.getvalue()


def changed_after(pdf: bytes) -> bytes:
    """Append a revision that draws something else on page 1."""
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    stream = generic.StreamObject(stream_data=b"0 0 1 rg 60 600 200 20 re f")
    writer.add_stream_to_page(0, writer.add_object(stream))
    return _written(writer)


def with_member(pdf: bytes, key: str, value: Any) -> bytes:
    """Append a revision whose root has another member, as a hostile or careless program would."""
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    writer.root[key] = value
    writer.update_root()
    return _written(writer)


def with_note_over(pdf: bytes) -> bytes:
    """Append a revision that lays a note over page 1."""
    objects: Any = generic
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    note = objects.DictionaryObject(
        {
            objects.NameObject("/Type"): objects.NameObject("/Annot"),
            objects.NameObject("/Subtype"): objects.NameObject("/FreeText"),
            objects.NameObject("/Contents"): objects.TextStringObject("0.00"),
            objects.NameObject("/Rect"): objects.ArrayObject(
                objects.NumberObject(n) for n in (60, 600, 200, 620)
            ),
        }
    )
    writer.register_annotation(writer.find_page_for_modification(0)[0], writer.add_object(note))
    return _written(writer)


def with_another_font(pdf: bytes) -> bytes:
    """Append a revision in which a font of the print draws other letters."""
    objects: Any = generic
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    fonts = writer.find_page_for_modification(0)[0].get_object()["/Resources"]["/Font"]
    drawn = fonts[next(iter(fonts))]["/DescendantFonts"][0]
    turned = b"".join((n + 1).to_bytes(2) for n in range(400))
    stream = objects.StreamObject(stream_data=turned)
    drawn[objects.NameObject("/CIDToGIDMap")] = writer.add_object(stream)
    writer.update_container(drawn)
    return _written(writer)


def cropped(pdf: bytes) -> bytes:
    """Append a revision in which page 1 shows its upper part alone."""
    return _with_page_member(pdf, "/CropBox", _box(0, 30, 595, 842))


def turned(pdf: bytes) -> bytes:
    """Append a revision in which page 1 lies on its side."""
    return _with_page_member(pdf, "/Rotate", generic.NumberObject(90))


def _with_page_member(pdf: bytes, key: str, value: Any) -> bytes:
    objects: Any = generic
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    page = writer.find_page_for_modification(0)[0].get_object()
    page[objects.NameObject(key)] = value
    writer.update_container(page)
    return _written(writer)


def _box(*corners: int) -> Any:
    return generic.ArrayObject(generic.NumberObject(n) for n in corners)


def covered(pdf: bytes, kind: str, field: str = "") -> bytes:
    """Append a revision that lays a white field over page 1, as something that looks harmless.

    `kind` is /Link or /Widget, and `field` the kind of field of the latter.
    """
    objects: Any = generic
    name: Any = objects.NameObject
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    white = objects.StreamObject(
        objects.DictionaryObject(
            {
                name("/Type"): name("/XObject"),
                name("/Subtype"): name("/Form"),
                name("/BBox"): _box(0, 0, 140, 20),
            }
        ),
        stream_data=b"1 1 1 rg 0 0 140 20 re f",
    )
    looks = objects.DictionaryObject({name("/N"): writer.add_object(white)})
    note = objects.DictionaryObject(
        {
            name("/Type"): name("/Annot"),
            name("/Subtype"): name(kind),
            name("/Rect"): _box(60, 600, 200, 620),
            name("/AP"): looks,
            name("/F"): objects.NumberObject(4),
        }
    )
    if field:
        note[name("/FT")] = name(field)
    writer.register_annotation(writer.find_page_for_modification(0)[0], writer.add_object(note))
    return _written(writer)


def with_attached(pdf: bytes, name: str, data: bytes) -> bytes:
    """Append a revision that attaches a file."""
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    untyped: Any = embed
    stream = untyped.EmbeddedFileObject.from_file_data(writer, data=data)
    spec = untyped.FileSpec(file_spec_string=name, embedded_data=stream)
    untyped.embed_file(writer, spec)
    return _written(writer)


def encrypted(pdf: bytes) -> bytes:
    """The same pages behind a password."""
    writer: Any = copy_into_new_writer(PdfFileReader(io.BytesIO(pdf)))
    writer.encrypt(owner_pass="o", user_pass="u")
    return _written(writer)


def _written(writer: Any) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def in_a_form_nobody_checks(sealed: bytes) -> bytes:
    """As sealing programs sign under GB/T 38540: the structure is none that PDF readers know."""
    return sealed.replace(b"/adbe.pkcs7.detached", b"/GB.T38540.sesv4.sig")


def with_sm2(sealed: bytes) -> bytes:
    """A signature that says it was made with SM2 and SM3 (GM/T 0009, 1.2.156.10197.1.501)."""
    start = sealed.rindex(b"/Contents")
    return sealed[:start] + re.sub(
        b"2a8648ce3d040302", b"2a811ccf55018375", sealed[start:], flags=re.IGNORECASE
    )


OFD_SPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def ofd_parts(texts: tuple[str, ...] = (), *, sealed: bool = True) -> dict[str, bytes]:
    """The parts of a small OFD with one page and, where `sealed`, one signature of an invented body."""
    listed = "<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>" if sealed else ""
    lines = "".join(
        f'<ofd:TextObject ID="{n}" Boundary="10 {n * 8} 180 8" Font="1" Size="4">'
        f'<ofd:TextCode X="0" Y="4">{text}</ofd:TextCode></ofd:TextObject>'
        for n, text in enumerate(texts, 10)
    )
    parts = {
        "OFD.xml": f'<ofd:OFD {OFD_SPACE} DocType="OFD" Version="1.1"><ofd:DocBody><ofd:DocInfo>'
        "<ofd:DocID>0123456789abcdef0123456789abcdef</ofd:DocID></ofd:DocInfo>"
        f"<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>{listed}</ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {OFD_SPACE}><ofd:CommonData><ofd:MaxUnitID>99"
        "</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox>"
        '</ofd:PageArea></ofd:CommonData><ofd:Pages><ofd:Page ID="1" '
        'BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>',
        "Doc_0/Pages/Page_0/Content.xml": f"<ofd:Page {OFD_SPACE}><ofd:Content>"
        f'<ofd:Layer ID="2">{lines}</ofd:Layer></ofd:Content></ofd:Page>',
    }
    if sealed:
        parts |= {
            "Doc_0/Signs/Signatures.xml": f"<ofd:Signatures {OFD_SPACE}><ofd:MaxSignId>1"
            '</ofd:MaxSignId><ofd:Signature ID="1" Type="Seal" '
            'BaseLoc="/Doc_0/Signs/Sign_0/Signature.xml"/></ofd:Signatures>',
            "Doc_0/Signs/Sign_0/Signature.xml": f"<ofd:Signature {OFD_SPACE}><ofd:SignedInfo>"
            '<ofd:Provider ProviderName="样章"/></ofd:SignedInfo>'
            "<ofd:SignedValue>/Doc_0/Signs/Sign_0/SignedValue.dat</ofd:SignedValue>"
            "</ofd:Signature>",
            "Doc_0/Signs/Sign_0/SignedValue.dat": "样章",
        }
    return {name: text.encode() for name, text in parts.items()}


def zipped(parts: dict[str, bytes]) -> bytes:
    """Parts as a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return out.getvalue()


def sealed_ofd(*texts: str, sealed: bool = True) -> bytes:
    """A small OFD with a seal."""
    return zipped(ofd_parts(texts, sealed=sealed))
