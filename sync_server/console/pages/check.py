"""The public page that verifies a sealed file; nothing is kept."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from functools import partial
from pathlib import Path
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Redirect

from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server import body_limits, client_address, temporary
from sync_server.console.parts import started
from sync_server.console.web import forms
from sync_server.console.web.access import Req, console_state, get_services
from sync_server.console.web.rendering import standalone_page
from sync_server.console.web.work_board import Elsewhere
from sync_server.console.web.works import Work
from sync_server.office import jobs, summaries
from sync_server.office.job_order import MOST_CHECKS
from sync_server.services import Services

PUBLIC = "/check "
"""What the owner of a check begins with: no account has such a name."""
MOST_OF_ADDRESS = 2
"""Checks of one network that run or wait: a school's people share one."""
CHECKING = Label("核验", "Checking the file")


@get("/check")
async def ask(request: Req) -> Response[str]:
    """Choose a file."""
    return _page(request)


@post("/check", status_code=200, opt={"takes": body_limits.SEALED_FILE})
async def check(request: Req) -> Response[Any]:
    """Verify a file; one at a time over all visitors: it is heavy and the page is public."""
    try:
        form = await request.form()
        name, data = (await forms.files(form, "file"))[0]
        receipt = await _receipt(form)
        work = await _start(request, name, data, receipt)
    except ProblemError as problem:
        return _page(request, problem)
    return await _answer(request, work) or Redirect(f"/check/{work.id}", status_code=303)


@get("/check/{work_id:str}")
async def progress(request: Req, work_id: FromPath[str]) -> Response[Any]:
    """How far a check is, then its verdict, once, for whoever sent the file."""
    works = console_state(request).works
    try:
        work: Work | Elsewhere
        try:
            work = works.find(work_id, _owner(request))
        except ProblemError:
            if works.board is None:
                raise
            work = await works.board.find(work_id, _owner(request))
            if work.ended_s:
                return await started.answer_elsewhere(request, work_id)
    except ProblemError as problem:
        return _page(request, problem)
    if isinstance(work, Work) and (found := await _answer(request, work)) is not None:
        return found
    standing = await asyncio.to_thread(jobs.standing, get_services(request), work.id)
    return standalone_page(request, "check_waiting.html", work=work, standing=standing)


async def _receipt(form: FormMultiDict) -> bytes:
    """Return the receipt that was sent along, b"" without one."""
    try:
        return (await forms.files(form, "receipt"))[0][1]
    except ProblemError:
        return b""


async def _start(request: Req, name: str, data: bytes, receipt: bytes) -> Work:
    """Put the file aside and queue its check. Raises ProblemError console.busy."""
    works, services = console_state(request).works, get_services(request)
    owner, key = _owner(request), sha256_hex(data + receipt)
    found = works.same(owner, key)
    if found is not None:
        return found
    if works.at_work(PUBLIC) >= MOST_CHECKS or works.at_work(owner) >= MOST_OF_ADDRESS:
        raise ProblemError("console.busy")
    folder = services.settings.path(temporary.FOLDER) / f"check-{secrets.token_hex(8)}"
    await asyncio.to_thread(_put_aside, folder, data)
    try:
        return works.start(
            services,
            key,
            lambda asked: _verdict(asked, folder, receipt),
            owner=owner,
            title=CHECKING,
            back="/check",
            finish=partial(_shown, name=name),
            who="",
        )
    except ProblemError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _put_aside(folder: Path, data: bytes) -> None:
    folder.mkdir(mode=0o700)
    (folder / "summary.pdf").write_bytes(data)


def _verdict(services: Services, folder: Path, receipt: bytes) -> dict[str, Any]:
    """Verify the file and delete it."""
    try:
        with temporary.in_use(folder):
            return summaries.check_file(services, folder / "summary.pdf", receipt)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner(request: Req) -> str:
    return PUBLIC + client_address.network(client_address.address_of(request))


async def _answer(request: Req, work: Work) -> Response[Any] | None:
    """Show the verdict and forget it; None while there is none."""
    works = console_state(request).works
    if work.finish is None or not await works.wait(work):
        works.answer_anywhere(work, request)
        return None
    if work.answering is not None:
        await works.answered(work)
        return await started.answer_elsewhere(request, work.id)
    await works.forget(work)
    return await work.finish(request, work)


async def _shown(request: Req, work: Work, *, name: str) -> Response[Any]:
    try:
        return _page(request, verdict=work.result(), name=name)
    except ProblemError as problem:
        return _page(request, problem)


def _page(
    request: Req,
    problem: ProblemError | None = None,
    verdict: dict[str, Any] | None = None,
    name: str = "",
) -> Response[str]:
    status = problem.problem.status if problem else 200
    return standalone_page(
        request, "check.html", status=status, verdict=verdict, problem=problem, name=name
    )


HANDLERS = (ask, check, progress)
