"""`doorstep tls init | renew | show`: HTTPS for an office that has no domain of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_server.cli.options import AsJson, Data
from sync_server.crypto import tls
from sync_server.deferred import deferred
from sync_server.settings import Settings

if TYPE_CHECKING:
    from sync_server.cli import output
else:
    output = deferred("sync_server.cli.output")

app = typer.Typer(no_args_is_help=True, help="HTTPS:没有域名时,自己做只管这一个地址的证书")


@app.command("init")
def tls_init(
    host: Annotated[str, typer.Option("--host", help="手机打开的地址:主机名或 IP")],
    ip: Annotated[list[str] | None, typer.Option("--ip", help="同一台服务器的 IP,可多个")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """做一个只管这个地址的根证书,和服务器的第一张证书;serve 会自动用上。"""
    settings = Settings.from_environment(data)
    settings.check_keys_writable()
    made = tls.init(tls.folder(settings), host, ip or (), settings.real_now())
    output.show(_value(made), as_json, lambda: _print_certificate(made))


@app.command("renew")
def tls_renew(data: Data = None, as_json: AsJson = False) -> None:
    """换一张服务器证书(根不变,手机什么都不用做);重新启动 serve 后生效。"""
    settings = Settings.from_environment(data)
    settings.check_keys_writable()
    made = tls.renew(tls.folder(settings), settings.real_now())
    output.show(_value(made), as_json, lambda: _print_certificate(made))


@app.command("show")
def tls_show(data: Data = None, as_json: AsJson = False) -> None:
    """现在的证书:哪个地址、到哪天、指纹。"""
    made = tls.served(tls.folder(Settings.from_environment(data)))
    output.show(_value(made), as_json, lambda: _print_certificate(made))


def _value(made: tls.Served) -> dict[str, Any]:
    return {
        "names": made.names,
        "root_fingerprint": made.root_fingerprint,
        "fingerprint": made.fingerprint,
        "root_until": made.root_until.isoformat(),
        "until": made.until.isoformat(),
        "file": str(made.file),
    }


def _print_certificate(made: tls.Served) -> None:
    output.screen.print(f"地址        {'  '.join(made.names)}")
    output.screen.print(f"根证书指纹  {made.root_fingerprint}   到 {made.root_until:%Y-%m-%d}")
    output.screen.print(f"服务器指纹  {made.fingerprint}   到 {made.until:%Y-%m-%d}")
    if made.below:
        output.screen.print("主机名下面的名称(如 a.主机名)也管;别的一律不管")
    output.screen.print("把根证书指纹抄在纸上,装证书时核对。安装办法:打开服务器的 /trust 页。")
    output.screen.print(
        "到期前运行 doorstep tls renew,再重新启动 serve;手机不用动。"
        f"证书和密钥在 {made.file.parent}"
    )
