"""The notice bar: dark, announced by screen readers, and covering nothing."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.notice import Notice, Notices
from mobile.ui.components.text import text

INK = ft.Colors.ON_INVERSE_SURFACE


@ft.component
def NoticeBar(notices: Notices) -> ft.Control:
    """The bar, or nothing when there is no notice."""
    if notices.notice is None:
        return ft.Container(visible=False)
    return ft.Semantics(live_region=True, content=_bar(notices, notices.notice))


def _bar(notices: Notices, notice: Notice) -> ft.Control:
    async def act(event: object) -> None:
        notices.clear()
        if notice.on_action is not None:
            await notice.on_action(event)

    parts: list[ft.Control] = [text(notice.words, "text", colour=INK, expand=True)]
    if notice.action:
        parts.append(
            ft.TextButton(
                notice.action,
                on_click=act,
                height=48,
                style=ft.ButtonStyle(
                    color=ft.Colors.INVERSE_PRIMARY,
                    padding=ft.Padding.symmetric(horizontal=16),
                    shape=ft.RoundedRectangleBorder(radius=12),
                ),
            )
        )
    bar = ft.Container(
        ft.Row(parts, spacing=8),
        bgcolor=ft.Colors.INVERSE_SURFACE,
        border_radius=16,
        padding=ft.Padding.only(
            left=18, right=8, top=6 if notice.action else 16, bottom=6 if notice.action else 16
        ),
        animate_opacity=150,
    )
    return ft.Container(
        bar,
        padding=ft.Padding.only(left=16, right=16, top=10, bottom=10),
        bgcolor=ft.Colors.SURFACE,
        border=ft.Border.only(top=ft.BorderSide(1, ft.Colors.OUTLINE_VARIANT)),
    )
