"""The list of a school: its files, and what the school has seen of it; all schools' lists."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any, cast, get_args

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared import list_columns
from shared.cases import Case
from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.console.parts import started
from sync_server.console.parts.overview import (
    LONGEST_SOUGHT,
    SCHOOLS,
    part_at,
    part_of_schools,
)
from sync_server.console.web import forms
from sync_server.console.web.access import CENTRE_STAFF, Req, get_services, me, school, scope_of
from sync_server.console.web.rendering import local_path, page, page_rows, run_and_redirect
from sync_server.console.web.works import Work
from sync_server.office import case_lists, school_lists
from sync_server.paperwork.school_list import By
from sync_server.store import accounts, cases, units
from sync_server.store import school_lists as store
from sync_server.store.accounts import LIAISON
from sync_server.store.database import Connection
from sync_server.store.school_lists import Changes, ListRow, ListStanding
from sync_server.store.scope import Scope, of_schools
from sync_server.store.units import UnitRow

PDF_TYPE = "application/pdf"
ZIP_TYPE = "application/zip"
PRINTING = Label("排打印名单", "Making the list to print")
ALL = Label("做各校名单", "Making the lists of all schools")
CHANGES = {
    "added": Label("新增", "added"),
    "changed": Label("有变化", "changed"),
    "gone": Label("不在名单里了", "no longer on the list"),
}


LACKING = {
    "seen": Label("学校还没看到的", "not seen by the school"),
    "confirmed": Label("学校还没确认的", "not confirmed by the school"),
    "receipt": Label("签收单没收回的", "receipt not back"),
}
"""Steps of a list, and how those are called that lack one."""


class Changed(msgspec.Struct, frozen=True):
    """A person of whom something is other than the school knows it."""

    kind: str
    case: Case


@get("/schools/{unit:str}/lists")
async def view(request: Req, unit: FromPath[str]) -> Response[str]:
    """The list's files and where it is. The first look of the school's liaison is noted."""
    row, services = await school(request, unit), get_services(request)
    if me(request).role == LIAISON:
        await asyncio.to_thread(school_lists.look, services, unit, who=me(request).name)
    found = await asyncio.to_thread(school_lists.standing, services, unit)
    by = _accounts([found] if found else [])
    return await page(
        request,
        "school_lists.html",
        unit=row,
        found=found,
        changed=await services.read(lambda c: _changed(c, found)),
        kinds=CHANGES,
        recipients=list_columns.RECIPIENTS,
        shown=await services.read(lambda c: accounts.names_of(c, by)),
    )


def _changed(connection: Connection, standing: ListStanding | None) -> list[Changed]:
    """Return who is added, changed and gone since the version that the school knows."""
    if standing is None or standing.known is None:
        return []
    changes: Changes = standing.changes()
    kinds = {case: kind for kind in CHANGES for case in getattr(changes, kind)}
    rows = cases.rows(connection, standing.known.season, ids=list(kinds), off_list=None)
    found = [Changed(kinds[row["id"]], cases.case_of(row)) for row in rows]
    return sorted(found, key=lambda one: (list(CHANGES).index(one.kind), one.case.code))


def _accounts(found: Iterable[ListStanding]) -> set[str]:
    """The accounts that versions of lists name."""
    rows = {
        row
        for one in found
        for row in (one.version, one.given, one.seen, one.receipt, one.known)
        if row is not None
    }
    return {getattr(row, f"{step}_by") for row in rows for step in get_args(store.Step)} - {""}


@post("/schools/{unit:str}/list.xlsx", status_code=200)
async def people_list(request: Req, unit: FromPath[str]) -> Response[bytes]:
    """The school's people as a workbook, with the columns of one recipient."""
    row, services, who = await school(request, unit), get_services(request), me(request).name
    recipient = forms.text(await request.form(), "recipient", 20) or "school"
    at_school = me(request).role == LIAISON
    data = await asyncio.to_thread(
        case_lists.school_list, services, unit, recipient, who=who, at_school=at_school
    )
    return forms.download(data, f"{row.name}-{services.season}-名单.xlsx", forms.XLSX_TYPE)


@post("/schools/{unit:str}/case-list.pdf", status_code=200)
async def printed(request: Req, unit: FromPath[str]) -> Response[Any]:
    """The masked list to print, by village or by teacher, as heavy work."""
    row, who = await school(request, unit), me(request).name
    asked = forms.text(await request.form(), "by", 20)
    by = cast(By, asked if asked in get_args(By) else "village")

    async def show(_: Req, work: Work) -> Response[Any]:
        return forms.download(work.result(), f"名单-{row.name}.pdf", PDF_TYPE, inline=True)

    at_school = me(request).role == LIAISON
    return await started.start(
        request,
        f"case-list {by} {unit}",
        partial(case_lists.printed_list, unit=unit, by=by, who=who, at_school=at_school),
        show,
        title=PRINTING,
        of=Label(row.name, row.name),
        back=f"/schools/{unit}/lists",
    )


