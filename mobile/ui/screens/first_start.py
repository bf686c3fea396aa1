"""First start: 字够大吗? with three sizes, then a PIN. Nothing else is asked.

An iPhone's browser tab shows how to add the app to the home screen instead.
"""

from __future__ import annotations

import flet as ft

from mobile.ui.app.appearance import FIRST_SIZES, choose_language, choose_scale
from mobile.ui.app.guard import guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.navigation import choice_handler
from mobile.ui.app.session_lock import show_stage
from mobile.ui.app.state import App, use_app
from mobile.ui.components.add_to_home_screen import add_to_home_screen
from mobile.ui.components.brand_header import brand_header
from mobile.ui.components.button import link, primary
from mobile.ui.components.case_row import WIDE_SCALE
from mobile.ui.components.choice import choices
from mobile.ui.components.new_pin import NewPin
from mobile.ui.components.panel import panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.text import secondary_text, text


@ft.component
def FirstStart() -> ft.View:
    """Two steps, each a screen."""
    app = use_app()
    sized, set_sized = use_state(False)

    async def chosen(pin: str) -> None:
        await app.phone_lock.set_pin(pin)
        await show_stage(app)

    if app.device.home_screen_first and app.scope is None:
        return scaffold(app, add_to_home_screen(app))
    if sized:
        back = link(app.t("first.back"), ft.Icons.ARROW_BACK, guard(app, lambda: set_sized(False)))
        return scaffold(
            app, [NewPin(chosen), ft.Row([back], alignment=ft.MainAxisAlignment.CENTER)]
        )
    other = "en" if app.language == "zh" else "zh"
    language = link(
        "English" if other == "en" else "中文",
        ft.Icons.TRANSLATE,
        guard(app, lambda: choose_language(app, other)),
    )
    body = [
        ft.Row([language], alignment=ft.MainAxisAlignment.END),
        brand_header(app.t("size.ask"), app.t("first.line"), small=app.scale > WIDE_SCALE),
        choices(
            [(str(k), app.t(f"size.{n}")) for n, k in FIRST_SIZES],
            str(app.scale),
            choice_handler(app, lambda code: choose_scale(app, float(code))),
        ),
        _sample(app),
    ]
    go_on = primary(
        app.t("first.next"), ft.Icons.ARROW_FORWARD, guard(app, lambda: set_sized(True))
    )
    return scaffold(app, body, footer=go_on)


def _sample(app: App) -> ft.Control:
    """A sample of the list in the chosen size."""
    words: list[ft.Control] = [
        text(app.t("first.sample"), "subtitle"),
        text(app.t("first.sample_line")),
    ]
    more = [secondary_text(app.t(key)) for key in ("first.masked", "first.later")]
    return panel(ft.Column([*words, *more], spacing=8))
