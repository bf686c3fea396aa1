"""`doorstep handover FILE --answer OUT`: receive a phone's file and write its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened

app = typer.Typer()


@app.command()
def handover(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="手机“同步”页存的文件")],
    answer: Annotated[Path, typer.Option("--answer", help="回执写到哪里;拷回手机读入")],
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """收一部手机存的交接文件;同一份收两次不会重复。"""
    from sync_server.office import handover as office

    with opened(data, season) as services, file.open("rb") as source:
        office.check_size(file.stat().st_size)
        taken = office.receive(
            services,
            source,
            who=WHO,
            allowed=lambda device: device.season == services.season,
        )
    output.write_file(answer, taken.answer)
    value = {
        "teacher": taken.teacher,
        "device": taken.device.id,
        "created": taken.created,
        "duplicates": taken.duplicates,
        "refused": taken.refused,
        "gaps": taken.gaps,
        "photos": taken.photos,
        "photos_refused": taken.photos_refused,
        "answer": str(answer),
        **({"left": taken.left} if taken.left else {}),
    }

    def human() -> None:
        output.screen.print(
            f"{taken.teacher}:新记录 {taken.created},以前收过 {taken.duplicates},"
            f"未被接收 {taken.refused},照片 {taken.photos}"
        )
        output.screen.print(f"回执 {answer}:请拷回这部手机读入", soft_wrap=True)
        if taken.left:
            output.screen.print(
                f"[yellow]{taken.left} 条先留在手机里[/]:没有被接收的记录太多;"
                "请先处理“异常记录”,明天再存一份文件"
            )
        if taken.gaps:
            output.screen.print(f"[yellow]{taken.gaps} 条缺前面的记录[/]:读入回执后请再存一份文件")

    output.show(value, as_json, human)
