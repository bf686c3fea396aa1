"""`doorstep paper key-in | scan`: records from paper, typed in by a school's office."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from shared.ids import parse_case_code
from shared.problems import ProblemError
from shared.records.shapes import Many, YesNo
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened, unit_code
from sync_server.office.paper_desk import KeyedRecord
from sync_server.services import Services
from sync_server.store import cases, units
from sync_server.store.ids import new_id

app = typer.Typer(no_args_is_help=True, help="纸质记录:录入,补扫描件")

Words = Annotated[
    list[str],
    typer.Option("--set", help="纸上的一项,如 --set met=self;几个人用顿号隔开"),
]
Sheet = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="这张纸的扫描件或照片")
]


@app.command("key-in")
def key_in(
    school: str,
    code: Annotated[str, typer.Argument(help="这个人的编号")],
    kind: Annotated[str, typer.Argument(help="visit、notice_delivery、statement 等")],
    by: Annotated[str, typer.Option("--by", help="写这张纸的老师")],
    at: Annotated[str, typer.Option("--at", help="发生时间,如 2026-12-01T15:20")],
    words: Words,
    scan: Sheet = None,
    reason: Annotated[str, typer.Option(help="违反规定的理由,有提示时要写")] = "",
    form: Annotated[str, typer.Option(help="这张纸自己的号;同号再录不会重复")] = "",
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """录入一条纸质记录;由学校办公室的密钥签名,和手机上的记录一样算数。"""
    from sync_server.office import paper_bodies, paper_records

    fields = {field.name: field for field in paper_bodies.kind_named(kind).fields}
    body: dict[str, Any] = {}
    for one in words:
        name, _, value = one.partition("=")
        holds = fields[name].holds if name in fields else None
        if isinstance(holds, Many):
            body[name] = value.replace(",", "、").split("、")
        else:
            body[name] = value == "yes" if isinstance(holds, YesNo) else value
    with opened(data, season) as services:
        unit = unit_code(services, school)
        case_id, teacher = _case(services, unit, code), _teacher(services, unit, by)
        kept = paper_records.keep_picture(services, unit, scan.read_bytes()) if scan else ""
        made = paper_records.key_in(
            services,
            unit,
            case_id=case_id,
            kind=kind,
            body=body,
            happened_at=at,
            visited_by=teacher,
            scan=kept,
            reason=reason,
            request_id=form or new_id(),
            who=WHO,
        )
    _show(made, as_json)


@app.command()
def scan(
    school: str,
    record: Annotated[str, typer.Argument(help="录入时显示的记录编号")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="扫描件或照片")],
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """给录入过的纸质记录补上扫描件;同一个文件补两次不会重复。"""
    from sync_server.office import paper_records

    with opened(data, season) as services:
        unit = unit_code(services, school)
        made = paper_records.attach_scan(services, unit, record, file.read_bytes(), who=WHO)
    _show(made, as_json)


def _case(services: Services, unit: str, code: str) -> str:
    """The id of a case of a school. Raises: ProblemError case.unknown, and for a mistyped code."""
    wanted = parse_case_code(code)
    found = services.database.read(lambda c: cases.rows(c, services.season, unit=unit))
    for row in found:
        if row["code"] == wanted:
            return str(row["id"])
    raise ProblemError("case.unknown")


def _teacher(services: Services, unit: str, name: str) -> str:
    """The id of a teacher of a school. Raises: ProblemError staff.unknown."""
    found = services.database.read(lambda c: units.staff_of(c, services.season, unit))
    for person in found:
        if person.name == name:
            return person.id
    raise ProblemError("staff.unknown")


def _show(made: KeyedRecord, as_json: bool) -> None:
    value = {
        "record": made.fact_id,
        "device": made.device,
        "n": made.n,
        "flags": list(made.flags),
        "again": made.again,
    }
    words = "以前录入过" if made.again else "已录入"
    output.show(value, as_json, lambda: output.screen.print(f"{words} {made.fact_id}"))
