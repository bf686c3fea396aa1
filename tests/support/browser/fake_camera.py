"""A camera for Chromium that shows a picture of ours: a Y4M film of one frame, played over and over.

The browser opens the film anew each time a page opens the camera, so `show` puts the next picture before it.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageOps

SIZE = (1920, 1080)
"""What the app asks for (`ResolutionPreset.VERY_HIGH`)."""
FRAMES_A_SECOND = 2
"""Enough to look alive; each frame costs the machine what a real camera's would."""


def arguments(film: Path) -> tuple[str, ...]:
    """For Chromium, beside the fake device of tests/support/browser/driver.py. The film must be there when a camera opens."""
    return (f"--use-file-for-fake-video-capture={film}",)


def show(film: Path, jpeg: bytes) -> None:
    """Let the camera see this picture from its next opening on: turned upright, its middle in the camera's shape."""
    with Image.open(io.BytesIO(jpeg)) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGB")
    frame = ImageOps.fit(upright, SIZE, Image.Resampling.LANCZOS)
    luma, blue, red = frame.convert("YCbCr").split()
    half = (SIZE[0] // 2, SIZE[1] // 2)
    planes = (luma, blue.resize(half, Image.Resampling.BOX), red.resize(half, Image.Resampling.BOX))
    head = (
        f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F{FRAMES_A_SECOND}:1 Ip A1:1 C420jpeg\nFRAME\n".encode()
    )
    next_film = film.with_suffix(".next")
    next_film.write_bytes(head + b"".join(plane.tobytes() for plane in planes))
    next_film.replace(film)  # a camera still open keeps the film it has
