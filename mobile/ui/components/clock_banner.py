"""A banner with both dates, shown once, where the phone's differs from the office's."""

from __future__ import annotations

import flet as ft

from mobile.i18n import Tongue
from mobile.ui.app.guard import guard
from mobile.ui.app.loading import use_load
from mobile.ui.app.state import use_app
from mobile.ui.app.wording import day_words
from mobile.ui.components.button import link
from mobile.ui.components.panel import banner
from mobile.usecases import odd_clock
from mobile.usecases.odd_clock import ClockOff


@ft.component
def ClockBanner(key: str = "") -> ft.Control:
    """The banner, or nothing where the clock is right or the teacher has read it."""
    app = use_app()

    async def load() -> ClockOff | None:
        return await odd_clock.to_report(app.phone)

    found = use_load(app, load).value
    if found is None:
        return ft.Container(height=0)

    async def read() -> None:
        await odd_clock.note_read(app.phone, found)
        app.records_changed()

    t = app.t
    days = {"phone": _with_year(t, found.phone_day), "office": _with_year(t, found.office_day)}
    done = link(t("clock.read"), None, guard(app, read), kind="amber")
    return banner(
        ft.Icons.EVENT_OUTLINED, t("clock.off"), [t("clock.days", **days)], actions=[done]
    )


def _with_year(t: Tongue, day: str) -> str:
    """A day with its year: a clock that lost its battery is years off."""
    return t("clock.day", year=day[:4], day=day_words(t, day))
