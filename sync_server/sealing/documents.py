"""The documents that are sealed, and their canonical bytes: summaries and bulletins."""

from __future__ import annotations

from typing import Any

import msgspec

from shared.digest import canonical
from sync_server.sealing import bulletin, summary
from sync_server.sealing.bulletin import Bulletin
from sync_server.sealing.summary import Heading, Summary

Document = Summary | Bulletin


def encode(document: Document) -> bytes:
    """Return summary.json as canonical bytes; equal documents give equal bytes."""
    return canonical(msgspec.to_builtins(document))


def decode(data: bytes) -> Document:
    """Read summary.json.

    Raises:
        msgspec.MsgspecError: a DecodeError or ValidationError when it is no such document.
    """
    return of_tree(msgspec.json.decode(data))


def of_tree(tree: Any) -> Document:
    """Convert parsed JSON to the document of its kind.

    Raises:
        msgspec.ValidationError: when it has another structure.
    """
    if msgspec.convert(tree, Heading).kind == bulletin.KIND:
        return msgspec.convert(tree, Bulletin)
    return summary.of_tree(tree)
