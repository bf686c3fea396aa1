"""What was typed stands in the fields of its form again, whatever page the form is on."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from html import escape, unescape

_FORM = re.compile(r"<form\b(?P<options>[^>]*)>(?P<inside>.*?)</form>", re.DOTALL)
_FIELD = re.compile(
    r"<input\b(?P<input>[^>]*)>"
    r"|<textarea\b(?P<area>[^>]*)>(?P<text>.*?)</textarea>"
    r"|<select\b(?P<select>[^>]*)>(?P<choices>.*?)</select>",
    re.DOTALL,
)
_OPTION = re.compile(r"<option\b(?P<options>[^>]*)>(?P<words>[^<]*)")
_BUTTON = re.compile(r"<button\b([^>]*)>")
_VALUE = re.compile(r'\svalue="[^"]*"')
_CHECKED = re.compile(r"\schecked(?:=\"[^\"]*\")?(?=[\s/>]|$)")
_SELECTED = re.compile(r"\sselected(?:=\"[^\"]*\")?(?=[\s/>]|$)")
_LEFT_ALONE = frozenset({"hidden", "password", "file", "submit", "button", "image", "reset"})
Fields = Sequence[tuple[str, str]]


def fill(html: str, here: str, action: str, fields: Fields) -> tuple[str, Fields]:
    """Put fields into the form they were sent from.

    Args:
        html: The page.
        here: Its path: where a form without an action is sent.
        action: Where the form was sent.
        fields: What it carried, in order.

    Returns:
        The page, and the fields that have no place on it.
    """
    sent = defaultdict[str, list[str]](list)
    for name, value in fields:
        sent[name].append(value)
    forms = [f for f in _FORM.finditer(html) if (_of(f["options"], "action") or here) == action]
    mine = next((f for f in forms if _is_same(f["inside"], sent)), None)
    if mine is None:
        return html, [(name, value) for name, value in fields if value.strip()]
    placed: set[str] = {_of(b, "name") for b in _BUTTON.findall(mine["inside"])}

    def filled(found: re.Match[str]) -> str:
        return _filled(found, sent, placed)

    inside = _FIELD.sub(filled, mine["inside"])
    html = html[: mine.start("inside")] + inside + html[mine.end("inside") :]
    return html, [(n, v) for n, v in fields if n not in placed and v.strip()]


def _is_same(inside: str, sent: dict[str, list[str]]) -> bool:
    """Whether a form has the hidden fields of the one that was sent: many have the same action."""
    for found in _FIELD.finditer(inside):
        options = found["input"]
        if options and _of(options, "type") == "hidden":
            name = _of(options, "name")
            if name.startswith("_") or name not in sent:
                continue
            if _of(options, "value") not in sent[name]:
                return False
    return True


def _filled(found: re.Match[str], sent: dict[str, list[str]], placed: set[str]) -> str:
    options = found["input"] or found["area"] or found["select"] or ""
    name = _of(options, "name")
    if not name:
        return found[0]
    kind = _of(options, "type") if found["input"] else ""
    placed.add(name)
    values = sent.get(name, [])
    if kind in _LEFT_ALONE:
        return found[0]
    if kind in ("checkbox", "radio"):
        plain = _CHECKED.sub("", found[0])
        on = (_of(options, "value") or "on") in values
        return f"{plain[:-1]} checked>" if on else plain
    if not values:
        return found[0]
    first = values.pop(0) if len(values) > 1 else values[0]
    if found["area"] is not None:
        return f"<textarea{found['area']}>\n{escape(first, quote=False)}</textarea>"
    if found["select"] is not None:
        choices = _OPTION.sub(lambda o: _chosen(o, first), found["choices"])
        return f"<select{found['select']}>{choices}</select>"
    return f'{_VALUE.sub("", found[0])[:-1]} value="{escape(first)}">'


def _chosen(option: re.Match[str], value: str) -> str:
    """Choose an option by its value; one without is sent as its words."""
    options, words = _SELECTED.sub("", option["options"]), option["words"]
    sent = " ".join(unescape(words).split())
    if re.search(r"(?:^|\s)value=", options):
        sent = _of(options, "value")
    return f"<option{options}{' selected' if sent == value else ''}>{words}"


def _of(options: str, name: str) -> str:
    found = re.search(rf'(?:^|\s){name}="([^"]*)"', options)
    return unescape(found[1]) if found else ""
