"""How to add the app to an iPhone's home screen.

What is entered in the browser's tab is lost to the app on the home screen, so nothing is asked
before.
"""

from __future__ import annotations

import flet as ft

from mobile.ui.app.state import App
from mobile.ui.components.brand_header import brand_header
from mobile.ui.components.panel import banner


def add_to_home_screen(app: App) -> list[ft.Control]:
    """The steps, shown instead of a form."""
    steps = [app.t("enrol.home_share"), app.t("enrol.home_add"), app.t("enrol.home_open")]
    return [
        brand_header(app.t("enrol.title"), app.t("enrol.line")),
        banner(ft.Icons.IOS_SHARE, app.t("enrol.home_first"), steps),
    ]
