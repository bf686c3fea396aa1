"""`doorstep search rebuild`: make anew what people are found by."""

from __future__ import annotations

import msgspec
import typer

from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened

app = typer.Typer(no_args_is_help=True, help="查找：重新做索引")


@app.callback()
def _group() -> None:
    """Keep `rebuild` a command of its own while it is the only one."""


@app.command()
def rebuild(data: Data = None, season: InSeason = "", as_json: AsJson = False) -> None:
    """把按姓名、编号、电话等找人的索引重新做一遍;网页平时自己会做,一般用不着。"""
    from sync_server.office import search_index

    with (
        opened(data, season) as services,
        output.progress("做了 {done:,} / {total:,} 人") as note,
    ):
        made = search_index.rebuild(services, who=WHO, progress=note)
    output.show(msgspec.structs.asdict(made), as_json, lambda: _show(made.people, made.left))


def _show(people: int, left: int) -> None:
    output.screen.print(f"重新做了 {people:,} 人")
    if left:
        output.screen.print(f"[red]{left:,} 人没有做成，原因记在 logs/errors.log[/]")
