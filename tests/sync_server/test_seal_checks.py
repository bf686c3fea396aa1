"""Each check of a sealed file by itself: what it notes, of which file, row and page, in which words; nothing is drawn."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import openpyxl
import pytest

from shared.digest import sha256_hex
from shared.problems import PROBLEMS, fill
from sync_server.sealing import summary as document
from sync_server.sealing.checking import checks, children
from sync_server.sealing.ink import AreaInk, Confirmation, PenInk, StampInk
from sync_server.sealing.making import totals
from sync_server.sealing.making.compose import COMPOSER, compose
from sync_server.sealing.making.workbook import summary_xlsx, tables_of
from sync_server.sealing.record import (
    AttachedFile,
    Finding,
    Findings,
    ScanFile,
    ScannedPage,
    SealRecord,
    SignerRef,
    Verdict,
)
from sync_server.sealing.report_to import RecipientRef, figures_digest
from sync_server.sealing.summary import CountySummary, SchoolSummary
from tests.support.seal_samples import SCHOOL, inputs
from tests.support.summary_trees import county_of

SUMMARY = compose(inputs(4, 2))
TREE: dict[str, Any] = json.loads(document.encode(SUMMARY))
DATA_HASH = sha256_hex(document.encode(SUMMARY))
STAMPED = AreaInk(area="stamp", stamp=StampInk(red_bp=900, ring_bp=9000, inside_bp=1500))
SIGNED = AreaInk(area="signature", pen=PenInk(strokes=40, width_dmm=200))
BLANK = (AreaInk(area="stamp", stamp=StampInk()), AreaInk(area="signature", pen=PenInk()))


def finding(code: str, *, file: str = "", row: int | None = None, **values: Any) -> Finding:
    """A finding with the registry's sentence."""
    page = values.get("page")
    known = {"file": file, "row": row, "page": page, **values}
    return Finding(code=code, file=file, row=row, page=page, message=fill(PROBLEMS[code].zh, known))


def scanned(*pages: ScannedPage, name: str = "scan-1.pdf", data: bytes = b"scan") -> ScanFile:
    return ScanFile(
        name=name, uploaded_as="扫描.pdf", sha256=sha256_hex(data), size_bytes=4, pages=pages
    )


def attached(name: str, data: bytes) -> AttachedFile:
    return AttachedFile(name=name, sha256=sha256_hex(data), size_bytes=len(data))


FILES = {"summary.json": b"{}", "summary.xlsx": b"x", "scan-1.pdf": b"scan", "seal.json": b"{}"}


def record(**changes: Any) -> SealRecord:
    """What seal.json says of SUMMARY, sealed with one stamped page."""
    named = tuple(attached(name, data) for name, data in FILES.items() if name != "seal.json")
    values: dict[str, Any] = {
        "kind": SUMMARY.kind,
        "document": SUMMARY.document,
        "version": SUMMARY.version,
        "unit": SUMMARY.unit,
        "season": "2019",
        "cut_off": SUMMARY.cut_off,
        "data_hash": DATA_HASH,
        "printed_pages": 2,
        "ink_pages": (1,),
        "pages": ("a" * 64, "b" * 64),
        "attachments": named,
        "scan": (scanned(ScannedPage(page_in_file=1, page=1, ink=(STAMPED, SIGNED))),),
        "signer": SignerRef(code=SCHOOL[0], name=SCHOOL[1], certificate_sha256="c" * 64),
        "previous_seal": SUMMARY.previous_seal,
        "sealed_at": "2019-12-18T18:00:00+08:00",
    }
    return SealRecord(**(values | changes))


# attachments


def attachments_of(files: dict[str, bytes], *known: Finding) -> list[Finding]:
    found = Findings()
    found.items.extend(known)
    checks.attachments(files, record(), found)
    return found.items[len(known) :]


def test_attachments_as_recorded_have_nothing_to_note() -> None:
    assert attachments_of(FILES) == []


@pytest.mark.parametrize("data", [b"y", b"xx", b""])
def test_an_attachment_of_other_bytes_or_of_another_length_is_named(data: bytes) -> None:
    named = finding("verify.attachment_changed", file="summary.xlsx")
    assert attachments_of({**FILES, "summary.xlsx": data}) == [named]


