"""恢复未完成的记录? A banner for each unfinished form, with the way back to it."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from mobile.ui.app.guard import Handler, guard
from mobile.ui.app.navigation import path_handler
from mobile.ui.app.state import App
from mobile.ui.app.wording import draft_words, moment_words
from mobile.ui.components.button import link
from mobile.ui.components.panel import banner
from mobile.ui.forms.orphan_draft import orphan_draft_banner
from mobile.ui.forms.registry import open_form
from mobile.usecases import calls
from mobile.usecases.views import Draft


def draft_banners(
    app: App, drafts: tuple[Draft, ...], path: str, now: datetime, *, named: bool = False
) -> list[ft.Control]:
    """A banner for each draft.

    `path` is the case's path, or with `named` the path that all cases are below.
    """
    return [
        _one(app, draft, f"{path}/{draft.case}" if named else path, now, named=named)
        for draft in drafts
    ]


def _one(app: App, draft: Draft, case_path: str, now: datetime, *, named: bool) -> ft.Control:
    t = app.t
    if not draft.name:
        return orphan_draft_banner(app, draft, now, _dropping(app, draft))
    called = calls.called(draft.fields) is not None  # the case's screen asks for its outcome
    what = t(
        "draft.correcting" if draft.corrects else "draft.form", form=draft_words(t, draft.form)
    )
    when = moment_words(t, draft.saved_at, now)
    words = (
        t("draft.line", name=draft.name, form=what, when=when)
        if named
        else t("draft.own", form=what, when=when)
    )
    resume = case_path if called else form_path(case_path, draft.form, draft.corrects)
    return banner(
        ft.Icons.EDIT_NOTE,
        t("call.ask" if called else "draft.title"),
        [words],
        actions=[
            link(
                t("call.tell" if called else "draft.resume"),
                ft.Icons.ARROW_FORWARD,
                path_handler(app, resume),
                kind="amber",
            ),
            link(t("draft.drop"), None, _dropping(app, draft)),
        ],
    )


def _dropping(app: App, draft: Draft) -> Handler:
    async def drop() -> None:
        await open_form(app, draft.case, draft.form, draft.corrects).forget()
        app.forms.close((draft.case, draft.form, draft.corrects))
        app.records_changed()

    return guard(app, drop)


def form_path(case_path: str, form: str, corrects: str = "") -> str:
    """The path of a form; one that corrects a record is below the question why."""
    return f"{case_path}/correct/{corrects}/{form}" if corrects else f"{case_path}/{form}"
