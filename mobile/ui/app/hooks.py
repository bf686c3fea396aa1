"""Flet's hooks with the types they mean: its own `use_state` types any initial value as a factory's result.

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
    """Takes the next value, or a function of the value before."""

    def __call__(self, value: In | Callable[[Any], Any], /) -> None: ...


def use_state(initial: T) -> tuple[T, Setter[T]]:
    """State of a component; setting an equal value changes nothing."""
    pair: Any = ft.use_state(lambda: initial)
    value, setter = pair
    return value, setter


def use_observable(make: Callable[[], T], key: object = None) -> T:
    """An observable made at the first render and kept; the component re-renders when it changes.

    Made anew when `key` changes: an address typed by hand keeps the screen and changes the case it is about.
    """
    pair: Any = ft.use_state(make)
    value: T = pair[0]
    made_for = use_constant(lambda: [key])
    if made_for != [key]:
        made_for[:], value = [key], make()
        pair[1](value)
    return value


def use_constant(make: Callable[[], T]) -> T:
    """A value made at the first render and kept; changing it redraws nothing."""
    ref: Any = ft.use_ref(make)
    value: T = ref.current
    return value
