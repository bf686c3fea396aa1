"""The command line as an office uses it: exit codes, machine forms, and never a traceback."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import case_import
from tests.support.command_line import doorstep, doorstep_process, report
from tests.support.county import fill
from tests.support.engines import about_sqlite

HEADER = ("学生姓名", "身份证号码", "贷款合同号", "应还本金(元)", "应还利息(元)", "包联学校")
GOOD = ("李䶮", "610599199312277804", "610599A1", "100.00", "20.50", "柳泉镇中心校")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, blank: Path) -> Path:
    """A data folder whose season is open."""
    return shutil.copytree(blank, tmp_path / "data")


def write_list(path: Path, *rows: tuple[str, ...]) -> Path:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate((HEADER, *rows)):
            for column, words in enumerate(cells):
                sheet.write_string(number, column, words)
    return path


def test_the_exit_code_gives_the_outcome(tmp_path: Path) -> None:
    data = tmp_path / "data"
    good = doorstep_process("certs", "init", "--json", data=data)
    assert (good.returncode, set(report(good))) == (0, {"root"})
    refused = doorstep_process("seal", "没有的学校", "--json", data=data)
    assert (refused.returncode, report(refused)["problems"][0]["code"]) == (1, "unit.unknown")
    misused = doorstep_process("nonsense")
    assert (misused.returncode, misused.stdout, "Traceback" in misused.stderr) == (2, "", False)


def test_a_dry_run_reports_and_writes_nothing(tmp_path: Path) -> None:
    file = write_list(tmp_path / "list.xlsx", GOOD)
    done = doorstep("import", "due-list", file, "--dry-run", "--json", data=tmp_path / "data")
    assert done.returncode == 0
    assert report(done)["people"] == 1
    again = report(doorstep("import", "due-list", file, "--json", data=tmp_path / "data"))
    assert again["applied"]["new"] == 1


def test_the_machine_form_of_an_import_has_the_promised_fields(tmp_path: Path) -> None:
    file = write_list(tmp_path / "list.xlsx", GOOD, ("", *GOOD[1:]))
    form = report(doorstep("import", "due-list", file, "--json", data=tmp_path / "data"))
    promised = {
        "read",
        "accepted",
        "rejected",
        "warned",
        "people",
        "contracts",
        "totals",
        "problems",
    }
    assert promised <= set(form)
    assert {"row", "column", "code", "message", "mend"} <= set(form["problems"][0])


def test_a_rejected_row_refuses_the_whole_file_with_exit_1(tmp_path: Path) -> None:
    file = write_list(
        tmp_path / "list.xlsx", GOOD, ("王甲", "", "610599A2", "-5.00", "1.00", "柳泉镇中心校")
    )
    done = doorstep("import", "due-list", file, "--json", data=tmp_path / "data")
    assert done.returncode == 1
    assert report(done)["applied"] is None


def test_accept_rest_takes_the_people_whose_rows_are_good(tmp_path: Path) -> None:
    file = write_list(
        tmp_path / "list.xlsx", GOOD, ("王甲", "", "610599A2", "-5.00", "1.00", "柳泉镇中心校")
    )
    done = doorstep("import", "due-list", file, "--accept-rest", "--json", data=tmp_path / "data")
    assert done.returncode == 0
    assert report(done)["applied"]["new"] == 1


def test_importing_the_same_list_twice_duplicates_nothing(tmp_path: Path) -> None:
    file = write_list(tmp_path / "list.xlsx", GOOD)
    doorstep("import", "due-list", file, data=tmp_path / "data")
    again = report(doorstep("import", "due-list", file, "--json", data=tmp_path / "data"))
    assert again["applied"] == {"new": 0, "changed": 0, "same": 1, "unplaced": 1}


def test_an_import_is_listed_and_taken_back(tmp_path: Path) -> None:
    data, file = tmp_path / "data", write_list(tmp_path / "list.xlsx", GOOD)
    run_id = report(doorstep("import", "due-list", file, "--json", data=data))["run"]
    (line,) = report(doorstep("import", "history", "--json", data=data))["imports"]
    assert (line["id"], line["applied"]["new"], line["can_undo"]) == (run_id, 1, True)
    assert report(doorstep("undo", run_id, "--json", data=data))["removed"] == 1
    again = doorstep("undo", run_id, "--json", data=data)
    assert (again.returncode, report(again)["problems"][0]["code"]) == (1, "import.undo_twice")
    shown = doorstep("import", "history", data=data).stdout
    assert "新增 1" in shown
    assert "已撤销" in shown


def test_a_web_page_named_xls_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "名单.xls"
    file.write_text("<html><body><table><tr><td>姓名</td></tr></table></body></html>")
    done = doorstep("import", "due-list", file, "--json", data=tmp_path / "data")
    assert done.returncode == 1
    assert report(done)["problems"][0]["code"].startswith("intake.")


def test_an_unknown_school_is_named_with_exit_1(tmp_path: Path) -> None:
    done = doorstep("seal", "没有的学校", "--json", data=tmp_path / "data")
    assert done.returncode == 1
    assert report(done)["problems"][0]["code"] == "unit.unknown"


def test_a_folder_given_for_a_file_to_write_is_named(tmp_path: Path) -> None:
    done = doorstep("season", "export", tmp_path, data=tmp_path / "data")
    assert done.returncode == 1
    shown = " ".join(done.stderr.split())  # a long path is on a line of its own
    assert shown.startswith(f"disk.is_folder {tmp_path} ")


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("import", "due-list"), ("import", "due-list", "no-such-file.xlsx")],
)
def test_misuse_exits_with_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = doorstep(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_verify_reports_what_is_wrong_with_garbage_with_exit_1(tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7 garbage")
    (tmp_path / "root.pem").write_text(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    )
    done = doorstep("verify", tmp_path / "x.pdf", "--trust", tmp_path / "root.pem", "--json")
    assert done.returncode == 1
    form = report(done)
    assert set(form) >= {"ok", "problems"}
    assert form["ok"] is False


@about_sqlite("its version; for PostgreSQL see test_postgresql_backup.py")
def test_doctor_checks_sqlite_fonts_disk_and_certificates(tmp_path: Path) -> None:
    found = report(doorstep("doctor", "--json", data=tmp_path / "data"))
    assert [c["what"] for c in found] == [
        "SQLite",
        "字体",
        "自备字体",
        "磁盘",
        "文件",
        "证书",
        "HTTPS",
        "文件权限",
        "打开文件数",
        "数据库文件",
        "数据库内容",
        "办理状态",
        "查找",
        "数据来历",
        "备份",
    ]


def test_the_server_starts_without_the_heavy_libraries() -> None:
    heavy = (
        "typst",
        "fontTools",
        "pyhanko",
        "python_calamine",
        "pypdfium2",
        "zxingcpp",
        "xlsxwriter",
        "flet",
        "mobile",
    )
    code = f"import sys, sync_server.app; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_certificates_are_made_once_and_the_roots_key_can_be_moved_away(tmp_path: Path) -> None:
    root = report(doorstep("certs", "init", "--json", data=tmp_path / "data"))["root"]
    assert report(doorstep("certs", "init", "--json", data=tmp_path / "data"))["root"] == root
    stick = tmp_path / "stick"
    stick.mkdir()
    key = report(doorstep("certs", "export-root", stick, "--json", data=tmp_path / "data"))["key"]
    assert Path(key).read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY")
    assert not Path(root).with_suffix(".key").exists()


def test_people_gone_from_a_newer_list_are_kept_or_taken_out_by_an_option(tmp_path: Path) -> None:
    data, other = tmp_path / "data", ("王样例", "610599199001011232", "610599A2", "1", "1", "")
    doorstep("import", "due-list", write_list(tmp_path / "a.xlsx", GOOD, other), data=data)
    newer = ("import", "due-list", write_list(tmp_path / "b.xlsx", GOOD), "--json")
    waiting = doorstep(*newer, data=data)
    codes = [p["code"] for p in report(waiting)["problems"]]
    assert (waiting.returncode, report(waiting)["applied"]) == (1, None)
    assert codes[0] == "intake.gone_undecided"
    out = report(doorstep(*newer, "--gone", "take-out", "--gone-reason", "已还清", data=data))
    assert (out["applied"]["gone"], out["difference"]["counts"]["gone"]) == (1, 1)


def test_a_school_is_given_as_name_and_code(tmp_path: Path) -> None:
    file = write_list(tmp_path / "list.xlsx", GOOD)
    misused = doorstep("import", "due-list", file, "--school", "柳泉", data=tmp_path / "data")
    assert misused.returncode == 2
    unknown = doorstep("import", "due-list", file, "--school", "柳泉=77", data=tmp_path / "data")
    assert (unknown.returncode, "没有这所学校:77" in unknown.stderr) == (1, True)


def test_people_without_a_school_are_placed_by_township_from_the_command_line(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    services = Services.open(Settings(data_dir=data)).in_season()
    school = "柳泉镇中心校"
    services.database.write(lambda c: case_import.import_schools(c, services.season, {school: {}}))
    services.close()
    file = tmp_path / "list.xlsx"
    header, rest = (*HEADER[:5], "乡镇"), GOOD[1:5]
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate((header, (GOOD[0], *rest, "云岫乡"))):
            for column, words in enumerate(cells):
                sheet.write_string(number, column, words)
    assert report(doorstep("import", "due-list", file, "--json", data=data))["applied"]["unplaced"]
    nobody = doorstep("place", school, "--json", data=data)
    assert report(nobody)["problems"][0]["code"] == "place.nobody"
    wrong = doorstep("place", school, "--township", "青山镇", "--json", data=data)
    assert wrong.returncode == 1
    done = doorstep("place", school, "--township", " 云岫乡 ", "--json", data=data)
    assert report(done)["placed"] == 1


STRANGE = ("户名", "证号", "编号一", "本", "息", "片区")
MAP = (
    "--map",
    "姓名=A",
    "--map",
    "身份证号=B",
    "--map",
    "合同号=C",
    "--map",
    "本金=D",
    "--map",
    "利息=e",
)


def write_strange(path: Path) -> Path:
    """A list below two titles, with headers that no field knows, behind another sheet."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        book.add_worksheet("说明").write(0, 0, "填表说明")
        sheet = book.add_worksheet("名单")
        sheet.write(0, 0, "青槐县")
        sheet.write_row(2, 0, STRANGE)
        sheet.write_row(3, 0, GOOD)
    return path


