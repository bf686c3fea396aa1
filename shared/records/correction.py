"""A record that says how another one should read, or that it never happened."""

from __future__ import annotations

from typing import Any

from shared.records.base import Body
from shared.records.kind import Field, Label, RecordKind


class Correction(Body, frozen=True, kw_only=True):
    """Says that fact `corrects` should read `body` (whole, same kind), or never happened (`withdraw`).

    `keeps_photos`: where it names no photo, those of the record stay; else what it names is all there is, none too.
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
        Field(name="corrects", label=Label("原记录", "Corrects"), shown=False),
        Field(name="reason", label=Label("原因", "Reason")),
        Field(name="withdraw", label=Label("撤回", "Withdrawn"), shown=False),
        Field(name="body", label=Label("改为", "Now reads"), shown=False),
        Field(name="keeps_photos", label=Label("照片不变", "Keeps photos"), shown=False),
    ),
    reviewed=True,
)
