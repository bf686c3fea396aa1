"""QR codes are those that segno makes, module by module."""

from __future__ import annotations

import io
import string

import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.paper import page_mark
from sync_server.paperwork import qr_codes

TEXTS = st.one_of(
    st.text(string.ascii_uppercase + string.digits + ":/-", min_size=1, max_size=90),
    st.text(string.printable.strip(), min_size=1, max_size=200),
    st.text("青槐县第一中学上门走访", min_size=1, max_size=60),
)


def by_segno(text: str) -> segno.QRCode:
    """The code with segno's own choice of a mask."""
    return segno.make(text, error="m", micro=False, boost_error=False)


@given(TEXTS)
@settings(max_examples=60)
def test_a_code_has_the_mask_and_the_modules_that_segno_gives_it(text: str) -> None:
    ours, theirs = qr_codes.make(text), by_segno(text)
    assert (ours.mask, ours.version, ours.matrix) == (theirs.mask, theirs.version, theirs.matrix)


def test_many_masks_are_chosen_now_and_then() -> None:
    marks = [page_mark("SUM-Q03", 1, page, 60, f"{page:064x}") for page in range(1, 61)]
    assert len({qr_codes.make(mark).mask for mark in marks}) >= 4


def test_a_drawing_is_the_one_that_segno_draws() -> None:
    text, out = page_mark("SUM-Q03", 2, 3, 14, "ab" * 32), io.BytesIO()
    by_segno(text).save(out, kind="svg", border=0, xmldecl=False)
    assert qr_codes.svg(text) == out.getvalue()
