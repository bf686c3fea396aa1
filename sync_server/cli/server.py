"""`doorstep serve | doctor | account | sample`: running the server, and what it needs first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.problems import ProblemError
from sync_server import collector
from sync_server.cli.options import WHO, AsJson, Data, opened, unit_code
from sync_server.deferred import deferred

if TYPE_CHECKING:
    from sync_server.cli import output
else:
    output = deferred("sync_server.cli.output")

app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def serve(
    data: Data = None,
    host: Annotated[
        str | None, typer.Option(help="不写就照“手机怎么连上”选的,先是 127.0.0.1")
    ] = None,
    port: Annotated[int | None, typer.Option(help="不写就照选的,先是 8350")] = None,
    cert: Path | None = None,
    key: Path | None = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(help="前面的反向代理的地址或网段,只信它转来的访问者地址;可以写几次"),
    ] = None,
    workers: Annotated[
        int, typer.Option(help="用几个进程服务;多于 1 个要用 PostgreSQL 数据库")
    ] = 1,
    drain: Annotated[
        float,
        typer.Option(help="收到停止信号后再服务几秒,让前面的代理先转走(/v1/ready 已答未就绪)"),
    ] = 0.0,
) -> None:
    """启动同步服务器和办公页面(Ctrl+C 结束);做过 tls init 就用那张证书。"""
    with collector.held():
        from sync_server.cli import serving

    options = serving.Options(
        host=host,
        port=port,
        cert=cert,
        key=key,
        proxies=tuple(proxy or ()),
        workers=workers,
        drain_s=max(0.0, drain),
    )
    serving.until_stopped(data, options)


@app.command()
def sample(directory: Path, seed: int | None = None, as_json: AsJson = False) -> None:
    """造一个样例县的全部文件(县名人名皆虚构)。"""
    from sync_server.sample.county import make_county, write_county

    files = [
        str(path)
        for path in write_county(directory, make_county(*(() if seed is None else (seed,))))
    ]
    output.show({"files": files}, as_json, lambda: output.screen.print("\n".join(files)))


@app.command()
def account(
    name: str,
    role: Annotated[str, typer.Option(help="admin | officer | liaison | auditor")] = "liaison",
    school: Annotated[
        list[str] | None, typer.Option(help="联络员的学校;包联同志的学校,可以写几次")
    ] = None,
    data: Data = None,
    password: Annotated[
        str, typer.Option(prompt="口令", hide_input=True, confirmation_prompt=True)
    ] = "",
) -> None:
    """设一个办公页面的账号。"""
    from sync_server.office import accounts

    with opened(data) as services:
        codes = [unit_code(services, one) for one in school or ()]
        listed = role == "officer"
        if len(codes) > 1 and not listed:
            raise ProblemError("auth.account_invalid")
        accounts.put(
            services,
            name,
            password,
            role=role,
            unit="" if listed else "".join(codes),
            shown=name,
            who=WHO,
            schools=codes if listed and codes else None,
        )
    output.screen.print(f"{name} 可以登录了")


@app.command()
def doctor(data: Data = None, as_json: AsJson = False) -> None:
    """看看这台机器行不行:SQLite、字体、磁盘、证书、权限、备份。"""
    from sync_server.office.doctor import checks

    with opened(data) as services:
        found = checks(services)
    output.show(found, as_json, lambda: output.checks(found))
    if any(c["ok"] is False for c in found):
        raise typer.Exit(1)
