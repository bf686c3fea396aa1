"""SQL compiled once a process: SQLAlchemy keeps a statement's text with its engine, and every test opens engines of its own.

Compiling anew took a third of the processor time of a test of the office. What a statement says, and what it is
given, is not touched.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.util import LRUCache

_TEXTS: LRUCache[Any, Any] = LRUCache(4000)
_DIALECTS: dict[tuple[type[Dialect], Any], _Kept] = {}


class _Kept:
    """What was compiled for one dialect; the engine whose dialect it was is left out of the key."""

    def __init__(self, name: tuple[type[Dialect], Any]) -> None:
        self._name = name

    def get(self, key: tuple[Any, ...]) -> Any:
        return _TEXTS.get((self._name, *key[1:]))

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        _TEXTS[(self._name, *key[1:])] = compiled


def keep() -> None:
    """From now on, for every engine of this process."""
    event.listen(Engine, "engine_connect", _keep)


def _keep(connection: Connection) -> None:
    name = type(connection.dialect), connection.dialect.dbapi
    kept = _DIALECTS.setdefault(name, _Kept(name))
    connection.execution_options(compiled_cache=kept)
