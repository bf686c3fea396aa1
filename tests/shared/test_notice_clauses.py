"""The walk through the notice's clauses stays what it says: whole, on pages alone, and as its page in docs has it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import notice_december, notice_mornings, notice_november, notice_upwards
from tests.support.browser.clauses import CLAUSES, STEPS, columns, days

ROOT = Path(__file__).parents[2]
PARTS = (notice_november, notice_december, notice_mornings, notice_upwards)
WALK = "tests.browser.test_notice_clauses"
FILES = (
    ROOT / "tests/browser/test_notice_clauses.py",
    *sorted((ROOT / "tests/support/browser").glob("notice_*.py")),
    *(ROOT / f"tests/support/browser/{name}.py" for name in ("clauses", "slip_scans")),
    ROOT / "tests/support/browser/stamped_pages.py",
    ROOT / "tests/support/notice_county.py",
)
FORBIDDEN = ("sync_server.office", "sync_server.store", "sync_server.services", "sync_server.cli")
NOT_ITSELF = (*FORBIDDEN, "sync_server.app", "sqlite3", "subprocess", "os", "sqlalchemy")
"""What the walk's own files import nowhere, not within a function either."""


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_every_clause_has_a_step_and_every_step_its_clause() -> None:
    assert {step.clause for step in STEPS} == {*CLAUSES}
    assert {step.do.__module__ for step in STEPS} >= {part.__name__ for part in PARTS}


def test_the_table_in_the_docs_names_the_clauses_and_pages_of_the_steps() -> None:
    lines = (ROOT / "docs/notice-clauses.md").read_text("utf-8").splitlines()
    rows = [line.split("|")[1:3] for line in lines if line.startswith("| **")]
    walked = [step for _, steps in days() for step in steps]
    assert [(clause.strip(), page.strip()) for clause, page in rows] == columns(walked), (
        "run `make test-extended`, then copy build/clauses.txt into it"
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_of_the_walk_imports_no_verb_and_no_store(path: Path) -> None:
    found = [
        name
        for name in imported(path.read_text("utf-8"))
        if any(name == one or name.startswith(f"{one}.") for one in NOT_ITSELF)
    ]
    assert found == []


def test_the_walk_loads_nothing_of_the_office() -> None:
    """Nor does anything that it imports: asked in a process of its own."""
    words = f"import sys, {WALK}; print(*sorted(sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert [name for name in answer.stdout.split() if name.startswith(FORBIDDEN)] == []
