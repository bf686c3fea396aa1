"""A record that was wrong: write it anew, or say that it never happened. The old one stays on record."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.guard import say, use_busy
from mobile.ui.app.hooks import use_once, use_state
from mobile.ui.app.loading import Loaded, use_load
from mobile.ui.app.navigation import go, parent, picker
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import in_words, kind_words
from mobile.ui.components.button import primary, secondary
from mobile.ui.components.choice import choices, question
from mobile.ui.components.frame import frame
from mobile.ui.components.panel import banner, panel, waiting
from mobile.ui.components.text import quiet, text
from mobile.ui.forms.correction_form import mending
from mobile.ui.forms.open_form import open_form
from mobile.ui.forms.saving import fill
from mobile.ui.forms.unfinished import form_path
from mobile.usecases import cases, records
from mobile.usecases.views import CaseView, HistoryLine
from shared.records.registry import named

AS_ASKED = -1
"""The last of the reasons, "as the school asked": preselected for a record the school returned."""


class _Gone:
    """Set once the record is withdrawn: a second tap on its way must not withdraw it twice."""

    done = False


@ft.component
def Correct() -> ft.View:
    """Why, and how."""
    app = use_app()
    params = ft.use_route_params()
    case_id, fact = params.get("case", ""), params.get("fact", "")
    above = parent(ft.use_view_path(), 2)
    chosen, set_reason = use_state("")
    busy, once = use_busy(app)
    gone = use_once(_Gone)

    async def load() -> CaseView:
        return await cases.open_case(app.phone, case_id)

    loaded = use_load(app, load, case_id)
    history, returned = (loaded.value.history, loaded.value.returned) if loaded.value else ((), ())
    line, asked = (
        next((row for row in history if row.fact == fact), None),
        any(r.fact == fact for r in returned),
    )
    title = app.t("correct.title")
    reason = chosen or (app.t.many("correct_reason")[AS_ASKED] if asked else "")
    if line is None:
        return frame(app, [_without(app, loaded)], title=title)
    name = named(line.about).form

    async def anew() -> None:
        if not reason:
            say(app, app.t("correct.reason_missing"))
            return
        await fill(
            open_form(app, case_id, name, fact),
            lambda now: {**mending(app.phone, fact), **now, "correct_reason": reason},
        )
        go(form_path(above, name, fact))

    async def withdraw() -> None:
        if gone.done:
            return
        if not reason:
            say(app, app.t("correct.reason_missing"))
            return
        await records.correct(app.phone, fact, reason=reason)
        gone.done = True
        app.touch()
        go(above)
        say(app, app.t("correct.withdrawn"))

    said = [(words, words) for words in app.t.many("correct_reason")]
    body: list[ft.Control] = [
        _reads(app, line),
        question(app.t("correct.reason"), choices(said, reason, picker(app, set_reason))),
        secondary(app.t("correct.withdraw"), ft.Icons.DELETE_OUTLINE, once(withdraw)),
        quiet(app.t("correct.kept")),
    ]
    foot = primary(
        app.t("correct.anew"), ft.Icons.EDIT_OUTLINED, once(anew), busy=busy, off=not name
    )
    return frame(app, body, title=title, foot=foot)


def _without(app: App, loaded: Loaded[CaseView]) -> ft.Control:
    """In place of a record that is not there, or not yet."""
    if loaded.waiting:
        return waiting(app.t("common.wait"))
    return banner(ft.Icons.ERROR_OUTLINE, loaded.trouble or app.t("correct.gone"))


def _reads(app: App, line: HistoryLine) -> ft.Control:
    """How the record reads now."""
    words: list[ft.Control] = [
        text(kind_words(app.t, line.about), "strong"),
        text(in_words(app.t, line.words), "text"),
    ]
    return panel(ft.Column(words, spacing=4))
