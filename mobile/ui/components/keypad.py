"""A keypad for the PIN: six dots and twelve large keys; a keyboard's digits work too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import flet as ft

from mobile.ui.app.guard import guard
from mobile.ui.app.hooks import use_constant, use_state
from mobile.ui.app.state import use_app
from mobile.ui.app.theme import SIZES
from mobile.ui.components.case_row import WIDE_SCALE
from mobile.ui.components.text import text
from mobile.usecases.unlock import PIN_DIGITS

KEY_PX, SMALL_KEY_PX = 64, 52
"""The height of a key: smaller for large text, where the words above it need the space of a 640 px
screen; never below 48.
"""
ROWS = ("123", "456", "789")
ERASE = "Backspace"


class _Typed:
    """The digits typed so far, also those not rendered yet: two quick taps are two digits."""

    digits = ""
    held = False
    press: Callable[[str], Awaitable[None]]


@ft.component
def Keypad(done: Callable[[str], Awaitable[None]], off: bool = False, key: str = "") -> ft.Control:
    """Calls `done` with six digits, then starts again. `off`: taps do nothing for now."""
    app = use_app()
    typed = use_constant(_Typed)
    shown, show = use_state(0)

    async def press(name: str) -> None:
        if off or typed.held:
            return
        typed.digits = typed.digits[:-1] if name == ERASE else typed.digits + name
        show(len(typed.digits))
        if len(typed.digits) == PIN_DIGITS:
            digits, typed.digits, typed.held = typed.digits, "", True
            try:
                await done(digits)
            finally:
                typed.held = False
                show(0)

    typed.press = press

    def listen() -> None:
        async def pressed(event: ft.KeyboardEvent) -> None:
            digit = event.key.removeprefix("Numpad ").removeprefix("Digit ")
            if event.key == ERASE or (len(digit) == 1 and digit in "0123456789"):
                await typed.press(ERASE if event.key == ERASE else digit)

        ft.context.page.on_keyboard_event = guard(app, pressed)

    # once, not at each render: a digit typed between two listeners would be lost
    ft.use_effect(listen, [], cleanup=_stop_listening)

    large = app.scale > WIDE_SCALE
    high = SMALL_KEY_PX if large else KEY_PX

    def number(digit: str) -> ft.Control:
        figure = text(digit, "headline")
        figure.size = SIZES["headline_small"] * min(app.scale, WIDE_SCALE)
        return _key(digit, figure, guard(app, lambda: press(digit)), off, high)

    erase = _key(
        app.t("pin.erase"),
        ft.Icon(ft.Icons.BACKSPACE_OUTLINED, size=26, color=ft.Colors.ON_SURFACE_VARIANT),
        guard(app, lambda: press(ERASE)),
        off or not shown,
        high,
        plain=True,
    )
    rows: list[ft.Control] = [_row([number(digit) for digit in row]) for row in ROWS]
    rows.append(_row([ft.Container(expand=True, height=high), number("0"), erase]))
    return ft.Column(
        [
            _dots(app.t("pin.dots", typed=shown, digits=PIN_DIGITS), shown, 4 if large else 10),
            *rows,
        ],
        spacing=6 if large else 10,
        horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
    )


def _stop_listening() -> None:
    ft.context.page.on_keyboard_event = None


def _row(keys: list[ft.Control]) -> ft.Control:
    return ft.Row(keys, spacing=10)


def _key(
    name: str, content: ft.Control, on_click: Any, off: bool, high: int, *, plain: bool = False
) -> ft.Control:
    container = ft.Container(
        content,
        height=high,
        border_radius=18,
        alignment=ft.Alignment.CENTER,
        bgcolor=None if plain else ft.Colors.SURFACE_CONTAINER_LOWEST,
        border=None if plain else ft.Border.all(1, ft.Colors.OUTLINE_VARIANT),
        on_click=None if off else on_click,
        ink=True,
        opacity=0.45 if off else 1,
    )
    return ft.Semantics(
        container=True,
        button=True,
        label=name,
        exclude_semantics=True,
        content=container,
        expand=True,
    )


def _dots(words: str, shown: int, above: int) -> ft.Control:
    dots: list[ft.Control] = [
        ft.Container(
            width=18,
            height=18,
            border_radius=9,
            bgcolor=ft.Colors.PRIMARY if at < shown else None,
            border=ft.Border.all(2, ft.Colors.PRIMARY if at < shown else ft.Colors.OUTLINE),
        )
        for at in range(PIN_DIGITS)
    ]
    row = ft.Row(dots, spacing=16, alignment=ft.MainAxisAlignment.CENTER)
    return ft.Semantics(
        label=words,
        live_region=True,
        content=ft.Container(row, padding=ft.Padding.symmetric(vertical=above)),
    )
