"""Enrolment: server address and the liaison's 8-digit code; then the wait for confirmation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import flet as ft

from mobile.ui.app.appearance import LANGUAGES, choose_language
from mobile.ui.app.guard import guard, show_notice, use_busy
from mobile.ui.app.hooks import use_state
from mobile.ui.app.navigation import choice_handler, navigate
from mobile.ui.app.session_lock import store_recovery_key
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import in_words
from mobile.ui.components.add_to_home_screen import add_to_home_screen
from mobile.ui.components.brand_header import brand_header
from mobile.ui.components.button import link, primary
from mobile.ui.components.choice import choices, question
from mobile.ui.components.field import TextBox
from mobile.ui.components.panel import banner, panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.text import secondary_text, text
from mobile.usecases import enrol, sync_now
from shared import enrol_link
from shared.wire import Scope

NOBODY: Scope | None = None


@ft.component
def Enrol() -> ft.View:
    """Address, code, name of the phone; then "please ask the liaison to confirm".

    An enrolled phone can enrol again (`/outbox/enrol`): what is unsent stays and is sent
    afterwards.
    """
    app = use_app()
    again = app.scope is not None
    title, welcome = (app.t("enrol.again"), _again(app)) if again else ("", _welcome(app))
    slip = _use_slip(app)
    name, set_name = use_state("")
    scope, set_scope = use_state(NOBODY)
    busy, exclusive = use_busy(app)

    async def first_sync(who: Scope) -> None:
        report = await sync_now.sync_now(app.phone)
        if report.problem_code == "device.unconfirmed":
            show_notice(app, app.t("enrol.still_waiting"))
            return
        app.scope = who
        app.notices.clear()  # "not confirmed yet" is no longer true
        app.records_changed()
        navigate("/outbox" if again else "/")
        if not report.ok:
            show_notice(app, in_words(app.t, report.problem))

    async def join() -> None:
        if not slip.url.strip() or len(enrol_link.digits(slip.code)) != enrol_link.CODE_DIGITS:
            show_notice(app, app.t("enrol.incomplete"))
            return
        called = name.strip() or app.t("enrol.device_default")
        who = await enrol.enrol(
            app.phone, url=slip.url, code=slip.code, device_name=called, pin=slip.pin
        )
        set_scope(who)
        await store_recovery_key(app)
        await first_sync(who)

    if scope is not None:
        who = scope
        body = [*welcome, *_pending(app, who, exclusive(lambda: first_sync(who)), busy)]
        return scaffold(app, body, title=title)
    if app.device.home_screen_first and not again:
        return scaffold(app, add_to_home_screen(app))
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
        primary(app.t("enrol.join"), ft.Icons.ARROW_FORWARD, exclusive(join), busy=busy),
        secondary_text(app.t("enrol.where_here" if here else "enrol.where")),
        More(name, set_name),
    ]
    return scaffold(app, body, title=title)


@dataclass(frozen=True)
class Slip:
    """The liaison's slip: address, code, and that server's certificate (shared/enrol_link.py)."""

    url: str
    code: str
    pin: str
    set_code: Callable[[str], object]
    set_address: Callable[[str], object]


def _use_slip(app: App) -> Slip:
    """Hook: the slip, typed, pasted as a link, or from the link that opened the app."""
    device = app.device
    url, set_url = use_state(device.origin)
    code, set_code = use_state("")
    pin, set_pin = use_state("")

    def follow(link: enrol_link.EnrolLink | None) -> bool:
        if link is None or not link.code:  # half a link: it is being typed
            return False
        set_url(device.origin or link.url)
        set_code(link.code)
        set_pin(link.pin)
        return True

    def set_address(typed: str) -> None:
        if not follow(enrol_link.read(typed)):
            set_url(typed)
            # the link names the certificate of its own address only
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
    """The fixed address: the web app can reach only the server it came from."""
    words = ft.Column([secondary_text(app.t("enrol.url")), text(url)], spacing=2, expand=True)
    return panel(ft.Row([ft.Icon(ft.Icons.DNS_OUTLINED), words], spacing=14))


def _address_box(app: App, slip: Slip) -> ft.Control:
    icon, kind = ft.Icons.DNS_OUTLINED, ft.KeyboardType.URL
    return TextBox(
        app.t("enrol.url"), slip.url, slip.set_address, hint="https://", keyboard=kind, icon=icon
    )


def _welcome(app: App) -> list[ft.Control]:
    return [brand_header(app.t("enrol.title"), app.t("enrol.line"))]


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
    """其他设置: what is rarely needed, behind one tap."""
    app = use_app()
    shown, set_shown = use_state(False)
    icon = ft.Icons.EXPAND_LESS if shown else ft.Icons.EXPAND_MORE
    parts: list[ft.Control] = [
        ft.Row([link(app.t("enrol.more"), icon, guard(app, lambda: set_shown(not shown)))])
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
                                choice_handler(app, lambda code: choose_language(app, code)),
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
