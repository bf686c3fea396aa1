"""The season's scripts and policy pages (附件4) as a list."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import path_handler
from mobile.ui.app.state import App, use_app
from mobile.ui.components.panel import empty_state, not_loaded, panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.text import heading, secondary_text, text
from mobile.usecases import season
from shared.policy import SECTIONS, PolicyPage, spoken
from shared.season import Season

ICONS = {
    "open-self": ft.Icons.WAVING_HAND_OUTLINED,
    "open-family": ft.Icons.FAMILY_RESTROOM_OUTLINED,
    "open-neighbour": ft.Icons.GROUPS_OUTLINED,
    "refused": ft.Icons.SPA_OUTLINED,
    "death": ft.Icons.LOCAL_FLORIST_OUTLINED,
    "cannot-write": ft.Icons.FINGERPRINT,
    "paid": ft.Icons.TASK_ALT,
    "hardship": ft.Icons.VOLUNTEER_ACTIVISM_OUTLINED,
    "anger": ft.Icons.HEARING_OUTLINED,
    "minor": ft.Icons.CHILD_CARE_OUTLINED,
    "fraud": ft.Icons.GPP_MAYBE_OUTLINED,
    "due": ft.Icons.EVENT_OUTLINED,
    "repay": ft.Icons.PAYMENTS_OUTLINED,
    "steps": ft.Icons.FORMAT_LIST_NUMBERED,
    "early": ft.Icons.FAST_FORWARD_OUTLINED,
    "study": ft.Icons.SCHOOL_OUTLINED,
    "difficulty": ft.Icons.HELP_OUTLINE,
    "relief": ft.Icons.VOLUNTEER_ACTIVISM_OUTLINED,
    "late": ft.Icons.HISTORY,
    "care": ft.Icons.VERIFIED_USER_OUTLINED,
}
OWN = {"script": ft.Icons.RECORD_VOICE_OVER_OUTLINED, "policy": ft.Icons.DESCRIPTION_OUTLINED}
"""Icons of pages that the centre added."""


@ft.component
def Policy() -> ft.View:
    """Scripts first, for they are needed during a visit; then policy pages; then the hotline."""
    app = use_app()
    path = ft.use_view_path()

    async def load() -> tuple[Season | None]:
        return (await season.current_season(app.phone),)

    loaded = use_load(app, load)
    if loaded.value is None:
        waiting = not_loaded(app.t("common.wait"), loaded.error)
        return scaffold(app, [waiting], title=app.t("policy.title"))
    (rules,) = loaded.value
    body: list[ft.Control] = []
    for section in SECTIONS:
        pages = [p for p in (rules.policy if rules else ()) if p.section == section]
        if pages:
            body += [
                heading(app.t(f"policy.section.{section}")),
                _list(app, pages, path, rules.unchecked if rules else ()),
            ]
    if not body:
        body = [
            empty_state(
                ft.Icons.MENU_BOOK_OUTLINED, app.t("policy.none"), app.t("policy.none_line")
            )
        ]
    if rules:
        head = rules.letterhead
        body += [_hotline(app, "policy.hotline", head.hotline)] if head.hotline else []
        body += [_hotline(app, "policy.centre_phone", head.phone)] if head.phone else []
        body.append(secondary_text(app.t("policy.from", centre=head.centre)))
    return scaffold(app, body, title=app.t("policy.title"))


def _list(app: App, pages: list[PolicyPage], path: str, unchecked: tuple[str, ...]) -> ft.Control:
    rows: list[ft.Control] = []
    for page in pages:
        if rows:
            rows.append(ft.Divider(height=1, thickness=1, color=ft.Colors.OUTLINE_VARIANT))
        rows.append(_row(app, page, f"{path}/{page.key}", page.key in unchecked))
    return ft.Container(
        content=ft.Column(rows, spacing=0),
        bgcolor=ft.Colors.SURFACE_CONTAINER_LOWEST,
        border=ft.Border.all(1, ft.Colors.OUTLINE_VARIANT),
        border_radius=20,
        clip_behavior=ft.ClipBehavior.ANTI_ALIAS,
    )


def _row(app: App, page: PolicyPage, path: str, unchecked: bool) -> ft.Control:
    lines = page.lines(app.language)
    first = next(iter(spoken(lines) or lines), "")
    if unchecked:
        first = app.t("policy.unchecked_short")
    return ft.Container(
        content=ft.Row(
            [
                ft.Icon(ICONS.get(page.key, OWN[page.section]), size=26, color=ft.Colors.PRIMARY),
                ft.Column(
                    [text(page.title(app.language), "strong"), secondary_text(first, lines=1)],
                    spacing=2,
                    expand=True,
                ),
                ft.Icon(ft.Icons.CHEVRON_RIGHT, color=ft.Colors.ON_SURFACE_VARIANT),
            ],
            spacing=14,
            vertical_alignment=ft.CrossAxisAlignment.CENTER,
        ),
        padding=ft.Padding.symmetric(horizontal=16, vertical=12),
        on_click=path_handler(app, path),
        ink=True,
    )


def _hotline(app: App, label: str, number: str) -> ft.Control:
    """Opens the dialler; nothing of a case goes with it."""

    async def dial() -> None:
        await app.device.dial(number)

    row = ft.Row(
        [
            ft.Icon(ft.Icons.CALL_OUTLINED, size=26, color=ft.Colors.PRIMARY),
            text(app.t(label, number=number), "strong", expand=True),
        ],
        spacing=14,
    )
    return panel(row, on_click=guard(app, dial), padding=16)
