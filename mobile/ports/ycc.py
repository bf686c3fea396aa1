"""A photo in a JPEG's own colours, brightness and two colour differences, decoder to encoder.

Both JPEGs, the camera's and ours, store the colour differences at half size. So they are shrunk
right to that half size, and no colour is converted on the way: less work, and the same picture
(docs/decisions/0063-photos-and-first-syncs-with-less-on-the-way.md).
"""

from __future__ import annotations

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

_YCC = (1, 2, 3)
"""The numbers of a JPEG's three components where nothing else says what they are."""


def in_ycc(photo: JpegImageFile) -> bool:
    """Whether a colour JPEG stores brightness and colour differences, by the decoder's own rule.

    JFIF says so, then Adobe's marker, then the components' numbers. In doubt it is decoded to RGB.
    """
    if photo.mode != "RGB" or len(photo.layer) != len(_YCC):
        return False
    if "jfif" in photo.info:
        return True
    if "adobe" in photo.info:
        return photo.info.get("adobe_transform") == 1
    return tuple(layer[0] for layer in photo.layer) == _YCC


def ycc_shrunk(
    picture: Image.Image, size: tuple[int, int], turn: Image.Transpose | None
) -> Image.Image:
    """Shrink a picture in these colours, and turn it.

    Args:
        picture: The picture.
        size: Its size before it is turned.
        turn: How it is turned, None for not.
    """
    brightness, *differences = picture.split()
    sharp = _turned(brightness.resize(size, Image.Resampling.BICUBIC), turn)
    half = (-(-size[0] // 2), -(-size[1] // 2))
    return Image.merge("YCbCr", (sharp, *(_at_half(one, half, turn, sharp) for one in differences)))


def _at_half(
    one: Image.Image, half: tuple[int, int], turn: Image.Transpose | None, whole: Image.Image
) -> Image.Image:
    """A colour difference that the encoder halves to just these values again."""
    small = _turned(one.resize(half, Image.Resampling.HAMMING), turn)
    doubled = small.resize((2 * small.width, 2 * small.height), Image.Resampling.NEAREST)
    return doubled if doubled.size == whole.size else doubled.crop((0, 0, *whole.size))


def _turned(one: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    return one if turn is None else one.transpose(turn)
