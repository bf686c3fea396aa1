"""Sessions on the server's disk behind a random cookie; nobody who is not signed in leaves one.

Litestar's own back-end keeps whatever id a cookie names and writes an empty session for every
visitor: a fixed id could be planted before the sign-in, and a crawler would fill the disk. Both are
closed here.
"""

from __future__ import annotations

import copy
import time
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware.session.server_side import (
    ServerSideSessionBackend,
    ServerSideSessionConfig,
)
from litestar.types import Message

STORE = "sessions"
COOKIE = "doorstep_session"
MAX_AGE_S = 8 * 3600
"""A working day without a click."""
RENEW_S = 600
"""A session that nothing changed is written again, and its cookie renewed, this often."""
NAME, STAMP, FLASH, UPLOADS, SEEN, SEASON = "name", "stamp", "flash", "uploads", "seen", "season"
PAPER = "paper"
"""What the next record from paper begins with, and pictures of a form that is not saved yet."""
RETURNED = "returned"
"""The key of a form that was sent after the session before had ended, until a page shows it."""
KEPT = "kept"
"""What was typed into a form that an error sent back, until the next page shows it."""


class SessionBackend(ServerSideSessionBackend):
    """Gives a new id at sign-in, deletes empty sessions, writes only what changed."""

    async def store_in_message(
        self,
        scope_session: Any,
        message: Message,
        connection: ASGIConnection[Any, Any, Any, Any],
    ) -> None:
        """Write the session and its cookie if something changed or they grew old."""
        store = self.config.get_store_from_app(connection.scope["litestar_app"])
        held = connection.cookies.get(self.config.key, "")
        fresh = connection.scope["state"].pop("new_session", False)
        loaded = connection.scope["state"].pop("loaded_session", None)
        if held and (fresh or not scope_session):
            await self.delete(held, store=store)
        if not scope_session:
            if held:
                self._cookie(message, "", 0)
            return
        now_s = int(time.time())
        age_s = now_s - scope_session.get(SEEN, 0)
        if not fresh and scope_session == loaded and age_s < RENEW_S:
            return
        if held and not fresh and not await store.exists(held):
            return  # signed out in another window while this was under way: it stays signed out
        scope_session[SEEN] = now_s
        session_id = self.generate_session_id() if fresh or not held else held
        await self.set(
            session_id, self.serialize_data(scope_session, connection.scope), store=store
        )
        self._cookie(message, session_id, self.config.max_age)

    async def load_from_connection(self, connection: ASGIConnection) -> dict[str, Any]:  # type: ignore[type-arg]  # as in Litestar
        """Load the session and keep a copy, to see later whether it changed."""
        loaded = await super().load_from_connection(connection)
        if loaded.get(SEEN, 0) > time.time() + RENEW_S:
            loaded = {}  # written while the clock was ahead: it would last until then
        connection.scope["state"]["loaded_session"] = copy.deepcopy(loaded)
        return loaded

    def _cookie(self, message: Message, value: str, max_age_s: int) -> None:
        cookie = Cookie(
            key=self.config.key,
            value=value,
            max_age=max_age_s,
            path="/",
            httponly=True,
            secure=self.config.secure,
            samesite=self.config.samesite,
        )
        MutableScopeHeaders.from_message(message).add("set-cookie", cookie.to_header(header=""))


class SessionConfig(ServerSideSessionConfig):
    """SameSite=Lax: a link opens the console signed in, a foreign form cannot post."""

    _backend_class = SessionBackend


def config(secure: bool) -> SessionConfig:
    """`secure`: the console is reached over https."""
    return SessionConfig(
        key=COOKIE,
        max_age=MAX_AGE_S,
        secure=secure,
        samesite="lax",
        store=STORE,
        scopes={ScopeType.HTTP},
    )


def of(connection: ASGIConnection[Any, Any, Any, Any]) -> dict[str, Any]:
    """Return the session's values, to read and change; an empty dict where there is no session."""
    held = connection.scope.get("session")
    return held if isinstance(held, dict) else {}
