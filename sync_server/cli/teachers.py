"""`doorstep teachers list | add | rename | merge | leave | back | reassign`, each with SCHOOL."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from shared.problems import ProblemError
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened, unit_code
from sync_server.services import Services

app = typer.Typer(no_args_is_help=True, help="一所学校的老师:没有手机的也可以加")
Name = Annotated[str, typer.Argument(help="老师姓名")]


def _id_of(services: Services, unit: str, name: str) -> str:
    """A teacher's id by the name, be it an earlier one. Raises: ProblemError staff.unknown."""
    from sync_server.store import units

    found = services.database.read(lambda c: units.named(c, services.season, unit, name))
    if found is None:
        raise ProblemError("staff.unknown")
    return found.merged_into or found.id


def _done(school: str, as_json: bool) -> None:
    output.show({"school": school}, as_json, lambda: output.screen.print("好了"))


@app.command("list")
def listing(school: str, data: Data = None, season: InSeason = "", as_json: AsJson = False) -> None:
    """列出老师、每人分到几人,和已离开的。"""
    from sync_server.store import cases, teachers

    with opened(data, season) as services:
        unit, of = unit_code(services, school), services.season
        known = services.database.read(lambda c: teachers.listed(c, of, unit))
        people = services.database.read(lambda c: cases.rows(c, of, unit=unit))
    load = Counter(row["assignee"] for row in people)
    rows = [
        {"teacher": t.name, "people": load[t.id], "left": not t.is_here, "former": list(t.former)}
        for t in known
    ]
    output.show(rows, as_json, lambda: output.teachers(rows))


@app.command()
def add(
    school: str,
    names: Annotated[str, typer.Argument(help="姓名,几位用“、”隔开")],
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """加老师,不用有手机。"""
    from sync_server.office import staff

    with opened(data, season) as services:
        added = staff.add(services, unit_code(services, school), names, who=WHO)
    output.show({"added": added}, as_json, lambda: output.screen.print(f"加上 {added} 位老师"))


@app.command()
def rename(
    school: str,
    name: Name,
    right: Annotated[str, typer.Argument(help="正确的姓名")],
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """改正一位老师的姓名;已交的记录不动。"""
    from sync_server.office import staff

    with opened(data, season) as services:
        unit = unit_code(services, school)
        staff.rename(services, unit, _id_of(services, unit, name), right, who=WHO)
    _done(unit, as_json)


@app.command()
def merge(
    school: str,
    wrong: Annotated[str, typer.Argument(help="写错的那一位")],
    right: Annotated[str, typer.Argument(help="并入的这一位")],
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """把重复加上的一位老师并入另一位:人、手机、登记码和记录都跟过去。"""
    from sync_server.office import staff

    with opened(data, season) as services:
        unit = unit_code(services, school)
        ids = [_id_of(services, unit, name) for name in (wrong, right)]
        moved = staff.merge(services, unit, *ids, who=WHO)
    output.show({"moved": moved}, as_json, lambda: output.screen.print(f"{moved} 人跟着过去"))


@app.command()
def leave(
    school: str,
    name: Name,
    stop_phones: Annotated[bool, typer.Option("--stop-phones", help="手机也现在停用")] = False,
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """记下一位老师离开本校:不能再分人,手里的人等着改派。"""
    from sync_server.office import staff

    with opened(data, season) as services:
        unit = unit_code(services, school)
        staff_id = _id_of(services, unit, name)
        staff.leave(services, unit, staff_id, who=WHO, stop_phones=stop_phones)
    _done(unit, as_json)


@app.command()
def back(
    school: str, name: Name, data: Data = None, season: InSeason = "", as_json: AsJson = False
) -> None:
    """记下离开的老师回来了。"""
    from sync_server.office import staff

    with opened(data, season) as services:
        unit = unit_code(services, school)
        staff.bring_back(services, unit, _id_of(services, unit, name), who=WHO)
    _done(unit, as_json)


@app.command()
def reassign(
    school: str,
    name: Name,
    to: Annotated[str, typer.Option(help="改派给谁;不写就平均分给其他老师")] = "",
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """把一位老师手里的人都改派。"""
    from sync_server.office import assignment

    with opened(data, season) as services:
        unit = unit_code(services, school)
        chosen = _id_of(services, unit, to) if to else ""
        moved = assignment.reassign(services, unit, _id_of(services, unit, name), chosen, who=WHO)
    output.show({"moved": moved}, as_json, lambda: output.screen.print(f"改派了 {moved} 人"))
