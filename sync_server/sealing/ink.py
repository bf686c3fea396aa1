"""The ink that makes a page a legal act: what was measured of it, what counts, who confirmed it.

A page's areas are named `stamp` and `signature`, with `:` and the statement's code where each
statement is stamped. The measures stand in seal.json, so that whoever verifies it judges them again
by the same limits. Source of the limits: docs/sources.md#stamp-in-the-scan.
"""

from __future__ import annotations

import msgspec

STAMP, SIGNATURE = "stamp", "signature"
RING_BP = 6100
"""Share of the ring that must show red, in basis points, beyond twice the share around it."""
INSIDE_BP, FILLED_BP = 120, 5500
"""Within the ring there is red (letters, a star) and paper between."""
OUTSIDE_BP = 1500
"""Around the ring there is nearly none."""
SOME_RED_BP = 60
"""Share of red samples from which there is something red in the area."""
STROKES = 10
"""Columns of a quarter millimetre with an upright piece of a stroke; a name has twice that."""
WIDTH_DMM = 40
"""How wide a signature is at least, in tenths of a millimetre."""
CONFIRMABLE = ("scan.grey", "scan.no_red_ink", "scan.no_signature", "scan.red_not_stamp")
"""What a person with the original in hand can see better than the program."""


class StampInk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is red in a stamp area, in basis points.

    `red_bp`: of the area and 6 mm around it. Of the best ring found: `ring_bp` its sectors with
    red, `inside_bp` and `outside_bp` the red within and around it; 0 without one.
    """

    red_bp: int = 0
    ring_bp: int = 0
    inside_bp: int = 0
    outside_bp: int = 0

    @property
    def enough(self) -> bool:
        """Whether this is a stamp: a thin ring with letters in it and nothing red around."""
        return (
            self.ring_bp - 2 * self.outside_bp >= RING_BP
            and INSIDE_BP <= self.inside_bp <= FILLED_BP
            and self.outside_bp <= OUTSIDE_BP
        )


class PenInk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is written on a signature line.

    `strokes`: columns with an upright piece of a stroke; `width_dmm`: the width they cover, in
    tenths of a millimetre.
    """

    strokes: int = 0
    width_dmm: int = 0

    @property
    def enough(self) -> bool:
        """Whether this is a signature."""
        return self.strokes >= STROKES and self.width_dmm >= WIDTH_DMM


class AreaInk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a page shows in one area: `stamp` is None for a signature, `pen` for a stamp.

    `grey`: the page has no colour, so that a stamp cannot be distinguished from print.
    """

    area: str
    stamp: StampInk | None = None
    pen: PenInk | None = None
    grey: bool = False

    @property
    def enough(self) -> bool:
        """Whether what must be there is there."""
        if self.stamp is not None:
            return self.stamp.enough and not self.grey
        return self.pen is not None and self.pen.enough


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """A stamp or signature that the program missed and a person saw on the original.

    `code` is the problem it answers, `by` the person's name, `at` ISO with offset, `scan_sha256`
    (hex) the uploaded file it is about: for another upload it is void.
    """

    page: int
    area: str
    code: str
    by: str
    at: str
    reason: str
    scan_sha256: str

    def answers(self, page: int, area: str, scan_sha256: str) -> bool:
        """Return whether it is about this area of this page in this file, and may be at all."""
        about = self.page, self.area, self.scan_sha256
        return about == (page, area, scan_sha256) and self.code in CONFIRMABLE


def area_name(kind: str, ref: str) -> str:
    """Return the name of an area: its kind, with the statement's code where it has one."""
    return f"{kind}:{ref}" if ref else kind


def is_stamp(area: str) -> bool:
    """Return whether an area is one for a stamp."""
    return area.partition(":")[0] == STAMP


def area_words(area: str) -> str:
    """Return an area in Chinese, as problems and papers name it."""
    kind, _, ref = area.partition(":")
    words = {STAMP: "红章", SIGNATURE: "负责人签字"}.get(kind, kind)
    return f"{words}({ref})" if ref else words
