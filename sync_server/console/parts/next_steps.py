"""What to do next, by the season's phase and the progress; urgent steps first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Literal

import msgspec

from shared.records.kind import Label
from shared.season import Season, iso_day
from sync_server.console.parts.step_words import STEPS
from sync_server.store.progress import Progress

SLIPS_SOON = timedelta(days=2)
"""So long before their day the slips stand among what is urgent: time to sort and drive."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `tone`: it needs attention now, comes next, or all is well."""

    code: str
    values: dict[str, Any] = {}
    href: str = ""
    tone: Literal["now", "next", "well"] = "next"

    @property
    def label(self) -> Label:
        """The sentence in both languages, still without its values."""
        return STEPS[self.code]


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What the next steps depend on; `base` is the school's path, "" for the county.

    `on_paper`: the school's office has typed in records from paper, so that it may need no phone.
    """

    today: date
    progress: Progress
    as_of: str
    base: str = ""
    unit: str = ""
    to_review: int = 0
    phones_pending: int = 0
    phones: int = 0
    on_paper: bool = False
    schools: int = 0
    schools_sealed: int = 0
    unplaced: int = 0
    claimed: int = 0
    set_apart: int = 0
    slips_waiting: int = 0
    slips_unrecorded: int = 0
    unscanned: int = 0
    may_import: bool = False
    preparing: bool = False
    no_contact: bool = False
    notices_unprinted: int = 0
    notices_changed: int = 0
    lists_unseen: int = 0
    list_confirmed: bool = True
    list_changes: int = 0
    sealed: bool = False
    offered: int = 0
    slips_ready: int = 0
    batches_at_desk: int = 0
    spot_open: int = 0
    spot_answered: int = 0


class SchoolWaits(msgspec.Struct, frozen=True, kw_only=True):
    """What of a school waits for its officer: a summary, batches of slips, records."""

    code: str
    name: str
    to_judge: bool = False
    batches: int = 0
    to_review: int = 0


def of_area(s: Situation, waits: Sequence[SchoolWaits], season: Season) -> list[Step]:
    """For an officer: what schools have brought first, then what is left in all of them."""
    steps: list[Step] = []
    for one in waits:
        base = f"/schools/{one.code}"
        found = (
            ("to_judge_of", int(one.to_judge), f"{base}/summary"),
            ("slips_at_desk_of", one.batches, f"{base}/hand-in"),
            ("to_review_of", one.to_review, f"{base}/review"),
        )
        steps += [
            Step(code=code, values={"school": one.name, "n": n}, href=href, tone="now")
            for code, n, href in found
            if n
        ]
    if s.set_apart:
        values = {"n": s.set_apart}
        steps.append(Step(code="set_apart", values=values, href="/quarantine", tone="now"))
    steps += _scanned(s)
    if s.lists_unseen and s.today < _phase_day(season, "visit"):
        steps.append(Step(code="lists_unseen", values={"n": s.lists_unseen}, href="/lists"))
    steps += _claimed(s)
    steps += _field_work(s, season, "/cases")
    return steps or [_nothing()]


def of_county(s: Situation, season: Season) -> list[Step]:
    """For the centre."""
    steps = []
    if s.may_import:
        steps += _season(s, season)
        steps += _missing_lists(s)
        steps += _repayments(s, season)
    if s.unplaced:
        steps.append(
            Step(
                code="unplaced",
                values={"n": s.unplaced},
                href="/unplaced",
                tone="now",
            )
        )
    if s.set_apart:
        values = {"n": s.set_apart}
        steps.append(Step(code="set_apart", values=values, href="/quarantine", tone="now"))
    steps += _scanned(s)
    if s.lists_unseen and s.today < _phase_day(season, "visit"):
        steps.append(Step(code="lists_unseen", values={"n": s.lists_unseen}, href="/lists"))
    if s.batches_at_desk:
        values = {"n": s.batches_at_desk}
        steps.append(Step(code="slips_at_desk", values=values, href="/hand-in", tone="now"))
    if s.spot_answered:
        values = {"n": s.spot_answered}
        steps.append(Step(code="spot_answered", values=values, href="/spot-checks", tone="now"))
    steps += _claimed(s)
    steps += _field_work(s, season, "/cases")
    if s.schools and s.today >= _phase_day(season, "visit"):
        left = s.schools - s.schools_sealed
        code = "schools_left" if left else "roll_up"
        steps.append(Step(code=code, values={"n": left}, href="/county"))
    return steps or [_nothing()]


def _season(s: Situation, season: Season) -> list[Step]:
    """What the season's own settings still ask for."""
    steps = []
    if season.unchecked:
        n = len(season.unchecked)
        steps.append(Step(code="season_pages", values={"n": n}, href="/policy", tone="now"))
    if s.preparing:
        steps.append(Step(code="season_open", href="/seasons", tone="now"))
    if season.retain_until and s.today > season.retain_until:
        values = {"until": season.retain_until}
        steps.append(Step(code="season_retention", values=values, href="/seasons", tone="now"))
    return steps


