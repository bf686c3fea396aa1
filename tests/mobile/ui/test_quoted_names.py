"""What a sentence quotes is on a screen under that very name, whoever the sentence is for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobile.i18n import TABLES
from shared.problems import PROBLEMS
from shared.records.registry import KINDS
from shared.typography import full_width

ROOT = Path(__file__).parents[3]
QUOTED = re.compile("“([^”{}]+)”")
ABOUT_THE_PHONE = re.compile("老师在(?:手机)?“([^”]+)”|手机“([^”]+)”页")
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`([^`\n]*)`')
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NOT_OURS = {
    "zh": {"自动设置日期和时间", "分享", "添加到主屏幕", "添加", "在浏览器中打开"},
    "en": {"Add to Home Screen", "Add", "Open in browser"},
}
"""The words of the phone's own system and its browsers."""
THE_OFFICES = {"zh": {"手机", "确认"}, "en": {"Phones", "Confirm"}}
"""A page of the office and its button, which a teacher tells the liaison."""
SETTINGS_OF_A_CAMERA = {"photo.heic"}
PRINTED = {"〓"}


def named(language: str) -> set[str]:
    """Every name on the phone's screens."""
    kinds = {
        label.zh if language == "zh" else label.en
        for kind in KINDS.values()
        for label in (kind.label, kind.action)
        if label
    }
    return (
        set(TABLES[language].values())
        | kinds
        | NOT_OURS[language]
        | THE_OFFICES[language]
        | PRINTED
    )


def sentences(language: str) -> Iterator[tuple[str, str]]:
    """What a teacher reads, by key: the screens' sentences and the problems a teacher can fix."""
    yield from TABLES[language].items()
    for code, row in PROBLEMS.items():
        if row.fixable_by == "teacher" and code not in SETTINGS_OF_A_CAMERA:
            yield code, f"{row.message(language)} {row.fix(language)}"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_name_that_a_teachers_sentence_quotes_is_on_a_screen(language: str) -> None:
    names = named(language)
    unknown = [
        (key, name)
        for key, words in sentences(language)
        for name in QUOTED.findall(words)
        if name not in names
    ]
    assert unknown == []


def test_the_office_names_the_phones_pages_as_the_phone_does() -> None:
    pages = (ROOT / "sync_server" / "console").rglob("*.html")
    texts = [path.read_text("utf-8") for path in (*pages, *(ROOT / "docs").glob("guide-*.md"))]
    texts += [f"{row.zh} {row.fix_zh}" for row in PROBLEMS.values()]
    found = {name for text in texts for hit in ABOUT_THE_PHONE.findall(text) for name in hit}
    assert found - {""} == {"同步"}


def test_the_start_page_has_full_width_punctuation() -> None:
    web = ROOT / "mobile" / "packaging" / "web"
    literals = [
        words
        for path in sorted(web.iterdir())
        if path.suffix in (".js", ".mjs", ".html")
        for line in path.read_text("utf-8").splitlines()
        if not line.lstrip().startswith(("//", "/*", "*"))
        for hit in LITERAL.findall(line)
        for words in hit
        if CHINESE.search(words)
    ]
    assert len(literals) > 20
    assert [words for words in literals if words != full_width(words)] == []
