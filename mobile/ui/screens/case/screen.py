"""One case: who and where, what to record, what may be said to whom, what was recorded."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from mobile.ui.app.guard import Handler
from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import path_handler
from mobile.ui.app.state import use_app
from mobile.ui.components.button import icon_button
from mobile.ui.components.moved import moved_banner
from mobile.ui.components.panel import not_loaded, panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.text import heading, secondary_text
from mobile.ui.forms.draft_banner import draft_banners
from mobile.ui.screens.case.card import actions, alerts, next_step
from mobile.ui.screens.case.history import History
from mobile.ui.screens.case.identity import identity
from mobile.ui.screens.case.next_door import NextDoorCard
from mobile.ui.screens.case.numbers import Numbers
from mobile.ui.screens.case.suggested import SuggestedCard
from mobile.ui.screens.case.who_is_listening import WhoIsListening
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
        waiting = not_loaded(app.t("common.wait"), loaded.error)
        return scaffold(app, [waiting], title=app.t("case.title"))
    view, begun, now = loaded.value

    def correct(line: HistoryLine) -> Handler:
        return path_handler(app, f"{path}/correct/{line.fact}")

    def read(line: HistoryLine) -> Handler:
        return path_handler(app, f"{path}/record/{line.fact}")

    saved = app.just_saved == case_id
    body = [
        *moved_banner(app, view),
        *([NextDoorCard(case_id, path, key=f"next:{case_id}")] if saved else []),
        *alerts(app, view, path, now),
        *draft_banners(app, begun, path, now),
        identity(app, view, case_id),
        heading(app.t("case.do")),
        actions(app, view, path),
        WhoIsListening(case_id, key=case_id),
        Numbers(view, path, key=f"numbers:{case_id}"),
        *([SuggestedCard(view, path, key=f"suggested:{case_id}")] if view.suggested else []),
        heading(app.t("case.history")),
    ]
    if view.history:
        body.append(panel(History(view.history, now, correct, read), padding=16))
    else:
        body.append(
            ft.Container(
                secondary_text(app.t("case.no_history"), "text"), padding=ft.Padding.only(left=4)
            )
        )
    if view.earlier_visits:
        body.append(secondary_text(app.t("case.earlier_visits", count=view.earlier_visits)))
    policy = icon_button(
        ft.Icons.MENU_BOOK_OUTLINED, app.t("policy.title"), path_handler(app, f"{path}/policy")
    )
    return scaffold(
        app, body, title=view.line.name, actions=[policy], footer=next_step(app, view, path)
    )
