"""The end of every form: save the record or correction, drop the draft, go back, offer undo."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from mobile.ui.app.guard import show_notice
from mobile.ui.app.navigation import navigate, parent_path
from mobile.ui.app.state import App
from mobile.ui.forms.flag_reasons import reason_of
from mobile.ui.forms.form_context import FormContext, remember_companions
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.registry import open_form
from mobile.ui.forms.spec import Subject
from mobile.ui.forms.when import happened_at
from mobile.usecases import advise, calls, records
from mobile.usecases.views import HistoryLine
from shared.flag_reasons import BETWEEN
from shared.identity import mask_name
from shared.problems import ProblemError
from shared.records.base import Body
from shared.records.registry import kind_of

log = logging.getLogger("doorstep.ui")


async def finish(
    app: App,
    form: Form,
    context: FormContext,
    path: str,
    body: Body,
    companions: Sequence[str],
) -> None:
    """Save `body` as a record, or as a correction; then return to the case.

    A second tap while the first is saved finds the form closed: one tap, one record.
    """
    if form.closed:
        return
    when = happened_at(form)
    photos = tuple(form.get("photos", []))
    if form.corrects:
        reason, when = form.get("correct_reason"), when or app.phone.now()
        line = await records.correct(
            app.phone,
            form.corrects,
            reason=reason,
            body=body,
            photos=photos,
            happened_at=when,
            draft=form.slot,
        )
    else:
        line = await records.record(app.phone, form.case, body, photos, when, form.slot)
    form.closed = True
    navigate(home(path, form))
    await after_saving(app, form, line, context.case.line.name)
    await _remember(app, context, list(companions))


def home(path: str, form: Form) -> str:
    """The case's path, from that of its form."""
    return parent_path(path, 3 if form.corrects else 1)


async def _remember(app: App, context: FormContext, visitors: list[str]) -> None:
    """Remember who came along. A failure is only logged: the record itself is saved."""
    try:
        if visitors:
            await remember_companions(app, context, visitors)
    except ProblemError as error:
        log.warning("companions not remembered: %s", error.code)


async def after_saving(app: App, form: Form, line: HistoryLine, name: str) -> None:
    """After the record `line` was saved: drop its draft, ask for an earlier call, offer undo."""
    fields = dict(form.fields)
    form.closed = True
    await form.forget()
    app.forms.close((form.case, form.name, form.corrects))
    app.just_saved = form.case
    before = calls.previous_call(fields)
    if before is not None:
        await change_form(open_form(app, form.case, form.name), lambda _: before)
    app.records_changed()

    async def undo() -> None:
        if not await records.undo(app.phone, line.fact):
            return
        app.just_saved = ""
        again = open_form(app, form.case, form.name, form.corrects)
        if fields.get("called"):  # the call is asked for again
            await change_form(
                again, lambda now: calls.prepared(now, fields["to"], fields["called"])
            )
        else:  # the form is as it was before it was saved
            await change_form(again, lambda _: fields)
        app.records_changed()

    show_notice(
        app,
        app.t("save.done", name=name),
        action=app.t("save.undo"),
        on_action=undo,
        masked=app.t("save.done", name=mask_name(name)),
    )


async def change_form(form: Form, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    """Change a form that may not be open yet; its draft is loaded first and written on return."""
    await form.open({})
    form.put(**change(form.fields))
    await form.flush()


async def with_flags(
    app: App,
    form: Form,
    body: Body,
    subject: Subject,
    ask: Callable[[tuple[str, ...]], None],
) -> Body | None:
    """`body` with the conduct flags noted in it, where its kind is flagged. Never a refusal.

    Returns: None when a reason is still to be given; `ask` asks for it.
    """
    if not kind_of(body).flagged:
        return body
    advice = await advise.advise(
        app.phone,
        form.case,
        form.name,
        who=subject.who,
        visitors=subject.visitors,
        at=happened_at(form),
        corrects=form.corrects,
        channel=subject.channel,
    )
    flags = (*advice.flags, *subject.proof)
    without_reason = tuple(flag for flag in flags if not reason_of(form, flag))
    if without_reason:
        ask(without_reason)
        return None
    reasons = dict.fromkeys(reason_of(form, flag) for flag in flags)
    return msgspec.structs.replace(body, **{"flags": flags, "flag_reason": BETWEEN.join(reasons)})
