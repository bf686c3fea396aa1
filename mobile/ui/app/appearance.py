"""Language, text size, light or dark: chosen once, kept on the phone, applied to the page at once."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.state import App
from mobile.ui.app.theme import SCALES, dress, speak
from mobile.usecases import appearance
from mobile.usecases.appearance import Appearance

LANGUAGES = [("zh", "中文"), ("en", "English")]
SIZES = list(zip(("normal", "large", "huge", "most"), SCALES, strict=True))
FIRST_SIZES = SIZES[:3]
"""What the first start asks; the fourth, twice the size, is under 更多."""
MODES = ("system", "light", "dark")


async def restore(app: App, page: ft.Page) -> None:
    """Take up what was chosen before and dress the page in it."""
    kept = await appearance.load(app.phone_lock.ports.files)
    app.language, app.scale, app.mode = kept.language, kept.scale, kept.mode
    apply(app, page)


def apply(app: App, page: ft.Page) -> None:
    """Dress the page as the app says."""
    page.title = app.t("app.name")
    dress(page, scale=app.scale, mode=app.mode)
    speak(page, app.language)


async def choose_language(app: App, language: str) -> None:
    """zh or en."""
    app.language = language
    await _kept(app)


async def choose_scale(app: App, scale: float) -> None:
    """One of SCALES."""
    app.scale = scale
    await _kept(app)


async def choose_mode(app: App, mode: str) -> None:
    """system, light or dark."""
    app.mode = mode
    await _kept(app)


async def _kept(app: App) -> None:
    page = ft.context.page
    apply(app, page)
    page.update()
    await appearance.save(
        app.phone_lock.ports.files,
        Appearance(language=app.language, scale=app.scale, mode=app.mode),
    )
