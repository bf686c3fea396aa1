"""`doorstep bulletin`: issue a bulletin, print, seal and withdraw it; list late schools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from shared.problems import ProblemError
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened
from sync_server.services import Services
from sync_server.store.bulletins import Bulletin
from sync_server.store.scope import WHOLE_COUNTY

app = typer.Typer(no_args_is_help=True, help="通报:定稿、打印、盖章封存、撤回;约谈单位")

Number = Annotated[int, typer.Argument(help="第几号")]


def _numbered(services: Services, number: int) -> Bulletin:
    """Return a bulletin by its number. Raises: ProblemError bulletin.unknown."""
    from sync_server.office import bulletins

    found = next((one for one in bulletins.listed(services) if one.number == number), None)
    if found is None:
        raise ProblemError("bulletin.unknown")
    return found


def _value(one: Bulletin) -> dict[str, Any]:
    return {
        "number": one.number,
        "number_text": one.number_text,
        "document": one.document,
        "state": one.state,
        "cut_off": one.cut_off,
        "sha256": one.sha256,
        "file_sha256": one.file_sha256,
        "withdrawn_at": one.withdrawn_at,
    }


@app.command()
def issue(data: Data = None, season: InSeason = "", as_json: AsJson = False) -> None:
    """按现在的数字定稿,给下一个文号;定稿后不能再改。"""
    from sync_server.office import bulletins

    with opened(data, season) as services:
        value = _value(bulletins.issue(services, who=WHO))
    output.show(value, as_json, lambda: output.mapping(value))


@app.command("list")
def listed(data: Data = None, season: InSeason = "", as_json: AsJson = False) -> None:
    """本年度的通报:文号、状态、数据校验码、是否撤回。"""
    from sync_server.office import bulletins

    with opened(data, season) as services:
        value = [_value(one) for one in bulletins.listed(services)]

    def human() -> None:
        for line in value:
            gone = "  [red]已撤回[/]" if line["withdrawn_at"] else ""
            output.screen.print(
                f"[bold]{output.shown(line['number_text'])}[/]  {line['state']}{gone}  "
                f"{line['cut_off']}  {line['sha256'][:16]}"
            )

    output.show(value, as_json, human)


@app.command("print")
def to_print(
    number: Number, data: Data = None, season: InSeason = "", as_json: AsJson = False
) -> None:
    """打印稿在哪里;从此等着盖章。"""
    from sync_server.office import summaries

    with opened(data, season) as services:
        one = _numbered(services, number)
        value = {"print": str(summaries.to_print(services, one.id, who=WHO))}
    output.show(value, as_json, lambda: output.mapping(value))


@app.command()
def seal(
    number: Number,
    scan: Annotated[
        list[Path], typer.Option("--scan", exists=True, dir_okay=False, help="盖章后的扫描件")
    ],
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """核对盖章后的扫描件并封存。"""
    from sync_server.office import summaries, summary_scans

    with opened(data, season) as services:
        one = _numbered(services, number)
        files = [(path.name, path.read_bytes()) for path in scan]
        report = summary_scans.add(services, one.id, files, who=WHO)
        for found in (*report.problems, *report.findings):
            output.screen.print(f"  {found.code} {found.message}")
        summaries.seal(services, one.id, who=WHO)
        paths = {name: str(path) for name, path in summaries.files(services, one.id).items()}
        value = {**_value(_numbered(services, number)), **paths}
    output.show(value, as_json, lambda: output.mapping(value))


@app.command()
def withdraw(
    number: Number,
    reason: Annotated[str, typer.Option("--reason", help="为什么撤回")],
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """撤回发错的通报;文号不再用,更正另发一份。"""
    from sync_server.office import bulletins

    with opened(data, season) as services:
        one = _numbered(services, number)
        value = _value(bulletins.withdraw(services, one.id, reason, who=WHO))
    output.show(value, as_json, lambda: output.mapping(value))


@app.command()
def late(data: Data = None, season: InSeason = "", as_json: AsJson = False) -> None:
    """按规定列入约谈的学校和依据;约不约谈在网页上决定。"""
    from sync_server.office import late_schools
    from sync_server.paperwork.late_schools import ground_words

    with opened(data, season) as services:
        found = late_schools.found(services, WHOLE_COUNTY)
    value = [
        {
            "unit": one.unit.code,
            "school": one.unit.name,
            "grounds": [msgspec.to_builtins(ground) for ground in one.named],
            "state": one.last.state if one.last else "",
        }
        for one in found
    ]

    def human() -> None:
        for one in found:
            why = ";".join(ground_words(ground) for ground in one.named)
            output.screen.print(f"[bold]{output.shown(one.unit.name)}[/]  {output.shown(why)}")

    output.show(value, as_json, human)
