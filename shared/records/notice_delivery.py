"""The notice (附件3) brought to someone, with the photo of the signed slip."""

from __future__ import annotations

from shared import codes
from shared.records.base import Body, Position
from shared.records.kind import FLAGS, NAME, NAMES, NOTE, POSITION, REASON, Field, Label, RecordKind


class NoticeDelivery(Body, frozen=True, kw_only=True):
    """The notice (附件3) brought to someone. Codes: METHODS, DELIVERIES, PEOPLE.

    Photos: the signed slip.
    """

    method: str = "in_person"
    outcome: str
    servers: tuple[str, ...] = ()
    signer_name: str = ""
    signer_relation: str = ""
    reason: str = ""
    witness: str = ""
    note: str = ""
    flags: tuple[str, ...] = ()
    flag_reason: str = ""
    position: Position | None = None


KIND = RecordKind(
    name="notice_delivery",
    body=NoticeDelivery,
    label=Label("送达通知书", "Notice delivered"),
    action=Label("送达通知书", "Deliver notice"),
    draft=Label("送达通知书", "Deliver notice"),
    form="deliver",
    fields=(
        Field(name="method", label=Label("方式", "Method"), table=codes.METHODS),
        Field(name="outcome", label=Label("结果", "Outcome"), table=codes.DELIVERIES),
        Field(name="servers", label=Label("送达人", "Served by"), shape=NAMES),
        Field(name="signer_name", label=Label("签收人", "Signed by"), shape=NAME),
        Field(name="signer_relation", label=Label("与本人关系", "Relation"), table=codes.PEOPLE),
        Field(name="reason", label=Label("原因", "Reason"), shape=REASON),
        Field(name="witness", label=Label("见证人", "Witness"), shape=NAME),
        NOTE,
        *FLAGS,
        POSITION,
    ),
    required=("outcome",),
    headline="outcome",
    in_words=("method", "outcome", "signer_relation"),
    own_words=("note",),
    reviewed=True,
    timed=True,
    photos=True,
    flagged=True,
)
