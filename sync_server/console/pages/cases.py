"""Cases: searched, filtered and paged; one case masked, with its history and photos.

An account sees the schools of its scope, in every query and path; other cases answer 404.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.ids import show_case_code
from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import Season
from sync_server.console.parts import notice_view
from sync_server.console.parts.contact_view import contact_views, suggested_views
from sync_server.console.parts.find_case import sought
from sync_server.console.parts.record_view import describe
from sync_server.console.parts.school_choice import schools_for
from sync_server.console.parts.written_view import written_views
from sync_server.console.web import forms, labels
from sync_server.console.web.access import ADMINS, INSPECTION, Req, get_services, me, scope_of
from sync_server.console.web.formatting import Words
from sync_server.console.web.rendering import language, page, page_rows, run_and_redirect
from sync_server.office import contacts, off_list, review_records, slip_evidence, slips
from sync_server.office.id_number_access import PURPOSES, log_id_number_access
from sync_server.office.slip_evidence import SlipEvidence
from sync_server.services import Services
from sync_server.store import (
    as_written,
    behind,
    case_filters,
    case_list,
    case_search,
    case_use,
    cases,
    late_records,
    notice_prints,
    photos,
    progress,
    reviews,
    search_terms,
    seasons,
    slip_stacks,
    suggested,
    units,
)
from sync_server.store.accounts import ADMIN
from sync_server.store.case_search import Asked
from sync_server.store.database import Connection
from sync_server.store.parts import parts
from sync_server.store.progress import CaseStanding
from sync_server.store.scope import Scope
from sync_server.store.units import UnitRow

PAGE_SIZE = 50
OFF_LIST = "off_list"
"""The only filter that shows people who are off the list, and only them."""
UNASSIGNED = "unassigned"
FILTERS = {
    "": Label("全部", "all"),
    UNASSIGNED: Label("未分配", "with no teacher"),
    "undelivered": Label("未送达", "not delivered"),
    "acknowledged": Label("短信/微信确认", "message acknowledged"),
    "paper_at_school": Label("纸质签收单在学校", "paper slip at the school"),
    "paper_handed_in": Label("纸质签收单已交中心", "paper slip at the centre"),
    "paper_none": Label("没有纸质签收单", "no paper slip"),
    "untouched": Label("未走访未联系", "nothing recorded"),
    "promised": Label("承诺还款", "promised"),
    "special": Label("特殊情况", "special"),
    "unexplained": Label("说明未通过", "statement open"),
    "unreachable": Label("联系不上", "unreachable"),
    "returned": Label("有退回", "returned"),
    "paid": Label("已还清", "repaid"),
    OFF_LIST: Label("已不在名单", "off the list"),
}


@get("/cases", opt={INSPECTION: True})
async def listing(
    request: Req,
    q: FromQuery[str] = "",
    show: FromQuery[str] = "",
    unit: FromQuery[str] = "",
    staff: FromQuery[str] = "",
    at: FromQuery[int] = 1,
) -> Response[str]:
    """The list, 50 a page."""
    services, looked_for = get_services(request), sought(q)
    unit, staff = search_terms.storable(unit), search_terms.storable(staff)
    season = await services.read(lambda c: seasons.get(c, services.season))
    scope, mine = scope_of(request), me(request).unit
    choice = await services.read(lambda c: schools_for(c, season.id, scope, "" if mine else unit))
    asked = Asked(
        scope=scope,
        unit=mine or choice.unit or None,
        words=looked_for.words,
        assignee="" if show == UNASSIGNED else staff or None,
        off_list=show == OFF_LIST,
    )
    size = page_rows(request, PAGE_SIZE)
    nobody = looked_for.is_id_number or (show == UNASSIGNED and bool(staff))
    part = await services.read(lambda c: _part(c, season, asked, show, at, size, nobody=nobody))
    chosen = {line.case.school for line in part.lines} | {asked.unit or ""}
    staff_ids = {line.case.assignee for line in part.lines} | {staff}
    late = await services.read(lambda c: late_records.counts(c, season.id, scope))
    fields = {"q": looked_for.text, "show": show, "unit": choice.unit, "staff": staff}
    return await page(
        request,
        "cases.html",
        found=part.lines,
        evidence=part.evidence,
        count=part.count,
        of=part.of,
        at=part.at,
        pages=part.pages,
        asked=fields,
        query=urlencode({k: v for k, v in fields.items() if v}),
        shows=FILTERS,
        choice=choice,
        names=await services.read(lambda c: units.staff_named(c, staff_ids - {""}, scope)),
        school_names=await services.read(lambda c: units.names_of(c, season.id, chosen)),
        unit=await services.read(lambda c: _school(c, season.id, scope, asked.unit)),
        sought=looked_for,
        late=sum(late.values()),
        elsewhere={} if part.count else await _elsewhere(services, season, asked, show),
    )


def _school(connection: Connection, season: str, scope: Scope, code: str | None) -> UnitRow | None:
    row = units.unit(connection, season, code) if code and scope.sees(code) else None
    return None if row is None or row.is_gone else row


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the list: who is on it, and how many there are; `of`: without search and filter."""

    lines: list[CaseStanding]
    evidence: dict[str, SlipEvidence]
    count: int
    of: int
    at: int
    pages: int


