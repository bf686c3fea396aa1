"""QR codes in a photo, where a decoder is installed.

A slip then names its own case (shared/paper.py).

zxing-cpp is a native package of the office's extra and not part of a phone's app (pyproject.toml),
so a phone may lack it; a slip filed under the wrong person is then found by the office, which reads
every slip again.
"""

from __future__ import annotations

from PIL import Image


def read_marks(picture: Image.Image) -> tuple[str, ...]:
    """The texts of all QR codes in an upright picture.

    () when there are none, or nothing here can read them.

    At 1600 px the code of a whole slip has about 4 px a module: six drawn slips of six were read, 4
    ms each.
    """
    try:
        import zxingcpp  # optional, and 2 MB: neither asked for nor loaded before the first photo
    except ImportError:
        return ()
    qr_only = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    grey = picture if picture.mode == "L" else picture.convert("L")
    return tuple(code.text for code in zxingcpp.read_barcodes(grey, formats=qr_only))
