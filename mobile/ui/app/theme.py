"""One theme: dark green on cream, vermilion only where something needs attention; light and dark.

Colours go by role (Material 3 names), never by value, so that no screen leaves the theme. PAIRS are
the text and background colours used together; a test keeps each at WCAG AA (4.5:1).
"""

from __future__ import annotations

import flet as ft

SEED = "#1F5C57"
CINNABAR = "#C8452D"
CREAM = "#FBF6EC"
FAMILY = "Doorstep Sans SC"
FONT_FILE = "fonts/NotoSansSC-subset.otf"
BOLD_FONT_FILE = "fonts/NotoSansSC-Bold-subset.otf"

LIGHT = {
    "primary": SEED,
    "on_primary": "#FFFFFF",
    "primary_container": "#D8E9E3",
    "on_primary_container": "#12433F",
    "primary_fixed": SEED,
    "on_primary_fixed": "#FFFFFF",
    "secondary": "#6B5B46",
    "on_secondary": "#FFFFFF",
    "secondary_container": "#EFE5D2",
    "on_secondary_container": "#43382A",
    "tertiary": "#86560A",
    "on_tertiary": "#FFFFFF",
    "tertiary_container": "#FAE9C8",
    "on_tertiary_container": "#5E3C05",
    "error": CINNABAR,
    "on_error": "#FFFFFF",
    "error_container": "#FBE4DB",
    "on_error_container": "#8A2A16",
    "surface": CREAM,
    "on_surface": "#2A2620",
    "on_surface_variant": "#5C5345",
    "outline": "#83796A",
    "outline_variant": "#E2D8C5",
    "inverse_surface": "#35302A",
    "on_inverse_surface": "#FBF6EC",
    "inverse_primary": "#9AD4CB",
    "surface_container_lowest": "#FFFDF8",
    "surface_container_low": "#FDF9F0",
    "surface_container": "#F5EEDF",
    "surface_container_high": "#EFE6D4",
    "surface_container_highest": "#E8DEC9",
    "surface_tint": CREAM,
    "shadow": "#3A2E1A",
    "scrim": "#000000",
}
DARK = {
    "primary": "#93D0C6",
    "on_primary": "#07332F",
    "primary_container": "#1F4B46",
    "on_primary_container": "#CDEBE4",
    "primary_fixed": "#1D4540",
    "on_primary_fixed": "#D6EFE9",
    "secondary": "#D8C7AD",
    "on_secondary": "#3A2F20",
    "secondary_container": "#443A2C",
    "on_secondary_container": "#F0E2CB",
    "tertiary": "#F2C879",
    "on_tertiary": "#402C04",
    "tertiary_container": "#4F3A12",
    "on_tertiary_container": "#FBE5BB",
    "error": "#FF9B82",
    "on_error": "#4A1409",
    "error_container": "#592216",
    "on_error_container": "#FFDCD2",
    "surface": "#191713",
    "on_surface": "#EDE6D9",
    "on_surface_variant": "#C6BBA8",
    "outline": "#958A79",
    "outline_variant": "#3E382E",
    "inverse_surface": "#EDE6D9",
    "on_inverse_surface": "#2A2620",
    "inverse_primary": SEED,
    "surface_container_lowest": "#221F1A",
    "surface_container_low": "#1F1C17",
    "surface_container": "#29251F",
    "surface_container_high": "#332E27",
    "surface_container_highest": "#3D382F",
    "surface_tint": "#191713",
    "shadow": "#000000",
    "scrim": "#000000",
}
PAIRS = (
    ("on_surface", "surface"),
    ("on_surface", "surface_container_lowest"),
    ("on_surface", "surface_container"),
    ("on_surface_variant", "surface"),
    ("on_surface_variant", "surface_container_lowest"),
    ("on_surface_variant", "surface_container"),
    ("on_primary", "primary"),
    ("primary", "surface"),
    ("primary", "surface_container_lowest"),
    ("on_primary_container", "primary_container"),
    ("on_primary_fixed", "primary_fixed"),
    ("on_secondary_container", "secondary_container"),
    ("on_tertiary_container", "tertiary_container"),
    ("on_error_container", "error_container"),
    ("on_error", "error"),
    ("on_inverse_surface", "inverse_surface"),
)
# Points at 100 %; no text that must be read is below 14.
SIZES = {
    "display_small": 40,
    "headline_medium": 30,
    "headline_small": 26,
    "title_large": 22,
    "title_medium": 19,
    "title_small": 17,
    "body_large": 18,
    "body_medium": 16,
    "body_small": 15,
    "label_large": 17,
    "label_medium": 15,
    "label_small": 14,
}
BOLD = {
    "display_small",
    "headline_medium",
    "headline_small",
    "title_large",
    "title_medium",
    "title_small",
}
SCALES = (1.0, 1.3, 1.6, 2.0)
ICON_PADDING, SWITCH_PADDING = ft.Padding.all(12), ft.Padding.symmetric(horizontal=4, vertical=4)
"""Around a 24 px icon and a 40 px switch: 48 px, the smallest touch target.

Flutter adds it by itself on phones only.
"""
BAR_SCALE, TAB_SCALE = 1.6, 1.4
"""Limits for a bar's title and the tabs, which are large already."""
"""Text sizes as designed and larger; 200 % is what WCAG 1.4.4 asks for."""


