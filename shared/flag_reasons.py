"""The reasons that can be given for each flag: only those that can be true of it are offered.

One table for the phone's form, the office's page and the printed sheet.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.codes import Code, find

WORDS = (
    Code("agreed", "对方约的时间", "They chose the time"),
    Code("met", "路上偶遇", "Met by chance"),
    Code("colleague", "同行老师临时有事", "My colleague was held up"),
    Code("none_planned", "没有安排同行老师", "No colleague was assigned"),
    Code("asked_for", "对方主动联系", "They contacted us"),
    Code("urgent", "情况紧急", "It was urgent"),
    Code("condolence", "看望家属", "To see the family"),
    Code("on_paper", "纸质签收单已收好", "The paper slip is in safe keeping"),
    Code("unwilling", "对方不愿拍照", "They did not want a photo"),
    Code("no_camera", "手机拍不了", "This phone could not take one"),
    Code("later", "回校后补拍", "Will be photographed at school"),
)
"""Every reason; its place here is its number, on the office's page and on the printed sheet."""
REASONS = {
    "alone": ("colleague", "none_planned", "met", "urgent"),
    "outside_hours": ("agreed", "met", "asked_for", "urgent"),
    "too_soon": ("agreed", "met", "asked_for", "urgent"),
    "third_party_early": ("met", "asked_for", "urgent"),
    "too_many_calls": ("agreed", "asked_for", "urgent"),
    "deceased": ("agreed", "met", "asked_for", "condolence", "urgent"),
    "no_photo": ("on_paper", "unwilling", "no_camera", "later"),
}
"""Flag -> its reasons, the likeliest first."""
BETWEEN = "；"
"""Between the reasons of one record that has several flags."""


def asked_together(flags: Sequence[str]) -> tuple[tuple[str, ...], tuple[Code, ...]]:
    """Return the flags to ask about in one question, the first always among them, and its reasons.

    All flags together where one reason can be given for all of them, otherwise only the first.
    """
    first = REASONS.get(flags[0], REASONS["outside_hours"])
    common = [key for key in first if all(key in REASONS.get(flag, first) for flag in flags)]
    keys = common or first
    return tuple(flags if common else flags[:1]), tuple(find(WORDS, key) for key in keys)


def questions_about(flags: Sequence[str]) -> list[tuple[tuple[str, ...], tuple[Code, ...]]]:
    """Return every question that the flags of a record call for, in order."""
    found, left = list[tuple[tuple[str, ...], tuple[Code, ...]]](), list(flags)
    while left:
        asked, reasons = asked_together(left)
        found.append((asked, reasons))
        left = [flag for flag in left if flag not in asked]
    return found
