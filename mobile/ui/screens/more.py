"""更多: scripts and policy, storage, appearance, PIN, sign out; most rows open another screen."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.app.appearance import (
    LANGUAGES,
    MODES,
    SIZES,
    choose_language,
    choose_mode,
    choose_scale,
)
from mobile.ui.app.guard import guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import choice_handler, path_handler
from mobile.ui.app.session_lock import lock
from mobile.ui.app.state import App, use_app
from mobile.ui.app.theme import SWITCH_PADDING
from mobile.ui.components.brand_header import brand_header
from mobile.ui.components.button import secondary
from mobile.ui.components.choice import choices
from mobile.ui.components.menu import menu, menu_row
from mobile.ui.components.panel import banner, panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.text import text
from mobile.usecases import settings
from mobile.usecases.take_photo import STRIP


@ft.component
def More() -> ft.View:
    """Settings and help."""
    app = use_app()
    t = app.t
    body: list[ft.Control] = [
        menu(
            [
                menu_row(
                    ft.Icons.MENU_BOOK_OUTLINED,
                    t("policy.title"),
                    t("policy.line"),
                    path_handler(app, "/more/policy"),
                ),
                menu_row(
                    ft.Icons.HELP_OUTLINE,
                    t("help.title"),
                    t("help.line"),
                    path_handler(app, "/more/help"),
                ),
                menu_row(
                    ft.Icons.SD_STORAGE_OUTLINED,
                    t("storage.title"),
                    t("storage.line"),
                    path_handler(app, "/more/storage"),
                ),
            ]
        ),
        _appearance(app),
        menu(
            [
                Strip(),
                menu_row(
                    ft.Icons.PASSWORD,
                    t("pin.change"),
                    t("pin.change_line"),
                    path_handler(app, "/more/pin"),
                ),
                menu_row(ft.Icons.LOCK_OUTLINE, t("lock.now"), "", guard(app, lambda: lock(app))),
            ]
        ),
        menu(
            [
                menu_row(
                    ft.Icons.INFO_OUTLINE,
                    t("more.about"),
                    _who(app),
                    path_handler(app, "/more/about"),
                ),
                menu_row(
                    ft.Icons.LOGOUT,
                    t("sign_out.title"),
                    t("sign_out.line"),
                    path_handler(app, "/more/sign-out"),
                ),
            ]
        ),
    ]
    return scaffold(app, body, title=t("tab.more"), tab="more")


def _who(app: App) -> str:
    if app.scope is None:
        return ""
    return app.t("about.who", school=app.scope.school_name, name=app.scope.staff_name)


def _appearance(app: App) -> ft.Control:
    """Text size, light or dark, language: one tap each, and the page changes at once."""
    t = app.t
    sizes = [(str(k), t(f"size.{n}")) for n, k in SIZES]
    modes = [(mode, t(f"mode.{mode}")) for mode in MODES]
    asked: list[tuple[str, list[tuple[str, str]], str, Any]] = [
        (t("more.size"), sizes, str(app.scale), lambda code: choose_scale(app, float(code))),
        (t("more.mode"), modes, app.mode, lambda code: choose_mode(app, code)),
        (t("more.language"), LANGUAGES, app.language, lambda code: choose_language(app, code)),
    ]
    parts = [
        ft.Column(
            [text(words, "strong"), choices(options, chosen, choice_handler(app, act))], spacing=8
        )
        for words, options, chosen, act in asked
    ]
    return panel(ft.Column(list[ft.Control](parts), spacing=18))


@ft.component
def Strip() -> ft.Control:
    """Whether case code, time and school are written below new photos."""
    app = use_app()
    chosen, set_chosen = use_state("")

    async def load() -> bool:
        return bool(await settings.get(app.phone, STRIP, True))

    loaded = use_load(app, load)
    on = chosen == "on" if chosen else loaded.value is not False

    async def turn() -> None:
        await settings.put(app.phone, STRIP, not on)
        set_chosen("off" if on else "on")

    switch = ft.Switch(value=on, on_change=guard(app, turn), padding=SWITCH_PADDING)
    named = ft.Semantics(label=app.t("strip.title"), container=True, content=switch)
    return menu_row(
        ft.Icons.SHORT_TEXT, app.t("strip.title"), app.t("strip.line"), guard(app, turn), end=named
    )


@ft.component
def About() -> ft.View:
    """What this app is, whose phone it is, what it never does."""
    app = use_app()
    t = app.t
    entries = (
        (ft.Icons.CLOUD_OFF_OUTLINED, "about.what"),
        (ft.Icons.VISIBILITY_OFF_OUTLINED, "about.masked"),
        (ft.Icons.MONEY_OFF, "about.money"),
    )
    lines: list[ft.Control] = [
        ft.Row(
            [ft.Icon(icon, size=26, color=ft.Colors.PRIMARY), text(t(key), "text", expand=True)],
            spacing=16,
            vertical_alignment=ft.CrossAxisAlignment.START,
        )
        for icon, key in entries
    ]
    body = [
        brand_header(t("app.name_long"), _who(app), small=True),
        *_update(app),
        panel(ft.Column(lines, spacing=16)),
    ]
    return scaffold(app, body, title=t("more.about"))


def _update(app: App) -> list[ft.Control]:
    """A new version and the button that installs it; nothing in an installed app."""
    if not app.device.update_waits:
        return []

    async def renew() -> None:
        await app.forms.flush_and_release()  # unsaved text would block the update
        app.device.renew()

    act = secondary(app.t("update.now"), ft.Icons.REFRESH, guard(app, renew))
    return [
        banner(
            ft.Icons.SYSTEM_UPDATE_ALT,
            app.t("update.title"),
            [app.t("update.line")],
            kind="calm",
            actions=[act],
        )
    ]
