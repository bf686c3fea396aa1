"""All kinds of record this version knows.

A module of this package with a `KIND` is found by itself.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

import shared.records
from shared.records.base import UNREADABLE, Body, Fact
from shared.records.kind import Label, RecordKind


def _found() -> dict[str, RecordKind]:
    """The kinds of the package by name. pkgutil also finds them in a zip file and in a browser."""
    package = shared.records
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    kinds = [getattr(module, "KIND", None) for module in modules]
    return {kind.name: kind for kind in kinds if isinstance(kind, RecordKind)}


KINDS = _found()
B = TypeVar("B", bound=Body)


def kind_of(body: Body) -> RecordKind:
    """Return the kind of a body struct."""
    return next(kind for kind in KINDS.values() if kind.body is type(body))


def named(name: str) -> RecordKind:
    """Return the kind of a name; an unknown one has its name for a label and no fields."""
    return KINDS.get(name) or RecordKind(
        name=name, body=Body, label=Label(name, name), fields=(), headline="outcome"
    )


def label_of(name: str) -> Label:
    """Return what a kind of record is called; an unknown one is called by its own name."""
    if name == UNREADABLE:
        return Label("读不出的记录", "record that cannot be read")
    return named(name).label


def of_form(form: str) -> RecordKind:
    """Return the kind a form makes, by the form's name; for an unknown form one without fields."""
    return next((kind for kind in KINDS.values() if form and kind.form == form), named(form))


def read(fact: Fact) -> Body | None:
    """Return a fact's body as its kind's struct; None when this version does not know the kind.

    Raises:
        msgspec.ValidationError: When a known kind lacks a field it needs.

    """
    kind = KINDS.get(fact.kind)
    return None if kind is None else msgspec.convert(fact.body, kind.body)


def fits(fact: Fact) -> bool:
    """Return whether a fact's body can be read as its kind says; a body of an unknown kind fits."""
    try:
        read(fact)
    except msgspec.ValidationError:
        return False
    return True


def read_as(body: Mapping[str, Any], shape: type[B]) -> B:
    """Return a stored body as a struct, whatever it holds: every reader of a record goes this way.

    A field whose value does not fit is read as if it were not there; a text that every record of
    the kind has is "" then.
    """
    try:
        return msgspec.convert(body, shape)
    except msgspec.ValidationError:
        return shape(**_fitting(body, shape))


def _fitting(body: Mapping[str, Any], shape: type[Body]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(shape):
        if field.required:
            found[field.name] = ""
        if field.name in body:
            try:
                found[field.name] = msgspec.convert(body[field.name], field.type)
            except msgspec.ValidationError:
                continue
    return found


def likely(body: Mapping[str, Any]) -> RecordKind:
    """Return the kind a body without an envelope is of.

    It is the kind whose required fields are all there and that knows most of the body's fields. A
    body that fits none, or several equally well, is of a kind without a name.
    """
    fitting = [k for k in KINDS.values() if k.required and set(k.required) <= set(body)]
    known = {k.name: sum(k.field(name) is not None for name in body) for k in fitting}
    best = [k for k in fitting if known[k.name] == max(known.values())]
    return best[0] if len(best) == 1 else named("")
