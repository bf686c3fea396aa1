"""Where the project's fonts and their character list are."""

from __future__ import annotations

from pathlib import Path

ASSETS = Path(__file__).resolve().parents[2] / "assets"
FONTS = ASSETS / "fonts"


def known_characters() -> str:
    """Return every character that the fonts for printed documents contain."""
    return (FONTS / "charset.txt").read_text(encoding="utf-8").replace("\n", "")
