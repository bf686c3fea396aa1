"""Areas of a scan that must bear ink: their names, and what a confirmation answers. No picture is read."""

from __future__ import annotations

import msgspec
import pytest

from sync_server.sealing import ink
from sync_server.sealing.ink import AreaInk, Confirmation, PenInk, StampInk
from sync_server.sealing.judged_area import JudgedArea, note_areas
from sync_server.sealing.record import Findings

SCAN = "ab" * 32
RING = StampInk(red_bp=900, ring_bp=ink.RING_BP, inside_bp=ink.INSIDE_BP)
NAME = PenInk(strokes=ink.STROKES, width_dmm=ink.WIDTH_DMM)


def area(code: str = "scan.no_red_ink", name: str = "stamp") -> JudgedArea:
    return JudgedArea(page=2, area=name, code=code, scan_sha256=SCAN, jpeg=b"")


def seen(**changes: object) -> Confirmation:
    """That somebody saw the stamp on page 2 of this very scan."""
    sound = Confirmation(
        page=2,
        area="stamp",
        code="scan.no_red_ink",
        by="冯老师",
        at="2019-12-12T10:00:00+08:00",
        reason="原件有章",
        scan_sha256=SCAN,
    )
    return msgspec.structs.replace(sound, **changes)


@pytest.mark.parametrize(
    ("measured", "enough"),
    [
        (RING, True),
        (msgspec.structs.replace(RING, ring_bp=ink.RING_BP - 1), False),
        (msgspec.structs.replace(RING, inside_bp=ink.INSIDE_BP - 1), False),
        (msgspec.structs.replace(RING, inside_bp=ink.FILLED_BP), True),
        (msgspec.structs.replace(RING, inside_bp=ink.FILLED_BP + 1), False),
        (StampInk(ring_bp=9999, inside_bp=900, outside_bp=ink.OUTSIDE_BP), True),
        (StampInk(ring_bp=9999, inside_bp=900, outside_bp=ink.OUTSIDE_BP + 1), False),
        (StampInk(ring_bp=ink.RING_BP + 199, inside_bp=900, outside_bp=100), False),
        (StampInk(ring_bp=ink.RING_BP + 200, inside_bp=900, outside_bp=100), True),
        (StampInk(), False),
    ],
)
def test_a_stamp_has_a_ring_letters_in_it_and_little_red_around(
    measured: StampInk, enough: bool
) -> None:
    assert measured.enough is enough
    assert AreaInk(area="stamp", stamp=measured).enough is enough
    assert not AreaInk(area="stamp", stamp=measured, grey=True).enough


@pytest.mark.parametrize(
    ("measured", "enough"),
    [
        (NAME, True),
        (msgspec.structs.replace(NAME, strokes=ink.STROKES - 1), False),
        (msgspec.structs.replace(NAME, width_dmm=ink.WIDTH_DMM - 1), False),
    ],
)
def test_a_signature_has_strokes_and_width(measured: PenInk, enough: bool) -> None:
    assert measured.enough is enough
    assert AreaInk(area="signature", pen=measured).enough is enough
    assert not AreaInk(area="signature").enough


@pytest.mark.parametrize(
    "other",
    [{"page": 1}, {"area": "stamp:Q03"}, {"scan_sha256": "cd" * 32}, {"code": "scan.page_missing"}],
)
def test_a_confirmation_answers_its_own_page_area_and_scan_and_no_other(
    other: dict[str, object],
) -> None:
    assert seen().answers(2, "stamp", SCAN)
    assert not seen(**other).answers(2, "stamp", SCAN)


def test_areas_are_named_by_kind_and_statement() -> None:
    assert [ink.area_name("stamp", ""), ink.area_name("stamp", "Q03")] == ["stamp", "stamp:Q03"]
    assert [ink.is_stamp(name) for name in ("stamp", "stamp:Q03", "signature:stamp")] == [
        True,
        True,
        False,
    ]
    assert [ink.area_words(name) for name in ("stamp", "signature:Q03:1", "later")] == [
        "红章",
        "负责人签字(Q03:1)",
        "later",
    ]


def test_an_area_takes_the_confirmation_that_answers_it() -> None:
    others = [seen(page=1), seen(area="signature"), seen(reason="第二次看")]
    found = area().with_any_of(iter(others))
    assert found.confirmed == others[2]
    assert not found.open
    assert area().with_any_of(others[:2]).confirmed is None
    assert area(code="scan.page_missing").with_any_of([seen()]).confirmed is None
    assert area(code="").with_any_of([seen()]).confirmed is None


def test_what_is_open_is_a_problem_and_what_was_confirmed_a_finding() -> None:
    problems, findings = Findings(), Findings()
    confirmed = area(name="stamp:Q03").with_any_of([seen(area="stamp:Q03")])
    note_areas([area(), area(name="stamp:Q04"), confirmed, area(code="")], problems, findings)
    assert [(p.code, p.page) for p in problems.items] == [("scan.no_red_ink", 2)] * 2
    assert ["(Q04)" in p.message for p in problems.items] == [False, True]
    assert "XX" not in problems.items[0].message
    (noted,) = findings.items
    assert (noted.code, noted.page) == ("scan.confirmed", 2)
    assert all(words in noted.message for words in ("(Q03)", "冯老师", "原件有章"))
    plain = Findings()
    note_areas([area().with_any_of([seen()])], Findings(), plain)
    assert "(" not in plain.items[0].message
