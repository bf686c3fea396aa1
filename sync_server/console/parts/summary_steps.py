"""The steps a summary takes after it was composed, the same for a school and for the county."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.console.web import forms
from sync_server.console.web.access import Req, get_services, me
from sync_server.console.web.rendering import notify_problem, run_and_redirect
from sync_server.office import summaries
from sync_server.office.worker_jobs import ScanReport
from sync_server.sealing.summary import Totals
from sync_server.services import Services
from sync_server.store.summaries import State, SummaryRow

ORDER: tuple[State, ...] = ("composed", "printed", "stamped", "sealed", "submitted")
MEDIA = {
    "printed.pdf": "application/pdf",
    "summary.pdf": "application/pdf",
    "summary.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "evidence.bin": "application/octet-stream",
}


async def values(services: Services, row: SummaryRow | None) -> dict[str, Any]:
    """Return what summary.html shows: state, totals, exceptions and file sizes (bytes)."""
    if row is None:
        return {"row": None, "reached": -1, "totals": None, "exceptions": [], "sizes": {}}
    reached = ORDER.index(row.state) if row.state in ORDER else len(ORDER)
    found = await asyncio.to_thread(summaries.files, services, row.id)
    sizes = {name: path.stat().st_size for name, path in found.items()}
    if not row.sha256:  # before the seal the workbook is a by-product nobody should pass on
        sizes = {k: v for k, v in sizes.items() if k == "printed.pdf"}
    exceptions = msgspec.json.decode(row.exceptions) if row.exceptions else []
    return {
        "row": row,
        "reached": reached,
        "totals": _totals(row),
        "exceptions": exceptions,
        "sizes": sizes,
    }


def _totals(row: SummaryRow) -> Totals | None:
    """Return a version's totals; None where this program cannot read its summary."""
    try:
        return summaries.document(row).totals
    except msgspec.ValidationError:
        return None


async def version_of(request: Req, unit: str, summary_id: str) -> SummaryRow:
    """Return a version of a unit's summary ("": county). Raises ProblemError console.not_found."""
    for row in await asyncio.to_thread(summaries.listed, get_services(request), unit):
        if row.id == summary_id:
            return row
    raise ProblemError("console.not_found")


async def to_print(request: Req, unit: str, summary_id: str) -> Response[bytes]:
    """The pages to stamp, opened in the browser's viewer."""
    row = await version_of(request, unit, summary_id)
    path = await asyncio.to_thread(summaries.to_print, get_services(request), summary_id)
    return forms.download(
        await _bytes(path),
        f"{row.document}-v{row.version}-打印.pdf",
        "application/pdf",
        inline=True,
    )


async def scan(request: Req, unit: str, summary_id: str) -> ScanReport | None:
    """Store the uploaded pages and return what they showed; None, with a message, when refused."""
    await version_of(request, unit, summary_id)
    services, form, who = get_services(request), await request.form(), me(request).name
    try:
        chosen = await forms.files(form, "file")
        return await asyncio.to_thread(
            lambda: summaries.add_scan(services, summary_id, chosen, who=who)
        )
    except ProblemError as problem:
        notify_problem(request, problem)
        return None


async def seal(request: Req, unit: str, summary_id: str, back: str) -> Redirect:
    """Seal it."""
    await version_of(request, unit, summary_id)
    services, who = get_services(request), me(request).name
    return await run_and_redirect(
        request,
        back,
        lambda: summaries.seal(services, summary_id, who=who),
        "已封存。文件里的数据、扫描页和照片从现在起改一个字节都能查出来",
        "Sealed: from now on a single changed byte shows",
    )


async def submit(request: Req, unit: str, summary_id: str, back: str) -> Redirect:
    """Submit it."""
    await version_of(request, unit, summary_id)
    services, who = get_services(request), me(request).name
    return await run_and_redirect(
        request,
        back,
        lambda: summaries.submit(services, summary_id, who=who),
        "已上报",
        "Handed in",
    )


async def file(request: Req, unit: str, summary_id: str, name: str) -> Response[bytes]:
    """One of its files to save. Raises: ProblemError console.not_found."""
    row = await version_of(request, unit, summary_id)
    found = await asyncio.to_thread(summaries.files, get_services(request), summary_id)
    if name not in found or name not in MEDIA:
        raise ProblemError("console.not_found")
    return forms.download(
        await _bytes(found[name]), f"{row.document}-v{row.version}-{name}", MEDIA[name]
    )


async def _bytes(path: Path) -> bytes:
    return await asyncio.to_thread(path.read_bytes)
