"""`doorstep stamps`: what a scan shows where it must bear ink; confirm what the program missed."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shared.problems import ProblemError
from sync_server.cli import output
from sync_server.cli.options import AsJson, Data, InSeason, named_document, opened
from sync_server.office.scan_report import ScanReport
from sync_server.services import Services
from sync_server.store import accounts
from sync_server.store.accounts import Account
from sync_server.store.summaries import SummaryRow

app = typer.Typer()


@app.command()
def stamps(
    school: str,
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
    confirm: Annotated[
        str, typer.Option("--confirm", help="核对原件后确认的一处,写成 页:红章或签字,如 3:stamp")
    ] = "",
    take_back: Annotated[str, typer.Option("--take-back", help="撤回对一处的确认")] = "",
    reason: Annotated[str, typer.Option("--reason", help="原件上看到了什么")] = "",
    by: Annotated[str, typer.Option("--by", help="谁核对的:县资助中心的账号")] = "",
    seen_original: Annotated[bool, typer.Option("--seen-original", help="我已核对原件")] = False,
) -> None:
    """看扫描件上的红章和签字;程序没看出来的,由县资助中心核对原件后确认。"""
    from sync_server.office import stamps as verbs
    from sync_server.office import summaries

    with opened(data, season) as services:
        row = next(iter(summaries.listed(services, *named_document(services, school))), None)
        if row is None:
            raise ProblemError("summary.unknown")
        if confirm:
            page, area = _place(confirm)
            row = verbs.confirm(
                services,
                row.id,
                page,
                area,
                reason=reason,
                seen_original=seen_original,
                account=_account(services, by),
            )
        elif take_back:
            page, area = _place(take_back)
            account = _account(services, by)
            row = verbs.take_back(services, row.id, page, area, account=account)
        value = _shown(row, verbs.report(services, row))
    output.show(value, as_json, lambda: _print(value))


def _place(text: str) -> tuple[int, str]:
    page, _, area = text.partition(":")
    if not (page.isascii() and page.isdigit() and area):
        raise typer.BadParameter("写成 页:stamp 或 页:signature")
    return int(page), area


def _account(services: Services, name: str) -> Account:
    """Return an account in use. Raises ProblemError auth.forbidden where none has that name."""
    found = services.database.read(lambda c: accounts.find(c, name))
    if found is None or not found.lets_in:
        raise ProblemError("auth.forbidden")
    return found


def _shown(row: SummaryRow, report: ScanReport | None) -> dict[str, Any]:
    areas = report.areas if report else ()
    return {
        "document": row.document,
        "version": row.version,
        "state": row.state,
        "complete": report.complete if report else False,
        "areas": [
            {
                "page": a.page,
                "area": a.area,
                "code": a.code,
                "confirmed_by": a.confirmed.by if a.confirmed else "",
                "reason": a.confirmed.reason if a.confirmed else "",
            }
            for a in areas
        ],
    }


def _print(value: dict[str, Any]) -> None:
    output.screen.print(f"{value['document']} 第{value['version']}版  {value['state']}")
    for a in value["areas"]:
        words = f"由{a['confirmed_by']}核对原件后确认:{a['reason']}" if a["confirmed_by"] else ""
        output.screen.print(f"  {a['page']}:{a['area']}  {a['code'] or '✓'}  {words}")
