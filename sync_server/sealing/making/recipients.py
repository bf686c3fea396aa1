"""Make each recipient's report from one rolled-up summary: the same figures, fewer words. Pure.

Roll-up adds up once and keeps everything of the people in special circumstances; what a recipient
may not receive is removed here. Nothing is computed again, so figures cannot differ.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from shared.identity import mask_id, mask_name
from shared.recipients import UNITS, Recipient, suffix_of, without_lesser
from sync_server.sealing.report_to import WITHHELD, RecipientRef, figures_digest, template_of
from sync_server.sealing.summary import CountySummary, SpecialCase

OF_RECIPIENTS = ("id_number", "reason_words", "narrative")
"""Members of a special case that only a report for a recipient has."""


def plain(whole: CountySummary) -> CountySummary:
    """Return a report that names no recipient: names masked, reasons as in the schools' rows."""
    special = tuple(
        msgspec.structs.replace(
            one, name=mask_name(one.name), **dict.fromkeys(OF_RECIPIENTS, msgspec.UNSET)
        )
        for one in whole.special
    )
    return msgspec.structs.replace(whole, special=special)


def for_recipient(
    whole: CountySummary, recipient: Recipient, others: Sequence[Recipient] = ()
) -> CountySummary:
    """Return the report of one recipient.

    Args:
        whole: the summary as rolled up, with everything (rollup.roll_up_whole).
        recipient: who gets it.
        others: the season's recipients; none that gets less stands in its 主送 or 抄送.

    Returns:
        The same figures with what this recipient may see of single people.
    """
    legend = {one.code for one in whole.reasons}
    head = whole.letterhead
    copied_to = without_lesser(head.copied_to, recipient, others)
    made = msgspec.structs.replace(
        whole,
        document=whole.document + suffix_of(recipient.key),
        special=tuple(_special(one, recipient, legend) for one in whole.special),
        exceptions=whole.exceptions
        if recipient.with_narratives
        else tuple(msgspec.structs.replace(one, reason="", by="") for one in whole.exceptions),
        letterhead=msgspec.structs.replace(head, copied_to=copied_to),
        recipient=RecipientRef.of(recipient, head.sent_to, others),
        template=template_of(recipient, UNITS) or msgspec.UNSET,
    )
    return msgspec.structs.replace(made, figures=figures_digest(msgspec.to_builtins(made)))


def _special(one: SpecialCase, recipient: Recipient, legend: Collection[str]) -> SpecialCase:
    number, full = one.id_number or "", recipient.full_id_numbers
    shows_reason = recipient.with_health_reasons or is_plain_reason(one.reason, legend)
    narrative = (one.narrative or "") if recipient.with_narratives else msgspec.UNSET
    return msgspec.structs.replace(
        one,
        name=one.name if full else mask_name(one.name),
        id_number=number if full or "*" in number else mask_id(number),
        reason=one.reason if shows_reason else WITHHELD,
        reason_words=one.reason_words if recipient.with_health_reasons else msgspec.UNSET,
        narrative=narrative,
    )


def is_plain_reason(reason: str, legend: Collection[str]) -> bool:
    """Return whether a reason does not concern health and the like: those that do have no words."""
    return reason in ("", WITHHELD) or reason in legend


def overfull(summary: CountySummary) -> list[int]:
    """Return the numbers (from 1) of special cases with more than the recipient may receive."""
    to = summary.recipient
    if isinstance(to, msgspec.UnsetType):
        return []
    legend = {one.code for one in summary.reasons}
    return [
        number
        for number, one in enumerate(summary.special, 1)
        if (one.narrative and not to.with_narratives)
        or (one.reason_words and not to.with_health_reasons)
        or not (to.with_health_reasons or is_plain_reason(one.reason, legend))
        or (not to.full_id_numbers and any(_is_whole(x) for x in (one.id_number, one.name)))
    ]


def _is_whole(text: str | msgspec.UnsetType) -> bool:
    return bool(text) and "*" not in str(text)


def with_withheld_reasons(summary: CountySummary) -> list[int]:
    """Return the numbers (from 1) of exceptions whose reason the recipient may not receive."""
    to = summary.recipient
    if isinstance(to, msgspec.UnsetType) or to.with_narratives:
        return []
    return [n for n, one in enumerate(summary.exceptions, 1) if one.reason or one.by]
