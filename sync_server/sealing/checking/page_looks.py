"""One digest of everything that decides how the pages of a PDF look, for comparing two of them.

More than what a page draws (`pdf_objects`): its boxes and its turn, fonts, colours, layers, and
what lies over it. Left out are signatures of a seal's size alone. The file may be anything.
"""

from __future__ import annotations

import hashlib
import io
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from sync_server.disk_errors import raise_if_system
from sync_server.sealing.checking import pdf_objects
from sync_server.sealing.checking.pdf_objects import entry

MOST_OBJECTS = 2_000_000
"""The most members and elements that are looked at: a print of 400 people has some 100,000."""
LARGEST_SEAL_PT = 284
"""The widest and highest that a signature may be drawn: 100 mm. An official seal has up to 58."""
INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
"""Members of a page that may stand in the tree above it (ISO 32000-2, 7.7.3.4)."""
NO_LOOK = ("/Parent", "/P", "/Annots", "/StructParents", "/StructParent", "/Metadata", "/PieceInfo")
END = b"%%EOF"


def first_revision(pdf: bytes) -> bytes:
    """Return a PDF as it was before anything was appended."""
    return pdf[: pdf.find(END) + len(END)]


def are_same(one: bytes, other: bytes, pages: int) -> bool:
    """Return whether the first pages of two PDFs look the same, beside signatures over them."""
    looks = [_look(pdf, pages) for pdf in (one, other)]
    return looks[0] == looks[1] != ""


def _look(pdf: bytes, pages: int) -> str:
    """Return the digest; "" of what cannot be looked at."""
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        if reader.xrefs.hybrid_xrefs_present:  # old readers see other objects than new ones
            return ""
        root: Any = reader.root
        found = pdf_objects.pages_of(root)[:pages]
        nodes = [_of_page(page) for page in found]
        return _digest([root.get("/OCProperties"), *nodes]) if len(nodes) == pages else ""
    except Exception as error:  # pyHanko raises a dozen kinds
        raise_if_system(error)
        return ""


def _of_page(page: Any) -> dict[str, Any]:
    """Return what of a page decides how it looks."""
    members = {key: page.raw_get(key) for key in page if key not in NO_LOOK}
    above, depth = page, 0
    while (above := entry(above, "/Parent", None)) is not None and depth < pdf_objects.DEEPEST:
        depth += 1
        members = {k: above.raw_get(k) for k in INHERITED if k in above} | members
    over = [one for one in entry(page, "/Annots", ()) if not _is_seal(_object(one))]
    return members | {"over": over}


def _is_seal(note: Any) -> bool:
    """Return whether something over a page is a signature that may lie there.

    A field that nobody signed draws nothing, and no signature is as large as a table.
    """
    field = note if "/FT" in note else entry(note, "/Parent", {})
    if (entry(note, "/Subtype", ""), entry(field, "/FT", "")) != ("/Widget", "/Sig"):
        return False
    if "/V" not in note and "/V" not in field:
        return "/AP" not in note and "/MK" not in note
    left, bottom, right, top = (float(_object(n)) for n in note["/Rect"])
    return max(abs(right - left), abs(top - bottom)) <= LARGEST_SEAL_PT


def _object(node: Any) -> Any:
    return node.get_object() if isinstance(node, generic.IndirectObject) else node


def _digest(nodes: list[Any]) -> str:
    """Walk objects in their order, each that has a number once, and return one digest of all."""
    digest, seen = hashlib.sha256(), dict[Any, int]()
    left, stack = MOST_OBJECTS, list(reversed(nodes))
    while stack:
        left -= 1
        if left < 0:
            raise ValueError("more objects than any print has")
        node = stack.pop()
        if isinstance(node, generic.IndirectObject):
            is_new = node.reference not in seen
            digest.update(b"\x00ref%d" % seen.setdefault(node.reference, len(seen)))
            if not is_new:
                continue
            node = node.get_object()
        said, inside = _said(node)
        digest.update(b"\x00" + len(said).to_bytes(8) + said)
        stack += reversed(inside)
    return digest.hexdigest()


def _said(node: Any) -> tuple[bytes, list[Any]]:
    """Return what an object says itself, and what is in it."""
    if isinstance(node, dict):
        keys = sorted(key for key in node if key not in NO_LOOK)
        raw = node.raw_get if isinstance(node, generic.DictionaryObject) else node.__getitem__
        data = node.encoded_data if isinstance(node, generic.StreamObject) else b""
        return repr(keys).encode() + data, [raw(key) for key in keys]
    if isinstance(node, generic.ArrayObject):
        return b"array%d" % len(node), [node.raw_get(n) for n in range(len(node))]
    if isinstance(node, list):
        return b"list%d" % len(node), node
    return repr(node).encode(), []
