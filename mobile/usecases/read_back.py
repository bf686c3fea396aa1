"""Read the teacher's own records back: all fields, the photos, the office's verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mobile.store.kept import PENDING, Kept
from mobile.sync.client import RemoteError, Server
from mobile.usecases.cover import shown_address, shown_name
from mobile.usecases.phone import Phone
from mobile.usecases.remote import as_problem
from mobile.usecases.season import current_season
from mobile.usecases.text import Text
from mobile.usecases.words import code_words, day_of, refusal
from shared.lifecycle import Review
from shared.problems import ProblemError
from shared.records.kind import Field, RecordKind
from shared.records.registry import named
from shared.season import Season

MOST_ON_A_LINE = 1000
"""Characters of a field that is shown beside its label; a longer one stands below it."""
HIDDEN = "***"
"""What stands in place of words that the teacher wrote, while names are masked."""


class FieldLine(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a record in words. `long`: a text of several lines."""

    label: Text
    value: Text
    long: bool = False


class RecordView(msgspec.Struct, frozen=True, kw_only=True):
    """One record as it was written.

    Attributes:
        name: The borrower's, as the screens may show it now; "" when the case has left the phone.
        about: The kind a correction is about, else the record's own.
        withdrawn: Whether it is a correction that withdraws the record.
        fields: Those of its fields that hold something, in the order of the form.
        photos: sha256 of its photos.
        state: As in `HistoryLine`; `problem`: why the office refused it.
        review: The office's verdict; None while there is none.
        earlier: Another phone of the teacher made it.
        paper: The school's office typed it in from the teacher's sheet.
        may_correct: Whether it is the newest about its subject and past the undo time.

    """

    fact: str
    case: str
    name: str
    kind: str
    about: str
    happened_at: str
    withdrawn: bool = False
    fields: tuple[FieldLine, ...] = ()
    photos: tuple[str, ...] = ()
    state: str = ""
    problem: Text = Text()
    review: Review | None = None
    earlier: bool = False
    paper: bool = False
    may_correct: bool = False


async def read(phone: Phone, fact_id: str) -> RecordView:
    """Return a record of this teacher, of this phone or an earlier one.

    Raises:
        ProblemError: fact.unknown.

    """
    kept = phone.store.facts.get(fact_id)
    if kept is None:
        raise ProblemError("fact.unknown")
    fact, root = kept.fact, phone.store.facts.root(kept)
    state = phone.store.cases.get(fact.case)
    about = root.fact.kind if root is not None else fact.kind
    return RecordView(
        fact=kept.id,
        case=fact.case,
        name=shown_name(phone, state.case.borrower.name) if state else "",
        kind=fact.kind,
        about=about,
        happened_at=fact.happened_at,
        withdrawn=bool(fact.kind == "correction" and fact.body.get("withdraw")),
        fields=_fields(phone, kept, about, await current_season(phone)),
        photos=fact.photos,
        state=kept.state,
        problem=refusal(kept.problem),
        review=next((r for r in (state.reviews if state else ()) if r.fact == fact_id), None),
        earlier=kept.earlier and fact.paper is None,
        paper=fact.paper is not None,
        may_correct=state is not None and _may_correct(phone, kept),
    )


def _may_correct(phone: Phone, kept: Kept) -> bool:
    """Whether a record is the newest of those about the same thing, as in a case's history."""
    facts = phone.store.facts
    root = facts.root(kept)
    same = [k for k in facts.of(kept.fact.case) if root is not None and facts.root(k) == root]
    newest = bool(same) and same[-1].id == kept.id
    withdrawn = bool(kept.fact.body.get("withdraw"))
    return newest and not withdrawn and kept.state != PENDING and named(kept.fact.kind).listed


async def photo(phone: Phone, sha256: str) -> bytes:
    """Return a photo of an own record: from this phone, else from the office; it is not kept.

    `take_photo.photo_or_nothing` has the thumbnail of one that does not come.

    Raises:
        ProblemError: net.unreachable; photo.unknown, photo.read_quota and others of the server.

    """
    try:
        return await phone.store.photos.read(sha256)
    except ProblemError as problem:
        if problem.code != "photo.unknown":
            raise
    enrolment = await phone.store.meta.enrolment()
    if enrolment is None:
        raise ProblemError("device.not_enrolled")
    try:
        async with Server(enrolment.url, enrolment.token, phone.transport, enrolment.ca) as server:
            return await server.own_photo(sha256)
    except RemoteError as refused:
        raise as_problem(refused) from refused


def _fields(phone: Phone, kept: Kept, about: str, season: Season | None) -> tuple[FieldLine, ...]:
    """The fields of a record; of a correction the reason, then how the record reads now.

    While names are masked, nothing that somebody wrote freely: a name may stand in it.
    """
    body: Mapping[str, Any] = kept.fact.body
    found: list[FieldLine] = []
    if kept.fact.kind == "correction":
        reason = named("correction").field("reason")
        found += _lines(phone, named("correction"), [reason] if reason else [], body, season)
        body = body.get("body") or {}
    kind = named(about)
    if body:
        # a field with its default is left out of a record's bytes, but shown
        defaults = {f.name: f.default for f in msgspec.structs.fields(kind.body) if not f.required}
        body = {**defaults, **body}
    shown = [f for f in kind.fields if _is_shown(kind, f)]
    return (*found, *_lines(phone, kind, shown, body, season))


def _is_shown(kind: RecordKind, field: Field) -> bool:
    """Whether the teacher filled a field in, not the program."""
    return field.shown and field.name not in kind.derived


def _lines(
    phone: Phone,
    kind: RecordKind,
    fields: list[Field],
    body: Mapping[str, Any],
    season: Season | None,
) -> list[FieldLine]:
    found = []
    for field in fields:
        value = body.get(field.name)
        if value in (None, "", False, [], ()):
            continue
        if field.name == kind.headline and kind.masks:
            value = _masked(phone, kind, str(body.get(kind.masked_by)), str(value))
        elif phone.covered and _is_free(field, value):
            value = HIDDEN
        zh, en = (_in_words(field, value, season, language) for language in ("zh", "en"))
        label = Text(field.label.zh, field.label.en)
        lines = field.name == kind.long or (field.most_characters or 0) > MOST_ON_A_LINE
        found.append(FieldLine(label=label, value=Text(zh, en), long=lines))
    return found


def _masked(phone: Phone, kind: RecordKind, code: str, value: str) -> str:
    """The value of a record whose code says how it is masked: an address as the case shows it."""
    if code == "address":
        return shown_address(phone, value)
    mask = kind.masks.get(code)
    return mask(value) if mask else HIDDEN if phone.covered else value


def _is_free(field: Field, value: object) -> bool:
    """Whether the teacher wrote it: no code, no day, no number."""
    return not (field.table or field.day or isinstance(value, bool | int | float))


def _in_words(field: Field, value: object, season: Season | None, language: str) -> str:
    if isinstance(value, bool):
        return "是" if language == "zh" else "yes"
    if isinstance(value, list | tuple):
        joined = "、" if language == "zh" else ", "
        return joined.join(_in_words(field, one, season, language) for one in value)
    table = season.reasons if field.of_season and season is not None else field.table
    if table:
        return code_words(table, str(value), language)
    return day_of(str(value), language) if field.day else str(value)
