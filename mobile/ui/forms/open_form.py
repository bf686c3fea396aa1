"""An open form: its fields, and the draft that is written within 300 ms of every change.

Fields are JSON values, stored in the draft as they are. Taps and keystrokes change them; at the end
they become the body of a record.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import flet as ft

from mobile.usecases import drafts
from mobile.usecases.phone import Phone
from shared.problems import ProblemError
from shared.records.registry import of_form
from shared.season import china_day

log = logging.getLogger("doorstep.ui")
DEBOUNCE_S = 0.25
"""Delay before a draft is written; at most 300 ms (docs/sources.md#draft-delay)."""


@ft.observable
@dataclass(eq=False)
class Form:
    """One form being filled in; screens render again when it changes.

    `ready`: the draft was looked for; `restored`: one was found; `error_code`: saving it failed;
    `closed`: it was saved or thrown away. `corrects`: the record it corrects, or "". `began_at`:
    when a draft from another day (China) was last written, ISO; what it describes happened then.
    `asked`: the words of the questions that had no answer when it was to be saved.
    """

    phone: Phone
    case: str
    name: str
    corrects: str = ""
    ready: bool = False
    restored: bool = False
    error_code: str = ""
    began_at: str = ""
    changes: int = 0
    closed: bool = False
    asked: tuple[str, ...] = ()
    # Private, so that the observable does not wrap the lists inside; the screens watch `changes`.
    _fields: dict[str, Any] = field(default_factory=dict)
    _task: asyncio.Task[None] | None = None
    _unsaved: bool = False
    _behind: bool = False
    _loading: bool = False
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _on_unsaved: Callable[[bool], None] = lambda _: None
    _up_to_date: Callable[[Mapping[str, Any]], dict[str, Any]] = dict
    _unanswered: Callable[[], list[str]] = list

    @property
    def fields(self) -> dict[str, Any]:
        """The fields as they are now; change them through `put`, never in place."""
        return self._fields

    @property
    def unsaved(self) -> bool:
        """Whether what was typed is not in the draft yet: being written, or it failed."""
        return self._behind

    def watch(self, unanswered: Callable[[], list[str]]) -> None:
        """Take the function that says which questions have no answer now."""
        self._unanswered = unanswered

    @property
    def lacking(self) -> list[str]:
        """The words of the questions that were asked again and still have no answer."""
        return [words for words in self._unanswered() if words in self.asked]

    async def open(self, defaults: Mapping[str, Any]) -> None:
        """Load the draft of this case and form, else start with `defaults`. Safe to call again."""
        if self.ready or self._loading:
            return
        self._loading = True
        draft = await drafts.load_draft(self.phone, self.case, self.slot)
        typed = {} if draft is None else self._up_to_date(draft.fields)
        self._fields = {**defaults, **typed, **self._fields}
        if (
            draft is not None
            and not self._fields.get("when")
            and self._of_another_day(draft.saved_at)
        ):
            self.began_at = draft.saved_at
            self._fields["when"] = draft.saved_at
        self.restored = draft is not None
        self.ready = True

    @property
    def slot(self) -> str:
        """The name its draft is stored under."""
        return drafts.slot(self.name, self.corrects)

    def _of_another_day(self, saved_at: str) -> bool:
        then = china_day(datetime.fromisoformat(saved_at))
        return of_form(self.name).timed and then != china_day(self.phone.now())

    def get(self, key: str, default: Any = "") -> Any:
        """A field's value."""
        return self._fields.get(key, default)

    def put(self, **values: Any) -> None:
        """Change fields; the draft is written soon."""
        self._fields = {**self._fields, **values}
        self.changes += 1
        self._mark(True)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._save_soon())

    def prefill(self, **values: Any) -> None:
        """Set fields without a draft: nobody typed them, and leaving the form leaves nothing."""
        self._fields = {**self._fields, **values}

    def add(self, key: str, value: Any) -> None:
        """Append to a list field, once."""
        have = list(self._fields.get(key, []))
        if value not in have:
            self.put(**{key: [*have, value]})

    def drop(self, key: str, value: Any) -> None:
        """Take a value out of a list field."""
        self.put(**{key: [v for v in self._fields.get(key, []) if v != value]})

    async def flush(self) -> None:
        """Write the draft now, after a write that is still running."""
        async with self._writing:
            if self._unsaved:
                await self._save()

    async def forget(self) -> None:
        """Throw the draft away: it was saved as a record, or the teacher does not want it."""
        self._mark(False)
        if self._task is not None:
            self._task.cancel()
        await drafts.drop_draft(self.phone, self.case, self.slot)

    async def _save_soon(self) -> None:
        # From the first change, not the last: typing without a pause is saved too.
        while self._unsaved:
            await asyncio.sleep(DEBOUNCE_S)
            await self.flush()

    def _mark(self, unsaved: bool) -> None:
        self._unsaved = self._behind = unsaved
        self._on_unsaved(unsaved)

    async def _save(self) -> None:
        self._unsaved = False  # a keystroke from here on needs another write
        try:
            await drafts.save_draft(self.phone, self.case, self.slot, dict(self._fields))
            self.error_code = ""
        except ProblemError as error:
            log.warning("draft not saved: %s", error.code)
            self.error_code = error.code
            return
        if not self._unsaved:
            self._mark(False)
