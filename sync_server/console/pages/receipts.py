"""收件回执: the county's receipt for a school's accepted summary, as a page to print and a file."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.console.parts import summary_steps
from sync_server.console.web import forms
from sync_server.console.web.access import Req, get_services, me, school
from sync_server.console.web.rendering import notify_problem, page, run_and_redirect
from sync_server.office import certs, receipts, withdrawals
from sync_server.sealing import receipt as receipt_file
from sync_server.store.receipts import ReceiptRow
from sync_server.store.summaries import SummaryRow

PATH = "/schools/{unit:str}/summary/{summary_id:str}/receipt"


@get(PATH)
async def view(request: Req, unit: FromPath[str], summary_id: FromPath[str]) -> Response[Any]:
    """The receipt, to print; what it states is read from the signed file."""
    try:
        row, found = await _found(request, unit, summary_id)
        services = get_services(request)
        root = await asyncio.to_thread(certs.root_pem, services)
        listed = await asyncio.to_thread(withdrawals.of_now, services)
    except ProblemError as problem:
        return _back(request, unit, problem)
    return await page(
        request,
        "receipt.html",
        unit=await school(request, unit),
        row=row,
        receipt=found,
        stated=receipt_file.read(found.file, root, listed),
        file_name=receipts.file_name(row),
    )


@get(f"{PATH}/file")
async def file(request: Req, unit: FromPath[str], summary_id: FromPath[str]) -> Response[Any]:
    """The signed file."""
    try:
        row, found = await _found(request, unit, summary_id)
    except ProblemError as problem:
        return _back(request, unit, problem)
    return forms.download(found.file, receipts.file_name(row), "application/json")


@post(PATH, status_code=303)
async def make(request: Req, unit: FromPath[str], summary_id: FromPath[str]) -> Redirect:
    """Make the receipt of a summary that was accepted without one, by an earlier version."""
    services, who = get_services(request), me(request).name
    await summary_steps.version_of(request, unit, summary_id)
    return await run_and_redirect(
        request,
        f"/schools/{unit}/summary",
        lambda: receipts.take(services, summary_id, who=who),
        "已开出收件回执",
        "The receipt is made",
    )


async def _found(request: Req, unit: str, summary_id: str) -> tuple[SummaryRow, ReceiptRow]:
    """Return a version and its receipt. Raises ProblemError console.not_found, receipt.none."""
    row = await summary_steps.version_of(request, unit, summary_id)
    found = await asyncio.to_thread(receipts.of_summary, get_services(request), summary_id)
    if found is None:
        raise ProblemError("receipt.none")
    return row, found


def _back(request: Req, unit: str, problem: ProblemError) -> Response[Any]:
    if problem.code != "receipt.none":
        raise problem
    notify_problem(request, problem)
    return Redirect(f"/schools/{unit}/summary", status_code=303)


HANDLERS = (view, file, make)
