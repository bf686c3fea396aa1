"""What a request may carry in its address and its JSON: no text that a database or file refuses.

SQLite takes a NUL byte in a text and PostgreSQL does not; half of a character cannot be written at
all. Such a request gets a problem before any handler sees it. Forms: console/web/forms.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from shared.problems import ProblemError
from shared.records.shapes import hidden

MOST_PART = 255
"""Characters of one part of an address: ids and names are shorter, and no file name is longer."""
MOST_IN_DATABASE = 2**31 - 1
"""The largest whole number in an address that every database takes."""
MOST_TEXT = 4000
"""Characters of one text in a question or a request of a phone."""


def guard_address(app: ASGIApp) -> ASGIApp:
    """Refuse addresses and query strings with texts that no name or field can hold.

    Raises:
        ProblemError: request.not_found, request.bad_text.
    """

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            if not all(map(_may_name, scope["path_params"].values())):
                raise ProblemError("request.not_found")
            question = scope["query_string"].decode("latin-1")
            pairs = parse_qsl(question, keep_blank_values=True, errors="replace")
            check_texts(text for pair in pairs for text in pair)
        await app(scope, receive, send)

    return checked


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
