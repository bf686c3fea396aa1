"""Data folders made once, in which something was done already: a test begins with a copy."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import httpx
from litestar import Litestar

from sync_server.services import Services
from sync_server.settings import Settings
from tests.support.devices import asgi
from tests.support.one_app import app_over

T = TypeVar("T")
BEFORE = "2019-12-12T09:59+08:00"
"""When it was made: a test's own clock starts later."""


class Grown(NamedTuple, Generic[T]):
    """A data folder, and what was made in it."""

    folder: Path
    made: T


def grown(begin: Path, folder: Path, grow: Callable[[Services], T]) -> Grown[T]:
    """A copy of a data folder, after something was done in it."""
    shutil.copytree(begin, folder)
    began = Settings(data_dir=folder, clock_spec=BEFORE, public_url="http://server")
    services = Services.open(began).in_season()
    try:
        return Grown(folder, grow(services))
    finally:
        services.close()


def over_http(
    routes: Litestar, services: Services, grow: Callable[[httpx.AsyncClient], Awaitable[T]]
) -> T:
    """What a client of the server makes, in a loop of its own: that of the tests is not touched."""

    async def made() -> T:
        app = app_over(routes, services)
        async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as client:
            return await grow(client)

    with ThreadPoolExecutor(1) as apart:
        return apart.submit(asyncio.run, made()).result()
