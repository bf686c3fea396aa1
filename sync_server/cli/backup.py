"""`doorstep backup | restore | purge`: back up, restore, and end a season."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.progress import Progress as Bar
from rich.progress import TaskID

from shared.problems import ProblemError
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, opened
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import seasons

app = typer.Typer()
RESTORED = "restored"
"""In place of a backup: PostgreSQL was restored by its own means already."""
WORDS = {"database": "数据库", "photos": "照片", "check": "核对"}


class _ProgressBar:
    """Progress on a person's screen, nothing for a program."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, what: str, done: int, of: int) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(WORDS[what], total=of)
        self._bar.update(self._tasks[what], completed=done, total=of)


@app.command()
def backup(dest: Path, data: Data = None, as_json: AsJson = False) -> None:
    """备份数据库、照片、封存件和密钥,再逐个核对;服务器可以照常运行。"""
    from sync_server.office import backup_runs as office

    bar = Bar(
        console=output.screen, disable=as_json or not output.screen.is_terminal, transient=True
    )
    with opened(data) as services, bar:
        if not services.settings.database.startswith("sqlite"):
            _dump(services, dest, as_json)
            return
        made = office.by_hand(services, dest, _ProgressBar(bar), who=WHO)
    value = {
        "made_at": made.made_at,
        "files": len(made.files),
        "size_bytes": made.size_bytes,
        "counts": made.counts,
        "damaged": list(made.damaged),
    }

    def human() -> None:
        output.screen.print(
            f"备份好了,核对过:{len(made.files)} 个文件,{made.size_bytes / 1e6:.1f} MB。"
            "里面有密钥和个人信息,没有加密,请锁好。"
        )
        for sha256 in made.damaged:
            output.screen.print(f"  [red]照片已损坏或不见,没有备份[/] {sha256}", soft_wrap=True)

    output.show(value, as_json, human)
    if made.damaged:
        raise typer.Exit(1)


@app.command()
def restore(
    source: Path,
    data: Data = None,
    as_json: AsJson = False,
    passphrase: Annotated[
        str, typer.Option(envvar="DOORSTEP_BACKUP_PASSPHRASE", help="下载的备份文件的口令")
    ] = "",
    lost_photos: Annotated[
        bool, typer.Option("--lost-photos", help="PostgreSQL：照片文件不全也恢复，向手机再要")
    ] = False,
) -> None:
    """把备份放回一个空的数据文件夹,每个文件都核对;手机下次同步会补交备份之后的记录。"""
    from sync_server.office import backup_file
    from sync_server.office import restore as office

    settings = Settings.from_environment(data)
    if not settings.database.startswith("sqlite"):
        _take_over(settings, source, as_json, lost_photos=lost_photos)
        return
    if settings.database_url:
        raise ProblemError("backup.database_elsewhere")
    now, place = settings.now(), settings.data_dir
    if source.is_file():
        if not passphrase:
            passphrase = typer.prompt("备份文件的口令", hide_input=True)
        made = backup_file.restore_file(source, passphrase, place, now=now, who=WHO)
    else:
        made = office.restore(source, place, now=now, who=WHO)
    value = {
        "made_at": made.made_at,
        "files": len(made.files),
        "size_bytes": made.size_bytes,
        "counts": made.counts,
        "data": str(settings.data_dir),
    }
    output.show(
        value,
        as_json,
        lambda: output.screen.print(f"已恢复 {made.made_at} 的备份:{len(made.files)} 个文件"),
    )


def _dump(services: Services, dest: Path, as_json: bool) -> None:
    """Back up a database of PostgreSQL, and say what is not in it."""
    from sync_server.office import postgresql_backup as office

    made = office.backup(services, dest)
    left = [{"what": s.what.en, "where": s.where, "means": s.means.en} for s in made.not_in_it]
    value = {"database": str(made.path), "size_bytes": made.size_bytes, "not_in_it": left}

    def human() -> None:
        output.screen.print(f"数据库备份好了，读过一遍：{made.path}", soft_wrap=True)
        for share in made.not_in_it:
            line = f"  不在里面：{share.what.zh}（{share.where}），{share.means.zh}"
            output.screen.print(line, soft_wrap=True)

    output.show(value, as_json, human)


def _take_over(settings: Settings, source: Path, as_json: bool, *, lost_photos: bool) -> None:
    """Put a dump into PostgreSQL; `restored` for a database that was restored by other means."""
    from sync_server.office import postgresql_backup as office

    given = None if str(source) == RESTORED else source
    lost = office.restore(settings, given, who=WHO, lost_photos=lost_photos)
    value = {"source": str(source), "photos_lost": lost}
    output.show(
        value,
        as_json,
        lambda: output.screen.print("数据库已恢复；手机下次同步会补交备份之后的记录"),
    )


@app.command()
def purge(
    season: Annotated[str, typer.Option("--season", help="哪一年度")],
    data: Data = None,
    as_json: AsJson = False,
    really: Annotated[
        str, typer.Option("--really", help="有学校还没上交汇总也要销毁,写明理由")
    ] = "",
    drop_contacts: Annotated[
        bool,
        typer.Option("--drop-contacts", help="留给下一年度参考的联系方式也销毁"),
    ] = False,
) -> None:
    """销毁一个年度的个人信息,留下销毁证明;不能撤回。"""
    from sync_server.office import purge as office

    with opened(data) as services:
        if sys.stdin.isatty() and not as_json:
            typer.confirm(_what_goes(services, season, drop_contacts), abort=True)
        path = office.purge(
            services, season, who=WHO, really=really.strip(), drop_contacts=drop_contacts
        )
    certificate = msgspec.json.decode(path.read_bytes())
    rows, kept = certificate["rows"], certificate.get("kept_contacts", 0)

    def human() -> None:
        output.screen.print(f"已销毁。证明:{path}", soft_wrap=True)
        if kept:
            output.screen.print(
                f"{kept} 人的联系方式照年度设置留给下一年度参考,证明上写明;"
                "不要留,就再运行一次并加 --drop-contacts。"
            )
        output.screen.print("以前做的备份里还有这些内容:请再备份一次,旧的备份另行销毁。")

    output.show({"certificate": str(path), "rows": rows}, as_json, human)


def _what_goes(services: Services, season: str, drop_contacts: bool) -> str:
    """Ask before a purge, and say what its season keeps for the next one."""
    row = services.database.read(lambda c: seasons.find(c, season))
    keeps = row is not None and row.season.keep_contacts and not drop_contacts
    kept = "走访得到、已通过的联系方式留给下一年度参考。" if keeps else ""
    return f"将销毁 {season} 年度的全部个人信息和照片,不能撤回。{kept}继续吗?"
