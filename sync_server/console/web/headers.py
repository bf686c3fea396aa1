"""Security headers on all console responses: no foreign content, no frames, no caching."""

from __future__ import annotations

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope
from litestar.types.callable_types import BeforeMessageSendHookHandler

PAGE_POLICY = (
    "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
ENROL_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""For the enrolment page: it runs two scripts of ours (browser_check.js, enrol.js)
and connects to nothing."""
CONNECT_POLICY = PAGE_POLICY.replace("script-src 'none'", "script-src 'self'")
"""For the office's pages that wait for a phone: they run connect.js and ask this server."""
CHANGING_POLICY = f"{CONNECT_POLICY}; connect-src 'self' https:"
"""While the server changes over: connect.js asks the new address, too, whether it answers."""
PHONE_TEST_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; "
    "style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""For the page behind the test code: it takes a service worker, and reports to this server."""
POLICIES = {
    "/enrol": ENROL_POLICY,
    "/connect/qr": CONNECT_POLICY,
    "/connect/domain": CHANGING_POLICY,
    "/connect/wireless": CHANGING_POLICY,
    "/connect/test": PHONE_TEST_POLICY,
}
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""For photos, drawings and PDF: they and a browser's own viewer may style themselves, nothing may
run."""
FILES = ("image/jpeg", "image/svg+xml", "application/")
NO_REFERRER = "/activate"
"""Below it an address holds a code that sets a password: no other page is told it."""
_NOSNIFF = (b"x-content-type-options", b"nosniff")
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def guard_headers(hsts: bool) -> BeforeMessageSendHookHandler:
    """The hook for an app; `hsts` as Settings has it."""

    async def add(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        if scope["path"].startswith("/v1"):
            given = message.get("headers", ())
            if not any(name.lower() == _NOSNIFF[0] for name, _ in given):
                message["headers"] = [*given, _NOSNIFF]
            return
        headers = MutableScopeHeaders.from_message(message)
        if f"{scope['path']}/".startswith("/app/") and "content-security-policy" in headers:
            return  # the web app set its own (sync_server/api/web_app.py)
        for name, value in _ALWAYS.items():
            headers[name] = value
        if scope["path"].startswith(NO_REFERRER):
            headers["Referrer-Policy"] = "no-referrer"
        file = headers.get("content-type", "").startswith(FILES)
        page = POLICIES.get(scope["path"].rstrip("/"), PAGE_POLICY)
        headers["Content-Security-Policy"] = FILE_POLICY if file else page
        if not scope["path"].startswith("/static"):
            headers["Cache-Control"] = "no-store"
        if hsts:
            headers["Strict-Transport-Security"] = "max-age=31536000"

    return add
