"""情况说明: why a person in special circumstances has not paid."""

from __future__ import annotations

from shared import codes
from shared.records.base import Body
from shared.records.kind import (
    LONG,
    NAME,
    REASON,
    Answers,
    Field,
    Known,
    Label,
    Question,
    RecordKind,
    always,
)
from shared.records.shapes import Many, RecordId, YesNo
from shared.season import Season


class Statement(Body, frozen=True, kw_only=True):
    """情况说明: why a person in special circumstances has not paid.

    A later one supersedes; nothing is overwritten.
    """

    reason: str
    narrative: str
    handling: str = "keep_reminding"
    evidence: tuple[str, ...] = ()
    evidence_purpose: str = ""
    consent: bool = False
    supersedes: str = ""


def consent_needed(body: Statement, photos: tuple[str, ...], season: Season) -> tuple[str, ...]:
    """Evidence about health or custody needs its purpose and a separate consent (PIPL 28-29).

    Photos are evidence.
    """
    sensitive = codes.find(season.reasons, body.reason).sensitive
    return ("evidence_purpose", "consent") if sensitive and (body.evidence or photos) else ()


def consent_asked(answers: Answers, known: Known) -> bool:
    """Return whether purpose and consent are asked: for photos of papers on health or custody."""
    reason = str(answers.get("reason"))
    return codes.find(known.season.reasons, reason).sensitive and bool(known.photos)


def explained(answers: Answers, season: Season) -> tuple[str, ...]:
    """Return the season's reasons that need explaining."""
    reasons = [row for row in season.reasons if row.code != "not_home"]
    groups = ("special", "unreachable")
    return tuple(row.code for group in groups for row in reasons if row.group == group)


WHERE_CONSENT = Label("有疾病、服刑等材料照片的填", "for photos of papers on health or custody")
QUESTIONS = (
    Question(
        field="reason",
        ask=Label("是什么原因？", "What is the reason?"),
        needed=always,
        offered=explained,
    ),
    Question(field="narrative", ask=Label("说明全文", "The statement"), needed=always),
    Question(field="handling", ask=Label("建议怎样办？", "What do you propose?"), needed=always),
    Question(
        field="evidence_purpose",
        ask=Label("这份材料用来做什么？", "What is this paper for?"),
        asked=consent_asked,
        condition=WHERE_CONSENT,
        needed=consent_asked,
        sentences=(
            Label("申请还款救助", "To apply for relief"),
            Label("证明特殊情况", "To show special circumstances"),
        ),
    ),
    Question(
        field="consent",
        ask=Label("本人或家人同意", "consent of borrower or family"),
        asked=consent_asked,
        condition=WHERE_CONSENT,
        needed=consent_asked,
    ),
)

PAPERS = Many(of=NAME, most=100)
"""The papers that prove it: photos by their hash, or what they are called."""

KIND = RecordKind(
    name="statement",
    body=Statement,
    label=Label("情况说明", "Statement"),
    action=Label("情况说明", "Statement"),
    form="statement",
    place=5,
    questions=QUESTIONS,
    fields=(
        Field(name="reason", label=Label("原因", "Reason"), table=codes.REASONS, of_season=True),
        Field(name="narrative", label=Label("情况", "Narrative"), shape=LONG),
        Field(name="handling", label=Label("拟办意见", "Handling"), table=codes.HANDLINGS),
        Field(name="evidence", label=Label("证明材料", "Evidence"), shape=PAPERS),
        Field(name="evidence_purpose", label=Label("材料用途", "Purpose"), shape=REASON),
        Field(name="consent", label=Label("单独同意", "Consent"), shown=False, shape=YesNo()),
        Field(name="supersedes", label=Label("取代", "Supersedes"), shown=False, shape=RecordId()),
    ),
    required=("reason", "narrative"),
    headline="reason",
    in_words=("reason", "handling"),
    long="narrative",
    own_words=("narrative",),
    derived=("evidence", "supersedes"),
    reviewed=True,
    judged=True,
    photos=True,
    photo_field="evidence",
    supersedes="supersedes",
    also_required=consent_needed,
)
