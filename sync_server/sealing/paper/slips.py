"""Read the case that a photographed slip names.

Called in short-lived workers: a photo may be anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shared.paper import parse_slip_mark
from shared.problems import ProblemError


def slip_codes(photos: Sequence[Path]) -> list[str]:
    """Read the bare case code in the QR of each photo.

    Args:
        photos: the photo files.

    Returns:
        A code for each photo in the same order; "" where no slip of ours can be read, and where a
        picture shows the slips of two people, for it names neither.
    """
    return [_code(path) for path in photos]


def _code(path: Path) -> str:
    from sync_server.sealing.paper import pictures

    data, found = path.read_bytes(), set[str]()
    if not pictures.media_type(data).startswith("image/"):
        return ""
    try:
        for image in pictures.pages_of(path.name, data):
            found |= {code for text, _ in pictures.codes(image) if (code := _named(text))}
    except ProblemError:
        return ""
    return found.pop() if len(found) == 1 else ""


def _named(text: str) -> str:
    try:
        return parse_slip_mark(text)
    except ProblemError:
        return ""
