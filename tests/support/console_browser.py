"""A browser without a window: cookies, form tokens, the titles and messages of pages."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
from argon2 import PasswordHasher
from litestar import Litestar
from sqlalchemy import insert, select

from sync_server.console.web import csrf, sessions
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import accounts
from sync_server.store import tables as t
from sync_server.store.database import Connection

PASSWORD = "correct horse 1"
PEOPLE = {
    "admin": ("admin", ""),
    "officer": ("officer", ""),
    "officer-one": ("officer", ""),
    "officer-two": ("officer", ""),
    "officer-none": ("officer", ""),
    "one": ("liaison", "01"),
    "two": ("liaison", "02"),
    "auditor": ("auditor", ""),
}
"""Name -> role and school."""
SCHOOLS = {"officer": ("01", "02"), "officer-one": ("01",), "officer-two": ("02",)}
"""Name -> the schools of an officer."""


PUBLIC = ("/sign-in", "/setup", "/check", "/activate")
"""Pages whose form needs no session."""


def people(services: Services) -> None:
    """An account of each role, and a liaison for each of two schools.

    Their passwords are hashed once a process, and by the least work: a hash says itself how it is verified.
    """
    services.database.write(_put)


def _put(connection: Connection) -> None:
    if not _ROWS:
        for name, (role, unit) in PEOPLE.items():
            accounts.put(connection, name, PASSWORD, role, unit, f"{name}先生")
        ours = t.account.c.name.in_(PEOPLE)
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        rows = connection.execute(select(t.account).where(ours)).mappings()
        _ROWS.extend({**row, "password_hash": cheap} for row in rows)
        connection.execute(t.account.delete().where(ours))
    connection.execute(insert(t.account), _ROWS)
    for name, schools in SCHOOLS.items():
        accounts.set_schools(connection, name, schools)


_ROWS: list[dict[str, Any]] = []


def form_token(settings: Settings, http: httpx.AsyncClient) -> str:
    """The token that a page would carry now: of the session, else of the cookie before it; "" without both."""
    secret = settings.secret("console")
    if session := http.cookies.get(sessions.COOKIE):
        return csrf.token_of_session(secret, session)
    return csrf.token_of_cookie(secret, http.cookies.get(csrf.COOKIE, ""))


class Browser:
    """One window; `http` keeps its cookies."""

    def __init__(
        self, app: Litestar, url: str = "http://server", address: str = "127.0.0.1"
    ) -> None:
        self.settings: Settings = app.state["services"].settings
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 123))
        self.http = httpx.AsyncClient(transport=transport, base_url=url)

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path)

    async def post(
        self, path: str, files: Any = None, token: bool = True, **fields: Any
    ) -> httpx.Response:
        """Send a form, with the token a page would carry."""
        more = {csrf.FIELD: await self._token_for(path)} if token else {}
        return await self.http.post(path, data={**fields, **more}, files=files)

    async def _token_for(self, path: str) -> str:
        if path.startswith(PUBLIC) or not self.form_token:
            if csrf.COOKIE not in self.http.cookies:
                await self.get("/sign-in")
            if cookie := self.http.cookies.get(csrf.COOKIE):
                return csrf.token_of_cookie(self.settings.secret("console"), cookie)
        return self.form_token

    @property
    def form_token(self) -> str:
        """What a page of this window carries in its forms."""
        return form_token(self.settings, self.http)

    async def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        return await self.post("/sign-in", name=name, password=password)

    async def upload(self, kind: str, files: Any) -> httpx.Response:
        """Send a file to be imported, and follow to the page that its reading ends at."""
        answer = await self.post("/imports/preview", kind=kind, files=files)
        return await self.follow(answer)

    async def follow(self, answer: httpx.Response) -> httpx.Response:
        """Follow redirects, and a page that loads itself again while a file is read."""
        for _ in range(60):
            if answer.status_code == 303:
                answer = await self.get(answer.headers["location"])
            elif 'http-equiv="refresh"' in answer.text:
                answer = await self.get(answer.url.path)
            else:
                break
        return answer

    async def text_of(self, path: str) -> str:
        """The messages on a page."""
        return " ".join(re.findall(r'role="status">(.*?)</div>', (await self.get(path)).text))


async def signed_in(app: Litestar, name: str, url: str = "http://server") -> Browser:
    """A window in which somebody of PEOPLE has signed in, at an address of the server."""
    browser = Browser(app, url)
    answer = await browser.sign_in(name)
    assert answer.status_code == 303, answer.text
    return browser


def heading(answer: httpx.Response) -> str:
    """The page's first heading, without its marks."""
    found = re.search(r"<h1>(.*?)</h1>", answer.text, re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", found[1])).strip() if found else ""
