"""More than a day without handing in: one line, with the hand-over file beside it."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.state import use_app
from mobile.ui.app.wording import unsent_words
from mobile.ui.components.button import link
from mobile.ui.components.panel import banner
from mobile.ui.screens.outbox.handover import use_save_file
from mobile.usecases.handin_views import OutboxView


@ft.component
def WaitsLong(box: OutboxView, key: str = "") -> ft.Control:
    """The line; shown only where `box.waits_long`."""
    app = use_app()
    t = app.t
    _, save = use_save_file(app)
    what = unsent_words(t, box.unsent, box.photos_unsent)
    return banner(
        ft.Icons.SCHEDULE,
        t("today.waits_long"),
        [what, t("today.waits_long_line")],
        actions=[link(t("handover.save"), ft.Icons.SAVE_ALT, save, kind="amber")],
    )
