"""Takes the addresses of other servers out of Flet's web client, where code would fetch from them.

A start on our own server asks none (its policy forbids it); a copy of the site on a bare server has
no policy for the worker, and another server would learn of each start. Each address is replaced by
one of the same length that no server answers: the offsets in a compiled file stay.
"""

from __future__ import annotations

import re

CODE = (".js", ".mjs", ".wasm", ".html", ".css", ".json")
"""What a browser runs or reads; Python's archives are read by Python alone."""
FETCHED = ("cdn.jsdelivr.net", "fonts.gstatic.com", "raw.githubusercontent.com", "www.gstatic.com")
"""Hosts that the client would fetch scripts, fonts or engines from."""
NEVER_FETCHED = (
    "api.flutter.dev",
    "developer.android.com",
    "developer.mozilla.org",
    "docs.flutter.dev",
    "flet.dev",
    "flutter.dev",
    "github.com",
    "peps.python.org",
    "pub.dev",
    "www.python.org",
    "www.unicode.org",
    "www.w3.org",
)
"""Hosts in the words of error messages, in licences and in the names of XML."""
_NOWHERE = b"about:blank#"
_ADDRESS = re.compile(rb"https?://(?:" + "|".join(map(re.escape, FETCHED)).encode() + rb")")


def without_other_origins(name: str, data: bytes) -> bytes:
    """The bytes of a file of the client without addresses to fetch from."""
    if not name.endswith(CODE):
        return data
    return _ADDRESS.sub(lambda found: _NOWHERE.ljust(len(found[0]), b"-"), data)
