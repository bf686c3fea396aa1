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
OF_PAGES = ("session_store", "kept_forms", "work_board")
"""What servers of one county share of their pages: sessions, forms, works. Of records these know nothing."""
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
    assert written == [] or path.stem in OF_PAGES


@pytest.mark.parametrize("name", OF_PAGES)
def test_what_pages_share_reaches_no_other_table(name: str) -> None:
    tree = ast.parse((CONSOLE / "web" / f"{name}.py").read_text("utf-8"))
    stores = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("sync_server.store")
        for alias in node.names
    }
    assert stores <= {"sync_server.store.kept", "sync_server.store.database.Connection"}


def test_a_connection_for_reading_refuses_to_write(services: Services) -> None:
    with pytest.raises(DBAPIError):
        services.database.read(lambda c: c.execute(text("DELETE FROM account")))
