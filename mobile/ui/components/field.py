"""A text field that never overwrites what is being typed.

Flet sends a field's value to the window whenever the value we render differs from the last one it
sent. That would undo a keystroke (or half a syllable of an input method) that arrives between two
renders. So we render the control's current value, and ours only when the screen changed it on
purpose (a phrase tapped, a draft).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.hooks import use_constant
from mobile.ui.app.state import use_app
from mobile.ui.components.text import secondary_text

LABEL_SIZE, LABEL_SCALE = 17, 1.3
"""Up to this text size the label is part of the field, one line; larger, it stands above and wraps.
"""
GAP_PX = 4
"""The gap in the border on either side of the label; Flutter's own value."""
UNSEEN = ft.TextStyle(size=0.1, color=ft.Colors.TRANSPARENT)
"""The field keeps its label for screen readers: Flutter names a field by nothing else."""
NEARLY = 0.8
"""How full a limited field is when it begins to show the count."""


class _Memory:
    """The control rendered last and the value the screen passed last."""

    control: ft.TextField | None = None
    known: str = ""


def TextBox(
    label: str,
    value: str,
    on_change: Callable[[str], Any],
    *,
    hint: str = "",
    lines: int = 1,
    keyboard: ft.KeyboardType = ft.KeyboardType.TEXT,
    limit: int | None = None,
    icon: ft.IconData | None = None,
    autofocus: bool = False,
    on_submit: Any = None,
) -> ft.Control:
    """A labelled text field. `lines` > 1 makes it grow; `on_change` gets the text.

    Its key is its label: without one, questions that appear above it would make Flet build it anew,
    and it would lose the focus.
    """
    return _Box(
        label,
        value,
        on_change,
        hint,
        lines,
        keyboard,
        limit,
        icon,
        autofocus,
        on_submit,
        key=f"box:{label}",
    )


@ft.component
def _Box(
    label: str,
    value: str,
    on_change: Callable[[str], Any],
    hint: str,
    lines: int,
    keyboard: ft.KeyboardType,
    limit: int | None,
    icon: ft.IconData | None,
    autofocus: bool,
    on_submit: Any,
    key: str = "",
) -> ft.Control:
    app = use_app()
    memory = use_constant(_Memory)
    live = memory.control.value if memory.control is not None else value
    shown = live if value == memory.known and live is not None else value
    memory.known = value
    above = app.scale > LABEL_SCALE

    def changed(event: Any) -> Any:
        memory.known = event.control.value or ""
        return on_change(memory.known)

    memory.control = ft.TextField(
        label=label,
        value=shown,
        label_style=UNSEEN if above else ft.TextStyle(size=LABEL_SIZE * app.scale),
        hint_text=hint or None,
        multiline=lines > 1,
        min_lines=lines if lines > 1 else None,
        max_lines=12 if lines > 1 else 1,
        keyboard_type=keyboard,
        max_length=limit,
        # The count only when space runs out: "0/30" under a name explains nothing.
        counter=None if limit is None or len(shown) > limit * NEARLY else ft.Container(),
        prefix_icon=icon,
        autofocus=autofocus,
        on_change=guard(app, changed),
        on_submit=on_submit,
        border=ft.OutlineInputBorder(border_radius=16, gap_padding=0 if above else GAP_PX),
        filled=True,
        fill_color=ft.Colors.SURFACE_CONTAINER_LOWEST,
        content_padding=ft.Padding.symmetric(horizontal=16, vertical=18),
    )
    if not above:
        return memory.control
    name = ft.Semantics(exclude_semantics=True, content=secondary_text(label, "text"))
    return ft.Column(
        [name, memory.control], spacing=6, horizontal_alignment=ft.CrossAxisAlignment.STRETCH
    )
