"""The table of ASVS in docs/threat-model.md: every test that it names exists, every number once a test."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
TABLE = TESTS.parent / "docs/threat-model.md"
NAMED = re.compile(r"^\| (\d+\.\d+\.\d+)[^|]*\|.*\| `([\w/]+\.py)::(\w+)` \|$", re.MULTILINE)
LINE = re.compile(r"^\| \d+\.\d+\.\d+", re.MULTILINE)


@cache
def names_of(path: str) -> frozenset[str]:
    """The names of a module's tests."""
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(n.name for n in functions if n.name.startswith("test_"))


def test_every_test_behind_a_line_of_the_table_exists() -> None:
    named = NAMED.findall(TABLE.read_text(encoding="utf-8"))
    lost = [
        f"{path}::{test}"
        for _, path, test in named
        if not (TESTS / path).is_file() or test not in names_of(path)
    ]
    assert lost == []


def test_every_line_up_to_those_that_do_not_hold_names_its_test() -> None:
    holds, _, lacks = TABLE.read_text(encoding="utf-8").partition("### What does not hold")
    assert len(NAMED.findall(holds)) == len(LINE.findall(holds)) > 0
    assert NAMED.findall(lacks) == []
