"""`doorstep receipt`: the county's receipt for a school's accepted summary, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shared.problems import ProblemError
from sync_server import whole_file
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, named_document, opened

app = typer.Typer()


@app.command()
def receipt(
    school: str,
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", file_okay=False, exists=True, help="放到哪个文件夹；不给只显示"),
    ] = None,
) -> None:
    """取一所学校的收件回执：县里接收汇总时签的，核验时放在封存件旁边。"""
    from sync_server.office import receipts, summaries
    from sync_server.store.summaries import standing

    with opened(data, season) as services:
        unit, document = named_document(services, school)
        sealed = standing(summaries.listed(services, unit, document)).sealed
        if sealed is None or not unit:
            raise ProblemError("receipt.none")
        found = receipts.take(services, sealed.id, who=WHO)
    value = {
        "number": found.number,
        "document": sealed.document,
        "version": sealed.version,
        "sha256": found.sha256,
        "made_at": found.made_at,
        "withdrawn_at": found.withdrawn_at,
    }
    if out is not None:
        path = out / receipts.file_name(sealed)
        whole_file.write(path, found.file)
        value["file"] = str(path)
    output.show(value, as_json, lambda: output.mapping(value))
