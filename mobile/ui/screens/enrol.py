"""The first thing a phone does: the server's address and the liaison's eight digits; then it waits for a name check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import flet as ft

from mobile.ui.app.appearance import LANGUAGES, choose_language
from mobile.ui.app.guard import guard, say, use_busy
from mobile.ui.app.hooks import use_state
from mobile.ui.app.navigation import go, picker
from mobile.ui.app.session_lock import escrow_data_key
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import in_words
from mobile.ui.components.brand_header import door
from mobile.ui.components.button import link, primary
from mobile.ui.components.choice import choices, question
from mobile.ui.components.field import TextBox
from mobile.ui.components.frame import frame
from mobile.ui.components.home_first import home_first
from mobile.ui.components.panel import banner, panel
from mobile.ui.components.text import quiet, text
from mobile.usecases import enrol, sync_now
from shared import enrol_link
from shared.wire import Scope

NOBODY: Scope | None = None


@ft.component
def Enrol() -> ft.View:
    """Address, code, name of the phone; afterwards "please ask the liaison to confirm".

    On a phone that is somebody's already it enrols again (`/outbox/enrol`): what is unsent stays and goes on from there.
    """
    app = use_app()
    again = app.scope is not None
    title = app.t("enrol.again") if again else ""
    welcome = _again(app) if again else _welcome(app)
    slip = _use_slip(app)
    name, set_name = use_state("")
    scope, set_scope = use_state(NOBODY)
    busy, once = use_busy(app)

    async def first_sync(who: Scope) -> None:
        report = await sync_now.sync_now(app.phone)
        if report.problem_code == "device.unconfirmed":
            say(app, app.t("enrol.still_waiting"))
            return
        app.scope = who
        app.board.clear()  # "not confirmed yet" is no longer true
        app.touch()
        go("/outbox" if again else "/")
        if not report.ok:
            say(app, in_words(app.t, report.problem))

    async def join() -> None:
        if not slip.url.strip() or len(enrol_link.digits(slip.code)) != enrol_link.CODE_DIGITS:
            say(app, app.t("enrol.incomplete"))
            return
        called = name.strip() or app.t("enrol.device_default")
        who = await enrol.enrol(
            app.phone, url=slip.url, code=slip.code, device_name=called, pin=slip.pin
        )
        set_scope(who)
        await escrow_data_key(app)
        await first_sync(who)

    if scope is not None:
        waiting_for = scope
        body = [*welcome, *_pending(app, waiting_for, once(lambda: first_sync(waiting_for)), busy)]
        return frame(app, body, title=title)
    if app.device.home_screen_first and not again:
        return frame(app, home_first(app))
    here = bool(app.device.origin)
    body = [
        *welcome,
        _server(app, slip.url) if here else _address_box(app, slip),
        TextBox(
            app.t("enrol.code"),
            slip.code,
            slip.set_code,
            keyboard=ft.KeyboardType.NUMBER,
            icon=ft.Icons.PIN_OUTLINED,
        ),
        primary(app.t("enrol.join"), ft.Icons.ARROW_FORWARD, once(join), busy=busy),
        quiet(app.t("enrol.where_here" if here else "enrol.where")),
        More(name, set_name),
    ]
    return frame(app, body, title=title)


@dataclass(frozen=True)
class Slip:
    """What the liaison's slip says: address, code, and the certificate of that address (shared/enrol_link.py)."""

    url: str
    code: str
    pin: str
    set_code: Callable[[str], object]
    set_address: Callable[[str], object]


def _use_slip(app: App) -> Slip:
    """Typed, pasted as one link, or brought by the link that opened the app."""
    device = app.device
    url, set_url = use_state(device.origin)
    code, set_code = use_state("")
    pin, set_pin = use_state("")

    def follow(link: enrol_link.EnrolLink | None) -> bool:
        if link is None or not link.code:  # half a link: she is typing it by hand
            return False
        set_url(device.origin or link.url)
        set_code(link.code)
        set_pin(link.pin)
        return True

    def set_address(typed: str) -> None:
        if not follow(enrol_link.read(typed)):
            set_url(typed)
            # a certificate is vouched for at the link's own address only
            if enrol_link.address(typed) != url:
                set_pin("")

    opened_with = device.opened_with

    async def opened() -> None:
        if not follow(enrol_link.read(opened_with)) and app.scope is not None:
            known = await enrol.server(app.phone)
            set_url(lambda shown: shown or known)

    ft.use_effect(opened, [opened_with])
    return Slip(url, code, pin, set_code, set_address)


def _server(app: App, url: str) -> ft.Control:
    """Where it goes; the web app reaches the server it came from and no other."""
    words = ft.Column([quiet(app.t("enrol.url")), text(url)], spacing=2, expand=True)
    return panel(ft.Row([ft.Icon(ft.Icons.DNS_OUTLINED), words], spacing=14))


def _address_box(app: App, slip: Slip) -> ft.Control:
    icon, kind = ft.Icons.DNS_OUTLINED, ft.KeyboardType.URL
    return TextBox(
        app.t("enrol.url"), slip.url, slip.set_address, hint="https://", keyboard=kind, icon=icon
    )


def _welcome(app: App) -> list[ft.Control]:
    return [door(app.t("enrol.title"), app.t("enrol.line"))]


def _again(app: App) -> list[ft.Control]:
    return [
        banner(
            ft.Icons.PHONE_ANDROID,
            app.t("enrol.again_title"),
            [app.t("enrol.again_line")],
            kind="calm",
        )
    ]


def _pending(app: App, who: Scope, again: object, busy: bool) -> list[ft.Control]:
    return [
        banner(
            ft.Icons.HOURGLASS_TOP,
            app.t("enrol.pending", name=who.staff_name),
            [app.t("enrol.pending_line", school=who.school_name)],
        ),
        primary(app.t("enrol.confirmed"), ft.Icons.SYNC, again, busy=busy),
    ]


@ft.component
def More(name: str, set_name: object) -> ft.Control:
    """更多: the rarely needed, behind one tap."""
    app = use_app()
    shown, set_shown = use_state(False)
    icon = ft.Icons.EXPAND_LESS if shown else ft.Icons.EXPAND_MORE
    parts: list[ft.Control] = [
        ft.Row([link(app.t("tab.more"), icon, guard(app, lambda: set_shown(not shown)))])
    ]
    if shown:
        parts.append(
            panel(
                ft.Column(
                    [
                        question(
                            app.t("more.language"),
                            choices(
                                LANGUAGES,
                                app.language,
                                picker(app, lambda code: choose_language(app, code)),
                            ),
                        ),
                        TextBox(app.t("enrol.device"), name, set_name, limit=30),  # type: ignore[arg-type]  # a setter
                    ],
                    spacing=14,
                    horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
                )
            )
        )
    return ft.Column(parts, spacing=6, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
