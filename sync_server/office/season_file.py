"""A season as one TOML file that an office can read, edit, keep and give to another county."""

from __future__ import annotations

import codecs
import re
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

import msgspec

from shared.codes import Code
from shared.problems import ProblemError
from shared.season import Season
from sync_server.deferred import deferred

if TYPE_CHECKING:
    import tomlkit
else:
    tomlkit = deferred("tomlkit")

MAX_CHARACTERS = 400_000
HEADER = (
    "上门 Doorstep · 年度设置。可以用记事本改,改好后在“年度设置”里导入,",
    "或运行 doorstep season import。",
    "日期写成 年-月-日;以 # 开头的行是说明,导入后再导出仍会保留。",
)
NOTES = {
    "id": "年度:应还日所在的年份",
    "due_day": "应还日",
    "unchecked": "还没有核对的政策页(老师手机上会注明)",
    "texts_from": "这些文字是哪个年度的;空着是程序自带的",
    "retain_until": "个人信息保存到哪一天",
    "full_id_numbers": "纸面上是否印完整身份证号",
    "stamp_each_statement": "每份情况说明是否单独盖章",
    "phases": "各阶段:从哪天到哪天,头尾都算",
    "deadlines": "截止日:contacts 联系表,lists 名单,slips 签收单,statements 情况说明",
    "limits": "走访和电话的限度",
    "late": "约谈:汇总件过期几天、送达率和还清率低于百分之几;0 不列",
    "spot": "督查:每校抽几人,督查表上的两个问题;抽过的照抽的时候问",
    "letterhead": "落款:县、行政区划代码、单位全称、文号、依据、银行热线、单位电话",
    "list_columns": "各种名单有哪些列:school 学校、teacher 老师、centre 资助中心;不写就用默认的",
    "reasons": "走访结果和情况说明的原因;code 不能改",
    "recipients": "报给谁:name 名称,addressed 信上怎么称呼;people 逐人表、units 汇总表的列",
    "policy": "政策页和上门话术;整段在括号里的只给老师看",
}
"""Comments above a member of the file, written where the file has none yet."""
TABLES = (
    "letterhead",
    "deadlines",
    "limits",
    "late",
    "spot",
    "list_columns",
    "phases",
    "reasons",
    "recipients",
    "policy",
)
"""Members that are tables; they follow the plain ones, as TOML wants it."""
OMITTED = ("list_columns", "recipients")
"""Tables that the file lacks where they are empty."""
TWICE = Code("twice", "写了两次", "it is there twice")
MISSING = Code("missing", "没有写", "it is missing")
UNKNOWN = Code("unknown", "没有这一项", "there is no such setting")
WRONG = Code("wrong", "写法不对", "it is written otherwise")
TYPES = {
    "int": Code("int", "要写一个整数", "a whole number is wanted"),
    "str": Code("str", "要写文字,放在英文引号里", "a text in quotes is wanted"),
    "bool": Code("bool", "要写 true 或 false", "true or false is wanted"),
    "date": Code("date", "要写日子,如 2026-12-20", "a day is wanted, such as 2026-12-20"),
    "array": Code("array", "要写成一列,放在方括号里", "a list in brackets is wanted"),
    "object": Code("object", "要写成一张表", "a table is wanted"),
}
"""What a field takes, by msgspec's name of its type."""
_QUOTED = re.compile(r"\"([^\"]*)\"")


def dump(season: Season, kept: str = "") -> str:
    """Write a season as TOML.

    Args:
        season: The season.
        kept: The file as it was imported; its comments and order are kept.

    Returns:
        The text of the file.
    """
    values = _toml_values(season)
    try:
        document = tomlkit.parse(kept) if kept else _new_document()
    except tomlkit.exceptions.TOMLKitError:
        document = _new_document()
    for key in [k for k in document if k not in values]:
        del document[key]
    for key, value in values.items():
        _put(document, key, value)
    return tomlkit.dumps(document)


def parse(text: str) -> Season:
    """Read a season from TOML.

    Raises:
        ProblemError: season.file_unreadable (not TOML, with line and column), season.file_field
            (a field of another type, missing, unknown or there twice; names it),
            season.file_too_large.
    """
    if len(text) > MAX_CHARACTERS:
        raise ProblemError("season.file_too_large", limit=MAX_CHARACTERS)
    try:
        values = tomlkit.parse(text.removeprefix("\ufeff")).unwrap()
    except tomlkit.exceptions.ParseError as error:
        column = error.col + 1
        raise ProblemError("season.file_unreadable", line=error.line, column=column) from error
    except (
        tomlkit.exceptions.TOMLKitError
    ) as error:  # a key twice in one table; it names the key, and no line
        key = _QUOTED.search(str(error))
        raise ProblemError(
            "season.file_field", field=key[1][:40] if key else "?", why=TWICE
        ) from error
    try:
        season = msgspec.convert(values, type=Season)
    except msgspec.ValidationError as error:
        field, why = _field_and_fault(str(error))
        raise ProblemError("season.file_field", field=field, why=why) from error
    if unknown := _unknown(values, msgspec.to_builtins(season)):
        raise ProblemError("season.file_field", field=unknown[:80], why=UNKNOWN)
    return season


