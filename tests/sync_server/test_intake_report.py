"""The report has exactly the agreed form, in Chinese and English, and travels between processes
unchanged.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import sync_server
from shared.problems import PROBLEMS
from sync_server.intake.parsed import Options, decode, encode, read
from tests.support.intake_files import due_rows, line, write_xlsx

FORM = {"read", "accepted", "rejected", "warned", "people", "contracts", "totals", "problems"}
BAD = [line(1), line(1), line(2, 学生姓名="", 联系电话="1"), line(3, 应还合计="1.00")]


@pytest.fixture
def bad_list(tmp_path: Path) -> Path:
    return write_xlsx(tmp_path / "名单.xlsx", due_rows(BAD))


def test_the_report_has_the_agreed_form(bad_list):
    form = read("due-list", bad_list).report.as_json()
    assert set(form) == FORM
    assert set(form["totals"]) == {"principal_fen", "interest_fen", "total_fen"}
    assert {tuple(problem) for problem in form["problems"]} == {
        ("row", "column", "code", "message", "mend", "level")
    }
    assert json.loads(json.dumps(form)) == form


def test_what_was_read_is_accepted_or_rejected_and_warned_counts_rows(bad_list):
    report = read("due-list", bad_list).report
    assert (report.read, report.accepted, report.rejected, report.warned) == (4, 3, 1, 2)


def test_problems_stand_in_the_order_of_rows(bad_list):
    rows = [problem.row for problem in read("due-list", bad_list).report.problems]
    assert rows == sorted(rows)


def test_sentences_come_in_both_languages(bad_list):
    report = read("due-list", bad_list).report
    zh, en = (report.as_json(language)["problems"] for language in ("zh", "en"))
    assert ("没有姓名", "There is no name") in [
        (a["message"], b["message"]) for a, b in zip(zh, en, strict=True)
    ]
    assert all(a["mend"] != b["mend"] for a, b in zip(zh, en, strict=True))


def test_a_refused_file_is_reported_in_the_same_form(tmp_path):
    path = tmp_path / "f.xlsx"
    path.write_bytes(b"PK broken")
    parsed = read("due-list", path)
    form = parsed.report.as_json()
    assert parsed.result is None
    assert set(form) == FORM
    assert [(p["row"], p["code"], p["level"]) for p in form["problems"]] == [
        (None, "intake.broken", "error")
    ]


def test_a_result_travels_as_json_unchanged(bad_list):
    parsed = read("due-list", bad_list, Options(season="2019"))
    assert decode(encode(parsed)) == parsed
    assert parsed.result is not None


def test_an_unknown_kind_is_a_mistake_of_the_caller(bad_list):
    with pytest.raises(ValueError, match="none of"):
        read("weather", bad_list)


def test_the_spreadsheet_reader_is_not_loaded_by_importing_the_intake():
    code = "import sys, sync_server.intake.parsed, sync_server.office.imports; sys.exit('python_calamine' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_code_the_intake_gives_is_registered_and_none_is_registered_for_nothing():
    folder = Path(sync_server.__file__).parent
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py")]
    texts = {
        node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)
    }
    used = {
        text
        for text in texts
        if isinstance(text, str) and text.startswith("intake.") and " " not in text
    }
    assert used == {code for code in PROBLEMS if code.startswith("intake.")}
