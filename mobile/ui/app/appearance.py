"""Language, text size, light or dark: kept on the phone and applied to the page at once."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.state import App
from mobile.ui.app.theme import SCALES, apply_theme, set_locale
from mobile.usecases import appearance
from mobile.usecases.appearance import Appearance

LANGUAGES = [("zh", "中文"), ("en", "English")]
SIZES = list(zip(("normal", "large", "huge", "most"), SCALES, strict=True))
FIRST_SIZES = SIZES[:3]
"""The first start offers these; the fourth size (200 %) is only under 更多."""
MODES = ("system", "light", "dark")


async def restore(app: App, page: ft.Page) -> None:
    """Load the choices made before and apply them to the page; called when a window opens."""
    kept = await appearance.load(app.phone_lock.ports.files)
    app.language, app.scale, app.mode = kept.language, kept.scale, kept.mode
    apply_appearance(app, page)


def apply_appearance(app: App, page: ft.Page) -> None:
    """Apply language, text size and light or dark of `app` to the page."""
    page.title = app.t("app.name")
    apply_theme(page, scale=app.scale, mode=app.mode)
    set_locale(page, app.language)


async def choose_language(app: App, language: str) -> None:
    """Switch the language of all screens: zh or en."""
    app.language = language
    await _apply_and_keep(app)


async def choose_scale(app: App, scale: float) -> None:
    """Change the text size: one of SCALES."""
    app.scale = scale
    await _apply_and_keep(app)


async def choose_mode(app: App, mode: str) -> None:
    """Change the mode: system, light or dark."""
    app.mode = mode
    await _apply_and_keep(app)


async def _apply_and_keep(app: App) -> None:
    page = ft.context.page
    apply_appearance(app, page)
    page.update()
    await appearance.save(
        app.phone_lock.ports.files,
        Appearance(language=app.language, scale=app.scale, mode=app.mode),
    )
