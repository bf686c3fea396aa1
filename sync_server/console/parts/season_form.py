"""The form of a season's settings: its groups, what was typed, what is wrong beside which field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec
from litestar.datastructures import FormMultiDict, UploadFile

from shared import codes, list_columns, season_fields
from shared.policy import find
from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import Season
from shared.season_fields import Field
from shared.season_rules import wrongs
from sync_server.console.web import forms
from sync_server.office import season_file
from sync_server.store.seasons import Change, FieldChange

FIRST = {
    "unit": ("letterhead.county", "letterhead.area_code", "letterhead.centre", "letterhead.phone"),
    "notice": ("letterhead.document_no", "letterhead.basis"),
}
"""Fields of the page's first groups; dates follow, all else lies under 其他设置."""
GROUPS = {
    "due": Label("应还日", "Due day"),
    "unit": Label("单位和电话", "Office and telephone"),
    "notice": Label("文号和依据", "Document number and basis"),
    "dates": Label("日程", "Dates"),
    "recipients": Label("报给谁", "Recipients of the county's reports"),
    "other": Label("其他设置", "Other settings"),
}
AFFECTS = {
    "letterhead": Label(
        "以后打印的通知书、以后生成的汇总", "notices and summaries printed from now on"
    ),
    "policy": Label("老师手机、以后打印的通知书", "phones, notices printed from now on"),
    "unchecked": Label("老师手机上会注明", "phones mark these pages"),
    "recipients": Label("以后生成的汇总", "summaries made from now on"),
    "full_id_numbers": Label("以后生成的汇总", "summaries made from now on"),
    "stamp_each_statement": Label("以后生成的汇总", "summaries made from now on"),
    "retain_until": Label("老师手机、服务器", "phones and this server"),
    "keep_contacts": Label("下一年度的老师手机", "phones of the season after"),
}
EVERYONE = Label("老师手机、办公页面", "phones and these pages")
"""Whom a change reaches, by the first word of its path; all others reach phones and the console."""
WHAT = {
    "new": Label("新建", "made"),
    "set": Label("改设置", "settings changed"),
    "import": Label("导入文件", "file imported"),
    "carry": Label("带过来学校和负责的人", "schools and people in charge carried over"),
    "open": Label("开始", "opened"),
    "close": Label("结束", "closed"),
    "reopen": Label("重新开启", "opened again"),
    "purge": Label("销毁", "purged"),
}


class Input(msgspec.Struct, frozen=True):
    """A field as the form shows it; `value` is what was typed, else what is in force."""

    field: Field
    value: str


class Described(msgspec.Struct, frozen=True):
    """A change in words: the field, its values, and whom it reaches."""

    name: codes.Code
    before: str
    after: str
    affects: Label


class HistoryLine(msgspec.Struct, frozen=True):
    """A line of history in words."""

    change: Change
    fields: tuple[Described, ...]


def day(text: str) -> date | None:
    """Read a day from a form or address; None when there is none or it cannot be read."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def typed(form: FormMultiDict, season: Season, *, days: bool = True) -> dict[str, str]:
    """Return what a form holds of a season's settings, by path; without its dates if so asked."""
    return {
        field.path: forms.text(form, field.path)
        for field in season_fields.fields(season)
        if field.path in form and (days or field.kind != "day")
    }


def rebased(values: dict[str, str], since: Sequence[Change]) -> dict[str, str]:
    """Return what was typed over settings that somebody else has changed meanwhile.

    A form sends every field. Those that still read as when it was opened are left out: the other's
    newer value holds.

    Args:
        values: What the form sent, by path.
        since: The changes since it was opened, the oldest first.
    """
    opened: dict[str, str] = {}
    for change in since:
        for field in change.fields:
            opened.setdefault(field.field, field.before)
    return {path: text for path, text in values.items() if opened.get(path) != text}


def groups(fields: Sequence[Field], values: dict[str, str]) -> dict[str, list[Input]]:
    """Sort the settings into the groups of the page."""
    found: dict[str, list[Input]] = {name: [] for name in GROUPS}
    for field in fields:
        found[_group(field)].append(Input(field, values.get(field.path, field.value)))
    found["dates"].sort(key=lambda each: each.field.path == "retain_until")  # the last one, last
    return found


def _group(field: Field) -> str:
    if field.path == "due_day":
        return "due"
    for name, paths in FIRST.items():
        if field.path in paths:
            return name
    if field.path.startswith("recipients."):
        return "recipients"
    if field.path.startswith("late."):
        return "other"
    return "dates" if field.kind == "day" else "other"


def beside(
    season: Season, problem: ProblemError | None, *, checked: bool
) -> dict[str, ProblemError]:
    """Return what is wrong by path: all of it once the form was checked, else the one problem."""
    found = {w.field: w.problem for w in wrongs(season)} if checked else {}
    named = problem.values.get("field") if problem else None
    if problem is not None and isinstance(named, codes.Code):
        for field in season_fields.fields(season):
            if field.name == named:
                found[field.path] = problem
    return found


def described(season: Season, change: FieldChange) -> Described:
    """Put a change of a setting or a policy page into words."""
    head, _, key = change.field.partition(".")
    name = season_fields.label(season, change.field)
    if head == "policy" and key:
        page = find(season.policy, key)
        title = page.title_zh if page else change.before
        name = codes.Code(change.field, f"政策页“{title}”", f"policy page “{title}”")
    words = {} if key else _words(season, head)
    before, after = (_titles(words, keys) for keys in (change.before, change.after))
    return Described(name, before, after, AFFECTS.get(head, EVERYONE))


def _words(season: Season, rows: str) -> dict[str, str]:
    """The words for the keys of a season's rows; none for a setting that names no rows."""
    if rows in ("policy", "unchecked"):
        return {page.key: page.title_zh for page in season.policy}
    if rows == "phases":
        return {phase.key: phase.zh for phase in season.phases}
    return {reason.code: reason.zh for reason in season.reasons} if rows == "reasons" else {}


def _titles(words: dict[str, str], keys: str) -> str:
    return list_columns.SEPARATOR.join(
        words.get(key, key) for key in keys.split(list_columns.SEPARATOR)
    )


def line(season: Season, change: Change) -> HistoryLine:
    """Put a line of history into words."""
    return HistoryLine(change, tuple(described(season, field) for field in change.fields))


async def uploaded(form: FormMultiDict) -> str:
    """Return the text of a settings file, uploaded or carried from its preview.

    Raises:
        ProblemError: console.no_file, season.file_unreadable (no text).
    """
    carried = form.get("text", "")
    if isinstance(carried, str) and carried:
        return season_file.plain_lines(carried)
    chosen = form.get("file")
    if not isinstance(chosen, UploadFile) or not chosen.filename:
        raise ProblemError("console.no_file")
    return season_file.decode(await chosen.read())
