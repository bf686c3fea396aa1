"""The settings of a season one by one: path, label, value as text. Pure.

A path names a field: `due_day`, `letterhead.phone`, `phases.visit.first`, `deadlines.slips`,
`limits.visitors`, `reasons.hardship.zh`. Policy pages have a page of their own and no path.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

import msgspec

from shared import codes, list_columns
from shared import recipients as recipients_of
from shared.codes import Code
from shared.problems import ProblemError
from shared.season import LATE_DAYS, Season

Kind = Literal["text", "day", "number", "yes_no", "columns"]

PLAIN = (
    Code("due_day", "应还日", "due day"),
    Code("retain_until", "个人信息保存到", "personal data are kept until"),
    Code("full_id_numbers", "纸面上印完整身份证号", "full ID numbers on paper"),
    Code("stamp_each_statement", "每份情况说明单独盖章", "a stamp on each statement"),
    Code(
        "keep_contacts",
        "走访得到、已通过的联系方式留给下一年度参考",
        "keep accepted contact updates for next year",
    ),
    Code("receipt_words", "签收单上的话", "words on the slip"),
    Code("body_face", "正文字体（本县自备的）", "face of the text (the county's own)"),
    Code("title_face", "标题字体（本县自备的）", "face of titles (the county's own)"),
)
LETTERHEAD = (
    Code("county", "县(区)名称", "county"),
    Code("area_code", "行政区划代码", "area code"),
    Code("centre", "资助中心全称", "full name of the centre"),
    Code("phone", "资助中心电话", "telephone of the centre"),
    Code("document_no", "文号", "document number"),
    Code("basis", "依据", "basis"),
    Code("hotline", "银行咨询电话", "bank hotline"),
    Code("sent_to", "县报告主送", "recipients of the county's report"),
    Code("copied_to", "县报告抄送", "copies of the county's report to"),
    Code("copies", "县报告印发份数", "printed copies of the county's report"),
    Code("bulletin_no", "通报发文字号(年份前面的字)", "word in the number of bulletins"),
    Code("bulletin_to", "通报主送", "recipients of bulletins"),
    Code("bulletin_copied_to", "通报抄送", "copies of bulletins to"),
)
DEADLINES = (
    Code("contacts", "报联系表(附件1)截止", "deadline for contacts"),
    Code("lists", "名单截止", "deadline for lists"),
    Code("slips", "签收单截止", "deadline for slips"),
    Code("statements", "情况说明截止", "deadline for statements"),
)
LIMITS = (
    Code("visit_from_hour", "最早几点上门", "earliest hour of a visit"),
    Code("visit_until_hour", "最晚几点上门", "latest hour of a visit"),
    Code("visitors", "一起去的人数", "people on a visit"),
    Code("dials_a_day", "一天最多拨打次数", "dials a day"),
    Code("effective_calls_a_day", "一天最多接通次数", "answered calls a day"),
    Code(
        "failures_before_third_party",
        "几次联系不上可问他人",
        "failures before a third party is asked",
    ),
    Code("days_between_visits", "两次走访至少隔几天", "days between visits"),
    Code("enrol_code_days", "登记码有效天数", "days an enrolment code lives"),
    Code("paid_shown_days", "还清后手机上再显示几天", "days a paid case stays on phones"),
    Code("phone_keeps_days", "结束后手机保存几天", "days phones keep data afterwards"),
    Code("late_after_days", "签收单过期几天后算迟交", "days after which a slip is late"),
)
LATE = (
    Code("summary_days", "汇总件过期几天列入约谈(0 不列)", "late: days after the summary was due"),
    Code(
        "delivered_percent", "送达率低于百分之几列入约谈(0 不列)", "late: % delivered (0: no rule)"
    ),
    Code("delivered_by", "送达率看到哪天(不填是签收单截止)", "late: delivered by which day"),
    Code("repaid_percent", "还清率低于百分之几列入约谈(0 不列)", "late: % repaid (0: no rule)"),
    Code("repaid_by", "还清率看到哪天(不填是情况说明截止)", "late: repaid by which day"),
)
SPOT = (
    Code("size", "督查:每校抽几人", "spot check: people of each school"),
    Code("first", "督查表上的第一问", "spot check: first question"),
    Code("second", "督查表上的第二问", "spot check: second question"),
)
_REASON = (
    Code("zh", "原因“{what}”", "reason “{what}” (Chinese)"),
    Code("en", "原因“{what}”的英文", "reason “{what}” (English)"),
    Code("short", "原因“{what}”的代号", "reason “{what}” (short)"),
)
_REASON_IN_FILE = (
    Code("group", "原因“{what}”算哪一类", "group of reason “{what}”"),
    Code("sensitive", "原因“{what}”名单上只印代号", "reason “{what}” only short on lists"),
)
_PHASE_IN_FILE = (
    Code("zh", "阶段“{what}”", "phase “{what}” (Chinese)"),
    Code("en", "阶段“{what}”的英文", "phase “{what}” (English)"),
)
_RECIPIENT = (
    Code("name", "报送对象“{what}”:名称", "recipient “{what}”: name"),
    Code("addressed", "报送对象“{what}”:信上怎么称呼", "recipient “{what}”: how addressed"),
    Code("with_narratives", "给“{what}”:附逐人情况说明", "to “{what}”: with narratives"),
    Code("with_health_reasons", "给“{what}”:写健康等原因", "to “{what}”: with reasons of health"),
    Code(
        "full_id_numbers", "给“{what}”:姓名和身份证号写全", "to “{what}”: full names and ID numbers"
    ),
)
_FORM_IN_FILE = (
    Code("people", "报送对象“{what}”:逐人表的列", "recipient “{what}”: columns a person"),
    Code("people_titles", "报送对象“{what}”:逐人表的标题", "recipient “{what}”: titles a person"),
    Code("units", "报送对象“{what}”:汇总表的列", "recipient “{what}”: columns a school"),
    Code("units_titles", "报送对象“{what}”:汇总表的标题", "recipient “{what}”: titles a school"),
)
WHOLE = (
    Code("unchecked", "待核对的页", "pages to be checked"),
    Code("texts_from", "文字来自哪个年度", "season of the texts"),
    Code("phases", "阶段和次序", "phases and their order"),
    Code("reasons", "原因和次序", "reasons and their order"),
    Code("policy", "政策页和次序", "policy pages and their order"),
    Code("deadlines", "截止日", "deadlines"),
    Code("list_columns", "名单的列", "columns of lists"),
    Code("recipients", "报送对象和次序", "recipients and their order"),
)
"""What only a settings file changes whole."""
CARRIED = (
    Code("carried.from", "照哪个年度", "season it follows"),
    Code("carried.schools", "带过来的学校", "schools carried over"),
    Code("carried.liaisons", "带过来的联络员", "liaisons carried over"),
    Code("carried.leaders", "带过来的负责人", "leaders carried over"),
    Code("carried.officers", "带过来的包联同志", "officers carried over"),
)
"""What a line of a season's history says of what came over from another season: no settings."""
_PHASE = (
    Code("first", "{what}:开始", "{what}: first day"),
    Code("last", "{what}:结束", "{what}: last day"),
)


