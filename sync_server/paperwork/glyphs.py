"""Handle characters the paper font lacks: printed as 〓 with their code in a footnote.

The data keep them. The set comes from assets/fonts/charset.txt, written beside the fonts it lists.
PDF/A forbids a glyph that is not in the file, so the typesetter would refuse the whole document
over one rare name (docs/seal.md#the-paper, docs/sources.md#typesetter).
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

GETA = "〓"
_RUN = re.compile(r"[^\s\u2e80-\U0010ffff]{400}")
"""So many characters between which no line breaks: Chinese may break after any."""


def load_charset(fonts_dir: Path) -> frozenset[str]:
    """Return the characters every paper font has."""
    return frozenset((fonts_dir / "charset.txt").read_text(encoding="utf-8")) - {"\n"}


def missing_characters(text: str, charset: frozenset[str]) -> tuple[str, ...]:
    """Return the characters of a text that no font has, each once, in order."""
    return tuple(dict.fromkeys(c for c in _normalised(text) if c != "\n" and c not in charset))


def mark_missing(value: Any, charset: frozenset[str]) -> Any:
    """Mark each missing character in the texts of a JSON value as `〓{U+XXXX}`.

    The templates print the mark as 〓 with a footnote.

    Args:
        value: a JSON value.
        charset: the characters the fonts have.

    Returns:
        The value with its texts normalised and marked.
    """
    if isinstance(value, str):
        return "".join(
            c if c == "\n" or c in charset else f"{GETA}{{U+{ord(c):04X}}}"
            for c in _broken(_normalised(value))
        )
    if isinstance(value, list):
        return [mark_missing(item, charset) for item in value]
    if isinstance(value, dict):
        return {key: mark_missing(item, charset) for key, item in value.items()}
    return value


def _broken(text: str) -> str:
    """Put a blank into a run without one that no line could hold.

    A PDF allows a string of 32,767 bytes (ISO 19005-3), and a line is written as one string.
    """
    return _RUN.sub(r"\g<0> ", text)


def _normalised(text: str) -> str:
    """Normalise line ends; replace other controls and shapeless marks by a blank or nothing."""
    text = (
        text.replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\u2028", "\n")
        .replace("\u2029", "\n")
    )
    return "".join(_plain(c) for c in text)


def _plain(character: str) -> str:
    if character == "\n":
        return character
    kind = unicodedata.category(character)
    if kind == "Zs" or character == "\t":
        return " " if character != "\u3000" else character
    # Cf: zero-width and direction marks could make printed words differ from the data's order.
    return "" if kind in ("Cc", "Cf", "Cs") else character
