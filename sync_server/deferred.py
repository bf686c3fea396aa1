"""Modules that a process loads when it first uses them, not when it starts (ADR 0051).

At the top of a module, where readers and checkers look for imports:

    if TYPE_CHECKING:
        from sync_server.store import schema_steps
    else:
        schema_steps = deferred("sync_server.store.schema_steps")

mypy and import-linter follow the first line; the process takes the second. What runs in a
subprocess alone (office/jobs.py) is named by `in_subprocess`: this process never loads it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Any


class Deferred(ModuleType):
    """Stands for a module; loads it when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        """Return what the module has under this name, kept for the next time."""
        found = getattr(importlib.import_module(self.__name__), name)
        if not name.startswith("__"):
            setattr(self, name, found)
        return found


def deferred(name: str) -> ModuleType:
    """Return what stands for the module of this name until it is used."""
    return Deferred(name)


@dataclass(frozen=True)
class Call:
    """Stands for a function, and can be pickled; calls it where it is called."""

    module: str
    name: str

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Load the module, and call the function."""
        return getattr(importlib.import_module(self.module), self.name)(*args, **named)


class HandedOn(ModuleType):
    """Stands for a module whose functions are only handed on."""

    def __getattr__(self, name: str) -> Call:
        """Return what stands for the function of this name."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Call(self.__name__, name)


def in_subprocess(name: str) -> ModuleType:
    """Return what stands for a module of jobs."""
    return HandedOn(name)


def by_name(name: str) -> ModuleType:
    """Return what stands for a module of functions that a table names; a call loads it."""
    return HandedOn(name)
