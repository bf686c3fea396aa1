"""`doorstep slips FILE…`: file a stack of scanned slips."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened, unit_code

app = typer.Typer()


@app.command()
def slips(
    files: Annotated[
        list[Path],
        typer.Argument(exists=True, dir_okay=False, help="扫描件:PDF、TIFF、JPEG、PNG,可多个"),
    ],
    school: Annotated[str, typer.Option("--school", help="哪所学校;不写就是全县的")] = "",
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """读一叠签收单扫描件,按二维码归到各人名下;读不出的到“签收单”页上录编号。"""
    from sync_server.office import slip_stacks

    with opened(data, season) as services:
        unit = unit_code(services, school) if school else ""
        given = [(path.name, path) for path in files]
        taken = slip_stacks.take(services, unit, given, who=WHO)
    value = {
        "stack": taken.stack.id,
        "again": taken.again,
        "pages": taken.stack.pages,
        **{state: taken.counts.get(state, 0) for state in SHOWN},
        "problems": [{"file": name, "code": code} for name, code in taken.problems],
    }

    def human() -> None:
        if taken.again:
            output.screen.print("这些文件以前读过,没有再读一遍")
        found = "、".join(f"{words} {value[state]}" for state, words in SHOWN.items())
        output.screen.print(f"{taken.stack.pages} 页:{found}")
        for name, _ in taken.problems:
            output.screen.print(f"[yellow]打不开:{name}[/]", soft_wrap=True)

    output.show(value, as_json, human)


SHOWN = {
    "filed": "归档",
    "keyed": "按编号归档",
    "unreadable": "要人看",
    "duplicate": "重复",
    "set_aside": "另放",
    "blank": "空白",
}
"""The states of parts, in the order in which they are shown."""