@post("/schools/{unit:str}/lists/confirm", status_code=303)
async def confirm(request: Req, unit: FromPath[str]) -> Redirect:
    """The school confirms that it has seen its list as the page showed it."""
    services, who = get_services(request), me(request).name
    await school(request, unit)
    digest = forms.text(await request.form(), "digest", 64)
    is_school = me(request).role == LIAISON

    def job() -> ListRow:
        if not is_school:  # the centre notes the signed receipt instead
            raise ProblemError("auth.forbidden")
        return school_lists.confirm(services, unit, digest, who=who)

    return await run_and_redirect(
        request,
        f"/schools/{unit}/lists",
        job,
        "已确认:学校看到了第 {n} 版名单",
        "Confirmed: the school has seen version {n} of its list",
        n=lambda row: row.version,
    )


class Everywhere(msgspec.Struct, frozen=True, kw_only=True):
    """Where some of the lists are: how many there are, are meant, and were seen as they are now."""

    rows: list[tuple[UnitRow, ListStanding]]
    shown: dict[str, str]
    count: int
    matching: int
    seen: int


@get("/lists", opt={"roles": CENTRE_STAFF})
async def everywhere(
    request: Req,
    sought: FromQuery[str] = "",
    lacking: FromQuery[str] = "",
    at: FromQuery[int] = 1,
) -> Response[str]:
    """Where the schools' lists are, in parts: all of them, or those that lack a step."""
    services, scope, most = get_services(request), scope_of(request), page_rows(request, SCHOOLS)
    sought, lacking = sought.strip()[:LONGEST_SOUGHT], lacking if lacking in LACKING else ""
    found = await services.read(
        lambda c: _everywhere(c, services.season, scope, sought, lacking, at, most)
    )
    shown = part_of_schools(found.count, found.matching, at, most, sought, lacking=lacking)
    return await page(
        request,
        "school_lists_all.html",
        found=found,
        lacking=lacking,
        choices=LACKING,
        **shown,
    )


def _everywhere(
    connection: Connection, season: str, scope: Scope, sought: str, lacking: str, at: int, most: int
) -> Everywhere:
    every = store.having(connection, season, scope)
    step: store.Step | None = cast(store.Step, lacking) if lacking else None
    which = store.having(connection, season, scope, step) if step else every
    count = units.count_within(connection, season, scope, which=every)
    matching = units.count_within(connection, season, scope, sought, which)
    first = (part_at(at, matching, most) - 1) * most
    schools = units.some_within(
        connection, season, scope, sought=sought, which=which, first=first, most=most
    )
    here = of_schools([row.code for row in schools])
    lists = store.standings(connection, season, here, with_lines=False)
    return Everywhere(
        rows=[(row, lists[row.code]) for row in schools if row.code in lists],
        shown=accounts.names_of(connection, _accounts(lists.values())),
        count=count,
        matching=matching,
        seen=max(0, count - store.unseen(connection, season, scope)),
    )


@post("/lists/all", opt={"roles": CENTRE_STAFF}, status_code=200)
async def all_files(request: Req) -> Response[Any]:
    """The lists of all schools that the account sees in one zip, as heavy work."""
    who, season = me(request).name, get_services(request).season

    async def show(_: Req, work: Work) -> Response[Any]:
        return forms.download(work.result(), f"各校名单-{season}.zip", ZIP_TYPE)

    make = partial(case_lists.all_lists, scope=scope_of(request), who=who)
    return await started.start(
        request, "lists all", make, show, title=ALL, of=started.every_school(request), back="/lists"
    )


@post("/schools/{unit:str}/lists/receipt", opt={"roles": CENTRE_STAFF}, status_code=303)
async def receipt(request: Req, unit: FromPath[str]) -> Redirect:
    """Note that a school's signed receipt is back, or take that back."""
    services, form, who = get_services(request), await request.form(), me(request).name
    await school(request, unit)
    written = forms.text(form, "version", 9)
    version = int(written) if written.isdecimal() else 0
    back = forms.text(form, "back", 3) != "no"
    return await run_and_redirect(
        request,
        local_path(forms.text(form, "page"), "/lists"),
        lambda: school_lists.note_receipt(services, unit, version, who=who, back=back),
        "已记下:签收单收回了" if back else "已撤销:签收单还没有收回",
        "Noted: the signed receipt is back" if back else "Taken back: the receipt is not back yet",
    )


HANDLERS = (view, people_list, printed, confirm, everywhere, all_files, receipt)
