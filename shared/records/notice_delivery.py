"""The notice (附件3) brought to someone, with the photo of the signed slip."""

from __future__ import annotations

from shared import codes
from shared.conduct import SENT
from shared.records.base import Body, Position
from shared.records.kind import (
    FLAGS,
    NAME,
    NAMES,
    NOTE,
    POSITION,
    REASON,
    Answers,
    Field,
    Known,
    Label,
    Question,
    RecordKind,
    always,
)
from shared.season import Season


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


SIGNED = ("signed", "cannot_write", "acknowledged")
OUTCOMES = {
    "in_person": ("signed", "cannot_write", "refused", "not_home", "not_found"),
    "post": ("signed", "acknowledged", "refused", "not_found"),
    "message": ("acknowledged", "refused", "not_found"),
    "passed_on": ("signed", "cannot_write", "acknowledged", "refused", "not_home", "not_found"),
}
"""What may come of a delivery, by its method; the first is what naming a signer means."""
SIGNERS = ("self", "co_borrower", "family")
PASSED_ON_SIGNERS = ("self", "co_borrower", "family", "neighbour", "village_cadre")
REFUSALS = (
    Label("要先和孩子商量", "Wants to ask the graduate first"),
    Label("对金额有疑问", "Doubts the amount"),
    Label("说已经还了", "Says it is paid"),
    Label("不愿说明", "Would rather not say"),
)
"""Why people do not sign."""


def outcomes(answers: Answers, season: Season) -> tuple[str, ...]:
    """Return what may come of the method chosen; of none, or an unknown one, everything."""
    every = tuple(row.code for row in codes.DELIVERIES)
    return OUTCOMES.get(str(answers.get("method")), every)


def signers(answers: Answers, season: Season) -> tuple[str, ...]:
    """Return who may sign: neighbours and cadres only what was passed on."""
    return PASSED_ON_SIGNERS if answers.get("method") == "passed_on" else SIGNERS


def brought(answers: Answers, known: Known) -> bool:
    """Return whether somebody went: nobody goes along with a letter or a message."""
    return answers.get("method") not in SENT


def signed(answers: Answers, known: Known) -> bool:
    """Return whether somebody signed or confirmed."""
    return answers.get("outcome") in SIGNED


def refused(answers: Answers, known: Known) -> bool:
    """Return whether it was refused."""
    return answers.get("outcome") == "refused"


def witnessed(answers: Answers, known: Known) -> bool:
    """Return whether a witness stands in for a signature."""
    return answers.get("outcome") in ("refused", "cannot_write")


WHERE_SIGNED = Label("签收或确认的填", "where signed or confirmed")
QUESTIONS = (
    Question(field="method", ask=Label("怎样送的？", "How was it delivered?"), needed=always),
    Question(
        field="outcome",
        ask=Label("送到了吗？", "Did it arrive?"),
        needed=always,
        offered=outcomes,
    ),
    Question(
        field="signer_relation",
        ask=Label("谁签的？", "Who signed?"),
        asked=signed,
        condition=WHERE_SIGNED,
        needed=signed,
        offered=signers,
    ),
    Question(
        field="signer_name",
        ask=Label("签收人姓名", "Name of the person who signed"),
        asked=signed,
        condition=Label("不是本人签收的填", "where another person signed"),
    ),
    Question(
        field="reason",
        ask=Label("为什么没有签？", "Why was it not signed?"),
        asked=refused,
        condition=Label("拒签的填", "where refused"),
        needed=refused,
        sentences=REFUSALS,
    ),
    Question(
        field="witness",
        ask=Label("在场见证人姓名", "Name of a witness"),
        asked=witnessed,
        condition=Label("拒签、不会写字的填", "where refused or unable to write"),
    ),
    Question(
        field="servers",
        ask=Label("哪几位去的？", "Who went?"),
        asked=brought,
        condition=Label("当面送达、转交的填", "where somebody went"),
        party=True,
        otherwise=lambda known: (known.teacher,),
    ),
    Question(field="note", ask=Label("补充一句（可不填）", "A note (optional)")),
)

KIND = RecordKind(
    name="notice_delivery",
    body=NoticeDelivery,
    label=Label("送达通知书", "Notice delivered"),
    action=Label("送达通知书", "Deliver notice"),
    draft=Label("送达通知书", "Deliver notice"),
    form="deliver",
    place=1,
    questions=QUESTIONS,
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
