"""An optional position, rounded to about 100 m."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.guard import guard, show_notice
from mobile.ui.app.hooks import use_state
from mobile.ui.app.state import use_app
from mobile.ui.components.button import link
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.photo_strip import tag_row
from shared.records.base import Position


@ft.component
def PositionQuestion(form: Form, key: str = "") -> ft.Control:
    """Off by default; one tap notes one position."""
    app = use_app()
    seeking, set_seeking = use_state(False)
    there = form.get("position", None)

    async def fix() -> None:
        set_seeking(True)
        try:
            position = await app.device.fix()
        finally:
            set_seeking(False)
        if position is None:
            show_notice(app, app.t("where.none"))
            return
        form.put(
            position={
                "latitude_deg": position.latitude_deg,
                "longitude_deg": position.longitude_deg,
                "accuracy_m": position.accuracy_m,
            }
        )

    if there:
        known = tag_row(app.t("where.kept"), ft.Icons.PLACE)
        drop = link(app.t("where.drop"), None, guard(app, lambda: form.put(position=None)))
        return ft.Row([known, drop], wrap=True)
    words = app.t("where.seeking" if seeking else "where.add")
    return ft.Row([link(words, ft.Icons.PLACE_OUTLINED, None if seeking else guard(app, fix))])


def place_of(form: Form) -> Position | None:
    """The position in the form."""
    there = form.get("position", None)
    return Position(**there) if there else None
