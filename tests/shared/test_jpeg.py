"""A photo is one whole JPEG and nothing else, found out without decoding it."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shared.jpeg import MAX_SIDE_PX, size_of_whole
from tests.support.jpegs import jpeg


def picture(kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    noise = Image.effect_noise((160, 120), 90).convert("RGB")
    noise.save(out, kind, **options)
    return out.getvalue()


WHOLE = picture(quality=80)


@pytest.mark.parametrize(
    "options",
    [{}, {"progressive": True}, {"optimize": True}, {"restart_marker_rows": 1}, {"comment": b"x"}],
)
def test_what_pillow_writes_is_whole(options: dict[str, object]) -> None:
    assert size_of_whole(picture(**options)) == (160, 120)


@given(st.binary(max_size=200))
def test_any_bytes_of_a_picture_are_whole_between_head_and_end(words: bytes) -> None:
    assert size_of_whole(jpeg(words)) == (16, 16)


@given(st.integers(0, len(WHOLE) - 1))
def test_a_photo_cut_short_is_not_whole(length: int) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        size_of_whole(WHOLE[:length])


@given(st.binary(min_size=1, max_size=40), st.sampled_from([b"", b"\xff\xd9"]))
def test_nothing_may_follow_the_picture(more: bytes, end: bytes) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        size_of_whole(WHOLE + more + end)


@given(st.binary(max_size=300))
def test_other_bytes_are_refused_and_nothing_else_is_raised(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        size_of_whole(b"\xff\xd8" + data)


@given(st.integers(2, 650), st.integers(0, 255))
def test_a_changed_byte_of_the_head_is_refused_or_still_a_picture(at: int, value: int) -> None:
    changed = WHOLE[:at] + bytes([value]) + WHOLE[at + 1 :]
    try:
        width, height = size_of_whole(changed)
    except ValueError:
        return
    assert 0 < width <= MAX_SIDE_PX
    assert 0 < height <= MAX_SIDE_PX


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff\xd9",
        picture("PNG"),
        picture("GIF"),
        picture("WEBP"),
        b"%PDF-1.7\n%%EOF\xff\xd9",
        b"\xff\xd8<script>alert(1)</script>\xff\xd9",
        WHOLE + picture("PNG") + b"\xff\xd9",
        WHOLE + WHOLE,
        jpeg(b"x").replace(bytes.fromhex("00100010"), bytes.fromhex("00000010")),
        jpeg(b"x").replace(bytes.fromhex("00100010"), bytes.fromhex("ffffffff")),
    ],
)
def test_what_is_no_photo_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        size_of_whole(data)


@pytest.mark.parametrize("filler", [b"\xff", b"\xff\x00", b"\xff\xda\x00\x02", b"\xff\xfe\x00\x02"])
def test_four_mebibytes_made_to_take_long_do_not(filler: bytes) -> None:
    begun = time.perf_counter()
    for data in (
        b"\xff\xd8" + filler * (4_000_000 // len(filler)) + b"\xff\xd9",
        jpeg(b"")[:-2] + filler * (4_000_000 // len(filler)) + b"\xff\xd9",
    ):
        try:
            size_of_whole(data)
        except ValueError:
            continue
    assert time.perf_counter() - begun < 2
