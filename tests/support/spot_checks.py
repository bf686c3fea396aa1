"""A school that was drawn for a spot check, and what stands on its paper."""

from __future__ import annotations

import re
from datetime import date

import pypdfium2

from shared.digest import sha256_hex
from shared.ids import case_code
from shared.spot_check import Recorded, Visited, draw, frame_hash, frame_of
from sync_server.office import bulletins, spot_checks
from sync_server.office.spot_checks import Checked, Entry
from sync_server.paperwork.spot_check import SheetOf
from sync_server.services import Services
from sync_server.store import cases
from tests.support.county import SEASON, fill
from tests.support.paper import STATEMENT, VISIT, keyed
from tests.support.supervision import delivered

WHO, SEEN_ON = "中心", date(2019, 12, 12)
NOT_REAL = "家里说没人来过"


def visited_school(services: Services) -> list[str]:
    """Six people of school 01: two delivered, one visited, one explained, two of whom nothing is recorded."""
    services.database.write(fill)
    rows = services.database.read(lambda c: cases.rows(c, SEASON, unit="01"))
    ids = [row["id"] for row in rows]
    for case in ids[:2]:
        delivered(services, case)
    keyed(services, ids[0], "visit", VISIT)
    keyed(services, ids[2], "visit", VISIT)
    keyed(services, ids[3], "statement", STATEMENT)
    return [row["code"] for row in rows]


def drawn(services: Services, size: int = 3) -> Checked:
    """School 01, drawn from a bulletin of now."""
    bulletin = bulletins.issue(services, who="t", request="b")
    (check,) = spot_checks.draw(services, bulletin.id, size, who=WHO, unit="01")
    return spot_checks.one(services, check.id)


def key(services: Services, check_id: str, *entries: Entry) -> int:
    """Lines of the sheet as they are keyed."""
    return spot_checks.key_in(
        services, check_id, entries, inspectors="督查甲", seen_on=SEEN_ON, who=WHO
    )


def not_real(services: Services) -> Checked:
    """A school of whose first person something is not as recorded."""
    found = drawn(services)
    key(services, found.check.id, Entry(position=1, verdict="not_real", note=NOT_REAL))
    return spot_checks.one(services, found.check.id)


def sheet_of(people: int = 160, size: int = 10) -> SheetOf:
    """A drawing of an invented school, for pictures; equal arguments give equal sheets."""
    codes = [case_code("01", n) for n in range(1, people + 1)]
    bulletin = sha256_hex(b"a bulletin")
    kinds = (
        Recorded(
            name="王*",
            village="柳泉村",
            delivery="signed",
            delivered_on="2019-11-28",
            signer="self",
            print_n=1,
            print_batch=3,
            paper="handed_in",
            photo="slip",
            visits=(Visited(day="2019-12-09", met="self", visitors=("周老师", "孙老师")),),
        ),
        Recorded(
            name="欧阳*",
            village="石头沟村",
            delivery="refused",
            delivered_on="2019-11-29",
            print_n=2,
            print_batch=4,
            paper="none",
            photo="none",
            visits=(
                Visited(day="2019-12-08", met="nobody", visitors=("周老师",)),
                Visited(day="2019-12-10", met="family", visitors=("周老师", "孙老师")),
            ),
            stated=True,
        ),
    )
    drawn = draw(codes, bulletin, "01", size)
    return SheetOf(
        school="柳泉镇中心校",
        unit="01",
        bulletin="青槐教贷通报〔2019〕1号",
        cut_off="2019-12-12T10:00:00+08:00",
        bulletin_sha256=bulletin,
        size=size,
        codes=frame_of(codes),
        frame_sha256=frame_hash(codes),
        drawn_at="2019-12-12T02:00:00.000Z",
        people=tuple((code, kinds[n % 2]) for n, code in enumerate(drawn)),
    )


def text_of(pdf: bytes) -> str:
    """The words of a PDF, line by line."""
    with pypdfium2.PdfDocument(pdf) as read:
        pages = [page.get_textpage().get_text_range() for page in read]
    return "\n".join(pages).replace("\r\n", "\n")


def pages_of(pdf: bytes) -> int:
    """How many pages a PDF has."""
    with pypdfium2.PdfDocument(pdf) as read:
        return len(read)


def printed_lines(text: str) -> str:
    """The program that stands on a sheet."""
    found = re.search(r"^from hashlib.*?^print\(\*drawn\)$", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[0]


def printed_codes(text: str) -> list[str]:
    """The codes that were drawn from, as the end of the sheet lists them."""
    listed = text[text.index("怎样重新抽一遍") :]
    return re.findall(r"^[0-9A-Z]+-[0-9]{4}-[0-9A-Z]$", listed, re.MULTILINE)
