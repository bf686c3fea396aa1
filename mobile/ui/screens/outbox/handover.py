"""没有网络: hand in by file. A file out, an answer in; only the answer makes records sent."""

from __future__ import annotations

from typing import Any

import flet as ft

from mobile.ui.app.guard import Handler, show_notice, use_busy
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import in_words
from mobile.ui.components.button import secondary
from mobile.ui.components.panel import panel
from mobile.ui.components.text import secondary_text, text
from mobile.usecases import handover
from mobile.usecases.handover import HandoverFile, TakenReport


@ft.component
def Handover() -> ft.Control:
    """The two steps at the end of the outbox. Refusals appear in the notice bar."""
    app = use_app()
    t = app.t
    busy, exclusive = use_busy(app)
    saving, save = use_save_file(app)

    async def read() -> None:
        data = await app.device.pick_file()
        if data is not None:
            show_notice(app, _taken(app, await handover.take_answer(app.phone, data)))
            app.records_changed(by_sync=True)

    parts: list[ft.Control] = [
        text(t("handover.title"), "subtitle"),
        secondary_text(t("handover.line")),
        _step(1, t("handover.step1"), t("handover.save"), ft.Icons.SAVE_ALT, save, busy or saving),
        _step(
            2,
            t("handover.step2"),
            t("handover.read"),
            ft.Icons.FILE_OPEN_OUTLINED,
            exclusive(read),
            busy or saving,
        ),
    ]
    if busy or saving:
        parts.append(secondary_text(t("handover.busy")))
    return panel(ft.Column([*parts, *_sharing(app)], spacing=14))


def _sharing(app: App) -> list[ft.Control]:
    """The button that hands the file to another app, on a device that can."""
    return [ShareHandover()] if app.device.can_share else []


@ft.component
def ShareHandover() -> ft.Control:
    """The same file to another app: the liaison may be far from any cable."""
    app = use_app()
    busy, exclusive = use_busy(app)

    async def share() -> None:
        made = await handover.make_handover(app.phone)
        shared = await app.device.share_file(made.name, made.data)
        show_notice(app, _saved(app, made) if shared else app.t("handover.not_shared"))
        app.records_changed(by_sync=True)

    return secondary(app.t("handover.share"), ft.Icons.SHARE_OUTLINED, exclusive(share), off=busy)


def use_save_file(app: App) -> tuple[bool, Handler]:
    """Hook: (busy, handler). The handler saves what waits to a hand-over file."""
    busy, exclusive = use_busy(app)

    async def save() -> None:
        made = await handover.make_handover(app.phone)
        kept = await app.device.save_file(made.name, made.data)
        show_notice(app, _saved(app, made) if kept else app.t("handover.cancelled"))
        app.records_changed(by_sync=True)

    return busy, exclusive(save)


def _step(
    number: int, words: str, name: str, icon: ft.IconData, on_click: Any, busy: bool
) -> ft.Control:
    digit = text(str(number), "strong", colour=ft.Colors.ON_PRIMARY)
    digit.size = 17  # by its circle, not the text size
    mark = ft.Container(
        digit,
        width=32,
        height=32,
        border_radius=16,
        bgcolor=ft.Colors.PRIMARY,
        alignment=ft.Alignment.CENTER,
    )
    act = ft.Row([secondary(name, icon, on_click, off=busy)])
    return ft.Row(
        [mark, ft.Column([text(words, "text"), act], spacing=8, expand=True)],
        spacing=14,
        vertical_alignment=ft.CrossAxisAlignment.START,
    )


def _saved(app: App, made: HandoverFile) -> str:
    words = app.t("handover.saved", records=made.records, photos=made.photos)
    return (
        app.t("handover.left", words=words, count=made.photos_left) if made.photos_left else words
    )


def _taken(app: App, report: TakenReport) -> str:
    words = app.t("handover.taken", records=report.sent, photos=report.photos)
    if report.rejected:
        words = app.t("outbox.done_rejected", words=words, count=report.rejected)
    elif report.problem and not report.again:
        words = app.t("outbox.done_stuck", words=words, problem=in_words(app.t, report.problem))
    return app.t("handover.again", words=words) if report.again else words
