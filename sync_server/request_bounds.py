"""What a request may carry in its address and its JSON: no text that a database or file refuses.

SQLite takes a NUL byte in a text and PostgreSQL does not; half of a character cannot be written at
all. Such a request gets a problem before any handler sees it. Forms: console/web/forms.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from shared.problems import ProblemError
from shared.records.shapes import hidden
from sync_server import body_limits

MOST_PART = 255
"""Characters of one part of an address: ids and names are shorter, and no file name is longer."""
MOST_IN_DATABASE = 2**31 - 1
"""The largest whole number in an address that every database takes."""
MOST_TEXT = 4000
"""Characters of one text in a question or a request of a phone."""


_AT_END = "at_end"


def guard_request(app: ASGIApp) -> ASGIApp:
    """Refuse addresses, questions and lengths that no handler takes; the body is not touched.

    At the end of the request, however it ends, what was left with `at_end` is done.

    Raises:
        ProblemError: request.not_found, request.bad_text, request.unreadable, request.too_large,
            console.upload_too_large.
    """

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["type"] == ScopeType.HTTP:
                _check_address(scope)
                _check_length(scope)
            await app(scope, receive, send)
        finally:
            for job in scope["state"].pop(_AT_END, ()):
                job()

    return checked


def at_end(scope: Scope, job: Callable[[], object]) -> None:
    """Have something done when the request ends, however it ends."""
    scope["state"].setdefault(_AT_END, []).append(job)


def _check_address(scope: HTTPScope) -> None:
    if b"%" in scope["raw_path"] or not scope["raw_path"].isascii():
        try:
            unquote_to_bytes(scope["raw_path"]).decode()
        except UnicodeDecodeError as error:
            raise ProblemError("request.not_found") from error
    if hidden(scope["path"]) or not all(map(_may_name, scope["path_params"].values())):
        raise ProblemError("request.not_found")
    if not scope["query_string"]:
        return
    question = scope["query_string"].decode("latin-1")
    try:
        pairs = parse_qsl(question, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise ProblemError("request.unreadable") from error
    check_texts(text for pair in pairs for text in pair)


def _check_length(scope: HTTPScope) -> None:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    if len(lengths) > 1:
        raise ProblemError("request.unreadable")
    if lengths:
        limits = body_limits.of(scope["route_handler"].opt, scope["path"])
        body_limits.check_announced(lengths[0].decode("latin-1"), limits)


def _may_name(part: object) -> bool:
    """Whether a part of an address can be the name, id or number of something."""
    if isinstance(part, int):
        return abs(part) <= MOST_IN_DATABASE
    text = str(part)
    return len(text) <= MOST_PART and not hidden(text)


def check_texts(texts: Iterable[str], longest: int = MOST_TEXT) -> None:
    """Refuse texts that cannot be stored, or are longer than any that is asked for.

    Raises:
        ProblemError: request.bad_text, request.text_too_long.
    """
    for text in texts:
        if hidden(text):
            raise ProblemError("request.bad_text")
        if len(text) > longest:
            raise ProblemError("request.text_too_long", longest=longest)


def check_struct(asked: object) -> None:
    """Refuse a phone's request whose own texts cannot be stored.

    Facts in it are not judged here: each gets its own outcome in the ledger.

    Raises:
        ProblemError: request.bad_text, request.text_too_long.
    """
    if isinstance(asked, msgspec.Struct):
        values = (getattr(asked, name) for name in asked.__struct_fields__)
        check_texts(value for value in values if isinstance(value, str))
