"""`doorstep original`: 原件已收, record that a school's stamped paper is at the centre."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import typer

from shared.problems import ProblemError
from shared.season import china_day, iso_day
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, named_document, opened
from sync_server.services import Services
from sync_server.store.summaries import SummaryRow

app = typer.Typer()


@app.command()
def original(
    school: str,
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
    pages: Annotated[int, typer.Option("--pages", help="收到几页")] = 0,
    day: Annotated[str, typer.Option("--day", help="哪天收到,不写就是今天")] = "",
    undo: Annotated[str, typer.Option("--undo", help="撤销登记,写明理由")] = "",
) -> None:
    """登记一所学校最新一版的盖章原件已收;不写页数就只看现在怎样。"""
    from sync_server.office import original_papers, summaries

    with opened(data, season) as services:
        rows = summaries.listed(services, *named_document(services, school))
        row = next((one for one in rows if one.state != "discarded"), None)
        if row is None:
            raise ProblemError("summary.unknown")
        if undo:
            original_papers.undo(services, row.id, "", reason=undo, who=WHO)
        elif pages:
            received = _day(services, day)
            original_papers.receive(services, row.id, pages=pages, day=received, who=WHO)
        value = _shown(services, row)
    output.show(value, as_json, lambda: output.mapping(value))


def _day(services: Services, text: str) -> date | None:
    return iso_day(text) if text else china_day(services.settings.now())


def _shown(services: Services, row: SummaryRow) -> dict[str, Any]:
    from sync_server.office import original_papers

    found = original_papers.of_versions(services, [row])
    entry = found.received.get(row.id)
    return {
        "document": row.document,
        "version": row.version,
        "original": found.states[row.id] or "none",
        "pages": entry.pages if entry else 0,
        "day": entry.day if entry else "",
    }
