"""`doorstep schools list | add | rename | merge | retire | bring-back`."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from shared.problems import ProblemError
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened
from sync_server.services import Services

app = typer.Typer(no_args_is_help=True, help="全县的学校:新增、改名、合并、停用")
School = Annotated[str, typer.Argument(help="学校编号或现在的校名")]


def _code(services: Services, text: str) -> str:
    """A school's code by code or name, of one that is gone, too. Raises: unit.unknown."""
    from sync_server.store import units

    for row in services.database.read(lambda c: units.every_unit(c, services.season)):
        if text in (row.code, row.name):
            return row.code
    raise ProblemError("unit.unknown", unit=text)


@app.command("list")
def listing(data: Data = None, season: InSeason = "", as_json: AsJson = False) -> None:
    """列出学校、人数、原来的校名,和已停用、已并入的。"""
    from sync_server.office import schools

    with opened(data, season) as services:
        found = schools.listed(services)
    rows: list[dict[str, Any]] = [
        {
            "code": line.unit.code,
            "name": line.unit.name,
            "people": line.people,
            "retired_at": line.unit.retired_at,
            "merged_into": line.unit.merged_into,
            "names": [msgspec.to_builtins(row) for row in line.names],
        }
        for line in found
    ]

    def show() -> None:
        for row in rows:
            former = "、".join(one["name"] for one in row["names"])
            gone = "已停用" if row["retired_at"] else ""
            gone = f"已并入 {row['merged_into']}" if row["merged_into"] else gone
            words = (row["code"], row["name"], f"{row['people']} 人", gone)
            output.screen.print(" ".join(filter(None, (*words, f"({former})" if former else ""))))

    output.show(rows, as_json, show)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="学校全称")],
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """新增一所学校;编号由系统给。"""
    from sync_server.office import schools

    with opened(data, season) as services:
        code = schools.add(services, name, who=WHO)
    output.show({"code": code}, as_json, lambda: output.screen.print(f"学校编号 {code}"))


@app.command()
def rename(
    school: School,
    name: Annotated[str, typer.Argument(help="新校名")],
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """改校名;编号、名单、手机、账号不变。"""
    from sync_server.office import schools

    with opened(data, season) as services:
        code = _code(services, school)
        schools.rename(services, code, name, who=WHO)
    output.show({"code": code}, as_json, lambda: output.screen.print("校名已改"))


@app.command()
def merge(
    school: School,
    into: Annotated[str, typer.Argument(help="并入哪一所")],
    yes: Annotated[bool, typer.Option("--yes", help="看过了,确定合并;不加只看")] = False,
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """把一所学校并入另一所;先看数目,加 --yes 才做,不能撤销。"""
    from sync_server.office import schools

    with opened(data, season) as services:
        code, other = _code(services, school), _code(services, into)
        if yes:
            found = schools.merge(services, code, other, who=WHO, confirmed=True)
        else:
            shown = schools.preview(services, code, other)
            for problem in shown.obstacles:
                raise problem
            found = shown.counts
    words = f"{found.people} 人、{found.teachers} 位老师、{found.phones} 部手机"
    words += f"、{found.accounts} 个账号、{found.records} 条记录"
    done = "已合并:" if yes else "将要合并(加 --yes 才做):"
    value = {"merged": yes, **msgspec.to_builtins(found)}
    output.show(value, as_json, lambda: output.screen.print(done + words))


@app.command()
def retire(
    school: School, data: Data = None, season: InSeason = "", as_json: AsJson = False
) -> None:
    """停用名单上没有人的学校;记录留着。"""
    from sync_server.office import schools

    with opened(data, season) as services:
        code = _code(services, school)
        schools.retire(services, code, who=WHO)
    output.show({"code": code}, as_json, lambda: output.screen.print("已停用"))


@app.command("bring-back")
def bring_back(
    school: School, data: Data = None, season: InSeason = "", as_json: AsJson = False
) -> None:
    """恢复停用的学校。"""
    from sync_server.office import schools

    with opened(data, season) as services:
        code = _code(services, school)
        schools.bring_back(services, code, who=WHO)
    output.show({"code": code}, as_json, lambda: output.screen.print("已恢复"))
