"""The contract of the photo codec: one size, one measure, upright, nothing but the picture, a strip below."""

from __future__ import annotations

import time

from mobile.ports.jpeg import size_of
from tests.support.phone.contract_kit import CAPTION, Kit, refused

ORIENTATIONS = tuple(f"turned-{n}" for n in range(1, 9))
SHARP_WITHIN = {"wide": 0.12, "nearly-half": 0.08}
SHARP_WITHIN_ELSE = 0.05
"""The measure is the same to the last bit (test_ports_contract.py); what differs is how each shrinks a picture to 1600
px before. Shapes no camera has differ most; a sharp slip has 375 and more, a blurred one 26 at most (take_photo.py)."""


# photos


async def a_photo_has_the_size_it_has_everywhere(kit: Kit) -> None:
    for name, meant in kit.expected.items():
        fitted = await kit.ports.codec.fit(await kit.picture(name))
        assert (fitted.width_px, fitted.height_px) == (meant["width_px"], meant["height_px"]), name
        assert fitted.strip_px == 0


async def a_photo_is_as_sharp_as_everywhere(kit: Kit) -> None:
    far = {}
    for name, meant in kit.expected.items():
        if name in ORIENTATIONS[1:]:  # one picture, eight ways
            continue
        found = (await kit.ports.codec.fit(await kit.picture(name))).sharpness
        within = SHARP_WITHIN.get(name, SHARP_WITHIN_ELSE)
        if abs(found - meant["sharpness"]) > max(within * meant["sharpness"], 1.0):
            far[name] = (round(found, 1), round(meant["sharpness"], 1))
    assert not far, far


async def a_photo_stands_upright(kit: Kit) -> None:
    for name in ORIENTATIONS:
        fitted = await kit.ports.codec.fit(await kit.picture(name))
        assert await kit.corners(fitted.data) == "red green blue white", name


async def a_thumbnail_is_the_same_picture_small(kit: Kit) -> None:
    fitted = await kit.ports.codec.fit(await kit.picture("turned-6"))
    small = await kit.ports.codec.thumbnail(fitted.data)
    assert await kit.corners(small) == "red green blue white"
    assert markers(small).isdisjoint({0xE1, 0xE2, 0xED, 0xFE})
    assert max(size_of(small)) == 480
    assert len(small) < len(fitted.data) / 2
    with refused("photo.unreadable"):
        await kit.ports.codec.thumbnail(b"no picture")


async def a_photo_keeps_nothing_but_the_picture(kit: Kit) -> None:
    jpeg = await kit.picture("turned-6")
    assert {0xE1, 0xFE} <= markers(jpeg)
    assert b"secret" in jpeg
    data = (await kit.ports.codec.fit(jpeg)).data
    assert markers(data).isdisjoint({0xE1, 0xE2, 0xED, 0xFE})
    assert b"secret" not in data


async def a_caption_stands_below_and_changes_nothing_above(kit: Kit) -> None:
    jpeg = await kit.picture("turned-1")
    plain, captioned = await kit.ports.codec.fit(jpeg), await kit.ports.codec.fit(jpeg, CAPTION)
    assert captioned.width_px == plain.width_px
    assert captioned.strip_px > 20
    assert captioned.height_px == plain.height_px + captioned.strip_px
    assert captioned.sharpness == plain.sharpness
    assert await kit.corners(captioned.data) == "red green white white"
    assert captioned.data != (await kit.ports.codec.fit(jpeg, "other words")).data
    assert (await kit.ports.codec.fit(jpeg, "  ")).strip_px == 0


async def a_photo_too_narrow_for_words_has_none(kit: Kit) -> None:
    assert (await kit.ports.codec.fit(await kit.picture("tiny"), CAPTION)).strip_px == 0


async def what_is_no_whole_jpeg_is_refused(kit: Kit) -> None:
    whole = await kit.picture("turned-1")
    png = b"\x89PNG\r\n\x1a\n" + bytes(100)
    for junk in (
        b"",
        b"junk",
        png,
        whole[:200],
        whole[: len(whole) // 2],
        b"\xff\xd8\xff\xd9",
        whole[2:],
    ):
        with refused("photo.unreadable"):
            await kit.ports.codec.fit(junk)


async def a_screenshot_keeps_the_width_at_which_it_can_be_read(kit: Kit) -> None:
    """A long one in parts: 1440 x 7200 is 1080 x 5400 and three parts, each with its caption."""
    parts = await kit.ports.codec.screens(await kit.picture("chat.png"), CAPTION)
    pictures = [(part.width_px, part.height_px - part.strip_px) for part in parts]
    assert pictures == [(1080, 1854)] * 3, pictures
    assert all(part.strip_px > 20 for part in parts)
    assert all(part.data[:3] == b"\xff\xd8\xff" for part in parts)
    (short,) = await kit.ports.codec.screens(await kit.picture("chat.webp"))
    assert (short.width_px, short.height_px) == (1080, 2200)


async def what_is_no_picture_is_no_screenshot(kit: Kit) -> None:
    for junk in (b"junk", b"\x89PNG\r\n\x1a\n" + bytes(100), b"RIFF\0\0\0\0WEBP" + bytes(100)):
        with refused("photo.unreadable"):
            await kit.ports.codec.screens(junk)


async def the_largest_sensors_give_a_usual_photo(kit: Kit) -> None:
    upright = await kit.ports.codec.fit(await kit.picture("64mp"))
    assert (upright.width_px, upright.height_px) == (1600, 1201)
    assert await kit.corners(upright.data) == "red green blue white"
    largest = await kit.ports.codec.fit(await kit.picture("108mp"))
    assert (largest.width_px, largest.height_px) == (1600, 1200)


async def a_heic_photo_that_cannot_be_decoded_names_what_to_set(kit: Kit) -> None:
    with refused("photo.heic"):
        await kit.ports.codec.fit(b"\0\0\0\x24ftypheic" + bytes(400))


async def a_bomb_is_refused_by_its_header(kit: Kit) -> None:
    """60,000 x 60,000 pixels, claimed in the header of a small file."""
    whole = bytearray(await kit.picture("turned-1"))
    at = next(i for i in range(len(whole)) if whole[i] == 0xFF and whole[i + 1] in (0xC0, 0xC2))
    whole[at + 5 : at + 9] = (60_000).to_bytes(2) * 2
    with refused("photo.too_large"):
        await kit.ports.codec.fit(bytes(whole))


async def twelve_megapixels_become_a_photo_of_sixteen_hundred(kit: Kit) -> None:
    jpeg = await kit.picture("phone-12mp")
    await kit.ports.codec.fit(jpeg)
    started = time.perf_counter()
    fitted = await kit.ports.codec.fit(jpeg)
    took_s = time.perf_counter() - started
    kit.measured["12 MP photo, s"] = round(took_s, 3)
    kit.measured["12 MP photo, bytes"] = len(fitted.data)
    assert max(fitted.width_px, fitted.height_px) == 1600


def markers(jpeg: bytes) -> set[int]:
    """The markers of a JPEG's head, up to its first scan."""
    found, at = set(), 2
    while jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        found.add(jpeg[at + 1])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    return found
