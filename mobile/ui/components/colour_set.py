"""Six colour sets for panels, banners and tags.

"attention" (vermilion) only where the teacher must act.
"""

from __future__ import annotations

from typing import NamedTuple

import flet as ft

C = ft.Colors


class ColourSet(NamedTuple):
    """Background, border, text and icon colours of the theme that go together."""

    background: ft.Colors
    border: ft.Colors
    text: ft.Colors
    icon: ft.Colors


COLOUR_SETS = {
    "plain": ColourSet(C.SURFACE_CONTAINER_LOWEST, C.OUTLINE_VARIANT, C.ON_SURFACE, C.PRIMARY),
    "soft": ColourSet(
        C.SURFACE_CONTAINER, C.SURFACE_CONTAINER, C.ON_SURFACE_VARIANT, C.ON_SURFACE_VARIANT
    ),
    "calm": ColourSet(
        C.PRIMARY_CONTAINER, C.PRIMARY_CONTAINER, C.ON_PRIMARY_CONTAINER, C.ON_PRIMARY_CONTAINER
    ),
    "amber": ColourSet(
        C.TERTIARY_CONTAINER, C.TERTIARY_CONTAINER, C.ON_TERTIARY_CONTAINER, C.ON_TERTIARY_CONTAINER
    ),
    "attention": ColourSet(C.ERROR_CONTAINER, C.ERROR_CONTAINER, C.ON_ERROR_CONTAINER, C.ERROR),
    "strong": ColourSet(C.PRIMARY, C.PRIMARY, C.ON_PRIMARY, C.ON_PRIMARY),
}


def colour_set(name: str) -> ColourSet:
    """A set by name: plain, soft, calm, amber, attention or strong."""
    return COLOUR_SETS[name]
