"""Text by role.

Sizes and colours come from the theme, so large text and dark mode apply everywhere.
"""

from __future__ import annotations

import flet as ft

STYLES = {
    "display": ft.TextThemeStyle.DISPLAY_SMALL,
    "headline": ft.TextThemeStyle.HEADLINE_SMALL,
    "title": ft.TextThemeStyle.TITLE_LARGE,
    "subtitle": ft.TextThemeStyle.TITLE_MEDIUM,
    "strong": ft.TextThemeStyle.TITLE_SMALL,
    "body": ft.TextThemeStyle.BODY_LARGE,
    "text": ft.TextThemeStyle.BODY_MEDIUM,
    "small": ft.TextThemeStyle.BODY_SMALL,
    "label": ft.TextThemeStyle.LABEL_MEDIUM,
    "tiny": ft.TextThemeStyle.LABEL_SMALL,
}


def text(
    words: str,
    role: str = "text",
    *,
    colour: ft.ColorValue | None = None,
    lines: int | None = None,
    align: ft.TextAlign = ft.TextAlign.START,
    expand: bool | int | None = None,
    select: bool = False,
) -> ft.Text:
    """Words in a role, one of STYLES."""
    return ft.Text(
        words,
        theme_style=STYLES[role],
        color=colour or ft.Colors.ON_SURFACE,
        max_lines=lines,
        overflow=ft.TextOverflow.ELLIPSIS if lines else ft.TextOverflow.CLIP,
        text_align=align,
        expand=expand,
        selectable=select,
    )


def secondary_text(words: str, role: str = "small", **more: object) -> ft.Text:
    """The same in a softer colour, for explanations."""
    return text(words, role, colour=ft.Colors.ON_SURFACE_VARIANT, **more)  # type: ignore[arg-type]


def heading(words: str) -> ft.Control:
    """The name of a section; a heading for screen readers."""
    return ft.Semantics(
        heading_level=2,
        content=ft.Container(
            padding=ft.Padding.only(top=10, left=4), content=text(words, "strong")
        ),
    )
