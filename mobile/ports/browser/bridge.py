"""The bridge to JavaScript: names, errors, how values cross. Importable in a browser only."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from typing import Any

js: Any = importlib.import_module("js")
"""The worker's global scope."""
runtime: Any = importlib.import_module("pyodide_js")
"""Pyodide itself; `runtime.FS` is the file system of Python's side."""
_ffi: Any = importlib.import_module("pyodide.ffi")
_http: Any = importlib.import_module("pyodide.http")
JsError: type[Exception] = _ffi.JsException
"""What a promise that was refused or a call that threw raises."""
FetchError: type[Exception] = _http.AbortError
"""Any trouble on the way to an answer."""
fetch: Any = _http.pyfetch
_code: Any = importlib.import_module("pyodide.code")
_object: Any = js.Object.fromEntries


class Refused(Exception):
    """JavaScript raised an error. `name` is the DOMException's, such as QuotaExceededError."""

    def __init__(self, error: Any) -> None:
        self.name = str(getattr(error, "name", "") or "UnknownError")
        super().__init__(f"{self.name}: {getattr(error, 'message', '')}")


def crossed(value: object) -> Any:
    """A value of ours for JavaScript.

    Bytes as a Uint8Array of its own, a list as an Array, a dict as an object.
    """
    return _ffi.to_js(value, dict_converter=_object)


def fields(**values: object) -> Any:
    """A plain JavaScript object."""
    return crossed(values)


def lasting(function: Callable[..., Any]) -> Any:
    """A Python function that JavaScript may call until `.destroy()`, or until the worker ends."""
    return _ffi.create_proxy(function)


def script(source: str) -> Any:
    """A JavaScript function from its text, for a loop that would cross at every step."""
    return _code.run_js(source)


async def heard(target: Any, good: str, *bad: str) -> None:
    """Wait for the event `good` of `target`.

    Raises: Refused with `target.error` when one of `bad` comes first.
    """
    first: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def on_event(event: Any) -> None:
        if not first.done():
            first.set_result(str(event.type))

    listener = lasting(on_event)
    for name in (good, *bad):
        target.addEventListener(name, listener)
    try:
        if await first != good:
            raise Refused(target.error)
    finally:
        for name in (good, *bad):
            target.removeEventListener(name, listener)
        listener.destroy()
