"""A record that says how another one should read, or that it never happened."""

from __future__ import annotations

from typing import Any

from shared.records.base import Body
from shared.records.kind import REASON, Field, Label, RecordKind
from shared.records.shapes import Anything, RecordId, YesNo


class Correction(Body, frozen=True, kw_only=True):
    """Says how fact `corrects` should read, or that it never happened.

    Attributes:
        withdraw: Whether it never happened.
        body: What it should say: whole, of the same kind.
        keeps_photos: Where it names no photo, the record's photos stay; otherwise the photos it
            names, even none, are all.

    """

    corrects: str
    reason: str
    withdraw: bool = False
    body: dict[str, Any] | None = None
    keeps_photos: bool = True


KIND = RecordKind(
    name="correction",
    body=Correction,
    label=Label("改正", "Correction"),
    fields=(
        Field(name="corrects", label=Label("原记录", "Corrects"), shown=False, shape=RecordId()),
        Field(name="reason", label=Label("原因", "Reason"), shape=REASON),
        Field(name="withdraw", label=Label("整条作废", "Withdrawn"), shown=False, shape=YesNo()),
        Field(name="body", label=Label("改为", "Now reads"), shown=False, shape=Anything()),
        Field(
            name="keeps_photos", label=Label("照片不变", "Keeps photos"), shown=False, shape=YesNo()
        ),
    ),
    reviewed=True,
    judged=True,
)
