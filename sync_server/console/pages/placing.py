"""People without a school, placed many at once; people who move to another school."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.console.web import forms
from sync_server.console.web.access import ADMINS, COUNTY_READERS, Req, get_services, me, school
from sync_server.console.web.formatting import Words
from sync_server.console.web.rendering import (
    language,
    local_path,
    page,
    page_rows,
    run_and_redirect,
)
from sync_server.office import placing
from sync_server.office.placing import NONE, Filter
from sync_server.store import case_use, cases, units
from sync_server.store import placing as store
from sync_server.store.placing import Waiting

SHOWN = 100
"""People or groups on one page; before the schools are imported everyone is here."""
MOST_CHOICES = 200
"""Choices in a list of filters."""
MOST_NAMED = 3
"""Schools that share a township are named up to this number, then counted."""

SORTS = {
    "": Label("按名单先后", "as on the list"),
    "township": Label("按乡镇、村", "by township and village"),
    "name": Label("按姓名", "by name"),
    "due": Label("按应还金额", "by sum due"),
}
GROUPS = {
    "": Label("逐人", "people"),
    "township": Label("按乡镇合计", "by township"),
    "village": Label("按村合计", "by village"),
}
REASONS = {
    "name_unknown": Label("校名对不上", "the school's name is unknown"),
    "no_areas": Label(
        "名单没有写学校,附件2 还没有乡镇", "no school in the list, no townships in 附件2"
    ),
    "no_township": Label("名单没有写学校,也看不出乡镇", "neither school nor township in the list"),
    "township_unknown": Label("附件2 里没有这个乡镇", "the township is not in 附件2"),
    "township_shared": Label("乡镇由{schools}包联", "the township is shared by {schools}"),
}
_KEYS: dict[str, Callable[[Waiting], Any]] = {
    "township": lambda one: (one.judged.township, one.case.village, one.case.id),
    "name": lambda one: (one.case.borrower.name, one.case.id),
    "due": lambda one: (-one.case.total_fen, one.case.id),
}


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """People of one township or village: how many, what they owe, and who shares the township.

    `seen`: whom the page shows there, to be sent back with the form.
    """

    township: str
    village: str | None
    people: int
    due_fen: int
    shared_by: tuple[str, ...]
    seen: str


@get("/unplaced", opt={"roles": COUNTY_READERS})
async def unplaced(
    request: Req,
    sort: FromQuery[str] = "",
    group: FromQuery[str] = "",
    ticked: FromQuery[bool] = False,
    at: FromQuery[int] = 1,
) -> Response[str]:
    """People whose school neither the list nor their township tells, filtered and paged."""
    services, season = get_services(request), get_services(request).season
    asked = _filter(request.query_params)
    everyone = await services.read(lambda c: store.waiting(c, season))
    schools = await services.read(lambda c: units.units(c, season))
    acts = await services.read(lambda c: store.recent_acts(c, season))
    found = [one for one in everyone if asked.fits(one)]
    if sort in _KEYS:
        found.sort(key=_KEYS[sort])
    groups = _groups(found, villages=group == "village") if group in ("township", "village") else []
    length = len(groups) if groups else len(found)
    size = page_rows(request, SHOWN)
    pages = max(1, -(-length // size))
    at = min(max(1, at), pages)
    part = slice((at - 1) * size, at * size)
    return await page(
        request,
        "placing.html",
        found=[] if groups else found[part],
        groups=groups[part],
        count=len(found),
        of=len(everyone),
        at=at,
        pages=pages,
        asked=asked,
        sort=sort if sort in SORTS else "",
        group=group if group in GROUPS else "",
        ticked=ticked,
        query=_query(asked, sort, group),
        seen=_seen(found),
        choices=_choices(everyone),
        schools=schools,
        names={s.code: s.name for s in schools},
        acts=acts,
        sorts=SORTS,
        group_labels=GROUPS,
        reasons=REASONS,
        none=NONE,
        why=lambda one: _why(one, Words(language(request)), {s.code: s.name for s in schools}),
    )


def _filter(values: Any) -> Filter:
    """Return the filter of an address or a form; unknown fields are left out."""
    fields = {name: values.get(name, "") for name in Filter.__struct_fields__}
    return Filter(**{k: v.strip()[:100] for k, v in fields.items() if isinstance(v, str)})


def _query(asked: Filter, sort: str, group: str) -> str:
    fields = {**msgspec.structs.asdict(asked), "sort": sort, "group": group}
    return urlencode({name: value for name, value in fields.items() if value})


def _groups(found: Sequence[Waiting], *, villages: bool) -> list[Group]:
    """Add people up by township, and by village if asked; the largest group first."""
    by: dict[tuple[str, str | None], list[Waiting]] = {}
    for one in found:
        village = one.case.village if villages else None
        by.setdefault((one.judged.township, village), []).append(one)
    groups = [
        Group(
            township=township,
            village=village,
            people=len(many),
            due_fen=sum(one.case.total_fen for one in many),
            shared_by=many[0].judged.shared_by,
            seen=_seen(many),
        )
        for (township, village), many in by.items()
    ]
    return sorted(groups, key=lambda g: (-g.people, g.township, g.village or ""))


def _seen(found: Sequence[Waiting]) -> str:
    """Return a short text that is another one as soon as other people fit a filter."""
    return sha256_hex(" ".join(sorted(one.case.id for one in found)).encode())[:16]


def _choices(everyone: Sequence[Waiting]) -> dict[str, list[tuple[str, int]]]:
    """Count what may be filtered by; "" is shown as NONE."""
    counted = {
        "township": Counter(one.judged.township for one in everyone),
        "village": Counter(one.case.village for one in everyone),
        "written": Counter(one.written for one in everyone),
        "reason": Counter(one.judged.reason for one in everyone),
    }
    return {
        name: [(value or NONE, n) for value, n in count.most_common(MOST_CHOICES)]
        for name, count in counted.items()
    }


def _why(one: Waiting, words: Words, names: dict[str, str]) -> str:
    label = REASONS.get(one.judged.reason)
    by = one.judged.shared_by
    schools = words("、", ", ").join(names.get(code, code) for code in by)
    if len(by) > MOST_NAMED:
        schools = words("{n} 所学校", "{n} schools", n=len(by))
    return words(label.zh, label.en, schools=schools) if label else ""


@post("/unplaced/place", opt={"roles": ADMINS}, status_code=303)
async def place(request: Req) -> Redirect:
    """Put the ticked people, or everyone whom the filter means, into a school."""
    form, services, who = await request.form(), get_services(request), me(request).name
    unit, asked = forms.text(form, "unit"), _filter(form)
    chosen, season, changed = forms.many(form, "case"), services.season, False
    if forms.text(form, "scope") == "filter":
        everyone = await services.read(lambda c: store.waiting(c, season))
        found = [one for one in everyone if asked.fits(one)]
        chosen, changed = [one.case.id for one in found], forms.text(form, "seen") != _seen(found)
    back = "/unplaced?" + _query(asked, forms.text(form, "sort"), forms.text(form, "group"))
    row = await services.read(lambda c: units.unit(c, season, unit))

    def job() -> placing.PlacedByHand:
        if row is not None and changed and chosen:
            raise ProblemError("place.changed", count=len(chosen))
        return placing.place(services, chosen, unit, who=who, what=asked.words())

    return await run_and_redirect(
        request,
        back.rstrip("?"),
        job,
        "已归到{school},共 {n} 人。归错了,可以在下面撤销",
        "Placed in {school}: {n} people. If that was wrong, undo it below",
        school=lambda _: row.name if row else unit,
        n=lambda done: done.people,
    )


@post("/unplaced/undo", opt={"roles": ADMINS}, status_code=303)
async def undo(request: Req) -> Redirect:
    """Take back one act of placing."""
    form, services, who = await request.form(), get_services(request), me(request).name
    act = forms.text(form, "act")
    return await run_and_redirect(
        request,
        local_path(forms.text(form, "back"), "/unplaced"),
        lambda: placing.undo(services, act, who=who),
        "已撤销归校:{n} 人回到待归校",
        "Undone: {n} people are without a school again",
        n=lambda people: people,
    )


@post("/unplaced/{case_id:str}", opt={"roles": ADMINS}, status_code=200)
async def place_one(request: Req, case_id: FromPath[str]) -> Response[str] | Redirect:
    """Put one person into a school, or into another one when the family moved."""
    form, services, who = await request.form(), get_services(request), me(request).name
    unit, back = forms.text(form, "unit"), local_path(forms.text(form, "back"), "/unplaced")
    season = services.season
    rows = await services.read(lambda c: cases.rows(c, season, ids=[case_id]))
    if not rows:
        raise ProblemError("console.not_found")
    if rows[0]["unit"] not in ("", unit):
        return await _move(request, form, [case_id], unit, back)
    return await run_and_redirect(
        request,
        back,
        lambda: placing.place(services, [case_id], unit, who=who),
        "已归到学校",
        "Placed in the school",
    )


@post("/schools/{unit:str}/move", opt={"roles": ADMINS}, status_code=200)
async def move(request: Req, unit: FromPath[str]) -> Response[str] | Redirect:
    """Move the ticked people of a school to another one."""
    form, services = await request.form(), get_services(request)
    await school(request, unit)
    chosen, season = forms.many(form, "case"), services.season
    mine = {r["id"] for r in await services.read(lambda c: cases.rows(c, season, unit=unit))}
    if not mine.issuperset(chosen):
        raise ProblemError("console.not_found")
    back = f"/schools/{unit}/assignment"
    return await _move(request, form, chosen, forms.text(form, "to"), back)


async def _move(
    request: Req, form: FormMultiDict, chosen: Sequence[str], unit: str, back: str
) -> Response[str] | Redirect:
    """Move people; who has a printed notice or stands in a summary is shown first."""
    services, who, season = get_services(request), me(request).name, get_services(request).season
    reason, confirmed = forms.text(form, "reason", 200), forms.text(form, "confirmed") == "yes"
    row = await services.read(lambda c: units.unit(c, season, unit))
    if row is not None and not confirmed:
        built = await services.read(lambda c: case_use.built_on(c, season, chosen))
        if any(found.on_paper for found in built.values()):
            return await _ask(request, chosen, row, reason, back, built)
    return await run_and_redirect(
        request,
        back,
        lambda: placing.move(services, chosen, unit, who=who, reason=reason, confirmed=confirmed),
        "已转到{school},共 {n} 人。请那边学校分给老师",
        "Moved to {school}: {n} people; the school gives them a teacher",
        typed={"reason": reason},
        school=lambda _: row.name if row else unit,
        n=lambda moved: moved,
    )


async def _ask(
    request: Req,
    chosen: Sequence[str],
    to: units.UnitRow,
    reason: str,
    back: str,
    built: dict[str, case_use.BuiltOn],
) -> Response[str]:
    """Show what names these people on paper, and ask once more."""
    services, season = get_services(request), get_services(request).season
    rows = await services.read(lambda c: cases.rows(c, season, ids=chosen))
    schools = await services.read(lambda c: units.units(c, season))
    people = [cases.case_of(row) for row in rows]
    return await page(
        request,
        "placing_confirm.html",
        people=[(case, built[case.id]) for case in people if _on_paper(built, case.id)],
        others=[case for case in people if not _on_paper(built, case.id)],
        chosen=chosen,
        to=to,
        reason=reason,
        back=back,
        names={s.code: s.name for s in schools},
        action=request.url.path,
    )


def _on_paper(built: dict[str, case_use.BuiltOn], case_id: str) -> bool:
    return case_id in built and built[case_id].on_paper


HANDLERS = (unplaced, place, undo, place_one, move)
