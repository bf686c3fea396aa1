"""The steps a summary takes after it was composed, the same for a school and for the county."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response
from litestar.response import Redirect

from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.console.parts import started
from sync_server.console.web import forms
from sync_server.console.web.access import Req, get_services, me
from sync_server.console.web.formatting import Words
from sync_server.console.web.rendering import notify_problem, run_and_redirect
from sync_server.office import county_reports, stamps, summaries, summary_scans, summary_verdicts
from sync_server.office.scan_report import ScanReport
from sync_server.sealing.summary import SchoolSummary, Summary, Totals
from sync_server.services import Services
from sync_server.store import bulletins, units
from sync_server.store import summaries as summaries_store
from sync_server.store.summaries import SummaryRow
from sync_server.store.summary_states import State
from sync_server.store.work_claims import Work

Verb = Callable[..., object]
ORDER: tuple[State, ...] = ("composed", "printed", "stamped", "sealed", "submitted")
UNDER_WAY: dict[Work, Label] = {
    "compose": Label("正在生成这份汇总,请稍候再打开本页", "The summary is being composed"),
    "scan": Label("正在识别扫描件,请稍候再打开本页", "The scan is being read"),
    "seal": Label("正在封存,请稍候再打开本页", "The summary is being sealed"),
}
SCANNING = Label("识别扫描件", "Reading the scan")
CHECKING_ELSEWHERE = Label("核对电子公章文件", "Checking a file sealed electronically")
ELSEWHERE = "elsewhere"
"""What a form says whose files were sealed electronically and are no scan."""
READ_SCAN = started.then_back(
    "扫描件已读完,共认出 {n} 页",
    "The scan is read: {n} pages recognised",
    n=lambda report: len(report.pages),
)
READ_ELSEWHERE = started.then_back(
    "电子公章文件已读完,请看第 3 步写的核对结果",
    "The file sealed electronically is read: see step 3 for what was found",
)
SEALING = Label("封存", "Sealing")
COMPOSING = Label("生成汇总", "Composing the summary")
WHOLE_COUNTY = Label("全县", "the county")
MEDIA = {
    "printed.pdf": "application/pdf",
    "summary.pdf": "application/pdf",
    "summary.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "evidence.bin": "application/octet-stream",
}


async def values(
    services: Services, unit: str, versions: list[SummaryRow], document: str = ""
) -> dict[str, Any]:
    """Return what summary.html shows of a unit's versions, of one document where it has several.

    `row` is the version that the steps are about: a draft, where there is one; then `beside` is the
    newest sealed one. Also the state reached, totals, exceptions, file sizes (bytes), and what
    somebody does with the document right now. `beside_totals` are those of `beside`.
    """
    standing = summaries_store.standing(versions)
    row = standing.draft or standing.sealed
    work = await asyncio.to_thread(summaries.under_way, services, unit, document)
    common = {
        "versions": versions,
        "row": row,
        "beside": standing.sealed if standing.draft else None,
        "beside_totals": totals_of(standing.sealed) if standing.draft else None,
        "judged": standing.sealed,
        "needs_reason": bool(row and row.state != "composed") or standing.sealed is not None,
        "work": UNDER_WAY[work] if work else None,
    }
    if row is None:
        return {
            **common,
            "reached": -1,
            "totals": None,
            "frozen": None,
            "exceptions": [],
            "sizes": {},
            "report": None,
        }
    sizes = await asyncio.to_thread(summaries.file_sizes, services, row)
    return {
        **common,
        "reached": ORDER.index(row.state) if row.state in ORDER else len(ORDER),
        "totals": totals_of(row),
        "frozen": _frozen(row),
        "exceptions": msgspec.json.decode(row.exceptions) if row.exceptions else [],
        "sizes": sizes,
        "report": await asyncio.to_thread(stamps.report, services, row),
    }


def totals_of(row: SummaryRow | None) -> Totals | None:
    """Return a version's totals; None where there is none, or its summary cannot be read.

    All counts of a version that a page shows come from here: paper, workbook and roll-up are made
    of the same summary.
    """
    found = _document(row)
    return found.totals if found else None


def _document(row: SummaryRow | None) -> Summary | None:
    try:
        return summaries.document(row) if row else None
    except msgspec.MsgspecError:
        return None


EACH = Label("首页和每份情况说明都要盖章", "a stamp on page 1 and on each statement")
ONE = Label("只在首页盖章,一个章", "one stamp, on page 1")
FULL = Label("纸面上的身份证号写全", "ID numbers in full on paper")
MASKED = Label("纸面上的身份证号遮挡中间几位", "ID numbers masked on paper")


def _frozen(row: SummaryRow) -> Callable[[str], str] | None:
    """Return what the season said of stamps and ID numbers when a school's version was composed.

    The version keeps it, whatever the season says later.
    """
    found = _document(row)
    if not isinstance(found, SchoolSummary):
        return None
    stamps_ = EACH if found.stamp_each_statement else ONE
    numbers = FULL if found.full_id_numbers else MASKED

    def words(language: str) -> str:
        t = Words(language)
        return t(
            "这一版按生成时的年度设置：{stamps}；{numbers}。设置以后改了，从下一版起。",
            "By the settings of the season when this version was composed: {stamps}; {numbers}. "
            "A later change of them counts from the next version on.",
            stamps=t(*stamps_),
            numbers=t(*numbers),
        )

    return words


async def version_of(request: Req, unit: str, summary_id: str) -> SummaryRow:
    """Return a version of a unit's summary ("": county). Raises ProblemError console.not_found."""
    for row in await asyncio.to_thread(summaries.listed, get_services(request), unit):
        if row.id == summary_id:
            return row
    raise ProblemError("console.not_found")


