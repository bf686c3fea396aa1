"""A form that corrects a record starts with the record's present content."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from mobile.usecases import records
from mobile.usecases.phone import Phone
from shared.records.base import Fact
from shared.records.kind import FLAGS
from shared.records.registry import named, read
from shared.season import CST


def fields_of(fact: Fact) -> dict[str, Any]:
    """The record as form fields, time and photos included; flags and reason are asked again."""
    body = msgspec.to_builtins(read(fact)) or {}
    anew = {field.name for field in FLAGS} | set(named(fact.kind).derived)
    fields = {name: value for name, value in body.items() if name not in anew}
    when = datetime.fromisoformat(fact.happened_at).astimezone(CST).isoformat()
    return {**fields, "photos": list(fact.photos), "when": when}


def correction_fields(phone: Phone, corrects: str) -> dict[str, Any]:
    """The fields of the form that corrects the record `corrects`, as it reads now.

    Raises: ProblemError fact.unknown.
    """
    return {**fields_of(records.as_corrected(phone, corrects)), "corrects": corrects}
