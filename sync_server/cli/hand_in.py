"""`doorstep hand-in`: what each school handed in of its signed slips, and whose are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened, unit_code
from sync_server.store.scope import WHOLE_COUNTY

app = typer.Typer(no_args_is_help=True, help="签收单交中心:各校交了多少,谁的还没有交")


@app.command()
def state(
    school: Annotated[str, typer.Argument(help="只看一所学校(代码或校名)")] = "",
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """各校已交、在学校、未到、迟交的签收单,和最近一批。"""
    from sync_server.office import slip_progress

    with opened(data, season) as services:
        unit = unit_code(services, school) if school else WHOLE_COUNTY
        found = slip_progress.schools(services, unit)
    value = [
        {
            "unit": row.code,
            "school": row.name,
            "people": one.counts.people,
            "handed_in": one.handed_in,
            "at_school": one.counts.papers["at_school"],
            "missing": one.missing,
            "late": one.counts.late,
            "last_batch": one.last.number if one.last else 0,
            "last_on": one.last.received_on if one.last else "",
        }
        for row, one in found
    ]

    def human() -> None:
        for line in value:
            output.screen.print(
                f"[bold]{output.shown(str(line['school']))}[/]  应还 {line['people']} 人,"
                f"已交 {line['handed_in']},在学校 {line['at_school']},未到 {line['missing']},"
                f"迟交 {line['late']}"
            )

    output.show(value, as_json, human)


@app.command()
def left(
    school: Annotated[str, typer.Argument(help="只看一所学校(代码或校名)")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="存到哪里;不写就存在当前文件夹")] = None,
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """签收单还没有交到中心的人,一个 Excel;里面有姓名,用完请删除。"""
    from sync_server.office import slip_progress

    with opened(data, season) as services:
        unit = unit_code(services, school) if school else WHOLE_COUNTY
        book = slip_progress.left_book(services, unit, who=WHO)
    file = out or Path(f"slips-left-{unit or 'county'}.xlsx").absolute()
    output.write_file(file, book)
    output.show({"file": str(file)}, as_json, lambda: output.screen.print(str(file)))
