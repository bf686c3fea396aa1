"""Flutter's icon font, cut to the icons that the app shows: all 8,600 would be 0.5 MB.

A name of Flet is the name of a glyph: `Icons.EDIT_OUTLINED` is `edit_outlined`, `Icons.ADD` is
`add_baseline`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from mobile.packaging.python_packages import PackagingError

FONT = "assets/fonts/MaterialIcons-Regular.otf"
STYLES = ("outlined", "rounded", "sharp")
OTHER_NAMES = {"door_front_door": "door_front"}
"""Glyphs that Flutter calls otherwise."""
OF_FLUTTER = (
    "ACCESS_TIME",
    "ACCESS_TIME_OUTLINED",
    "ADD",
    "ARROW_BACK",
    "ARROW_BACK_IOS",
    "ARROW_BACK_IOS_NEW",
    "ARROW_BACK_IOS_NEW_ROUNDED",
    "ARROW_DOWNWARD",
    "ARROW_DROP_DOWN",
    "ARROW_DROP_UP",
    "ARROW_FORWARD",
    "ARROW_UPWARD",
    "BROKEN_IMAGE",
    "CALENDAR_TODAY",
    "CALENDAR_TODAY_OUTLINED",
    "CANCEL",
    "CHECK",
    "CHEVRON_LEFT",
    "CHEVRON_RIGHT",
    "CLEAR",
    "CLOSE",
    "DATE_RANGE",
    "EDIT",
    "EDIT_OUTLINED",
    "ERROR",
    "ERROR_OUTLINE",
    "EXPAND_LESS",
    "EXPAND_MORE",
    "FIRST_PAGE",
    "INFO",
    "KEYBOARD",
    "KEYBOARD_ARROW_DOWN",
    "KEYBOARD_ARROW_UP",
    "KEYBOARD_OUTLINED",
    "LAST_PAGE",
    "MENU",
    "MORE_HORIZ",
    "MORE_VERT",
    "SEARCH",
    "UNFOLD_MORE",
    "VISIBILITY",
    "VISIBILITY_OFF",
    "WARNING",
)
"""What Flutter's own widgets draw (bars, menus, fields, the calendar); rather too many."""
_NAMED = re.compile(rb"\bIcons\.([A-Z][A-Z0-9_]*)")


def cut(font: bytes, sources: Iterable[bytes]) -> bytes:
    """Return the font with the icons that the sources name, and those of Flutter's own widgets.

    Raises: PackagingError when an icon is not in the font.
    """
    named = {name.decode() for source in sources for name in _NAMED.findall(source)}
    opened = TTFont(io.BytesIO(font), recalcTimestamp=False)
    there = set(opened.getGlyphOrder())
    if missing := sorted(name for name in named if glyph_of(name) not in there):
        raise PackagingError(f"图标字体里没有 {'、'.join(missing)}")
    wanted = {glyph_of(name) for name in named.union(OF_FLUTTER)} & there
    subsetter = Subsetter(Options(glyph_names=True, notdef_outline=True))
    subsetter.populate(glyphs=sorted(wanted))
    subsetter.subset(opened)
    out = io.BytesIO()
    opened.save(out)
    return out.getvalue()


def glyph_of(name: str) -> str:
    """Return the glyph of an icon's name."""
    stem, _, style = name.lower().rpartition("_")
    if style not in STYLES:
        stem, style = name.lower(), "baseline"
    low = f"{OTHER_NAMES.get(stem, stem)}_{style}"
    return f"_{low}" if low[0].isdigit() else low
