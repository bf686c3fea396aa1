"""A photo from the camera or the picker: upright, shrunk, judged, hashed, durable; then never changed."""

from __future__ import annotations

from mobile.usecases.phone import Phone
from mobile.usecases.views import TakenPhoto
from shared.digest import sha256_hex
from shared.paper import parse_slip_mark
from shared.problems import ProblemError

SHARP_FROM = 60.0
"""Variance of the Laplacian at 800 px (Fitted.sharpness). Measured on slips drawn from six seeds: sharp ones 375 to
690, shaken ones 5 to 26. With growing blur the slip's QR can still be read at 69 and above, sometimes down to 39, and
never at 39 or less: at 60 a paper that cannot be read is not called sharp."""


async def take_photo(phone: Phone, jpeg: bytes, *, case_id: str) -> TakenPhoto:
    """Keep a photo for a record of `case_id`.

    Raises: ProblemError photo.unreadable, photo.too_large, slip.wrong_case (a QR names another case), disk.full.
    """
    fitted = await phone.codec.fit(jpeg)
    slip_case = _slip_case(fitted.marks)
    state = phone.store.cases.get(case_id)
    if slip_case and state is not None and slip_case != state.case.code:
        raise ProblemError("slip.wrong_case", slip=slip_case, case=state.case.code)
    sha256 = sha256_hex(fitted.data)
    await phone.store.photos.add(sha256, fitted.data, phone.now_ms())
    return TakenPhoto(
        sha256=sha256,
        width_px=fitted.width_px,
        height_px=fitted.height_px,
        size_bytes=len(fitted.data),
        sharp=fitted.sharpness >= SHARP_FROM,
        slip_case=slip_case,
        preview=fitted.data,
    )


async def photo_bytes(phone: Phone, sha256: str) -> bytes:
    """A kept photo's bytes. Raises: ProblemError photo.unknown."""
    return await phone.store.photos.read(sha256)


def _slip_case(marks: tuple[str, ...]) -> str:
    for mark in marks:
        try:
            return parse_slip_mark(mark)
        except ProblemError:
            continue  # some other QR on the table
    return ""
