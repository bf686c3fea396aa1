"""A photo from the camera or the gallery.

Turned upright, shrunk, judged, captioned, hashed and stored durably.
"""

from __future__ import annotations

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
from shared.wire import CaseState

SHARP_FROM = 60.0
"""Least variance of the Laplacian at 800 px (Fitted.sharpness) of a sharp photo.

Measured on slips drawn from six seeds: sharp ones 375 to 690, shaken ones 5 to 26. With growing
blur the slip's QR is read at 69 and above, sometimes down to 39, never at 39 or less: at 60 no
unreadable paper counts as sharp.
"""
STRIP = "photo.strip"
"""The setting of the caption strip, on by default: a slip seen without its record still names its
case by code, time and school, never by name.
"""
OTHERS = (
    (0, b"\x89PNG", "PNG"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftyphev", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (8, b"WEBP", "WEBP"),
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"%PDF", "PDF"),
)
"""First bytes of other files people pick. They are named and refused, not converted: a camera makes
JPEG, a chat app passes it on as JPEG, and an iPhone's gallery exports JPEG.

Source: docs/sources.md#one-image-decoder.
"""
_MIRRORED = (
    b"\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x02"
    + bytes(6)
)
"""An EXIF segment with one tag: orientation 2, left and right exchanged."""


async def take_photo(
    phone: Phone, jpeg: bytes, *, case_id: str, mirrored: bool = False
) -> TakenPhoto:
    """Store a photo for a record of a case.

    Args:
        phone: The phone.
        jpeg: The file as camera or gallery gave it.
        case_id: The case.
        mirrored: Whether the camera exchanged left and right; stored is what the teacher saw.

    Raises:
        ProblemError: photo.empty, photo.not_jpeg, photo.unreadable, photo.too_large,
            slip.wrong_case (a QR names another case), disk.full.

    """
    check_file(jpeg)
    source = sha256_hex(jpeg)
    state = phone.store.cases.get(case_id)
    upright = jpeg[:2] + _MIRRORED + jpeg[2:] if mirrored else jpeg
    fitted = await phone.codec.fit(upright, await caption(phone, state))
    slip_case = _slip_case(fitted.marks)
    if slip_case and state is not None and slip_case != state.case.code:
        raise ProblemError(
            "slip.wrong_case", slip=_whose(phone, slip_case), case=_whose(phone, state.case.code)
        )
    sha256 = sha256_hex(fitted.data)
    also = await _also(phone, source, case_id)
    await phone.store.photos.add(sha256, fitted.data, phone.now_ms(), source)
    return TakenPhoto(
        sha256=sha256,
        width_px=fitted.width_px,
        height_px=fitted.height_px,
        size_bytes=len(fitted.data),
        sharp=fitted.sharpness >= SHARP_FROM,
        slip_case=slip_case,
        also=also,
        preview=fitted.data,
    )


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


def check_file(data: bytes) -> None:
    """Refuse a picked file that is not a JPEG.

    Raises:
        ProblemError: photo.empty, photo.not_jpeg.

    """
    if not data:
        raise ProblemError("photo.empty")
    for at, mark, kind in OTHERS:
        if data[at : at + len(mark)] == mark:
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
        kept_at += "(演示)"
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
    return f"{mask_name(state.case.borrower.name)}({shown})" if state else shown


def _slip_case(marks: tuple[str, ...]) -> str:
    for mark in marks:
        try:
            return parse_slip_mark(mark)
        except ProblemError:
            continue  # some other QR on the table
    return ""
