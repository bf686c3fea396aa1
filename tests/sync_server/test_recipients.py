"""A county's report per recipient: equal figures; the bank's holds no narrative and no reason of
health, on paper, in the workbook and in the data it carries.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path

import msgspec
import openpyxl
import pypdfium2
import pytest

from shared.problems import ProblemError
from shared.readiness import NamedException
from shared.recipients import DEFAULTS, PEOPLE, UNITS, Recipient, TemplateColumn, faults
from shared.season import Season
from sync_server.sample.season import season_2019
from sync_server.sealing.checking import verify
from sync_server.sealing.making import recipients
from sync_server.sealing.making.compose import compose
from sync_server.sealing.making.recipients import for_recipient
from sync_server.sealing.making.workbook import summary_xlsx, tables_of
from sync_server.sealing.making.workbook_columns import form_columns
from sync_server.sealing.record import Verdict
from sync_server.sealing.report_to import figures_digest, template_of
from sync_server.sealing.rollup import ParentUnit, roll_up, roll_up_whole
from sync_server.sealing.summary import CountySummary, Unit, decode
from tests.support.seal_samples import (
    COUNTY,
    NARRATIVE,
    SCHOOL,
    SIBLING,
    Sealed,
    changed,
    inputs,
    keys,
    seal_summary,
)

PARENT = ParentUnit(unit=Unit(code=COUNTY[0], name=COUNTY[1]), document="610599-2019", version=1)
BOTH = dict([SCHOOL, SIBLING])
PROVINCE, BANK = DEFAULTS
WHY = "家属住院，没有见到本人"
COLUMNS = (
    TemplateColumn(header="省份", constant="某省"),
    TemplateColumn(header="学校名称", field="name"),
    TemplateColumn(header="应还金额", field="total_fen"),
    TemplateColumn(header="应还人数", field="people"),
    TemplateColumn(header="备注"),
)


@pytest.fixture(scope="module")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keys(tmp_path_factory.mktemp("recipients") / "keys")


@pytest.fixture(scope="module")
def root(keys_dir: Path) -> bytes:
    return (keys_dir / "root.pem").read_bytes()


@pytest.fixture(scope="module")
def schools(keys_dir: Path) -> tuple[Sealed, ...]:
    """Eleven people in special circumstances, a third of them ill; an exception with its reason."""
    given = inputs(9, 6)
    excepted = NamedException(code="seal.quarantined", ref="fact-1", reason=WHY, by="联络员")
    given = msgspec.structs.replace(given, quarantined=("fact-1",), exceptions=(excepted,))
    other = inputs(8, 5, unit=SIBLING, seed=4)
    return tuple(
        seal_summary(keys_dir.parent / one.school.code, keys_dir, compose(one))
        for one in (given, other)
    )


@pytest.fixture(scope="module")
def whole(schools: tuple[Sealed, ...], root: bytes) -> CountySummary:
    return roll_up_whole(
        [one.pdf for one in schools],
        BOTH,
        season_2019(),
        partial=False,
        trust_root_pem=root,
        parent=PARENT,
    )


@pytest.fixture(scope="module")
def reports(whole: CountySummary, keys_dir: Path) -> dict[str, Sealed]:
    """The report to the province and the one to the bank, which wants its own columns."""
    bank = BANK.with_form(UNITS, COLUMNS, ("{年度}年情况表", "填报：{单位}"))
    return {
        one.key: seal_summary(keys_dir.parent / one.key, keys_dir, for_recipient(whole, one))
        for one in (PROVINCE, bank)
    }


def everything(sealed: Sealed, root: bytes) -> str:
    """The words of the pages, and every file inside, the workbook's sheets among them."""
    found = verify.open_sealed(sealed.pdf, root)
    document = pypdfium2.PdfDocument(sealed.pdf)
    pages = "".join(page.get_textpage().get_text_bounded() for page in document)
    texts = [
        pages,
        found.attachments["summary.json"].decode(),
        found.attachments["seal.json"].decode(),
    ]
    book = openpyxl.load_workbook(io.BytesIO(found.attachments["summary.xlsx"]))
    texts += [str(cell.value) for sheet in book for row in sheet for cell in row]
    return "".join("".join(texts).split())


def codes_of(verdict: Verdict) -> list[str]:
    return [found.code for found in verdict.problems]


