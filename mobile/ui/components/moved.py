"""People whom another teacher has now: a line on Today, and one on the person's own screens."""

from __future__ import annotations

import flet as ft

from mobile.i18n import Tongue
from mobile.ui.app.guard import guard
from mobile.ui.app.state import App, use_app
from mobile.ui.components.button import link
from mobile.ui.components.panel import banner
from mobile.usecases.moved import MovedTo, forget_moved
from mobile.usecases.views import CaseView

NAMED = 8
"""Names in a line; the rest is counted."""


@ft.component
def MovedCases(found: tuple[MovedTo, ...], key: str = "") -> ft.Control:
    """What moved, to whom, and where the records went; gone with 知道了."""
    app = use_app()

    async def read() -> None:
        await forget_moved(app.phone)
        app.records_changed()

    ok = link(app.t("moved.read"), ft.Icons.CHECK, guard(app, read))
    groups: list[ft.Control] = [
        banner(
            ft.Icons.MOVE_DOWN,
            _title(app.t, group),
            [_names(app.t, group), *_records(app.t, group)],
            kind="soft",
            actions=[ok] if group is found[-1] else [],
        )
        for group in found
    ]
    return ft.Column(groups, spacing=10)


def _title(t: Tongue, group: MovedTo) -> str:
    count = len(group.names)
    return t("moved.to", count=count, to=group.to) if group.to else t("moved.off", count=count)


def _names(t: Tongue, group: MovedTo) -> str:
    shown = t("common.and").join(group.names[:NAMED])
    rest = len(group.names) - NAMED
    return t("moved.names_more", names=shown, count=rest) if rest > 0 else shown


def _records(t: Tongue, group: MovedTo) -> list[str]:
    """Where this teacher's records of them are now."""
    lines = [t("moved.sent", count=group.sent)] if group.sent else []
    lines += [t("moved.unsent", count=group.unsent)] if group.unsent else []
    return lines + ([t("moved.drafts", count=group.drafts)] if group.drafts else [])


def moved_banner(app: App, view: CaseView) -> list[ft.Control]:
    """That another teacher has this person now; unfinished work keeps the case here."""
    if not view.line.moved:
        return []
    t = app.t
    title = t("moved.case_to", to=view.moved_to) if view.moved_to else t("moved.case_off")
    return [banner(ft.Icons.MOVE_DOWN, title, [t("moved.case_line")])]
