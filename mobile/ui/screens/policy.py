"""The policy page (附件4) and door scripts of the season: text the county edits, read offline."""

from __future__ import annotations

import flet as ft

from mobile.ui.components.frame import frame
from mobile.ui.components.panel import empty, panel, waiting
from mobile.ui.components.text import quiet, text
from mobile.ui.load import use_load
from mobile.ui.state import App, use_app
from mobile.usecases import season
from shared.season import PolicyPage, Season


@ft.component
def Policy() -> ft.View:
    """All pages, one below the other."""
    app = use_app()

    async def load() -> Season:
        return await season.season(app.phone)

    loaded = use_load(app, load)
    if loaded.value is None:
        return frame(app, [waiting(app.t("common.wait"))], title=app.t("policy.title"))
    rules = loaded.value
    body: list[ft.Control] = [_page(app, page) for page in rules.policy]
    if not body:
        body = [empty(ft.Icons.MENU_BOOK_OUTLINED, app.t("policy.none"), app.t("policy.none_line"))]
    if rules.letterhead.hotline:
        body.append(quiet(app.t("policy.hotline", number=rules.letterhead.hotline)))
    body.append(quiet(app.t("policy.from", centre=rules.letterhead.centre)))
    return frame(app, body, title=app.t("policy.title"))


def _page(app: App, page: PolicyPage) -> ft.Control:
    title = page.title_zh if app.language == "zh" else page.title_en
    lines = page.zh if app.language == "zh" else page.en
    return panel(ft.Column([text(title, "subtitle"), *(text(line, "body", select=True) for line in lines)], spacing=10))
