"""Canonical bytes, hashes and the device chain: the same on phone and server.

Canonical bytes are UTF-8 JSON with sorted keys and no white space, of strings, integers, booleans,
null, lists, objects and finite floats in Python's shortest form: what RFC 8785 asks, for the values
we use (ADR 0003).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

GENESIS = bytes(32)
"""The link before a device's first fact."""


def canonical(value: Any) -> bytes:
    """Return the canonical bytes of a JSON value.

    Raises:
        ValueError: For NaN or infinity.
        TypeError: For what JSON cannot represent.

    """
    text = json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return text.encode("utf-8")


def sha256_hex(data: bytes) -> str:
    """Return the sha256 of bytes as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def link(previous: bytes, fact_sha256_hex: str) -> bytes:
    """Return the next link of a device's chain: sha256(previous link || sha256(bytes)), 32 bytes.

    docs/protocol.md#a-fact shows it.
    """
    return hashlib.sha256(previous + bytes.fromhex(fact_sha256_hex)).digest()


def scope_digest(versions: Iterable[tuple[str, int]]) -> str:
    """Return sha256 over sorted `id:version` lines.

    Equal on both sides when the phone has all its cases.
    """
    lines = "\n".join(sorted(f"{case_id}:{version}" for case_id, version in versions))
    return sha256_hex(lines.encode())
