"""What a PDF holds, object by object: attached files, and a digest of what each page draws.

Rendering a page again gives the same digest and signing adds nothing to it, so that a changed page
can be named. The file may be of any structure: trees that have no end are cut off.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from sync_server.disk_errors import raise_if_system
from sync_server.sealing.record import Findings

MOST_NODES = 5000
"""The most nodes of a tree of pages, files or drawings that are looked at: a sealed summary has
hundreds, and a tree whose nodes name each other has no end."""
DEEPEST = 32
"""The most levels of a tree of pages."""


def page_digests(pdf: bytes) -> list[str]:
    """Return one sha256 (hex) per page over its content and everything it draws, as encoded.

    Rendering a page again gives the same digests and signing adds nothing to them, so a changed
    page can be named.

    Args:
        pdf: a PDF.

    Returns:
        The digests in order of pages.
    """
    return page_digests_of(PdfFileReader(io.BytesIO(pdf), strict=False))


def page_digests_of(reader: PdfFileReader) -> list[str]:
    """Return the digest of each page of an opened PDF."""
    return [_page_digest(page) for page in pages_of(reader.root)]


@contextmanager
def quiet_pyhanko() -> Iterator[None]:
    """Silence pyHanko, which logs a traceback for each certificate it cannot chain.

    The verdict already names that in one line.
    """
    loggers = [logging.getLogger(name) for name in ("pyhanko", "pyhanko_certvalidator")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def attachments(reader: PdfFileReader, found: Findings) -> dict[str, bytes]:
    """Return embedded files by name; one that does not decode is noted and left out."""
    attached: dict[str, bytes] = {}
    names = entry(entry(reader.root, "/Names", {}), "/EmbeddedFiles", None)
    for name, spec in _name_tree(names, [MOST_NODES]) if names is not None else ():
        if name in attached:
            found.note("verify.attachment_unknown", file=name)
            continue
        try:
            attached[name] = spec["/EF"]["/F"].data
        except Exception as error:
            raise_if_system(error)
            found.note("verify.attachment_changed", file=name)
    return attached


def _name_tree(node: Any, left: list[int], depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the files below a node; `left` holds how many nodes may still be looked at."""
    left[0] -= 1
    if left[0] < 0:
        raise ValueError("more files than any sealed summary has")
    if depth > 8:
        return
    flat = entry(node, "/Names", ())
    for position in range(0, len(flat) - 1, 2):
        yield str(flat[position]), flat[position + 1].get_object()
    for kid in entry(node, "/Kids", ()):
        yield from _name_tree(kid.get_object(), left, depth + 1)


def pages_of(root: Any) -> list[Any]:
    """Return the page objects of a document, in order."""
    return list(_pages(root["/Pages"], [MOST_NODES]))


def _pages(node: Any, left: list[int], depth: int = 0) -> Iterator[Any]:
    """Yield the pages below a node; `left` holds how many nodes may still be looked at."""
    left[0] -= 1
    if left[0] < 0:
        raise ValueError("more pages than any sealed summary has")
    if depth > DEEPEST:
        return
    if entry(node, "/Type", "") == "/Page":
        yield node
        return
    for kid in entry(node, "/Kids", ()):
        yield from _pages(kid.get_object(), left, depth + 1)


def _page_digest(page: Any) -> str:
    digest = hashlib.sha256()
    contents = entry(page, "/Contents", ())
    for stream in contents if isinstance(contents, generic.ArrayObject) else (contents,):
        digest.update(_stream(stream.get_object()))
    _drawn(entry(page, "/Resources", {}), digest, [MOST_NODES], 0)
    return digest.hexdigest()


def _drawn(resources: Any, digest: Any, left: list[int], depth: int) -> None:
    """Add to a digest the forms and images a page draws, by name, with what forms draw in turn."""
    drawn = entry(resources, "/XObject", {})
    for name in sorted(drawn):
        left[0] -= 1
        if left[0] < 0:
            raise ValueError("a page draws more than any of a sealed summary")
        stream = drawn[name]
        digest.update(name.encode() + b"\x00" + _stream(stream))
        if depth < 4:
            _drawn(entry(stream, "/Resources", {}), digest, left, depth + 1)


def _stream(stream: Any) -> bytes:
    encoded: bytes = stream.encoded_data
    return len(encoded).to_bytes(8) + encoded


def entry(node: Any, key: str, default: Any) -> Any:
    """Return a dictionary's entry with references followed (pyHanko's own `get` leaves them)."""
    try:
        return node[key]
    except KeyError:
        return default
