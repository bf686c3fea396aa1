"""`doorstep notices`: print notices by school, teacher, village or person, in walking order."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from shared.ids import fold
from shared.problems import ProblemError
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened, unit_code
from sync_server.services import Services
from sync_server.store import cases, units

app = typer.Typer()


@app.command()
def notices(
    school: str,
    teacher: Annotated[str, typer.Option(help="只打这位老师的；- 是还没有老师的")] = "",
    village: Annotated[str, typer.Option(help="只打这个村的；- 是没有写村的")] = "",
    person: Annotated[
        list[str] | None, typer.Option(help="只打这个编号的人；可以写几次 --person")
    ] = None,
    only: Annotated[
        Literal["all", "due", "unprinted", "changed", "printed"],
        typer.Option(
            help="all 全部；due 没打过和有变化的；unprinted 没打过的；"
            "changed 印好后有变化的；printed 打过且没有变化的"
        ),
    ] = "all",
    cover: Annotated[
        Literal["none", "first", "last"],
        typer.Option(help="送达清单：none 不要；first 放在最前；last 放在最后"),
    ] = "none",
    out: Annotated[
        Path | None, typer.Option("--out", help="存到哪里；不写就存在当前文件夹")
    ] = None,
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """通知书(附件3),一人一张,按走访顺序排成一个 PDF；里面有姓名和金额,打印后请删除。"""
    from sync_server.office import notices as office
    from sync_server.office.notice_choice import Choice

    with opened(data, season) as services, output.progress("排了 {done:,} / {total:,} 人") as shown:
        unit = unit_code(services, school)
        choice = Choice(
            teacher=_teacher(services, unit, teacher),
            village=village,
            only=only,
            cases=_people(services, unit, person or []),
        )
        cover_at = "" if cover == "none" else cover
        batch = office.print_notices(
            services, unit, choice, who=WHO, cover=cover_at, progress=shown
        )
        _, pdf = office.fetch(services, unit, batch.id, who=WHO)
        office.remove_file(services, batch.id)
    file = out or Path(f"notices-{unit}.pdf").absolute()
    output.write_file(file, pdf)
    value = {"file": str(file), "batch": batch.number, "people": batch.people}
    words = f"{file}  第 {batch.number} 批，{batch.people} 人"
    output.show(value, as_json, lambda: output.screen.print(words))


def _teacher(services: Services, unit: str, name: str) -> str:
    """Return the staff id of a teacher by name. Raises ProblemError staff.unknown."""
    if name in ("", "-"):
        return name
    found = services.database.read(lambda c: units.staff_of(c, services.season, unit))
    for one in found:
        if one.name == name:
            return one.id
    raise ProblemError("staff.unknown")


def _people(services: Services, unit: str, codes: list[str]) -> tuple[str, ...]:
    """Return cases of a school by their codes. Raises ProblemError notices.code_unknown."""
    rows = services.database.read(lambda c: cases.rows(c, services.season, unit=unit))
    known = {fold(row["code"]): row["id"] for row in rows}
    for code in codes:
        if fold(code) not in known:
            raise ProblemError("notices.code_unknown", number=code)
    return tuple(known[fold(code)] for code in codes)
