"""`doorstep spot-check`: draw people of schools, print the sheets, show the results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from shared.problems import ProblemError
from sync_server import whole_file
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened
from sync_server.office.spot_checks import Checked
from sync_server.services import Services
from sync_server.store.scope import WHOLE_COUNTY

app = typer.Typer(no_args_is_help=True, help="督查:抽人、督查表、各校结果")

Number = Annotated[int, typer.Option("--bulletin", help="依据第几号通报")]
Unit = Annotated[str, typer.Option("--unit", help="学校编号;不写是全部")]


def _bulletin(services: Services, number: int) -> str:
    """Return the id of a bulletin by its number. Raises: ProblemError bulletin.unknown."""
    from sync_server.office import bulletins

    found = next((one for one in bulletins.listed(services) if one.number == number), None)
    if found is None:
        raise ProblemError("bulletin.unknown")
    return found.id


def _value(one: Checked) -> dict[str, Any]:
    return {
        "unit": one.check.unit,
        "school": one.unit.name,
        "bulletin": one.bulletin.number_text,
        "bulletin_sha256": one.check.bulletin_sha256,
        "frame": len(one.check.codes),
        "frame_sha256": one.check.frame_sha256,
        "drawn": [person.code for person in one.people],
        **{
            name: value
            for name, value in msgspec.to_builtins(one.result).items()
            if name != "drawn"
        },
        "checked": one.result.checked,
    }


def _show(found: list[Checked], as_json: bool) -> None:
    def human() -> None:
        for one in found:
            r = one.result
            output.screen.print(
                f"[bold]{output.shown(one.unit.name)}[/]  {output.shown(one.bulletin.number_text)}"
                f"  {len(one.check.codes)} 人中抽 {r.drawn} 人  已查 {r.checked}  属实 {r.real}"
                f"  不属实 {r.not_real}  没见到人 {r.not_met}  待说明 {r.open}  待了结 {r.answered}"
            )

    output.show([_value(one) for one in found], as_json, human)


@app.command()
def draw(
    bulletin: Number,
    size: Annotated[int, typer.Option("--size", help="每校几人；0 照年度设置")] = 0,
    unit: Unit = "",
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """照一份通报抽人;一份通报每所学校只抽一次,再抽一遍还是这些人。"""
    from sync_server.office import spot_checks
    from sync_server.store import seasons

    with opened(data, season) as services:
        size = size or services.database.read(lambda c: seasons.get(c, services.season)).spot.size
        drawn = spot_checks.draw(services, _bulletin(services, bulletin), size, who=WHO, unit=unit)
        ids = {one.id for one in drawn}
        found = [one for one in spot_checks.listed(services, WHOLE_COUNTY) if one.check.id in ids]
    _show(found, as_json)


@app.command()
def sheet(
    bulletin: Number,
    out: Annotated[Path, typer.Option("--out", file_okay=False, help="放督查表的文件夹")],
    unit: Unit = "",
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """排出督查表 PDF,一校一份;排出以后这次抽取就定了。"""
    from sync_server.office import spot_checks

    value = []
    with opened(data, season) as services:
        chosen = _bulletin(services, bulletin)
        found = [
            one
            for one in spot_checks.listed(services, unit or WHOLE_COUNTY)
            if one.check.bulletin == chosen
        ]
        if not found:
            raise ProblemError("spot.unknown")
        out.mkdir(parents=True, exist_ok=True)
        for one in found:
            path = out / f"督查表-{one.unit.code}.pdf"
            whole_file.write(path, spot_checks.sheet(services, one.check.id, who=WHO))
            value.append(str(path))
    output.show(value, as_json, lambda: output.screen.print("\n".join(map(output.shown, value))))


@app.command()
def result(
    unit: Unit = "", data: Data = None, season: InSeason = "", as_json: AsJson = False
) -> None:
    """各校查了几人、属实几人、不属实几人;录入和了结在网页上。"""
    from sync_server.office import spot_checks

    with opened(data, season) as services:
        found = spot_checks.listed(services, unit or WHOLE_COUNTY)
    _show(found, as_json)
