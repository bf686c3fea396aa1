"""Every page there is, asked from the app's own route table: a new page is asked by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from litestar import Litestar
from litestar.routes import HTTPRoute

from tests.support.console_browser import Browser

FORMS: dict[str, dict[str, str]] = {
    "/schools/{unit:str}/list.xlsx": {"recipient": "school"},
    "/schools/{unit:str}/reconciliation.xlsx": {"recipient": "school"},
    "/reconciliation.xlsx": {"recipient": "school"},
    "/schools/{unit:str}/hand-in/left.xlsx": {},
    "/hand-in/left.xlsx": {},
    "/cases/{case_id:str}/id-number": {"purpose": "verify"},
}
"""Pages and files that only a form asks for, and that change nothing."""
_NAME = re.compile(r"{([a-z0-9_]+):([a-z]+)}")


def console_routes(app: Litestar) -> Iterator[tuple[str, str]]:
    """(method, path) of every address of the office; phones' own and files lying still left out."""
    for route in app.routes:
        if isinstance(route, HTTPRoute) and not route.path_format.startswith(
            ("/v1", "/static", "/app")
        ):
            yield from ((m, route.path) for m in sorted(route.methods) if m in ("GET", "POST"))


def filled(path: str, values: Mapping[str, str]) -> str:
    """An address with its places filled; one without a value asks for what there is not."""
    return _NAME.sub(lambda found: values.get(found[1], "0" if found[2] == "int" else "none"), path)


async def answers(
    app: Litestar, browser: Browser, values: Mapping[str, str]
) -> dict[str, tuple[int, str]]:
    """Status and text of every page and list, by address.

    Args:
        app: The app.
        browser: Who asks.
        values: What stands in the addresses, by the name of its place.
    """
    found: dict[str, tuple[int, str]] = {}
    for method, path in console_routes(app):
        if method == "GET":
            answer = await browser.get(filled(path, values))
        elif path in FORMS:
            answer = await browser.post(filled(path, values), **FORMS[path])
        else:
            continue
        kind = answer.headers.get("content-type", "")
        found[f"{method} {path}"] = answer.status_code, answer.text if "html" in kind else ""
    return found
