"""Banners of what no sync moves any more, and what to do about it."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.navigation import path_handler
from mobile.ui.app.state import App
from mobile.ui.app.wording import in_words
from mobile.ui.components.button import link
from mobile.ui.components.panel import banner
from mobile.usecases.handin_views import OutboxView

REFUSED = "sync.rejected"
"""Shown elsewhere: each refused record in the outbox with its reason, their count on Today."""


def stuck_banners(app: App, box: OutboxView, *, in_outbox: bool) -> list[ft.Control]:
    """One banner for each reason, with a link to where the teacher can resolve it."""
    return [
        banner(
            ft.Icons.SYNC_PROBLEM_OUTLINED,
            in_words(app.t, line.what),
            [in_words(app.t, line.todo)],
            kind="attention",
            actions=[] if in_outbox else [_way(app)],
        )
        for line in box.stuck
        if line.code != REFUSED
    ]


def _way(app: App) -> ft.Control:
    there = path_handler(app, "/outbox")
    return link(app.t("outbox.title"), ft.Icons.ARROW_FORWARD, there, kind="attention")