def county_path(row: SummaryRow) -> str:
    """The address of the page of a county's report to one recipient."""
    return f"/county?to={county_reports.recipient_key(row.document)}"


async def to_print(request: Req, unit: str, summary_id: str) -> Response[bytes]:
    """The pages to stamp, opened in the browser's viewer."""
    row = await version_of(request, unit, summary_id)
    services, who = get_services(request), me(request).name
    path = await asyncio.to_thread(lambda: summaries.to_print(services, summary_id, who=who))
    return forms.download(
        await _bytes(path),
        _file_name(row, "打印.pdf"),
        "application/pdf",
        inline=True,
    )


async def _named(request: Req, unit: str) -> Label:
    """Return the name of a school, or of the county ("")."""
    services = get_services(request)
    if unit in ("", bulletins.UNIT):
        return WHOLE_COUNTY
    found = await services.read(lambda c: units.unit(c, services.season, unit))
    name = found.name if found else unit
    return Label(name, name)


async def scan(request: Req, unit: str, summary_id: str, back: str) -> Response[Any]:
    """Store the uploaded pages; what they showed stands on the summary's page."""
    await version_of(request, unit, summary_id)
    form, who = await request.form(), me(request).name
    try:
        chosen = await forms.files(form, "file")
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect(back, status_code=303)
    digest = sha256_hex(b"".join(sha256_hex(data).encode() for _, data in chosen))
    elsewhere = forms.text(form, "kind") == ELSEWHERE
    seen = forms.text(form, "seen") == "yes"
    if elsewhere and not seen:
        notify_problem(request, ProblemError("elsewhere.not_declared"))
        return Redirect(back, status_code=303)

    def verb(services: Services) -> ScanReport:
        if elsewhere:
            by = me(request).shown
            return summary_scans.add_elsewhere(services, summary_id, chosen, seen=seen, who=by)
        return summary_scans.add(services, summary_id, chosen, who=who)

    return await started.start(
        request,
        f"scan {summary_id} {elsewhere} {digest}",
        verb,
        READ_ELSEWHERE if elsewhere else READ_SCAN,
        title=CHECKING_ELSEWHERE if elsewhere else SCANNING,
        of=await _named(request, unit),
        back=back,
    )


async def seal(request: Req, unit: str, summary_id: str, back: str) -> Response[Any]:
    """Seal it."""
    await version_of(request, unit, summary_id)
    who = me(request).name
    return await started.start(
        request,
        f"seal {summary_id}",
        lambda services: summaries.seal(services, summary_id, who=who),
        started.then_back(
            "已封存。文件里的数据、扫描页和照片从现在起改一个字节都能查出来",
            "Sealed: from now on a single changed byte shows",
        ),
        title=SEALING,
        of=await _named(request, unit),
        back=back,
    )


async def submit(request: Req, unit: str, summary_id: str, back: str) -> Redirect:
    """Submit it."""
    act = (summary_verdicts.submit, "已上报", "Handed in")
    return await _act(request, unit, summary_id, back, *act)


async def discard(request: Req, unit: str, summary_id: str, back: str) -> Redirect:
    """Discard a draft."""
    act = (summary_verdicts.discard, "这一版已作废", "The version is discarded")
    return await _act(request, unit, summary_id, back, *act)


async def _act(
    request: Req, unit: str, summary_id: str, back: str, verb: Verb, zh: str, en: str
) -> Redirect:
    """Run a verb on a version of this unit, and say that it is done."""
    await version_of(request, unit, summary_id)
    services, who = get_services(request), me(request).name
    return await run_and_redirect(
        request, back, lambda: verb(services, summary_id, who=who), zh, en
    )


async def file(request: Req, unit: str, summary_id: str, name: str) -> Response[bytes]:
    """One of its files to save. Raises: ProblemError console.not_found."""
    row = await version_of(request, unit, summary_id)
    found = await asyncio.to_thread(summaries.files, get_services(request), summary_id)
    if name not in found or name not in MEDIA:
        raise ProblemError("console.not_found")
    return forms.download(await _bytes(found[name]), _file_name(row, name), MEDIA[name])


def _file_name(row: SummaryRow, name: str) -> str:
    """Name a file by its document and, of a report to one of several, its recipient."""
    to = county_reports.recipient_name(row)
    return "-".join((row.document, f"v{row.version}", *((f"报{to}",) if to else ()), name))


async def _bytes(path: Path) -> bytes:
    return await asyncio.to_thread(path.read_bytes)
