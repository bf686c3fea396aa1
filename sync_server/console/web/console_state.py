"""What the console keeps in memory: its templates, who guessed passwords lately, and one heavy thing at a time."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.problems import ProblemError
from sync_server.console.web import formatting
from sync_server.office.assets import ASSETS
from sync_server.services import Services

CONSOLE = Path(__file__).resolve().parents[1]
STATIC = CONSOLE / "static"
WEB_ASSETS = ASSETS / "web"
"""Files that the phone's web app and the enrolment page share (browser_check.js)."""
TEMPLATES = tuple(CONSOLE / room for room in ("pages", "parts", "web"))
"""A template lies beside the module that renders it; names are unique over the three."""
TRIES, TRIES_OF_ADDRESS, WAIT_S = 5, 30, 600
"""Wrong passwords for one name from one address, and from one address at all, before it waits (ASVS 5.0 V6.3.1)."""
MOST_WATCHED = 10_000


class Tries:
    """Wrong passwords by address and name, in memory and bounded."""

    def __init__(self) -> None:
        self._wrong: dict[tuple[str, str], list[float]] = {}

    def check(self, address: str, name: str, now_s: float) -> None:
        """Raises: ProblemError auth.too_many_tries."""
        for key, limit in (((address, name), TRIES), ((address, ""), TRIES_OF_ADDRESS)):
            recent = [at for at in self._wrong.get(key, []) if now_s - at < WAIT_S]
            if len(recent) >= limit:
                raise ProblemError(
                    "auth.too_many_tries", minutes=int((WAIT_S - (now_s - recent[0])) // 60) + 1
                )

    def wrong(self, address: str, name: str, now_s: float) -> None:
        """Count a wrong password."""
        if len(self._wrong) >= MOST_WATCHED:
            self._wrong = {k: v for k, v in self._wrong.items() if now_s - v[-1] < WAIT_S}
        for key in ((address, name), (address, "")):
            recent = [at for at in self._wrong.get(key, []) if now_s - at < WAIT_S]
            self._wrong[key] = [*recent, now_s]

    def right(self, address: str, name: str) -> None:
        """Forget the wrong ones of a name that signed in."""
        self._wrong.pop((address, name), None)


class ConsoleState:
    """One a server. `hashing`: one password at a time; `checking`: one public file check at a time, `waiting` for it.

    `hashed`: the Android app's path, time (ns) and size (bytes), and its SHA-256.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.tries = Tries()
        self.hashing = asyncio.Lock()
        self.checking = asyncio.Lock()
        self.waiting = 0
        self.hashed: tuple[tuple[str, int, int], str] = (("", 0, 0), "")
        self.style = hashlib.sha256((STATIC / "console.css").read_bytes()).hexdigest()[:10]
        self.enrol_style, self.enrol_script, self.browser_check = (
            hashlib.sha256(file.read_bytes()).hexdigest()[:10]
            for file in (STATIC / "enrol.css", STATIC / "enrol.js", WEB_ASSETS / "browser_check.js")
        )
        self.templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            enable_async=False,
        )
        self.templates.filters.update(formatting.FILTERS)
