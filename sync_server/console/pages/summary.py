"""A school's summary step by step: compose, print, scan, seal, download, submit."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Redirect

from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.readiness import NamedException
from shared.records.kind import Label
from shared.season import moment_of
from sync_server import body_limits
from sync_server.console.parts import started, summary_steps
from sync_server.console.parts.overview import load_overview
from sync_server.console.parts.slip_counts import load_slips
from sync_server.console.web import forms
from sync_server.console.web.access import CENTRE_STAFF, Req, get_services, me, school
from sync_server.console.web.rendering import notify_problem, page, run_and_redirect
from sync_server.console.web.works import Work
from sync_server.office import cut_off, receipts, summaries, summary_verdicts
from sync_server.office.cut_off import LeftOut
from sync_server.sealing.making.compose import MissingLine, NotReady
from sync_server.store.units import UnitRow

"""The button that takes the centre's verdict back."""
DONE = {
    "accepted": ("已接收", "Accepted"),
    "returned": ("已退回,学校可以出新的一版", "Returned: the school can make a new version"),
    forms.TAKE_BACK: ("结论已收回,可以重新接收或退回", "The verdict is taken back; judge it again"),
}


@get("/schools/{unit:str}/summary")
async def view(request: Req, unit: FromPath[str]) -> Response[str]:
    """Where the newest version stands, and the ones before."""
    return await _page(request, await school(request, unit))


async def _page(
    request: Req,
    row: UnitRow,
    missing: tuple[MissingLine, ...] = (),
    kept: FormMultiDict | None = None,
    ask: tuple[LeftOut, ...] = (),
) -> Response[str]:
    services = get_services(request)
    rows = await asyncio.to_thread(summaries.listed, services, row.code)
    steps = await summary_steps.values(services, row.code, rows)
    overview = await load_overview(services, row.code)
    slips = (await load_slips(services, overview.found, row.code)).of(row.code)
    return await page(
        request,
        "summary.html",
        unit=row,
        base=f"/schools/{row.code}/summary",
        slips=slips,
        missing=missing,
        ask=ask,
        left_out=await asyncio.to_thread(cut_off.left_out_of, services, steps["row"]),
        receipts=await asyncio.to_thread(receipts.of_versions, services, steps["versions"]),
        **steps,
        reasons={key: why for key, why in _reasons(kept).items() if why} if kept else {},
        typed=_typed_reasons(kept) if kept else {},
        cut_off=forms.text(kept, "cut_off") if kept else "",
        reason=forms.text(kept, "reason") if kept else "",
        report_no=forms.text(kept, "report_no") if kept else "",
    )


@post("/schools/{unit:str}/summary/compose", status_code=200)
async def compose(request: Req, unit: FromPath[str]) -> Response[Any]:
    """Compose as of the cut-off; or list what it leaves out, or what is missing, first."""
    row, services, form = await school(request, unit), get_services(request), await request.form()
    back, who = f"/schools/{unit}/summary", me(request).shown
    exceptions, _ = _exceptions(form, who)
    try:
        moment = _moment(forms.text(form, "cut_off"))
        if moment and not forms.text(form, "left_out"):
            found = await asyncio.to_thread(cut_off.left_out, services, unit, moment)
            if found:
                return await _page(request, row, kept=form, ask=found)
        reason = forms.text(form, "reason", 300)
        report_no = forms.text(form, "report_no", summaries.MAX_REPORT_NO)
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect(back, status_code=303)
    asked = repr((unit, moment, exceptions, reason, report_no))
    return await started.start(
        request,
        f"compose {sha256_hex(asked.encode())}",
        lambda services: summaries.compose(
            services,
            unit,
            who=who,
            cut_off=moment,
            exceptions=exceptions,
            reason=reason,
            report_no=report_no,
        ),
        partial(_composed, unit=unit, form=form),
        title=summary_steps.COMPOSING,
        of=Label(row.name, row.name),
        back=back,
    )


async def _composed(request: Req, work: Work, *, unit: str, form: FormMultiDict) -> Response[Any]:
    """Go back with the version's number, or list what is missing."""
    refusal = work.future.exception()
    if isinstance(refusal, NotReady):
        _, unexplained = _exceptions(form, me(request).shown)
        if unexplained:  # listed again, beside what was typed for the others
            notify_problem(request, ProblemError("console.reason_missing"))
        return await _page(request, await school(request, unit), refusal.items, form)
    return await COMPOSED(request, work)


COMPOSED = started.then_back(
    "第 {n} 版已生成,请打印", "Version {n} is composed: print it", n=lambda made: made.version
)