OPTIONAL_DAYS = tuple(f"late.{name}" for name in LATE_DAYS)
"""Days that may be taken out again: without one another day of the season holds."""
LONGEST_WORDS = 40
"""Most characters of a reason's or phase's words: they stand on a button, or in a table's cell."""
NUMBERS = ("letterhead.area_code", "letterhead.phone", "letterhead.hotline")
"""Texts that are numbers: wide digits are taken for what they mean."""


class Field(msgspec.Struct, frozen=True):
    """One setting.

    Attributes:
        path: Its path.
        name: Its label in both languages.
        kind: text | day | number | yes_no | columns.
        value: Its value as text: ISO days, decimal numbers, `true` or `false`, names of columns
            with 、 between them; "" for none.
    """

    path: str
    name: Code
    kind: Kind
    value: str


def fields(season: Season) -> tuple[Field, ...]:
    """Return every setting of a season in the order of the settings page."""
    return tuple(_fields(season))


def _fields(season: Season) -> Iterator[Field]:
    for name in PLAIN:
        yield _field(name.code, name, getattr(season, name.code))
    for name in LETTERHEAD:
        yield _field(f"letterhead.{name.code}", name, getattr(season.letterhead, name.code))
    for phase in season.phases:
        for part in _PHASE:
            name = _named(part, phase.zh, phase.en, phase.key)
            yield _field(f"phases.{phase.key}.{part.code}", name, getattr(phase, part.code))
    for key, day in season.deadlines.items():
        yield _field(f"deadlines.{key}", codes.find(DEADLINES, key), day)
    for name in LIMITS:
        yield _field(f"limits.{name.code}", name, getattr(season.limits, name.code))
    for name in LATE:
        yield _field(f"late.{name.code}", name, getattr(season.late, name.code))
    for name in SPOT:
        yield _field(f"spot.{name.code}", name, getattr(season.spot, name.code))
    for reason in season.reasons:
        for part in _REASON:
            name = _named(part, reason.zh, reason.en, reason.code)
            yield _field(f"reasons.{reason.code}.{part.code}", name, getattr(reason, part.code))
    for recipient in list_columns.RECIPIENTS:
        columns = list_columns.columns_for(season.list_columns, recipient.code)
        name = Code(recipient.code, f"{recipient.zh}:列", f"columns of {recipient.en}")
        text = list_columns.as_text(columns)
        yield Field(f"list_columns.{recipient.code}", name, "columns", text)
    for one in season.recipients:
        for part in _RECIPIENT:
            name = _named(part, one.name, one.name, one.key)
            yield _field(f"recipients.{one.key}.{part.code}", name, getattr(one, part.code))


