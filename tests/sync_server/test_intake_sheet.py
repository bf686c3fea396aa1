"""Files are recognised by their content, read within bounds, and refused with a code that says what
they are.
"""

from __future__ import annotations

import datetime as dt
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwt
from openpyxl.workbook.protection import WorkbookProtection
from xlwt.CompoundDoc import XlsDoc

from shared.problems import ProblemError
from sync_server.intake import ole, package, xlsx_scan
from sync_server.intake.headers import normalise
from sync_server.intake.sheet import Sheet, read_sheets
from tests.support.intake_files import due_rows, line, write_csv, write_xls, write_xlsx
from tests.support.locked_files import agile, rc4, rc4_of_2003, standard

ROWS = due_rows([line(1), line(2)])


def refusal(path: Path) -> str:
    with pytest.raises(ProblemError) as caught:
        read_sheets(path)
    assert caught.value.where.file == path.name
    return caught.value.code


def read_first_sheet(path: Path) -> Sheet:
    return read_sheets(path)[0]


def stored(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("write", [write_xlsx, write_xls, write_csv], ids=["xlsx", "xls", "csv"])
def test_a_row_keeps_the_number_people_see(tmp_path, write):
    rows = read_first_sheet(write(tmp_path / "f", [["标题"], [], ["", "", "甲"], ["乙"]])).rows
    assert [row.number for row in rows] == [1, 2, 3, 4]
    assert rows[2].cells[2] == "甲"
    assert not any(rows[1].cells)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_is_read_in_the_encodings_offices_use_with_rare_characters_whole(tmp_path, encoding):
    rows = read_first_sheet(
        write_csv(tmp_path / "f.csv", [["㛃", "䶮", "𬱖", "阿依古丽·买买提"]], encoding=encoding)
    ).rows
    assert rows[0].cells == ("㛃", "䶮", "𬱖", "阿依古丽·买买提")


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_a_csv_may_be_parted_by_comma_tab_or_semicolon(tmp_path, delimiter):
    assert len(
        read_first_sheet(write_csv(tmp_path / "f.csv", ROWS, delimiter=delimiter)).rows[2].cells
    ) == len(ROWS[1])


def test_a_csv_in_no_known_encoding_names_the_row(tmp_path):
    data = "姓名\n王㛃\n".encode("gb18030") + b"\xff\xff\n"
    path = stored(tmp_path / "f.csv", data)
    with pytest.raises(ProblemError) as caught:
        read_sheets(path)
    assert (caught.value.code, caught.value.where.row) == ("intake.encoding", 3)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("空.xlsx", b"", "intake.empty"),
        ("空.csv", b"\xef\xbb\xbf \r\n", "intake.empty"),
        ("坏.xlsx", b"PK\x03\x04 not a zip", "intake.broken"),
        (
            "网页.xls",
            "<html><table><tr><td>姓名</td></tr></table></html>".encode("gb18030"),
            "intake.html",
        ),
        ("网页.xls", b"\xef\xbb\xbf\n<!DOCTYPE html><p>", "intake.html"),
        (
            "旧.xls",
            b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>',
            "intake.html",
        ),
        ("网页.xls", b"MIME-Version: 1.0\nContent-Type: multipart/related", "intake.html"),
        ("扫描.xlsx", b"%PDF-1.7\n", "intake.pdf"),
        ("图.xlsx", b"\x89PNG\r\n\x1a\n", "intake.not_a_table"),
        ("压缩.xlsx", b"Rar!\x1a\x07\x00", "intake.not_a_table"),
        ("杂.csv", b"a,b\n\0\0,c\n", "intake.not_a_table"),
        ("坏.xls", ole.MAGIC + b"\0" * 100, "intake.broken"),
    ],
)
def test_what_is_no_table_is_refused_by_what_it_is_whatever_its_name(tmp_path, name, data, code):
    assert refusal(stored(tmp_path / name, data)) == code


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert refusal(tmp_path / "没有.xlsx") == "intake.file_missing"


