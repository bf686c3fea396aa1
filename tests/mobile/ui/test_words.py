"""The tables of sentences are whole, the screens hold no literal text, the colours can be read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import mobile.ui
from mobile.i18n import TABLES, Tongue
from mobile.ui.app.theme import DARK, LIGHT, PAIRS
from tests.support.for_each import for_each

UI = Path(mobile.ui.__file__).parent
SOURCES = sorted(path for path in UI.rglob("*.py") if path.name not in ("theme.py", "logo.py"))
"""Not the two that hold font names and a drawing."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SENTENCE = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
NAMES_OF_LANGUAGES = {"中文", "English"}


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_both_languages_have_the_same_keys_in_the_same_order() -> None:
    assert list(TABLES["zh"]) == list(TABLES["en"])


@for_each(sorted(TABLES["zh"]))
def test_both_languages_fill_the_same_places(key: str) -> None:
    assert placeholders(TABLES["zh"][key]) == placeholders(TABLES["en"][key])


def test_no_word_to_avoid_is_on_a_screen() -> None:
    words = "\n".join(TABLES["zh"].values())
    assert not [bad for bad in ("欠款", "恶意", "催收", "老赖", "排名") if bad in words]


def test_no_list_of_the_phone_says_that_a_notice_was_signed_for() -> None:
    """A list knows that a notice arrived, not how: a message that was answered is no signature."""
    assert not [words for words in TABLES["zh"].values() if "已签收" in words]


def test_chinese_sentences_hold_no_english_words() -> None:
    assert not [
        w for w in TABLES["zh"].values() if re.search(r"[A-Za-z]{2,}", re.sub(r"\{[^}]*\}", "", w))
    ]


def test_english_sentences_hold_no_chinese() -> None:
    assert not [w for w in TABLES["en"].values() if CHINESE.search(w)]


def strings(tree: ast.AST) -> Iterator[str]:
    """Every string that is no docstring."""
    skipped = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))  # a string below a constant explains it
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in skipped
        ):
            yield node.value


def logged(tree: ast.AST) -> set[str]:
    """What goes to the log or into an exception, not on a screen."""
    found: set[str] = set()
    for node in ast.walk(tree):
        to_log = isinstance(node, ast.Call) and ast.unparse(node.func).startswith(
            ("log.", "TypeError")
        )
        if to_log:
            found |= {
                c.value
                for c in ast.walk(node)
                if isinstance(c, ast.Constant) and isinstance(c.value, str)
            }
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: str(p.relative_to(UI)))
def test_screens_hold_no_literal_sentence(source: Path) -> None:
    tree = ast.parse(source.read_text("utf-8"))
    allowed = NAMES_OF_LANGUAGES | logged(tree)
    literal = [
        s for s in strings(tree) if (CHINESE.search(s) or SENTENCE.search(s)) and s not in allowed
    ]
    assert literal == []


def keys_used() -> Iterator[str]:
    for source in SOURCES:
        yield from re.findall(r"""\bt\(\s*"([a-z_.]+)\"""", source.read_text("utf-8"))


def test_every_key_the_screens_ask_for_is_in_the_table() -> None:
    assert [key for key in keys_used() if key not in TABLES["zh"]] == []


def test_a_missing_key_shows_as_itself_and_a_missing_value_as_a_question_mark() -> None:
    t = Tongue("zh")
    assert t("no.such.key") == "no.such.key"
    assert t("cases.count") == "共 ? 人"


def luminance(colour: str) -> float:
    """WCAG 2.1 relative luminance of #RRGGBB."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_has_enough_contrast(palette: dict[str, str], ink: str, ground: str) -> None:
    light, dark = sorted((luminance(palette[ink]), luminance(palette[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_screens_and_components_stay_short() -> None:
    long = []
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > 60:
                    long.append(f"{source.name}:{node.name} {length}")
    assert long == []
