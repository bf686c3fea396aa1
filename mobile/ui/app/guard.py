"""Event handlers that never raise: in Flet 1.0.5 an uncaught exception ends the session.

The screen is then an error page (docs/sources.md#flet-uncaught-exception). `guard` wraps every
handler: a ProblemError is shown as its sentence in the notice bar, anything else as a short
reference, with the details in the log. `use_busy` also ignores a second tap while the first is
still being handled.
"""

from __future__ import annotations

import inspect
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from mobile.ui.app.hooks import use_constant, use_state
from mobile.ui.app.notice import Notice
from mobile.ui.app.state import App
from mobile.usecases.words import sentences
from shared.problems import ProblemError

log = logging.getLogger("doorstep.ui")
Handler = Callable[[Any], Awaitable[None]]


def guard(app: App, act: Callable[..., Any]) -> Handler:
    """Wrap `act` (sync or async, with or without the event) as a handler that never raises."""
    wants_event = bool(inspect.signature(act).parameters)

    async def run(event: Any = None) -> None:
        try:
            result = act(event) if wants_event else act()
            if inspect.isawaitable(result):
                await result
        except Exception as error:
            show_notice(app, error_sentence(app, error))

    return run


def error_sentence(app: App, error: Exception) -> str:
    """The text for an error: the registered sentence and its fix, or a reference to the log."""
    if isinstance(error, ProblemError):
        return sentences(error).in_language(app.language)
    reference = uuid.uuid4().hex[:6]
    log.exception("screen handler failed, reference %s", reference, exc_info=error)
    broken = ProblemError("internal", ref=reference)
    return sentences(broken).in_language(app.language)


def show_notice(
    app: App,
    words: str,
    *,
    action: str = "",
    on_action: Callable[[], Any] | None = None,
    masked: str = "",
) -> None:
    """Show one sentence at the bottom of the screen; screen readers read it aloud.

    With an `action` (its label) it stays 10 seconds, and a tap runs `on_action`. `masked`: how it
    reads once names are masked, where it names somebody.
    """
    run = guard(app, on_action) if on_action else None
    app.notices.show(Notice(words, action, run, masked))


class _Lock:
    held = False


def use_busy(app: App) -> tuple[bool, Callable[[Callable[[], Awaitable[None]]], Handler]]:
    """Hook: (busy, exclusive). `exclusive(act)` is a handler that ignores taps while `act` runs."""
    busy, set_busy = use_state(False)
    lock = use_constant(_Lock)

    def wrap(act: Callable[[], Awaitable[None]]) -> Handler:
        async def run() -> None:
            if lock.held:
                return
            lock.held = True
            set_busy(True)
            try:
                await act()
            finally:
                lock.held = False
                set_busy(False)

        return guard(app, run)

    return busy, wrap
