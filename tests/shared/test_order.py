"""The order of test files among workers: nothing lost, long files first, and the table names files there are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tests.support.order import LONG_S, long_first

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Item:
    nodeid: str


def ordered(*names: str) -> list[str]:
    return [item.nodeid for item in long_first(cast("Any", [Item(name) for name in names]))]


def test_every_file_of_the_table_is_there() -> None:
    assert [name for name in LONG_S if not (ROOT / name).is_file()] == []


def test_long_files_come_first_and_those_with_a_browser_alternate_with_the_others() -> None:
    found = ordered(
        "tests/browser/test_driver.py::a",
        "tests/browser/test_offline_app.py::a",
        "tests/shared/test_ids.py::a",
        "tests/shared/test_money.py::a",
        "tests/shared/test_money.py::b",
        "tests/faults/test_kill_server.py::a",
    )
    assert found == [
        "tests/browser/test_offline_app.py::a",
        "tests/faults/test_kill_server.py::a",
        "tests/browser/test_driver.py::a",
        "tests/shared/test_money.py::a",
        "tests/shared/test_money.py::b",
        "tests/shared/test_ids.py::a",
    ]
