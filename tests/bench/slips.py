"""B14: a mixed stack of slips: what is not filed by its code, what is misfiled, and the time of it.

The time is against the bare reader of QR codes over the same pages; `python -m tests.bench.slips 265`
reads a whole school's stack and writes seconds, too.
"""

from __future__ import annotations

import sys
import time

import msgspec

PAGES = 40
NOT_FILED_PERCENT = 0.5
"""The most of a stack that a person must key."""
BOUND = 40.0
"""The most that a page takes, of what the bare reader takes: the cut-out and the ink take most of it."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a stack."""

    slips: int
    filed: int
    misfiled: int
    wrong_ink: int
    extra: int
    seconds: float
    bare_seconds: float

    @property
    def not_filed_percent(self) -> float:
        """The share of slips that was not filed under its own person, in percent."""
        return 100 * (self.slips - self.filed) / self.slips


def measure(count: int = PAGES, seed: int = 2026) -> Measured:
    """Read a stack of so many slips, page by page as it is drawn; CPU seconds."""
    from shared.assets import FONTS
    from sync_server.sealing.paper import pictures
    from sync_server.sealing.paper.slip_parts import read_page
    from sync_server.sealing.paper.slip_template import empty_slip
    from tests.support.seal_samples import inputs
    from tests.support.slip_stacks import stack

    template = empty_slip(inputs(1, 0).season, FONTS)
    slips = filed = misfiled = wrong_ink = extra = 0
    seconds = bare_seconds = 0.0
    for sheet in stack(count, seed):
        began_s = time.process_time()
        parts = read_page(sheet.image, template)
        seconds += time.process_time() - began_s
        began_s = time.process_time()
        pictures.read_codes(sheet.image.convert("L"))
        bare_seconds += time.process_time() - began_s
        known = dict(sheet.slips)
        slips += len(known)
        for part in parts:
            if part.code in known:
                filed += 1
                wrong_ink += part.ink != ("signed" if known[part.code] else "empty")
            elif part.code:
                misfiled += 1
            elif part.why != "blank":
                extra += 1
    return Measured(
        slips=slips,
        filed=filed,
        misfiled=misfiled,
        wrong_ink=wrong_ink,
        extra=extra,
        seconds=seconds,
        bare_seconds=bare_seconds,
    )


if __name__ == "__main__":
    sys.stdout.write(f"{measure(int(sys.argv[1]) if sys.argv[1:] else PAGES)}\n")
