"""`doorstep keys init | accept`: the keys of a server on several machines, mounted on each."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync_server.cli.options import WHO, AsJson, Data
from sync_server.deferred import deferred
from sync_server.settings import Settings

if TYPE_CHECKING:
    from sync_server.cli import output
else:
    output = deferred("sync_server.cli.output")

app = typer.Typer(no_args_is_help=True, help="密钥:几台机器共用时造一次,各台挂载同一份")


@app.command("init")
def keys_init(
    to: Annotated[Path, typer.Option("--to", help="造到哪个文件夹;不能已有东西")],
    centre: Annotated[str, typer.Option("--centre", help="县资助中心全称,写进证书")],
    earlier: Annotated[
        Path | None, typer.Option("--from", help="原来的数据文件夹:接着用它的密钥")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """造一套密钥,给每台服务器挂载同一份(DOORSTEP_KEYS);只做一次。"""
    from sync_server.office import keys_init as verb

    keys = earlier / "keys" if earlier is not None else None
    made = verb.make(to.resolve(), centre, datetime.now(UTC), keys)
    output.show({"folder": str(to), "files": made}, as_json, lambda: _print_made(to, made))


@app.command("accept")
def keys_accept(data: Data = None) -> None:
    """确实换了密钥:让数据库从现在起认这一套(先停下所有服务器)。"""
    from sync_server.office import keys_init as verb

    verb.accept(Settings.from_environment(data), who=WHO)
    output.screen.print("下一台启动的服务器用哪套密钥,数据库就认哪套")


def _print_made(folder: Path, made: list[str]) -> None:
    output.screen.print(f"{folder} 里有 {len(made)} 个文件")
    output.screen.print("请妥善另存一份;root.key 平时不用,建议移走(放进保险柜),续县证书时再放回")
    output.screen.print(f"每台服务器挂载后写明:DOORSTEP_KEYS={folder}")
