"""Render the sheet of a spot check (督查表): what to ask each person, and how to draw them again.

Names are masked: the sheet is carried from door to door. Its last part holds the codes that were
drawn from and the lines of `shared.spot_check.procedure`, so that the paper alone is enough to
check the drawing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from shared import codes
from shared.ids import show_case_code
from shared.season import Season, SpotRules, moment_of
from shared.spot_check import Recorded, Visited, procedure
from shared.typography import full_width
from sync_server.paperwork import words
from sync_server.paperwork.faces import KeptFaces
from sync_server.paperwork.typeset import Job, typeset

DELIVERIES = {
    "signed": "记为已签收",
    "acknowledged": "记为短信/微信确认",
    "refused": "记为拒签",
    "undelivered": "记为未遇到",
    "none": "没有送达记录",
}
PAPERS = {"handed_in": "已交中心", "at_school": "在学校", "none": "没有"}
PHOTOS = {"slip": "有", "on_phone": "还在手机里", "message": "只有聊天截图", "none": "没有"}
BOXES = ("属实", "不属实", "没见到人")
"""In the order of `shared.spot_findings.DIGITS`, from 1."""


class SheetOf(msgspec.Struct, frozen=True, kw_only=True):
    """A drawing as its sheet shows it.

    Attributes:
        school: The school's name; `unit` its code.
        bulletin: The bulletin's number as an official document has it; `cut_off` its moment.
        codes: The bare codes that were drawn from.
        people: Who was drawn, in the order of the drawing: bare code, and what was recorded.
        questions: What is asked everybody.
    """

    school: str
    unit: str
    bulletin: str
    cut_off: str
    bulletin_sha256: str
    size: int
    codes: tuple[str, ...]
    frame_sha256: str
    drawn_at: str
    people: tuple[tuple[str, Recorded], ...]
    questions: tuple[str, ...] = SpotRules().questions


def render_spot_check(
    of: SheetOf,
    season: Season,
    fonts_dir: Path,
    demo: bool = False,
    faces: KeptFaces | None = None,
) -> bytes:
    """Render the sheet as a PDF; equal arguments give equal bytes.

    Args:
        of: The drawing.
        season: Its letterhead is printed.
        fonts_dir: The folder with the program's fonts.
        demo: Whether the clock is a demonstration's.
        faces: The county's own faces.

    Raises:
        ProblemError: paper.not_set.
    """
    view = {
        "title": f"{season.letterhead.centre}{season.id}年走访督查表",
        "unit": season.letterhead.centre,
        "school": of.school,
        "bulletin": of.bulletin,
        "cut-off": words.moment(of.cut_off),
        "drawn": words.moment(of.drawn_at),
        "hash": words.grouped(of.bulletin_sha256),
        "whole": len(of.codes),
        "people": [_block(n, code, given) for n, (code, given) in enumerate(of.people, 1)],
        "questions": list(of.questions),
        "boxes": list(BOXES),
        "frame-hash": of.frame_sha256,
        "codes": [show_case_code(code) for code in of.codes],
        "lines": list(procedure(of.bulletin_sha256, of.unit, of.size)),
        "demo": demo,
    }
    made = moment_of(of.drawn_at)
    if made is None:
        raise ValueError("a drawing has its moment")
    job = Job(template="spot_check.typ", view=view, meta={}, created_at=made, footnotes=False)
    return typeset(job, fonts_dir, faces=faces)[0]


def _block(number: int, code: str, given: Recorded) -> dict[str, Any]:
    return {
        "n": number,
        "code": show_case_code(code),
        "name": given.name,
        "village": given.village,
        "slip": _slip(code, given),
        "delivery": _delivery(given),
        "visits": _visits(given.visits),
        "stated": "有" if given.stated else "没有",
    }


def _slip(code: str, given: Recorded) -> str:
    batch = f"第{given.print_batch}批" if given.print_batch else "以前"
    printed = f"，{batch}第{given.print_n}次打印" if given.print_n else "，没有打印记录"
    return (
        f"编号{show_case_code(code)}{printed}；"
        f"纸质签收单{PAPERS.get(given.paper, given.paper)}；"
        f"照片{PHOTOS.get(given.photo, given.photo)}"
    )


def _delivery(given: Recorded) -> str:
    signer = codes.find(codes.PEOPLE, given.signer).zh if given.signer else ""
    parts = (
        words.day(given.delivered_on),
        DELIVERIES.get(given.delivery, given.delivery),
        f"签收人：{signer}" if signer else "",
    )
    return "，".join(part for part in parts if part)


def _visits(visits: tuple[Visited, ...]) -> str:
    return full_width("；".join(_visit(one) for one in visits)) or "没有走访记录"


def _visit(one: Visited) -> str:
    parts = (
        words.day(one.day) or words.ODD_DAY,
        f"见到：{codes.find(codes.PEOPLE, one.met).zh}" if one.met else "",
        f"走访人：{'、'.join(one.visitors)}" if one.visitors else "",
    )
    return "，".join(part for part in parts if part)
