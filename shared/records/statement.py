"""情况说明: why a person in special circumstances has not paid."""

from __future__ import annotations

from shared import codes
from shared.records.base import Body
from shared.records.kind import Field, Label, RecordKind
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


KIND = RecordKind(
    name="statement",
    body=Statement,
    label=Label("情况说明", "Statement"),
    action=Label("情况说明", "Statement"),
    form="statement",
    fields=(
        Field(name="reason", label=Label("原因", "Reason"), table=codes.REASONS, of_season=True),
        Field(name="narrative", label=Label("情况", "Narrative")),
        Field(name="handling", label=Label("拟办意见", "Handling"), table=codes.HANDLINGS),
        Field(name="evidence", label=Label("证明材料", "Evidence")),
        Field(name="evidence_purpose", label=Label("材料用途", "Purpose")),
        Field(name="consent", label=Label("单独同意", "Consent"), shown=False),
        Field(name="supersedes", label=Label("取代", "Supersedes"), shown=False),
    ),
    required=("reason", "narrative"),
    headline="reason",
    in_words=("reason", "handling"),
    long="narrative",
    own_words=("narrative",),
    derived=("evidence", "supersedes"),
    reviewed=True,
    photos=True,
    supersedes="supersedes",
    also_required=consent_needed,
)
