"""How much of a body each address reads: a handler says what it takes beside its path.

`opt={"takes": FILE}` on a handler; without it a form of the office is a FORM, a request of a phone
a PUSH. Who sends is known before the first byte is read, except where a SMALL body says it, and at
the public check of a sealed file, of which few are taken at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import msgspec

from shared.problems import ProblemError
from shared.wire import MAX_PUSH_BYTES

MB = 1_000_000


class Takes(msgspec.Struct, frozen=True, kw_only=True):
    """What one request may carry.

    Attributes:
        body_bytes: The whole body; None where the handler counts while it stores, behind a token.
        text_bytes: One text field.
        parts: Fields and files together.
        files: Files; 0 where a form has none.
        seconds: From the first byte of a form to its last.
        at_once: Requests that may be reading or at work at one time; None for any number.
    """

    body_bytes: int | None
    text_bytes: int = 0
    parts: int = 0
    files: int = 0
    seconds: float = 600.0
    at_once: int | None = None


SMALL = Takes(body_bytes=8_192, text_bytes=4_096, parts=20, seconds=20)
"""Sign-in, set-up, enrolment and the like, read before anybody knows who sends: a few names and
codes."""
FORM = Takes(body_bytes=MB, text_bytes=100_000, parts=10_000)
"""A page's form: a tick box for each person of the largest school, or a page of policy text."""
TEXT_FILE = Takes(body_bytes=MB, text_bytes=MB, parts=50, files=1)
"""A season's settings as a file, or as the text its preview carries on."""
CERTIFICATE = Takes(body_bytes=MB, text_bytes=4_096, parts=20, files=2)
"""A certificate and its key."""
FILE = Takes(body_bytes=20 * MB, text_bytes=4_096, parts=50, files=1)
"""A list of the bank or of a school."""
SCANS = Takes(body_bytes=20 * MB, text_bytes=4_096, parts=250, files=200)
"""The scanned pages of a summary, as one file or one a page."""
SHEET = Takes(body_bytes=20 * MB, text_bytes=16_384, parts=100, files=11)
"""A record from paper: its answers, a picture of the sheet and ten of other papers. A text has at
most 4,000 characters (shared/records/kind.py: LONG), three bytes each."""
SLIPS = Takes(body_bytes=600 * MB, text_bytes=4_096, parts=1_000, files=900, seconds=1800)
"""A stack of scanned slips, or a phone's photographs of them (office/slip_stacks.py)."""
SEALED_FILE = Takes(body_bytes=20 * MB, text_bytes=1_024, parts=5, files=1, seconds=120, at_once=5)
"""A sealed file that anybody may have checked, without an account."""
HANDOVER = Takes(body_bytes=1024 * MB, text_bytes=4_096, parts=5, files=1, seconds=1800)
"""A phone's hand-over file, brought on a stick (office/handover.py: MAX_FILE_BYTES)."""
PUSH = Takes(body_bytes=MAX_PUSH_BYTES)
"""A phone's request in JSON, behind its token."""
STREAM = Takes(body_bytes=None)
"""A photo or a hand-over file, behind a phone's token: the handler counts what it stores."""


def of(opt: Mapping[str, object], path: str) -> Takes:
    """Return what a handler takes, from its options and its path."""
    found = opt.get("takes", PUSH if path.startswith("/v1") else FORM)
    if not isinstance(found, Takes):
        raise TypeError("the option `takes` is a value of body_limits")
    return found


def too_large(limits: Takes) -> ProblemError:
    """Return the problem of a body that is larger than it may be."""
    most = limits.body_bytes or 0
    if limits.files and most >= MB:
        return ProblemError("console.upload_too_large", limit_mb=most // MB)
    return ProblemError("request.too_large", limit=most)


def check_announced(length: str | None, limits: Takes) -> None:
    """Refuse a body by the length that its header names, before any of it is read.

    Raises:
        ProblemError: request.unreadable (no number), request.too_large, console.upload_too_large.
    """
    if length is None:
        return
    if not (length.isascii() and length.isdecimal()):
        raise ProblemError("request.unreadable")
    if limits.body_bytes is not None and int(length[:20]) > limits.body_bytes:
        raise too_large(limits)


async def counted(stream: AsyncIterator[bytes], limits: Takes) -> AsyncIterator[bytes]:
    """Yield the chunks of a body, whose length may not have been announced, within its limit.

    Raises:
        ProblemError: request.too_large, console.upload_too_large.
    """
    read_bytes = 0
    async for chunk in stream:
        read_bytes += len(chunk)
        if limits.body_bytes is not None and read_bytes > limits.body_bytes:
            raise too_large(limits)
        yield chunk
