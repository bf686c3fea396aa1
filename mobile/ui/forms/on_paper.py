"""Notes below a text field: characters that cannot be printed, and the length in printed lines."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.state import use_app
from mobile.ui.components.panel import note_line
from shared.paper_characters import MOST_LINES, lines_on_paper, missing_characters

NEARLY = 0.8
"""The share of the most lines from which on a text's length is shown."""


def on_paper(written: str) -> list[ft.Control]:
    """The notes of a text; none where it prints as it is and is not long."""
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
