"""One name, one act: where two buttons carry the same words, they lead to the same place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import mobile.ui
from mobile.i18n import TABLES

BUTTONS = ("link", "primary", "secondary", "icon_button")
LEADS = re.compile(r"path_handler\(app, f?'([^']*)'\)")


def buttons() -> Iterator[tuple[str, str, str]]:
    """(words, where it leads by its last fixed part, or what it runs; the module) of each button with fixed words."""
    for source in sorted(Path(mobile.ui.__file__).parent.rglob("*.py")):
        tree = ast.parse(source.read_text("utf-8"))
        names = {
            node.targets[0].id: ast.unparse(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if ast.unparse(call.func) in BUTTONS and len(call.args) >= 3:
                key = re.search(r"\bt\('([\w.]+)'", ast.unparse(call.args[0]))
                act = ast.unparse(call.args[2])
                if key:
                    yield TABLES["zh"][key[1]], leads(names.get(act, act)), source.name


def leads(act: str) -> str:
    """The fixed part of a path; "" for what is no path."""
    found = LEADS.fullmatch(act)
    return re.sub(r"\{[^}]*\}", "*", found[1]).split("*/")[-1] if found else ""


def test_buttons_of_one_name_lead_to_one_place() -> None:
    found: dict[str, set[str]] = {}
    for words, there, _ in buttons():
        if there or words in found:
            found.setdefault(words, set()).add(there)
    assert len(found) > 10
    # a handler that is handed in has no path to read: only two different paths are a contradiction
    assert {words: there for words, there in found.items() if len(there - {""}) > 1} == {}


def test_the_button_that_syncs_is_never_a_way_to_another_screen() -> None:
    led = {there for words, there, _ in buttons() if words == TABLES["zh"]["outbox.sync"]}
    assert led == {""}
