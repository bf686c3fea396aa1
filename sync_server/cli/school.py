"""`doorstep enrol | assign | lists | notices | sheets | place`: phones, visits, paper, placing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from shared.problems import ProblemError
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened, unit_code
from sync_server.store.scope import WHOLE_COUNTY

app = typer.Typer()


@app.command()
def enrol(
    school: str,
    teacher: Annotated[str, typer.Argument()] = "",
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="确认这位老师已登记的手机;不写老师,确认去年转来的全部")
    ] = False,
) -> None:
    """给老师发一个登记码,或 --confirm 确认已登记的手机;不写老师则列出手机。"""
    from sync_server.office import phones
    from sync_server.store import devices, going_on, units

    with opened(data, season) as services:
        unit = unit_code(services, school)
        season = services.season
        names = services.database.read(lambda c: units.staff_names(c, season))
        known = services.database.read(lambda c: devices.of_unit(c, season, unit))
        known = [d for d in known if not d.is_office]
        if confirm and not teacher:
            shown = services.database.read(lambda c: going_on.waiting(c, season, unit))
            phones.confirm_all(services, unit, shown, who=WHO)
            known = [d for d in known if d.id in shown]
        elif confirm:
            known = [
                d for d in known if names.get(d.staff) == teacher and d.state == devices.PENDING
            ]
            for device in known:
                phones.confirm(services, device.id, who=WHO)
        if teacher and not confirm:
            issued = phones.issue(services, unit, teacher, who=WHO)
            value = {
                "code": issued.code,
                "url": issued.url,
                "expires_at": issued.expires_at,
                "teacher": teacher,
            }
            if issued.only_here:
                output.warn(
                    f"链接里的地址手机打不开({issued.url}):"
                    "请设 DOORSTEP_URL 为手机打得开的地址,再发一次"
                )
            output.show(
                value,
                as_json,
                lambda: output.screen.print(
                    f"{teacher} 的登记码 [bold]{issued.code}[/]  {issued.url}"
                ),
            )
            return
        rows = [
            {"device": d.id, "teacher": names.get(d.staff, ""), "name": d.name, "state": d.state}
            for d in known
        ]
    output.show(rows, as_json, lambda: output.phones(rows))


@app.command()
def assign(
    school: str,
    village: Annotated[str, typer.Option(help="只分这个村;和 --teacher 一起写")] = "",
    teacher: Annotated[str, typer.Option(help="整个村交给这位老师")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="撤销最近一次分配")] = False,
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """把一所学校还没有老师的人,按村平均分给各位老师;或把一个村交给一位老师。"""
    from sync_server.office import assignment

    with opened(data, season) as services:
        unit = unit_code(services, school)
        if undo:
            back = assignment.undo_last(services, unit, who=WHO).back
            value = {"undone": back}
            output.show(value, as_json, lambda: output.screen.print(f"撤销了 {back} 人"))
            return
        if village or teacher:
            moved = assignment.assign_village(services, unit, village, teacher, who=WHO)
        else:
            moved = assignment.assign_evenly(services, unit, who=WHO)
    output.show({"assigned": moved}, as_json, lambda: output.screen.print(f"分配了 {moved} 人"))


@app.command()
def lists(
    out: Annotated[Path | None, typer.Option("--out", help="存到哪里;不写就存在当前文件夹")] = None,
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """各校的名单,一个 zip:每校一份 Excel、一份打印的遮挡名单,还有领取登记表。存好就算发出。"""
    from sync_server.office import case_lists

    with opened(data, season) as services:
        made = case_lists.all_lists(services, WHOLE_COUNTY, who=WHO)
    file = out or Path("school-lists.zip").absolute()
    output.write_file(file, made)
    output.show({"file": str(file)}, as_json, lambda: output.screen.print(str(file)))


@app.command()
def sheets(
    school: str,
    which: Annotated[
        Literal["statement", "signing", "records"],
        typer.Argument(help="statement 空白情况说明；signing 各村签收表；records 空白记录表"),
    ],
    teacher: Annotated[
        str, typer.Option(help="records：给这位老师的每个人印一张（姓名遮住一部分）")
    ] = "",
    village: Annotated[str, typer.Option(help="records：给这个村的每个人印一张")] = "",
    kind: Annotated[str, typer.Option(help="records：哪一种，如 visit；不写就各种都印")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="存到哪里；不写就存在当前文件夹")
    ] = None,
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """一所学校手填的表，一个 PDF：空白情况说明、各村签收表或记录表（只印隐去一部分的姓名）。"""
    from sync_server.office import sheets as office_sheets
    from sync_server.store import units

    with opened(data, season) as services:
        unit = unit_code(services, school)
        if which == "records":
            of = services.season
            staff = services.database.read(lambda c: units.staff_of(c, of, unit))
            ids = [person.id for person in staff if person.name == teacher]
            if teacher and not ids:
                raise ProblemError("staff.unknown")
            whose = {"staff": ids[0] if teacher else "", "village": village}
            pdf = office_sheets.record_sheets(services, unit, who=WHO, kind=kind, **whose)
        elif which == "signing":
            pdf = office_sheets.signing_sheets(services, unit, who=WHO)
        else:
            pdf = office_sheets.statement_sheet(services, unit, who=WHO)
    file = out or Path(f"{which}-sheets-{unit}.pdf").absolute()
    output.write_file(file, pdf)
    output.show({"file": str(file)}, as_json, lambda: output.screen.print(str(file)))


@app.command()
def place(
    school: str,
    township: Annotated[str, typer.Option(help="只归这个乡镇的人;- 是看不出乡镇的")] = "",
    village: Annotated[str, typer.Option(help="只归这个村的人;- 是没有村的")] = "",
    written: Annotated[str, typer.Option(help="只归名单上这样写学校的人;- 是空白的")] = "",
    everyone: Annotated[bool, typer.Option("--all", help="待归校的人全部归入")] = False,
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """把待归校的人归到一所学校:按乡镇、村或名单上写的校名,可以几样一起写。"""
    from sync_server.office import placing
    from sync_server.store import placing as store

    asked = placing.Filter(township=placing.township_of(township), village=village, written=written)
    with opened(data, season) as services:
        unit = unit_code(services, school)
        if asked == placing.Filter() and not everyone:
            raise ProblemError("place.nobody")
        of = services.season
        waiting = services.database.read(lambda c: store.waiting(c, of))
        chosen = [one.case.id for one in waiting if asked.fits(one)]
        done = placing.place(services, chosen, unit, who=WHO, what=asked.words())
    value = {"placed": done.people, "act": done.act}
    output.show(value, as_json, lambda: output.screen.print(f"归入 {done.people} 人"))