def decode(data: bytes) -> str:
    """Return the text of a settings file: UTF-8, or what an older editor on Windows saves.

    Lines end as on Linux then: a browser sends a text back with other ends than it was given.

    Raises:
        ProblemError: season.file_unreadable.
    """
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        try:
            return plain_lines(data.decode(encoding))
        except UnicodeDecodeError as error:
            read = data[: error.start]
    line = read.count(b"\n") + 1
    raise ProblemError("season.file_unreadable", line=line, column=len(read.split(b"\n")[-1]) + 1)


def plain_lines(text: str) -> str:
    """Return a text with the line ends of Linux."""
    return text.replace("\r\n", "\n")


def _field_and_fault(error: str) -> tuple[str, Code]:
    """Return the field and what is wrong with it, from msgspec's sentence."""
    reason, _, where = error.partition(" - at `$")
    field = where.rstrip("`").removeprefix(".")
    if missing := re.fullmatch(r"Object missing required field `(\w+)`", reason):
        return ".".join(filter(None, (field, missing[1]))), MISSING
    wanted = re.match(r"Expected `(\w+)", reason)
    return field or "?", TYPES.get(wanted[1] if wanted else "date", WRONG)


def _unknown(held: Any, known: Any, path: str = "") -> str:
    """Return the path of the first member that a season has not; "" for none."""
    if isinstance(held, dict) and isinstance(known, dict):
        for name, inner in held.items():
            at = f"{path}.{name}" if path else str(name)
            if name not in known:
                return at
            if found := _unknown(inner, known[name], at):
                return found
    elif isinstance(held, list) and isinstance(known, list | tuple):
        for number, (inner, other) in enumerate(zip(held, known, strict=True)):
            if found := _unknown(inner, other, f"{path}[{number}]"):
                return found
    return ""


def _toml_values(season: Season) -> dict[str, Any]:
    """Members of a season in the order of the file; dates stay dates, None is left out."""
    values: dict[str, Any] = msgspec.to_builtins(season, builtin_types=(type(season.due_day),))
    empty = () if values["recipients"] else ("recipients",)  # else the default ones come back
    values["recipients"] = [
        {name: held for name, held in one.items() if held not in ("", [], ())}
        for one in values["recipients"]
    ]
    plain = {k: v for k, v in values.items() if k in empty or (k not in TABLES and v is not None)}
    values["late"] = {name: held for name, held in values["late"].items() if held is not None}
    return plain | {k: values[k] for k in TABLES if values[k] or k not in OMITTED}


def _new_document() -> tomlkit.TOMLDocument:
    document = tomlkit.document()
    for line in HEADER:
        document.add(tomlkit.comment(line))
    return document


def _put(document: tomlkit.TOMLDocument, key: str, value: Any) -> None:
    """Set a member; one that is there already keeps its comments where its shape allows it."""
    if key in document:
        held = document[key]
        if _same(held, value):
            return
        if isinstance(value, dict) and isinstance(held, MutableMapping):
            _update(held, value)
            return
        if _tables(value) and len(held) == len(value):
            for table, row in zip(held, value, strict=True):
                _update(table, row)
            return
        document[key] = _item(value)
        return
    if key in NOTES:
        document.add(tomlkit.nl())
        document.add(tomlkit.comment(NOTES[key]))
    document.add(key, _item(value))


def _update(table: MutableMapping[str, Any], values: dict[str, Any]) -> None:
    for name in [n for n in table if n not in values]:
        del table[name]
    for name, value in values.items():
        if name not in table or not _same(table[name], value):
            table[name] = _item(value)


def _same(held: Any, value: Any) -> bool:
    plain = held.unwrap() if hasattr(held, "unwrap") else held
    return bool(msgspec.to_builtins(plain) == msgspec.to_builtins(value))


def _tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and isinstance(value[0], dict)


def _item(value: Any) -> Any:
    """A TOML item: tables of arrays for lists of structs, one line a paragraph for texts."""
    if _tables(value):
        tables = tomlkit.aot()
        for row in value:
            table = tomlkit.table()
            for name, inner in row.items():
                table.add(name, _item(inner))
            tables.append(table)
        return tables
    if isinstance(value, dict):
        table = tomlkit.table()
        for name, inner in value.items():
            table.add(name, _item(inner))
        return table
    if isinstance(value, list | tuple):
        array = tomlkit.array()
        array.extend(list(value))
        return array.multiline(len(value) > 1)
    if isinstance(value, str):
        return tomlkit.items.String.from_raw(value)
    return tomlkit.item(value)
