"""更多 → 退出登录: unsent work must be handed in first; then the phone is emptied."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.guard import show_notice, use_busy
from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import navigate, path_handler
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import unsent_words
from mobile.ui.components.button import primary, secondary
from mobile.ui.components.panel import banner, not_loaded
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.text import secondary_text
from mobile.usecases import sign_out
from mobile.usecases.sign_out import SignOutCheck


@ft.component
def SignOut() -> ft.View:
    """What blocks signing out, or the question."""
    app = use_app()
    busy, exclusive = use_busy(app)

    async def load() -> SignOutCheck:
        return await sign_out.check(app.phone)

    async def leave() -> None:
        await app.forms.flush_and_release()
        await sign_out.sign_out(app.phone)
        await app.phone_lock.ring.forget_office()
        app.scope = None
        app.list_filter = ""
        app.records_changed()
        navigate("/")
        show_notice(app, app.t("sign_out.done"))

    loaded = use_load(app, load)
    title = app.t("sign_out.title")
    if loaded.value is None:
        waiting = not_loaded(app.t("common.wait"), loaded.error)
        return scaffold(app, [waiting], title=title)
    body = (
        _goes(app, loaded.value, exclusive(leave), busy)
        if loaded.value.free
        else _stays(app, loaded.value)
    )
    return scaffold(app, body, title=title)


def _stays(app: App, now: SignOutCheck) -> list[ft.Control]:
    """Unsent work is never deleted: hand it in first."""
    t = app.t
    return [
        banner(
            ft.Icons.PHONE_ANDROID,
            unsent_words(t, now.records, now.photos),
            [t("sign_out.unsent_line")],
        ),
        primary(t("sign_out.hand_in"), ft.Icons.SYNC, path_handler(app, "/outbox")),
    ]


def _goes(app: App, now: SignOutCheck, leave: object, busy: bool) -> list[ft.Control]:
    t = app.t
    lines = [t("sign_out.goes", count=now.cases)]
    if now.drafts:
        lines.append(t("sign_out.drafts", count=now.drafts))
    whole = banner(
        ft.Icons.CLOUD_DONE_OUTLINED, t("outbox.all_sent"), [t("sign_out.office_has")], kind="calm"
    )
    return [
        *(_refused(app, now.refused) if now.refused else [whole]),
        banner(
            ft.Icons.LOGOUT, t("sign_out.ask"), lines, kind="attention" if now.drafts else "soft"
        ),
        primary(t("sign_out.stay"), ft.Icons.ARROW_BACK, path_handler(app, "/more"), off=busy),
        secondary(t("sign_out.leave"), ft.Icons.LOGOUT, leave, off=busy),
        secondary_text(t("sign_out.again")),
    ]


def _refused(app: App, count: int) -> list[ft.Control]:
    """Records the office did not accept: they can be corrected here only before signing out."""
    t = app.t
    return [
        banner(
            ft.Icons.ERROR_OUTLINE,
            t("sign_out.refused", count=count),
            [t("sign_out.refused_line")],
            kind="attention",
        ),
        secondary(t("sign_out.correct"), ft.Icons.EDIT_OUTLINED, path_handler(app, "/outbox")),
    ]
