"""A school's summary in every state, for the tests of paperwork and sealing: drawn, stamped,
sealed; nothing is real.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pypdfium2
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from PIL import Image, ImageDraw

from shared import ids
from shared.assets import FONTS
from shared.cases import Case, Contract, Person, Repaid
from shared.digest import GENESIS, canonical, link, sha256_hex
from shared.lifecycle import Review
from shared.records import base as facts
from shared.records.base import Fact
from shared.records.notice_delivery import NoticeDelivery
from shared.records.registry import kind_of
from shared.records.statement import Statement
from shared.records.visit import Visit
from sync_server.paperwork.typeset import StampArea
from sync_server.sample.season import season_2019
from sync_server.sealing import certificates, seal
from sync_server.sealing.making import evidence
from sync_server.sealing.making.compose import SchoolInputs, compose
from sync_server.sealing.making.evidence import ChainEntry, DeviceKey
from sync_server.sealing.paper import scan
from sync_server.sealing.summary import Summary, Unit, decode, encode
from sync_server.store.stored_fact import StoredFact

PASSPHRASE = "correct horse"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SCHOOL, SIBLING, COUNTY = (
    ("Q03", "青槐县柳林镇中心校"),
    ("Q04", "青槐县石桥镇中心校"),
    ("610599", "青槐县学生资助管理中心"),
)
NAMES = ("欧阳㛃", "阿依古丽·买买提", "王䶮", "李𬱖", "诸葛明轩", "陈某")
NARRATIVE = (
    "其父长期患病,家中收入主要靠其母在镇上打零工,本人毕业后在外地求职未果。教师两次上门说明政策,"
    "家长表示愿意还款,但本月确实无力一次付清,希望申请延期;村委会已出具证明。"
)
RED = (200, 30, 40)


class Book:
    """Writes facts as one phone would: numbered from 1, in order of the server's sequence."""

    def __init__(self, seed: int, device: str = "phone-1") -> None:
        self.random = random.Random(seed)
        self.device = device
        self.stored: list[StoredFact] = []

    def write(self, case: str, body: Any, at: str, photos: tuple[str, ...] = ()) -> Fact:
        n = len(self.stored) + 1
        fact = Fact(
            id=ids.uuid7(1_575_000_000_000 + n * 1000, self.random.randbytes(10)),
            season="2019",
            kind=kind_of(body).name,
            case=case,
            captured_at=at,
            happened_at=at,
            body=facts.plain(body),
            photos=photos,
        )
        digest = sha256_hex(facts.encode(fact))
        self.stored.append(
            StoredFact(fact=fact, sha256=digest, device=self.device, n=n, seq=n, received_at=at)
        )
        return fact


def photo_of(case_id: str) -> bytes:
    return f"a photo of the slip of {case_id}".encode() * 40


def case_of(number: int, school: str, rng: random.Random) -> Case:
    contracts = tuple(
        Contract(
            contract_no=f"61059920{13 + k}{number:05d}",
            loan_year=str(2013 + k),
            principal_fen=rng.randrange(50_000, 300_000),
            interest_fen=rng.randrange(5_000, 90_000),
        )
        for k in range(rng.randrange(1, 5))
    )
    return Case(
        id=f"case-{school}-{number:04d}",
        season="2019",
        code=ids.case_code(school, number),
        school=school,
        borrower=Person(
            name=NAMES[(number - 1) % len(NAMES)],
            id_number=f"61059919950101{number:04d}",
            phones=("13900000000",),
        ),
        address="青槐县柳林镇杨树村三组",
        contracts=contracts,
        assignee="staff-1",
    )


