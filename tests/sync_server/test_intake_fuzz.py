"""Whatever a file holds, it is read or refused by name: any cells, any layout, any damage below the zip."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_server.intake import ole
from sync_server.intake.layouts import AREAS, CONTACTS, DUE_LIST, REPAYMENTS
from sync_server.intake.parsed import KINDS, Options, Parsed, decode, encode, read
from tests.support.intake_files import due_rows, line, made_id, write_csv, write_xls, write_xlsx
from tests.support.locked_files import agile

EXAMPLES = 40 if settings().max_examples <= 100 else settings().max_examples
LAYOUTS = (DUE_LIST, REPAYMENTS, AREAS, CONTACTS)
WRITERS = [write_csv, write_xlsx, write_xls]

headers = st.sampled_from(
    [n for layout in LAYOUTS for names in layout.names.values() for n in names]
)
odd_texts = st.sampled_from(
    [
        "合计",
        "共6人",
        "制表人:",
        "截至2019年12月11日",
        "二〇一九年十二月十一日",
        "〃",
        "无",
        "-",
        "'",
        '="1"',
        "=1+1",
        "#REF!",
        "6.1E+17",
        "1,657.00",
        "\u202e",
        "㛃\u3000",
        "2019-13-45",
        "1e400",
        "٣",
        "0" * 400,
        made_id(1),
    ]
)
texts = st.one_of(odd_texts, st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8))
numbers = st.one_of(st.integers(-(10**6), 10**18), st.floats(-1e9, 1e18), st.booleans())
days = st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1))
formulas = st.builds(lambda v: {"formula": "=1+1", "value": v}, st.one_of(st.just(0), st.just(5)))
cells = st.one_of(texts, texts, headers, numbers, days, formulas, st.just(""))
loose = st.lists(st.lists(cells, max_size=8), min_size=1, max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> list[list[Any]]:
    """A header with all needed columns of some kind, then rows of any cells."""
    layout = draw(st.sampled_from(LAYOUTS))
    names = [draw(st.sampled_from(layout.names[field])) for field in layout.needed]
    header = [*names, *draw(st.lists(headers, max_size=4))]
    rows = draw(st.lists(st.lists(cells, max_size=len(header)), max_size=8))
    return [*draw(st.lists(st.lists(cells, max_size=3), max_size=2)), header, *rows]


options = st.builds(
    Options,
    season=st.just("2019"),
    sheet=st.sampled_from(["", "", "名单", "别的"]),
    header_row=st.sampled_from([0, 0, 0, 1, 2, 99]),
    mapping=st.dictionaries(
        st.sampled_from([*DUE_LIST.names, "本金", "nonsense"]),
        st.sampled_from(["A", "b", "C,D", "", "ZZ", "?", "甲"]),
        max_size=2,
    ),
    known_characters=st.sampled_from([None, "王"]),
    known_schools=st.sampled_from([None, ("柳泉镇中心校",)]),
    today=st.just("2019-12-20"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def check(parsed: Parsed) -> None:
    """What every outcome keeps: nothing lost, a reason for each refusal, a form that travels."""
    report = parsed.report
    assert report.read == report.accepted + report.rejected
    errors = {p.row for p in report.problems if p.level == "error"}
    assert parsed.result is not None or errors
    assert bool(report.rejected) <= bool(errors)
    assert all(p.message() and p.message("en") and p.fix() for p in report.problems)
    assert decode(encode(parsed)) == parsed


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    rows=st.one_of(tables(), loose),
    write=st.sampled_from(WRITERS),
    kind=st.sampled_from(KINDS),
    how=options,
)
def test_any_cells_in_any_layout_are_read_or_refused_by_name(folder, rows, write, kind, how):
    check(read(kind, write(folder / "f", rows), how))


@pytest.fixture(scope="module")
def whole(folder: Path) -> Path:
    """A folder with the same list as write_csv, write_xlsx and write_xls, and locked."""
    rows = due_rows([line(1), line(2), line(1, 1)])
    for write in WRITERS:
        write(folder / write.__name__, rows)
    agile(folder / "locked", (folder / "write_xlsx").read_bytes())
    return folder


edits = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 3), st.binary(max_size=4)),
    min_size=1,
    max_size=6,
)
"""Places, how many bytes go there, and which come instead."""


def damaged(made: list[tuple[int, int, bytes]], data: bytes) -> bytes:
    found = bytearray(data)
    for place, gone, new in made:
        at = place % len(found)
        found[at : at + gone] = new
    return bytes(found)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    made=edits,
    part=st.sampled_from(
        [
            "xl/worksheets/sheet1.xml",
            "xl/sharedStrings.xml",
            "xl/workbook.xml",
            "xl/_rels/workbook.xml.rels",
            "_rels/.rels",
        ]
    ),
)
def test_damage_inside_a_sound_zip_is_read_or_refused_by_name(folder, whole, made, part):
    with zipfile.ZipFile(whole / "write_xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = damaged(made, parts[part])
    with zipfile.ZipFile(folder / "f.xlsx", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    check(read("due-list", folder / "f.xlsx"))


@settings(max_examples=EXAMPLES, deadline=None)
@given(made=edits)
def test_damage_inside_a_sound_old_container_is_read_or_refused_by_name(folder, whole, made):
    stream = ole.CompoundFile((whole / "write_xls").read_bytes()).read("Workbook")
    (folder / "f.xls").write_bytes(ole.pack("Workbook", damaged(made, stream)))
    check(read("due-list", folder / "f.xls"))


@settings(max_examples=EXAMPLES, deadline=None)
@given(made=edits)
def test_a_damaged_text_is_read_or_refused_by_name(folder, whole, made):
    (folder / "f.csv").write_bytes(damaged(made, (whole / "write_csv").read_bytes()))
    check(read("due-list", folder / "f.csv"))


@settings(max_examples=EXAMPLES, deadline=None)
@given(made=edits)
def test_damage_to_a_locked_workbook_is_read_or_refused_by_name(folder, whole, made):
    known = (whole / "locked").read_bytes()
    at, size = known.index(b"<?xml"), 1500
    end = at + size
    (folder / "f.xlsx").write_bytes(known[:at] + damaged(made, known[at:end]) + known[end:])
    check(read("due-list", folder / "f.xlsx"))
