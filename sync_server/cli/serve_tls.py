"""Which certificate `serve` serves with; tls.py makes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sync_server.crypto import tls
from sync_server.deferred import deferred
from sync_server.settings import Settings

if TYPE_CHECKING:
    from sync_server.cli import output
else:
    output = deferred("sync_server.cli.output")  # with rich, which only a warning needs


def with_tls(settings: Settings, cert: Path | None, port: int) -> tuple[Settings, Path | None]:
    """Return settings and certificate for `serve`: the one given, that of `tls init`, or none."""
    place = tls.folder(settings)
    ours = (place / tls.SERVER).is_file()
    if cert is not None:
        if ours:
            output.screen.print(
                f"[yellow]用 --cert 的证书;{place} 里的没有用上,"
                "要停用请把它移走,否则新发的二维码还写着它[/]"
            )
        return replace(settings, secure_cookies=True), cert
    if not ours:
        return settings, None
    made = tls.served(place)
    left = made.until - settings.real_now()
    if left < tls.RENEW_WITHIN:
        output.screen.print(
            f"[yellow]服务器证书还有 {max(0, left.days)} 天到期:"
            "请运行 doorstep tls renew,再重新启动[/]"
        )
    url = settings.public_url or f"https://{bracketed(made.names[0])}:{port}"
    if not tls.fits(place, url):
        names = "、".join(made.names)
        output.screen.print(
            f"[red]DOORSTEP_URL 是 {url},证书却只管 {names}:手机照二维码打不开。"
            f"把 DOORSTEP_URL 改成 https:// 加其中一个地址,"
            f"或者移走 {place} 重做 doorstep tls init[/]"
        )
    return replace(settings, public_url=url, secure_cookies=True, own_root=True), made.file


def bracketed(name: str) -> str:
    """A host as it stands in an address: IPv6 in brackets."""
    return f"[{name}]" if ":" in name else name
