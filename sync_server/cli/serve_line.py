"""`doorstep serve` as it is usually written, read without typer: a server starts a fifth sooner.

What is written in another way, wrongly, or with `--help`, typer reads and answers for (server.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

VALUES = ("--data", "--host", "--port", "--cert", "--key", "--proxy")
"""Options of `serve`, each with one value; `--proxy` may come several times."""
_PORT = re.compile(r"[0-9]{1,5}")


class ServeLine(NamedTuple):
    """What was written; None for what was not."""

    data: Path | None
    host: str | None
    port: int | None
    cert: Path | None
    key: Path | None
    proxies: tuple[str, ...]


def read(arguments: Sequence[str]) -> ServeLine | None:
    """Read what follows `serve`; None where it is not plain, or not only these options."""
    values: dict[str, list[str]] = {name: [] for name in VALUES}
    rest = iter(arguments)
    for argument in rest:
        name, has_value, value = argument.partition("=")
        if not has_value:
            value = next(rest, "")
        if name not in values or not value or value.startswith("-"):
            return None
        values[name].append(value)
    if any(len(values[name]) > 1 for name in VALUES if name != "--proxy"):
        return None
    given = {name: found[0] for name, found in values.items() if found}
    port = given.get("--port")
    if port is not None and not _PORT.fullmatch(port):
        return None
    return ServeLine(
        data=_path(given.get("--data")),
        host=given.get("--host"),
        port=None if port is None else int(port),
        cert=_path(given.get("--cert")),
        key=_path(given.get("--key")),
        proxies=tuple(values["--proxy"]),
    )


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)
