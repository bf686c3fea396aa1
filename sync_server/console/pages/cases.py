"""Cases: searched, filtered and paged; one case masked, with its history and photos.

An account sees the schools of its scope, in every query and path; other cases answer 404.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.ids import show_case_code
from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import Season
from sync_server.console.parts import notice_view
from sync_server.console.parts.contact_view import contact_views, suggested_views
from sync_server.console.parts.find_case import Sought, sought
from sync_server.console.parts.record_view import describe
from sync_server.console.parts.written_view import written_views
from sync_server.console.web import forms, labels
from sync_server.console.web.access import ADMINS, INSPECTION, Req, get_services, me, scope_of
from sync_server.console.web.formatting import Words
from sync_server.console.web.rendering import language, page, page_rows, run_and_redirect
from sync_server.office import contacts, off_list, review_records, slip_evidence, slips
from sync_server.office.id_number_access import PURPOSES, log_id_number_access
from sync_server.office.slip_evidence import NOTHING, SlipEvidence
from sync_server.services import Services
from sync_server.store import (
    as_written,
    case_use,
    cases,
    late_records,
    notice_prints,
    photos,
    progress,
    reviews,
    seasons,
    slip_stacks,
    suggested,
    units,
)
from sync_server.store.accounts import ADMIN
from sync_server.store.progress import CaseStanding
from sync_server.store.scope import Scope

PAGE_SIZE = 50
OFF_LIST = "off_list"
"""The only filter that shows people who are off the list, and only them."""
FILTERS = {
    "": Label("全部", "all"),
    "unassigned": Label("未分配", "with no teacher"),
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
    services = get_services(request)
    season = await services.read(lambda c: seasons.get(c, services.season))
    scope, mine = scope_of(request), me(request).unit
    unit_filter = mine or unit or None
    gone = show == OFF_LIST
    found = await services.read(
        lambda c: progress.case_standings(c, season, unit=unit_filter, scope=scope, off_list=gone)
    )
    looked_for = sought(q)
    evidence = await services.read(lambda c: slip_evidence.evidence_of(c, season.id, found))
    chosen = [
        line
        for line in found
        if matches(line, looked_for, show, evidence.get(line.case.id, NOTHING))
        and (not staff or line.case.assignee == staff)
    ]
    schools = await services.read(lambda c: units.within(c, season.id, scope))
    visits = {line.case.assignee for line in found}
    every = await services.read(lambda c: units.staff_names(c, season.id))
    names = {staff_id: name for staff_id, name in every.items() if staff_id in visits}
    late = await services.read(lambda c: late_records.counts(c, season.id, scope))
    size = page_rows(request, PAGE_SIZE)
    pages = max(1, -(-len(chosen) // size))
    at = min(max(1, at), pages)
    asked = {
        "q": looked_for.text,
        "show": show,
        "unit": "" if mine else unit,
        "staff": staff,
    }
    return await page(
        request,
        "cases.html",
        found=chosen[(at - 1) * size : at * size],
        evidence=evidence,
        count=len(chosen),
        of=len(found),
        at=at,
        pages=pages,
        asked=asked,
        query=urlencode({k: v for k, v in asked.items() if v}),
        shows=FILTERS,
        schools=schools,
        names=names,
        school_names={s.code: s.name for s in schools},
        unit=next((s for s in schools if s.code == unit_filter), None),
        sought=looked_for,
        late=sum(late.values()),
        elsewhere=await _elsewhere(
            services, season, (unit_filter, scope), looked_for, chosen, show
        ),
    )


async def _elsewhere(
    services: Services,
    season: Season,
    within: tuple[str | None, Scope],
    looked_for: Sought,
    chosen: list[CaseStanding],
    show: str,
) -> dict[str, int]:
    """Count who else is found where the list has nobody: without the filter, and off the list."""
    if chosen or not looked_for.words:
        return {}
    unit, scope = within
    every = await services.read(
        lambda c: progress.case_standings(c, season, unit=unit, scope=scope, off_list=None)
    )
    found = [line for line in every if looked_for.fits(line)]
    gone = sum(bool(line.off_list) for line in found)
    return {"": 0 if not show else len(found) - gone, OFF_LIST: 0 if show == OFF_LIST else gone}


def matches(line: CaseStanding, sought: Sought, show: str, slip: SlipEvidence = NOTHING) -> bool:
    """Return whether a case fits a search and a filter. Pure."""
    standing, case = line.standing, line.case
    if not sought.fits(line):
        return False
    unpaid = not standing.repaid.paid
    return {
        "unassigned": not case.assignee,
        "undelivered": unpaid and not standing.delivered,
        "acknowledged": standing.delivery_record == "acknowledged",
        "paper_at_school": slip.paper == "at_school",
        "paper_handed_in": slip.paper == "handed_in",
        "paper_none": slip.paper == "none",
        "untouched": unpaid
        and not (standing.visits or standing.attempts or standing.statement != "none"),
        "promised": unpaid and standing.group == "promised",
        "special": unpaid and standing.group == "special",
        "unexplained": unpaid and standing.group == "special" and standing.statement != "accepted",
        "unreachable": unpaid and standing.group == "unreachable",
        "returned": bool(standing.returned),
        "paid": standing.repaid.paid,
    }.get(show, True)


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
