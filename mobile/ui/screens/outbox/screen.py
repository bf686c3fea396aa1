"""What the office does not have yet, what was returned and why, and one tap to sync."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import flet as ft

from mobile.ui.app.guard import show_notice
from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import choice_handler, path_handler
from mobile.ui.app.state import App, use_app
from mobile.ui.app.syncing import use_sync
from mobile.ui.app.wording import in_words, kind_words, moment_words
from mobile.ui.components.button import link, primary
from mobile.ui.components.handed_in_line import handed_in_line
from mobile.ui.components.panel import banner, empty_state, not_loaded, panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.stuck_banners import stuck_banners
from mobile.ui.components.tag import record_tag
from mobile.ui.components.text import heading, secondary_text, text
from mobile.ui.forms.registry import icon_of
from mobile.ui.screens.outbox.handover import Handover
from mobile.ui.screens.outbox.new_key import NewKey
from mobile.usecases import outbox, season
from mobile.usecases.handed_in import DONE
from mobile.usecases.handin_views import OutboxLine, OutboxView, Progress
from shared.records.registry import named

SHOWN = 100


@ft.component
def Outbox() -> ft.View:
    """The outbox."""
    app = use_app()
    progress, busy, sync = use_sync(app)

    async def load() -> tuple[OutboxView, datetime]:
        return await outbox.outbox(app.phone), await season.now(app.phone)

    loaded = use_load(app, load)

    async def again(fact: str) -> None:
        if await outbox.resend(app.phone, fact):
            app.records_changed()
            show_notice(app, app.t("outbox.resent"))

    footer = primary(app.t("outbox.sync"), ft.Icons.SYNC, sync, busy=busy)
    if loaded.value is None:
        waiting = not_loaded(app.t("common.wait"), loaded.error)
        return scaffold(app, [waiting], title=app.t("outbox.title"), tab="outbox", footer=footer)
    box, now = loaded.value
    body = [
        *_progress(app, progress),
        *_state(app, box, now),
        *_lines(app, box, now, choice_handler(app, again)),
        ft.Row([link(app.t("day.title"), ft.Icons.EVENT_NOTE, path_handler(app, "/outbox/day"))]),
        Handover(),
    ]
    return scaffold(app, body, title=app.t("outbox.title"), tab="outbox", footer=footer)


def _progress(app: App, progress: Progress | None) -> list[ft.Control]:
    """Progress in records and photos, never in per cent."""
    if progress is None or progress.step == "done":
        return []
    step = progress
    words = app.t(f"outbox.step.{step.step}", done=step.done, total=step.total)
    bar = ft.ProgressBar(
        value=step.done / step.total if step.total else None,
        bar_height=10,
        border_radius=5,
        color=ft.Colors.PRIMARY,
        bgcolor=ft.Colors.SURFACE_CONTAINER_HIGH,
        semantics_label=words,
    )
    return [panel(ft.Column([text(words, "strong"), bar], spacing=10))]


def _state(app: App, box: OutboxView, now: datetime) -> list[ft.Control]:
    t = app.t
    when = moment_words(t, box.last_sync_at, now) if box.last_sync_at else t("outbox.never")
    last = t("outbox.last", when=when)
    found: list[ft.Control] = [NewKey(box.missing)] if box.rewound else []
    if box.last_problem:
        why = in_words(t, box.last_problem)
        again = link(
            t("enrol.again"),
            ft.Icons.PIN_OUTLINED,
            path_handler(app, "/outbox/enrol"),
            kind="amber",
        )
        actions = [again] if box.stopped else []
        failed = t("outbox.list_problem" if box.all_sent else "outbox.problem")
        found.append(banner(ft.Icons.CLOUD_OFF_OUTLINED, failed, [why], actions=actions))
    found += stuck_banners(app, box, in_outbox=True)
    line = handed_in_line(t, box)
    if box.handed_in == DONE:
        found.append(empty_state(line.icon, line.words, last))
    else:
        safe = [secondary_text(t("outbox.safe"))] if not box.all_sent else []
        title = text(line.words, "subtitle")
        found.append(panel(ft.Column([title, secondary_text(last), *safe], spacing=4)))
    return found


def _lines(
    app: App, box: OutboxView, now: datetime, again: Callable[[str], Any]
) -> list[ft.Control]:
    """Lines in groups: returned, refused, waiting, and those the centre decided not to take."""
    groups = (
        ("outbox.group.returned", list(box.returned)),
        ("outbox.group.rejected", [line for line in box.lines if line.state == "rejected"]),
        ("outbox.group.waiting", [line for line in box.lines if line.state != "rejected"]),
        ("outbox.group.dropped", list(box.dropped)),
    )
    found: list[ft.Control] = []
    for name, lines in groups:
        if lines:
            found.append(heading(app.t(name)))
            found += [_line(app, line, now, again) for line in lines[:SHOWN]]
    return found


def _line(app: App, line: OutboxLine, now: datetime, again: Callable[[str], Any]) -> ft.Control:
    t = app.t
    words: list[ft.Control] = [
        ft.Row(
            [text(line.name, "strong", expand=True), record_tag(t, line.state)],
            vertical_alignment=ft.CrossAxisAlignment.CENTER,
        ),
        secondary_text(f"{kind_words(t, line.kind)} · {moment_words(t, line.happened_at, now)}"),
    ]
    if line.photos_left:
        words.append(secondary_text(t("outbox.photos_left", count=line.photos_left)))
    if line.problem:
        why = in_words(t, line.problem)
        sentence = t("outbox.returned_by", by=line.by, comment=why) if line.by else why
        colour = None if line.state == "dropped" else ft.Colors.ON_ERROR_CONTAINER
        words.append(text(sentence, "text", colour=colour))
    icon = ft.Icon(
        icon_of(line.kind, ft.Icons.VISIBILITY_OUTLINED), color=ft.Colors.PRIMARY, size=24
    )
    row = ft.Row(
        [icon, ft.Column(words, spacing=4, expand=True)],
        spacing=14,
        vertical_alignment=ft.CrossAxisAlignment.START,
    )
    known = f"/cases/{line.case}" if line.case and line.name else ""
    read = f"/outbox/record/{line.fact}" if named(line.kind).listed else known
    if line.state in ("rejected", "returned"):
        head = ft.Container(
            row,
            on_click=path_handler(app, read) if read else None,
            ink=bool(read),
            border_radius=12,
        )
        return panel(
            ft.Column([head, *_fixes(app, line, known, again)], spacing=8),
            kind="attention",
            padding=14,
        )
    return panel(row, on_click=path_handler(app, read) if read else None, padding=14)


def _fixes(app: App, line: OutboxLine, known: str, again: Callable[[str], Any]) -> list[ft.Control]:
    """What can be done: correct the record, or send a refused one again."""
    t = app.t
    ways: list[ft.Control] = []
    if known and named(line.kind).listed:
        correct = path_handler(app, f"{known}/correct/{line.fact}")
        ways.append(link(t("outbox.correct"), ft.Icons.EDIT_OUTLINED, correct, kind="attention"))
    if line.state == "rejected":
        ways.append(link(t("outbox.resend"), ft.Icons.REPLAY, again(line.fact), kind="attention"))
    return [ft.Row(ways, wrap=True, spacing=8, run_spacing=8)] if ways else []