def test_a_length_that_the_record_states_wrongly_is_a_change_too() -> None:
    found = Findings()
    wrong = msgspec.structs.replace(attached("summary.xlsx", b"x"), size_bytes=2)
    checks.attachments(
        {"summary.xlsx": b"x"}, record(attachments=(wrong, attached("a", b"a"))), found
    )
    assert found.items == [
        finding("verify.attachment_changed", file="summary.xlsx"),
        finding("verify.attachment_missing", file="a"),
    ]


def test_a_missing_attachment_is_named_once() -> None:
    left = {name: data for name, data in FILES.items() if name != "summary.xlsx"}
    missing = finding("verify.attachment_missing", file="summary.xlsx")
    undecoded = finding("verify.unreadable", file="summary.xlsx")
    assert attachments_of(left) == [missing]
    assert attachments_of(left, undecoded) == []
    assert attachments_of(left, finding("verify.unreadable", file="summary.json")) == [missing]


def test_an_attachment_that_nobody_recorded_is_named() -> None:
    named = finding("verify.attachment_unknown", file="virus.exe")
    assert attachments_of({**FILES, "virus.exe": b"x"}) == [named]


# headings


def headings_of(sealed: SealRecord, tree: Any = TREE, data_hash: str = DATA_HASH) -> list[Finding]:
    found = Findings()
    checks.headings(tree, data_hash, sealed, found)
    return found.items


CHANGED = finding("verify.attachment_changed", file="seal.json")


def test_a_seal_that_repeats_the_summary_has_nothing_to_note() -> None:
    assert headings_of(record()) == []
    assert headings_of(record(), data_hash="0" * 64) == [CHANGED]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("document", "other"),
        ("version", 9),
        ("cut_off", "2019-12-19T17:00:00+08:00"),
        ("previous_seal", "ab" * 32),
        ("kind", "county"),
        ("unit", {"code": "Q09", "name": SCHOOL[1]}),
        ("unit", {"code": SCHOOL[0], "name": "别的学校"}),
    ],
)
def test_a_heading_that_differs_from_the_seal_is_a_change(name: str, value: Any) -> None:
    assert headings_of(record(), {**TREE, name: value}) == [CHANGED]


def test_a_seal_by_another_unit_names_both() -> None:
    other = SignerRef(code="Q04", name="别的学校", certificate_sha256="")
    assert headings_of(record(signer=other)) == [
        finding("verify.wrong_signer", file="seal.json", found="Q04", unit=SCHOOL[0])
    ]


# the scan and its ink


def scan_of(sealed: SealRecord, files: dict[str, bytes] = FILES, *known: Finding) -> list[Finding]:
    found = Findings()
    found.items.extend(known)
    checks.scan(files, sealed, found)
    return found.items[len(known) :]


MISSING = finding("verify.scan_missing", file="scan-1.pdf")
NO_SCAN = finding("verify.scan_missing", file="seal.json")


def test_a_scan_that_shows_every_page_to_be_stamped_has_nothing_to_note() -> None:
    assert scan_of(record()) == []


def test_a_scan_that_is_not_attached_or_has_other_bytes_is_named_once() -> None:
    left = {name: data for name, data in FILES.items() if name != "scan-1.pdf"}
    other = tuple(attached(name, b"other") for name in FILES)
    assert scan_of(record(), left) == [MISSING]
    assert scan_of(record(attachments=other)) == [MISSING]
    assert scan_of(record(), left, finding("verify.unreadable", file="scan-1.pdf")) == []
    assert scan_of(record(), left, finding("verify.unreadable", file="x")) == [MISSING]


def test_a_page_to_be_stamped_that_no_scan_shows_is_named_by_its_number() -> None:
    two = (
        scanned(ScannedPage(page_in_file=1, page=1)),
        scanned(ScannedPage(page_in_file=1, page=3)),
    )
    wanted = finding("verify.scan_missing", file="seal.json", page=2)
    assert scan_of(record(ink_pages=(1, 2, 3), scan=two)) == [wanted]


