"""What holds for every list: columns and rows in any order, any cell spoiled, any bytes at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.problems import ProblemError
from sync_server.intake import ole
from sync_server.intake.due_list import IMPOSSIBLE_FEN, DueList, read_due_list
from sync_server.intake.sheet import read_sheets
from tests.support.intake_files import HEADER, due_rows, line, write_csv, write_xls, write_xlsx

EVERY = [write_csv, write_xlsx, write_xls]
LINES = [line(1, 0), line(2, 0), line(1, 1), line(3, 0)]
SPOILT = [
    "",
    " ",
    "\u3000",
    "\u200b",
    "=1+1",
    "@x",
    "-1",
    "1.005",
    "6.10599E+17",
    "#N/A",
    "NaN",
    "--",
    "0.0.1",
    -1.0,
    1.005,
    6.1e17,
    True,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lists")


def read(
    folder: Path, lines: list[dict[str, Any]], header: Any = HEADER, write: Any = write_csv
) -> DueList:
    return read_due_list(write(folder / "名单", due_rows(lines, header)), "2019")


@settings(max_examples=60, deadline=None)
@given(header=st.permutations(HEADER), write=st.sampled_from(EVERY))
def test_columns_in_any_order_give_the_same_people(folder, header, write):
    assert read(folder, LINES, header, write).people == read(folder, LINES).people


def identities(result: DueList) -> list[Any]:
    """What a teacher's errand depends on: who, and how much by which contract."""
    return [
        (
            p.borrower.name,
            p.borrower.id_number,
            p.co_borrower and p.co_borrower.id_number,
            p.overdue_prior,
            [(c.contract_no, c.principal_fen, c.interest_fen) for c in p.contracts],
        )
        for p in result.people
    ]


@settings(max_examples=250, deadline=None)
@given(
    at=st.integers(0, len(LINES) - 1),
    header=st.sampled_from(HEADER),
    value=st.sampled_from(SPOILT),
    write=st.sampled_from(EVERY),
)
def test_a_spoilt_cell_is_named_by_row_and_column_or_harmless(folder, at, header, value, write):
    lines = [one | {header: value} if n == at else one for n, one in enumerate(LINES)]
    result = read(folder, lines, write=write)
    named = {(p.row, p.column) for p in result.report.problems}
    column = "".join(header.split())
    blank_co_borrower_id = header == "共同借款人身份证号" and not str(value).strip(" \u3000\u200b")
    harmless = blank_co_borrower_id or identities(result) == identities(read(folder, LINES))
    assert (at + 3, column) in named or harmless


one_line = st.builds(
    line,
    st.integers(0, 3),
    st.integers(0, 3),
    应还合计=st.just(""),
    学生姓名=st.sampled_from(["王明", "王明", "王明", ""]),
    身份证号码=st.sampled_from(["610599199506170010", "610599199506170029", "6.1E+17"]),
    **{"应还本金\n(元)": st.sampled_from(["5.00", "5.00", "6.00", "-1", "x"])},
)


@settings(max_examples=100, deadline=None)
@given(data=st.data(), lines=st.lists(one_line, min_size=1, max_size=8))
def test_rows_in_any_order_give_the_same_sums_and_rejections(folder, data, lines):
    order = data.draw(st.permutations(range(len(lines))))
    straight, mixed = read(folder, lines), read(folder, [lines[n] for n in order])
    counts = [
        (r.report.read, r.report.accepted, r.report.rejected, r.report.people, r.report.contracts)
        for r in (straight, mixed)
    ]
    assert counts[0] == counts[1]
    assert straight.report.totals == mixed.report.totals
    rejected = [
        {p.row - 3 for p in r.report.problems if p.level == "error"} for r in (straight, mixed)
    ]
    assert rejected[0] == {order[n] for n in rejected[1]}


amounts = st.integers(0, IMPOSSIBLE_FEN)


@settings(max_examples=60, deadline=None)
@given(
    fen=st.lists(st.tuples(amounts, amounts), min_size=1, max_size=9),
    write=st.sampled_from(EVERY),
    numbers=st.booleans(),
)
def test_every_amount_is_read_to_the_fen_as_text_and_as_a_number(folder, fen, write, numbers):
    form = (lambda f: f / 100) if numbers else (lambda f: f"{f // 100:,}.{f % 100:02d}")
    lines = [
        line(n // 3, n, 应还合计="", **{"应还本金\n(元)": form(p), "应还利息\n(元)": form(i)})
        for n, (p, i) in enumerate(fen)
    ]
    totals = read(folder, lines, write=write).report.totals
    assert (totals.principal_fen, totals.interest_fen) == (
        sum(p for p, _ in fen),
        sum(i for _, i in fen),
    )


@settings(max_examples=200, deadline=None)
@given(
    start=st.sampled_from(
        [b"", b"PK\x03\x04", b"PK\x05\x06", ole.MAGIC, b"\xff\xfe", b"\xef\xbb\xbf"]
    ),
    rest=st.binary(max_size=2000),
)
def test_any_bytes_are_a_table_or_a_named_problem(folder, start, rest):
    path = folder / "bytes"
    path.write_bytes(start + rest)
    try:
        assert read_sheets(path)
    except ProblemError as error:
        assert error.code.startswith("intake.")  # noqa: PT017 - both ways out are right


@pytest.fixture(scope="module")
def whole(folder) -> dict[str, bytes]:
    """Written once: a file holds the time it was written, and so differs in length from one writing
    to the next.
    """
    writers = {"xlsx": write_xlsx, "xls": write_xls}
    return {
        kind: write(folder / "whole", due_rows(LINES)).read_bytes()
        for kind, write in writers.items()
    }


@settings(max_examples=150, deadline=None)
@given(data=st.data(), kind=st.sampled_from(["xlsx", "xls"]))
def test_a_file_damaged_anywhere_is_read_or_refused_and_nothing_else(folder, whole, data, kind):
    damaged = bytearray(whole[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = folder / "damaged"
    path.write_bytes(damaged[: data.draw(st.integers(1, len(damaged)))])
    try:
        read_due_list(path, "2019")
    except ProblemError as error:
        assert error.code.startswith("intake.")  # noqa: PT017 - both ways out are right
