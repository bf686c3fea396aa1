"""Which encodings of an answer a client takes, from its header Accept-Encoding."""

from __future__ import annotations

import re

REFUSED = re.compile(r"q=0(\.0{0,3})?")
"""A weight that says "not this one" (RFC 9110, 12.4.2 and 12.5.3)."""


def named(accepted: str) -> frozenset[str]:
    """Return the encodings that the header names and does not refuse, in small letters."""
    found = set[str]()
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if not REFUSED.fullmatch("".join(weight.split())):
            found.add(name.strip())
    return frozenset(found - {""})
