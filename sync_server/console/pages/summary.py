"""A school's summary step by step: compose, print, scan, seal, download, submit."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
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
from sync_server.console.parts.slip_counts import load_slips
from sync_server.console.web import forms
from sync_server.console.web.access import CENTRE_STAFF, Req, get_services, me, school
from sync_server.console.web.rendering import keep, notify_problem, page, run_and_redirect
from sync_server.console.web.works import Work
from sync_server.office import cut_off, original_papers, receipts, summaries, summary_verdicts
from sync_server.office.cut_off import LeftOut
from sync_server.request_bounds import check_texts
from sync_server.sealing.making.compose import MissingLine, NotReady
from sync_server.store import accounts
from sync_server.store.units import UnitRow

TYPED = ("cut_off", "reason", "report_no")
"""The fields of the form that composes, beside its exceptions."""
MAX_REASON = 200
MAX_COMMENT = 500


class ExceptionField(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the form for exceptions.

    Attributes:
        key: `code|ref` of what is missing.
        case_code: Whom it is about, "" where nobody is.
        words: What is missing.
        fix: What to do about it; "" of a line that is not missing any more.
        reason: What was typed as the reason.
        ticked: Whether it was ticked.
    """

    key: str
    case_code: str = ""
    words: str = ""
    fix: str = ""
    reason: str = ""
    ticked: bool = False


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
    slips = (await load_slips(services, row.code)).of(row.code)
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
        account_names=await services.read(accounts.shown_names),
        papers=await asyncio.to_thread(original_papers.of_versions, services, steps["versions"]),
        **steps,
        **_shown_again(missing, kept),
    )


def _shown_again(missing: tuple[MissingLine, ...], kept: FormMultiDict | None) -> dict[str, Any]:
    """Return the lines of the form for exceptions, and what was typed beside them.

    First what is missing, then what was typed of others: an exception, where it was ticked.
    """
    if kept is None:
        kept = FormMultiDict()
    typed = _typed_lines(kept)
    ticked = {key for key, one in typed.items() if one.ticked}
    lines = [
        ExceptionField(
            key=(key := f"{line.code}|{line.ref}"),
            case_code=line.case_code,
            words=line.words,
            fix=line.fix,
            reason=typed[key].reason if key in typed else "",
            ticked=key in ticked,
        )
        for line in missing
    ]
    open_ = {line.key for line in lines}
    lines += [one for key, one in typed.items() if key not in open_ and (one.ticked or one.reason)]
    return {"lines": lines, "again": {name: typed_text(kept, name) for name in TYPED}}


@post("/schools/{unit:str}/summary/compose", status_code=200)
async def compose(request: Req, unit: FromPath[str]) -> Response[Any]:
    """Compose as of the cut-off; or list what it leaves out, or what is missing, first."""
    row, services, form = await school(request, unit), get_services(request), await request.form()
    back, who = f"/schools/{unit}/summary", me(request).shown
    try:
        moment = _moment(forms.text(form, "cut_off"))
        if moment and not forms.text(form, "left_out"):
            found = await asyncio.to_thread(cut_off.left_out, services, unit, moment)
            if found:
                return await _page(request, row, kept=form, ask=found)
        reason = forms.text(form, "reason", 300)
        report_no = forms.text(form, "report_no", summaries.MAX_REPORT_NO)
        exceptions, _ = _exceptions(form, who)
    except ProblemError as problem:
        return await _refused(request, problem, unit=unit, form=form)
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
        refused=partial(_refused, unit=unit, form=form),
    )


async def _refused(
    request: Req, problem: ProblemError, *, unit: str, form: FormMultiDict
) -> Response[Any]:
    """Say why it is refused, on a page that still has everything that was typed."""
    notify_problem(request, problem)
    if _typed_lines(form):
        return await _page(request, await school(request, unit), kept=form)
    keep(request, {name: typed_text(form, name) for name in TYPED})
    return Redirect(f"/schools/{unit}/summary", status_code=303)


async def _composed(request: Req, work: Work, *, unit: str, form: FormMultiDict) -> Response[Any]:
    """Go back with the version's number, or list what is missing."""
    refusal = work.future.exception()
    if isinstance(refusal, NotReady):
        _, unexplained = _exceptions(form, me(request).shown)
        if unexplained:  # listed again, beside what was typed for the others
            notify_problem(request, ProblemError("console.reason_missing"))
        return await _page(request, await school(request, unit), refusal.items, form)
    if isinstance(refusal, ProblemError):
        return await _refused(request, refusal, unit=unit, form=form)
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


def typed_text(form: FormMultiDict, name: str) -> str:
    """Return a field as it was typed, however long, to show it again."""
    found = form.get(name, "")
    return found.strip() if isinstance(found, str) else ""


def _typed_lines(form: FormMultiDict) -> dict[str, ExceptionField]:
    """Return every line as it was sent, ticked or not, by `code|ref`."""
    numbers = [name.removeprefix("key-") for name in form if name.startswith("key-")]
    ticked = set(_ticked_numbers(form))
    found = [
        ExceptionField(
            key=typed_text(form, f"key-{i}"),
            case_code=typed_text(form, f"case-{i}"),
            words=typed_text(form, f"words-{i}"),
            reason=typed_text(form, f"reason-{i}"),
            ticked=i in ticked,
        )
        for i in numbers
    ]
    return {one.key: one for one in found if one.key}


def _exceptions(form: FormMultiDict, by: str) -> tuple[list[NamedException], bool]:
    """Return the ticked lines with their reasons, and whether a ticked one has none.

    Raises: ProblemError request.text_too_long.
    """
    named, unexplained = [], False
    for line in (one for one in _typed_lines(form).values() if one.ticked):
        code, _, ref = line.key.partition("|")
        check_texts([line.reason], MAX_REASON)
        if line.reason:
            named.append(NamedException(code=code, ref=ref, reason=line.reason, by=by))
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
    verdict, comment = forms.text(form, "verdict"), typed_text(form, "comment")

    def job() -> None:
        check_texts([comment], MAX_COMMENT)
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
