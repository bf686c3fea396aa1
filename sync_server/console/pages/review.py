"""The review queue of a school: accept or return records, or take that back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.contacts import AcceptedContact
from shared.flag_reasons import BETWEEN
from shared.lifecycle import Standing
from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import Season
from sync_server.console.parts.review_cards import cards
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
from sync_server.office import review, review_batch, slip_evidence, slips
from sync_server.office.review import QueueItem
from sync_server.office.review_batch import Outcome
from sync_server.office.slip_evidence import SlipEvidence
from sync_server.store import cases, photos, progress, seasons
from sync_server.store import slips as slips_store
from sync_server.store.database import Connection
from sync_server.store.ids import new_id

PAGE_SIZE = 50
SLIPS_AT_ONCE = 20
READING = Label("识别签收单", "Reading the slips")
FILTERS = {
    "waiting": Label("待复核", "waiting"),
    "received": Label("已收,可抽看", "received"),
    "returned": Label("已退回", "returned"),
    "accepted": Label("已通过", "accepted"),
}
DONE = {
    "accepted": Label("已通过", "Accepted"),
    "returned": Label("已退回,老师同步后会在“今日”最上面看到", "Returned to the teacher"),
    forms.TAKE_BACK: Label("已撤回复核", "The verdict is taken back"),
}
"""What is said once a verdict is stored."""
REASONS = (
    Label("签收页没拍全,请补拍", "The slip is not whole; take it again"),
    Label("照片模糊,请重拍", "The photo is blurred; take it again"),
    Label("签收单是别人的,请改正", "The slip is somebody else’s; correct it"),
    Label("写得不清楚,请补充", "Not clear; say more"),
    Label("时间不对,请改正", "The time is wrong; correct it"),
)
"""Reasons for a return that need no typing."""
LEFT = {
    "judged": Label("{n} 条已有人复核", "{n} judged by somebody meanwhile"),
    "changed": Label("{n} 条已改正或转走", "{n} corrected or moved meanwhile"),
    "alone": Label("{n} 条要单独看", "{n} to be judged one by one"),
    "flagged": Label("{n} 条有提示", "{n} with findings"),
    "sealed": Label("{n} 条已写进封存的汇总", "{n} in a sealed summary"),
}
"""Why a press left records as they were."""
KEEPS = ("show", "kind", "at")
"""What of the page's address comes back after a press."""


