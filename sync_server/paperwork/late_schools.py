"""The list of late schools to print: what each stands on, what was decided, and the talk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from shared.late_schools import Ground
from shared.season import Season
from shared.typography import full_width
from sync_server.paperwork import words
from sync_server.paperwork.faces import KeptFaces
from sync_server.paperwork.typeset import Job, typeset
from sync_server.store.late_schools import LateSchool

STATES = {"dismissed": "不约谈", "listed": "约谈，日期待定", "dated": "约谈", "held": "已约谈"}


class LateLine(msgspec.Struct, frozen=True, kw_only=True):
    """A decision with the name of its school."""

    school: str
    row: LateSchool


def ground_words(ground: Ground) -> str:
    """Return a ground as a sentence: the rule, its deadline, and the numbers it stands on."""
    day = words.day(ground.deadline)
    if ground.rule == "summary":
        return f"汇总件应在{day}前交，已过{ground.days_late}天（规定：过期{ground.limit}天列入）"
    name = "送达率" if ground.rule == "delivered" else "还清率"
    hundredths = ground.part * 10_000 // ground.whole if ground.whole else 0
    return (
        f"{name}{ground.part}/{ground.whole}＝{words.percent(hundredths)}"
        f"（规定：{day}前达到{ground.limit}%）"
    )


def render_late_schools(
    lines: Sequence[LateLine],
    season: Season,
    day: date,
    fonts_dir: Path,
    demo: bool = False,
    faces: KeptFaces | None = None,
) -> bytes:
    """Render the list as a PDF.

    Args:
        lines: The decisions, by school.
        season: Its letterhead is printed.
        day: The day of the print.
        fonts_dir: The folder with the program's fonts.
        demo: Whether the clock is a demonstration's.
        faces: The county's own faces.

    Raises:
        ProblemError: paper.not_set.
    """
    view = {
        "title": f"{season.letterhead.centre}{season.id}年催收工作约谈单位一览",
        "unit": season.letterhead.centre,
        "day": words.day(day.isoformat()),
        "rows": [_cells(n, line) for n, line in enumerate(lines, 1)],
        "demo": demo,
    }
    made = datetime(day.year, day.month, day.day, tzinfo=UTC)
    job = Job(template="late_schools.typ", view=view, meta={}, created_at=made, footnotes=False)
    return typeset(job, fonts_dir, faces=faces)[0]


def _cells(number: int, line: LateLine) -> dict[str, Any]:
    row = line.row
    talk = [
        *([f"定于{words.day(row.talk_on)}"] if row.talk_on else []),
        *([f"{words.day(row.held_on)}已谈，谈话对象：{row.with_whom}"] if row.held_on else []),
        *([f"商定：{row.agreed}"] if row.agreed else []),
    ]
    return {
        "row": number,
        "school": line.school,
        "grounds": [ground_words(one) for one in row.stood_on],
        "decided": STATES[row.state],
        "reason": full_width(row.reason),
        "talk": [full_width(text) for text in talk],
    }
