"""Look into an OFD (GB/T 33190): is it one, does it carry a seal, does it name our print.

An OFD is a zip of XML. Nothing is unpacked to disk; entries, sizes and reads are bounded. Its
seal (GB/T 38540) is not checked: that needs algorithms and lists this program has not.
Imported in short-lived workers only: an upload may be anything.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers import expat

import msgspec

from shared.problems import ProblemError
from sync_server.disk_errors import raise_if_system

MAGIC = b"PK\x03\x04"
_LISTED = b"PK\x01\x02"
"""Begins every line of a zip's list of entries."""
ROOT = "OFD.xml"
NAMESPACE = "http://www.ofdspec.org/"
MOST_ENTRIES = 4000
"""A report of 100 pages has some 300: a page, its drawings, fonts."""
MOST_SEALS = 50
"""The most lists of signatures, and signatures of a list, that are looked at."""
MOST_UNPACKED_BYTES = 200 * 2**20
MOST_PART_BYTES = 8 * 2**20
"""The most bytes of a part that is read."""
MOST_TEXT_BYTES = 64 * 2**20
"""The most bytes of pages that are read for their text, all together."""
_FLAG_ENCRYPTED = 1
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SPACE = re.compile(r"\s+")


class Ofd(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an OFD: how many seals it lists, and the text of its pages in one piece."""

    seals: int
    text: str


def is_zip(data: bytes) -> bool:
    """Return whether a file is a zip, by its first bytes."""
    return data.startswith(MAGIC)


def read(name: str, data: bytes) -> Ofd:
    """Look into an OFD.

    Args:
        name: Its name, for problems.
        data: Its bytes.

    Raises:
        ProblemError: elsewhere.ofd_unreadable, elsewhere.ofd_too_large, elsewhere.no_ofd,
            elsewhere.encrypted.
    """
    if data.count(_LISTED) > MOST_ENTRIES:
        raise _too_large(name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return _read(name, _Package(name, package))
    except ProblemError:
        raise
    except Exception as error:  # a broken zip raises half a dozen kinds
        raise_if_system(error)
        raise ProblemError("elsewhere.ofd_unreadable", file=name) from error


def _read(name: str, package: _Package) -> Ofd:
    if not package.has(ROOT):
        raise ProblemError("elsewhere.no_ofd", file=name)
    body = _texts(package.part(ROOT), ("DocRoot", "Signatures"), root="OFD")
    roots = body.get("DocRoot", [])
    if not roots or not all(package.has(_at("", one)) for one in roots):
        raise ProblemError("elsewhere.ofd_unreadable", file=name)
    seals = 0
    for listed in dict.fromkeys(body.get("Signatures", [])[:MOST_SEALS]):
        seals += _seals(package, _at("", listed))
    return Ofd(seals=seals, text="".join(package.page_texts()))


def _seals(package: _Package, path: str) -> int:
    """Count the signatures of a list whose description and value are there."""
    if not package.has(path):
        return 0
    found = 0
    for place in _attributes(package.part(path), "Signature", "BaseLoc")[:MOST_SEALS]:
        described = _at(posixpath.dirname(path), place)
        if package.has(described):
            values = _texts(package.part(described), ("SignedValue",)).get("SignedValue", [])
            folder = posixpath.dirname(described)
            found += any(package.has(_at(folder, one)) for one in values)
    return found


class _Package:
    """The entries of a zip, read within limits."""

    def __init__(self, name: str, package: zipfile.ZipFile) -> None:
        entries = package.infolist()
        if len(entries) > MOST_ENTRIES or sum(e.file_size for e in entries) > MOST_UNPACKED_BYTES:
            raise _too_large(name)
        if any(e.flag_bits & _FLAG_ENCRYPTED for e in entries):
            raise ProblemError("elsewhere.encrypted", file=name)
        if any(e.compress_type not in _READABLE for e in entries):
            raise ProblemError("elsewhere.ofd_unreadable", file=name)
        self._name, self._package = name, package
        self._entries = {e.filename.replace("\\", "/").lstrip("/"): e for e in entries}
        if len(self._entries) < len(entries):  # which of two is shown depends on the reader
            raise ProblemError("elsewhere.ofd_unreadable", file=name)

    def has(self, path: str) -> bool:
        """Return whether there is an entry."""
        return path in self._entries

    def part(self, path: str, most: int = MOST_PART_BYTES) -> bytes:
        """Return an entry's bytes, not more than may be."""
        with self._package.open(self._entries[path]) as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise _too_large(self._name)
        return data

    def page_texts(self) -> Iterator[str]:
        """Yield the texts of the pages, without white space."""
        left = MOST_TEXT_BYTES
        for path in sorted(self._entries):
            if path.rpartition("/")[2].lower() != "content.xml" or left <= 0:
                continue
            data = self.part(path, min(left, MOST_PART_BYTES))
            left -= len(data)
            for text in _texts(data, ("TextCode",)).get("TextCode", []):
                yield _SPACE.sub("", text)


def _at(folder: str, place: str) -> str:
    """Return where a part lies: from the top, or from the part that names it."""
    place = place.strip().replace("\\", "/")
    joined = place if place.startswith("/") else posixpath.join(folder, place)
    return posixpath.normpath(joined).lstrip("/")


def _texts(part: bytes, wanted: tuple[str, ...], root: str = "") -> dict[str, list[str]]:
    """Return the texts of elements by local name. Raises ValueError unless it is such XML."""
    found: dict[str, list[str]] = {}
    inside: list[str] = []

    def start(name: str, _: dict[str, str]) -> None:
        space, _sep, local = name.rpartition(" ")
        if root and not inside and (local != root or not space.startswith(NAMESPACE)):
            raise ValueError("another root element")
        inside.append(local)
        if local in wanted:
            found.setdefault(local, []).append("")

    def text(data: str) -> None:
        if inside and inside[-1] in wanted:
            found[inside[-1]][-1] += data

    _parse(part, start, text, lambda _: inside.pop())
    return found


def _attributes(part: bytes, element: str, attribute: str) -> list[str]:
    found: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(" ")[2] == element and attribute in attributes:
            found.append(attributes[attribute])

    _parse(part, start, lambda _: None, lambda _: None)
    return found


def _parse(
    part: bytes,
    start: Callable[[str, dict[str, str]], Any],
    text: Callable[[str], Any],
    end: Callable[[str], Any],
) -> None:
    """Run XML through handlers; document types, and so entities, are refused."""

    def refuse(*_: object) -> None:
        raise ValueError("document type")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.CharacterDataHandler = text
    parser.EndElementHandler = end
    parser.Parse(part, True)


def _too_large(name: str) -> ProblemError:
    return ProblemError(
        "elsewhere.ofd_too_large",
        file=name,
        entries=MOST_ENTRIES,
        limit_mb=MOST_UNPACKED_BYTES // 2**20,
    )
