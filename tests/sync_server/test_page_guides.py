"""Every page of the console says how it is used: 本页怎么用, in five lines at most, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment
from jinja2.nodes import Assign, Extends, Name
from litestar import Litestar

from sync_server.console import pages
from sync_server.console.web import rendering
from sync_server.services import Services
from tests.support.console_browser import people, signed_in
from tests.support.for_each import for_each

TEMPLATES = sorted(Path(pages.__file__).parent.glob("*.html"))
FRAMES = ("base.html", "bare.html")
MOST_LINES, LONGEST_ZH, LONGEST_EN = 5, 60, 130
HAN = re.compile("[一-鿿]")


def guide_of(template: Path) -> object:
    """The lines of a page's template; None for a part of pages or a page of another frame."""
    tree = Environment(autoescape=True).parse(template.read_text("utf-8"))
    frames = [node.template.as_const() for node in tree.find_all(Extends)]
    if not set(frames) & set(FRAMES):
        return None
    for node in tree.find_all(Assign):
        if isinstance(node.target, Name) and node.target.name == "guide":
            return node.node.as_const()
    return ()


@for_each(TEMPLATES, lambda template: template.name)
def test_every_page_says_how_it_is_used_in_five_lines_at_most(template: Path) -> None:
    lines = guide_of(template)
    if lines is None:
        return
    assert isinstance(lines, tuple)
    assert lines, 'write {% set guide = (("中文", "English"), …) %} below its `extends`'
    assert len(lines) <= MOST_LINES
    for zh, en in lines:
        assert HAN.search(zh)
        assert not HAN.search(en)
        assert len(zh) <= LONGEST_ZH, zh
        assert len(en) <= LONGEST_EN, en


def test_the_frames_are_those_of_the_console() -> None:
    web = Path(rendering.__file__).parent
    assert all("parts.guide(" in (web / frame).read_text("utf-8") for frame in FRAMES)


async def test_it_is_folded_on_the_page_in_the_language_of_the_page(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    admin = await signed_in(app, "admin")
    page = (await admin.get("/accounts")).text
    assert '<details class="guide no-print"><summary>本页怎么用</summary>' in page
    assert "不要共用账号" in page
    await admin.get("/language/en")
    page = (await admin.get("/accounts")).text
    assert "<summary>How to use this page</summary>" in page
    assert "never share one" in page
