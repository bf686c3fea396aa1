"""The photos of a form and the way to the camera."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import path_handler
from mobile.ui.app.state import use_app
from mobile.ui.components.button import secondary
from mobile.ui.components.text import secondary_text
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.photos import PhotoList
from mobile.usecases import take_photo


@ft.component
def PhotoStrip(form: Form, path: str, ask: str, hint: str = "", key: str = "") -> ft.Control:
    """The photos of a form, and the way to the camera."""
    app = use_app()
    hashes: tuple[str, ...] = tuple(form.get("photos", []))

    async def load() -> tuple[tuple[str, bytes], ...]:
        return tuple([(sha, await take_photo.photo_or_nothing(app.phone, sha)) for sha in hashes])

    loaded = use_load(app, load, hashes)
    shots = loaded.value if hashes and loaded.value else ()
    parts: list[ft.Control] = (
        [PhotoList(shots, lambda sha: _drop(app, form, sha), key="shots")] if shots else []
    )
    again = app.t("photo.more") if hashes else ask
    parts.append(
        ft.Row(
            [secondary(again, ft.Icons.PHOTO_CAMERA_OUTLINED, path_handler(app, f"{path}/photo"))],
            wrap=True,
        )
    )
    if form.get("blurred", []):
        parts.append(tag_row(app.t("photo.blurred_kept"), ft.Icons.BLUR_ON))
    elif hashes:
        parts.append(tag_row(app.t("photo.sharp"), ft.Icons.CHECK_CIRCLE))
    if hint and not hashes:
        parts.append(secondary_text(hint))
    return ft.Column(parts, spacing=8, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def _drop(app: Any, form: Form, sha: str) -> Any:
    def run() -> None:
        form.drop("photos", sha)
        form.drop("blurred", sha)

    return guard(app, run)


def tag_row(words: str, icon: ft.IconData) -> ft.Control:
    """A small line with an icon."""
    return ft.Row(
        [ft.Icon(icon, size=20, color=ft.Colors.PRIMARY), secondary_text(words)],
        spacing=8,
        tight=True,
    )
