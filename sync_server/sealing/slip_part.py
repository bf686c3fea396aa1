"""What was read of a part of a scanned page: a slip, or what a person must look at."""

from __future__ import annotations

import msgspec

from sync_server.store.slip_stacks import Ink, Why


class SlipPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a page.

    Attributes:
        code: The bare case code; "" where nobody is named.
        season: The season its QR names; "" on slips of 0.1.
        why: Why it names nobody.
        ink: What the signer's line bears.
        jpeg: The upright cut-out; b"" of a blank page.
    """

    code: str = ""
    season: str = ""
    why: Why = ""
    ink: Ink = ""
    jpeg: bytes = b""
