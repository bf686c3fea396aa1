"""Correct a record: fill it in again, or withdraw it. The old record is kept."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.guard import show_notice, use_busy
from mobile.ui.app.hooks import use_constant, use_state
from mobile.ui.app.loading import Loaded, use_load
from mobile.ui.app.navigation import choice_handler, navigate, parent_path
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import in_words, kind_words
from mobile.ui.components.button import primary, secondary
from mobile.ui.components.choice import choices, question
from mobile.ui.components.panel import banner, loading_indicator, panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.text import secondary_text, text
from mobile.ui.forms.correction_form import correction_fields
from mobile.ui.forms.draft_banner import form_path
from mobile.ui.forms.registry import open_form
from mobile.usecases import cases, records
from mobile.usecases.views import CaseView, HistoryLine
from shared.lifecycle import Review
from shared.records.registry import named

AS_ASKED = -1
"""The last of the reasons, "as the school asked": preselected for a returned record."""


class _Gone:
    """Whether the record was withdrawn: a second tap must not withdraw it again."""

    done = False


@ft.component
def Correct() -> ft.View:
    """The reason, and the two ways."""
    app = use_app()
    params = ft.use_route_params()
    case_id, fact = params.get("case", ""), params.get("fact", "")
    above = parent_path(ft.use_view_path(), 2)
    chosen, set_reason = use_state("")
    busy, exclusive = use_busy(app)
    gone = use_constant(_Gone)

    async def load() -> CaseView:
        return await cases.open_case(app.phone, case_id)

    loaded = use_load(app, load, case_id)
    history, returned = (loaded.value.history, loaded.value.returned) if loaded.value else ((), ())
    line = next((row for row in history if row.fact == fact), None)
    asked = next((r for r in returned if r.fact == fact), None)
    title = app.t("correct.title")
    reason = chosen or (app.t.many("correct_reason")[AS_ASKED] if asked else "")
    if line is None:
        return scaffold(app, [_without(app, loaded)], title=title)
    name = named(line.about).form

    async def anew() -> None:
        if not reason:
            show_notice(app, app.t("correct.reason_missing"))
            return
        await _begin(app, case_id, name, fact, reason)
        navigate(form_path(above, name, fact))

    async def withdraw() -> None:
        if gone.done:
            return
        if not reason:
            show_notice(app, app.t("correct.reason_missing"))
            return
        await records.correct(app.phone, fact, reason=reason)
        gone.done = True
        app.records_changed()
        navigate(above)
        show_notice(app, app.t("correct.withdrawn"))

    reasons = [(words, words) for words in app.t.many("correct_reason")]
    why = [] if asked is None else [_asked(app, asked)]
    body: list[ft.Control] = [
        *why,
        _reads(app, line),
        question(
            app.t("correct.reason"), choices(reasons, reason, choice_handler(app, set_reason))
        ),
        secondary(app.t("correct.withdraw"), ft.Icons.DELETE_OUTLINE, exclusive(withdraw)),
        secondary_text(app.t("correct.kept")),
    ]
    footer = primary(
        app.t("correct.anew"), ft.Icons.EDIT_OUTLINED, exclusive(anew), busy=busy, off=not name
    )
    return scaffold(app, body, title=title, footer=footer)


async def _begin(app: App, case_id: str, name: str, fact: str, reason: str) -> None:
    """Open the form over the record as it reads now; a draft only once something is changed."""
    form = open_form(app, case_id, name, fact)
    await form.open(correction_fields(app.phone, fact))
    if form.restored or form.changes:
        form.put(correct_reason=reason)
        await form.flush()
    else:
        form.prefill(correct_reason=reason)


def _without(app: App, loaded: Loaded[CaseView]) -> ft.Control:
    """Shown when the record does not exist, or is not loaded yet."""
    if loaded.pending:
        return loading_indicator(app.t("common.wait"))
    return banner(ft.Icons.ERROR_OUTLINE, loaded.error or app.t("correct.gone"))


def _asked(app: App, review: Review) -> ft.Control:
    """Why the school wants it corrected."""
    by = app.t("today.returned_by", by=review.by) if review.by else ""
    icon, title = ft.Icons.REPLAY, app.t("case.returned")
    return banner(icon, title, [review.comment, by], kind="attention")


def _reads(app: App, line: HistoryLine) -> ft.Control:
    """The record as it reads now."""
    words: list[ft.Control] = [
        text(kind_words(app.t, line.about), "strong"),
        text(in_words(app.t, line.words), "text"),
    ]
    return panel(ft.Column(words, spacing=4))
