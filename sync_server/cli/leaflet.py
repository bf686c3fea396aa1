"""`doorstep leaflet`: the leaflet for everybody, and a text for groups and meetings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened

app = typer.Typer()


@app.command()
def leaflet(
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="宣传单存成哪个 PDF 文件；不写就只给文字")
    ] = None,
) -> None:
    """做政策宣传单和发到群里、会上念的文字：只用年度设置和核对过的政策页。"""
    from shared.publicity import long_text, short_text
    from sync_server.office import leaflets

    with opened(data, season) as services:
        now = leaflets.season_of(services)
        value: dict[str, Any] = {"short": short_text(now), "long": long_text(now)}
        if out is not None:
            output.write_file(out, leaflets.pdf(services, who=WHO))
            value["pdf"] = str(out)

    def human() -> None:
        output.screen.print(output.shown(value["short"]))
        output.screen.print("\n" + output.shown(value["long"]))
        if out is not None:
            output.screen.print(f"\n[green]{output.shown(str(out))}[/]")

    output.show(value, as_json, human)
