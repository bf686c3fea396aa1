"""今天交了什么: today's records as a list to show, each with whether the school has it."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from mobile.i18n import Tongue
from mobile.ui.app.guard import show_notice, use_busy
from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import path_handler
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import day_words, in_words, kind_words, moment_words
from mobile.ui.components.button import secondary
from mobile.ui.components.panel import empty_state, not_loaded, panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.tag import record_tag
from mobile.ui.components.text import secondary_text, text
from mobile.usecases import day_list, season
from mobile.usecases.day_list import DayLine, DayList


@ft.component
def Day() -> ft.View:
    """The list of today."""
    app = use_app()
    path = ft.use_view_path()

    async def load() -> tuple[DayList, datetime]:
        return await day_list.day_list(app.phone), await season.now(app.phone)

    loaded = use_load(app, load)
    title = app.t("day.title")
    if loaded.value is None:
        waiting = not_loaded(app.t("common.wait"), loaded.error)
        return scaffold(app, [waiting], title=title)
    found, now = loaded.value
    if not found.lines:
        nothing = empty_state(ft.Icons.EVENT_NOTE, app.t("day.none"), app.t("day.none_line"))
        return scaffold(app, [nothing], title=title)
    share = [ShareDay(found, now, key="share")] if app.device.can_share else []
    lines = [_line(app, line, now, path) for line in found.lines]
    return scaffold(app, [_head(app, found), *share, *lines], title=title)


@ft.component
def ShareDay(found: DayList, now: datetime, key: str = "") -> ft.Control:
    """The list as a text to another app: names are masked in it, as on the screen."""
    app = use_app()
    busy, exclusive = use_busy(app)

    async def share() -> None:
        name = f"{app.t('day.title')}-{found.day}.txt"
        shared = await app.device.share_file(name, _as_text(app.t, found, now).encode())
        if not shared:
            show_notice(app, app.t("handover.not_shared"))

    return secondary(app.t("day.share"), ft.Icons.SHARE_OUTLINED, exclusive(share), off=busy)


def _sums(t: Tongue, found: DayList) -> str:
    return t("day.sums", people=found.people, records=len(found.lines), sent=found.sent)


def _as_text(t: Tongue, found: DayList, now: datetime) -> str:
    """Day and sums, then a line a record: code, name, what was done, when, whether it arrived."""
    rows = [
        "  ".join(
            part
            for part in (
                line.code,
                line.name or t("day.gone"),
                _what(t, line),
                moment_words(t, line.happened_at, now),
                t(f"record.{line.state}"),
            )
            if part
        )
        for line in found.lines
    ]
    return "\n".join([day_words(t, found.day, weekday=True), _sums(t, found), "", *rows, ""])


def _head(app: App, found: DayList) -> ft.Control:
    t = app.t
    day = text(day_words(t, found.day, weekday=True), "subtitle")
    return panel(ft.Column([day, text(_sums(t, found))], spacing=4))


def _line(app: App, line: DayLine, now: datetime, path: str) -> ft.Control:
    t = app.t
    head = ft.Row(
        [text(line.name or t("day.gone"), "strong", expand=True), record_tag(t, line.state)],
        vertical_alignment=ft.CrossAxisAlignment.CENTER,
    )
    place = " · ".join(
        part for part in (line.village, line.code, moment_words(t, line.happened_at, now)) if part
    )
    content = ft.Column([head, text(_what(t, line)), secondary_text(place)], spacing=4)
    return panel(content, on_click=path_handler(app, f"{path}/record/{line.fact}"), padding=14)


def _what(t: Tongue, line: DayLine) -> str:
    kind = kind_words(t, line.kind)
    if line.about != line.kind:
        kind = t("record.about", kind=kind, what=kind_words(t, line.about))
    photos = t("photo.count", count=line.photos) if line.photos else ""
    return " · ".join(part for part in (kind, in_words(t, line.words), photos) if part)
