"""A table wider than its window scrolls in a box of its own, which the keyboard reaches too."""

from __future__ import annotations

import re
from html import escape

_TABLE = re.compile(
    r'(?P<box><div class="scroll">\s*)?(?P<table><table\b(?P<options>[^>]*)>.*?</table>)', re.DOTALL
)
_STACKED = re.compile(r'class="[^"]*\bstack\b')
_CONTROL = re.compile(r"<(?:a|button|input|select|textarea|summary)\b")


def in_boxes(html: str, words: str) -> str:
    """Put each table into a box that scrolls, but for one whose cells go one under the other.

    The box takes the focus where nothing in the table does, so that arrow keys can move it.

    Args:
        html: The page.
        words: What such a box is called.
    """

    def boxed(found: re.Match[str]) -> str:
        table = found["table"]
        if _STACKED.search(found["options"]):
            return found[0]
        alone = "" if _CONTROL.search(table) else ' tabindex="0"'
        opening = f'<div class="scroll" role="group" aria-label="{escape(words)}"{alone}>'
        return f"{opening}{table}" if found["box"] else f"{opening}{table}</div>"

    return _TABLE.sub(boxed, html)
