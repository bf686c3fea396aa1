"""A browser without a window: cookies, form tokens, the titles and messages of pages."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
from sqlalchemy import insert, select

from sync_server.services import Services
from sync_server.store import accounts
from sync_server.store import tables as t
from sync_server.store.database import Connection

PASSWORD = "correct horse 1"
PEOPLE = {
    "admin": ("admin", ""),
    "officer": ("officer", ""),
    "one": ("liaison", "01"),
    "two": ("liaison", "02"),
}
"""Name -> role and school."""


def people(services: Services) -> None:
    """An account of each role, and a liaison for each of two schools. Their passwords are hashed once a process."""
    if not _ROWS:
        services.database.write(_put)
        _ROWS.extend(services.database.read(_rows))
    else:
        services.database.write(lambda c: c.execute(insert(t.account), _ROWS))


def _put(connection: Connection) -> None:
    for name, (role, unit) in PEOPLE.items():
        accounts.put(connection, name, PASSWORD, role, unit, f"{name}先生")


def _rows(connection: Connection) -> list[dict[str, Any]]:
    query = select(t.account).where(t.account.c.name.in_(PEOPLE))
    return [dict(row) for row in connection.execute(query).mappings()]


_ROWS: list[dict[str, Any]] = []


class Browser:
    """One window; `http` keeps its cookies."""

    def __init__(self, app: object, address: str = "127.0.0.1") -> None:
        transport = httpx.ASGITransport(
            app=app,  # type: ignore[arg-type]
            raise_app_exceptions=False,
            client=(address, 123),
        )
        self.http = httpx.AsyncClient(transport=transport, base_url="http://server")

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path)

    async def post(
        self, path: str, files: Any = None, token: bool = True, **fields: Any
    ) -> httpx.Response:
        """Send a form, with the token a page would carry."""
        if token and "doorstep_form" not in self.http.cookies:
            await self.get("/sign-in")
        more = {"_csrf_token": self.http.cookies.get("doorstep_form", "")} if token else {}
        return await self.http.post(path, data={**fields, **more}, files=files)

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


async def signed_in(app: object, name: str) -> Browser:
    """A window in which somebody of PEOPLE has signed in."""
    browser = Browser(app)
    answer = await browser.sign_in(name)
    assert answer.status_code == 303, answer.text
    return browser


def heading(answer: httpx.Response) -> str:
    """The page's first heading, without its marks."""
    found = re.search(r"<h1>(.*?)</h1>", answer.text, re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", found[1])).strip() if found else ""
