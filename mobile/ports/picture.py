"""What a picked file is, whether it is a screenshot, and how a long one is cut.

Pure; nothing is decoded here. A photo of paper and a picture of a screen are two kinds: a photo is
shrunk to 1600 px, a screenshot keeps the width at which its letters can be read, and a long one
becomes several pictures.
"""

from __future__ import annotations

from mobile.ports.jpeg import size_of

JPEG, PNG, WEBP, HEIC = "JPEG", "PNG", "WEBP", "HEIC"
MARKS = (
    (0, b"\xff\xd8\xff", JPEG),
    (0, b"\x89PNG", PNG),
    (4, b"ftyphei", HEIC),
    (4, b"ftyphev", HEIC),
    (4, b"ftypmif1", HEIC),
    (8, b"WEBP", WEBP),
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"%PDF", "PDF"),
)
"""First bytes of the files people pick."""
MAX_PIXELS = 120_000_000
"""Of a photo: sensors of 64 and 108 megapixels give 64.2 and 108.2.

It is decoded at a reduced scale, so that no device needs memory for all of it.
"""
MAX_PROGRESSIVE_PIXELS = 70_000_000
"""Of a photo saved in several passes, which a decoder holds whole: 200 MB. No camera does that."""
MAX_SCREEN_PIXELS = 40_000_000
"""Of a screenshot, which is decoded whole: 160 MB. One of 1440 px is then 27,000 px long."""
SCREEN_WIDTH_PX = 1080
"""The width of most phones' screens: at it, letters are as sharp as they were on the screen."""
PART_PX = 2600
"""The height of one part: a screen of 20:9 at 1080 px (2400) is one."""
OVERLAP_PX = 80
"""What a part repeats of the one before: two lines of a chat, so that each is whole once."""
MOST_PARTS = 12
"""Of one screenshot; more than a conversation about one notice needs."""
TALL = 1.9
"""How much higher than wide a screen is; photos passed on by a chat app are 4:3 or 16:9."""


def kind_of(data: bytes) -> str:
    """Return which kind of file these bytes begin; "" for an unknown one."""
    for at, mark, kind in MARKS:
        if data[at : at + len(mark)] == mark:
            return kind
    return ""


def is_screenshot(data: bytes) -> bool:
    """Return whether a file is a picture of a screen.

    No camera makes PNG or WebP. A JPEG is one where no camera left its data and the picture is as
    tall as a screen: chat apps turn screenshots into JPEG.
    """
    kind = kind_of(data)
    if kind in (PNG, WEBP):
        return True
    if kind != JPEG or b"Exif\0\0" in data[:65_536]:
        return False
    try:
        width, height = size_of(data)
    except ValueError:
        return False
    return height >= width * TALL


def screen_size(width: int, height: int) -> tuple[int, int]:
    """Return the size of a screenshot that is kept: never enlarged, never narrower than legible."""
    shrink = min(1.0, SCREEN_WIDTH_PX / min(width, height))
    return max(1, round(width * shrink)), max(1, round(height * shrink))


def cuts(height_px: int) -> list[tuple[int, int]]:
    """Return top and bottom of the parts of a screenshot: equally high, each repeating a little."""
    if height_px <= PART_PX:
        return [(0, height_px)]
    step = PART_PX - OVERLAP_PX
    count = -(-(height_px - OVERLAP_PX) // step)
    high = -(-(height_px + OVERLAP_PX * (count - 1)) // count)
    tops = [min(number * (high - OVERLAP_PX), height_px - high) for number in range(count)]
    return [(top, top + high) for top in tops]