def test_a_seal_without_a_page_to_be_stamped_or_without_a_scan_has_none() -> None:
    assert scan_of(record(ink_pages=())) == [NO_SCAN]
    assert scan_of(record(scan=())) == [
        finding("verify.scan_missing", file="seal.json", page=1),
        NO_SCAN,
    ]


def ink_of(sealed: SealRecord) -> tuple[list[Finding], list[Finding]]:
    found, notes = Findings(), Findings()
    checks.ink(sealed, found, notes)
    return found.items, notes.items


def inked(*areas: AreaInk, data: bytes = b"scan", page: int = 1) -> ScanFile:
    return scanned(ScannedPage(page_in_file=1, page=page, ink=areas), data=data)


NO_STAMP = finding("verify.no_ink", file="seal.json", page=1, area="红章")
NO_SIGNATURE = finding("verify.no_ink", file="seal.json", page=1, area="负责人签字")


def test_areas_with_ink_have_nothing_to_note_and_blank_ones_are_named() -> None:
    assert ink_of(record()) == ([], [])
    assert ink_of(record(scan=(inked(*BLANK),))) == ([NO_STAMP, NO_SIGNATURE], [])


def test_a_seal_that_measured_no_ink_is_not_judged_by_it() -> None:
    old = scanned(ScannedPage(page_in_file=1, page=1, red_bp=3))
    assert ink_of(record(scan=(old,))) == ([], [])


@pytest.mark.parametrize("turn", [1, -1])
def test_the_best_scan_of_a_page_counts_whatever_their_order(turn: int) -> None:
    scans = (inked(STAMPED, data=b"a"), inked(*BLANK, data=b"b"))[::turn]
    assert ink_of(record(scan=scans)) == ([NO_SIGNATURE], [])


def test_ink_on_one_page_is_none_on_another() -> None:
    scans = (inked(STAMPED, SIGNED), inked(*BLANK, page=2))
    (first, second), _ = ink_of(record(scan=scans))
    assert (first.page, second.page) == (2, 2)


def confirmation(area: str = "stamp", **changes: Any) -> Confirmation:
    values: dict[str, Any] = {
        "page": 1,
        "area": area,
        "code": "scan.grey",
        "by": "赵某",
        "at": "2019-12-18T17:30:00+08:00",
        "reason": "原件上有",
        "scan_sha256": sha256_hex(b"scan"),
    }
    return Confirmation(**(values | changes))


def test_what_a_person_confirmed_counts_and_is_said_with_who_when_and_why() -> None:
    found, notes = ink_of(record(scan=(inked(*BLANK),), confirmed=(confirmation(),)))
    assert found == [NO_SIGNATURE]
    assert notes == [
        finding(
            "verify.confirmed",
            file="seal.json",
            page=1,
            area="红章",
            by="赵某",
            at="2019-12-18T17:30:00+08:00",
            reason="原件上有",
        )
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"page": 2}, True),
        ({"area": "signature"}, True),
        ({"code": "scan.own_file"}, True),
        ({"scan_sha256": "0" * 64}, False),
    ],
)
def test_a_confirmation_of_something_else_does_not_count(
    change: dict[str, Any], said: bool
) -> None:
    one = confirmation(**change)
    sealed = record(scan=(inked(BLANK[0]),), confirmed=(one,))
    found, notes = ink_of(sealed)
    assert found == [NO_STAMP]
    assert bool(notes) == said


# pages


def pages_of(*digests: str) -> list[Finding]:
    found = Findings()
    checks.pages(digests, record(), found, "summary.pdf")
    return found.items


def changed_page(number: int) -> Finding:
    return finding("verify.page_changed", file="summary.pdf", page=number)


def test_every_changed_page_is_named_and_the_first_one_too_many_or_too_few() -> None:
    one, two = record().pages
    assert pages_of(one, two) == []
    assert pages_of("0", two) == [changed_page(1)]
    assert pages_of("0", "1") == [changed_page(1), changed_page(2)]
    assert pages_of(one, two, "2") == [changed_page(3)]
    assert pages_of(one) == [changed_page(2)]
    assert pages_of() == [changed_page(1)]