def test_sheet_header_and_columns_are_named_by_options(tmp_path: Path) -> None:
    file, data = write_strange(tmp_path / "f.xlsx"), tmp_path / "data"
    refused = report(doorstep("import", "due-list", file, "--dry-run", "--json", data=data))
    (problem,) = refused["problems"]
    assert (problem["code"], "--header 3" in problem["mend"]) == ("intake.no_header", True)
    where = ("--sheet", "名单", "--header", "3")
    done = doorstep("import", "due-list", file, *where, *MAP, "--json", data=data)
    assert (done.returncode, report(done)["applied"]["new"]) == (0, 1)
    later = report(doorstep("import", "due-list", file, "--json", data=data))
    assert (later["applied"]["same"], later["remembered"]) == (1, True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--map", "昵称=A"), "不认识的字段:昵称"),
        (("--map", "本金=D", "--map", "应还本金=E"), "有两列都是“应还本金”"),
        (("--sheet", "名 单"), "文件里有:说明、名单"),
    ],
)
def test_an_option_that_cannot_be_right_is_named(
    tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    file = write_strange(tmp_path / "f.xlsx")
    where = () if "--sheet" in options else ("--sheet", "名单")
    done = doorstep("import", "due-list", file, *where, *options, data=tmp_path / "data")
    assert (done.returncode, words in "".join((done.stdout + done.stderr).split("\n"))) == (1, True)


@pytest.mark.parametrize("option", ["本金F", "=F", "本金=第六列"])
def test_a_mapping_without_name_or_letter_is_misuse(tmp_path: Path, option: str) -> None:
    file = write_list(tmp_path / "f.xlsx", GOOD)
    done = doorstep("import", "due-list", file, "--map", option, data=tmp_path / "data")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_a_file_of_another_kind_names_the_command_for_it(tmp_path: Path) -> None:
    file = write_list(tmp_path / "f.xlsx", GOOD)
    done = doorstep("import", "contacts", file, data=tmp_path / "data")
    assert done.returncode == 1
    assert "doorstep import due-list" in done.stdout.replace("\n", "")


@pytest.mark.parametrize("word", ["01\udcff", "甲\x1b[2J", "x" * 5000])
def test_a_word_that_no_database_keeps_is_refused_by_a_sentence(tmp_path: Path, word: str) -> None:
    for command in (("enrol", "--school", word), ("import", "list", word)):
        done = doorstep(*command, "--json", data=tmp_path)
        (problem,) = report(done)["problems"]
        assert done.returncode == 1
        assert problem["code"] in ("request.bad_text", "request.text_too_long")


def test_teachers_and_who_visits_whom_are_kept_from_the_command_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    services = Services.open(Settings(data_dir=data)).in_season()
    services.database.write(lambda c: fill(c))
    services.close()

    def ask(*words: str) -> Any:
        return report(doorstep(*words, "--json", data=data))

    assert ask("teachers", "add", "01", "王方、王芳、李娜") == {"added": 3}
    assert ask("assign", "01", "--village", "第1村", "--teacher", "王方") == {"assigned": 1}
    assert ask("teachers", "merge", "01", "王方", "王芳") == {"moved": 1}
    assert ask("assign", "01") == {"assigned": 5}
    assert ask("assign", "01", "--undo") == {"undone": 5}
    ask("teachers", "rename", "01", "李娜", "李纳")
    ask("teachers", "leave", "01", "王芳")
    assert ask("teachers", "list", "01") == [
        {"teacher": "李纳", "people": 0, "left": False, "former": ["李娜"]},
        {"teacher": "王芳", "people": 1, "left": True, "former": ["王方"]},
    ]
    assert ask("teachers", "reassign", "01", "王芳", "--to", "李娜") == {"moved": 1}
    ask("teachers", "back", "01", "王芳")
    shown = doorstep("teachers", "list", "01", data=data).stdout
    assert "李纳" in shown
    assert "已离开" not in shown
    assert ask("teachers", "leave", "01", "没有的人")["problems"][0]["code"] == "staff.unknown"
