"""The console reads; only the office's verbs write (docs/decisions/0015)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import sync_server.console
from sync_server.services import Services

CONSOLE = Path(sync_server.console.__file__).parent
MODULES = sorted(CONSOLE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(CONSOLE).as_posix())
def test_no_console_module_writes_to_the_store(path: Path) -> None:
    attributes = [
        n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Attribute)
    ]
    written = [
        f"{path.name}:{a.lineno}"
        for a in attributes
        if a.attr in ("write", "writer") and ast.unparse(a.value) != "whole_file"
    ]
    assert written == []


def test_a_connection_for_reading_refuses_to_write(services: Services) -> None:
    with pytest.raises(DBAPIError):
        services.database.read(lambda c: c.execute(text("DELETE FROM account")))
