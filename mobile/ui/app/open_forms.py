"""The open forms of this window: written before it closes, released when the app locks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar


class OpenForm(Protocol):
    """What the app must know of an open form; mobile/ui/forms/open_form.py is one."""

    closed: bool

    @property
    def unsaved(self) -> bool:
        """Whether its draft is not yet written as typed."""

    async def flush(self) -> None:
        """Write its draft now."""


Key = tuple[str, str, str]
"""Case id, form name, the record it corrects (or "")."""
F = TypeVar("F", bound=OpenForm)


class OpenForms:
    """One form object a key, the same for every screen that shows a part of that form."""

    def __init__(self, on_unsaved: Callable[[bool], None]) -> None:
        self._forms: dict[Key, OpenForm] = {}
        self._on_unsaved = on_unsaved

    def get(self, key: Key, kind: type[F], make: Callable[[], F]) -> F:
        """The open form of a key; made when there is none or the last one was closed."""
        found = self._forms.get(key)
        if isinstance(found, kind) and not found.closed:
            return found
        made = make()
        self._forms[key] = made
        return made

    def close(self, key: Key) -> None:
        """Close a form that was saved or thrown away: the next `get` makes a new one."""
        if key in self._forms:
            self._forms[key].closed = True

    async def flush(self) -> None:
        """Write every open form's draft, because the window may close."""
        for form in list(self._forms.values()):
            await form.flush()

    async def flush_and_release(self) -> None:
        """Write every draft and drop the forms: nothing typed stays in memory when locked."""
        forms, self._forms = list(self._forms.values()), {}
        for form in forms:
            await form.flush()

    def report_unsaved(self) -> None:
        """Report to the device whether any form has text that is not written yet."""
        self._on_unsaved(any(form.unsaved for form in self._forms.values()))
