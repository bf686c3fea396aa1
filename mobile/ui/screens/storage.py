"""更多 → 存储: what this phone holds, what the office has, when it is deleted, free space."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from mobile.ui.app.guard import show_notice, use_busy
from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import path_handler
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import day_words, moment_words, size_words
from mobile.ui.components.button import link, secondary
from mobile.ui.components.menu import value_row
from mobile.ui.components.panel import banner, not_loaded, note_line, panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.text import heading, secondary_text
from mobile.usecases import season, storage
from mobile.usecases.storage import StorageView


@ft.component
def Storage() -> ft.View:
    """Contents, space, and how long data is kept."""
    app = use_app()
    busy, exclusive = use_busy(app)

    async def load() -> tuple[StorageView, datetime]:
        return await storage.storage(app.phone), await season.now(app.phone)

    async def free() -> None:
        freed = await storage.free_now(app.phone)
        app.records_changed()
        show_notice(
            app, app.t("storage.freed", count=freed.photos, size=size_words(freed.size_bytes))
        )

    loaded = use_load(app, load)
    title = app.t("storage.title")
    if loaded.value is None:
        waiting = not_loaded(app.t("common.wait"), loaded.error)
        return scaffold(app, [waiting], title=title)
    held, now = loaded.value
    body = [
        *_at_risk(app, held),
        *_with_office(app, held, now),
        *_room(app, held, exclusive(free), busy),
        *_until(app, held),
    ]
    return scaffold(app, body, title=title)


def _with_office(app: App, held: StorageView, now: datetime) -> list[ft.Control]:
    """Unsent work first: it matters most before anything is deleted."""
    t = app.t
    unsent = held.records_unsent + held.records_refused + held.photos_unsent
    state = (
        banner(
            ft.Icons.PHONE_ANDROID,
            t("storage.unsent"),
            [t("storage.unsent_line")],
            actions=[
                link(
                    t("storage.hand_in"),
                    ft.Icons.ARROW_FORWARD,
                    path_handler(app, "/outbox"),
                    kind="amber",
                )
            ],
        )
        if unsent
        else banner(ft.Icons.CLOUD_DONE_OUTLINED, t("outbox.all_sent"), kind="calm")
    )
    besides = (
        ("record.rejected", "storage.records", held.records_refused),
        ("storage.unfinished", "storage.forms", held.unfinished),
    )
    sums: list[ft.Control] = [
        value_row(
            t("storage.records_unsent"),
            t("storage.records", count=held.records_unsent),
            strong=True,
        ),
        value_row(
            t("storage.photos_unsent"), t("storage.photos", count=held.photos_unsent), strong=True
        ),
        *(value_row(t(what), t(unit, count=count)) for what, unit, count in besides if count),
        ft.Divider(height=9, color=ft.Colors.OUTLINE_VARIANT),
        value_row(t("storage.records_sent"), t("storage.records", count=held.records_sent)),
        value_row(
            t("storage.photos_sent"), t("storage.photos", count=held.photos_sent + held.photos_gone)
        ),
        ft.Divider(height=9, color=ft.Colors.OUTLINE_VARIANT),
        value_row(t("storage.cases"), t("storage.people", count=held.cases)),
        value_row(
            t("storage.refreshed"),
            moment_words(t, held.refreshed_at, now) if held.refreshed_at else t("outbox.never"),
        ),
    ]
    column = ft.Column(sums, spacing=6, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    return [state, panel(column)]


def _room(app: App, held: StorageView, free: object, busy: bool) -> list[ft.Control]:
    t = app.t
    sums: list[ft.Control] = [
        value_row(t("storage.used"), size_words(held.used_bytes)),
        value_row(t("storage.free"), size_words(held.free_bytes)),
        *_browser(app, held),
    ]
    if held.freeable:
        sums += [
            ft.Container(height=4),
            secondary_text(
                t("storage.office_has", count=held.freeable, size=size_words(held.freeable_bytes))
            ),
            secondary(t("storage.free_now"), ft.Icons.CLEANING_SERVICES_OUTLINED, free, off=busy),
        ]
    elif held.photos_gone:
        sums.append(secondary_text(t("storage.gone", count=held.photos_gone)))
    column = ft.Column(sums, spacing=8, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    return [heading(t("storage.room")), panel(column)]


def _browser(app: App, held: StorageView) -> list[ft.Control]:
    """The browser's quota, and that it promised persistent storage; only in the web app."""
    t = app.t
    lines: list[ft.Control] = []
    if held.quota_bytes:
        lines.append(value_row(t("storage.quota"), size_words(held.quota_bytes)))
    if held.promised:
        lines.append(note_line(ft.Icons.VERIFIED_USER_OUTLINED, t("storage.promised"), "calm"))
    return lines


def _at_risk(app: App, held: StorageView) -> list[ft.Control]:
    """On top, where it is seen: the browser has not promised to keep what is here."""
    if held.promised is not False:
        return []
    return [banner(ft.Icons.WARNING_AMBER, app.t("storage.not_promised"), kind="amber")]


def _until(app: App, held: StorageView) -> list[ft.Control]:
    t = app.t
    if not held.keeps_until:
        return []
    day = day_words(t, held.keeps_until)
    words = t("storage.over", day=day) if held.over else t("storage.keeps", day=day)
    return [banner(ft.Icons.EVENT_BUSY_OUTLINED, words, [t("storage.keeps_line")], kind="soft")]
