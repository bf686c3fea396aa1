"""The call button beside a number. After a death it asks for a reason first, never a refusal."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from mobile.ui.app.guard import guard, use_busy
from mobile.ui.app.state import App, use_app
from mobile.ui.components.button import link
from mobile.ui.components.choice import choices
from mobile.ui.components.colour_set import colour_set
from mobile.ui.components.panel import banner
from mobile.ui.components.text import text
from mobile.ui.forms.flag_reasons import reasons_for
from mobile.ui.forms.registry import open_form
from mobile.ui.forms.saving import change_form
from mobile.usecases import calls, season


@ft.component
def CallButton(
    case_id: str,
    what: str,
    index: int,
    whose: str,
    ask: Callable[[], None] | None = None,
    key: str = "",
) -> ft.Control:
    """One tap dials, or with `ask` shows the question first."""
    app = use_app()
    _, exclusive = use_busy(app)
    words = app.t("case.call", whose=whose)
    return ft.Container(
        ft.Icon(ft.Icons.CALL, size=26, color=ft.Colors.ON_PRIMARY, semantics_label=words),
        width=56,
        height=56,
        border_radius=28,
        bgcolor=ft.Colors.PRIMARY,
        alignment=ft.Alignment.CENTER,
        on_click=guard(app, ask) if ask else exclusive(lambda: _call(app, case_id, what, index)),
        ink=True,
    )


@ft.component
def CallQuestion(
    case_id: str, what: str, index: int, close: Callable[[], None], key: str = ""
) -> ft.Control:
    """The warning after a death, and the reasons for this call; `close` hides the question."""
    app = use_app()
    t = app.t
    _, exclusive = use_busy(app)

    async def dial(reason: str) -> None:
        await _call(app, case_id, what, index, reason)
        close()

    _, offered = reasons_for(t, ("deceased",))
    reasons = [(words, words) for words in offered]
    body: list[ft.Control] = [
        text(t("call.dead_ask"), "text", colour=colour_set("soft").text),
        choices(reasons, "", lambda words: exclusive(lambda: dial(words))),
    ]
    return banner(
        ft.Icons.SPA_OUTLINED,
        t("rule.deceased"),
        [t("rule.deceased_line")],
        kind="soft",
        extra=ft.Column(body, spacing=10),
        actions=[link(t("call.dead_not"), None, guard(app, close))],
    )


async def _call(app: App, case_id: str, what: str, index: int, reason: str = "") -> None:
    """Record the call, prepare its draft, then dial.

    In this order, because the app may be closed while the dialler is open.
    """
    at = (await season.now(app.phone)).isoformat()
    number = await calls.ring(app.phone, case_id, what, index)
    await change_form(
        open_form(app, case_id, "attempt"),
        lambda now: calls.prepared(now, calls.WHOSE[what], at, reason),
    )
    app.records_changed()
    await app.device.dial(number)
