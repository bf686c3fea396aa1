"""`create_app(settings)` builds the ASGI application: the phones' API and the office's console."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.plugins import PluginProtocol

from sync_server.api import web_app
from sync_server.api.changes import changes
from sync_server.api.enrol import enrol
from sync_server.api.facts import facts
from sync_server.api.handover import handover
from sync_server.api.health import health, ready
from sync_server.api.held import held
from sync_server.api.photos import missing, own_photo, photo
from sync_server.api.recover import recover
from sync_server.api.renew import renew
from sync_server.api.uploads import uploads
from sync_server.console import plugin
from sync_server.holding import SERVE
from sync_server.host_check import guard_host
from sync_server.office import copied_folder, periodic
from sync_server.problem_details import problem_response
from sync_server.request_bounds import guard_request
from sync_server.serve_choice import Running
from sync_server.services import Services
from sync_server.settings import Settings


class App(Litestar):
    """A Litestar without the plugins it would load for libraries that happen to be installed.

    Pydantic and attrs, which none of our handlers use, take 10 MB and a tenth of a start.
    """

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return plugins

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer; the office's pages are there from the first request that may be for one."""
        if scope["type"] == ScopeType.HTTP:
            await plugin.ready(self, scope)
        await super().__call__(scope, receive, send)


def create_app(
    settings: Settings, running: Running | None = None, chores: Sequence[periodic.Chore] = ()
) -> Litestar:
    """An app of its own: two in one process share nothing.

    Args:
        settings: Where the server keeps its data.
        running: Of `doorstep serve`.
        chores: What it does every so often while it runs.
    """
    services = Services.open(settings)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        copied_folder.begin(services)
        serving = ExitStack()
        held = services.holds.held(f"{SERVE}{services.holds.by}")
        await asyncio.to_thread(serving.enter_context, held)
        doing = asyncio.create_task(periodic.keep_doing(services, chores))
        yield
        doing.cancel()
        with suppress(asyncio.CancelledError):
            await doing
        await asyncio.to_thread(app.state["console_state"].works.close)
        await asyncio.to_thread(serving.close)
        copied_folder.end(services)
        services.close()

    return App(
        route_handlers=[
            enrol,
            renew,
            recover,
            facts,
            held,
            changes,
            missing,
            own_photo,
            photo,
            uploads,
            handover,
            health,
            ready,
            *web_app.handlers(settings),
        ],
        exception_handlers={Exception: problem_response},
        middleware=[guard_host, guard_request],
        request_max_body_size=None,  # body_limits.py: what each address takes
        lifespan=[lifespan],
        state=State({"services": services, "worker": running.worker if running else 0}),
        plugins=[plugin.Console(services, running)],
        openapi_config=OpenAPIConfig(
            title="Doorstep sync",
            version="1.0.0",
            path="/v1/openapi.json",
            render_plugins=[JsonRenderPlugin(path="/")],
        ),  # no documentation pages: those load scripts from elsewhere
        logging_config=None,
        debug=False,  # whatever the environment says: a debug page shows what people entered
    )
