"""The end of every form: write the record (or the correction), forget the draft, go back, offer undo."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from mobile.ui.basis import Basis, remember_companions
from mobile.ui.components.formparts import happened_at
from mobile.ui.form import Form
from mobile.ui.guard import say
from mobile.ui.nav import go, parent
from mobile.ui.state import App
from mobile.usecases import advise, correct
from mobile.usecases.views import HistoryLine
from shared.facts import Body, ContactAttempt, NoticeDelivery, Visit

Write = Callable[[datetime | None, tuple[str, ...]], Awaitable[HistoryLine]]


async def finish(app: App, form: Form, basis: Basis, path: str, body: Body, write: Write) -> None:
    """Save `body` through `write`, or as a correction when the form was opened to mend a record."""
    when = happened_at(form)
    photos = tuple(form.get("photos", []))
    mends = form.get("corrects")
    if mends:
        reason = form.get("correct_reason")
        line = await correct.correct(app.phone, mends, reason=reason, body=body, photos=photos, happened_at=when)
    else:
        line = await write(when, photos)
    await form.forget()
    app.close_form(form.case, form.name)
    visitors = form.get("visitors", [])
    if visitors:
        await remember_companions(app, basis, visitors)
    app.touch()
    go(parent(path))

    async def undo() -> None:
        if await correct.undo(app.phone, line.fact):
            app.touch()

    say(app, app.t("save.done", name=basis.case.line.name), action=app.t("save.undo"), on_action=undo)


async def with_flags(
    app: App, form: Form, body: Body, who: str, visitors: tuple[str, ...], ask: Callable[[tuple[str, ...]], None]
) -> Body | None:
    """`body` with what the rules said noted in it; None when a reason is still to be given: `ask` asks for it.

    The record is never refused: a reason by one tap is all it takes.
    """
    advice = await advise.advise(app.phone, form.case, form.name, who=who, visitors=visitors, at=happened_at(form))
    reason = form.get("flag_reason")
    if advice.flags and not reason:
        ask(advice.flags)
        return None
    if isinstance(body, Visit | ContactAttempt):
        return msgspec.structs.replace(body, flags=advice.flags, flag_reason=reason if advice.flags else "")
    if isinstance(body, NoticeDelivery):
        note = "。".join(part for part in (body.note, reason if advice.flags else "") if part)
        return msgspec.structs.replace(body, flags=advice.flags, note=note)
    return body


def missing(app: App, words: list[str]) -> bool:
    """Say what is still to be chosen; True when something is."""
    if words:
        say(app, app.t("save.missing", what=app.t("common.and").join(words)))
    return bool(words)