def _part(
    connection: Connection,
    season: Season,
    asked: Asked,
    show: str,
    at: int,
    size: int,
    *,
    nobody: bool,
) -> Part:
    """Read one page, in one moment; none of it where nobody is to be looked for."""
    if case_filters.asks_standing(show):
        behind.check_judged(connection, season, asked.scope)
    of = asked.scope if asked.unit is None else asked.unit
    behind.check_indexed(connection, season.id, of)
    every = msgspec.structs.replace(asked, words=(), assignee=None)
    of_all = case_search.find(connection, season.id, every).count
    found = None if nobody else case_list.listed(connection, season, asked, show)
    count = found.count if found else 0
    pages = max(1, -(-count // size))
    at = min(max(1, at), pages)
    ids = found.part(connection, (at - 1) * size, at * size) if found else []
    lines = [
        line
        for some in parts(ids)
        for line in progress.case_standings(
            connection, season, ids=some, scope=asked.scope, off_list=None
        )
    ]
    evidence = slip_evidence.evidence_of(connection, season.id, lines)
    return Part(lines=lines, evidence=evidence, count=count, of=of_all, at=at, pages=pages)


async def _elsewhere(services: Services, season: Season, asked: Asked, show: str) -> dict[str, int]:
    """Count who else is found where the list has nobody: without the filter, and off the list."""
    if not asked.words:
        return {}

    def count(off_list: bool) -> int:
        anybody = msgspec.structs.replace(asked, assignee=None, off_list=off_list)
        return services.database.read(lambda c: case_search.find(c, season.id, anybody).count)

    on_list = await asyncio.to_thread(count, False) if show else 0
    gone = await asyncio.to_thread(count, True) if show != OFF_LIST else 0
    return {"": on_list, OFF_LIST: gone}


@get("/cases/{case_id:str}", opt={INSPECTION: True})
async def view(request: Req, case_id: FromPath[str]) -> Response[str]:
    """One case, masked; what an inspection needs of it, for who only inspects."""
    line = await _line(request, case_id)
    if get_services(request).database.inspects:
        return await _inspected_page(request, line)
    return await _case_page(request, line, full=False)


@post("/cases/{case_id:str}/id-number", status_code=200)
async def id_number(request: Req, case_id: FromPath[str]) -> Response[str]:
    """Show ID numbers and phones whole: a purpose is asked, and the access is logged first."""
    line = await _line(request, case_id)
    purpose = forms.text(await request.form(), "purpose")
    if purpose not in PURPOSES:
        raise ProblemError("console.purpose_missing")
    services, who = get_services(request), me(request).name
    await asyncio.to_thread(log_id_number_access, services, line.case, purpose=purpose, who=who)
    return await _case_page(request, line, full=True)


@post("/cases/{case_id:str}/put-back", opt={"roles": ADMINS}, status_code=303)
async def put_back(request: Req, case_id: FromPath[str]) -> Redirect:
    """Put a person back who was taken off the list."""
    services, who = get_services(request), me(request).name
    return await run_and_redirect(
        request,
        f"/cases/{case_id}",
        lambda: off_list.put_back(services, case_id, who=who),
        "已放回名单。下次同步时手机上就会有",
        "Back on the list; phones follow at their next sync",
    )


@get("/cases/{case_id:str}/photos/{sha256:str}")
async def photo(request: Req, case_id: FromPath[str], sha256: FromPath[str]) -> Response[bytes]:
    """Answer a photo of this case as it was uploaded."""
    line, services = await _line(request, case_id), get_services(request)
    facts = (await services.read(lambda c: cases.facts_of(c, [line.case.id]))).get(line.case.id, [])
    if not any(sha256 in f.fact.photos for f in facts):
        raise ProblemError("photo.unknown")
    data = await asyncio.to_thread(services.files.read, sha256)
    return forms.download(data, f"{line.case.code}-{sha256[:8]}.jpg", "image/jpeg", inline=True)


@get("/cases/{case_id:str}/slips/{sha256:str}")
async def slip(request: Req, case_id: FromPath[str], sha256: FromPath[str]) -> Response[bytes]:
    """Answer the scan of this case's slip."""
    line, services = await _line(request, case_id), get_services(request)
    filed = await services.read(lambda c: slip_stacks.filed_of(c, [line.case.id]))
    if not any(one.sha256 == sha256 for one in filed.get(line.case.id, [])):
        raise ProblemError("photo.unknown")
    data = await asyncio.to_thread(services.files.read, sha256)
    return forms.download(data, f"{line.case.code}-{sha256[:8]}.jpg", "image/jpeg", inline=True)


@post("/cases/{case_id:str}/contacts/{fact_id:str}/take-back", status_code=303)
async def take_back(request: Req, case_id: FromPath[str], fact_id: FromPath[str]) -> Redirect:
    """Stop using an accepted phone, address or workplace."""
    line, services, who = await _line(request, case_id), get_services(request), me(request).shown
    return await run_and_redirect(
        request,
        f"/cases/{case_id}",
        lambda: contacts.take_back(services, line.case.id, fact_id, who=who),
        "已撤回,老师的手机同步后不再显示",
        "Taken back; phones stop showing it when they sync",
    )


async def _line(request: Req, case_id: str) -> CaseStanding:
    """Return a case the account may see. Raises ProblemError console.not_found."""
    services, scope = get_services(request), scope_of(request)
    season = await services.read(lambda c: seasons.get(c, services.season))
    found = await services.read(
        lambda c: progress.case_standings(c, season, ids=[case_id], scope=scope, off_list=None)
    )
    if not found:
        raise ProblemError("console.not_found")
    return found[0]


async def _inspected_page(request: Req, line: CaseStanding) -> Response[str]:
    """What was done for a person and when, without pictures, telephones and free words."""
    services, words = get_services(request), Words(language(request))
    season = await services.read(lambda c: seasons.get(c, services.season))
    facts = (await services.read(lambda c: cases.facts_of(c, [line.case.id]))).get(line.case.id, [])
    verdicts = await services.read(lambda c: reviews.reviews_of(c, [f.fact.id for f in facts]))
    evidence = await services.read(lambda c: slip_evidence.evidence_of(c, season.id, [line]))
    schools = await services.read(lambda c: units.units(c, season.id))
    staff = await services.read(lambda c: units.staff_names(c, season.id))
    return await page(
        request,
        "cases_inspected.html",
        line=line,
        case=line.case,
        standing=line.standing,
        file_title=show_case_code(line.case.code),
        slip=evidence[line.case.id],
        school=next((s for s in schools if s.code == line.case.school), None),
        teacher=staff.get(line.case.assignee, ""),
        teachers=await services.read(lambda c: units.visitor_names(c, season.id, facts)),
        corrected={str(f.fact.body.get("corrects")) for f in facts if f.fact.kind == "correction"},
        notices=await services.read(lambda c: notice_prints.of_case(c, line.case.id)),
        waits=await services.read(lambda c: review_records.waiting_ids(c, season.id, line.case)),
        history=[
            (
                f,
                describe(f.fact, season, words, masked=True, whole=False),
                verdicts.get(f.fact.id),
            )
            for f in reversed(facts)
        ],
    )


async def _case_page(request: Req, line: CaseStanding, *, full: bool) -> Response[str]:
    services, words = get_services(request), Words(language(request))
    season = await services.read(lambda c: seasons.get(c, services.season))
    facts = (await services.read(lambda c: cases.facts_of(c, [line.case.id]))).get(line.case.id, [])
    verdicts = await services.read(lambda c: reviews.reviews_of(c, [f.fact.id for f in facts]))
    stored_photos = await services.read(
        lambda c: photos.stored_of(c, [p for f in facts for p in f.fact.photos])
    )
    (stored,) = await services.read(
        lambda c: cases.rows(c, season.id, ids=[line.case.id], off_list=None)
    )
    staff = await services.read(lambda c: units.staff_names(c, season.id))
    teachers = await services.read(lambda c: units.visitor_names(c, season.id, facts))
    schools = await services.read(lambda c: units.units(c, season.id))
    moved = [line.case.id] if me(request).role == ADMIN else []
    built = await services.read(lambda c: case_use.built_on(c, season.id, moved))
    row = next((s for s in schools if s.code == line.case.school), None)
    notices = await services.read(lambda c: notice_view.of_case(c, line.case, row))
    flags = await asyncio.to_thread(slips.flags, services, line.case.school)
    waits = await services.read(lambda c: review_records.waiting_ids(c, season.id, line.case))
    late = await services.read(lambda c: late_records.among(c, season.id, facts))
    corrected = {str(f.fact.body.get("corrects")) for f in facts if f.fact.kind == "correction"}
    evidence = await services.read(lambda c: slip_evidence.evidence_of(c, season.id, [line]))
    accepted, written = cases.contacts_of(stored), as_written.of(stored["written"])
    kept = await services.read(lambda c: suggested.of_case(c, line.case, accepted))
    history = [
        (f, describe(f.fact, season, words, masked=not full), verdicts.get(f.fact.id))
        for f in reversed(facts)
    ]
    scanned = await services.read(lambda c: slip_stacks.filed_of(c, [line.case.id]))
    return await page(
        request,
        "cases_one.html",
        unit=row,
        line=line,
        case=line.case,
        file_title=show_case_code(line.case.code),
        standing=line.standing,
        slip=evidence[line.case.id],
        history=history,
        stored_photos=stored_photos,
        teacher=staff.get(line.case.assignee, ""),
        teachers=teachers,
        schools=schools,
        school_names={s.code: s.name for s in schools},
        built=built.get(line.case.id),
        full=full,
        purposes=PURPOSES,
        corrected=corrected,
        waits=waits,
        late=late,
        flags=flags,
        scanned=scanned.get(line.case.id, []),
        ink=labels.INK,
        notices=notices,
        contacts=contact_views(accepted, teachers, words, masked=not full),
        suggested=suggested_views(kept, words, masked=not full),
        written=written_views(written, line.case, words, masked=not full),
    )


HANDLERS = (listing, view, id_number, put_back, photo, slip, take_back)
