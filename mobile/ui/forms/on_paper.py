"""What to know of a text before it is printed: signs without a font, and its length in lines."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.state import use_app
from mobile.ui.components.panel import note_line
from shared.paper_characters import MOST_LINES, lines_on_paper, missing_characters

NEARLY = 0.8
"""How long a text is, of what fits, when its length begins to be said."""


def on_paper(written: str) -> list[ft.Control]:
    """Lines below a text field: none for a text that prints as it is and is not long."""
    found: list[ft.Control] = []
    if missing_characters(written) or lines_on_paper(written) > MOST_LINES * NEARLY:
        found.append(OnPaper(written, key="on-paper"))
    return found


@ft.component
def OnPaper(written: str, key: str = "") -> ft.Control:
    """The sentences, read aloud when they appear."""
    app = use_app()
    lines: list[ft.Control] = []
    if missing := missing_characters(written):
        words = app.t("paper.unknown", signs=" ".join(missing))
        lines.append(note_line(ft.Icons.FONT_DOWNLOAD_OFF_OUTLINED, words, "amber"))
    length = lines_on_paper(written)
    if length > MOST_LINES * NEARLY:
        words = app.t("paper.long", lines=length, most=MOST_LINES)
        lines.append(note_line(ft.Icons.SHORT_TEXT, words, "amber"))
    return ft.Semantics(live_region=True, content=ft.Column(lines, spacing=6))