@get("/schools/{unit:str}/review")
async def view(
    request: Req,
    unit: FromPath[str],
    show: FromQuery[str] = "waiting",
    kind: FromQuery[str] = "",
    at: FromQuery[int] = 1,
    record: FromQuery[str] = "",
    batch: FromQuery[str] = "",
) -> Response[str]:
    """The records, statements first: they decide whether the school can seal.

    `record`: a record to show wherever it stands now, after a form about it was refused. `batch`:
    what was accepted together just now.
    """
    row, services = await school(request, unit), get_services(request)
    season = await services.read(lambda c: seasons.get(c, services.season))
    unread = await _read_slips(request, unit)
    queue = await asyncio.to_thread(review.queue, services, unit)
    counts = {key: sum(i.record.state == key for i in queue) for key in FILTERS}
    wanted = next((i for i in queue if i.fact.fact.id == record), None) if record else None
    if wanted is not None:
        show, kind = wanted.record.state, ""
    chosen = [i for i in queue if i.record.state == show and kind in ("", i.fact.fact.kind)]
    chosen.sort(key=lambda i: i.fact.fact.kind != "statement")
    size = page_rows(request, PAGE_SIZE)
    pages = max(1, -(-len(chosen) // size))
    if wanted is not None:
        at = chosen.index(wanted) // size + 1
    at = min(max(1, at), pages)
    items = chosen[(at - 1) * size : at * size]
    contacts = await services.read(lambda c: _contacts_of(c, services.season, items))
    found = cards(items, season, Words(language(request)), contacts)
    hashes = [p for one in found for p in (*one.item.photos, *one.replaces)]
    last = await services.read(lambda c: review_batch.standing_batch(c, services.season, unit))
    return await page(
        request,
        "review.html",
        slips_of=await services.read(lambda c: _slips_of(c, season, items)),
        unit=row,
        cards=found,
        following=dict(_following([i.fact.fact.id for i in chosen])),
        stored_photos=await services.read(lambda c: photos.stored_of(c, hashes)),
        shows=FILTERS,
        show=show,
        counts=counts,
        kind=kind,
        at=at,
        pages=pages,
        flags=await asyncio.to_thread(slips.flags, services, unit),
        unread=unread,
        kinds=sorted({i.fact.fact.kind for i in queue if i.record.state == show}),
        last=last if last and (show == "accepted" or last.id == batch) else None,
        key=new_id(),
        reasons=REASONS,
    )


def _following(ids: Sequence[str]) -> list[tuple[str, str]]:
    """Pair each record with the one to look at next: the last one with the one before it."""
    return list(zip(ids, [*ids[1:], *ids[-2:-1], ""][: len(ids)], strict=True))


def _contacts_of(
    connection: Connection, season: str, items: list[QueueItem]
) -> dict[str, tuple[AcceptedContact, ...]]:
    """Return what the office accepted of those whose new contact is on the page, by case id."""
    ids = [item.case.id for item in items if item.fact.fact.kind == "contact_update"]
    return {r["id"]: cases.contacts_of(r) for r in cases.rows(connection, season, ids=ids)}


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
            lambda services: slips.read_slips(services, unit, limit=SLIPS_AT_ONCE),
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


@post("/schools/{unit:str}/review/{fact_id:str}", status_code=303)
async def record_verdict(request: Req, unit: FromPath[str], fact_id: FromPath[str]) -> Redirect:
    """Accept, return, or take the verdict back; what was typed survives a refusal."""
    services, form, who = get_services(request), await request.form(), me(request)
    await school(request, unit)
    case_unit = await services.read(lambda c: progress.unit_of_fact(c, services.season, fact_id))
    if case_unit != unit:
        raise ProblemError("console.not_found")
    verdict, comment = forms.text(form, "verdict"), forms.text(form, "comment", 500)
    seen, chosen = forms.text(form, "seen", 40), forms.text(form, "reason", 200)
    said = BETWEEN.join(part for part in (chosen, comment) if part)
    said = said if verdict == "returned" else comment

    def job() -> None:
        if verdict == forms.TAKE_BACK:
            review.take_back(services, fact_id, who=who.shown, seen=seen)
        else:
            review.review(services, fact_id, verdict, said, who=who.shown, seen=seen)

    try:
        await asyncio.to_thread(job)
    except ProblemError as problem:
        words = Words(language(request))
        kept = {"comment": comment, "reason": chosen}
        kept["problem"] = words.problem(problem.code, **problem.values)
        keep(request, {f"{name}-{fact_id}": text for name, text in kept.items()})
        query = urlencode({"record": fact_id})
        return Redirect(f"/schools/{unit}/review?{query}#f-{fact_id}", status_code=303)
    notify(request, *DONE[verdict])
    following = forms.text(form, "next", 40)
    return _back(unit, form, f"f-{following}" if following else "queue")


@post("/schools/{unit:str}/review-together", status_code=303)
async def accept_together(request: Req, unit: FromPath[str]) -> Redirect:
    """Accept exactly the records that the page showed; those with findings only where ticked."""
    services, form, who = get_services(request), await request.form(), me(request)
    await school(request, unit)
    shown = {}
    for line in forms.many(form, "shown"):
        fact_id, *findings = line.split()[:20] or [""]
        shown[fact_id] = tuple(findings)
    flagged, key = forms.text(form, "flagged") == "yes", forms.text(form, "key", 40)
    try:
        done = await asyncio.to_thread(
            lambda: review_batch.accept_shown(
                services, unit, shown, flagged=flagged, who=who.shown, key=key
            )
        )
    except ProblemError as problem:
        notify_problem(request, problem)
        return _back(unit, form, "queue")
    _tell(request, done, Label("一起通过了 {n} 条", "{n} accepted together"))
    return _back(unit, form, "queue", batch=done.batch)


@post("/schools/{unit:str}/review-together/take-back", status_code=303)
async def take_back_together(request: Req, unit: FromPath[str]) -> Redirect:
    """Take back what one press accepted; what was judged again since stays."""
    services, form, who = get_services(request), await request.form(), me(request)
    await school(request, unit)
    batch = forms.text(form, "batch", 40)
    try:
        done = await asyncio.to_thread(
            lambda: review_batch.take_back(services, unit, batch, who=who.shown)
        )
    except ProblemError as problem:
        notify_problem(request, problem)
        return _back(unit, form, "queue")
    _tell(request, done, Label("这一批撤回了 {n} 条", "{n} of this batch taken back"))
    return _back(unit, form, "queue")


def _tell(request: Req, done: Outcome, label: Label) -> None:
    """Say what a press did, and what it left as it was and why."""
    words = Words(language(request))
    left = [words(*LEFT[why], n=n) for why, n in done.left.items()]
    more = words("。没有动的:", ". Left as they were: ") + words("、", ", ").join(left)
    text = words(*label, n=done.done) + (more if left else "")
    notify(request, text, text, tone="good" if done.done else "bad")


def _back(unit: str, form: FormMultiDict, place: str, batch: str = "") -> Redirect:
    """Return to the place on the page that the form came from."""
    query = {name: forms.text(form, name, 20) for name in KEEPS if forms.text(form, name)}
    more = {"batch": batch} if batch else {}
    address = f"/schools/{unit}/review?{urlencode(query | more)}#{place}"
    return Redirect(address, status_code=303)


HANDLERS = (view, record_verdict, accept_together, take_back_together)