def theme(scale: float, family: str | None, palette: dict[str, str]) -> ft.Theme:
    """The Flet theme for a text scale (1.0 = as designed).

    `family` None leaves the device's own Chinese font. A TextStyle with only a size would drop
    family and colour (docs/sources.md#flet-text-theme), so each style names all three.
    """
    styles = {
        name: ft.TextStyle(
            size=size * scale,
            font_family=family,
            color=ft.Colors.ON_SURFACE,
            weight=ft.FontWeight.W_700 if name in BOLD else ft.FontWeight.W_400,
        )
        for name, size in SIZES.items()
    }
    label = styles["label_large"]
    return ft.Theme(
        color_scheme_seed=SEED,
        color_scheme=ft.ColorScheme(**palette),
        font_family=family,
        text_theme=ft.TextTheme(**styles),
        scaffold_bgcolor=palette["surface"],
        appbar_theme=ft.AppBarTheme(
            bgcolor=palette["surface"],
            elevation=0,
            title_text_style=ft.TextStyle(
                size=SIZES["title_large"] * min(scale, BAR_SCALE),
                font_family=family,
                color=palette["on_surface"],
                weight=ft.FontWeight.W_700,
            ),
        ),
        navigation_bar_theme=ft.NavigationBarTheme(
            bgcolor=palette["surface_container_lowest"],
            indicator_color=palette["primary_container"],
            label_text_style=ft.TextStyle(
                size=SIZES["label_small"] * min(scale, TAB_SCALE),
                font_family=family,
                color=palette["on_surface"],
            ),
        ),
        snackbar_theme=ft.SnackBarTheme(
            bgcolor=palette["inverse_surface"],
            content_text_style=ft.TextStyle(
                size=16 * scale, font_family=family, color=palette["on_inverse_surface"]
            ),
            action_text_color=palette["inverse_primary"],
        ),
        filled_button_theme=ft.FilledButtonTheme(style=ft.ButtonStyle(text_style=label)),
        page_transitions=ft.PageTransitionsTheme(
            android=ft.PageTransitionTheme.FADE_UPWARDS,
            # A slow computer draws few frames, and a tap on a screen still sliding misses.
            linux=ft.PageTransitionTheme.NONE,
            macos=ft.PageTransitionTheme.NONE,
            windows=ft.PageTransitionTheme.NONE,
        ),
        visual_density=ft.VisualDensity.STANDARD,
        icon_button_theme=ft.IconButtonTheme(style=ft.ButtonStyle(padding=ICON_PADDING)),
    )


def apply_theme(page: ft.Page, *, scale: float, mode: str) -> None:
    """Set theme, fonts and mode of a page. `mode`: system, light or dark."""
    family = FAMILY if page.web else None
    # the packaged site names it in its font manifest: loaded once, before any text
    if page.web and not page.pyodide:
        page.fonts = {FAMILY: FONT_FILE}
    page.theme = theme(scale, family, LIGHT)
    page.dark_theme = theme(scale, family, DARK)
    page.theme_mode = {"light": ft.ThemeMode.LIGHT, "dark": ft.ThemeMode.DARK}.get(
        mode, ft.ThemeMode.SYSTEM
    )


def set_locale(page: ft.Page, language: str) -> None:
    """Set the language of built-in widgets (back, calendar, clock) to that of the screens."""
    chinese, english = ft.Locale("zh", "CN"), ft.Locale("en", "US")
    page.locale_configuration = ft.LocaleConfiguration(
        supported_locales=[chinese, english],
        current_locale=chinese if language == "zh" else english,
    )