def inputs(
    people: int = 12,
    special: int = 3,
    *,
    unit: tuple[str, str] = SCHOOL,
    seed: int = 1,
    **over: Any,
) -> SchoolInputs:
    """A school ready to seal: everyone delivered; the first `special` with statements, the rest
    paid or visited.
    """
    rng = random.Random(seed)
    book = Book(seed)
    cases = tuple(case_of(number, unit[0], rng) for number in range(1, people + 1))
    repaid: dict[str, Repaid] = {}
    reviews: dict[str, Review] = {}
    for number, case in enumerate(cases, 1):
        slip = sha256_hex(photo_of(case.id))
        delivery = NoticeDelivery(
            outcome="signed",
            servers=("王老师", "李老师"),
            signer_name="赵某",
            signer_relation="family",
        )
        book.write(case.id, delivery, "2019-11-27T10:00:00+08:00", (slip,))
        if number <= special:
            reason = ("hardship", "illness", "disaster")[number % 3]
            book.write(
                case.id,
                Visit(met="family", outcome=reason, visitors=("王老师", "李老师")),
                "2019-12-12T15:00:00+08:00",
            )
            statement = book.write(
                case.id,
                Statement(
                    reason=reason,
                    narrative=NARRATIVE,
                    handling="repayment_relief",
                    evidence=("村委会证明",),
                ),
                "2019-12-12T15:20:00+08:00",
            )
            reviews[statement.id] = Review(fact=statement.id, verdict="accepted")
        elif number % 2:
            repaid[case.id] = Repaid(
                as_of="2019-12-17", repaid_fen=case.total_fen, paid=True, paid_on="2019-12-09"
            )
        else:
            book.write(
                case.id,
                Visit(
                    met="self",
                    outcome="promised",
                    visitors=("王老师", "李老师"),
                    promise_date="2019-12-19",
                ),
                "2019-12-13T15:00:00+08:00",
            )
    given: dict[str, Any] = {
        "document": f"{unit[0]}-2019",
        "version": 1,
        "season": season_2019(),
        "school": Unit(code=unit[0], name=unit[1]),
        "cases": cases,
        "facts": tuple(book.stored),
        "repaid": repaid,
        "reviews": reviews,
        "staff": {"staff-1": "王老师"},
        "stored_photos": frozenset(sha256_hex(photo_of(case.id)) for case in cases),
        "cut_off": "2019-12-18T17:00:00+08:00",
        "as_of": "2019-12-17",
    }
    return SchoolInputs(**(given | over))


def keys(folder: Path, *units: tuple[str, str]) -> Path:
    """Root, county and a leaf for each unit."""
    certificates.create_root(folder, "青槐县根证书(样例)", PASSPHRASE, NOW)
    certificates.issue_county(folder, COUNTY[1], PASSPHRASE, NOW)
    for code, name in units or (SCHOOL, SIBLING, COUNTY):
        certificates.issue_unit(folder, code, name, PASSPHRASE, NOW)
    return folder


def page_picture(pdf: bytes, page: int, dpi: int = 150) -> Image.Image:
    """A page as a scanner without faults sees it."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return document[page - 1].render(scale=dpi / 72).to_pil().convert("RGB")
    finally:
        document.close()


def stamp(picture: Image.Image, area: StampArea, dpi: int = 150) -> Image.Image:
    """A red ring of 42 mm with strokes for letters, over the unit's name; no look-alike of any
    seal.
    """
    drawn, k = ImageDraw.Draw(picture), dpi / 25.4
    x, y, r = (area.x_mm + area.w_mm / 2) * k, (area.y_mm + area.h_mm / 2) * k, 21 * k
    drawn.ellipse((x - r, y - r, x + r, y + r), outline=RED, width=int(1.2 * k))
    for step in range(-8, 9, 4):
        drawn.line((x + (step - 3) * k, y, x + step * k, y), fill=RED, width=int(k))
        drawn.line((x + step * k, y - 4 * k, x + step * k, y + 4 * k), fill=RED, width=int(k))
    return picture


def sign(picture: Image.Image, printed: seal.Printed, page: int, dpi: int = 150) -> Image.Image:
    """Pen strokes on every signature line of a page; nobody's name."""
    drawn, k = ImageDraw.Draw(picture), dpi / 25.4
    for line in printed.expected.signature_lines:
        if line.page != page:
            continue
        for step in range(11):
            x, y = (line.x_mm + 5 + step * 1.8) * k, line.y_mm * k
            ends = (x - 0.8 * k, y - 1.0 * k, x + (step % 3) * k, y - (6 - step % 2) * k)
            drawn.line(ends, fill=(30, 36, 90), width=max(2, int(0.5 * k)))
    return picture