def test_the_bank_gets_no_narrative_and_no_reason_of_health(
    reports: dict[str, Sealed], root: bytes
) -> None:
    bank, province = (everything(reports[key], root) for key in ("bank", "province"))
    narrative = "".join(NARRATIVE.split())[:30]
    for secret in (narrative, "重大疾病", "illness", '"A1"', "住院", 'narrative":'):
        assert secret not in bank, secret
    assert narrative in province
    assert "重大疾病" in province
    assert "住院" in province
    assert "不列" in bank


def test_every_recipient_gets_the_same_figures(reports: dict[str, Sealed]) -> None:
    trees = [json.loads(verify_json(sealed)) for sealed in reports.values()]
    for name in ("totals", "rows", "missing", "cut_off", "version", "figures"):
        assert trees[0][name] == trees[1][name], name
    assert {tree["recipient"]["name"] for tree in trees} == {PROVINCE.name, BANK.name}
    assert {tree["document"] for tree in trees} == {"610599-2019", "610599-2019.BANK"}


def verify_json(sealed: Sealed) -> bytes:
    return msgspec.json.encode(msgspec.to_builtins(sealed.summary))


def test_verify_knows_whom_a_report_is_for(reports: dict[str, Sealed], root: bytes) -> None:
    for sealed, name in zip(reports.values(), (PROVINCE.name, BANK.name), strict=True):
        verdict = verify.verify(sealed.pdf, root)
        assert (verdict.ok, verdict.problems) == (True, ())
        (note,) = [n for n in verdict.notes if n.code == "verify.recipient"]
        assert name in note.message


def test_verify_names_what_a_recipient_was_not_to_get(
    whole: CountySummary, keys_dir: Path, root: bytes
) -> None:
    def slip_in(tree: dict[str, object]) -> None:
        special = tree["special"]
        assert isinstance(special, list)
        special[1] |= {"narrative": "写了"}

    made = changed(for_recipient(whole, BANK), slip_in)
    assert isinstance(made, CountySummary)
    assert recipients.overfull(made) == [2]
    with pytest.raises(ProblemError, match=r"verify\.recipient_more"):
        seal_summary(keys_dir.parent / "slipped", keys_dir, made)


def test_verify_names_full_names_and_reasons_of_exceptions_that_a_recipient_was_not_to_get(
    whole: CountySummary, keys_dir: Path
) -> None:
    def slip_in(tree: dict[str, object]) -> None:
        special, exceptions = tree["special"], tree["exceptions"]
        assert isinstance(special, list)
        assert isinstance(exceptions, list)
        special[0] |= {"name": "王小明"}
        exceptions[0] |= {"reason": WHY}

    made = changed(for_recipient(whole, BANK), slip_in)
    assert isinstance(made, CountySummary)
    assert (recipients.overfull(made), recipients.with_withheld_reasons(made)) == ([1], [1])
    with pytest.raises(ProblemError, match=r"verify\.recipient_reason"):
        seal_summary(keys_dir.parent / "reasoned", keys_dir, made)


@pytest.mark.parametrize(
    ("names", "of_province", "of_bank"),
    [
        ("省学生资助管理中心、国家开发银行某省分行", "省学生资助管理中心", BANK.name),
        ("国家开发银行某省分行", PROVINCE.name, BANK.name),
        ("省教育厅、省学生资助管理中心", "省教育厅、省学生资助管理中心", BANK.name),
    ],
)
def test_a_report_with_narratives_names_nobody_who_gets_less(
    whole: CountySummary, names: str, of_province: str, of_bank: str
) -> None:
    head = msgspec.structs.replace(
        whole.letterhead, sent_to=names, copied_to="县教育局、国家开发银行某省分行"
    )
    given = msgspec.structs.replace(whole, letterhead=head)
    made = [for_recipient(given, one, (PROVINCE, BANK)) for one in (PROVINCE, BANK)]
    assert [one.recipient.addressed for one in made if one.recipient] == [of_province, of_bank]
    assert made[0].letterhead.copied_to == "县教育局"
    assert made[1].letterhead.copied_to == "县教育局、国家开发银行某省分行"


def test_other_figures_than_their_code_do_not_verify(
    whole: CountySummary, keys_dir: Path, root: bytes
) -> None:
    made = changed(for_recipient(whole, BANK), lambda tree: tree.update(figures="0" * 64))
    with pytest.raises(ProblemError, match=r"verify\.totals_wrong"):
        seal_summary(keys_dir.parent / "figures", keys_dir, made)


