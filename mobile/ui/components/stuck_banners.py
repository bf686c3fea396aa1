"""Banners of what no sync moves any more, and what to do about it."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.navigation import path_handler
from mobile.ui.app.state import App
from mobile.ui.app.wording import in_words
from mobile.ui.components.button import link
from mobile.ui.components.panel import banner
from mobile.usecases.views import OutboxView, StuckLine

REFUSED = "sync.rejected"
"""Shown elsewhere: each refused record in the outbox with its reason, their count on Today."""
GAP = "sync.gap"


def stuck_banners(app: App, box: OutboxView, *, in_outbox: bool) -> list[ft.Control]:
    """One banner a reason, with a link to where it can be settled."""
    return [
        banner(
            ft.Icons.SYNC_PROBLEM_OUTLINED,
            in_words(app.t, line.what),
            [in_words(app.t, line.todo)],
            kind="attention",
            actions=_ways(app, line, in_outbox=in_outbox),
        )
        for line in box.stuck
        if line.code != REFUSED
    ]


def _ways(app: App, line: StuckLine, *, in_outbox: bool) -> list[ft.Control]:
    t = app.t
    if line.code == GAP:
        enrol = path_handler(app, "/outbox/enrol")
        return [link(t("enrol.again"), ft.Icons.PIN_OUTLINED, enrol, kind="attention")]
    if in_outbox:
        return []
    there = path_handler(app, "/outbox")
    return [link(t("outbox.title"), ft.Icons.ARROW_FORWARD, there, kind="attention")]
