"""What a sheet of paper says, as the body of a record: the same questions as on the phone.

Every refusal names the field: value `field` is a `Code` with the field's name and its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shared import codes, record_forms
from shared.bounds import Breach, body_breach
from shared.codes import Code
from shared.problems import ProblemError
from shared.records.base import Body, plain
from shared.records.kind import FLAGS, Field, Known, Label, RecordKind
from shared.records.notice_delivery import NoticeDelivery
from shared.records.registry import KINDS
from shared.records.shapes import NO_CODE
from shared.records.visit import Visit
from shared.season import Season

_FLAG_REASON = next(field for field in FLAGS if field.name == "flag_reason")


def kind_named(name: str) -> RecordKind:
    """Return a kind of record that a form makes.

    Raises:
        ProblemError: fact.unknown_kind.
    """
    kind = KINDS.get(name)
    if kind is None or not kind.form:
        raise ProblemError("fact.unknown_kind", kind=name)
    return kind


def body_of(kind: RecordKind, answers: Mapping[str, Any], known: Known) -> Body:
    """Return the body that the answers make; answers to questions not asked are left out.

    Args:
        kind: The kind of record.
        answers: What the sheet says, by the names of the body's fields. What the program fills in
            (flags, the record that is superseded) is left out.
        known: The season, the teacher, and the photos but for the scan of the sheet itself.

    Raises:
        ProblemError: fact.field_missing, fact.out_of_bounds.
    """
    given = _of_the_form(kind, answers)
    check_bounds(kind, given)
    given = record_forms.begun(kind) | {k: v for k, v in given.items() if not _empty(v)}
    for field in record_forms.fields_asked(kind):
        _check_code(field, given.get(field.name), known.season)
    missing = record_forms.missing(kind, given, known)
    if missing:
        raise field_missing(record_forms.field_of(kind, missing[0]))
    try:
        body = _with_party(record_forms.body_of(kind, given, known), known.teacher)
        body = msgspec.convert(msgspec.to_builtins(body), type(body))
    except msgspec.ValidationError as error:  # a list where a text belongs
        raise ProblemError("fact.unreadable") from error
    check_bounds(kind, plain(body))
    for name in (*kind.required, *kind.also_required(body, known.photos, known.season)):
        if _empty(getattr(body, name)):
            raise field_missing(_field(kind, name))
    return body


def with_flags(kind: RecordKind, body: Body, flags: Sequence[str], reason: str) -> Body:
    """Return a body with the flags of the conduct rules, which ask for a reason.

    Raises:
        ProblemError: fact.out_of_bounds; fact.field_missing without a reason, with value `flags`.
    """
    if not flags:
        return body
    if not reason.strip():
        problem = field_missing(_FLAG_REASON)
        problem.values["flags"] = tuple(flags)
        raise problem
    noted = msgspec.structs.replace(body, **{"flags": tuple(flags), "flag_reason": reason.strip()})
    check_bounds(kind, plain(noted))
    return noted


def field_missing(field: Field) -> ProblemError:
    """Return the problem of a field without an answer."""
    return ProblemError("fact.field_missing", field=named(field.name, field.label))


def named(name: str, label: Label) -> Code:
    """Return a field as problems name it."""
    return Code(name, label.zh, label.en)


def refused(breach: Breach, name: str) -> ProblemError:
    """Return the problem of something out of bounds, its field by name and words."""
    field = named(name, breach.field)
    return ProblemError("fact.out_of_bounds", field=field, rule=breach.rule)


def check_bounds(kind: RecordKind, body: Mapping[str, Any]) -> None:
    """Refuse a body out of its bounds by the first field concerned.

    Raises:
        ProblemError: fact.out_of_bounds.
    """
    for field in kind.fields:
        rule = field.holds.broken(body[field.name]) if field.name in body else None
        if rule is not None:
            raise refused(Breach(field.label, rule), field.name)
    whole = body_breach(kind, body)
    if whole is not None:
        raise refused(whole, "")


def _of_the_form(kind: RecordKind, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers to the form's questions; a field that no form of this kind has is refused."""
    known = {field.name: field for field in kind.fields}
    asked = {field.name for field in record_forms.fields_asked(kind)}
    unknown = next((name for name in answers if name not in known), None)
    if unknown is not None:
        raise ProblemError(
            "fact.out_of_bounds", field=Code(unknown, unknown, unknown), rule=NO_CODE
        )
    return {name: _stripped(value) for name, value in answers.items() if name in asked}


def _stripped(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list | tuple):
        return [text for one in value if (text := _stripped(one)) != ""]
    return value


def _check_code(field: Field, value: Any, season: Season) -> None:
    """Refuse a choice that is none of those offered: a phone's form cannot make it."""
    table = season.reasons if field.of_season else field.table
    if not table or _empty(value):
        return
    if codes.find(table, str(value)) not in table:
        raise refused(Breach(field.label, NO_CODE), field.name)


def _with_party(body: Body, teacher: str) -> Body:
    """Return the body; where nobody is named as going, the teacher went alone."""
    if isinstance(body, Visit) and not body.visitors:
        return msgspec.structs.replace(body, visitors=(teacher,))
    if isinstance(body, NoticeDelivery) and not body.servers:
        return msgspec.structs.replace(body, servers=(teacher,))
    return body


def _field(kind: RecordKind, name: str) -> Field:
    return next(field for field in kind.fields if field.name == name)


def _empty(value: Any) -> bool:
    return not (value.strip() if isinstance(value, str) else value)