def test_names_and_id_numbers_are_masked_unless_the_recipient_gets_them(
    whole: CountySummary,
) -> None:
    masked = for_recipient(whole, BANK).special[0]
    full = for_recipient(whole, msgspec.structs.replace(BANK, full_id_numbers=True)).special[0]
    assert "*" in str(masked.id_number)
    assert masked.name != full.name
    assert masked.name[0] == full.name[0]


def test_a_report_for_nobody_has_no_word_of_recipients(
    whole: CountySummary, schools: tuple[Sealed, ...], root: bytes
) -> None:
    plain = roll_up(
        [one.pdf for one in schools],
        BOTH,
        season_2019(),
        partial=False,
        trust_root_pem=root,
        parent=PARENT,
    )
    tree = msgspec.to_builtins(plain)
    assert {"recipient", "figures", "template"}.isdisjoint(tree)
    assert set(tree["special"][0]) == {"unit", "case", "name", "unpaid_fen", "reason", "handling"}
    assert tree["special"] != msgspec.to_builtins(whole.special)


def test_a_region_takes_two_recipients_reports_of_one_version_as_one(
    reports: dict[str, Sealed], root: bytes
) -> None:
    above = ParentUnit(unit=Unit(code="610000", name="省中心"), document="610000-2019", version=1)
    made = roll_up(
        [one.pdf for one in reports.values()],
        dict([COUNTY]),
        season_2019(),
        partial=False,
        trust_root_pem=root,
        parent=above,
    )
    assert [row.document for row in made.rows] == ["610599-2019"]
    assert made.totals == reports["bank"].summary.totals
    assert all(one.narrative is msgspec.UNSET for one in made.special)


def test_the_banks_workbook_has_its_own_columns(reports: dict[str, Sealed]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(reports["bank"].files.xlsx))
    sheet = book["汇总表"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][0] == "2019年情况表"
    assert rows[1][0] == f"填报：{COUNTY[1]}"
    assert rows[2] == [column.header for column in COLUMNS]
    assert rows[3][0] == "某省"
    assert rows[5][1] == "合计"
    assert rows[5][2] == "=SUM(C4:C5)"
    assert sheet.print_title_rows == "$3:$3"
    assert sheet.page_setup.orientation == "landscape"
    legend = [str(cell.value) for row in book["说明"] for cell in row]
    assert any("学校名称：单位" in text for text in legend)


def test_a_changed_sum_in_a_recipients_workbook_is_named(
    reports: dict[str, Sealed], root: bytes, tmp_path: Path
) -> None:
    (tmp_path / "summary.pdf").write_bytes(reports["bank"].files.pdf)
    book = openpyxl.load_workbook(io.BytesIO(reports["bank"].files.xlsx))
    book["汇总表"]["D6"] = 999
    book.save(tmp_path / "summary.xlsx")
    verdict = verify.verify(tmp_path / "summary.pdf", root)
    found = [p for p in verdict.problems if p.code == "verify.xlsx_differs"]
    assert (6, "应还人数") in [(p.row, "应还人数") for p in found if "应还人数" in p.message]


def of_season(people: tuple[TemplateColumn, ...], **more: bool) -> Season:
    bank = Recipient(key="bank", name="某银行[分行]", people=people, **more)
    return msgspec.structs.replace(season_2019(), recipients=(PROVINCE, bank))


PEOPLE_COLUMNS = (
    TemplateColumn(header="借款人", field="name"),
    TemplateColumn(header="证件号", field="id_number"),
    TemplateColumn(header="合同号", field="contract_no"),
    TemplateColumn(header="原因", field="reason"),
    TemplateColumn(header="欠款", field="unpaid_fen"),
)


def test_a_school_has_a_sheet_a_person_for_the_recipient_that_wants_one() -> None:
    given = inputs(9, 3)
    season = of_season(PEOPLE_COLUMNS)
    made = compose(msgspec.structs.replace(given, season=season))
    own, form = tables_of(made)
    assert own.cells == tables_of(compose(given))[0].cells
    book = openpyxl.load_workbook(io.BytesIO(summary_xlsx(made)))
    assert book.sheetnames == ["汇总表", "1 报某银行 分行", "说明"]
    assert form.columns[2].title == "合同号"
    numbers = {c.contract_no for case in given.cases for c in case.contracts}
    assert {line[2] for line in form.lines} <= numbers | {
        "、".join(c.contract_no for c in case.contracts) for case in given.cases
    }
    assert all("*" in str(line[1]) for line in form.lines)
    assert {str(line[3]) for line in form.lines} >= {"不列", "家庭经济困难"}
    cell = book["1 报某银行 分行"]["C4"]
    assert (cell.data_type, cell.number_format) == ("s", "@")
    assert form.sums[0] == "合计"
    assert form.sums[4] == made.totals.unpaid.fen


