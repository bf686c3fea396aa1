"""`doorstep files copy | fetch | check`: the files of a county as a whole (docs/files.md)."""

from __future__ import annotations

from pathlib import Path

import msgspec
import typer

from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, opened

app = typer.Typer(no_args_is_help=True, help="文件：搬到 S3、取回、核对")
PROGRESS = "看了 {done:,} / {total:,} 个文件"


@app.command()
def copy(data: Data = None, as_json: AsJson = False) -> None:
    """把数据文件夹里的文件复制到 DOORSTEP_FILES 写的存储;可以重复运行,只复制新的。"""
    from sync_server.office import kept_files

    with opened(data) as services, output.progress(PROGRESS) as note:
        made = kept_files.copy_in(services, who=WHO, progress=note)
    output.show(msgspec.structs.asdict(made), as_json, lambda: _copied(made.files, made.same))


@app.command()
def fetch(dest: Path, data: Data = None, as_json: AsJson = False) -> None:
    """把文件存储里的文件取到一个文件夹,和数据文件夹里一样放;可以重复运行,只取新的。"""
    from sync_server.office import kept_files

    with opened(data) as services, output.progress(PROGRESS) as note:
        made = kept_files.copy_out(services, dest, note)
    output.show(msgspec.structs.asdict(made), as_json, lambda: _copied(made.files, made.same))


@app.command()
def check(data: Data = None, as_json: AsJson = False) -> None:
    """核对存储能不能用,数据库里有的文件是不是都在。"""
    from sync_server.office import kept_files

    with opened(data) as services:
        services.file_store.check()
        found = kept_files.lost(services)
    output.show(msgspec.structs.asdict(found), as_json, lambda: _lost(found.count, found.first))
    if found.count:
        raise typer.Exit(1)


def _copied(files: int, same: int) -> None:
    output.screen.print(f"复制了 {files:,} 个文件，{same:,} 个本来就有")


def _lost(count: int, first: tuple[str, ...]) -> None:
    if not count:
        output.screen.print("数据库里有的文件都在")
        return
    output.screen.print(f"[red]{count:,} 个文件不在[/]：{'、'.join(first)}")
