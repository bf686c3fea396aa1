"""The review queue of a school: accept or return records, or take that back."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.lifecycle import Standing
from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import Season
from sync_server.console.parts.record_view import describe
from sync_server.console.web import forms
from sync_server.console.web.access import Req, console_state, get_services, me, school
from sync_server.console.web.formatting import Words
from sync_server.console.web.rendering import (
    keep,
    language,
    notify,
    notify_problem,
    page,
    page_rows,
)
from sync_server.office import review, slip_evidence, slips
from sync_server.office.review import QueueItem
from sync_server.office.slip_evidence import SlipEvidence
from sync_server.store import photos, progress, seasons
from sync_server.store import slips as slips_store
from sync_server.store.database import Connection

PAGE_SIZE = 20
READING = Label("识别签收单", "Reading the slips")
FILTERS = {
    "waiting": Label("待复核", "waiting"),
    "returned": Label("已退回", "returned"),
    "accepted": Label("已通过", "accepted"),
}
"""The button that takes the verdict in force back."""
DONE = {
    "accepted": Label("已通过", "Accepted"),
    "returned": Label("已退回,老师同步后会在“今日”最上面看到", "Returned to the teacher"),
    forms.TAKE_BACK: Label(
        "已撤回复核,记录又在待复核里", "The verdict is taken back; the record waits"
    ),
}
"""What is said once a verdict is stored."""


@get("/schools/{unit:str}/review")
async def view(
    request: Req,
    unit: FromPath[str],
    show: FromQuery[str] = "waiting",
    kind: FromQuery[str] = "",
    at: FromQuery[int] = 1,
    record: FromQuery[str] = "",
) -> Response[str]:
    """The records, statements first: they decide whether the school can seal.

    `record`: a record to show wherever it stands now, after a form about it was refused.
    """
    row, services = await school(request, unit), get_services(request)
    season = await services.read(lambda c: seasons.get(c, services.season))
    unread = await _read_slips(request, unit)
    queue = await asyncio.to_thread(review.queue, services, unit)
    counts = {key: sum(_state(i) == key for i in queue) for key in FILTERS}
    wanted = next((i for i in queue if i.fact.fact.id == record), None) if record else None
    if wanted is not None:
        show, kind = _state(wanted), ""
    chosen = [i for i in queue if _state(i) == show and (not kind or i.fact.fact.kind == kind)]
    chosen.sort(key=lambda i: i.fact.fact.kind != "statement")
    size = page_rows(request, PAGE_SIZE)
    pages = max(1, -(-len(chosen) // size))
    if wanted is not None:
        at = chosen.index(wanted) // size + 1
    at = min(max(1, at), pages)
    items = chosen[(at - 1) * size : at * size]
    stored_photos = await services.read(
        lambda c: photos.stored_of(c, [p for i in items for p in i.photos])
    )
    words = Words(language(request))
    flags = await asyncio.to_thread(slips.flags, services, unit)
    records = [(item, describe(item.fact.fact, season, words, masked=False)) for item in items]
    slips_of = await services.read(lambda c: _slips_of(c, season, items))
    return await page(
        request,
        "review.html",
        slips_of=slips_of,
        unit=row,
        records=records,
        stored_photos=stored_photos,
        shows=FILTERS,
        show=show,
        counts=counts,
        kind=kind,
        at=at,
        pages=pages,
        flags=flags,
        unread=unread,
        kinds=sorted({i.fact.fact.kind for i in queue}),
    )


def _slips_of(
    connection: Connection, season: Season, items: list[QueueItem]
) -> dict[str, tuple[Standing, SlipEvidence]]:
    """Return the three things of those whose delivery is on the page, by case id."""
    ids = [item.case.id for item in items if item.fact.fact.kind in slips_store.SLIP_KINDS]
    found = progress.case_standings(connection, season, ids=ids)
    evidence = slip_evidence.evidence_of(connection, season.id, found)
    return {line.case.id: (line.standing, evidence[line.case.id]) for line in found}


async def _read_slips(request: Req, unit: str) -> bool:
    """Read the slips that came since; return whether some are left, for which no page waits."""
    works = console_state(request).works
    try:
        work = works.start(
            get_services(request),
            f"slips {unit}",
            lambda services: slips.read_slips(services, unit, limit=PAGE_SIZE),
            owner=f"/slips {unit}",
            who="",
            title=READING,
            back=f"/schools/{unit}/review",
        )
        if not await works.wait(work):
            return True
        work.result()
    except ProblemError:  # too much is at work: another look at the page reads them
        return True
    return False


def _state(item: QueueItem) -> str:
    return item.review.verdict if item.review else "waiting"


@post("/schools/{unit:str}/review/{fact_id:str}", status_code=303)
async def record_verdict(request: Req, unit: FromPath[str], fact_id: FromPath[str]) -> Redirect:
    """Accept, return, or take the verdict back; what was typed survives a refusal."""
    services, form, who = get_services(request), await request.form(), me(request)
    await school(request, unit)
    case_unit = await services.read(lambda c: progress.unit_of_fact(c, services.season, fact_id))
    if case_unit != unit:
        raise ProblemError("console.not_found")
    verdict, comment = forms.text(form, "verdict"), forms.text(form, "comment", 500)
    seen = forms.text(form, "seen", 40)

    def job() -> None:
        if verdict == forms.TAKE_BACK:
            review.take_back(services, fact_id, who=who.shown, seen=seen)
        else:
            review.review(services, fact_id, verdict, comment, who=who.shown, seen=seen)

    try:
        await asyncio.to_thread(job)
    except ProblemError as problem:
        notify_problem(request, problem)
        keep(request, {f"comment-{fact_id}": comment})
        query = urlencode({"record": fact_id})
        return Redirect(f"/schools/{unit}/review?{query}#f-{fact_id}", status_code=303)
    notify(request, *DONE[verdict])
    query = urlencode(
        {
            name: forms.text(form, name, 20)
            for name in ("show", "kind", "at")
            if forms.text(form, name)
        }
    )
    return Redirect(f"/schools/{unit}/review?{query}", status_code=303)


HANDLERS = (view, record_verdict)
