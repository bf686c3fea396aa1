"""An attempt to reach someone from a distance: a call, a message."""

from __future__ import annotations

from shared import codes
from shared.records.base import Body
from shared.records.kind import FLAGS, NOTE, Field, Label, Question, RecordKind, always


class ContactAttempt(Body, frozen=True, kw_only=True):
    """An attempt to reach someone from a distance. Codes: CHANNELS, PEOPLE, CALLS."""

    channel: str = "phone"
    to: str = "self"
    outcome: str
    note: str = ""
    flags: tuple[str, ...] = ()
    flag_reason: str = ""


REACHED = ("self", "co_borrower", "family", "neighbour", "village_cadre")
QUESTIONS = (
    Question(field="outcome", ask=Label("打通了吗？", "Did you get through?"), needed=always),
    Question(
        field="to",
        ask=Label("打给谁？", "Whom did you try to reach?"),
        offered=lambda answers, season: REACHED,
        begins="self",
    ),
    Question(field="channel", ask=Label("用什么方式？", "By what means?"), begins="phone"),
    Question(field="note", ask=Label("补充一句（可不填）", "A note (optional)")),
)

KIND = RecordKind(
    name="contact_attempt",
    body=ContactAttempt,
    label=Label("电话联系", "Phone call"),
    action=Label("电话联系", "Phone call"),
    form="attempt",
    place=3,
    questions=QUESTIONS,
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
