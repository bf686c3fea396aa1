"""Today without a list: why there is none, and the button that fetches it here and now."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.state import use_app
from mobile.ui.app.syncing import use_sync
from mobile.ui.app.wording import in_words
from mobile.ui.components.button import primary
from mobile.ui.components.panel import empty_state
from mobile.usecases.handin_views import OutboxView


@ft.component
def NoList(box: OutboxView, key: str = "") -> ft.Control:
    """A sentence for each state a phone without a list can be in."""
    app = use_app()
    _, busy, sync = use_sync(app)
    line = (
        in_words(app.t, box.last_problem)
        if box.no_list == "failed"
        else app.t(f"today.no_list.{box.no_list}")
    )
    button = primary(app.t("outbox.sync"), ft.Icons.SYNC, sync, busy=busy)
    return empty_state(ft.Icons.LIST_ALT_OUTLINED, app.t("today.no_list"), line, button)
