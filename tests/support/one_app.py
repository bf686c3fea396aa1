"""One building of the server's routes for many tests: what belongs to one server is put into a copy of it.

A building takes 0.2 s of CPU, nearly all of it Litestar's work on 84 handlers, whose functions are the same in every app.
"""

from __future__ import annotations

import copy

from litestar import Litestar
from litestar.datastructures import State
from litestar.stores.registry import StoreRegistry

from sync_server.console.web import session_store, sessions
from sync_server.console.web.console_state import ConsoleState
from sync_server.services import Services

WAIT_S = 60.0
"""How long a page waits for what it started: tests look at its answer, not at its progress."""


def app_over(built: Litestar, services: Services) -> Litestar:
    """The app `built`, over other services; its settings may differ in folder, clock and address."""
    app = copy.copy(built)
    state = ConsoleState(services)
    state.works.wait_s = WAIT_S
    # one Jinja environment: to compile a page's templates anew takes longer than most tests
    state.templates = built.state["console_state"].templates
    app.state = State({"services": services, "console_state": state})
    app.stores = StoreRegistry({sessions.STORE: session_store.store_of(services)})
    return app
