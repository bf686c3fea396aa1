"""What the office returned and what is not finished, one line on Today that opens and closes."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.navigation import path_handler
from mobile.ui.app.state import App, use_app
from mobile.ui.components.button import link
from mobile.ui.components.fold import fold_row
from mobile.ui.components.panel import banner, panel
from mobile.ui.forms.draft_banner import draft_banners
from mobile.usecases.views import CaseLine, Draft
from shared.lifecycle import Review

Returned = tuple[tuple[CaseLine, Review], ...]


@ft.component
def Unfinished(
    returned: Returned, begun: tuple[Draft, ...], now: datetime, opened: bool, key: str = ""
) -> ft.Control:
    """The line with its counts; unfolded, each return with its comment, then each unfinished form.

    `opened`: unfolded from the start.
    """
    app = use_app()
    unfolded, unfold = use_state(opened)
    t = app.t
    counts = (("today.returned_count", len(returned)), ("today.begun_count", len(begun)))
    words = t("common.and").join(t(name, count=count) for name, count in counts if count)
    head = fold_row(
        ft.Icons.REPLAY if returned else ft.Icons.EDIT_NOTE,
        words,
        "",
        unfolded,
        guard(app, lambda: unfold(not unfolded)),
        kind="attention" if returned else "amber",
    )
    line = panel(
        head,
        kind="attention" if returned else "amber",
        padding=ft.Padding.symmetric(horizontal=8, vertical=0),
    )
    if not unfolded:
        return ft.Semantics(live_region=True, content=line)
    each = [*_returned(app, returned), *draft_banners(app, begun, "/do", now, named=True)]
    return ft.Column([line, *each], spacing=10, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def _returned(app: App, returned: Returned) -> list[ft.Control]:
    """What the office returned, with its comment."""
    return [
        banner(
            ft.Icons.REPLAY,
            app.t("today.returned", name=line.name),
            [review.comment, app.t("today.returned_by", by=review.by) if review.by else ""],
            kind="attention",
            actions=[
                link(
                    app.t("today.fix"),
                    ft.Icons.ARROW_FORWARD,
                    path_handler(app, f"/do/{line.id}/correct/{review.fact}"),
                    kind="attention",
                ),
            ],
        )
        for line, review in returned
    ]
