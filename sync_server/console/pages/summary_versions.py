"""A school's versions beside each other: state, reason, counts, and of whom they differ."""

from __future__ import annotations

import asyncio

from litestar import Response, get
from litestar.params import FromPath

from shared.records.kind import Label
from sync_server.console.web.access import Req, get_services, school
from sync_server.console.web.rendering import page
from sync_server.office import original_papers, summaries, version_differences
from sync_server.store import audit
from sync_server.store import summaries as summaries_store

WAYS = {
    "signed": Label("签收", "signed"),
    "acknowledged": Label("短信/微信确认", "message acknowledged"),
    "refused": Label("拒签", "refused"),
    "undelivered": Label("未送达", "not delivered"),
}
GROUPS = {
    "promised": Label("承诺还款", "promised"),
    "special": Label("特殊情况", "special"),
    "unreachable": Label("暂未联系上", "not reached"),
    "other": Label("其他", "other"),
    "none": Label("无记录", "no record"),
}
WHEN = {
    "summary.print": Label("打印", "Printed"),
    "summary.discard": Label("作废", "Discarded"),
    "summary.returned": Label("退回", "Returned"),
    "summary.accepted": Label("接收", "Accepted"),
}
"""What the audit trail says of a version, beside the moments that its row has."""


@get("/schools/{unit:str}/summary/versions")
async def view(request: Req, unit: FromPath[str]) -> Response[str]:
    """Every version in a column."""
    row, services = await school(request, unit), get_services(request)
    versions = await asyncio.to_thread(summaries.listed, services, row.code)
    found = await asyncio.to_thread(version_differences.compare, versions)
    refs = {one.data_hash for one in found.rows} | {one.sha256 for one in found.rows}
    standing = summaries_store.standing(versions)
    return await page(
        request,
        "summary_versions.html",
        unit=row,
        base=f"/schools/{row.code}/summary",
        found=found,
        unread=len(versions) - len(found.rows),
        papers=await asyncio.to_thread(original_papers.of_versions, services, found.rows),
        when=await services.read(lambda c: audit.moments(c, refs - {""}, tuple(WHEN))),
        counted=standing.sealed.id if standing.sealed and standing.reports else "",
        ways=WAYS,
        groups=GROUPS,
        acts=WHEN,
        reasons={r.code: r.words for one in found.summaries for r in one.reasons},
    )


HANDLERS = (view,)
