"""`doorstep serve | doctor | account | sample`: running the server, and what it needs first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from sync_server.cli import output, tls
from sync_server.cli.options import WHO, AsJson, Data, opened, unit_code
from sync_server.services import Services
from sync_server.settings import Settings

app = typer.Typer()


@app.command()
def serve(
    data: Data = None,
    host: str = "127.0.0.1",
    port: int = 8350,
    cert: Path | None = None,
    key: Path | None = None,
) -> None:
    """启动同步服务器和办公页面(Ctrl+C 结束);做过 tls init 就用那张证书。"""
    import uvicorn

    from sync_server.app import create_app

    settings, certificate = tls.with_tls(Settings.from_environment(data), cert, port)
    _announce(settings, host, port, certificate is not None)
    uvicorn.run(
        create_app(replace(settings, listen_host=host)),
        host=host,
        port=port,
        log_level="warning",
        ssl_certfile=certificate,
        ssl_keyfile=key,
        server_header=False,
    )


def _announce(settings: Settings, host: str, port: int, https: bool) -> None:
    """Say where the server is, where its data are, and on a first start how to set it up.

    The set-up link goes to this terminal only: whoever holds it becomes the centre's first account.
    """
    from sync_server.office import setup

    shown = tls.bracketed("127.0.0.1" if host in ("", "0.0.0.0", "::") else host)  # noqa: S104
    url = settings.public_url or f"{'https' if https else 'http'}://{shown}:{port}"
    output.screen.print(f"上门服务器  {url}/   数据在 {settings.data_dir}   (Ctrl+C 结束)")
    services = Services.open(settings)
    try:
        if setup.is_needed(services):
            output.screen.print(
                f"还没有设置。请用浏览器打开设置链接({setup.LINK_HOURS} 小时内有效,只能用一次,只在这里显示):"
            )
            output.screen.print(f"{url}/setup/{setup.new_link(services)}")
    finally:
        services.close()


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
    role: Annotated[str, typer.Option(help="admin | officer | liaison")] = "liaison",
    school: str = "",
    data: Data = None,
    password: Annotated[
        str, typer.Option(prompt="口令", hide_input=True, confirmation_prompt=True)
    ] = "",
) -> None:
    """设一个办公页面的账号。"""
    from sync_server.office import accounts

    with opened(data) as services:
        unit = unit_code(services, school) if school else ""
        accounts.put(services, name, password, role=role, unit=unit, shown=name, who=WHO)
    output.screen.print(f"{name} 可以登录了")


@app.command()
def doctor(data: Data = None, as_json: AsJson = False) -> None:
    """看看这台机器行不行:SQLite、字体、磁盘、证书。"""
    from sync_server.office.doctor import checks

    with opened(data) as services:
        found = checks(services)
    output.show(found, as_json, lambda: output.checks(found))
    if not all(c["ok"] for c in found):
        raise typer.Exit(1)
