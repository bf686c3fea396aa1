"""What every form starts from: case, season, time, the teacher and their usual companions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mobile.ui.app.state import App
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
    companions, typed = (
        tuple(n for n in dict.fromkeys(day.renamed.get(n, n) for n in names) if n != day.teacher)
        for names in (_names(last), _names(known))
    )
    return FormContext(
        case=await cases.open_case(app.phone, case_id),
        season=await season.season(app.phone),
        now=await season.now(app.phone),
        teacher=day.teacher,
        companions=companions,
        names=tuple(dict.fromkeys((*companions, *day.colleagues, *typed))),
    )


def _names(kept: settings.Value) -> list[str]:
    return kept if isinstance(kept, list) else []


async def remember_companions(app: App, context: FormContext, visitors: list[str]) -> None:
    """Choose the same companions by default next time, and offer typed names again."""
    others = [v for v in visitors if v != context.teacher]
    known = list(dict.fromkeys([*others, *context.names]))[:12]
    await settings.put_all(app.phone, {COMPANIONS: others, KNOWN: known})
