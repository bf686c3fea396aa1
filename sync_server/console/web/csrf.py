"""Form tokens: a form that a page of ours did not show, or showed to another session, does nothing.

The token of somebody signed in follows from the session, so that it is another after each sign-in
and the same in every tab. Before the sign-in it follows from a cookie of its own, which the server
signed; a request without that cookie is refused before its body is read.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, FormMultiDict

from shared.problems import ProblemError
from sync_server.console.web import sessions

COOKIE = "doorstep_form"
FIELD = "_csrf_token"
HEADER = "x-csrftoken"
MAC_CHARACTERS = 64
TYPED = ("teacher", "reason", "name", "shown", "role", "unit", "comment")
"""Fields that a page shows again after a refusal (`kept` in the templates)."""
Connection = ASGIConnection[Any, Any, Any, Any]


def token_of_session(secret: str, session_id: str) -> str:
    """Return the token of the forms that a session shows."""
    return _mac(secret, f"session {session_id}")


def new_cookie(secret: str) -> str:
    """Return a cookie for somebody who has not signed in yet."""
    nonce = secrets.token_hex(32)
    return nonce + _mac(secret, f"cookie {nonce}")


def token_of_cookie(secret: str, cookie: str) -> str:
    """Return the token that goes with a cookie; "" where this server did not make the cookie."""
    nonce, mac = cookie[:-MAC_CHARACTERS], cookie[-MAC_CHARACTERS:]
    made_here = nonce and _same(mac, _mac(secret, f"cookie {nonce}"))
    return _mac(secret, f"form {nonce}") if made_here else ""


def session_token(connection: Connection, secret: str) -> str:
    """Return the token of the session; "" where nobody is signed in."""
    held = connection.cookies.get(sessions.COOKIE, "")
    signed_in = held and sessions.of(connection).get(sessions.NAME)
    return token_of_session(secret, held) if signed_in else ""


def cookie_token(connection: Connection, secret: str) -> str:
    """Return the token of the cookie from before the sign-in; "" without one of ours."""
    return token_of_cookie(secret, connection.cookies.get(COOKIE, ""))


def set_cookie(value: str, *, secure: bool) -> Cookie:
    """Return the cookie from before the sign-in; it lasts until the browser is closed."""
    return Cookie(
        key=COOKIE, value=value, path="/", httponly=True, samesite="strict", secure=secure
    )


def check(connection: Connection, form: FormMultiDict, *allowed: str) -> None:
    """Refuse a form that carries none of the tokens it may have.

    Raises:
        ProblemError: console.form_expired.
    """
    found = form.get(FIELD, "") or connection.headers.get(HEADER, "")
    sent = found if isinstance(found, str) else ""
    if not sent or not any(_same(sent, token) for token in allowed if token):
        raise ProblemError("console.form_expired")


def typed(form: FormMultiDict, place: dict[str, Any]) -> dict[str, str]:
    """Return what was typed, by the names under which pages look for it.

    Args:
        form: The refused form.
        place: The parts of its address: a page with several forms names a field after one of them.
    """
    fields = {name: text for name in TYPED if isinstance(text := form.get(name), str) and text}
    beside = {f"{name}-{part}": text for name, text in fields.items() for part in place.values()}
    return fields | beside


def _mac(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
