"""The console of a season on a socket, made beside Playwright's own loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from litestar import Litestar

from sync_server.app import create_app
from sync_server.settings import Settings
from tests.support.console_browser import Browser
from tests.support.console_pages import Season
from tests.support.serve import on_socket

T = TypeVar("T")
Make = Callable[[Litestar], Coroutine[Any, Any, tuple[Season, Browser]]]


def alone(job: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a thread of its own."""
    with ThreadPoolExecutor(1) as one:
        return one.submit(asyncio.run, job).result()


@contextmanager
def office(settings: Settings, make: Make) -> Iterator[tuple[Litestar, str, Season, Browser]]:
    """The app, its address, what stands in addresses, and an admin's window."""
    app = create_app(settings)
    try:
        season, admin = alone(make(app))
        with on_socket(app) as url:
            yield app, url, season, admin
    finally:
        app.state["services"].close()