# the summary's shape and its numbers


def parsed(tree: Any) -> tuple[Any, list[Finding]]:
    found = Findings()
    return checks.parsed_summary(tree, found), found.items


NO_TABLE = finding("verify.unreadable", file="summary.xlsx")


def changed_tree(path: str, value: Any = None, *, drop: bool = False) -> dict[str, Any]:
    """TREE with one value replaced or dropped; `path` as rows.0.visits."""
    tree = json.loads(json.dumps(TREE))
    *above, last = path.split(".")
    here = tree
    for part in above:
        here = here[int(part) if part.isdecimal() else part]
    if drop:
        del here[last]
    else:
        here[last] = value
    return tree


def test_a_whole_summary_is_read_as_it_was_made() -> None:
    assert parsed(TREE) == (SUMMARY, [])


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        (changed_tree("totals.people", "x"), "people"),
        (changed_tree("totals.people", drop=True), "people"),
        (changed_tree("totals.unpaid.special.fen", []), "unpaid.special.fen"),
        (changed_tree("totals.unpaid.special.fen", drop=True), "unpaid.special.fen"),
    ],
)
def test_a_total_of_another_shape_is_named_by_its_path(tree: Any, path: str) -> None:
    wrong = finding("verify.totals_wrong", file="summary.json", column=path)
    assert parsed(tree) == (None, [wrong, NO_TABLE])


@pytest.mark.parametrize(
    "tree",
    [{}, changed_tree("rows.0.visits", "x"), changed_tree("totals", 3), changed_tree("unit", 1)],
)
def test_another_shape_elsewhere_makes_data_and_table_unreadable(tree: Any) -> None:
    made, found = parsed(tree)
    assert made is None
    assert found[-1] == NO_TABLE
    assert found[0].file == "summary.json"
    assert len(found) == 2


def numbers_of(tree: dict[str, Any]) -> list[Finding]:
    found = Findings()
    checks.numbers(document.of_tree(tree), tree, found)
    return found.items


def row_wrong(row: int, column: str) -> Finding:
    return finding("verify.row_wrong", file="summary.json", row=row, column=column)


def total_wrong(column: str) -> Finding:
    return finding("verify.totals_wrong", file="summary.json", column=column)


def test_rows_and_totals_that_add_up_have_nothing_to_note() -> None:
    assert numbers_of(TREE) == []


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("rows.1.row", [row_wrong(2, "序号")]),
        ("rows.1.statement", [row_wrong(2, "情况说明序号")]),
        ("totals.people", [total_wrong("people")]),
        ("totals.repaid.rate_bp", [total_wrong("repaid.rate_bp")]),
    ],
)
def test_a_number_that_is_not_right_is_named_by_row_and_column(
    path: str, named: list[Finding]
) -> None:
    value = 1 if path.endswith("statement") else 7777
    assert numbers_of(changed_tree(path, value)) == named


def test_a_row_that_does_not_add_up_is_named_in_its_column_and_in_the_totals() -> None:
    wrong = changed_tree("rows.2.total_fen", TREE["rows"][2]["total_fen"] + 1)
    found = numbers_of(wrong)
    assert row_wrong(3, "合计") in found
    assert row_wrong(3, "未还") in found
    assert total_wrong("total_fen") in found
    unpaid = changed_tree("rows.0.unpaid_fen", 5)
    assert row_wrong(1, "未还") in numbers_of(unpaid)


def test_totals_before_composer_3_count_no_deliveries_apart() -> None:
    bare = changed_tree("totals.deliveries", drop=True)
    old = {**bare, "composer": totals.APART_SINCE - 1}
    assert numbers_of(old) == []
    since = {**bare, "composer": totals.APART_SINCE}
    assert [one.message for one in numbers_of(since)] == [total_wrong("deliveries").message]


