"""The flags of the conduct rules, beside the question concerned, and the reason they require."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from mobile.ui.app.loading import use_load
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import day_words, flag_words
from mobile.ui.components.colour_set import colour_set
from mobile.ui.components.panel import banner
from mobile.ui.components.text import text
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.reason import reason_chips
from mobile.ui.forms.spec import Subject
from mobile.usecases import advise
from mobile.usecases.views import Advice

ALONE = ("alone",)


@ft.component
def Flags(
    form: Form, subject: Subject, only: tuple[str, ...] = (), but: tuple[str, ...] = ()
) -> ft.Control:
    """The rules that `subject` does not follow, and the choice of a reason. Never a refusal.

    `only` and `but` choose among the flags, so that each stands beside the question it belongs to.
    """
    app = use_app()
    t, when = app.t, form.get("when")

    async def load() -> Advice:
        at = datetime.fromisoformat(when) if when else None
        return await advise.advise(
            app.phone,
            form.case,
            form.name,
            who=subject.who,
            visitors=subject.visitors,
            at=at,
            corrects=form.corrects,
            channel=subject.channel,
        )

    advice = use_load(app, load, subject, when).value
    shown = advice.flags if advice else ()
    flags = [f for f in shown if f not in but and (not only or f in only)]
    dead = advice is not None and advice.deceased and not only
    if advice is None or not (flags or dead):
        return ft.Container(height=0)
    lines = [
        flag_words(t, code, form.name, advice.limits)
        for code in flags
        if not (dead and code == "deceased")
    ]
    if dead:  # first and in its own words; then the other rules
        rule_lines = [t("rule.deceased_line"), *lines]
        asked = _reason(app, form, flags, shown, "soft") if flags else None
        return banner(
            ft.Icons.SPA_OUTLINED, t("rule.deceased"), rule_lines, kind="soft", extra=asked
        )
    if "too_soon" in flags and advice.next_visit_from:
        lines.append(t("flag.next", day=day_words(t, advice.next_visit_from)))
    return banner(
        ft.Icons.LIGHTBULB_OUTLINE,
        t("flag.title"),
        lines,
        extra=_reason(app, form, flags, shown, "amber"),
    )


def _reason(
    app: App, form: Form, flags: list[str], shown: tuple[str, ...], kind: str
) -> ft.Control:
    ask = text(app.t("flag.ask"), "text", colour=colour_set(kind).text)
    return ft.Column([ask, reason_chips(app, form, flags, shown)], spacing=10)