def of_school(s: Situation, season: Season) -> list[Step]:
    """For a school."""
    steps: list[Step] = _own_list(s, season)
    if s.phones_pending:
        steps.append(
            Step(
                code="phones_pending",
                values={"n": s.phones_pending},
                href=f"{s.base}/phones",
                tone="now",
            )
        )
    elif not s.phones and not s.on_paper and s.progress.people:
        steps.append(
            Step(
                code="no_phones",
                href=f"{s.base}/phones",
                tone="now",
            )
        )
    if s.spot_open:
        values = {"n": s.spot_open}
        href = f"{s.base}/spot-checks"
        steps.append(Step(code="spot_open", values=values, href=href, tone="now"))
    if s.offered:
        values = {"n": s.offered}
        steps.append(Step(code="offered", values=values, href=f"{s.base}#offered", tone="now"))
    free = s.progress.people - s.progress.assigned
    if free:
        steps.append(
            Step(
                code="unassigned",
                values={"n": free},
                href=f"{s.base}#assignment",
                tone="now",
            )
        )
    steps += _notices(s, season)
    if s.to_review:
        steps.append(
            Step(
                code="to_review",
                values={"n": s.to_review},
                href=f"{s.base}/review",
                tone="now",
            )
        )
    if s.set_apart:
        href = f"{s.base}/quarantine"
        steps.append(Step(code="set_apart_here", values={"n": s.set_apart}, href=href))
    steps += _scanned(s)
    steps += _from_paper(s)
    steps += _to_centre(s, season)
    steps += _claimed(s)
    steps += _field_work(s, season, f"/cases?unit={s.unit}")
    if (
        s.progress.people
        and not s.sealed
        and s.today >= _phase_day(season, "visit")
        and not s.progress.untouched
    ):
        steps.append(Step(code="compose", href=f"{s.base}/summary"))
    return steps or [_nothing()]


def _notices(s: Situation, season: Season) -> list[Step]:
    """Until the day of the slips: print what was not printed, and again what says otherwise now."""
    page = f"{s.base}/notices"
    steps = []
    if s.no_contact:
        steps.append(Step(code="no_contact", href=page, tone="now"))
    phase = next((p for p in season.phases if p.key == "notice"), None)
    if s.notices_unprinted and phase is not None and s.today <= phase.last:
        values = {"n": s.notices_unprinted}
        href = f"{page}?only=unprinted"
        steps.append(Step(code="notices_unprinted", values=values, href=href))
    if s.notices_changed:
        values = {"n": s.notices_changed}
        href = f"{page}?only=changed"
        steps.append(Step(code="notices_changed", values=values, href=href, tone="now"))
    return steps


def _own_list(s: Situation, season: Season) -> list[Step]:
    """What the school has to look at: its list before the visits begin, changes at any time."""
    href = f"{s.base}/lists"
    if s.list_changes:
        values = {"n": s.list_changes}
        return [Step(code="list_changed", values=values, href=href, tone="now")]
    if s.list_confirmed or s.today >= _phase_day(season, "visit"):
        return []
    return [Step(code="list_unseen", href=href, tone="now")]


