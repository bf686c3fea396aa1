"""A county's own faces for its paper: which, and where their bytes lie.

A face that is named here is used for the characters it has; all others come from the program's
fonts. The bytes lie in a folder under their digest and never change, so that a page that is
rendered again, to be sealed, is the one that was printed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from shared.digest import sha256_hex
from shared.problems import ProblemError

SERIF, SANS = "Doorstep Serif SC", "Doorstep Sans SC"
"""Families of the program's fonts (assets/fonts/build.py)."""
SUFFIX = ".ttf"
"""Of every kept file, whatever is in it: the typesetter opens files by their suffix."""
_PLAIN = re.compile(r"[^\u2e80-\U0010ffff]")
"""Characters below U+2E80: some have a meaning in a character class of a regular expression."""


class Face(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One face.

    Attributes:
        family: Its family as the typesetter names it.
        file: The name its file had, for messages.
        sha256: Of its file, hex.
        empty: Characters that it maps to a glyph without strokes; they come from the program's.
    """

    family: str
    file: str
    sha256: str
    empty: str = ""


class Faces(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The faces of one print; None where the program's own is used.

    Attributes:
        body: Of the letter, the statements and the notice (仿宋).
        title: Of the titles (小标宋).
    """

    body: Face | None = None
    title: Face | None = None

    @property
    def each(self) -> tuple[Face, ...]:
        """The faces that are set, each file once."""
        found = [face for face in (self.body, self.title) if face is not None]
        return tuple({face.sha256: face for face in found}.values())


class KeptFaces(msgspec.Struct, frozen=True, kw_only=True):
    """Faces and the folder where their bytes are kept."""

    faces: Faces
    folder: Path

    def copy_to(self, folder: Path) -> None:
        """Write the faces' files into a folder, after comparing each with its digest.

        Raises:
            ProblemError: fonts.kept_gone, fonts.kept_changed.
        """
        folder.mkdir()
        for face in self.faces.each:
            (folder / f"{face.sha256}{SUFFIX}").write_bytes(self._bytes(face))

    def _bytes(self, face: Face) -> bytes:
        path = self.folder / f"{face.sha256}{SUFFIX}"
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ProblemError("fonts.kept_gone", font=face.file, file=str(path)) from error
        if sha256_hex(data) != face.sha256:
            raise ProblemError("fonts.kept_changed", font=face.file, file=str(path))
        return data

    def for_template(self) -> dict[str, Any]:
        """Return families and the characters each leaves to the program's fonts, for faces.typ."""
        return {"body": _in_turn(self.faces.body), "title": _in_turn(self.faces.title)}


NO_FACES: dict[str, Any] = {"body": [], "title": []}
"""For the templates of a county without its own faces."""


def _in_turn(face: Face | None) -> list[dict[str, str]]:
    return (
        [] if face is None else [{"name": face.family, "empty": _PLAIN.sub(_escaped, face.empty)}]
    )


def _escaped(character: re.Match[str]) -> str:
    """Return a character as it may stand in the class that typst reads; `]` ends it, `-` spans."""
    return f"\\x{{{ord(character[0]):x}}}"
