"""A record that was wrong: write it anew, or say that it never happened. The old one stays on record."""

from __future__ import annotations

import flet as ft
import msgspec

from mobile.ui.components.button import primary, secondary
from mobile.ui.components.choice import choices, question
from mobile.ui.components.frame import frame
from mobile.ui.components.panel import banner, panel, waiting
from mobile.ui.components.text import quiet, text
from mobile.ui.guard import say, use_busy
from mobile.ui.hooks import use_state
from mobile.ui.load import use_load
from mobile.ui.nav import go, parent, picker
from mobile.ui.state import use_app
from mobile.ui.wording import in_words
from mobile.usecases import cases, correct
from mobile.usecases.views import CaseView
from shared.facts import Fact

FORMS = {
    "notice_delivery": "deliver",
    "visit": "visit",
    "contact_attempt": "attempt",
    "contact_update": "update",
    "statement": "statement",
}


RENAMED = {
    "servers": "visitors",
    "signer_relation": "relation",
    "signer_name": "signer",
    "promise_date": "promise",
    "evidence_purpose": "purpose",
}
"""Where a form calls a field of the record by its question. Flags and their reason are asked anew."""
ASKED_ANEW = {"flags", "flag_reason", "position", "evidence", "supersedes"}

AS_ASKED = -1
"""The last of the reasons, "as the school asked": preselected for a record the school returned."""


def fields_of(fact: Fact) -> dict[str, object]:
    """The form's fields as the record reads now, so that mending one thing is typing one thing."""
    body = msgspec.to_builtins(fact.read()) or {}
    fields = {RENAMED.get(k, k): v for k, v in body.items() if k not in ASKED_ANEW}
    return {**fields, "photos": list(fact.photos)}


@ft.component
def Correct() -> ft.View:
    """Why, and how."""
    app = use_app()
    params = ft.use_route_params()
    case_id, fact = params.get("case", ""), params.get("fact", "")
    above = parent(ft.use_view_path(), 2)
    chosen, set_reason = use_state("")
    busy, once = use_busy(app)

    async def load() -> CaseView:
        return await cases.open_case(app.phone, case_id)

    loaded = use_load(app, load, case_id)
    line = next((row for row in (loaded.value.history if loaded.value else ()) if row.fact == fact), None)
    title = app.t("correct.title")
    asked = any(review.fact == fact for review in (loaded.value.returned if loaded.value else ()))
    reason = chosen or (app.t.many("correct_reason")[AS_ASKED] if asked else "")
    if line is None:
        gone = banner(ft.Icons.ERROR_OUTLINE, loaded.trouble or app.t("correct.gone"))
        return frame(app, [waiting(app.t("common.wait")) if loaded.waiting else gone], title=title)
    name = FORMS.get(line.about, "")

    async def anew() -> None:
        if not reason:
            say(app, app.t("correct.reason_missing"))
            return
        app.close_form(case_id, name)
        app.form(case_id, name).put(
            **fields_of(correct.reads_now(app.phone, fact)), corrects=fact, correct_reason=reason
        )
        go(f"{above}/{name}")

    async def withdraw() -> None:
        if not reason:
            say(app, app.t("correct.reason_missing"))
            return
        await correct.correct(app.phone, fact, reason=reason)
        app.touch()
        go(above)
        say(app, app.t("correct.withdrawn"))

    said = [(words, words) for words in app.t.many("correct_reason")]
    body: list[ft.Control] = [
        panel(
            ft.Column(
                [
                    text(app.t(f"kind.{line.about}"), "strong"),
                    text(in_words(app.t, line.words, line.words_en), "text"),
                ],
                spacing=4,
            )
        ),
        question(app.t("correct.reason"), choices(said, reason, picker(app, set_reason))),
        secondary(app.t("correct.withdraw"), ft.Icons.DELETE_OUTLINE, once(withdraw)),
        quiet(app.t("correct.kept")),
    ]
    foot = primary(app.t("correct.anew"), ft.Icons.EDIT_OUTLINED, once(anew), busy=busy, off=not name)
    return frame(app, body, title=title, foot=foot)