def jpeg(picture: Image.Image, quality: int = 80) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def stamped_scans(printed: seal.Printed, dpi: int = 150) -> list[tuple[str, bytes]]:
    """One JPEG for each page that must bear ink, stamped."""
    files = []
    for page in printed.expected.ink_pages:
        picture = page_picture(printed.rendered.pdf, page, dpi)
        for area in printed.expected.stamp_areas:
            if area.page == page:
                stamp(picture, area, dpi)
        sign(picture, printed, page, dpi)
        files.append((f"第{page}页.jpg", jpeg(picture)))
    return files


def changed(summary: Summary, change: Callable[[Any], object]) -> Summary:
    """The summary that its JSON, changed in place by `change`, is read as."""
    tree = json.loads(encode(summary))
    change(tree)
    return decode(canonical(tree))


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed school on disk: summary.pdf, summary.xlsx, evidence.bin, and what they came from."""

    folder: Path
    pdf: Path
    evidence: Path
    summary: Summary
    files: seal.SealedFiles
    device_key: Any
    inputs: SchoolInputs | None = None


def device() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def chain(stored: Sequence[StoredFact], key: ec.EllipticCurvePrivateKey) -> list[ChainEntry]:
    """The signed chain of a phone over its facts (docs/protocol.md#a-fact)."""
    entries, last = [], GENESIS
    for item in sorted(stored, key=lambda s: s.n):
        last = link(last, item.sha256)
        r, s = decode_dss_signature(key.sign(last, ec.ECDSA(hashes.SHA256())))
        entries.append(
            ChainEntry(
                device=item.device,
                n=item.n,
                sha256=item.sha256,
                link=last,
                sig=r.to_bytes(32) + s.to_bytes(32),
                data=facts.encode(item.fact),
                seq=item.seq,
                received_at=item.received_at,
            )
        )
    return entries


def device_key(key: ec.EllipticCurvePrivateKey) -> DeviceKey:
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return DeviceKey(device="phone-1", name="王老师的手机", public_key=point)


def seal_summary(
    folder: Path, keys_dir: Path, summary: Summary, evidence_file: Any = None
) -> Sealed:
    """Print, stamp, scan and seal a summary under its own unit's certificate."""
    folder.mkdir(parents=True, exist_ok=True)
    printed = seal.print_summary(summary, FONTS)
    read = scan.read_scan(stamped_scans(printed), printed.expected)
    assert read.complete, read.problems
    files = seal.seal(
        summary,
        read,
        evidence_file,
        certificates.signer_of(keys_dir, summary.unit.code, PASSPHRASE),
        fonts_dir=FONTS,
        trust_root_pem=(keys_dir / "root.pem").read_bytes(),
        now=NOW,
        printed_pdf=printed.rendered.pdf,
    )
    pdf = folder / "summary.pdf"
    pdf.write_bytes(files.pdf)
    pdf.with_suffix(".xlsx").write_bytes(files.xlsx)
    return Sealed(
        folder=folder,
        pdf=pdf,
        evidence=folder / "evidence.bin",
        summary=summary,
        files=files,
        device_key=None,
    )


def sealed_school(
    folder: Path,
    keys_dir: Path,
    *,
    chained: Callable[[list[ChainEntry]], list[ChainEntry]] = list,
    **how: Any,
) -> Sealed:
    """A school from its cases to its seal, with evidence."""
    folder.mkdir(parents=True, exist_ok=True)
    given, key = inputs(**how), device()
    photos = [(sha256_hex(photo_of(case.id)), photo_of(case.id)) for case in given.cases]
    made = evidence.write_evidence(
        folder / "evidence.bin",
        (keys_dir / "evidence.pem").read_bytes(),
        given,
        chained(chain(given.facts, key)),
        [device_key(key)],
        photos,
    )
    done = seal_summary(folder, keys_dir, compose(given), made)
    return msgspec.structs.replace(done, inputs=given, device_key=key)