def _moment(text: str) -> datetime | None:
    """A cut-off as a `datetime-local` field sends it, on China's clock; None is now."""
    found = moment_of(text)
    if text and found is None:
        raise ProblemError("request.unreadable")
    return found


def _reasons(form: FormMultiDict) -> dict[str, str]:
    """Return the reasons typed beside ticked lines, by `code|ref`."""
    keys = {
        forms.text(form, f"key-{i}"): forms.text(form, f"reason-{i}", 200)
        for i in _ticked_numbers(form)
    }
    return {key: reason for key, reason in keys.items() if key}


def _typed_reasons(form: FormMultiDict) -> dict[str, str]:
    """Return every reason typed, beside a ticked line or not, by `code|ref`."""
    numbers = [name.removeprefix("key-") for name in form if name.startswith("key-")]
    return {forms.text(form, f"key-{i}"): forms.text(form, f"reason-{i}", 200) for i in numbers}


def _exceptions(form: FormMultiDict, by: str) -> tuple[list[NamedException], bool]:
    """Return the ticked lines with their reasons, and whether a ticked one has none."""
    named, unexplained = [], False
    for key, reason in _reasons(form).items():
        code, _, ref = key.partition("|")
        if reason:
            named.append(NamedException(code=code, ref=ref, reason=reason, by=by))
        else:
            unexplained = True
    return named, unexplained


def _ticked_numbers(form: FormMultiDict) -> list[str]:
    return [n for n in forms.many(form, "except") if n.isdigit()]


@post("/schools/{unit:str}/summary/{summary_id:str}/print", status_code=200)
async def to_print(request: Req, unit: FromPath[str], summary_id: FromPath[str]) -> Response[bytes]:
    """The pages to stamp; from now on this version is fixed."""
    return await summary_steps.to_print(request, unit, summary_id)


@post(
    "/schools/{unit:str}/summary/{summary_id:str}/scan",
    status_code=303,
    opt={"takes": body_limits.SCANS},
)
async def scan(request: Req, unit: FromPath[str], summary_id: FromPath[str]) -> Response[Any]:
    """Take the stamped pages; what was seen on them stands on the summary's page."""
    return await summary_steps.scan(request, unit, summary_id, f"/schools/{unit}/summary")


@post("/schools/{unit:str}/summary/{summary_id:str}/seal", status_code=303)
async def seal(request: Req, unit: FromPath[str], summary_id: FromPath[str]) -> Response[Any]:
    """Seal it."""
    return await summary_steps.seal(request, unit, summary_id, f"/schools/{unit}/summary")


@post("/schools/{unit:str}/summary/{summary_id:str}/submit", status_code=303)
async def submit(request: Req, unit: FromPath[str], summary_id: FromPath[str]) -> Redirect:
    """Submit it to the centre."""
    return await summary_steps.submit(request, unit, summary_id, f"/schools/{unit}/summary")


@post(
    "/schools/{unit:str}/summary/{summary_id:str}/judge",
    opt={"roles": CENTRE_STAFF},
    status_code=303,
)
async def record_verdict(request: Req, unit: FromPath[str], summary_id: FromPath[str]) -> Redirect:
    """The centre accepts what was handed in, returns it, or takes its verdict back."""
    services, form, who = get_services(request), await request.form(), me(request).name
    await summary_steps.version_of(request, unit, summary_id)
    verdict, comment = forms.text(form, "verdict"), forms.text(form, "comment", 500)

    def job() -> None:
        if verdict == forms.TAKE_BACK:
            summary_verdicts.take_back(services, summary_id, who=who)
        else:
            summary_verdicts.record_verdict(services, summary_id, verdict, comment, who=who)

    return await run_and_redirect(
        request,
        f"/schools/{unit}/summary",
        job,
        *DONE.get(verdict, ("", "")),  # what is none of them is refused
        typed={f"comment-{summary_id}": comment},
    )


@post("/schools/{unit:str}/summary/{summary_id:str}/discard", status_code=303)
async def discard(request: Req, unit: FromPath[str], summary_id: FromPath[str]) -> Redirect:
    """Discard a version that is not sealed."""
    row = await school(request, unit)
    return await summary_steps.discard(request, row.code, summary_id, f"/schools/{unit}/summary")


@get("/schools/{unit:str}/summary/{summary_id:str}/files/{name:str}")
async def file(
    request: Req, unit: FromPath[str], summary_id: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """One of its files."""
    return await summary_steps.file(request, unit, summary_id, name)


HANDLERS = (view, compose, to_print, scan, seal, submit, record_verdict, discard, file)
