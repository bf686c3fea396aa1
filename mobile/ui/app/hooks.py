"""Flet's hooks with precise types: its own `use_state` types an initial value as a factory.

Hooks are positional: call them at the top of a component, never in a condition or a loop
(docs/sources.md#flet-hooks).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import flet as ft

T = TypeVar("T")
In = TypeVar("In", contravariant=True)


class Setter(Protocol[In]):
    """Takes the next value, or a function of the previous value."""

    def __call__(self, value: In | Callable[[Any], Any], /) -> None:
        """Set the next value and render again."""


def use_state(initial: T) -> tuple[T, Setter[T]]:
    """Hook: (value, setter). Setting an equal value does not render again."""
    pair: Any = ft.use_state(lambda: initial)
    value, setter = pair
    return value, setter


def use_observable(make: Callable[[], T], key: object = None) -> T:
    """Hook: an observable made at the first render; the component renders again when it changes.

    Made again when `key` changes: an address typed by hand keeps the component and changes the case
    it shows.
    """
    pair: Any = ft.use_state(make)
    value: T = pair[0]
    made_for = use_constant(lambda: [key])
    if made_for != [key]:
        made_for[:], value = [key], make()
        pair[1](value)
    return value


def use_constant(make: Callable[[], T]) -> T:
    """Hook: a value made at the first render and kept; changing it does not render again."""
    ref: Any = ft.use_ref(make)
    value: T = ref.current
    return value
