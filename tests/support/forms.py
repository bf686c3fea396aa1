"""The forms of the console's templates, read as they are written, with the macros that hold fields."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_DISABLED = re.compile(r"\bdisabled\b(?! \}\})")
"""A button that nothing can press; one that a condition disables is not among them."""
_SENDS_NOTHING = 'formmethod="dialog"'
_FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
_CALL = re.compile(r"\{\{ ?(?:parts\.)?(\w+)\(.*?\) ?\}\}", re.DOTALL)
_BUTTON = re.compile(r"<button\b[^>]*>")
_INPUT = re.compile(r"<input\b[^>]*>")
_QUIET = ("hidden", "file", "checkbox", "radio")
"""Types of input that hold no text to type."""
_MACRO = re.compile(r"\{% macro (\w+)\(.*?%\}(.*?)\{% endmacro %\}", re.DOTALL)
PARTS = Path(__file__).parents[2] / "sync_server" / "console" / "web" / "parts.html"


@dataclass(frozen=True)
class Form:
    """One form: the tags of its buttons and inputs in order, of every branch of its template."""

    path: Path
    buttons: tuple[str, ...]
    inputs: tuple[str, ...]

    @property
    def has_text_input(self) -> bool:
        return any(_type(tag) not in _QUIET for tag in self.inputs)

    @property
    def has_tick_box(self) -> bool:
        return any(_type(tag) in ("checkbox", "radio") for tag in self.inputs)

    @property
    def real_buttons(self) -> list[str]:
        """Those that send the form."""
        return [b for b in self.buttons if not _DISABLED.search(b) and _SENDS_NOTHING not in b]

    def pressed_by_enter(self) -> list[str]:
        """The buttons that Enter in some field presses.

        In a text field the form's first button, which may be disabled; on a tick box Chromium presses
        the first that is not disabled.
        """
        first = self.buttons[0] if self.has_text_input and self.buttons else ""
        enabled = [b for b in self.buttons if not _DISABLED.search(b)]
        ticked = enabled[0] if self.has_tick_box and enabled else ""
        return [b for b in dict.fromkeys((first, ticked)) if b in self.real_buttons]


def forms_of(path: Path) -> list[Form]:
    """Every form of a template, its macros put in."""
    source = path.read_text(encoding="utf-8")
    macros = {m[1]: m[2] for m in _MACRO.finditer(PARTS.read_text(encoding="utf-8") + source)}
    return [_form(path, _expanded(found[0], macros)) for found in _FORM.finditer(source)]


def _expanded(text: str, macros: dict[str, str], depth: int = 3) -> str:
    """The text with calls of known macros replaced by their bodies."""
    if not depth:
        return text
    body = _CALL.sub(lambda call: macros.get(call[1], call[0]), text)
    return body if body == text else _expanded(body, macros, depth - 1)


def _form(path: Path, text: str) -> Form:
    return Form(path, tuple(_BUTTON.findall(text)), tuple(_INPUT.findall(text)))


def _type(tag: str) -> str:
    found = re.search(r'type="?([\w-]+)', tag)
    return found[1] if found else "text"
