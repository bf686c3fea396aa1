"""`doorstep repayments changes`: what each school gets after a repayment file was imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shared import money
from shared.identity import mask_name
from shared.ids import show_case_code
from sync_server.cli import output
from sync_server.cli.options import AsJson, Data, InSeason, opened, unit_code
from sync_server.store.scope import WHOLE_COUNTY

if TYPE_CHECKING:  # so that --help needs nothing of the office
    from sync_server.office.repayment_changes import Changes

WORDS = {
    "newly_paid": "新还清",
    "partly_paid": "还了一部分",
    "came_back": "退回未还",
    "reduced": "比以前少",
}

app = typer.Typer(no_args_is_help=True, help="还款情况:两天之间的变化")


@app.callback()
def _group() -> None:
    """Keep `changes` a command of its own while it is the only one."""


@app.command()
def changes(
    school: Annotated[str, typer.Option("--school", help="只看一所学校(代码或校名)")] = "",
    as_of: Annotated[str, typer.Option("--as-of", help="截至哪一天;不写就是最新的一份")] = "",
    since: Annotated[str, typer.Option("--since", help="和哪一天比;不写就是前一份")] = "",
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """各校新还清、还了一部分、退回未还的人,和还没有还清的人数、金额。"""
    from sync_server.office import repayment_changes

    with opened(data, season) as services:
        unit = unit_code(services, school) if school else WHOLE_COUNTY
        found = repayment_changes.changes(services, as_of=as_of, since=since or None, of=unit)
    output.show(repayment_changes.as_json(found), as_json, lambda: _show(found))


def _show(found: Changes) -> None:
    output.screen.print(f"截至 {found.as_of},和 {found.since or '还没有还款时'} 相比")
    for one in found.schools:
        output.screen.print(
            f"[bold]{output.shown(one.school) or '未归校'}[/]  {one.people} 人,已还清 {one.paid},"
            f"未还清 {one.still_due} 人 {money.yuan(one.still_due_fen)} 元"
        )
        for what, words in WORDS.items():
            people = getattr(one, what)
            if people:
                named = "、".join(
                    f"{show_case_code(p.code)} {mask_name(p.name)}" for p in people[:20]
                )
                more = "……" if len(people) > 20 else ""
                output.screen.print(f"  {words} {len(people)} 人:{named}{more}")
