"""The forms that are open in this window, whatever their kind: written before the window goes, let go of at the lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar


class OpenForm(Protocol):
    """What the app must know of a form that is being filled in; mobile/ui/forms/open_form.py is one."""

    closed: bool

    @property
    def unsaved(self) -> bool:
        """Whether its draft lags behind the keystrokes."""

    async def flush(self) -> None:
        """Write its draft now."""


Key = tuple[str, str, str]
"""Case id, form name, the record it corrects (or "")."""
F = TypeVar("F", bound=OpenForm)


class OpenForms:
    """One object a key, the same for every screen that shows a part of that form."""

    def __init__(self, on_unsaved: Callable[[bool], None]) -> None:
        self._forms: dict[Key, OpenForm] = {}
        self._on_unsaved = on_unsaved

    def get(self, key: Key, kind: type[F], make: Callable[[], F]) -> F:
        """The open form of a key; made where there is none or the last one was closed."""
        found = self._forms.get(key)
        if isinstance(found, kind) and not found.closed:
            return found
        made = make()
        self._forms[key] = made
        return made

    def close(self, key: Key) -> None:
        """A form was saved or thrown away: the next one starts anew, a screen on its way out keeps this one."""
        if key in self._forms:
            self._forms[key].closed = True

    async def flush(self) -> None:
        """Write every open form's draft: the window may be taken away next."""
        for form in list(self._forms.values()):
            await form.flush()

    async def flush_and_release(self) -> None:
        """Write every draft and let go of the forms: nothing typed stays in memory behind the lock."""
        forms, self._forms = list(self._forms.values()), {}
        for form in forms:
            await form.flush()

    def report_unsaved(self) -> None:
        """Say whether any form still has keystrokes that are not written."""
        self._on_unsaved(any(form.unsaved for form in self._forms.values()))
