"""Five tones, each a background, a line and an ink of the theme. Cinnabar ("attention") only where one must act."""

from __future__ import annotations

from typing import NamedTuple

import flet as ft

C = ft.Colors


class Tone(NamedTuple):
    back: ft.Colors
    line: ft.Colors
    ink: ft.Colors
    icon: ft.Colors


TONES = {
    "plain": Tone(C.SURFACE_CONTAINER_LOWEST, C.OUTLINE_VARIANT, C.ON_SURFACE, C.PRIMARY),
    "soft": Tone(
        C.SURFACE_CONTAINER, C.SURFACE_CONTAINER, C.ON_SURFACE_VARIANT, C.ON_SURFACE_VARIANT
    ),
    "calm": Tone(
        C.PRIMARY_CONTAINER, C.PRIMARY_CONTAINER, C.ON_PRIMARY_CONTAINER, C.ON_PRIMARY_CONTAINER
    ),
    "amber": Tone(
        C.TERTIARY_CONTAINER, C.TERTIARY_CONTAINER, C.ON_TERTIARY_CONTAINER, C.ON_TERTIARY_CONTAINER
    ),
    "attention": Tone(C.ERROR_CONTAINER, C.ERROR_CONTAINER, C.ON_ERROR_CONTAINER, C.ERROR),
    "strong": Tone(C.PRIMARY, C.PRIMARY, C.ON_PRIMARY, C.ON_PRIMARY),
}


def tone(name: str) -> Tone:
    """A tone by name: plain, soft, calm, amber, attention or strong."""
    return TONES[name]
