"""The caption strip in a browser.

The same white band below the picture, written with the phone's own Chinese font.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mobile.ports.browser.bridge import js

NARROWEST_PX = 320
SEPARATOR = " · "
_PAPER, _LINE, _INK = "rgb(255 255 255)", "rgb(190 186 178)", "rgb(34 32 28)"
_OF_SHORT_SIDE = 30
_FONT = "sans-serif"
"""Every phone's browser has a Chinese one behind this name; ours would be 2 MB more to load in the
worker.
"""


@dataclass(frozen=True)
class Strip:
    """What will stand below a picture, and how high it gets; 0 for none."""

    lines: tuple[str, ...] = ()
    font_px: int = 0

    @property
    def pad_px(self) -> int:
        return round(self.font_px * 0.55)

    @property
    def step_px(self) -> int:
        return round(self.font_px * 1.4)

    @property
    def height_px(self) -> int:
        return 2 * self.pad_px + self.step_px * len(self.lines)


def measure(caption: str, width: int, height: int) -> Strip:
    """The caption in lines that fit, broken at its separators.

    A part too long by itself loses its end to a "…".
    """
    if not caption.strip() or width < NARROWEST_PX:
        return Strip()
    empty = Strip(font_px=max(12, round(min(width, height) / _OF_SHORT_SIDE)))
    context = js.OffscreenCanvas.new(1, 1).getContext("2d")
    context.font = f"{empty.font_px}px {_FONT}"
    room_px = width - 2 * empty.pad_px
    lines: list[str] = []
    for part in caption.split(SEPARATOR):
        longer = SEPARATOR.join((lines[-1], part)) if lines else part
        if lines and context.measureText(longer).width <= room_px:
            lines[-1] = longer
        else:
            lines.append(_cut(part, context, room_px))
    return Strip(tuple(lines), empty.font_px)


def _cut(words: str, context: Any, room_px: int) -> str:
    if context.measureText(words).width <= room_px:
        return words
    while words and context.measureText(words + "…").width > room_px:
        words = words[:-1]
    return words + "…"


def draw(context: Any, strip: Strip, width: int, top: int) -> None:
    """Write it below a picture whose height is `top`."""
    if not strip.lines:
        return
    context.fillStyle = _PAPER
    context.fillRect(0, top, width, strip.height_px)
    context.fillStyle = _LINE
    context.fillRect(0, top, width, 2)
    context.fillStyle, context.font, context.textBaseline = (
        _INK,
        f"{strip.font_px}px {_FONT}",
        "middle",
    )
    for number, line in enumerate(strip.lines):
        context.fillText(
            line, strip.pad_px, top + strip.pad_px + strip.step_px * number + strip.step_px / 2
        )
