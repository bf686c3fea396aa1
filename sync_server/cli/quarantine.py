"""`doorstep quarantine list | show | take | drop | ask | reopen`: records that are set apart."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from shared.identity import mask_name
from shared.ids import show_case_code
from shared.records.registry import named
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened, unit_code
from sync_server.office import quarantine
from sync_server.office.quarantine import Decision, Item
from sync_server.store.resolution import ASKED
from sync_server.store.scope import WHOLE_COUNTY

app = typer.Typer(no_args_is_help=True, help="异常记录:查看、收下、不收、请手机重交")

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="见 doorstep quarantine list")]
Why = Annotated[str, typer.Option("--reason", help="理由;会记录")]
MAY = {"take": "可收下", "ask": "可请手机重交", "drop": "可不收", "reopen": "可重新打开"}


def as_json(item: Item) -> dict[str, Any]:
    """Return a record in machine form; the person's name is masked."""
    row = item.row
    return {
        "id": row.id,
        "code": row.code,
        "obstacle": item.obstacle,
        "may": list(item.may),
        "school": row.school,
        "teacher": row.teacher,
        "phone": row.phone,
        "n": row.n,
        "received_at": row.received_at,
        "size_bytes": len(row.data),
        "sha256": row.sha256,
        "kind": item.fact.kind if item.fact else "",
        "case_code": item.case.code if item.case else "",
        "name": mask_name(item.case.borrower.name) if item.case else "",
        "beside": item.beside.fact.id if item.beside else "",
        "resolution": row.resolution,
        "settled_at": row.settled_at,
        "resolved_by": row.resolved_by,
        "resolved_reason": row.resolved_reason,
    }


@app.command("list")
def list_(
    school: Annotated[str, typer.Option(help="只看一所学校")] = "",
    resolved: Annotated[bool, typer.Option("--resolved", help="看已处理的")] = False,
    page: Annotated[int, typer.Option("--page", help="第几页")] = 1,
    data: Data = None,
    season: InSeason = "",
    as_json_: AsJson = False,
) -> None:
    """列出等处理的记录,最早收到的在前。"""
    with opened(data, season) as services:
        unit = unit_code(services, school) if school else WHOLE_COUNTY
        found, pages = quarantine.listed(services, unit, resolved=resolved, page=page)
        waiting, done = quarantine.counts(services, unit)
    rows = [as_json(item) for item in found]
    value = {"page": page, "pages": pages, "waiting": waiting, "resolved": done, "records": rows}

    def human() -> None:
        output.screen.print(f"等处理 {waiting} 条,已处理 {done} 条")
        for row in rows:
            _line(row)

    output.show(value, as_json_, human)


@app.command()
def show(
    row_id: Annotated[str, typer.Argument(metavar="ID")],
    data: Data = None,
    season: InSeason = "",
    as_json_: AsJson = False,
) -> None:
    """一条记录:从哪来、为什么列为异常、能怎么处理。"""
    with opened(data, season) as services:
        value = as_json(quarantine.one(services, row_id))
    output.show(value, as_json_, lambda: output.mapping(value))


def _line(row: dict[str, Any]) -> None:
    kind = named(row["kind"]).label.zh if row["kind"] else "读不出"
    may = "、".join(MAY[name] for name in row["may"]) or row["resolution"]
    if row["resolution"] == ASKED:
        may = f"已请手机重交,还没有到;{may}"
    output.screen.print(
        f"{row['id']}  {row['code']}  {row['school']} {row['teacher']}  "
        f"{kind} {show_case_code(row['case_code'])} {row['name']}  {may}",
        markup=False,
    )


def _decision(decision: Decision, words: str) -> None:
    def command(
        ids: Ids,
        reason: Why = "",
        data: Data = None,
        season: InSeason = "",
        as_json_: AsJson = False,
    ) -> None:
        with opened(data, season) as services:
            done = quarantine.decide(services, ids, decision, reason, scope=WHOLE_COUNTY, who=WHO)
        refused = {row: problem.code for row, problem in done.refused.items()}

        def human() -> None:
            output.screen.print(f"处理了 {done.done} 条")
            for row, problem in done.refused.items():
                output.screen.print(f"  {row}  {problem.code} {problem.message()}", markup=False)

        output.show({"done": done.done, "refused": refused}, as_json_, human)
        if refused:
            raise SystemExit(1)

    app.command(decision, help=words)(command)


_COMMANDS: dict[Decision, str] = {
    "take": "收下:照常入册,计入下一版汇总。",
    "drop": "不收:要写理由,老师的手机上会看到。",
    "ask": "请手机把同样的内容重交一次,重新判断。",
    "reopen": "把不收或请重交的重新打开。",
}
for _name, _words in _COMMANDS.items():
    _decision(_name, _words)
