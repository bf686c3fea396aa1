"""What was done today, home by home, and what is left."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import path_handler
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import in_words, kind_words, moment_words
from mobile.ui.components.case_row import door_words
from mobile.ui.components.panel import empty_state, not_loaded, panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.text import secondary_text, text
from mobile.usecases import season, today
from mobile.usecases.views import DoneLine, TodayView
from shared.ids import show_case_code


@ft.component
def Done() -> ft.View:
    """The list behind the count on Today."""
    app = use_app()

    async def load() -> tuple[TodayView, datetime]:
        return await today.today(app.phone), await season.now(app.phone)

    loaded = use_load(app, load)
    title = app.t("done.title")
    if loaded.value is None:
        waiting = not_loaded(app.t("common.wait"), loaded.error)
        return scaffold(app, [waiting], title=title)
    view, now = loaded.value
    if not view.done:
        nothing = empty_state(ft.Icons.TODAY, app.t("done.none"), app.t("done.none_line"))
        return scaffold(app, [nothing], title=title)
    counts = (
        app.t("today.done_count", count=len(view.done)),
        app.t("today.left", count=len(view.todo)),
    )
    body: list[ft.Control] = [secondary_text(" · ".join(counts), "text")]
    body += [_home(app, done, now) for done in view.done]
    return scaffold(app, body, title=title)


def _home(app: App, done: DoneLine, now: datetime) -> ft.Control:
    """Who, where and what was recorded; a tap opens the case."""
    line = done.line
    parts: list[ft.Control] = [
        ft.Row(
            [text(line.name, "strong"), secondary_text(show_case_code(line.code))],
            wrap=True,
            spacing=8,
            run_spacing=0,
        ),
        secondary_text(door_words(line)),
    ]
    for kind, words in done.records:
        result = in_words(app.t, words)
        parts.append(text(f"{kind_words(app.t, kind)} {result}".strip()))
    parts.append(secondary_text(moment_words(app.t, done.at, now)))
    return panel(
        ft.Column(parts, spacing=2), on_click=path_handler(app, f"/do/{line.id}"), padding=14
    )
