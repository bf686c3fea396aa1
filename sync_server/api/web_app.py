"""Serve the phone's web app (build/app/, made by `make app`) under /app/.

GET and HEAD only, without session or cookie. A path without a file ending gets the start page. File
names carry no hash, so the browser asks every time (ETag) and keeps no copy of its own; the app's
service worker keeps one by content.
"""

from __future__ import annotations

import asyncio
import mimetypes
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from litestar import HttpMethod, Request, Response, route
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from sync_server.api.accept_encoding import named
from sync_server.settings import Settings

READ = [HttpMethod.GET, HttpMethod.HEAD]
_FROM_HERE = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{more}; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' blob: data:; font-src 'self' blob: data:; connect-src 'self' blob: data:; "
    "media-src 'self' blob:; worker-src 'self'; object-src 'none'; base-uri 'self'; "
    "form-action 'none'"
)
PAGE_POLICY = _FROM_HERE.format(more="")
"""As in the page's own <meta>, for servers that send no headers; a test compares them."""
WORKER_POLICY = _FROM_HERE.format(more=" 'unsafe-eval'")
"""For the worker alone: Python's runtime needs eval for its bridges to JavaScript."""
_ALWAYS = {
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
}
_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".zip": "application/zip",
    ".png": "image/png",
    ".otf": "font/otf",
    ".woff2": "font/woff2",
}
"""Media types, whatever the machine's registry says: browsers refuse modules of another type."""
ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""What `make app` lays beside a file, the smallest first.

Browsers take Brotli over https and from localhost, where alone the app works.
"""
LONGEST = 255
"""Most bytes of a path: the app has no longer one, and file systems refuse longer names."""
ABSENT = """<!DOCTYPE html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>上门</title>
<body style="font:18px/1.7 system-ui,sans-serif;max-width:30em;margin:12vh auto;padding:0 24px">
<h1 style="font-size:24px">手机网页版还没有准备好</h1>
<p>这台服务器上没有打包好的手机程序。请管理员运行 <code>make app</code>,再刷新本页。</p>
<p lang="en">The phone app has not been built on this server:
run <code>make app</code>, then reload.</p>
</body></html>"""


@dataclass(frozen=True)
class Found:
    """A file of the web app: its bytes as sent, media type, encoding and ETag."""

    data: bytes
    kind: str
    encoding: str
    tag: str


def handlers(settings: Settings) -> list[HTTPRouteHandler]:
    """Return the routes for an app with these settings."""

    async def answer(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
        accepted = named(request.headers.get("accept-encoding", ""))
        taken = tuple(each for each in ENCODINGS if each in accepted)
        found = await asyncio.to_thread(find, settings.app_dir, name, taken)
        return _answer(found, name, request.headers.get("if-none-match", ""), settings.hsts)

    @route("/app", http_method=READ, include_in_schema=False)
    async def start(request: Request[Any, Any, Any]) -> Response[bytes] | Redirect:
        """Answer the start page, or redirect to its address with a slash."""
        if not request.scope["raw_path"].endswith(b"/"):
            return Redirect("/app/", status_code=308)
        return await answer(request, "")

    @route("/app/{path:path}", http_method=READ, include_in_schema=False)
    async def site(request: Request[Any, Any, Any], path: FromPath[Path]) -> Response[bytes]:
        """Answer a file, or the start page for every other path of the app."""
        return await answer(request, path.as_posix().lstrip("/"))

    return [start, site]


def find(folder: Path, name: str, taken: tuple[str, ...]) -> Found | None:
    """Find a file of the web app; nothing outside `folder` is ever read.

    Args:
        folder: The built web app.
        name: The path below /app/.
        taken: Which of ENCODINGS the client accepts, the first that is there is sent.

    Returns:
        The file, the start page for a name without a file ending, else None.
    """
    parts = PurePosixPath(name).parts
    if (
        len(name.encode()) > LONGEST
        or ".." in parts
        or name.startswith("/")
        or "\\" in name
        or name.endswith(tuple(ENCODINGS.values()))
    ):
        return None
    path = folder / name
    if not path.is_file():
        if parts and "." in parts[-1]:
            return None
        path = folder / "index.html"
    if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        return None
    kind = (
        _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    )
    sent, encoding = path, ""
    for each in taken:
        beside = path.with_name(path.name + ENCODINGS[each])
        if beside.is_file():
            sent, encoding = beside, each
            break
    stat = sent.stat()
    return Found(
        sent.read_bytes(),
        kind,
        encoding,
        f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"',
    )


def _answer(found: Found | None, name: str, known: str, hsts: bool) -> Response[bytes]:
    headers = {**_ALWAYS, "Content-Security-Policy": f"{_policy(name)}; frame-ancestors 'none'"}
    if hsts:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if found is None:
        page = "." not in name.rsplit("/", 1)[-1] and len(name.encode()) <= LONGEST
        return Response(
            ABSENT.encode() if page else b"",
            status_code=404,
            headers=headers,
            media_type=_TYPES[".html"],
        )
    headers["ETag"] = found.tag
    if known == found.tag:
        return Response(b"", status_code=304, headers=headers, media_type=found.kind)
    if found.encoding:
        headers["Content-Encoding"] = found.encoding
    return Response(found.data, headers=headers, media_type=found.kind)


def _policy(name: str) -> str:
    return WORKER_POLICY if name == "worker.mjs" else PAGE_POLICY
