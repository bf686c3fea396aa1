"""What a piece of work asks a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

Query = tuple[str, Any]


@contextmanager
def asked() -> Iterator[list[Query]]:
    """Every query that is asked meanwhile, with its values."""
    found: list[Query] = []

    def keep(_: Any, __: Any, statement: str, values: Any, *rest: Any) -> None:
        if statement.startswith("SELECT"):
            found.append((statement, values))

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", keep)
