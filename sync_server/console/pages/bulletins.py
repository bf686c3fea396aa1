"""Bulletins (通报): what one of now would say, issuing it, and each one's way to its seal.

Issuing is the admins'. A sealed one is published in the whole county and names nobody: everybody
who is signed in reads it, schools too. Before that its hash would tell schools and officers whom a
spot check is going to ask.
"""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server import body_limits
from sync_server.console.parts import started, summary_steps
from sync_server.console.web import forms
from sync_server.console.web.access import (
    ADMINS,
    INSPECTION,
    Req,
    get_services,
    me,
    scope_of,
)
from sync_server.console.web.rendering import page, run_and_redirect
from sync_server.office import bulletins
from sync_server.office.bulletins import Counted
from sync_server.paperwork import words
from sync_server.sealing.bulletin import Bulletin as Document
from sync_server.sealing.bulletin import Counts
from sync_server.sealing.documents import decode
from sync_server.store import bulletins as store
from sync_server.store.accounts import ADMIN
from sync_server.store.bulletins import UNIT
from sync_server.store.ids import new_id
from sync_server.store.summaries import SummaryRow

BACK = "/bulletins"
ISSUING = Label("发布通报", "Issuing the bulletin")
STATES = {
    "composed": Label("已定稿,待打印", "frozen, to be printed"),
    "printed": Label("已打印,待盖章", "printed, to be stamped"),
    "stamped": Label("已盖章,待封存", "stamped, to be sealed"),
    "sealed": Label("已封存", "sealed"),
    "discarded": Label("未封存", "not sealed"),
}
WITHDRAWN = {"withdrawn": Label("已撤回", "withdrawn")}


@get(BACK, opt={INSPECTION: True})
async def view(request: Req) -> Response[str]:
    """Those that were issued, and for admins what one of now would say."""
    services = get_services(request)
    counted = None
    if me(request).role == ADMIN:
        counted = await asyncio.to_thread(bulletins.counted_now, services)
    found = await asyncio.to_thread(bulletins.listed, services)
    return await page(
        request,
        "bulletins.html",
        counted=counted,
        rows=_lines(counted) if counted else [],
        found=[one for one in found if _is_open(request, one.file_sha256)],
        asked=new_id(),
        states=STATES,
        withdrawn=WITHDRAWN,
        percent=words.percent,
    )


@post("/bulletins/issue", opt={"roles": ADMINS}, status_code=303)
async def issue(request: Req) -> Response[Any]:
    """Freeze the figures that the page showed under the next number."""
    form, who = await request.form(), me(request).shown
    asked, seen = forms.text(form, "asked", 64), forms.text(form, "seen", 64)
    return await started.start(
        request,
        f"bulletin {sha256_hex(asked.encode())}",
        lambda services: bulletins.issue(services, who=who, request=asked, seen=seen),
        started.then_back(
            "{number}已定稿,请打印",
            "{number} is frozen: print it",
            number=lambda one: one.number_text,
        ),
        title=ISSUING,
        of=summary_steps.WHOLE_COUNTY,
        back=BACK,
    )


def _is_open(request: Req, file_sha256: str) -> bool:
    """Whether somebody reads a bulletin: who sees the county always, others once it is sealed."""
    return scope_of(request).is_county or bool(file_sha256)


async def _read(request: Req, summary_id: str) -> SummaryRow:
    row = await summary_steps.version_of(request, UNIT, summary_id)
    if not _is_open(request, row.sha256):
        raise ProblemError("console.not_found")
    return row


@get("/bulletins/{summary_id:str}", opt={INSPECTION: True})
async def one(request: Req, summary_id: FromPath[str]) -> Response[str]:
    """A bulletin with its figures, and how far it is."""
    services = get_services(request)
    row = await _read(request, summary_id)
    steps = await summary_steps.values(services, UNIT, [row], row.document)
    return await page(
        request,
        "bulletins_one.html",
        **{**steps, "row": row},
        bulletin=await services.read(lambda c: store.get(c, summary_id)),
        document=(document := _document(row)),
        rows=_lines(document) if document else [],
        base=BACK,
        states=STATES,
        withdrawn=WITHDRAWN,
        percent=words.percent,
    )


def _lines(of: Counted | Document) -> list[tuple[str, Counts]]:
    """Return the lines of the table of figures; "" names the sums."""
    return [*((row.name, row.counts) for row in of.rows), ("", of.totals)]


def _document(row: SummaryRow) -> Document | None:
    """Return what it says; None once the season is purged."""
    found = decode(row.data) if row.data != b"{}" else None
    return found if isinstance(found, Document) else None


@post("/bulletins/{summary_id:str}/print", opt={"roles": ADMINS}, status_code=200)
async def to_print(request: Req, summary_id: FromPath[str]) -> Response[bytes]:
    """The pages to stamp."""
    return await summary_steps.to_print(request, UNIT, summary_id)


@post(
    "/bulletins/{summary_id:str}/scan",
    opt={"roles": ADMINS, "takes": body_limits.SCANS},
    status_code=303,
)
async def scan(request: Req, summary_id: FromPath[str]) -> Response[Any]:
    """The stamped pages."""
    return await summary_steps.scan(request, UNIT, summary_id, f"{BACK}/{summary_id}")


@post("/bulletins/{summary_id:str}/seal", opt={"roles": ADMINS}, status_code=303)
async def seal(request: Req, summary_id: FromPath[str]) -> Response[Any]:
    """Seal it."""
    return await summary_steps.seal(request, UNIT, summary_id, f"{BACK}/{summary_id}")


@post("/bulletins/{summary_id:str}/withdraw", opt={"roles": ADMINS}, status_code=303)
async def withdraw(request: Req, summary_id: FromPath[str]) -> Redirect:
    """Withdraw a wrong one; its number stays used."""
    row = await summary_steps.version_of(request, UNIT, summary_id)
    services, form, who = get_services(request), await request.form(), me(request).shown
    reason = forms.text(form, "reason", bulletins.LONGEST_REASON)
    return await run_and_redirect(
        request,
        f"{BACK}/{row.id}",
        lambda: bulletins.withdraw(services, summary_id, reason, who=who),
        "{number}已撤回,文号不再用",
        "{number} is withdrawn; its number is not used again",
        number=lambda done: done.number_text,
        typed={"reason": reason},
    )


@get("/bulletins/{summary_id:str}/files/{name:str}", opt={INSPECTION: True})
async def file(request: Req, summary_id: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """One of its files; the workbook from its issue on."""
    row = await _read(request, summary_id)
    if name == "frozen.xlsx":
        data = await asyncio.to_thread(bulletins.workbook, get_services(request), row)
        if data is None:
            raise ProblemError("console.not_found")
        return forms.download(data, f"{row.document}-{row.version}号.xlsx", forms.XLSX_TYPE)
    return await summary_steps.file(request, UNIT, summary_id, name)


HANDLERS = (view, issue, one, to_print, scan, seal, withdraw, file)
