"""The records of a case: one line each, with its state, and undo while that is possible."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.loading import use_load
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import in_words, kind_words, moment_words
from mobile.ui.components.button import link
from mobile.ui.components.tag import record_tag, tag
from mobile.ui.components.text import secondary_text, text
from mobile.ui.forms.registry import icon_of
from mobile.usecases import records, season, take_photo
from mobile.usecases.save import UNDO_S, join_due
from mobile.usecases.views import HistoryLine


@ft.component
def History(
    lines: tuple[HistoryLine, ...],
    now: datetime,
    on_correct: Callable[[HistoryLine], Any],
    on_read: Callable[[HistoryLine], Any],
) -> ft.Control:
    """The records, newest first; each can be read whole."""
    app = use_app()
    rows: list[ft.Control] = [_row(app, line, now, on_correct, on_read) for line in lines]
    return ft.Column(rows, spacing=4, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def _row(
    app: App,
    line: HistoryLine,
    now: datetime,
    on_correct: Callable[[HistoryLine], Any],
    on_read: Callable[[HistoryLine], Any],
) -> ft.Control:
    t = app.t
    marks: list[ft.Control] = [record_tag(t, line.state)]
    summary = in_words(t, line.words)
    problem = in_words(t, line.problem)
    if line.paper:
        marks.append(tag(ft.Icons.DESCRIPTION_OUTLINED, t("record.paper"), "soft"))
    if line.corrected:
        marks.append(tag(ft.Icons.EDIT_OUTLINED, t("record.corrected"), "soft"))
    words: list[ft.Control] = [
        text(_name(app, line), "strong"),
        text(summary, "text") if summary else ft.Container(height=0),
        secondary_text(moment_words(t, line.happened_at, now)),
    ]
    if problem:
        words.append(text(problem, "small", colour=ft.Colors.ON_ERROR_CONTAINER))
    if line.photos:
        words.append(Photos(line.photos))
    marks.append(link(t("record.read"), ft.Icons.ARTICLE_OUTLINED, on_read(line)))
    if line.state == "pending":
        marks.append(UndoButton(line.fact, line.undo_until, key=line.fact))
    elif line.newest:
        marks.append(link(t("record.correct"), ft.Icons.EDIT_OUTLINED, on_correct(line)))
    words.append(
        ft.Row(marks, wrap=True, spacing=8, vertical_alignment=ft.CrossAxisAlignment.CENTER)
    )
    return ft.Row(
        [
            ft.Container(
                ft.Icon(
                    icon_of(line.kind, ft.Icons.NOTES),
                    size=22,
                    color=ft.Colors.ON_PRIMARY_CONTAINER,
                ),
                width=44,
                height=44,
                border_radius=22,
                bgcolor=ft.Colors.PRIMARY_CONTAINER,
                alignment=ft.Alignment.CENTER,
            ),
            ft.Container(
                ft.Column(words, spacing=5), expand=True, padding=ft.Padding.only(top=8, bottom=10)
            ),
        ],
        spacing=14,
        vertical_alignment=ft.CrossAxisAlignment.START,
    )


def _name(app: App, line: HistoryLine) -> str:
    """The kind of record; for a correction also what it corrects."""
    kind = kind_words(app.t, line.kind)
    return (
        app.t("record.about", kind=kind, what=kind_words(app.t, line.about))
        if line.about != line.kind
        else kind
    )


@ft.component
def UndoButton(fact: str, until: str, key: str = "") -> ft.Control:
    """Counts down the seconds in which a record can be undone; afterwards it can be corrected."""
    app = use_app()
    left, set_left = use_state(UNDO_S)

    async def count() -> None:
        while True:
            seconds = (datetime.fromisoformat(until) - await season.now(app.phone)).total_seconds()
            # a clock set back must not keep it open (mobile/usecases/save.py)
            in_time = 0 < seconds <= UNDO_S
            set_left(max(1, round(seconds)) if in_time else 0)
            if not in_time:
                break
            await asyncio.sleep(min(1.0, seconds))
        if await join_due(app.phone):
            app.records_changed()

    async def undo() -> None:
        await records.undo(app.phone, fact)
        app.records_changed()

    ft.use_effect(count, [until])
    if left <= 0:
        return secondary_text(app.t("record.kept"))
    return link(app.t("record.undo", seconds=left), ft.Icons.UNDO, guard(app, undo))


@ft.component
def Photos(hashes: tuple[str, ...]) -> ft.Control:
    """Thumbnails of the photos on this phone; a line with their number where it has none."""
    app = use_app()

    async def load() -> tuple[bytes, ...]:
        found = [await take_photo.small_or_nothing(app.phone, sha) for sha in hashes[:3]]
        return tuple(data for data in found if data)

    loaded = use_load(app, load, hashes)
    if not loaded.value:
        return secondary_text(app.t("photo.count", count=len(hashes)))
    return ft.Row([thumb(app.t("photo.slip"), data) for data in loaded.value], spacing=8, wrap=True)


def thumb(words: str, data: bytes, *, size: int = 84) -> ft.Control:
    """One thumbnail."""
    return ft.Container(
        ft.Image(
            src=data,
            width=size,
            height=size,
            fit=ft.BoxFit.COVER,
            semantics_label=words,
            cache_width=size * 3,
        ),
        border_radius=12,
        clip_behavior=ft.ClipBehavior.ANTI_ALIAS,
        border=ft.Border.all(1, ft.Colors.OUTLINE_VARIANT),
    )
