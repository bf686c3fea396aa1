"""Reads requirements.lock: which version of a package, and the hashes its files may have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_ENTRY = re.compile(
    r"(?m)^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+).*\n(?P<rest>(?:    .*\n?)+)"
)


@dataclass(frozen=True)
class Pin:
    """One line of the lock. `hashes`: sha256 in hex of every file of that version."""

    name: str
    version: str
    hashes: tuple[str, ...]

    def requirement(self) -> str:
        """As pip takes it with --require-hashes."""
        return " ".join(
            (f"{self.name}=={self.version}", *(f"--hash=sha256:{value}" for value in self.hashes))
        )


def read_lock(path: Path) -> dict[str, Pin]:
    """All pins by their normalised name."""
    found = {}
    for entry in _ENTRY.finditer(path.read_text("utf-8")):
        hashes = tuple(re.findall(r"sha256:([0-9a-f]{64})", entry["rest"]))
        found[normalised_name(entry["name"])] = Pin(entry["name"], entry["version"], hashes)
    return found


def normalised_name(name: str) -> str:
    """A package's name in the form that tools compare."""
    return re.sub(r"[-_.]+", "-", name).lower()
