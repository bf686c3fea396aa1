"""`python peer_weasyprint.py FOLDER`, in the peers' environment: set FOLDER/printed.json by weasyprint, sign by pyHanko.

Prints the processor seconds without imports. The texts are those that our pages show: the letter, the figures, twelve
columns a person, the statements, a number on every page. Left out is what only ours has: codes, the workbook, attached
files, the scan, PDF/A, the check of the finished file. The type is the system's Noto, cut to the characters as ours is.
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
@page { size: A4 landscape; margin: 20mm 26mm 33mm 18mm; @bottom-center { content: counter(page) " / " counter(pages); } }
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


TITLES = (
    *("序号", "姓名", "应还本金", "应还利息", "应还合计", "通知书", "签收人"),
    *("上门次数", "末次上门", "已还", "未还原因", "备注"),
)
CELLS = (
    *("row", "name", "principal", "interest", "total", "delivery", "signer"),
    *("visits", "last_visit", "paid", "reason", "note"),
)
LINES = {
    **{"reason": "未还原因", "narrative": "情况说明", "visits": "上门走访"},
    **{"delivery": "通知送达", "evidence": "证明材料", "handling": "拟办意见"},
}


def text_of(value: object) -> str:
    """A text or its paragraphs, as HTML."""
    return "<br>".join(
        html.escape(str(one)) for one in (value if isinstance(value, list) else [value])
    )


def cell_of(row: dict, key: str) -> str:
    """A cell of the table; a code stands below a name."""
    below = f"<br><small>{row['code']}</small>" if key == "name" else ""
    return f"<td>{text_of(row[key])}{below}</td>"


def page_of(printed: dict) -> str:
    """What is printed, as HTML."""
    rows = "".join(
        f"<tr>{''.join(cell_of(row, key) for key in CELLS)}</tr>" for row in printed["rows"]
    )
    figures = "".join(
        f"<tr>{''.join(f'<td>{text_of(one[key])}</td>' for key in ('words', 'people', 'amount', 'rate'))}</tr>"
        for one in printed["figures"]
    )
    statements = "".join(
        f"<h2>{one['no']} {text_of(one['name'])} {one['code']}</h2>"
        + "".join(f"<p>{words} {text_of(one[key])}</p>" for key, words in LINES.items())
        for one in printed["statements"]
    )
    letter = "".join(f"<p>{text_of(one)}</p>" for one in printed["paragraphs"])
    heads = "".join(f"<th>{title}</th>" for title in TITLES)
    return (
        f"<html lang='zh'><style>{STYLE}</style><h1>{text_of(printed['title'])}</h1>{letter}"
        f"<table>{figures}</table><table><thead><tr>{heads}</tr></thead>{rows}</table>"
        f"{statements}</html>"
    )


def main() -> None:
    """Set and sign once."""
    folder = Path(sys.argv[1])
    printed = json.loads((folder / "printed.json").read_bytes())
    signer = signer_in(folder)
    began_s = time.process_time()
    pdf = HTML(string=page_of(printed)).write_pdf()
    meta = signers.PdfSignatureMetadata(
        field_name="SystemSignature", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    out = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), meta, signer=signer)
    took_s = time.process_time() - began_s
    (folder / "peer.pdf").write_bytes(out.getvalue())
    sys.stdout.write(f"{took_s}\n")


if __name__ == "__main__":
    main()
