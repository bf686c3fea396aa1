"""`doorstep season …`: a county's seasons and their settings."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from shared import season_fields
from shared.season import Season, on_weekends
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, opened
from sync_server.services import Services
from sync_server.store import seasons
from sync_server.store.carry import Carried
from sync_server.store.seasons import SeasonRow

app = typer.Typer(no_args_is_help=True, help="年度:新建、设置、开始、结束、导出导入")
STATES = {"preparing": "准备中", "open": "进行中", "closed": "已结束", "purged": "已销毁"}
WHY_STAYED = {
    "school": "今年没有这所学校",
    "retired": "学校已停用",
    "left": "老师已离开",
    "not_moved": "还没有转过来",
}
Year = Annotated[str, typer.Argument(help="年度;不写就是进行中的,没有就是最近结束的")]


@app.command("list")
def list_seasons(data: Data = None, as_json: AsJson = False) -> None:
    """列出各年度和它们的状态。"""
    with opened(data) as services:
        rows = services.database.read(seasons.listed)
    value = [{"id": r.id, "state": r.state, "due_day": r.season.due_day.isoformat()} for r in rows]

    def human() -> None:
        if not rows:
            output.screen.print("还没有年度;用 doorstep season new 新建")
        for row in rows:
            output.screen.print(f"{row.id}  {STATES[row.state]}  应还日 {row.season.due_day}")

    output.show(value, as_json, human)


@app.command("new")
def new(
    year: str,
    source: Annotated[str, typer.Option("--from", help="照哪一年度;不写就照最近的一个")] = "",
    due: Annotated[str, typer.Option("--due", help="应还日,如 2026-12-20")] = "",
    county: Annotated[str, typer.Option(help="县(区)名称")] = "",
    area_code: Annotated[str, typer.Option(help="六位行政区划代码")] = "",
    centre: Annotated[str, typer.Option(help="资助中心全称")] = "",
    phone: Annotated[str, typer.Option(help="资助中心电话")] = "",
    document_no: Annotated[str, typer.Option(help="文号")] = "",
    basis: Annotated[str, typer.Option(help="依据")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只看日程和会带过来什么,不新建")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """新建一个年度:日程照应还日推算,落款必须写全;学校和负责的人从照的年度带过来。"""
    from sync_server.office import carry
    from sync_server.office import seasons as office

    given = {
        "county": county,
        "area_code": area_code,
        "centre": centre,
        "phone": phone,
        "document_no": document_no,
        "basis": basis,
    }
    values = {f"letterhead.{name}": text for name, text in given.items() if text}
    with opened(data) as services:
        proposed = office.proposal(services, year, source=source, due_day=_day(due))
        made = season_fields.with_values(proposed, values)
        origin = proposed.texts_from
        carried = carry.preview(services, origin, made.id) if origin else None
        if dry_run:
            row = SeasonRow(id=made.id, state=seasons.PREPARING, season=made)
        else:
            row = office.create(services, made, who=WHO, source=origin)

    def human() -> None:
        if dry_run:
            _print_dates(made)
        else:
            _print_new(row)
        if carried:
            _print_carried(carried)

    output.show({**_value(row), **_carried_value(carried)}, as_json, human)


@app.command("carry")
def carry_over(
    year: str,
    source: Annotated[str, typer.Option("--from", help="从哪一年度")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看会带过来什么")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """把另一年度的学校、分管领导、联络员、包联同志带过来;已有的不动,再做一次也不会重复。"""
    from sync_server.office import carry

    with opened(data, year) as services:
        if dry_run:
            carried = carry.preview(services, source, year)
        else:
            carried = carry.carry_over(services, year, source=source, who=WHO)
    output.show(_carried_value(carried), as_json, lambda: _print_carried(carried))


@app.command("show")
def show(year: Year = "", data: Data = None, as_json: AsJson = False) -> None:
    """列出一个年度的每一项设置。"""
    with opened(data, year) as services:
        row = services.database.read(lambda c: seasons.one(c, services.season))
    output.show(_value(row), as_json, lambda: _print(row))


@app.command("set")
def set_field(
    key: Annotated[str, typer.Argument(help="哪一项,见 season show")],
    value: str,
    season: Annotated[str, typer.Option("--season", help="哪一年度")] = "",
    reason: Annotated[str, typer.Option("--reason", help="改已过去的日子要写理由")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """改一项设置;手机下次同步时收到。"""
    from sync_server.office import seasons as office

    with opened(data, season) as services:
        fields = office.change(
            services,
            services.season,
            lambda now: season_fields.with_values(now, {key: value}),
            who=WHO,
            reason=reason,
        )
        row = services.database.read(lambda c: seasons.one(c, services.season))
    _show_changes(row.season, fields, as_json)


@app.command("open")
def open_season(
    year: str,
    reason: Annotated[str, typer.Option("--reason", help="重新开启已结束的年度要写理由")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """开始一个年度:手机可以登记和同步。"""
    from sync_server.office import seasons as office
    from sync_server.store import going_on

    with opened(data, year) as services:
        gone = office.open_season(services, year, who=WHO, reason=reason)
        _show_state(services, year, as_json)
        stays = services.database.read(lambda c: going_on.staying(c, year))
    if as_json:
        return
    if gone.phones:
        output.screen.print(
            f"{gone.teachers} 位老师、{gone.phones} 部手机转过来,联络员在“手机”页再确认一次"
        )
    for one in stays:
        why = WHY_STAYED[one.why]
        output.screen.print(f"{one.school} {one.teacher} 的手机留在 {one.season} 年度:{why}")


@app.command("close")
def close_season(year: str, data: Data = None, as_json: AsJson = False) -> None:
    """结束一个年度:可以看,不能再改。"""
    from sync_server.office import seasons as office

    with opened(data, year) as services:
        office.close_season(services, year, who=WHO)
        _show_state(services, year, as_json)


@app.command("discard")
def discard(year: str, data: Data = None) -> None:
    """删去一个没有用过的年度(如写错了年份);进行中的先结束。"""
    from sync_server.office import seasons as office

    with opened(data, year) as services:
        office.discard(services, year, who=WHO)
    output.screen.print(f"{year} 年度已删去")


@app.command("confirm")
def confirm(
    pages: Annotated[list[str] | None, typer.Argument(help="页的代号;不写就列出待核对的")] = None,
    season: Annotated[str, typer.Option("--season", help="哪一年度")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """确认政策页看过、今年仍是这样;不写哪一页就列出待核对的。"""
    from sync_server.office import policy, policy_text

    with opened(data, season) as services:
        for key in pages or ():
            now = services.database.read(lambda c: seasons.get(c, services.season))
            page = next((p for p in now.policy if p.key == key), None)
            policy.confirm(services, key, base=policy_text.fingerprint(page), who=WHO)
        now = services.database.read(lambda c: seasons.get(c, services.season))
    left = {p.key: p.title_zh for p in now.policy if p.key in now.unchecked}

    def human() -> None:
        output.screen.print("待核对的页:" if left else "每一页都核对过了")
        for key, title in left.items():
            output.screen.print(f"  {key:14} {title}")

    output.show({"unchecked": left}, as_json, human)


@app.command("export")
def export(file: Path, year: Year = "", data: Data = None) -> None:
    """把一个年度的设置写成一个 TOML 文件,可以用记事本看和改。"""
    from sync_server.office import seasons as office

    with opened(data, year) as services:
        text = office.export(services, services.season)
    output.write_file(file, text.encode())
    output.screen.print(str(file), soft_wrap=True)


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    reason: Annotated[str, typer.Option("--reason", help="改已过去的日子要写理由")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看会改什么")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """导入设置文件:已有的年度照它改,没有的年度照它新建。"""
    from sync_server.office import season_file, season_pages
    from sync_server.office import seasons as office

    text = season_file.decode(file.read_bytes())
    asked = season_file.parse(text)
    with opened(data) as services:
        row = services.database.read(lambda c: seasons.find(c, asked.id))
        if row is None:
            made = None if dry_run else office.create(services, asked, who=WHO, file=text)
            shown = made.season if made else asked
            output.show(msgspec.to_builtins(shown), as_json, lambda: _print_dates(shown))
            return
        if dry_run:
            taken = season_pages.as_taken(asked, row.season)
            fields = office.differences(row.season, taken)
        else:
            fields = office.change(
                services, asked.id, lambda _: asked, who=WHO, reason=reason, file=text
            )
    _show_changes(asked, fields, as_json)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise typer.BadParameter("应还日写成 年-月-日,如 2026-12-20") from error


def _value(row: SeasonRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": row.state,
        "fields": {f.path: f.value for f in season_fields.fields(row.season)},
        "unchecked": list(row.season.unchecked),
        "weekends": {path: day.isoformat() for path, day in on_weekends(row.season)},
    }


def _print(row: SeasonRow) -> None:
    output.screen.print(f"[bold]{row.id} 年度[/]  {STATES[row.state]}")
    for field in season_fields.fields(row.season):
        output.screen.print(
            f"  {field.path:38} {field.name.zh}  [bold]{output.shown(str(field.value))}[/]"
        )
    if row.season.unchecked:
        output.screen.print(f"[yellow]待核对的页 {len(row.season.unchecked)} 个[/]:season confirm")


def _print_new(row: SeasonRow) -> None:
    output.screen.print(f"{row.id} 年度已新建,准备中。请核对日程,再 doorstep season open {row.id}")
    _print_dates(row.season)


def _carried_value(carried: Carried | None) -> dict[str, Any]:
    return {"carried": msgspec.to_builtins(carried)} if carried else {}


def _print_carried(carried: Carried) -> None:
    output.screen.print(
        f"从 {carried.source} 年度带过来:{carried.schools} 所学校,{carried.liaisons} 位联络员,"
        f"{carried.leaders} 位分管领导,{carried.officers} 所学校的包联同志"
    )
    output.screen.print(
        f"不带过来:{carried.people} 人的学生名单,{carried.records} 条记录,老师和手机,位置,汇总"
    )
    if carried.without_school:
        names = output.shown("、".join(carried.without_school))
        output.screen.print(f"[yellow]这些账号的学校这一年度没有[/]:{names}")


def _print_dates(season: Season) -> None:
    weekends = dict(on_weekends(season))
    for field in season_fields.fields(season):
        if field.kind == "day" and field.value:
            mark = "  [yellow]是周末[/]" if field.path in weekends else ""
            output.screen.print(f"  {field.name.zh}  {field.value}{mark}")


def _show_changes(season: Season, fields: tuple[seasons.FieldChange, ...], as_json: bool) -> None:
    def human() -> None:
        if not fields:
            output.screen.print("没有改动")
        for change in fields:
            name = season_fields.label(season, change.field).zh
            output.screen.print(
                output.shown(f"{name}:{change.before or '空'} → {change.after or '空'}")
            )

    output.show(msgspec.to_builtins(fields), as_json, human)


def _show_state(services: Services, year: str, as_json: bool) -> None:
    state = services.database.read(lambda c: seasons.one(c, year).state)
    output.show(
        {"id": year, "state": state},
        as_json,
        lambda: output.screen.print(f"{year} 年度:{STATES[state]}"),
    )
