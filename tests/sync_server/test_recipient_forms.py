"""A recipient's empty form becomes its columns: read, shown with sample rows, corrected, kept."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest
from litestar import Litestar

from shared.problems import ProblemError
from shared.recipients import FIELDS, FORMS, PEOPLE, UNITS, TemplateColumn
from shared.season import Season
from sync_server.intake.template import layout_of, read_template
from sync_server.office import recipients as office
from sync_server.office import season_file
from sync_server.office import seasons as season_verbs
from sync_server.services import Services
from sync_server.store import seasons
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE = f"/seasons/{SEASON}/recipients"
FORM = f"{PAGE}/bank/people"
Write = Callable[[Any], None]


def a_book(write: Write) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "附表1"
    write(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def the_banks_form(sheet: Any) -> None:
    sheet.append([f"{SEASON}年生源地贷款本息回收情况表"])
    sheet.merge_cells("A1:G1")
    sheet.append(["填报单位："])
    sheet.append(
        ["序号", "借款人姓名", "身份证号码", "合同编号", "欠款金额(元)", "还款账号", "备注"]
    )


def a_grouped_form(sheet: Any) -> None:
    sheet.append(["序号", "学校名称", "应还", None, "已还", None])
    sheet.append([None, None, "人数", "金额", "人数", "金额"])
    for cells in ("A1:A2", "B1:B2", "C1:D1", "E1:F1"):
        sheet.merge_cells(cells)


def read(tmp_path: Path, data: bytes, form: str = PEOPLE, **where: Any) -> Any:
    path = tmp_path / "表样.xlsx"
    path.write_bytes(data)
    return read_template(path, form, **where)


def refusal(tmp_path: Path, data: bytes, form: str = PEOPLE, **where: Any) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        read(tmp_path, data, form, **where)
    return caught.value


def test_the_headings_are_found_below_the_titles_and_known_ones_mapped(tmp_path: Path) -> None:
    found = read(tmp_path, a_book(the_banks_form))
    assert (found.sheet, found.header_row) == ("附表1", 3)
    assert found.titles == (f"{SEASON}年生源地贷款本息回收情况表", "填报单位：")
    assert [(c.header, c.field) for c in found.columns] == [
        ("序号", "row"),
        ("借款人姓名", "name"),
        ("身份证号码", "id_number"),
        ("合同编号", "contract_no"),
        ("欠款金额(元)", "unpaid_fen"),
        ("还款账号", ""),
        ("备注", ""),
    ]


def test_headings_of_two_rows_are_read_as_one(tmp_path: Path) -> None:
    found = read(tmp_path, a_book(a_grouped_form), UNITS)
    assert [(c.header, c.field) for c in found.columns] == [
        ("序号", "row"),
        ("学校名称", "name"),
        ("应还人数", "people"),
        ("应还金额", "total_fen"),
        ("已还人数", "repaid"),
        ("已还金额", "repaid_fen"),
    ]


def a_form_of_three_rows(sheet: Any) -> None:
    sheet.append(["学校汇总表"])
    sheet.append(["序号", "学校名称", "应还", None, None, "已还"])
    sheet.append([None, None, "人数", "金额", None, "金额"])
    sheet.append([None, None, None, "本金", "利息", None])
    for cells in ("A1:F1", "A2:A4", "B2:B4", "C2:E2", "C3:C4", "D3:E3", "F3:F4"):
        sheet.merge_cells(cells)


def test_headings_of_three_rows_are_read_as_one(tmp_path: Path) -> None:
    found = read(tmp_path, a_book(a_form_of_three_rows), UNITS)
    assert (found.header_row, found.titles) == (4, ("学校汇总表",))
    assert [(c.header, c.field) for c in found.columns] == [
        ("序号", "row"),
        ("学校名称", "name"),
        ("应还人数", "people"),
        ("应还金额本金", ""),
        ("应还金额利息", ""),
        ("已还金额", "repaid_fen"),
    ]


def test_three_rows_are_known_by_their_groups_alone(tmp_path: Path) -> None:
    def write(sheet: Any) -> None:
        a_form_of_three_rows(sheet)
        for cells in ("A2:A4", "B2:B4", "C3:C4", "F3:F4"):
            sheet.unmerge_cells(cells)

    found = read(tmp_path, a_book(write), UNITS)
    assert found == read(tmp_path, a_book(a_form_of_three_rows), UNITS)


def test_headings_of_more_rows_than_are_read_are_refused_and_a_row_may_be_named(
    tmp_path: Path,
) -> None:
    def write(sheet: Any) -> None:
        sheet.append(["序号", "学校名称", "应还"])
        sheet.merge_cells("A1:A5")
        sheet.merge_cells("B1:B5")
        for text in ("人数", "总数", "其中", "合计"):
            sheet.append([None, None, text])

    assert refusal(tmp_path, a_book(write), UNITS).code == "template.no_header"
    assert read(tmp_path, a_book(write), UNITS, header_row=1).header_row == 1


def test_a_column_that_looks_like_another_is_left_open(tmp_path: Path) -> None:
    data = a_book(lambda sheet: sheet.append(["序号", "姓名", "学生姓名"]))
    assert [c.field for c in read(tmp_path, data).columns] == ["row", "name", ""]


def test_a_sheet_and_a_row_may_be_named(tmp_path: Path) -> None:
    def write(sheet: Any) -> None:
        the_banks_form(sheet)
        other = sheet.parent.create_sheet("附表2")
        other.append(["甲", "乙"])
        other.append(["姓名", "丙"])

    found = read(tmp_path, a_book(write), sheet="附表2", header_row=1)
    assert [c.header for c in found.columns] == ["甲", "乙"]


def with_formula(sheet: Any) -> None:
    the_banks_form(sheet)
    sheet["E3"] = '="欠款金额"&"(元)"'


def test_a_formula_in_a_heading_is_refused_by_sheet_row_and_column(tmp_path: Path) -> None:
    problem = refusal(tmp_path, a_book(with_formula))
    assert problem.code == "template.formula"
    assert (problem.values["sheet"], problem.values["row"], problem.values["column"]) == (
        "附表1",
        3,
        "E",
    )
    assert "第 3 行 E 列" in problem.message("zh")


def test_a_formula_in_a_title_is_refused(tmp_path: Path) -> None:
    def write(sheet: Any) -> None:
        the_banks_form(sheet)
        sheet["A2"] = '="填报单位："'

    problem = refusal(tmp_path, a_book(write))
    assert (problem.code, problem.values["row"]) == ("template.formula", 2)


def test_sums_below_the_headings_are_passed_over(tmp_path: Path) -> None:
    def write(sheet: Any) -> None:
        the_banks_form(sheet)
        sheet["B5"], sheet["E5"] = "合计", "=SUM(E4:E4)"

    found = read(tmp_path, a_book(write))
    assert found == read(tmp_path, a_book(the_banks_form))


def test_a_workbook_with_macros_is_refused(tmp_path: Path) -> None:
    data = io.BytesIO(a_book(the_banks_form))
    with zipfile.ZipFile(data, "a") as package:
        package.writestr("xl/vbaProject.bin", b"macro")
    problem = refusal(tmp_path, data.getvalue())
    assert problem.code == "template.macros"
    assert "表样.xlsx" in problem.message("zh")


def test_three_hundred_columns_are_refused_with_the_last_one_taken(tmp_path: Path) -> None:
    data = a_book(lambda sheet: sheet.append([f"列{n}" for n in range(300)]))
    problem = refusal(tmp_path, data)
    assert problem.code == "template.wide"
    assert (problem.values["count"], problem.values["column"]) == (300, "BH")


def test_the_same_heading_twice_is_refused_by_both_columns(tmp_path: Path) -> None:
    data = a_book(lambda sheet: sheet.append(["姓名", "备注", "备注"]))
    problem = refusal(tmp_path, data)
    assert problem.code == "template.header_twice"
    assert (problem.values["column"], problem.values["first"]) == ("C", "B")


@pytest.mark.parametrize("cells", [["一格"], [1, 2, 3]])
def test_a_sheet_without_headings_is_refused(tmp_path: Path, cells: list[Any]) -> None:
    problem = refusal(tmp_path, a_book(lambda sheet: sheet.append(cells)))
    assert problem.code == "template.no_header"
    assert problem.values["sheet"] == "附表1"


@pytest.mark.parametrize("form", [PEOPLE, UNITS])
def test_no_heading_means_two_fields(form: str) -> None:
    layout = layout_of(form)
    assert set(layout.names) == {field.code for field in FIELDS[form]}
    for field in FIELDS[form]:
        assert layout.field_of(field.zh) == field.code


def of_bank(services: Services) -> Any:
    season = services.database.read(lambda c: seasons.get(c, SEASON))
    return office.of_key(season, "bank")


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


async def uploaded(admin: Browser, write: Write, path: str = FORM) -> Any:
    return await admin.post(f"{path}/file", files={"file": ("样.xlsx", a_book(write), XLSX)})


def as_sent(columns: tuple[TemplateColumn, ...]) -> dict[str, str]:
    sent = {f"header-{n}": c.header for n, c in enumerate(columns)}
    sent |= {f"field-{n}": c.field for n, c in enumerate(columns)}
    return sent | {f"constant-{n}": c.constant for n, c in enumerate(columns)}


COLUMNS = (
    TemplateColumn(header="借款人", field="name"),
    TemplateColumn(header="行别", constant="某行"),
    TemplateColumn(header="欠款", field="unpaid_fen"),
)


async def test_an_uploaded_form_is_proposed_with_a_sample_and_nothing_is_stored(
    admin: Browser, services: Services
) -> None:
    answer = await uploaded(admin, the_banks_form)
    assert answer.status_code == 200
    assert "表头在第 3 行" in answer.text
    assert 'value="借款人姓名"' in answer.text
    assert '<option value="contract_no" selected>' in answer.text
    assert "王小明" in answer.text
    assert 'value="{年度}年生源地贷款本息回收情况表"' in answer.text
    assert of_bank(services).people == ()


async def test_a_confirmed_form_is_kept_and_stands_in_the_history(
    admin: Browser, services: Services
) -> None:
    base = str(services.database.read(lambda c: seasons.one(c, SEASON)).changes)
    answer = await admin.post(
        FORM, do="save", base=base, **as_sent(COLUMNS), **{"title-0": "{年度}年表"}
    )
    assert answer.status_code == 303
    assert of_bank(services).people == COLUMNS
    assert of_bank(services).people_titles == ("{年度}年表",)
    (line, *_) = services.database.read(lambda c: seasons.history(c, SEASON))
    changed = {field.field: field.after for field in line.fields}
    assert changed["recipients.bank.people"] == "借款人=姓名、行别=“某行”、欠款=未还(元)"
    listed = (await admin.get(PAGE)).text
    assert "<th>借款人</th>" in listed
    settings = (await admin.get(f"/seasons/{SEASON}")).text
    assert "逐人表的列" in settings


async def test_a_form_is_taken_away(admin: Browser, services: Services) -> None:
    office.set_form(services, SEASON, "bank", PEOPLE, COLUMNS, (), who="t")
    base = str(services.database.read(lambda c: seasons.one(c, SEASON)).changes)
    await admin.post(FORM, do="remove", base=base)
    assert of_bank(services).people == ()


async def test_what_is_wrong_is_shown_beside_what_was_typed(
    admin: Browser, services: Services
) -> None:
    twice = (*COLUMNS, TemplateColumn(header="又一次", field="name"))
    base = str(services.database.read(lambda c: seasons.one(c, SEASON)).changes)
    answer = await admin.post(FORM, do="save", base=base, **as_sent(twice))
    assert answer.status_code == 422
    assert "第 4 列“又一次”和第 1 列重复" in answer.text
    assert 'value="又一次"' in answer.text
    assert of_bank(services).people == ()


async def test_of_two_people_at_one_form_the_second_is_refused(
    admin: Browser, services: Services
) -> None:
    base = str(services.database.read(lambda c: seasons.one(c, SEASON)).changes)
    office.add(services, SEASON, "city", "市中心", who="另一个人")
    answer = await admin.post(FORM, do="save", base=base, **as_sent(COLUMNS))
    assert answer.status_code == 409
    assert "另一个人" in answer.text
    assert of_bank(services).people == ()


async def test_a_bad_workbook_comes_back_with_its_problem(admin: Browser) -> None:
    answer = await uploaded(admin, with_formula)
    assert answer.status_code == 303
    page = (await admin.get(FORM)).text
    assert "第 3 行 E 列是公式" in page


async def test_a_recipient_is_added_and_removed(admin: Browser, services: Services) -> None:
    await admin.post(PAGE, do="add", name="市教育局", key="city")
    page = (await admin.get(PAGE)).text
    assert "市教育局" in page
    await admin.post(PAGE, do="add", name="又一个", key="city")
    assert "代号“city”" in (await admin.get(PAGE)).text
    await admin.post(PAGE, do="remove", key="city")
    assert "市教育局" not in (await admin.get(PAGE)).text


def test_forms_go_through_the_settings_file(services: Services, county: list[str]) -> None:
    office.set_form(services, SEASON, "bank", PEOPLE, COLUMNS, ("标题",), who="t")
    season = services.database.read(lambda c: seasons.get(c, SEASON))
    text = season_verbs.export(services, SEASON)
    assert season_file.parse(text) == season
    without: Season = msgspec.structs.replace(season, recipients=())
    assert season_file.parse(season_file.dump(without, text)) == without


@pytest.mark.parametrize("form", [form.code for form in FORMS])
def test_every_field_has_something_in_the_sample(
    form: str, services: Services, county: list[str]
) -> None:
    season = services.database.read(lambda c: seasons.get(c, SEASON))
    columns = tuple(TemplateColumn(header=f.zh, field=f.code) for f in FIELDS[form])
    table = office.sample_table(season, of_bank(services).with_form(form, columns, ()), form)
    assert table is not None
    assert len(table.lines) == 4
    for place, heading in enumerate(table.headings):
        assert any(line[place] for line in table.lines), heading
