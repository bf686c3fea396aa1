"""A county with narratives, reasons of health and a scan of more than 20 MB, sealed for province and bank."""

from __future__ import annotations

import io
import random
from pathlib import Path

import msgspec
from PIL import Image, ImageChops

from shared.assets import FONTS
from shared.readiness import NamedException
from shared.recipients import DEFAULTS, PEOPLE, UNITS, TemplateColumn
from sync_server.sample.season import season_2019
from sync_server.sealing import bundle, certificates, seal
from sync_server.sealing.bundle import Packed, Packing, SchoolFile
from sync_server.sealing.making.compose import compose
from sync_server.sealing.making.recipients import for_recipient
from sync_server.sealing.paper import scan
from sync_server.sealing.rollup import ParentUnit, roll_up_whole
from sync_server.sealing.summary import CountySummary, Summary, Unit, encode
from tests.support.seal_samples import (
    COUNTY,
    NOW,
    PASSPHRASE,
    SCHOOL,
    SIBLING,
    Sealed,
    inputs,
    keys,
    page_picture,
    seal_summary,
    sign,
    stamp,
)

WHY = "家属住院，没有见到本人"
PROVINCE, BANK = DEFAULTS
COLUMNS = (
    TemplateColumn(header="省份", constant="某省"),
    TemplateColumn(header="学校名称", field="name"),
    TemplateColumn(header="应还人数", field="people"),
    TemplateColumn(header="应还金额", field="total_fen"),
)
PEOPLE_COLUMNS = (
    TemplateColumn(header="合同编号", field="contract_no"),
    TemplateColumn(header="应还合计", field="total_fen"),
    TemplateColumn(header="原因", field="reason"),
)
LONG_NAME = "青槐县" + "柳林镇杨树沟" * 7 + "九年制学校"
"""A school's name of 50 Han characters."""
DPI = 300


class County(msgspec.Struct, frozen=True, kw_only=True):
    """The sealed files, and the certificates."""

    keys_dir: Path
    schools: tuple[Sealed, ...]
    reports: dict[str, Sealed]

    @property
    def root(self) -> bytes:
        return (self.keys_dir / "root.pem").read_bytes()

    def packing(self, key: str) -> Packing:
        report = self.reports[key]
        summary = report.summary
        assert isinstance(summary, CountySummary)
        by_sha256 = {one.files.sha256: one.pdf for one in self.schools}
        for one in self.schools:
            (one.folder / "summary.json").write_bytes(encode(one.summary))
        return Packing(
            pdf=report.pdf,
            sha256=report.files.sha256,
            xlsx=report.pdf.with_suffix(".xlsx"),
            summary=encode(summary),
            sealed_at=NOW.isoformat(),
            schools=tuple(
                SchoolFile(
                    row=row.row,
                    path=str(by_sha256[row.file_sha256]),
                    summary=str(by_sha256[row.file_sha256].with_name("summary.json")),
                )
                for row in summary.rows
            ),
            root_pem=self.root,
            check_url="https://zizhu.example/check",
        )

    def pack(self, key: str, out: Path, **more: object) -> Packed:
        packing = msgspec.structs.replace(self.packing(key), **more)
        signer = certificates.signer_of(self.keys_dir, COUNTY[0], PASSPHRASE)
        return bundle.pack(lambda done, total: None, packing, signer, FONTS, out)


def noisy(picture: Image.Image) -> bytes:
    """A PNG of a page as a scanner makes it that is set to its best: every dot is a little other."""
    dots = Image.frombytes(
        "RGB", picture.size, random.Random(7).randbytes(picture.width * picture.height * 3)
    )
    out = io.BytesIO()
    ImageChops.subtract(picture, dots.point(lambda value: value // 4)).save(
        out, "PNG", compress_level=1
    )
    return out.getvalue()


def seal_with_big_scan(folder: Path, keys_dir: Path, summary: Summary) -> Sealed:
    """Seal a summary whose first page was scanned as a picture of more than 20 MB."""
    folder.mkdir(parents=True, exist_ok=True)
    printed = seal.print_summary(summary, FONTS)
    files = []
    for page in printed.expected.ink_pages:
        picture = page_picture(printed.rendered.pdf, page, DPI)
        for area in printed.expected.stamp_areas:
            if area.page == page:
                stamp(picture, area, DPI)
        files.append((f"第{page}页.png", noisy(sign(picture, printed, page, DPI))))
    read = scan.read_scan(files, printed.expected)
    assert read.complete, read.problems
    sealed = seal.seal(
        summary,
        read,
        None,
        certificates.signer_of(keys_dir, summary.unit.code, PASSPHRASE),
        fonts_dir=FONTS,
        trust_root_pem=(keys_dir / "root.pem").read_bytes(),
        now=NOW,
        printed_pdf=printed.rendered.pdf,
    )
    pdf = folder / "summary.pdf"
    pdf.write_bytes(sealed.pdf)
    pdf.with_suffix(".xlsx").write_bytes(sealed.xlsx)
    return Sealed(
        folder=folder,
        pdf=pdf,
        evidence=folder / "evidence.bin",
        summary=summary,
        files=sealed,
        device_key=None,
    )


def county(folder: Path) -> County:
    """Two schools, one with a long name and a big scan; eleven people in special circumstances."""
    long = (SIBLING[0], LONG_NAME)
    keys_dir = keys(folder / "keys", SCHOOL, long, COUNTY)
    bank = BANK.with_form(UNITS, COLUMNS, ("{年度}年情况表", "填报：{单位}"))
    bank = bank.with_form(PEOPLE, PEOPLE_COLUMNS, ())
    given = inputs(9, 6)
    excepted = NamedException(code="seal.quarantined", ref="fact-1", reason=WHY, by="联络员")
    season = msgspec.structs.replace(season_2019(), recipients=(PROVINCE, bank))
    given = msgspec.structs.replace(
        given, season=season, quarantined=("fact-1",), exceptions=(excepted,)
    )
    schools = (
        seal_summary(folder / "one", keys_dir, compose(given)),
        seal_with_big_scan(folder / "two", keys_dir, compose(inputs(8, 5, unit=long, seed=4))),
    )
    whole = roll_up_whole(
        [one.pdf for one in schools],
        dict([SCHOOL, long]),
        season_2019(),
        partial=False,
        trust_root_pem=(keys_dir / "root.pem").read_bytes(),
        parent=ParentUnit(
            unit=Unit(code=COUNTY[0], name=COUNTY[1]), document="610599-2019", version=1
        ),
    )
    reports = {
        one.key: seal_summary(folder / one.key, keys_dir, for_recipient(whole, one))
        for one in (PROVINCE, bank)
    }
    return County(keys_dir=keys_dir, schools=schools, reports=reports)
