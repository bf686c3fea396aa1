"""更多 → 退出登录: with unsent work the way to hand it in; with none, one question and then nothing is left here."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.guard import say, use_busy
from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import go, to
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import unsent_words
from mobile.ui.components.button import primary, secondary
from mobile.ui.components.frame import frame
from mobile.ui.components.panel import banner, waiting
from mobile.ui.components.text import quiet
from mobile.usecases import sign_out
from mobile.usecases.sign_out import SignOutCheck


@ft.component
def SignOut() -> ft.View:
    """The page is the question."""
    app = use_app()
    busy, once = use_busy(app)

    async def load() -> SignOutCheck:
        return await sign_out.check(app.phone)

    async def leave() -> None:
        await app.forms.leave()
        await sign_out.sign_out(app.phone)
        await app.phone_lock.ring.forget_office()
        app.scope = None
        app.only = ""
        app.touch()
        go("/")
        say(app, app.t("sign_out.done"))

    loaded = use_load(app, load)
    title = app.t("sign_out.title")
    if loaded.value is None:
        rest = (
            banner(ft.Icons.ERROR_OUTLINE, loaded.trouble)
            if loaded.trouble
            else waiting(app.t("common.wait"))
        )
        return frame(app, [rest], title=title)
    body = (
        _goes(app, loaded.value, once(leave), busy)
        if loaded.value.free
        else _stays(app, loaded.value)
    )
    return frame(app, body, title=title)


def _stays(app: App, now: SignOutCheck) -> list[ft.Control]:
    """Nothing unsent is ever thrown away: first hand it in."""
    t = app.t
    return [
        banner(
            ft.Icons.PHONE_ANDROID,
            unsent_words(t, now.records, now.photos),
            [t("sign_out.unsent_line")],
        ),
        primary(t("sign_out.hand_in"), ft.Icons.SYNC, to(app, "/outbox")),
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
        primary(t("sign_out.stay"), ft.Icons.ARROW_BACK, to(app, "/more"), off=busy),
        secondary(t("sign_out.leave"), ft.Icons.LOGOUT, leave, off=busy),
        quiet(t("sign_out.again")),
    ]


def _refused(app: App, count: int) -> list[ft.Control]:
    """What the office did not take: here it can still be mended, afterwards only there."""
    t = app.t
    return [
        banner(
            ft.Icons.ERROR_OUTLINE,
            t("sign_out.refused", count=count),
            [t("sign_out.refused_line")],
            kind="attention",
        ),
        secondary(t("sign_out.mend"), ft.Icons.EDIT_OUTLINED, to(app, "/outbox")),
    ]
