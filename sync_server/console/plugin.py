"""The console as a plug-in of the app: sessions, headers, error pages, and its pages (site.py).

A running server loads the pages when the first one is asked for: phones are answered before that,
and a server that only phones ask never holds them (ADR 0051).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from litestar import Litestar
from litestar.config.app import AppConfig
from litestar.plugins import InitPlugin
from litestar.types import ControllerRouterHandler, Scope

from sync_server import collector
from sync_server.console.web import session_store, sessions
from sync_server.console.web.console_state import ConsoleState
from sync_server.console.web.forms import FormRequest
from sync_server.console.web.headers import guard_headers
from sync_server.deferred import deferred
from sync_server.serve_choice import Running
from sync_server.services import Services

if TYPE_CHECKING:
    from sync_server.console import site
    from sync_server.console.web import errors
else:
    site = deferred("sync_server.console.site")
    errors = deferred("sync_server.console.web.errors")

_HELD = "pages"


class Pages:
    """The pages that a running server has not loaded yet."""

    def __init__(self, secure: bool) -> None:
        self._secure = secure
        self._left: list[ControllerRouterHandler] | None = None
        self._loading: asyncio.Task[None] | None = None

    async def load(self, app: Litestar) -> None:
        """Add the pages to the app, once, whatever becomes of who asks for them.

        What failed is tried again, from where it failed, for the next who asks.
        """
        if self._loading is None or (self._loading.done() and self._left != []):
            self._loading = asyncio.create_task(asyncio.to_thread(self._register, app))
        await asyncio.shield(self._loading)

    def _register(self, app: Litestar) -> None:
        with collector.held():
            if self._left is None:
                self._left = list(site.routes(self._secure))
            while self._left:
                app.register(self._left[0])
                del self._left[0]


async def ready(app: Litestar, scope: Scope) -> None:
    """Load the pages where a request may be for one and they are not there yet."""
    pages = app.state.get(_HELD)
    if isinstance(pages, Pages) and not scope.get("path", "").startswith("/v1/"):
        await pages.load(app)
        app.state.pop(_HELD, None)


class Console(InitPlugin):
    """`Litestar(plugins=[Console(services)])` and the office has its pages at /."""

    def __init__(self, services: Services, running: Running | None = None) -> None:
        self._services, self._running = services, running

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Add the console to an app; /v1 keeps its own errors and needs no form token."""
        settings = self._services.settings
        app_config.request_class = FormRequest
        app_config.state["console_state"] = ConsoleState(self._services, self._running)
        store = session_store.store_of(self._services)
        app_config.stores = {sessions.STORE: store}
        app_config.on_startup.append(store.delete_expired)
        app_config.exception_handlers[Exception] = lambda *given: errors.error_page(*given)
        app_config.before_send.append(guard_headers(settings.hsts))
        if self._running is None:
            app_config.route_handlers.extend(site.routes(settings.secure_cookies))
        else:
            app_config.state[_HELD] = Pages(settings.secure_cookies)
        return app_config