def in_file_only(season: Season) -> Iterator[Field]:
    """Yield what a settings file alone can change; policy pages' texts apart."""
    orders = {
        "phases": [p.key for p in season.phases],
        "reasons": [r.code for r in season.reasons],
        "policy": [p.key for p in season.policy],
        "unchecked": list(season.unchecked),
        "recipients": [one.key for one in season.recipients],
    }
    for name in WHOLE:
        if name.code in orders:
            text = list_columns.SEPARATOR.join(orders[name.code])
            yield Field(name.code, name, "text", text)
    yield _field("texts_from", codes.find(WHOLE, "texts_from"), season.texts_from)
    for phase in season.phases:
        for part in _PHASE_IN_FILE:
            named = _named(part, phase.zh, phase.en, phase.key)
            yield _field(f"phases.{phase.key}.{part.code}", named, getattr(phase, part.code))
    for reason in season.reasons:
        for part in _REASON_IN_FILE:
            named = _named(part, reason.zh, reason.en, reason.code)
            yield _field(f"reasons.{reason.code}.{part.code}", named, getattr(reason, part.code))
    for one in season.recipients:
        for part in _FORM_IN_FILE:
            named = _named(part, one.name, one.name, one.key)
            yield _field(f"recipients.{one.key}.{part.code}", named, _form_text(one, part.code))


def _form_text(one: recipients_of.Recipient, part: str) -> str:
    form, _, titles = part.partition("_")
    if titles:
        return " / ".join(one.titles(form))
    return recipients_of.form_as_text(form, one.columns(form))


def _named(part: Code, zh: str, en: str, key: str) -> Code:
    """Name a part of a row after its words; after its key where they are missing or endless."""
    zh, en = (words if 0 < len(words.strip()) <= LONGEST_WORDS else key for words in (zh, en))
    return Code(part.code, part.zh.format(what=zh), part.en.format(what=en))


def _field(path: str, name: Code, value: Any) -> Field:
    if isinstance(value, bool):
        return Field(path, name, "yes_no", "true" if value else "false")
    if isinstance(value, int):
        return Field(path, name, "number", str(value))
    if isinstance(value, date) or value is None:
        return Field(path, name, "day", value.isoformat() if value else "")
    return Field(path, name, "text", value)


def label(season: Season, path: str) -> Code:
    """Return the label of a setting; a path nobody knows is its own label."""
    return labels(season).get(path) or codes.find((*WHOLE, *CARRIED), path)


def labels(season: Season) -> dict[str, Code]:
    """Return the label of every setting by path."""
    return {f.path: f.name for f in (*in_file_only(season), *_fields(season))}


def with_values(season: Season, values: dict[str, str]) -> Season:
    """Return the season with settings changed.

    Args:
        season: The season.
        values: Values as text by path; see Field.value.

    Raises:
        ProblemError: season.field_unknown, season.value_unreadable; both name the field.
    """
    known = {field.path: field for field in _fields(season)}
    tree: dict[str, Any] = msgspec.to_builtins(season, builtin_types=(date,))
    for path, text in values.items():
        field = known.get(path)
        if field is None:
            raise ProblemError("season.field_unknown", field=path)
        if text.strip() != field.value:
            _put(tree, path.split("."), _value(field, text.strip()))
    return msgspec.convert(tree, type=Season)


def _value(field: Field, text: str) -> Any:
    try:
        if field.kind == "day" and not text and field.path in OPTIONAL_DAYS:
            return None
        if field.kind == "day":
            return date.fromisoformat(_half_width(text))
        if field.kind == "number":
            return int(text)
        if field.kind == "yes_no":
            return {"true": True, "false": False}[text]
        if field.kind == "columns":
            return list_columns.from_text(text)
    except (ValueError, KeyError) as error:
        raise ProblemError("season.value_unreadable", field=field.name, value=text[:40]) from error
    return plain_text(field.path, text)


def plain_text(path: str, text: str) -> str:
    """Return what was typed into a text field; a number in its usual digits."""
    return _half_width(text) if path in NUMBERS else text


def _half_width(text: str) -> str:
    """Return digits and signs as they are usual, where an input method gave their wide forms."""
    return unicodedata.normalize("NFKC", text)


def _is_row(row: dict[str, Any], name: str) -> bool:
    return name in (row.get("key"), row.get("code"))


def _put(tree: Any, path: list[str], value: Any) -> None:
    """Set a value in a tree whose lists are found by the `key` or `code` of their rows."""
    for name in path[:-1]:
        rows = tree if isinstance(tree, list | tuple) else None
        tree = tree[name] if rows is None else next(r for r in rows if _is_row(r, name))
    tree[path[-1]] = value
