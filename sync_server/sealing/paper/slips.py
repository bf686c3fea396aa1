"""Read the case that a photographed slip names, and how sharp the photo is.

Called in short-lived workers: a photo may be anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from shared.paper import parse_slip_mark
from shared.problems import ProblemError
from sync_server.store.photo_look import UNMEASURED, UNREADABLE_PHOTO, PhotoLook

if TYPE_CHECKING:
    from PIL import Image

JUDGED_PX = 800
"""The longest side at which sharpness is measured, as on phones (mobile/ports/pillow_codec.py)."""
STRIP_SHARE = 0.15
"""So much at the foot of a photo is left out, where the caption strip is: its letters are sharp."""
PLAIN_SPREAD = 4.0
"""Least standard deviation of brightness of an area that tells one picture from another."""
BLOCK_PX = 16
"""What JPEG encodes by itself: an area of whole blocks is the same whatever stands below it."""


def looks(photos: Sequence[Path]) -> list[PhotoLook]:
    """Return what each photo shows, in the same order."""
    return [_look(path) for path in photos]


def slip_codes(photos: Sequence[Path]) -> list[str]:
    """Return the case code of each photo, in the same order."""
    return [look.code for look in looks(photos)]


def _look(path: Path) -> PhotoLook:
    from sync_server.sealing.paper import pictures

    data, found = path.read_bytes(), set[str]()
    if not pictures.media_type(data).startswith("image/"):
        return UNREADABLE_PHOTO
    sharp, same = UNMEASURED, ""
    try:
        for image in pictures.pages_of(path.name, data):
            sharp, same = _sharpness(image), _upper_part(image)
            found |= {code for text, _ in pictures.codes(image) if (code := _named(text))}
    except ProblemError:
        return PhotoLook("", sharp, same)
    return PhotoLook(found.pop() if len(found) == 1 else "", sharp, same)


def _sharpness(image: Image.Image) -> float:
    from PIL import ImageFilter, ImageStat

    grey = image.convert("L").crop((0, 0, image.width, round(image.height * (1 - STRIP_SHARE))))
    grey.thumbnail((JUDGED_PX, JUDGED_PX))
    if min(grey.size) < 3:
        return UNMEASURED
    kernel = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)
    edges = grey.filter(kernel).crop((1, 1, grey.width - 1, grey.height - 1))
    return float(ImageStat.Stat(edges).var[0])


def _upper_part(image: Image.Image) -> str:
    """Hash the rows that no caption below can change, by the width alone."""
    from PIL import ImageStat

    rows = image.width // 3 // BLOCK_PX * BLOCK_PX
    if not rows or rows > image.height * (1 - STRIP_SHARE):
        return ""
    part = image.convert("L").crop((0, 0, image.width, rows))
    if ImageStat.Stat(part).stddev[0] < PLAIN_SPREAD:
        return ""
    return sha256(b"%dx%d " % part.size + part.tobytes()).hexdigest()


def _named(text: str) -> str:
    try:
        return parse_slip_mark(text)
    except ProblemError:
        return ""
