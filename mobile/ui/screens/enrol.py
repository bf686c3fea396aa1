"""The first thing a phone does: the server's address and the liaison's eight digits; then it waits for a name check."""

from __future__ import annotations

import flet as ft

from mobile.ui.components.button import link, primary
from mobile.ui.components.choice import choices, question
from mobile.ui.components.door import door
from mobile.ui.components.field import TextBox
from mobile.ui.components.frame import frame
from mobile.ui.components.panel import banner, panel
from mobile.ui.components.text import quiet
from mobile.ui.guard import guard, say, use_busy
from mobile.ui.hooks import use_state
from mobile.ui.looks import LANGUAGES, choose_language
from mobile.ui.nav import go, picker
from mobile.ui.state import App, use_app
from mobile.ui.threshold import leave_with_office
from mobile.ui.wording import in_words
from mobile.usecases import enrol, sync_now
from shared.wire import Scope

CODE_DIGITS = 8
NOBODY: Scope | None = None


@ft.component
def Enrol() -> ft.View:
    """Address, code, name of the phone; afterwards "please ask the liaison to confirm"."""
    app = use_app()
    url, set_url = use_state("")
    code, set_code = use_state("")
    name, set_name = use_state("")
    scope, set_scope = use_state(NOBODY)
    busy, once = use_busy(app)

    async def first_sync(who: Scope) -> None:
        report = await sync_now.sync_now(app.phone)
        if report.problem_code == "device.unconfirmed":
            say(app, app.t("enrol.still_waiting"))
            return
        app.scope = who
        app.touch()
        go("/")
        if not report.ok:
            say(app, in_words(app.t, report.problem, report.problem_en))

    async def join() -> None:
        digits = "".join(c for c in code if c.isdigit())
        if not url.strip() or len(digits) != CODE_DIGITS:
            say(app, app.t("enrol.incomplete"))
            return
        device = name.strip() or app.t("enrol.device_default")
        who = await enrol.enrol(app.phone, url=_address(url), code=digits, device_name=device)
        set_scope(who)
        await leave_with_office(app)
        await first_sync(who)

    if scope is not None:
        waiting_for = scope
        return frame(app, [*_welcome(app), *_pending(app, waiting_for, once(lambda: first_sync(waiting_for)), busy)])
    body = [
        *_welcome(app),
        TextBox(
            app.t("enrol.url"), url, set_url, hint="https://", keyboard=ft.KeyboardType.URL, icon=ft.Icons.DNS_OUTLINED
        ),
        TextBox(app.t("enrol.code"), code, set_code, keyboard=ft.KeyboardType.NUMBER, icon=ft.Icons.PIN_OUTLINED),
        primary(app.t("enrol.join"), ft.Icons.ARROW_FORWARD, once(join), busy=busy),
        quiet(app.t("enrol.where")),
        More(name, set_name),
    ]
    return frame(app, body)


def _address(typed: str) -> str:
    """What a person types as an address, made a URL."""
    address = typed.strip().rstrip("/")
    return address if "://" in address else f"https://{address}"


def _welcome(app: App) -> list[ft.Control]:
    return [door(app.t("enrol.title"), app.t("enrol.line"))]


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
    parts: list[ft.Control] = [ft.Row([link(app.t("tab.more"), icon, guard(app, lambda: set_shown(not shown)))])]
    if shown:
        parts.append(
            panel(
                ft.Column(
                    [
                        question(
                            app.t("more.language"),
                            choices(LANGUAGES, app.language, picker(app, lambda code: choose_language(app, code))),
                        ),
                        TextBox(app.t("enrol.device"), name, set_name, limit=30),  # type: ignore[arg-type]  # a setter
                    ],
                    spacing=14,
                    horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
                )
            )
        )
    return ft.Column(parts, spacing=6, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