def county(rows: int = 2) -> CountySummary:
    """A county of which each row repeats SUMMARY's totals, and its own totals are their sum."""
    made = county_of("甲校", units=rows, special=1, amount_fen=100, person="王某")
    assert isinstance(made, CountySummary)
    lines = tuple(msgspec.structs.replace(row, totals=SUMMARY.totals) for row in made.rows)
    whole = totals.of_parts(line.totals for line in lines)
    return msgspec.structs.replace(made, rows=lines, totals=whole, composer=COMPOSER)


def plain(summary: Any) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(document.encode(summary))
    return tree


def test_a_countys_rows_and_totals_add_up_as_well() -> None:
    tree = plain(county())
    assert numbers_of(tree) == []
    tree["rows"][1]["row"] = 5
    tree["rows"][0]["totals"]["repaid"]["rate_bp"] += 1
    tree["totals"]["visits"] += 1
    assert numbers_of(tree) == [row_wrong(1, "比率"), row_wrong(2, "序号"), total_wrong("visits")]


def test_two_trees_of_numbers_differ_at_their_paths() -> None:
    one = {"a": 1, "b": {"c": 1, "d": {"e": 2}}, "f": 1}
    other = {"a": True, "b": {"c": 2, "d": {"e": 2, "g": 0}}, "h": 1}
    assert checks.differing(one, other) == ["a", "b.c", "b.d.g", "f", "h"]
    assert checks.differing(one, one) == []
    assert checks.differing({"b": 1}, {"b": {"c": 1}}) == ["b"]


# the workbook


def workbook_of(data: bytes, summary: Any = SUMMARY) -> Findings:
    found = Findings()
    checks.workbook(data, summary, found, "summary.xlsx")
    return found


def rewritten(change: Any) -> bytes:
    """SUMMARY's workbook after a change, saved by another program, which keeps the sums but not their formulas."""
    book = openpyxl.load_workbook(io.BytesIO(summary_xlsx(SUMMARY)), data_only=True)
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_workbook_of_the_summary_and_one_saved_again_are_the_same_table() -> None:
    for data in (summary_xlsx(SUMMARY), rewritten(lambda book: None)):
        found = workbook_of(data)
        assert (found.items, found.remarks) == ([], [])


def first_amount() -> tuple[int, int]:
    """Row and column, from 1, of the first amount of the first person."""
    (table, *_) = tables_of(SUMMARY)
    kinds = [column.kind for column in table.columns]
    return table.header_rows + 1, kinds.index("fen") + 1


def test_a_changed_cell_is_named_by_row_and_heading() -> None:
    row, x = first_amount()
    title = tables_of(SUMMARY)[0].columns[x - 1].title

    def change(book: Any) -> None:
        cell = book.worksheets[0].cell(row, x)
        cell.value = float(cell.value) + 0.01

    assert workbook_of(rewritten(change)).items == [
        finding("verify.xlsx_differs", file="summary.xlsx", row=row, column=title)
    ]


def test_a_changed_title_and_what_stands_outside_of_the_table_are_named() -> None:
    table = tables_of(SUMMARY)[0]
    beyond = len(table.columns) + 1

    def change(book: Any) -> None:
        sheet = book.worksheets[0]
        sheet.cell(1, 1).value = "别的标题"
        sheet.cell(2, beyond).value = "旁注"
        sheet.cell(len(table.cells) + 1, 1).value = "后记"

    found = workbook_of(rewritten(change)).items
    assert {one.code for one in found} == {"verify.xlsx_differs"}
    named = {(one.row, one.message) for one in found}
    for row, column in ((1, table.columns[0].title), (2, str(beyond))):
        where = finding("verify.xlsx_differs", file="summary.xlsx", row=row, column=column)
        assert (row, where.message) in named
    assert len(table.cells) + 1 in {one.row for one in found}


def test_a_row_too_few_is_named() -> None:
    last = len(tables_of(SUMMARY)[0].cells)
    found = workbook_of(rewritten(lambda book: book.worksheets[0].delete_rows(last))).items
    assert {one.row for one in found} == {last}


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"not a workbook" * 20])
def test_what_is_no_workbook_is_a_changed_attachment(data: bytes) -> None:
    assert workbook_of(data).items == [finding("verify.attachment_changed", file="summary.xlsx")]


