"""A tag: a state as icon, word and colour."""

from __future__ import annotations

import flet as ft

from mobile.i18n import Tongue
from mobile.ui.components.colour_set import colour_set
from mobile.ui.components.text import text

I = ft.Icons  # noqa: E741  one letter keeps the tables below readable

TODO = {
    "deliver": (I.MARKUNREAD_OUTLINED, "calm"),
    "visit": (I.DIRECTIONS_WALK, "calm"),
    "statement": (I.EDIT_NOTE, "amber"),
    "fix": (I.REPLAY, "attention"),
    "none": (I.TASK_ALT, "soft"),
}
STAGE = {
    "assigned": (I.RADIO_BUTTON_UNCHECKED, "soft"),
    "delivered": (I.DRAFTS_OUTLINED, "soft"),
    "visited": (I.DOOR_FRONT_DOOR_OUTLINED, "soft"),
    "promised": (I.EVENT_AVAILABLE, "amber"),
    "special": (I.ARTICLE_OUTLINED, "amber"),
    "repaid": (I.CHECK_CIRCLE, "calm"),
}
RECORD = {
    "pending": (I.UNDO, "amber"),
    "waiting": (I.PHONE_ANDROID, "soft"),
    "sent": (I.CHECK_CIRCLE_OUTLINE, "calm"),
    "rejected": (I.ERROR_OUTLINE, "attention"),
    "returned": (I.REPLAY, "attention"),
    "dropped": (I.DO_NOT_DISTURB_ON_OUTLINED, "soft"),
}


def tag(icon: ft.IconData, words: str, kind: str) -> ft.Container:
    """Icon and word in a rounded frame."""
    colours = colour_set(kind)
    return ft.Container(
        content=ft.Row(
            [ft.Icon(icon, size=18, color=colours.icon), text(words, "label", colour=colours.text)],
            spacing=6,
            tight=True,
        ),
        bgcolor=colours.background,
        border=ft.Border.all(1, colours.border),
        border_radius=14,
        padding=ft.Padding.symmetric(horizontal=10, vertical=4),
    )


def todo_tag(t: Tongue, todo: str) -> ft.Control:
    """What is to be done with a case next."""
    icon, kind = TODO.get(todo, TODO["none"])
    return tag(icon, t(f"todo.{todo}"), kind)


def stage_tag(t: Tongue, stage: str) -> ft.Control:
    """Where a case stands (docs/states.md)."""
    icon, kind = STAGE.get(stage, STAGE["assigned"])
    return tag(icon, t(f"stage.{stage}"), kind)


def record_tag(t: Tongue, state: str) -> ft.Control:
    """Where a record stands: still to undo, on the phone, handed in, not accepted."""
    icon, kind = RECORD.get(state, RECORD["waiting"])
    return tag(icon, t(f"record.{state}"), kind)
