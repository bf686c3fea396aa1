"""What every form starts from: case, season, time, the teacher and their usual companions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import flet as ft

from mobile.ui.app.hooks import use_observable
from mobile.ui.app.loading import Loaded, use_load
from mobile.ui.app.state import App
from mobile.ui.forms.correction_form import correction_fields
from mobile.ui.forms.open_form import Form, open_form
from mobile.ui.forms.spec import FormSpec
from mobile.usecases import cases, season, settings, today
from mobile.usecases.views import CaseView
from shared.season import Season

COMPANIONS = "companions.last"
KNOWN = "companions.known"


@dataclass(frozen=True)
class FormContext:
    """`companions`: who came along last time; `names`: who else may be chosen."""

    case: CaseView
    season: Season
    now: datetime
    teacher: str
    companions: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def usual_party(self) -> list[str]:
        """Who goes by default: the teacher and who came along last time."""
        return [name for name in (self.teacher, *self.companions) if name]


async def context_of(app: App, case_id: str) -> FormContext:
    """Load the context of a case. Raises: ProblemError case.unknown."""
    day = await today.today(app.phone)
    last = await settings.get(app.phone, COMPANIONS, [])
    known = await settings.get(app.phone, KNOWN, [])
    companions = tuple(last) if isinstance(last, list) else ()
    typed = tuple(known) if isinstance(known, list) else ()
    return FormContext(
        case=await cases.open_case(app.phone, case_id),
        season=await season.season(app.phone),
        now=await season.now(app.phone),
        teacher=day.teacher,
        companions=companions,
        names=tuple(dict.fromkeys((*companions, *day.colleagues, *typed))),
    )


def use_form(app: App, case_id: str, spec: FormSpec) -> tuple[Form, Loaded[FormContext]]:
    """Hook: the form of a case, opened with its draft or its defaults, and its context."""
    corrects = ft.use_route_params().get("fact", "")
    form = use_observable(lambda: open_form(app, case_id, spec.name, corrects), (case_id, corrects))

    async def load() -> FormContext:
        context = await context_of(app, case_id)
        await form.open(
            correction_fields(app.phone, corrects) if corrects else spec.defaults(context)
        )
        return context

    async def leave() -> None:
        await form.flush()
        if form.changes and not form.closed:
            app.records_changed()  # the case and Today offer the draft

    ft.use_effect(lambda: None, [case_id, corrects], cleanup=leave)
    loaded = use_load(app, load, case_id)
    another = loaded.value is not None and loaded.value.case.line.id != case_id
    return form, Loaded() if another else loaded


async def remember_companions(app: App, context: FormContext, visitors: list[str]) -> None:
    """Choose the same companions by default next time, and offer typed names again."""
    others = [v for v in visitors if v != context.teacher]
    await settings.put(app.phone, COMPANIONS, others)
    known = list(dict.fromkeys([*others, *context.names]))[:12]
    await settings.put(app.phone, KNOWN, known)
