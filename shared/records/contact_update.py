"""A phone, address or workplace learnt on a visit, proposed to the office."""

from __future__ import annotations

from shared import codes
from shared.identity import mask_address, mask_phone
from shared.records.base import Body
from shared.records.kind import NOTE, REASON, Field, Label, Question, RecordKind, always


class ContactUpdate(Body, frozen=True, kw_only=True):
    """A phone, address or workplace that the office still has to accept. `source`: who gave it."""

    field: str
    value: str
    source: str
    note: str = ""


SOURCES = ("self", "co_borrower", "family", "neighbour", "village_cadre")
QUESTIONS = (
    Question(field="field", ask=Label("哪一项变了？", "What has changed?"), begins="phone"),
    Question(field="value", ask=Label("新内容", "New value"), needed=always),
    Question(
        field="source",
        ask=Label("谁告诉您的？", "Who gave it to you?"),
        offered=lambda answers, season: SOURCES,
        begins="self",
    ),
    Question(field="note", ask=Label("补充一句（可不填）", "A note (optional)")),
)

KIND = RecordKind(
    name="contact_update",
    body=ContactUpdate,
    label=Label("新联系方式", "New contact"),
    action=Label("新联系方式", "New contact"),
    form="update",
    place=4,
    questions=QUESTIONS,
    fields=(
        Field(name="field", label=Label("项目", "Field"), table=codes.UPDATE_FIELDS),
        Field(name="value", label=Label("新内容", "New value"), shape=REASON),
        Field(name="source", label=Label("来源", "Source"), table=codes.PEOPLE),
        NOTE,
    ),
    required=("field", "value", "source"),
    headline="value",
    in_words=("field", "source"),
    own_words=("value", "note"),
    reviewed=True,
    judged=True,
    masked_by="field",
    masks={"phone": mask_phone, "address": mask_address},
)
