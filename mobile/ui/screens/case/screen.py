"""One case at a door: whom are you talking to, what may be said, what happened, what was recorded."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from mobile.ui.app.guard import Handler
from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import to
from mobile.ui.app.state import use_app
from mobile.ui.components.button import icon_button
from mobile.ui.components.frame import frame
from mobile.ui.components.panel import banner, panel, waiting
from mobile.ui.components.text import heading, quiet
from mobile.ui.forms.unfinished import unfinished
from mobile.ui.screens.case.card import actions, alerts, identity, next_step, numbers
from mobile.ui.screens.case.history import History
from mobile.ui.screens.case.who_is_listening import Talk
from mobile.usecases import cases, drafts, season
from mobile.usecases.views import CaseView, Draft, HistoryLine


@ft.component
def Case() -> ft.View:
    """The case of the route."""
    app = use_app()
    case_id = ft.use_route_params().get("case", "")
    path = ft.use_view_path()

    async def load() -> tuple[CaseView, tuple[Draft, ...], datetime]:
        view, now = await cases.open_case(app.phone, case_id), await season.now(app.phone)
        return view, await drafts.of_case(app.phone, view), now

    loaded = use_load(app, load, case_id)
    if loaded.value is None:
        body: list[ft.Control] = (
            [banner(ft.Icons.ERROR_OUTLINE, loaded.trouble)]
            if loaded.trouble
            else [waiting(app.t("common.wait"))]
        )
        return frame(app, body, title=app.t("case.title"))
    view, begun, now = loaded.value

    def correct(line: HistoryLine) -> Handler:
        return to(app, f"{path}/correct/{line.fact}")

    body = [
        *alerts(app, view, path, now),
        *unfinished(app, begun, path, now),
        identity(app, view, case_id),
        Talk(case_id, key=case_id),
        heading(app.t("case.numbers")),
        numbers(app, view, case_id, path),
        heading(app.t("case.do")),
        actions(app, view, path),
        heading(app.t("case.history")),
    ]
    if view.history:
        body.append(panel(History(view.history, now, correct), padding=16))
    else:
        body.append(
            ft.Container(quiet(app.t("case.no_history"), "text"), padding=ft.Padding.only(left=4))
        )
    if view.earlier_visits:
        body.append(quiet(app.t("case.earlier_visits", count=view.earlier_visits)))
    policy = icon_button(
        ft.Icons.MENU_BOOK_OUTLINED, app.t("policy.title"), to(app, f"{path}/policy")
    )
    return frame(app, body, title=view.line.name, actions=[policy], foot=next_step(app, view, path))
