"""The browsers that have signed in to an account before: a cookie says so, and only this server.

Tries from such a browser count for itself: nobody who guesses from elsewhere, or beside it behind
the same address, can make it wait. The cookie opens nothing. For each account that signed in here
it holds a random number with a keyed hash of number and name (docs/sources.md#known-browsers).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from litestar.datastructures import Cookie

from sync_server.console.web.access import Req, get_services
from sync_server.settings import Settings

COOKIE = "doorstep_browser"
LIFE_S = 180 * 24 * 3600
"""Half a year, so that it lasts from a season's list to the end of its visits."""
MOST_ACCOUNTS = 5
"""Accounts of the people who share a computer."""
LONGEST = 60 * MOST_ACCOUNTS
"""Characters of the cookie that are read; an account takes 45."""


def number(request: Req, name: str) -> str:
    """Return the number by which this account knows the browser; "" where it does not."""
    settings, found = get_services(request).settings, ""
    for entry in _entries(request):
        one, _, proof = entry.partition("~")
        if hmac.compare_digest(_proof(settings, one, name), proof.encode()):
            found = one
    return found


def cookie(request: Req, name: str) -> Cookie:
    """Return the cookie after a sign-in: this account knows the browser from now on."""
    settings = get_services(request).settings
    known = number(request, name)
    one = known or secrets.token_urlsafe(16)
    others = [entry for entry in _entries(request) if not known or not entry.startswith(known)]
    entries = [f"{one}~{_proof(settings, one, name).decode()}", *others]
    return Cookie(
        key=COOKIE,
        value=".".join(entries[:MOST_ACCOUNTS]),
        max_age=LIFE_S,
        path="/sign-in",
        httponly=True,
        secure=settings.secure_cookies,
        samesite="strict",
    )


def _entries(request: Req) -> list[str]:
    held = request.cookies.get(COOKIE, "")
    return [entry for entry in held.split(".") if entry] if len(held) <= LONGEST else []


def _proof(settings: Settings, one: str, name: str) -> bytes:
    text = f"browser\0{one}\0{name}".encode("utf-8", "surrogatepass")
    made = hmac.new(settings.secret("attempts").encode(), text, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made[:16]).rstrip(b"=")
