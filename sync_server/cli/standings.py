"""`doorstep standings rebuild`: judge anew where everybody stands."""

from __future__ import annotations

import msgspec
import typer

from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened

app = typer.Typer(no_args_is_help=True, help="办理状态：重新算一遍")


@app.callback()
def _group() -> None:
    """Keep `rebuild` a command of its own while it is the only one."""


@app.command()
def rebuild(data: Data = None, season: InSeason = "", as_json: AsJson = False) -> None:
    """按记录把每个人的办理状态和各校数字重新算一遍;网页平时自己会算,一般用不着。"""
    from sync_server.office import standings

    with (
        opened(data, season) as services,
        output.progress("算了 {done:,} / {total:,} 人") as note,
    ):
        made = standings.rebuild(services, who=WHO, progress=note)
    output.show(msgspec.structs.asdict(made), as_json, lambda: _show(made.people, made.left))


def _show(people: int, left: int) -> None:
    output.screen.print(f"重新算了 {people:,} 人")
    if left:
        output.screen.print(f"[red]{left:,} 人没有算成，原因记在 logs/errors.log[/]")
