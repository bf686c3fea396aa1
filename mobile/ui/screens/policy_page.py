"""One script or policy page in large letters: what to say, and separately what to keep in mind."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.loading import use_load
from mobile.ui.app.state import App, use_app
from mobile.ui.components.panel import banner, empty_state, not_loaded, panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.text import secondary_text, text
from mobile.usecases import policy
from mobile.usecases.views import PolicyView
from shared.policy import SCRIPT, PolicyPage, is_note, note_words


@ft.component
def PolicyPageScreen() -> ft.View:
    """The page of the route's `key`."""
    app = use_app()
    key = ft.use_route_params().get("key", "")

    async def load() -> tuple[PolicyView | None]:
        return (await policy.page(app.phone, key),)

    loaded = use_load(app, load, key)
    if loaded.value is None:
        waiting = not_loaded(app.t("common.wait"), loaded.error)
        return scaffold(app, [waiting], title=app.t("policy.title"))
    (found,) = loaded.value
    if found is None:
        gone = empty_state(
            ft.Icons.MENU_BOOK_OUTLINED, app.t("script.gone"), app.t("script.gone_line")
        )
        return scaffold(app, [gone], title=app.t("policy.title"))
    title = app.t(f"policy.section.{found.page.section}")
    return scaffold(app, [*_mark(app, found), *_body(app, found.page)], title=title)


def _mark(app: App, found: PolicyView) -> list[ft.Control]:
    """Relief and repayment rules change every year: a page of an earlier one says so."""
    if not found.unchecked:
        return []
    return [banner(ft.Icons.HISTORY, app.t("policy.unchecked"))]


def _body(app: App, page: PolicyPage) -> list[ft.Control]:
    lines = page.lines(app.language)
    spoken = [line for line in lines if not is_note(line)]
    kept = [note_words(line) for line in lines if is_note(line)]
    title = ft.Semantics(heading_level=1, content=text(page.title(app.language), "headline"))
    parts: list[ft.Control] = [ft.Container(title, padding=ft.Padding.only(left=4, top=4))]
    if spoken and page.section == SCRIPT:
        parts.append(
            ft.Container(secondary_text(app.t("talk.say"), "text"), padding=ft.Padding.only(left=4))
        )
        parts += [_spoken(line) for line in spoken]
    elif spoken:
        parts.append(panel(ft.Column([_large(line) for line in spoken], spacing=14)))
    if kept:
        parts.append(_kept(app, kept))
    return parts


def _large(line: str) -> ft.Text:
    """Readable at arm's length."""
    words = text(line, "subtitle", select=True)
    words.weight = ft.FontWeight.W_400
    return words


def _spoken(line: str) -> ft.Control:
    """A sentence to say, with a bar at its side as a quotation."""
    return ft.Container(
        content=_large(line),
        bgcolor=ft.Colors.SURFACE_CONTAINER_LOWEST,
        border=ft.Border.only(left=ft.BorderSide(4, ft.Colors.PRIMARY)),
        padding=ft.Padding.only(left=16, right=14, top=12, bottom=12),
    )


def _kept(app: App, lines: list[str]) -> ft.Control:
    ink = ft.Colors.ON_TERTIARY_CONTAINER
    head = ft.Row(
        [
            ft.Icon(ft.Icons.LIGHTBULB_OUTLINE, size=22, color=ink),
            text(app.t("script.note"), "strong", colour=ink),
        ],
        spacing=10,
    )
    return panel(
        ft.Column([head, *(text(line, "body", colour=ink) for line in lines)], spacing=10),
        kind="amber",
    )
