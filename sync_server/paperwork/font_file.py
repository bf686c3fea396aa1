"""Read a county's own font file: its names, whether it may be embedded, what it lacks.

The typesetter embeds a subset of the outlines into every page, which the file's licence must allow.
Source: docs/sources.md#embedding-of-fonts.
"""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path
from typing import Any, Literal

import msgspec

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server import temporary
from sync_server.paperwork.faces import SUFFIX

Role = Literal["body", "title"]
MOST_BYTES = 64 * 2**20
"""Of one font file, in bytes: twice what a face of all 88,115 Han characters of GB 18030-2022 would
have, at the 330 bytes a character of our own subset of 8,230 (2.7 MB)."""
NAMES: dict[Role, tuple[str, ...]] = {
    "body": ("fangsong", "stfangsong", "fzfangsong", "仿宋", "方正仿宋", "华文仿宋"),
    "title": ("fzxiaobiaosong", "方正小标宋", "小标宋"),
}
"""How the names of faces for each part of a page begin, in the form of `plain`."""
_FORBIDDEN, _KINDS = 0x0002, 0x000E
_NO_SUBSET, _BITMAPS_ONLY = 0x0100, 0x0200
_NAME_IDS = (1, 4, 6, 16)
"""Family, full name, PostScript name, typographic family."""


class FontFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the folder, and what it may be used for.

    Attributes:
        file: Its name in the folder.
        problem: Why it cannot be used; None for one that can.
        family: Its family as the typesetter names it.
        names: Every name it has, in every language.
        sha256: Of its bytes, hex.
        lacking: Characters of the paper's set that it does not draw.
        empty: Those of them for which it has a glyph without strokes.
    """

    file: str
    problem: ProblemError | None = None
    family: str = ""
    names: tuple[str, ...] = ()
    sha256: str = ""
    lacking: str = ""
    empty: str = ""

    def fits(self, role: Role) -> bool:
        """Return whether its names say that it is a face for this part of a page."""
        return any(plain(name).startswith(NAMES[role]) for name in self.names)

    def is_named(self, name: str) -> bool:
        """Return whether this is the face of that name, or the file."""
        return plain(name) in {plain(own) for own in (*self.names, self.family, self.file)}


def plain(name: str) -> str:
    """Return a name in lower case and half-width, without blanks, hyphens and underscores."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in folded if c not in " _-")


def read(path: Path, charset: frozenset[str]) -> FontFile:
    """Read a file; a fault is in its `problem`."""
    try:
        return _read(path, charset)
    except ProblemError as problem:
        return FontFile(file=path.name, problem=problem)


def _read(path: Path, charset: frozenset[str]) -> FontFile:
    from fontTools.ttLib import TTFont

    named = path.name
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise ProblemError(
                "fonts.too_large", file=named, size=size >> 20, limit=MOST_BYTES >> 20
            )
        data = path.read_bytes()
        if data[:4] == b"ttcf":
            raise ProblemError("fonts.collection", file=named)
        with TTFont(io.BytesIO(data), lazy=True) as font:
            _may_be_embedded(font, named)
            names = tuple(
                dict.fromkeys(
                    str(record.toUnicode())
                    for record in font["name"].names
                    if record.nameID in _NAME_IDS
                )
            )
            mapped = font.getBestCmap() or {}
            empty = _without_strokes(font, {c: mapped[ord(c)] for c in charset if ord(c) in mapped})
    except ProblemError:
        raise
    except OSError as error:
        raise ProblemError(
            "fonts.unreadable", file=named, why=str(error.strerror or error)
        ) from error
    except Exception as error:  # fontTools checks little: a damaged table raises TTLibError,
        # struct.error, AssertionError, KeyError, IndexError, TypeError, ValueError and others
        raise ProblemError("fonts.not_font", file=named) from error
    return FontFile(
        file=path.name,
        family=_family(data, named),
        names=names,
        sha256=sha256_hex(data),
        lacking="".join(sorted(c for c in charset if ord(c) not in mapped or c in empty)),
        empty="".join(sorted(empty)),
    )


def _may_be_embedded(font: Any, named: str) -> None:
    """Refuse a font whose fsType forbids embedding. Raises: ProblemError fonts.embedding."""
    flags = font["OS/2"].fsType if "OS/2" in font else 0
    if flags & _KINDS == _FORBIDDEN or flags & (_NO_SUBSET | _BITMAPS_ONLY):
        raise ProblemError("fonts.embedding", file=named, flags=f"0x{flags:04X}")


def _without_strokes(font: Any, glyphs: dict[str, str]) -> set[str]:
    """Return the visible characters whose glyph draws nothing."""
    visible = {c: name for c, name in glyphs.items() if not c.isspace()}
    if "glyf" in font:
        at, ids = font["loca"], font.getReverseGlyphMap()
        return {c for c, name in visible.items() if at[ids[name]] == at[ids[name] + 1]}
    if "CFF " in font:
        shapes, drawn = font["CFF "].cff.topDictIndex[0].CharStrings, font.getGlyphSet()
        short = {c: shapes[name] for c, name in visible.items() if _is_short(shapes[name])}
        return {c for c, shape in short.items() if shape.calcBounds(drawn) is None}
    return set()


def _is_short(shape: Any) -> bool:
    """Return whether an outline may be empty: a width and its end are a few bytes."""
    return len(shape.bytecode or b"") <= 8


def _family(data: bytes, named: str) -> str:
    """Return the family as the typesetter reads it."""
    import typst

    with temporary.folder_for("font") as folder:
        (folder / f"font{SUFFIX}").write_bytes(data)
        found = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)]
        ).families()
    if len(found) != 1:
        raise ProblemError("fonts.not_font", file=named)
    return str(found[0])
