"""Every address of the server with texts that no page, database or file name takes."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path

import httpx
from litestar import Litestar
from litestar.routes import HTTPRoute

import sync_server.console
from sync_server.console.web import csrf
from tests.support.console_browser import form_token

IN_PATHS = ("%00", "%ED%A0%80", "x" * 3000, "%0d%0a=1+1", "..%2f..%2fetc%2fpasswd")
IN_NUMBERS = ("9" * 25, "-1")
NUL = "a\0b"
"""A text that is refused wherever it stands."""
TEXTS = (NUL, "x" * 4000, "²", "9" * 25, "http://[::1", "\ufeff\u202e=9999-99-99𠮷")
"""A text no database takes, one that is too long, and some that each page answers as it likes."""
LONG_FORM = os.environ.get("HYPOTHESIS_PROFILE") == "long"
"""Whether each address gets every text; otherwise the NUL and one of the others, in rotation."""
LEFT_OUT = {"/sign-out", "/password", "/sign-in"} | {
    f"/schools/{{unit:str}}/{name}.pdf" for name in ("signing-sheets", "statement-sheet")
}
"""What ends the session of the sweep, or draws for seconds."""


def routes(app: Litestar) -> Iterator[tuple[str, str]]:
    """(method, path) of every address."""
    for route in app.routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith("/static"):
            for method in sorted(set(route.methods) - {"OPTIONS"}):
                if route.path not in LEFT_OUT:
                    yield method, route.path


def names() -> list[str]:
    """The name of every field that a page or a handler of the console knows."""
    root = Path(sync_server.console.__file__).parent
    patterns = {
        "*.html": r"name=\"(\w+)\"",
        "*.py": r"(?:form\.get|form, |form\(\), |query_params\.get\(|FromQuery.*?)\(?\"(\w+)\"",
    }
    found = {
        name
        for ending, pattern in patterns.items()
        for file in root.rglob(ending)
        for name in re.findall(pattern, file.read_text(encoding="utf-8"))
    }
    return sorted(found - {"_csrf_token", "_season"})


def filled(path: str, values: Mapping[str, str], spoilt: str = "", by: str = "") -> str:
    """An address with its parts filled in, the part `spoilt` by a hostile text."""

    def part(match: re.Match[str]) -> str:
        return by if match[0] == spoilt else values.get(match[1], "0" if match[2] == "int" else "x")

    return re.sub(r"\{(\w+):(\w+)\}", part, path)


def _rotated(texts: Sequence[str], place: int) -> Sequence[str]:
    others = texts[1:]
    return texts if LONG_FORM else (texts[0], others[place % len(others)])


async def in_paths(
    app: Litestar, http: httpx.AsyncClient, values: Mapping[str, str]
) -> AsyncIterator[tuple[str, httpx.Response]]:
    """Each part of each address spoilt, the others right."""
    for method, path in routes(app):
        for part in re.findall(r"\{\w+:\w+\}", path):
            for text in IN_NUMBERS if ":int" in part else IN_PATHS:
                target = filled(path, values, part, text)
                yield f"{method} {path} {text[:20]}", await http.request(method, target)


async def in_questions(
    app: Litestar,
    http: httpx.AsyncClient,
    values: Mapping[str, str],
    texts: Sequence[str] = TEXTS,
) -> AsyncIterator[tuple[str, httpx.Response]]:
    """Each address asked with every known name set to one text."""
    every = [*names(), "after", "village"]
    for place, (method, path) in enumerate(routes(app)):
        if method == "GET":
            for text in _rotated(texts, place):
                asked = dict.fromkeys(every, text[:100])
                answer = await http.get(filled(path, values), params=asked)
                yield f"{method} {path} {text[:20]!r}", answer
            answer = await http.get(filled(path, values), params={"at": "9" * 25})
            yield f"{method} {path}?at=", answer


async def in_forms(
    app: Litestar,
    http: httpx.AsyncClient,
    values: Mapping[str, str],
    texts: Sequence[str] = TEXTS,
) -> AsyncIterator[tuple[str, httpx.Response]]:
    """Each form sent with every known field set to one text."""
    token = {csrf.FIELD: form_token(app.state["services"].settings, http)}
    for place, (method, path) in enumerate(routes(app)):
        if method == "POST" and not path.startswith("/v1"):
            for text in _rotated(texts, place):
                form = {**dict.fromkeys(names(), text), **token}
                answer = await http.post(filled(path, values), data=form)
                yield f"{method} {path} {text[:20]!r}", answer


async def broken(answers: AsyncIterator[tuple[str, httpx.Response]]) -> list[str]:
    """Which requests were not answered as they must be: by no fault, and a NUL byte by a refusal."""
    return [
        f"{where}: {answer.status_code}"
        async for where, answer in answers
        if answer.status_code >= 500 or (repr(NUL) in where and answer.status_code < 400)
    ]


BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/json", b'{"token":"\xff","code":"\xff"}'),
    ("application/json", b'{"x":' * 20_000),
    ("application/x-www-form-urlencoded", b"\xff=%ff&%%%&=&a"),
    ("multipart/form-data", b"--x\r\n\r\n"),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n\xed\xa0\x80\r\n--x--\r\n',
    ),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="\xff\x00/.."\r\n\r\n'
        b"\x00\r\n--x--\r\n",
    ),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--x--"),
)


async def in_bodies(
    app: Litestar, http: httpx.AsyncClient, values: Mapping[str, str]
) -> AsyncIterator[tuple[str, httpx.Response]]:
    """Each address that takes a body sent one that is damaged, or of a kind it does not take."""
    token = {csrf.HEADER: form_token(app.state["services"].settings, http)}
    for method, path in routes(app):
        if method in ("POST", "PATCH"):
            for kind, content in BODIES:
                headers = {**token, "Content-Type": kind}
                answer = await http.request(
                    method, filled(path, values), content=content, headers=headers
                )
                yield f"{method} {path} {kind} {content[-30:]!r}", answer
