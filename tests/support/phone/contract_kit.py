"""What a place gives the contract of the ports, and how the contract reports a refusal. No pytest here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mobile.ports.api import DeviceSecret
from mobile.usecases.unlock import Ports
from shared.problems import ProblemError
from shared.wire import unb64

PIN = "724613"
CAPTION = "QH01-0001 · 2019-12-12 10:00 · 青槐县第一中学"


@dataclass
class Kit:
    """`ports`: fresh ones, nothing stored. `given_secret`: a device secret of known bytes, kept as this place keeps one.

    `corners`: what colours a JPEG shows in its four corners. `picture`: bytes by name. `expected`: of every picture what
    Pillow makes of it (tests/support/ports_site.py). `server`: where the test's server answers; `golden`: at_rest.json.
    """

    ports: Ports
    kind: str
    given_secret: Callable[[bytes], Awaitable[DeviceSecret]]
    corners: Callable[[bytes], Awaitable[str]]
    picture: Callable[[str], Awaitable[bytes]]
    expected: dict[str, Any]
    golden: dict[str, Any]
    server: str
    measured: dict[str, object] = field(default_factory=dict)

    def vector(self, *path: str) -> bytes:
        """Bytes out of the golden file."""
        found: Any = self.golden
        for name in path:
            found = found[name]
        return unb64(found)


@contextmanager
def refused(code: str) -> Iterator[None]:
    """The block must end in ProblemError `code`."""
    found = ""
    try:
        yield
    except ProblemError as problem:
        found = problem.code
    assert found == code, f"{found or 'nothing'} was refused, {code} was expected"


@contextmanager
def raises(kind: type[Exception]) -> Iterator[None]:
    """The block must end in an exception of this kind."""
    try:
        yield
    except kind:
        return
    raise AssertionError(f"no {kind.__name__}")
