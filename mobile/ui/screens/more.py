"""更多: language, text size, light or dark, the policy page, what this app is."""

from __future__ import annotations

import flet as ft

from mobile.ui.components.choice import choices, question
from mobile.ui.components.frame import frame
from mobile.ui.components.panel import panel
from mobile.ui.components.text import quiet, text
from mobile.ui.looks import LANGUAGES, MODES, SIZES, choose_language, choose_mode, choose_scale
from mobile.ui.nav import picker, to
from mobile.ui.state import App, use_app


@ft.component
def More() -> ft.View:
    """Settings and help."""
    app = use_app()
    t = app.t
    body: list[ft.Control] = [
        _way(app, ft.Icons.MENU_BOOK_OUTLINED, t("policy.title"), t("policy.line"), "/more/policy"),
        question(
            t("size.ask"),
            choices(
                [(str(k), t(f"size.{n}")) for n, k in SIZES],
                str(app.scale),
                picker(app, lambda code: choose_scale(app, float(code))),
            ),
        ),
        question(
            t("more.mode"),
            choices(
                [(mode, t(f"mode.{mode}")) for mode in MODES],
                app.mode,
                picker(app, lambda code: choose_mode(app, code)),
            ),
        ),
        question(
            t("more.language"),
            choices(LANGUAGES, app.language, picker(app, lambda code: choose_language(app, code))),
        ),
        question(t("more.about"), _about(app)),
    ]
    return frame(app, body, title=t("tab.more"), tab="more")


def _way(app: App, icon: ft.IconData, title: str, line: str, path: str) -> ft.Control:
    row = ft.Row(
        [
            ft.Icon(icon, size=28, color=ft.Colors.PRIMARY),
            ft.Column([text(title, "strong"), quiet(line)], spacing=2, expand=True),
            ft.Icon(ft.Icons.CHEVRON_RIGHT, color=ft.Colors.ON_SURFACE_VARIANT),
        ],
        spacing=14,
    )
    return panel(row, on_click=to(app, path))


def _about(app: App) -> ft.Control:
    t = app.t
    lines: list[ft.Control] = [text(t("app.name_long"), "subtitle"), text(t("about.what"), "text")]
    if app.scope is not None:
        lines.append(quiet(t("about.who", school=app.scope.school_name, name=app.scope.staff_name)))
    lines += [quiet(t("about.masked")), quiet(t("about.money"))]
    return panel(ft.Column(lines, spacing=8))