def _missing_lists(s: Situation) -> list[Step]:
    steps = []
    if not s.schools:
        steps.append(Step(code="no_schools", href="/imports", tone="now"))
    if not s.progress.people:
        steps.append(Step(code="no_people", href="/imports", tone="now"))
    return steps


def _repayments(s: Situation, season: Season) -> list[Step]:
    """From the first day of collection there is a repayment file every day."""
    if (
        not s.progress.people
        or s.today < _phase_day(season, "collect")
        or s.as_of >= s.today.isoformat()
    ):
        return []
    newest = iso_day(s.as_of)
    if newest is None:
        return [Step(code="no_repayments", href="/imports", tone="now")]
    return [Step(code="old_repayments", values={"day": newest}, href="/imports", tone="now")]


def _scanned(s: Situation) -> list[Step]:
    """Scanned slips that a person must look at."""
    if not s.slips_waiting:
        return []
    values, href = {"n": s.slips_waiting}, f"{s.base}/slips#waiting"
    return [Step(code="slips_waiting", values=values, href=href, tone="now")]


def _from_paper(s: Situation) -> list[Step]:
    """What the school's office has left to type, and to scan."""
    found = (
        ("slips_unrecorded", s.slips_unrecorded, f"{s.base}/paper/slips"),
        ("unscanned", s.unscanned, f"{s.base}/paper#lacking"),
    )
    return [Step(code=code, values={"n": n}, href=href) for code, n, href in found if n]


def _claimed(s: Situation) -> list[Step]:
    if not s.claimed:
        return []
    href = f"{s.base}/reconciliation"
    return [Step(code="claimed", values={"n": s.claimed}, href=href, tone="now")]


def _field_work(s: Situation, season: Season, cases: str) -> list[Step]:
    """Notices, visits, statements: what is left of each, once its phase has begun."""
    progress, join = s.progress, "&" if "?" in cases else "?"
    steps = []
    left = progress.unpaid - progress.delivered_unpaid
    slips = season.deadlines.get("slips")
    if left > 0 and s.today >= _phase_day(season, "notice"):
        late = slips is not None and s.today > slips
        steps.append(
            Step(
                code="undelivered_late" if late else "undelivered",
                values={"n": left, "due": slips},
                href=f"{cases}{join}show=undelivered",
                tone="now" if late else "next",
            )
        )
    if progress.untouched and s.today >= _phase_day(season, "visit"):
        steps.append(
            Step(
                code="untouched",
                values={"n": progress.untouched},
                href=f"{cases}{join}show=untouched",
                tone="now",
            )
        )
    if progress.unexplained:
        steps.append(
            Step(
                code="unexplained",
                values={"n": progress.unexplained},
                href=f"{cases}{join}show=unexplained",
                tone="now",
            )
        )
    if progress.returned:
        steps.append(
            Step(
                code="returned",
                values={"n": progress.returned},
                href=f"{cases}{join}show=returned",
            )
        )
    return steps


def _to_centre(s: Situation, season: Season) -> list[Step]:
    """Signed slips that a school still has, with the day on which they are due at the centre."""
    if not s.slips_ready:
        return []
    due, href = season.deadlines.get("slips"), f"{s.base}/hand-in"
    if due is None:
        values = {"n": s.slips_ready}
        return [Step(code="slips_to_centre_undated", values=values, href=href)]
    late = s.today > due
    return [
        Step(
            code="slips_to_centre_late" if late else "slips_to_centre",
            values={"n": s.slips_ready, "due": due},
            href=href,
            tone="now" if late or due - s.today <= SLIPS_SOON else "next",
        )
    ]


def _phase_day(season: Season, key: str) -> date:
    return next((p.first for p in season.phases if p.key == key), date.max)


def _nothing() -> Step:
    return Step(code="nothing", tone="well")
