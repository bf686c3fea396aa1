"""What goes into a package and what does not: names and reasons only."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

BASE = "/app/"
"""The path the site is served at; Flutter must know it at build time."""
BUDGET_GZIPPED_BYTES = 16 * 1024 * 1024
"""The most a first visit may transfer (docs/sources.md#first-visit-budget)."""
WEB = "web"
NATIVE = "native"

SHARED_FOLDERS = ("mobile", "shared")
DEVELOPER_ONLY = ("mobile/packaging", "mobile/preview.py", "mobile/headless.py")
"""Never on a phone: packaging, the preview's web server, the headless core."""
BROWSER_ONLY = ("mobile/ports/browser", "mobile/bootstrap/browser.py")
NO_BROWSER_WHEEL = frozenset({"PIL", "cryptography"})
"""Imports that do not exist in a browser; ports that use them stay out of the web app."""
ASSETS_NATIVE = ("icon.png", "splash.png", "fonts/NotoSansSC-subset.otf")
"""Icon and splash for the build; the font writes the caption strip (mobile/ports/strip.py).

On screen a phone uses its own font.
"""

BINARY_WHEELS = ("msgspec", "msgpack")
"""Downloaded as WebAssembly wheels with the lock's hashes."""
PURE_PACKAGES = (
    "flet",
    "flet-camera",
    "flet-geolocator",
    "flet-secure-storage",
    "repath",
    "six",
    "httpx",
    "idna",
    "sqlite-utils",
    "sqlite-fts4",
    "click",
    "pluggy",
    "python-dateutil",
)
"""Copied from the virtual environment, each file checked against its package's record."""
NOT_IN_A_BROWSER = {
    "httpcore": "httpx's own network transport; the browser's fetch takes its place",
    "h11": "httpcore's parser",
    "anyio": "httpx imports it for transports the browser does not use",
    "certifi": "the browser checks certificates",
    "oauthlib": "flet leaves it out on Emscripten itself",
    "pip": "sqlite-utils' plug-in installer",
    "click-default-group": "sqlite-utils' command line, which stays out",
    "tabulate": "sqlite-utils' command line, which stays out",
    "tzdata": "China time is a fixed +8 (shared/clock.py); the zones would weigh 170 kB",
    "pillow": "no WebAssembly wheel; the browser's canvas takes its place",
    "cryptography": "no WebAssembly wheel; WebCrypto takes its place",
}
"""Dependencies that the web app does without, and why. A test compares the closure with both lists.
"""
ANDROID_FLOORS = {"msgspec": "0.21", "pillow": "12.2", "cryptography": "48"}
"""Compiled dependencies -> the version that Flet's builds have for Android (ADR 0004).

`flet build` resolves inside our ranges by itself, not by the lock; not tested, because no Flutter
SDK was available.
"""
PROVIDED_BY_PLATFORM = {
    "msgpack": "flet's own protocol; Flet builds it for every platform it builds for",
    "cffi": "what cryptography's wheel asks for",
}

_UNNEEDED_FOLDERS = frozenset({"__pycache__", "tests", "testing", "test"})
_UNNEEDED_SUFFIXES = frozenset(
    {".pyi", ".pyc", ".typed", ".c", ".h", ".pyx", ".pxd", ".md", ".rst"}
)
_UNNEEDED_PREFIXES = (
    "flet/testing",
    "flet/auth",
    "flet/messaging/flet_socket_server",
    "click/testing",
    "httpx/_main.py",
    "sqlite_utils/cli.py",
)


def needed_at_run_time(inside: str) -> bool:
    """Whether a file of a package, by its path inside site-packages, is needed at run time."""
    path = Path(inside)
    if path.parts[0].endswith((".dist-info", ".data")) or path.parts[0] in ("..", "bin"):
        return False
    if _UNNEEDED_FOLDERS & set(path.parts) or path.suffix in _UNNEEDED_SUFFIXES:
        return False
    return not inside.startswith(_UNNEEDED_PREFIXES)


def unreached(sources: Mapping[str, str]) -> set[str]:
    """Return the modules of shared/ that nothing on a phone imports: the office's alone.

    Args:
        sources: The text of every module of ours that may go along, by its path from the top of the
            tree. The kinds of records are found by their folder and go along whole.
    """
    modules = {_module(inside): inside for inside in sources}
    open_ones = [name for name in modules if not name.startswith("shared.")]
    open_ones += [name for name in modules if name.startswith("shared.records")]
    reached = set[str]()
    while open_ones:
        name = open_ones.pop()
        if name in modules and name not in reached:
            reached.add(name)
            open_ones += _imported(sources[modules[name]])
    return {inside for name, inside in modules.items() if name not in reached and name != "shared"}


def _module(inside: str) -> str:
    return inside.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _imported(source: str) -> Iterator[str]:
    """Every name that may be a module which a module imports, at any depth."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def excluded(inside: str, source: str, target: str) -> bool:
    """Whether one of our own modules stays out of a package for `target`.

    `inside`: its path from the top of the tree; `source`: its text.
    """
    if inside.startswith(DEVELOPER_ONLY) or "__pycache__" in inside:
        return True
    if target == NATIVE:
        return inside.startswith(BROWSER_ONLY)
    return inside.startswith("mobile/ports/") and bool(imported_names(source) & NO_BROWSER_WHEEL)


def imported_names(source: str) -> set[str]:
    """Top-level names of everything a module imports, at any depth."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names
