"""`doorstep accounts list | propose | create | slips | reset | disable | enable`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.account_proposals import Proposal
from shared.problems import ProblemError
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened
from sync_server.console.web.labels import ROLES
from sync_server.office.account_bulk import Outcome
from sync_server.store.accounts import Account

app = typer.Typer(no_args_is_help=True, help="办公页面的账号:从附件1、附件2 建,激活单,重设,停用")
Names = Annotated[list[str], typer.Argument(help="账号")]
STATES = {
    "new": "新建",
    "changed": "换了人",
    "elsewhere": "别校有同名账号",
    "area": "学校变了",
    "off": "已停用",
    "waiting": "等激活",
    "exists": "已有",
}


@app.command("list")
def listing(data: Data = None, as_json: AsJson = False) -> None:
    """列出账号:角色、学校、在用、等激活还是停用。"""
    from sync_server.store import accounts

    with opened(data) as services:
        found = services.database.read(accounts.listed)
    rows = [
        {
            "name": a.name,
            "shown": a.shown,
            "role": a.role,
            "schools": sorted(a.schools or ()),
            "state": _state(a),
        }
        for a in found
    ]

    def human() -> None:
        words = {"on": "在用", "waiting": "等激活", "off": "已停用"}
        for a in found:
            line = f"{a.name}  {a.shown}  {ROLES[a.role].zh}  {'、'.join(sorted(a.schools or ()))}"
            output.screen.print(f"{output.shown(line)}  {words[_state(a)]}")

    output.show(rows, as_json, human)


@app.command()
def propose(data: Data = None, season: InSeason = "", as_json: AsJson = False) -> None:
    """列出附件1、附件2 要的账号,和表里不再写的账号;什么也不改。"""
    from sync_server.office import account_proposals as office

    with opened(data, season) as services:
        found = office.read(services)
    rows = [_row(row) for row in found.rows]
    gone = [{"account": u.account, "shown": u.shown, "now": list(u.now)} for u in found.unnamed]

    def human() -> None:
        for row in found.rows:
            asks = "" if row.is_plain or row.state not in office.ACTS else "  要先看清"
            line = f"{row.person}  {ROLES[row.role].zh}  {'、'.join(row.units)}  账号 {row.sign_in}"
            output.screen.print(f"{output.shown(line)}  {STATES[row.state]}{asks}")
        for one in found.unnamed:
            output.screen.print(output.shown(f"表里不再写:{one.account}({one.shown})"))

    output.show({"people": rows, "unnamed": gone}, as_json, human)


@app.command()
def create(
    people: Annotated[
        list[str] | None, typer.Argument(help="谁:姓名或建议的账号;不写就是不用再看的全部")
    ] = None,
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """照附件1、附件2 建账号;有疑问的要点名才建。建好后用 accounts slips 打激活单。"""
    from sync_server.office import account_proposals as office
    from sync_server.office.account_proposals import Chosen

    with opened(data, season) as services:
        rows = _named(office.read(services).rows, people or ())
        chosen = [
            Chosen(
                key=row.key,
                act=office.ACTS[row.state][0],
                sign_in=row.sign_in,
                shown=row.person,
                seen=row.units,
            )
            for row in rows
        ]
        done = office.take(services, chosen, who=WHO)
    _show([one.outcome for one in done], "好了", as_json)


@app.command()
def slips(
    names: Names,
    out: Annotated[Path, typer.Option("--out", help="写到哪个文件")] = Path("账号激活单.pdf"),
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """打激活单:每人一个新链接,以前的作废。文件里有链接,打完请删去。"""
    from sync_server.office import account_slips

    with opened(data) as services:
        pdf = account_slips.print_slips(services, names, who=WHO)
    output.write_file(out, pdf)
    done = {"file": str(out), "slips": len(set(names))}
    output.show(done, as_json, lambda: output.screen.print(output.shown(f"写到 {out},打完请删去")))


@app.command()
def reset(names: Names, data: Data = None, as_json: AsJson = False) -> None:
    """重设:密码作废,已登录的退出;凭新的激活单设密码。"""
    from sync_server.office import account_bulk

    with opened(data) as services:
        done = account_bulk.reset(services, names, who=WHO)
    _show(done, "已重设,等激活", as_json)


@app.command()
def disable(names: Names, data: Data = None, as_json: AsJson = False) -> None:
    """停用:不能登录,已登录的退出;做过的操作仍在记录里。"""
    from sync_server.office import account_bulk

    with opened(data) as services:
        done = account_bulk.disable(services, names, who=WHO)
    _show(done, "已停用", as_json)


@app.command()
def enable(names: Names, data: Data = None, as_json: AsJson = False) -> None:
    """重新启用,密码还是原来的。"""
    from sync_server.office import account_bulk

    with opened(data) as services:
        done = account_bulk.enable(services, names, who=WHO)
    _show(done, "已启用", as_json)


def _state(account: Account) -> str:
    return "off" if account.disabled_at else "waiting" if account.waiting else "on"


def _named(rows: Sequence[Proposal], people: Sequence[str]) -> list[Proposal]:
    """Return the rows to act on. Raises ProblemError auth.account_gone for a name of none."""
    from sync_server.office import account_proposals as office

    open_rows = [row for row in rows if row.state in office.ACTS]
    if not people:
        return [row for row in open_rows if row.is_plain]
    found = []
    for name in dict.fromkeys(people):
        fitting = [row for row in open_rows if name in (row.sign_in, row.person)]
        exact = [row for row in fitting if name == row.sign_in] or fitting
        if len(exact) != 1:  # none, or two of one name: the suggested name tells them apart
            raise ProblemError("auth.account_gone", name=name)
        found += exact
    return found


def _row(row: Proposal) -> dict[str, Any]:
    return {
        "person": row.person,
        "role": row.role,
        "schools": list(row.units),
        "phone": row.phone,
        "account": row.account,
        "sign_in": row.sign_in,
        "state": row.state,
        "asks": list(row.asks),
        "instead_of": list(row.instead_of),
    }


def _show(done: Sequence[Outcome], word: str, as_json: bool) -> None:
    """Print how each account went; exit 1 where one was refused."""
    value = [
        {
            "account": one.name,
            "done": one.done,
            "problem": one.problem.code if one.problem else "",
        }
        for one in done
    ]

    def human() -> None:
        for one in done:
            if one.problem:
                said = f"{one.name}  {one.problem.message()} — {one.problem.fix()}"
                output.screen.print(f"[red]{output.shown(said)}[/]")
            else:
                output.screen.print(output.shown(f"{one.name}  {word if one.done else '没有变化'}"))

    output.show(value, as_json, human)
    if any(one.problem for one in done):
        raise typer.Exit(1)
