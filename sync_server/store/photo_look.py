"""What was read from a photo once, and is kept by its hash. No SQL here: its readers need none."""

from __future__ import annotations

import msgspec

UNMEASURED = -1.0
"""The sharpness of what is no picture, or cannot be read."""


class PhotoLook(msgspec.Struct, frozen=True):
    """What one photo shows.

    Attributes:
        code: The bare case code in its QR; "" where no slip of ours can be read, and where a
            picture shows the slips of two people, for it names neither.
        sharpness: Variance of the Laplacian, of the picture without its strip; UNMEASURED where
            there is none.
        same: Hash of its upper part, equal for the same shot under another caption; "" where that
            part is plain.

    """

    code: str = ""
    sharpness: float = UNMEASURED
    same: str = ""


UNREADABLE_PHOTO = PhotoLook()
