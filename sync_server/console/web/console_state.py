"""What the console keeps in memory: templates, and the locks of costly work."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.assets import WEB
from sync_server.console.web import formatting
from sync_server.console.web.kept_forms import InDatabase, KeptForms
from sync_server.console.web.work_board import WorkBoard
from sync_server.console.web.works import Works
from sync_server.deferred import deferred
from sync_server.office import phone_test
from sync_server.office.phone_test import PhoneTest
from sync_server.serve_choice import Running
from sync_server.services import Services

if TYPE_CHECKING:
    from sync_server.console.web import labels
else:
    labels = deferred("sync_server.console.web.labels")

CONSOLE = Path(__file__).resolve().parents[1]
STATIC = CONSOLE / "static"
TEMPLATES = tuple(CONSOLE / folder for folder in ("pages", "parts", "web"))
"""A template lies beside the module that renders it; names are unique over the three."""


class ConsoleState:
    """The console's memory; there is one for each server.

    Attributes:
        services: What the console shares with the API.
        hashing: Held while a password is hashed: one at a time.
        connecting: Held while a choice of how phones connect is kept: two would share their files.
        apk_hash: The Android app's path, time (ns) and size (bytes), and its SHA-256.
        form_secret: What the tokens of forms are made with.
        kept_forms: What was typed into forms whose session had ended.
        at_once: Requests at work, by address, where their number is bounded.
        style: Version of console.css in links; `enrol_style`, `enrol_script` and the like likewise.
        run: A name for this start of the server, by which a page sees that it is another.
        running: How `doorstep serve` runs this server; None where something else runs it.
        works: What pages have started and do not wait for.
        phone_test: The newest test code of the page 手机怎么连上.
        templates: The pages' Jinja environment.
    """

    def __init__(self, services: Services, running: Running | None = None) -> None:
        self.services = services
        self.running = running
        self.run = (running.run if running else "") or secrets.token_hex(8)
        self.works = Works(board=WorkBoard(services) if services.settings.is_shared else None)
        self.phone_test: PhoneTest | None = None
        self.hashing = asyncio.Lock()
        self.connecting = asyncio.Lock()
        self.form_secret = services.settings.secret("console")
        shared = InDatabase(services, self.form_secret) if services.settings.is_shared else None
        self.kept_forms = KeptForms(self.form_secret, shared)
        self.at_once = Counter[str]()
        self.apk_hash: tuple[tuple[str, int, int], str] = (("", 0, 0), "")
        self.style = hashlib.sha256((STATIC / "console.css").read_bytes()).hexdigest()[:10]
        self.enrol_style, self.enrol_script, self.browser_check = (
            hashlib.sha256(file.read_bytes()).hexdigest()[:10]
            for file in (STATIC / "enrol.css", STATIC / "enrol.js", WEB / "browser_check.js")
        )
        self.connect_script, self.connect_test_script = (
            hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
            for name in ("connect.js", "connect_test.js")
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
        self.templates.globals["labels"] = labels

    async def newest_phone_test(self) -> PhoneTest | None:
        """The newest test code, whichever process made it."""
        if self.services.settings.is_shared:
            self.phone_test = await self.services.off_loop(phone_test.newest, self.services)
        return self.phone_test

    async def keep_phone_test(self, test: PhoneTest) -> None:
        """Put a test code in place of the earlier one."""
        self.phone_test = test
        await asyncio.to_thread(phone_test.keep, self.services, test)
