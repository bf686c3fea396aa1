"""Check what the server depends on: SQLite's version, fonts, disk space and certificates."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Any

from shared.assets import FONTS
from shared.problems import ProblemError
from sync_server import data_folder, serve_choice
from sync_server.crypto import given_certificate, tls
from sync_server.services import Services
from sync_server.store.engine import sqlite_module

SAFE_SQLITE = (3, 51, 3)
"""The first version in which a second process that checkpoints cannot corrupt a WAL.

Source: docs/sources.md#wal-reset-bug.
"""
FREE_BYTES = 2 * 1024**3
NAMED = 3
"""So many files that others can read are named."""


def checks(services: Services) -> list[dict[str, Any]]:
    """Return for each check `what` was checked, whether it is `ok`, and the finding in `words`."""
    return [
        _sqlite(services),
        _fonts(),
        _disk(services),
        _certificates(services),
        _https(services),
        private(services.settings.path()),
    ]


def _sqlite(services: Services) -> dict[str, Any]:
    if not services.settings.database.startswith("sqlite"):
        return {"what": "数据库", "ok": True, "words": "PostgreSQL"}
    version = sqlite_module().sqlite_version_info
    words = ".".join(str(v) for v in version)
    ok = version >= SAFE_SQLITE
    return {
        "what": "SQLite",
        "ok": ok,
        "words": words if ok else f"{words}:低于 3.51.3,不要让第二个程序同时写",
    }


def _fonts() -> dict[str, Any]:
    found = sorted(p.name for p in FONTS.glob("*.otf"))
    return {"what": "字体", "ok": len(found) >= 4, "words": f"{len(found)} 个"}


def _disk(services: Services) -> dict[str, Any]:
    free = shutil.disk_usage(services.settings.path()).free
    return {"what": "磁盘", "ok": free > FREE_BYTES, "words": f"剩余 {free / 1024**3:.1f} GB"}


def _certificates(services: Services) -> dict[str, Any]:
    keys = services.settings.path("keys")
    if not (keys / "root.pem").exists():
        return {"what": "证书", "ok": True, "words": "还没有,第一次封存时自动造"}
    if (keys / "root.key").exists():
        return {"what": "证书", "ok": True, "words": "根私钥还在本机,建议用 certs export-root 移走"}
    return {"what": "证书", "ok": True, "words": "根私钥已移走"}


def _https(services: Services) -> dict[str, Any]:
    try:
        return _https_until(services)
    except ProblemError as problem:
        return {"what": "HTTPS", "ok": False, "words": f"{problem.message()}:{problem.fix()}"}


def _https_until(services: Services) -> dict[str, Any]:
    """Find until when the certificate in use holds.

    Raises:
        ProblemError: tls.missing, tls.given_unreadable.
    """
    settings = services.settings
    place = tls.folder(settings)
    if serve_choice.read(settings.data_dir).certificate == serve_choice.GIVEN:
        file = given_certificate.file_of(settings)
        given = given_certificate.read(file)
        if given is None:
            raise ProblemError("tls.missing", file=str(file))
        left = given.until - settings.real_now()
        words = f"还有 {max(0, left.days)} 天到期"
        ok = left > tls.RENEW_WITHIN
        again = "请在“手机怎么连上”里换上新的证书和密钥"
        return {"what": "HTTPS", "ok": ok, "words": words if ok else f"{words}:{again}"}
    if tls.root_der(place) is None:
        return {
            "what": "HTTPS",
            "ok": True,
            "words": "没有自己的证书(用 --cert、代理,或 doorstep tls init)",
        }
    left = tls.served(place).until - settings.real_now()
    words = f"还有 {max(0, left.days)} 天到期"
    ok = left > tls.RENEW_WITHIN
    return {
        "what": "HTTPS",
        "ok": ok,
        "words": words if ok else f"{words}:请运行 doorstep tls renew,再重新启动",
    }


def private(folder: Path, *, posix: bool = data_folder.POSIX) -> dict[str, Any]:
    """Return whether nobody but its owner can read anything in the data folder."""
    if not posix:
        return {"what": "文件权限", "ok": True, "words": "没有检查:这个系统没有这样的权限"}
    found = sorted(data_folder.wide(folder))
    if not found:
        return {"what": "文件权限", "ok": True, "words": "只有本账号能读"}
    named = "、".join(str(path.relative_to(folder)) for path in found[:NAMED])
    more = f" 等 {len(found)} 处" if len(found) > NAMED else ""
    fix = f"chmod -R go= {shlex.quote(str(folder))}"
    words = f"别的账号也能读 {named}{more}:请运行 {fix}"
    return {"what": "文件权限", "ok": False, "words": words}
