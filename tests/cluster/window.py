"""A browser at one server or at the proxy: cookies, the tokens of forms as pages carry them, work that is waited for."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import httpx

from tests.support.console_browser import PASSWORD

_FIELD = re.compile(r'name="(_csrf_token|_season)" value="([^"]*)"')
_STATUS = re.compile(r'role="status">(.*?)</div>', re.DOTALL)
FOLLOWED_S = 120.0


class Window:
    """Somebody of the office at work; `say` is what pages told them."""

    def __init__(self, url: str) -> None:
        # a connection for each request: one that the server closes just now is no fault of anybody's
        each = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=90, limits=each)
        self.said: list[str] = []

    async def close(self) -> None:
        await self.http.aclose()

    async def sign_in(self, name: str) -> None:
        page = await self.http.get("/sign-in")
        form = {**fields(page.text), "name": name, "password": PASSWORD}
        answer = await self.http.post("/sign-in", data=form)
        assert answer.status_code == 303, f"{name} was not let in: {answer.status_code}"

    async def send(self, page: str, path: str, files: Any = None, **form: str) -> httpx.Response:
        """Press a button of a page, and wait for what comes of it."""
        shown = await self.follow(await self.http.get(page))
        data = {**fields(shown.text), **form}
        return await self.follow(await self.http.post(path, data=data, files=files))

    async def follow(self, answer: httpx.Response) -> httpx.Response:
        """Follow redirects, and a page that loads itself again while something is worked on."""
        until = time.monotonic() + FOLLOWED_S
        while time.monotonic() < until:
            if answer.status_code in (302, 303):
                answer = await self.http.get(answer.headers["location"])
            elif 'http-equiv="refresh"' in answer.text:
                await asyncio.sleep(0.5)
                answer = await self.http.get(answer.url.path)
            else:
                break
        self.said += [
            re.sub(r"<[^>]+>", "", words).strip() for words in _STATUS.findall(answer.text)
        ]
        return answer


def fields(page: str) -> dict[str, str]:
    """What a page's forms carry unseen."""
    return dict(_FIELD.findall(page))
