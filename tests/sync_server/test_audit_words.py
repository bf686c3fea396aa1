"""Every action of the audit trail has words on its page."""

from __future__ import annotations

import ast
from pathlib import Path

import sync_server
from sync_server.console.pages.audit import ACTIONS
from sync_server.office import attempts, backup_runs

SOURCES = sorted(Path(sync_server.__file__).parent.rglob("*.py"))


def written() -> set[str]:
    """The actions that stand as texts where a line is added to the trail."""
    calls = [
        node
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and "note" in ast.unparse(node.func).split(".")[-1]
    ]
    named = [word.value for call in calls for word in call.keywords if word.arg == "action"]
    return {one.value for one in named if isinstance(one, ast.Constant)}


def test_every_action_that_is_written_down_has_words() -> None:
    found = written()
    assert len(found) > 30
    assert found | set(attempts.FAILED.values()) <= set(ACTIONS)


def test_the_actions_of_backups_have_words() -> None:
    source = Path(backup_runs.__file__).read_text(encoding="utf-8")
    texts = {n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant)}
    named = {text for text in texts if isinstance(text, str) and text.startswith("backup.")}
    assert {"backup.make", "backup.check"} <= named & set(ACTIONS)