def test_the_workbook_of_another_composer_is_not_compared_and_that_is_said() -> None:
    other = msgspec.structs.replace(SUMMARY, composer=COMPOSER - 1)
    found = workbook_of(b"x", other)
    assert found.items == []
    (remark,) = found.remarks
    assert (remark.code, remark.file) == ("verify.other_composer", "summary.xlsx")
    assert str(COMPOSER - 1) in remark.message


@pytest.mark.parametrize(
    ("cell", "kind", "read"),
    [
        (12.34, "fen", 1234),
        (0.29, "fen", 29),
        (3, "fen", 300),
        ("3", "fen", "3"),
        (3.0, "int", 3),
        (3.5, "int", "3.5"),
        ("3", "int", "3"),
        (3.0, "text", "3.0"),
        ("王", "text", "王"),
    ],
)
def test_a_cell_is_read_as_it_was_written(cell: Any, kind: str, read: Any) -> None:
    found = checks._read(cell, kind)
    assert (found, type(found)) == (read, type(read))


# recipients and paper


def report(**changes: Any) -> tuple[CountySummary, dict[str, Any]]:
    """A county's report for a recipient that may get no narrative, no reason of health, no full number."""
    values = {
        "key": "bank",
        "name": "开行",
        "addressed": "开行",
        "with_narratives": False,
        "with_health_reasons": False,
        "full_id_numbers": False,
    }
    whole = county()
    masked = tuple(
        msgspec.structs.replace(one, name="王*", reason="hardship", **changes)
        for one in whole.special
    )
    made = msgspec.structs.replace(
        whole, special=masked, recipient=RecipientRef(**values), exceptions=()
    )
    made = msgspec.structs.replace(made, figures=figures_digest(plain(made)))
    return made, plain(made)


def recipient_of(summary: Any, tree: dict[str, Any]) -> tuple[list[Finding], list[Finding]]:
    found, notes = Findings(), Findings()
    checks.recipient(summary, tree, found, notes)
    return found.items, notes.items


def test_a_report_says_whom_it_is_for_and_the_code_of_its_figures() -> None:
    made, tree = report(reason_words=msgspec.UNSET)
    found, notes = recipient_of(made, tree)
    assert found == []
    digest = figures_digest(tree)[:16]
    assert notes == [finding("verify.recipient", name="开行", digest=digest)]


def test_a_report_with_more_than_its_recipient_may_get_names_the_case() -> None:
    made, tree = report(narrative="一段说明")
    found, _ = recipient_of(made, tree)
    more = finding("verify.recipient_more", file="summary.json", row=1, name="开行")
    assert found == [more]


def test_a_report_whose_code_is_not_that_of_its_figures_is_named() -> None:
    made, tree = report()
    wrong = msgspec.structs.replace(made, figures="0" * 64)
    assert recipient_of(wrong, tree)[0] == [total_wrong("figures")]


def test_an_exception_with_its_reason_is_more_than_such_a_recipient_may_get() -> None:
    made, _ = report()
    line = json.loads(
        '{"code": "seal.owed", "ref": "r", "case": "c", "name": "王*", "words": "w",'
        ' "reason": "住院", "by": "", "unit": "甲校"}'
    )
    tree = {**plain(made), "exceptions": [{**line, "reason": ""}, line]}
    with_reason = document.of_tree(tree)
    named = finding("verify.recipient_reason", file="summary.json", row=2, name="开行")
    assert named in recipient_of(with_reason, tree)[0]


def test_a_schools_summary_and_a_report_for_nobody_pass() -> None:
    assert recipient_of(SUMMARY, TREE) == ([], [])
    whole = county()
    assert recipient_of(whole, plain(whole)) == ([], [])


def test_records_from_paper_are_noted_with_their_number() -> None:
    notes = Findings()
    checks.from_paper(SUMMARY, notes)
    checks.from_paper(county(), notes)
    assert notes.items == []
    checks.from_paper(msgspec.structs.replace(SUMMARY, paper_records=3), notes)
    assert notes.items == [finding("verify.from_paper", count=3)]


# a county's children


