"""What a new season begins with: the shipped example, or an earlier season of this county.

The shipped example is the sample's season file. Its calendar, limits, reasons and texts are a
proposal; its letterhead belongs to an invented county and is never taken over.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from shared.policy import SCRIPT, PolicyPage
from shared.season import Season
from sync_server.office import season_file

TEMPLATE = files("sync_server") / "sample" / "season.toml"
_BY_YEAR = re.compile(
    r"[0-9〇零一二三四五六七八九十]+\s*(?:[月日号%‰]|年度)|救助|减免|免除|展期|延期|申请|利率|罚息"
)
"""Dates, rates and words of eligibility: what rules change from year to year."""


@cache
def shipped() -> Season:
    """The example that comes with the program."""
    return season_file.parse(TEMPLATE.read_text(encoding="utf-8"))


def must_be_checked(page: PolicyPage) -> bool:
    """Return whether the centre must read a page before it counts for a new season.

    Every policy page, and every script that names a date, a rate or who is eligible for relief.
    """
    lines = (page.title_zh, *page.zh)
    return page.section != SCRIPT or any(_BY_YEAR.search(line) for line in lines)


def unchecked_of(pages: tuple[PolicyPage, ...]) -> tuple[str, ...]:
    """Return the keys of the pages that must be checked, in order."""
    return tuple(page.key for page in pages if must_be_checked(page))
