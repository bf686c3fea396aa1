"""A photo from the camera or the gallery.

Turned upright, shrunk, judged, captioned, hashed and stored durably. A screenshot keeps its width,
and a long one becomes several photos.
"""

from __future__ import annotations

from mobile.ports.api import Fitted
from mobile.ports.picture import HEIC, JPEG, PNG, WEBP, is_screenshot, kind_of
from mobile.usecases import settings
from mobile.usecases.phone import Phone
from mobile.usecases.retention import photos_in, photos_of
from mobile.usecases.views import TakenPhoto
from shared.digest import sha256_hex
from shared.identity import mask_name
from shared.ids import show_case_code
from shared.paper import parse_slip_mark
from shared.problems import ProblemError
from shared.season import china_time
from shared.sharpness import SHARP_FROM
from shared.wire import CaseState

STRIP = "photo.strip"
"""The setting of the caption strip, on by default: a slip seen without its record still names its
case by code, time and school, never by name.
"""
SMALL_PX = 600
"""Least shorter side of a photo: an A5 slip (148 mm) then has 4 px a millimetre, and its printed
characters (3 mm) have 12 px, the least that can be read.
"""
SMALL_SCREEN_PX = 360
"""Least shorter side of a screenshot: the smallest screens in use, at one pixel a dot."""
_MIRRORED = (
    b"\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x02"
    + bytes(6)
)
"""An EXIF segment with one tag: orientation 2, left and right exchanged."""


async def take_photo(
    phone: Phone, jpeg: bytes, *, case_id: str, mirrored: bool = False
) -> TakenPhoto:
    """Store a photo or a screenshot for a record of a case.

    Args:
        phone: The phone.
        jpeg: The file as camera or gallery gave it.
        case_id: The case.
        mirrored: Whether the camera exchanged left and right; stored is what the teacher saw.

    Raises:
        ProblemError: photo.empty, photo.not_jpeg, photo.heic, photo.unreadable, photo.too_large,
            photo.too_long, slip.wrong_case (a QR names another case), disk.full.

    """
    check_file(jpeg)
    source = sha256_hex(jpeg)
    state = phone.store.cases.get(case_id)
    screen = is_screenshot(jpeg) and not mirrored
    parts = await _fitted(phone, jpeg, state, screen=screen, mirrored=mirrored)
    slip_case = _slip_case(tuple(mark for part in parts for mark in part.marks))
    if slip_case and state is not None and slip_case != state.case.code:
        raise ProblemError(
            "slip.wrong_case", slip=_whose(phone, slip_case), case=_whose(phone, state.case.code)
        )
    also = await _also(phone, source, case_id)
    hashes = tuple(sha256_hex(part.data) for part in parts)
    for sha256, part in zip(hashes, parts, strict=True):
        await phone.store.photos.add(sha256, part.data, phone.now_ms(), source)
    first = parts[0]
    least = SMALL_SCREEN_PX if screen else SMALL_PX
    return TakenPhoto(
        sha256=hashes[0],
        width_px=first.width_px,
        height_px=first.height_px,
        size_bytes=sum(len(part.data) for part in parts),
        sharp=screen or first.sharpness >= SHARP_FROM,
        small=min(first.width_px, first.height_px - first.strip_px) < least,
        screenshot=screen,
        parts=hashes,
        slip_case=slip_case,
        also=also,
        preview=first.data,
    )


async def _fitted(
    phone: Phone, data: bytes, state: CaseState | None, *, screen: bool, mirrored: bool
) -> tuple[Fitted, ...]:
    words = await caption(phone, state)
    if screen:
        return await phone.codec.screens(data, words)
    upright = data[:2] + _MIRRORED + data[2:] if mirrored else data
    return (await phone.codec.fit(upright, words),)


async def photo_bytes(phone: Phone, sha256: str) -> bytes:
    """Return a stored photo's bytes.

    Raises:
        ProblemError: photo.unknown, vault.cannot_open.

    """
    return await phone.store.photos.read(sha256)


async def photo_or_nothing(phone: Phone, sha256: str) -> bytes:
    """Return a stored photo's bytes; its thumbnail when the copy was deleted, or else b""."""
    try:
        return await photo_bytes(phone, sha256)
    except ProblemError as problem:
        if problem.code != "photo.unknown":
            raise
        return await phone.store.photos.thumbnail(sha256)


async def small_or_nothing(phone: Phone, sha256: str) -> bytes:
    """Return a photo's thumbnail, or the photo itself where there is none yet; b"" without both."""
    return await phone.store.photos.thumbnail(sha256) or await photo_or_nothing(phone, sha256)


def check_file(data: bytes) -> None:
    """Refuse a picked file that is neither a photo nor a screenshot.

    Source: docs/sources.md#one-image-decoder.

    Raises:
        ProblemError: photo.empty, photo.not_jpeg.

    """
    if not data:
        raise ProblemError("photo.empty")
    kind = kind_of(data)
    if kind and kind not in (JPEG, PNG, WEBP, HEIC):
        raise ProblemError("photo.not_jpeg", kind=kind)


async def caption(phone: Phone, state: CaseState | None) -> str:
    """Return the caption below a photo: case code, time and school.

    "" when switched off or without a case.
    """
    enrolment = await phone.store.meta.enrolment()
    if state is None or not await settings.get(phone, STRIP, True):
        return ""
    now = phone.now()
    kept_at = f"记于 {china_time(now) or now:%Y-%m-%d %H:%M}"
    if phone.clock.demo:
        kept_at += "（演示）"
    school = enrolment.scope.school_name if enrolment else ""
    return " · ".join(part for part in (show_case_code(state.case.code), kept_at, school) if part)


async def _also(phone: Phone, source: str, case_id: str) -> tuple[str, ...]:
    """Masked names of other people this very file is filed under, unfinished forms included."""
    same = set(await phone.store.photos.of_source(source))
    if not same:
        return ()
    drafts = await phone.store.drafts.all()
    cases = [k.fact.case for k in phone.store.facts.all() if same & set(photos_of(k))]
    cases += [draft.case for draft in drafts if same & photos_in([draft])]
    states = [phone.store.cases.get(case) for case in dict.fromkeys(cases) if case != case_id]
    return tuple(mask_name(state.case.borrower.name) if state else "" for state in states)


def _whose(phone: Phone, code: str) -> str:
    """A case by its code, with the masked name when it is on this phone."""
    state = next((c for c in phone.store.cases.all() if c.case.code == code), None)
    shown = show_case_code(code)
    return f"{mask_name(state.case.borrower.name)}（{shown}）" if state else shown


def _slip_case(marks: tuple[str, ...]) -> str:
    for mark in marks:
        try:
            return parse_slip_mark(mark)
        except ProblemError:
            continue  # some other QR on the table
    return ""