def test_a_truncated_xlsx_is_broken(tmp_path):
    data = write_xlsx(tmp_path / "f.xlsx", ROWS).read_bytes()
    assert refusal(stored(tmp_path / "g.xlsx", data[: len(data) // 2])) == "intake.broken"


def test_an_xlsx_whose_bytes_changed_is_broken_not_half_read(tmp_path):
    data = bytearray(write_xlsx(tmp_path / "f.xlsx", ROWS).read_bytes())
    with zipfile.ZipFile(tmp_path / "f.xlsx") as archive:
        entry = archive.getinfo("xl/worksheets/sheet1.xml")
    data[entry.header_offset + 30 + len(entry.filename) + 40] ^= 0x55
    assert refusal(stored(tmp_path / "g.xlsx", bytes(data))) == "intake.broken"


@pytest.mark.parametrize("part", ["word/document.xml", "ppt/slides/slide1.xml", "名单.xlsx"])
def test_a_zip_without_a_workbook_is_no_table(tmp_path, part):
    path = tmp_path / "f.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(part, b"<x/>")
    assert refusal(path) == "intake.not_a_table"


def test_an_xlsx_that_unpacks_to_more_than_50_mb_is_refused_before_it_is_read(tmp_path):
    path = write_xlsx(tmp_path / "f.xlsx", ROWS)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", bytes(51 * 2**20))
    assert path.stat().st_size < 2**20
    assert refusal(path) == "intake.too_large"


def test_an_xlsx_of_more_than_200_entries_is_refused(tmp_path):
    path = write_xlsx(tmp_path / "f.xlsx", ROWS)
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(200):
            archive.writestr(f"xl/media/{number}", b"")
    assert refusal(path) == "intake.too_large"


def rewritten(path: Path, part: str, change: dict[bytes, bytes]) -> Path:
    """The same package with bytes of one part replaced."""
    with zipfile.ZipFile(path) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    for old, new in change.items():
        assert old in parts[part]
        parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def test_an_xml_document_type_is_refused(tmp_path):
    path = rewritten(
        write_xlsx(tmp_path / "f.xlsx", ROWS),
        "xl/worksheets/sheet1.xml",
        {b"<worksheet": b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'},
    )
    assert refusal(path) == "intake.broken"


def test_a_lone_cell_at_the_far_corner_of_an_xlsx_is_refused_without_laying_the_sheet_out(tmp_path):
    path = rewritten(
        write_xlsx(tmp_path / "f.xlsx", [["甲", "乙"]]),
        "xl/worksheets/sheet1.xml",
        {b'r="B1"': b'r="XFD1048576"'},
    )
    assert refusal(path) == "intake.too_large"


def test_a_lone_cell_at_the_far_corner_of_an_xls_is_refused_without_laying_the_sheet_out(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("名单")
    sheet.write(0, 0, "甲")
    sheet.write(65535, 255, "乙")
    book.save(str(tmp_path / "f.xls"))
    assert refusal(tmp_path / "f.xls") == "intake.too_large"


def test_an_xls_that_claims_more_rows_than_the_format_has_is_refused(tmp_path):
    stream = bytearray(
        ole.CompoundFile(write_xls(tmp_path / "f.xls", ROWS).read_bytes()).read("Workbook")
    )
    at = stream.index(struct.pack("<HH", 0x0200, 14))
    stream[at + 4 : at + 12] = struct.pack("<II", 0, 0xFFFFFFF0)
    assert (
        refusal(stored(tmp_path / "g.xls", ole.pack("Workbook", bytes(stream)))) == "intake.broken"
    )


def test_an_empty_cell_far_below_is_no_reason_to_refuse(tmp_path):
    path = rewritten(
        write_xlsx(tmp_path / "f.xlsx", [["甲"]]),
        "xl/worksheets/sheet1.xml",
        {b"</sheetData>": b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'},
    )
    assert read_first_sheet(path).rows[0].cells == ("甲",)


def test_an_xls_with_a_password_is_reported_as_such(tmp_path):
    records = (
        struct.pack("<HHHH", 0x0809, 4, 0x0600, 5)
        + struct.pack("<HHH", 0x002F, 2, 1)
        + struct.pack("<HH", 10, 0)
    )
    XlsDoc().save(str(tmp_path / "f.xls"), records)
    assert refusal(tmp_path / "f.xls") == "intake.password"


@pytest.mark.parametrize("lock", [agile, standard, rc4, rc4_of_2003])
def test_a_workbook_only_protected_against_changes_is_read_and_a_real_password_said(tmp_path, lock):
    if lock in (agile, standard):
        plain = write_xlsx(tmp_path / "f", ROWS).read_bytes()
    else:
        plain = ole.CompoundFile(write_xls(tmp_path / "f", ROWS).read_bytes()).read("Workbook")
    rows = read_first_sheet(lock(tmp_path / "locked", plain)).rows
    assert rows == read_first_sheet(tmp_path / "f").rows
    assert refusal(lock(tmp_path / "closed", plain, "123456")) == "intake.password"


@pytest.mark.parametrize(
    ("stream", "code"),
    [("EncryptedPackage", "intake.password"), ("WordDocument", "intake.not_a_table")],
)
def test_another_office_file_in_the_old_container_is_recognised_by_its_streams(
    tmp_path, stream, code
):
    assert refusal(stored(tmp_path / "f.xlsx", ole.pack(stream, b"x" * 5000))) == code


def test_an_old_container_that_points_at_itself_ends(tmp_path):
    data = bytearray(ole.pack("Workbook", b"x" * 9000))
    data[4096 + 4 * 3 : 4096 + 4 * 4] = struct.pack("<I", 3)
    assert refusal(stored(tmp_path / "f.xls", bytes(data))) == "intake.broken"


def test_a_packed_stream_reads_back_whatever_its_size():
    for size in (4096, 4097, 100_000):
        data = bytes(range(256)) * (size // 256 + 1)
        assert ole.CompoundFile(ole.pack("Workbook", data[:size])).read("Workbook") == data[:size]


def test_a_small_stream_of_an_old_container_is_found_in_its_mini_stream():
    """Excel keeps streams under 4,096 bytes in sectors of 64; `pack` does not, so this file is laid
    out by hand.
    """
    data = bytearray(ole.pack("Book", b"A" * 4096))
    mini_fat, mini_stream = struct.pack("<3I", 1, 0xFFFFFFFE, 0xFFFFFFFF), b"B" * 64 + b"C" * 64
    data[60:68] = struct.pack("<II", 3, 1)  # the mini table takes the stream's sector, 3
    data[4096 * 4 : 4096 * 5] = mini_fat.ljust(4096, b"\xff")
    data[4096 * 3 : 4096 * 4] = mini_stream.ljust(4096, b"\0")
    data[4096 * 2 + 128 + 116 : 4096 * 2 + 128 + 128] = struct.pack("<IQ", 0, 70)
    assert ole.CompoundFile(bytes(data)).read("Book") == b"B" * 64 + b"C" * 6


@pytest.mark.parametrize("write", [write_xlsx, write_xls], ids=["xlsx", "xls"])
def test_formula_cells_are_known_by_row_and_column(tmp_path, write):
    rows = [
        ["甲", "乙"],
        ["x", {"formula": "=1+1", "value": 2}],
        [{"formula": "=2+2", "value": 4}, "y"],
    ]
    assert read_first_sheet(write(tmp_path / "f", rows)).formulas == {(2, 1), (3, 0)}


def test_every_cell_of_an_array_formula_is_known_as_one(tmp_path):
    path = rewritten(
        write_xlsx(tmp_path / "f.xlsx", [["甲"], [{"formula": "=ROW()"}], [5], [6]]),
        "xl/worksheets/sheet1.xml",
        {b"<f>": b'<f t="array" ref="A2:A4">'},
    )
    assert read_first_sheet(path).formulas == {(2, 0), (3, 0), (4, 0)}


def test_cells_without_a_reference_follow_the_one_before(tmp_path):
    path = rewritten(
        write_xlsx(tmp_path / "f.xlsx", [["甲", {"formula": "=1"}], ["乙", {"formula": "=2"}]]),
        "xl/worksheets/sheet1.xml",
        {
            b' r="A1"': b"",
            b' r="B1"': b"",
            b' r="A2"': b"",
            b' r="B2"': b"",
            b' r="1"': b"",
            b' r="2"': b"",
        },
    )
    assert read_first_sheet(path).formulas == {(1, 1), (2, 1)}


def test_dates_and_numbers_keep_their_kind(tmp_path):
    rows = [["甲", dt.date(2018, 7, 1), 12.5]]
    for write in (write_xlsx, write_xls):
        assert read_first_sheet(write(tmp_path / "f", rows)).rows[0].cells == (
            "甲",
            dt.date(2018, 7, 1),
            12.5,
        )


def test_hidden_sheets_are_read_and_empty_ones_ignored(tmp_path):
    path = rewritten(
        write_xlsx(tmp_path / "f.xlsx", [["藏"]], sheet="藏", more={"空": [], "名单": [["甲"]]}),
        "xl/workbook.xml",
        {b'sheetId="1"': b'sheetId="1" state="hidden"'},
    )
    assert [(sheet.name, sheet.hidden) for sheet in read_sheets(path)] == [
        ("藏", True),
        ("名单", False),
    ]


def test_hidden_rows_and_columns_are_known(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "f.xlsx") as book:
        page = book.add_worksheet()
        for row in range(4):
            page.write_row(row, 0, ["甲", "乙", "丙"])
        page.set_row(2, options={"hidden": True})
        page.set_row(3, 0)
        page.set_column(1, 1, options={"hidden": True})
    book = xlwt.Workbook()
    page = book.add_sheet("名单")
    for row in range(4):
        for column in range(3):
            page.write(row, column, "甲")
    page.row(2).hidden = page.row(3).hidden = True
    page.col(1).hidden = True
    book.save(str(tmp_path / "f.xls"))
    for name in ("f.xlsx", "f.xls"):
        sheet = read_first_sheet(tmp_path / name)
        assert (sheet.hidden_rows, sheet.hidden_columns) == ({3, 4}, {1}), name


def test_text_in_cdata_sections_is_read(tmp_path):
    path = rewritten(
        write_xlsx(tmp_path / "f.xlsx", [["甲", "乙"]]),
        "xl/sharedStrings.xml",
        {"<t>甲</t>".encode(): "<t><![CDATA[甲&丙]]></t>".encode()},
    )
    assert read_first_sheet(path).rows[0].cells == ("甲&丙", "乙")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("xl/workbook.xml", "xl/Workbook2.xml"),
        ("xl/sharedStrings.xml", "xl/strings.xml"),
        ("xl/worksheets/sheet1.xml", "xl/sheets/blad.xml"),
        ("xl/styles.xml", "xl/s.xml"),
    ],
)
def test_parts_of_a_workbook_may_have_any_name(tmp_path, old, new):
    path = write_xlsx(tmp_path / "f.xlsx", [["甲", dt.date(2018, 7, 1)]])
    folder, last, name = "xl", old.rpartition("/")[2], new.rpartition("/")[2]
    with zipfile.ZipFile(path) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for part, data in parts.items():
            content = data
            if part.endswith(".rels"):
                content = data.replace(old.encode(), new.encode()).replace(
                    old.removeprefix(f"{folder}/").encode(), new.removeprefix(f"{folder}/").encode()
                )
            moved = f"xl/_rels/{name}.rels" if part == f"xl/_rels/{last}.rels" else part
            archive.writestr(new if part == old else moved, content)
    assert read_first_sheet(path).rows[0].cells == ("甲", dt.date(2018, 7, 1))


def test_a_workbook_with_nothing_visible_in_it_is_empty(tmp_path):
    assert refusal(write_xlsx(tmp_path / "f.xlsx", [])) == "intake.empty"


ACCOUNT = "someone@example.invalid"


@pytest.mark.parametrize(
    "header", ["支付宝账号", "还款账户", "支付宝\n账户(必填)", "扣款账号", "银行卡号", "支付宝帐号"]
)
@pytest.mark.parametrize("write", [write_xlsx, write_xls, write_csv], ids=["xlsx", "xls", "csv"])
def test_an_account_number_never_leaves_the_reader(tmp_path, write, header):
    rows = [[*row, cell] for row, cell in zip(ROWS, ["", header, ACCOUNT, ACCOUNT], strict=True)]
    rows[0] = rows[0][:1]
    assert ACCOUNT not in repr(read_sheets(write(tmp_path / "f", rows)))


def test_a_payment_channel_that_reads_like_an_account_is_no_header(tmp_path):
    rows = [["姓名", "合同编号", "还款方式"], ["王㛃", "A1", "支付宝账户"], ["李䶮", "A2", "POS"]]
    assert read_first_sheet(write_xlsx(tmp_path / "f.xlsx", rows)).rows[2].cells[2] == "POS"


def test_records_the_spreadsheet_reader_panics_over_are_a_broken_file(tmp_path):
    blank_code_page = (
        struct.pack("<HHHH", 0x0809, 4, 0x0600, 5)
        + struct.pack("<HH", 0x0042, 0)
        + struct.pack("<HH", 10, 0)
    )
    assert (
        refusal(stored(tmp_path / "f.xls", ole.pack("Workbook", blank_code_page)))
        == "intake.broken"
    )


TABLE = [["姓名", "合同编号", "应还本金"], ["王㛃", "A1234567", "1.00"], ["李䶮", "A1234568", ""]]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "\uff0c", "||", "|@|"])
def test_text_is_read_in_every_usual_encoding_and_with_every_usual_delimiter(
    tmp_path, encoding, delimiter
):
    text = "\r\n".join(map(delimiter.join, TABLE))
    sheet = read_first_sheet(stored(tmp_path / "f.txt", text.encode(encoding)))
    assert [list(row.cells) for row in sheet.rows] == TABLE


def test_a_bar_parts_fields_of_unknown_headers_too_though_some_are_empty(tmp_path):
    path = stored(tmp_path / "f.txt", "户名|编号|备注|本\n王㛃|1||2\n".encode())
    assert read_first_sheet(path).rows[1].cells == ("王㛃", "1", "", "2")


def test_headers_kept_as_text_by_an_apostrophe_are_headers():
    assert normalise("'姓名") == "姓名"


def test_a_chart_on_a_sheet_of_its_own_is_passed_over(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "f.xlsx") as book:
        chart = book.add_chart({"type": "bar"})
        sheet = book.add_chartsheet("图")
        page = book.add_worksheet("名单")
        page.write_row(0, 0, ["甲", 1])
        chart.add_series({"values": "=名单!$B$1:$B$1"})
        sheet.set_chart(chart)
    assert [sheet.name for sheet in read_sheets(tmp_path / "f.xlsx")] == ["名单"]


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030"])
def test_parts_in_another_encoding_are_read(tmp_path, encoding):
    path = write_xlsx(tmp_path / "f.xlsx", [["甲", "乙"]])
    with zipfile.ZipFile(path) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            text = data.decode().replace('encoding="UTF-8"', f'encoding="{encoding}"')
            archive.writestr(name, text.encode(encoding) if "shared" in name else data)
    assert read_first_sheet(path).rows[0].cells == ("甲", "乙")


def test_protection_that_needs_no_password_to_read_is_no_obstacle(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["甲"])
    book.active.protection.sheet, book.active.protection.password = True, "abc"
    book.security = WorkbookProtection(workbookPassword="abc", lockStructure=True)
    book.save(tmp_path / "f.xlsx")
    rewritten(
        tmp_path / "f.xlsx",
        "xl/workbook.xml",
        {b"<workbookProtection": b'<fileSharing readOnlyRecommended="1"/><workbookProtection'},
    )
    old = xlwt.Workbook()
    old.protect = old.wnd_protect = True
    page = old.add_sheet("名单")
    page.protect, page.password = True, "abc"
    page.write(0, 0, "甲")
    old.save(str(tmp_path / "f.xls"))
    for name in ("f.xlsx", "f.xls"):
        assert read_first_sheet(tmp_path / name).rows[0].cells == ("甲",), name


def test_a_usual_sheet_is_scanned_as_a_strange_one_is(tmp_path):
    rows = [["甲", "", "乙"], [], ["", 5, ""]]
    plain = write_xlsx(tmp_path / "f.xlsx", rows)
    part = package.parts(plain.read_bytes())["xl/worksheets/sheet1.xml"]
    hidden = part.replace(b'<row r="3"', b'<row r="3" hidden="1"').replace(
        b"<sheetData>", b'<cols><col min="2" max="3" hidden="1"/></cols><sheetData>'
    )
    for xml in (part, hidden):
        scans = [
            xlsx_scan.scan_part(x) for x in (xml, xml.replace(b"<sheetData", b"<!-- --><sheetData"))
        ]
        assert scans[0] == scans[1]


def test_fields_may_be_parted_by_several_characters_and_hold_commas(tmp_path):
    text = "姓名|@|合同编号|@|家庭住址\n王㛃|@|A1|@|甲,乙,丙,丁,戊,己\n"
    path = stored(tmp_path / "f.csv", text.encode())
    assert read_first_sheet(path).rows[1].cells == ("王㛃", "A1", "甲,乙,丙,丁,戊,己")


def test_a_cell_with_an_escaped_control_character_is_read_without_it(tmp_path):
    file = write_xlsx(tmp_path / "名单.xlsx", [["郑QQ小雨", "行一\n行二"]])
    with zipfile.ZipFile(file) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(file, "w") as target:
        for name, data in parts.items():
            target.writestr(name, data.replace(b"QQ", b"_x0000__x0007_"))
    (sheet,) = read_sheets(file)
    assert sheet.rows[0].cells == ("郑小雨", "行一\n行二")
