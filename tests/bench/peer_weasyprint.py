"""`python peer_weasyprint.py FOLDER`, in the peers' environment: set FOLDER/summary.json by weasyprint, sign by pyHanko.

Prints the processor seconds without imports. The rows and statements are those of our summary; the pages have numbers.
"""

from __future__ import annotations

import html
import io
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from weasyprint import HTML

STYLE = """
@page { size: A4 landscape; margin: 15mm; @bottom-center { content: counter(page) " / " counter(pages); } }
body { font-family: "Noto Serif CJK SC", serif; font-size: 9pt; }
table { border-collapse: collapse; width: 100%; } td, th { border: 0.5pt solid black; padding: 1mm; }
"""


def signer_in(folder: Path) -> signers.SimpleSigner:
    """A certificate on P-256 of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=9))
    certificate = made.sign(key, hashes.SHA256())
    paths = folder / "peer-key.pem", folder / "peer-certificate.pem"
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths[0].write_bytes(key.private_bytes(pem, *plain))
    paths[1].write_bytes(certificate.public_bytes(pem))
    return signers.SimpleSigner.load(str(paths[0]), str(paths[1]))


def page_of(summary: dict) -> str:
    """The summary as HTML."""
    names = [name for name in summary["rows"][0] if name not in ("group", "delivery_outcome")]
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(row[name]))}</td>" for name in names) + "</tr>"
        for row in summary["rows"]
    )
    statements = "".join(
        f"<h2>{html.escape(one['name'])}</h2><p>{html.escape(one['narrative'])}</p>"
        for one in summary["statements"]
    )
    heads = "".join(f"<th>{name}</th>" for name in names)
    return (
        f"<html lang='zh'><style>{STYLE}</style><h1>{summary['unit']['name']}</h1>"
        f"<table><thead><tr>{heads}</tr></thead>{rows}</table>{statements}</html>"
    )


def main() -> None:
    """Set and sign once."""
    folder = Path(sys.argv[1])
    summary = json.loads((folder / "summary.json").read_bytes())
    signer = signer_in(folder)
    began_s = time.process_time()
    pdf = HTML(string=page_of(summary)).write_pdf()
    meta = signers.PdfSignatureMetadata(
        field_name="SystemSignature", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    out = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), meta, signer=signer)
    took_s = time.process_time() - began_s
    (folder / "peer.pdf").write_bytes(out.getvalue())
    sys.stdout.write(f"{took_s}\n")


if __name__ == "__main__":
    main()