def test_a_recipient_that_gets_reasons_of_health_reads_them_in_words() -> None:
    season = of_season(PEOPLE_COLUMNS, with_health_reasons=True)
    form = tables_of(compose(msgspec.structs.replace(inputs(9, 3), season=season)))[1]
    assert "重大疾病" in {str(line[3]) for line in form.lines}


def test_sheets_of_one_workbook_hold_no_more_than_each_of_its_readers_may_get() -> None:
    bank, *_ = of_season(PEOPLE_COLUMNS).recipients[1:]
    province = msgspec.structs.replace(PROVINCE, people=PEOPLE_COLUMNS, full_id_numbers=True)
    season = msgspec.structs.replace(season_2019(), recipients=(province, bank))
    made = compose(msgspec.structs.replace(inputs(9, 3), season=season))
    book = openpyxl.load_workbook(io.BytesIO(summary_xlsx(made)))
    texts = [str(cell.value) for sheet in book for row in sheet for cell in row]
    assert len(tables_of(made)) == 3
    assert not any("重大疾病" in text for text in texts)
    assert all("*" in str(line[1]) for table in tables_of(made)[1:] for line in table.lines)


def test_a_school_without_forms_has_the_bytes_it_always_had() -> None:
    bare = msgspec.structs.replace(season_2019(), recipients=())
    assert msgspec.to_builtins(compose(inputs(5, 1))) == msgspec.to_builtins(
        compose(msgspec.structs.replace(inputs(5, 1), season=bare))
    )
    assert "templates" not in msgspec.to_builtins(compose(inputs(5, 1)))


@pytest.mark.parametrize("form", [PEOPLE, UNITS])
def test_every_field_of_a_form_has_a_column(form: str, whole: CountySummary) -> None:
    from shared.recipients import FIELDS

    columns = tuple(TemplateColumn(header=f.zh, field=f.code) for f in FIELDS[form])
    template = template_of(BANK.with_form(form, columns, ()), form)
    assert template is not None
    summary = compose(inputs(3, 1)) if form == PEOPLE else whole
    found = form_columns(summary, template)
    assert [column.key for column in found] == [field.code for field in FIELDS[form]]


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ((TemplateColumn(header="甲", field="shoe_size"),), "template.field_unknown"),
        (
            (TemplateColumn(header="甲", field="row"), TemplateColumn(header="乙", field="row")),
            "template.column_twice",
        ),
        (
            (TemplateColumn(header="甲", field="row"), TemplateColumn(header="甲")),
            "template.column_twice",
        ),
        ((TemplateColumn(header="甲", constant="乙"),), "template.nothing"),
        ((TemplateColumn(header="", field="row"),), "template.header"),
        ((TemplateColumn(header="甲", field="row", constant="乙"),), "template.constant"),
        (
            tuple(TemplateColumn(header=f"列{n}") for n in range(300)),
            "template.columns_many",
        ),
    ],
)
def test_a_wrong_form_is_named(columns: tuple[TemplateColumn, ...], code: str) -> None:
    found = list(faults((BANK.with_form(PEOPLE, columns, ()),)))
    assert code in [fault for _, fault, _ in found]
    assert all(path == "recipients.bank.people" for path, _, _ in found)


def test_narratives_go_only_with_reasons_of_health() -> None:
    wrong = msgspec.structs.replace(BANK, with_narratives=True)
    assert [code for _, code, _ in faults((PROVINCE, wrong))] == ["season.narratives_alone"]


def test_the_figures_code_changes_with_any_figure(whole: CountySummary) -> None:
    tree: Mapping[str, object] = msgspec.to_builtins(for_recipient(whole, BANK))
    other = {**tree, "cut_off": "2019-12-18T17:00:01+08:00"}
    assert figures_digest(dict(tree)) != figures_digest(other)
    assert decode(msgspec.json.encode(tree)) == for_recipient(whole, BANK)
