"""B3: what the phone does with a camera's 12-megapixel JPEG, against the least possible.

Ours: upright, shrunk, judged, its QR read, encoded (`PillowCodec.fit`). Bare: Pillow's draft decode, one resize to the
same size and one encode. The coroutine runs on a loop kept for all rounds: `asyncio.run` prints the finished task, with
the whole photo in it, to tell Python's signal module what it is.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable

from PIL import Image

from mobile.ports.pillow_codec import LONGEST_SIDE_PX, QUALITY, PillowCodec
from sync_server.sample.pictures import draw_slip

BOUND = 2.0


def pair() -> tuple[Callable[[], object], Callable[[], object]]:
    jpeg = draw_slip(
        "0700018", seed=2, name_masked="李*", school="柳泉镇中心校", notice_no="0700018"
    )
    codec = PillowCodec()
    loop = asyncio.new_event_loop()

    def bare() -> None:
        with Image.open(io.BytesIO(jpeg)) as picture:
            fitted = (LONGEST_SIDE_PX, LONGEST_SIDE_PX * picture.height // picture.width)
            picture.draft("RGB", fitted)
            small = picture.convert("RGB").resize(fitted)
        small.save(io.BytesIO(), "JPEG", quality=QUALITY)

    return lambda: loop.run_until_complete(codec.fit(jpeg)), bare
