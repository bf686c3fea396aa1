"""Handle characters the paper font lacks: printed as 〓 with one footnote a character.

Where there are many, each text lists its own behind it instead, each once: footnotes that fill a
page would leave no room for what they belong to, and the typesetter gives up. The data keep them.
The set comes from assets/fonts/charset.txt, written beside the fonts it lists.
PDF/A forbids a glyph that is not in the file, so the typesetter would refuse the whole document
over one rare name (docs/seal.md#the-paper, docs/sources.md#typesetter).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

GETA = "〓"
MOST_FOOTNOTES = 24
"""So many different ones: on one page they still leave room for a statement and its sign-off."""
MOST_MARKS = 100
"""So many places with a mark. Each asks which characters were noted before it, so the work grows
with the square of their number: 2,400 took 9 GB (measured on 29 November 2026).
"""
_RUN = re.compile(r"[^\s\u2e80-\U0010ffff]{400}")
"""So many characters between which no line breaks: Chinese may break after any."""
_BLANKS = re.compile(r"[ \u3000]{3,}")
"""Blanks that say no more than two do; thousands in a row take the typesetter half a minute."""


@lru_cache(maxsize=1)
def load_charset(fonts_dir: Path) -> frozenset[str]:
    """Return the characters every paper font has."""
    return frozenset((fonts_dir / "charset.txt").read_text(encoding="utf-8")) - {"\n"}


def missing_characters(text: str, charset: frozenset[str]) -> tuple[str, ...]:
    """Return the characters of a text that no font has, each once, in order."""
    return tuple(dict.fromkeys(c for c in normalised(text) if c != "\n" and c not in charset))


def many_missing(value: Any, charset: frozenset[str]) -> bool:
    """Return whether a JSON value has more missing characters than footnotes are made for."""
    found = Counter[str]()
    for text in _texts(value):
        if not charset.issuperset(plain := normalised(text)):
            found.update(c for c in plain if c != "\n" and c not in charset)
    return len(found) > MOST_FOOTNOTES or found.total() > MOST_MARKS


def mark_missing(value: Any, charset: frozenset[str], *, many: bool = False) -> Any:
    """Mark the missing characters in the texts of a JSON value.

    The templates print `〓{U+20000}` as 〓 with a footnote, and `〓{U+20000 U+20001}=` as a
    note.

    Args:
        value: a JSON value.
        charset: the characters the fonts have.
        many: a plain 〓 for each, and one note behind each text, instead of a mark for each.

    Returns:
        The value with its texts normalised and marked.
    """
    if isinstance(value, str):
        return _marked(value, charset, many)
    if isinstance(value, list):
        return [mark_missing(item, charset, many=many) for item in value]
    if isinstance(value, dict):
        return {key: mark_missing(item, charset, many=many) for key, item in value.items()}
    return value


def _marked(text: str, charset: frozenset[str], many: bool) -> str:
    # A text that has the sign of a mark itself must not be taken for one.
    plain = _broken(normalised(text)).replace(GETA + "{", GETA + " {")
    if charset.issuperset(plain):
        return plain
    codes = {c: f"U+{ord(c):04X}" for c in plain if c != "\n" and c not in charset}
    if many and codes:
        marked = "".join(GETA if c in codes else c for c in plain)
        return f"{marked}{GETA}{{{' '.join(codes.values())}}}="
    return "".join(f"{GETA}{{{codes[c]}}}" if c in codes else c for c in plain)


def _texts(value: Any) -> Iterator[str]:
    """Return the texts of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _broken(text: str) -> str:
    """Put a blank into a run without one that no line could hold.

    A PDF allows a string of 32,767 bytes (ISO 19005-3), and a line is written as one string.
    """
    return _RUN.sub(r"\g<0> ", text)


def normalised(text: str) -> str:
    """Normalise line ends; replace other controls and shapeless marks by a blank or nothing."""
    if _BLANKS.search(text) is None and text.isprintable():
        return text  # by far the most: no line end, no control, no blank but " "
    text = (
        text.replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\u2028", "\n")
        .replace("\u2029", "\n")
    )
    return _BLANKS.sub(lambda run: run.group()[:2], "".join(_plain(c) for c in text))


def _plain(character: str) -> str:
    if character == "\n":
        return character
    kind = unicodedata.category(character)
    if kind == "Zs" or character == "\t":
        return " " if character != "\u3000" else character
    # Cf: zero-width and direction marks could make printed words differ from the data's order.
    return "" if kind in ("Cc", "Cf", "Cs") else character
