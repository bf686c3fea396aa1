"""Whether everything is handed in: one line, the same on Today and in the outbox."""

from __future__ import annotations

from typing import NamedTuple

import flet as ft

from mobile.i18n import Tongue
from mobile.ui.app.wording import unsent_words
from mobile.usecases import handed_in
from mobile.usecases.handin_views import OutboxView


class HandedInLine(NamedTuple):
    """Icon, colour set and words of the line."""

    icon: ft.IconData
    kind: str
    words: str


def handed_in_line(t: Tongue, box: OutboxView) -> HandedInLine:
    """What is handed in and what is not, by `OutboxView.handed_in`."""
    state = box.handed_in
    if state == handed_in.REJECTED:
        words = t("outbox.rejected", count=box.rejected)
        return HandedInLine(ft.Icons.ERROR_OUTLINE, "attention", words)
    if state == handed_in.WAITING:
        words = unsent_words(t, box.unsent, box.photos_unsent)
        return HandedInLine(ft.Icons.PHONE_ANDROID, "amber", words)
    if state == handed_in.RETURNED:
        words = t("outbox.returned", count=len(box.returned))
        return HandedInLine(ft.Icons.REPLAY, "attention", words)
    if state == handed_in.LIST_FAILED:
        return HandedInLine(ft.Icons.CLOUD_OFF_OUTLINED, "amber", t("outbox.list_failed"))
    if state == handed_in.NEVER:
        return HandedInLine(ft.Icons.CLOUD_OUTLINED, "plain", t("outbox.nothing_yet"))
    return HandedInLine(ft.Icons.CLOUD_DONE_OUTLINED, "plain", t("outbox.all_sent"))
