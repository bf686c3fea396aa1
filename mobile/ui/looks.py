"""Language, text size, light or dark: chosen once, kept on the phone, applied to the page at once."""

from __future__ import annotations

import flet as ft

from mobile.ui.state import App
from mobile.ui.theme import SCALES, dress, speak
from mobile.usecases import settings

LANGUAGES = [("zh", "中文"), ("en", "English")]
SIZES = list(zip(("normal", "large", "huge"), SCALES, strict=True))
MODES = ("system", "light", "dark")


async def restore(app: App, page: ft.Page) -> None:
    """Take up what was chosen before and dress the page in it."""
    app.language = str(await settings.get(app.phone, "language", app.language))
    app.scale = float(await settings.get(app.phone, "scale", app.scale))  # type: ignore[arg-type]  # ours is a number
    app.mode = str(await settings.get(app.phone, "mode", app.mode))
    apply(app, page)


def apply(app: App, page: ft.Page) -> None:
    """Dress the page as the app says."""
    page.title = app.t("app.name")
    dress(page, scale=app.scale, mode=app.mode)
    speak(page, app.language)


async def choose_language(app: App, language: str) -> None:
    """zh or en."""
    app.language = language
    await _kept(app, "language", language)


async def choose_scale(app: App, scale: float) -> None:
    """One of SCALES."""
    app.scale = scale
    await _kept(app, "scale", scale)


async def choose_mode(app: App, mode: str) -> None:
    """system, light or dark."""
    app.mode = mode
    await _kept(app, "mode", mode)


async def _kept(app: App, key: str, value: str | float) -> None:
    page = ft.context.page
    apply(app, page)
    page.update()
    await settings.put(app.phone, key, value)