class Opened:
    """Stands for `verify.open_sealed`: what each file says of itself, by its name."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said, self.asked = folder, {}, []

    def put(self, name: str, summary: SchoolSummary | None, **verdict: Any) -> str:
        """Write a file and say what it holds; return its sha256."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
        values: dict[str, Any] = {"ok": True, "document": "d-1", "version": 1}
        if summary is not None:
            values |= {"unit_code": "01", "data_hash": "h" * 64}
        self.said[name] = SimpleNamespace(summary=summary, verdict=Verdict(**(values | verdict)))
        return sha256_hex(name.encode())

    def __call__(self, path: Path, root: bytes, *more: Any) -> Any:
        assert root == b"root"
        self.asked.append((path.name, more))
        return self.said[path.name]


def row_for(file_sha256: str, **changes: Any) -> Any:
    base = county(1).rows[0]
    values = {
        "code": "01",
        "document": "d-1",
        "version": 1,
        "data_hash": "h" * 64,
        "file_sha256": file_sha256,
    }
    return msgspec.structs.replace(base, **(values | changes))


def children_of(folder: Path, opened: Opened, *rows: Any) -> list[Finding]:
    found = Findings()
    summary = msgspec.structs.replace(county(1), rows=tuple(rows))
    children.check(folder, b"root", summary, found, opened)
    return found.items


def test_a_row_that_equals_its_own_file_has_nothing_to_note(tmp_path: Path) -> None:
    opened = Opened(tmp_path)
    sha = opened.put("sub/a.pdf", SUMMARY)
    opened.said["a.pdf"] = opened.said["sub/a.pdf"]
    assert children_of(tmp_path, opened, row_for(sha)) == []
    assert opened.asked == [("a.pdf", (None, None, tmp_path))]


def test_deliveries_that_an_older_file_did_not_count_may_stand_in_its_row(tmp_path: Path) -> None:
    opened = Opened(tmp_path)
    old = msgspec.structs.replace(
        SUMMARY,
        totals=msgspec.structs.replace(SUMMARY.totals, deliveries=document.Deliveries()),
    )
    sha = opened.put("a.pdf", old)
    assert children_of(tmp_path, opened, row_for(sha)) == []
    assert children_of(tmp_path, opened, row_for(sha, totals=old.totals)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"data_hash": "0" * 64},
        {"code": "02"},
        {"version": 2},
        {"totals": msgspec.structs.replace(SUMMARY.totals, visits=99)},
    ],
)
def test_a_row_that_differs_from_its_own_file_is_named(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    opened = Opened(tmp_path)
    row = row_for(opened.put("a.pdf", SUMMARY), **change)
    assert children_of(tmp_path, opened, row) == [
        finding("verify.child_sums", file="a.pdf", row=row.row, unit=row.name)
    ]


def test_what_is_wrong_with_a_child_is_noted_with_it(tmp_path: Path) -> None:
    opened = Opened(tmp_path)
    wrong = finding("verify.page_changed", file="a.pdf", page=1)
    sha = opened.put("a.pdf", None, problems=(wrong,))
    assert children_of(tmp_path, opened, row_for(sha)) == [wrong]


def test_a_row_whose_file_is_not_there_is_missing_and_another_version_of_it_is_changed(
    tmp_path: Path,
) -> None:
    opened = Opened(tmp_path)
    opened.put("b.pdf", SUMMARY, document="d-2")
    opened.put("c.pdf", None, document="")
    one = row_for("0" * 64)
    two = msgspec.structs.replace(row_for("1" * 64, document="d-2"), row=2, name="乙校")
    assert children_of(tmp_path, opened, one, two) == [
        finding("verify.unreadable", file="c.pdf"),
        finding("verify.child_missing", row=1, unit=one.name),
        finding("verify.child_changed", file="b.pdf", row=2, unit="乙校"),
    ]
    assert [name for name, _ in opened.asked] == ["b.pdf", "c.pdf"]


def test_a_school_has_no_children(tmp_path: Path) -> None:
    found = Findings()
    children.check(tmp_path / "none", b"root", SUMMARY, found, Opened(tmp_path))
    assert found.items == []
