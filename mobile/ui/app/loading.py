"""Loads what a screen shows, after it is mounted and whenever something it depends on changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import flet as ft

from mobile.ui.app.guard import error_sentence
from mobile.ui.app.hooks import use_state
from mobile.ui.app.state import App

T = TypeVar("T")


@dataclass(frozen=True)
class Loaded(Generic[T]):
    """What a loader returned.

    `value` is the last good value, kept while the next is loaded; `error` is a sentence, or empty.
    """

    value: T | None = None
    error: str = ""

    @property
    def pending(self) -> bool:
        """Whether there is neither a value nor an error yet."""
        return self.value is None and not self.error


def use_load(app: App, loader: Callable[[], Awaitable[T]], *depends: object) -> Loaded[T]:
    """Hook: run `loader` on mount, when `depends` change and when records change; never raises."""
    start: Loaded[T] = Loaded()
    loaded, set_loaded = use_state(start)

    async def go() -> None:
        try:
            value = await loader()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            words = error_sentence(app, error)
            set_loaded(lambda before: Loaded(before.value, words))
        else:
            set_loaded(Loaded(value))

    ft.use_effect(go, [*depends, app.version])
    return loaded
