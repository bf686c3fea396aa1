"""An attempt to reach someone from a distance: a call, a message."""

from __future__ import annotations

from shared import codes
from shared.records.base import Body
from shared.records.kind import FLAGS, NOTE, Field, Label, RecordKind


class ContactAttempt(Body, frozen=True, kw_only=True):
    """An attempt to reach someone from a distance. Codes: CHANNELS, PEOPLE, CALLS."""

    channel: str = "phone"
    to: str = "self"
    outcome: str
    note: str = ""
    flags: tuple[str, ...] = ()
    flag_reason: str = ""


KIND = RecordKind(
    name="contact_attempt",
    body=ContactAttempt,
    label=Label("电话联系", "Phone call"),
    action=Label("电话联系", "Phone call"),
    form="attempt",
    fields=(
        Field(name="channel", label=Label("渠道", "Channel"), table=codes.CHANNELS),
        Field(name="to", label=Label("对象", "With"), table=codes.PEOPLE),
        Field(name="outcome", label=Label("结果", "Outcome"), table=codes.CALLS),
        NOTE,
        *FLAGS,
    ),
    required=("outcome",),
    headline="outcome",
    in_words=("channel", "to", "outcome"),
    own_words=("note",),
    timed=True,
    flagged=True,
)
