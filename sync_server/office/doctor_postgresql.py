"""What `doorstep doctor` looks at where the database is PostgreSQL."""

from __future__ import annotations

from typing import Any

from sync_server.office import postgresql_backup
from sync_server.services import Services
from sync_server.store import postgresql
from sync_server.store.database import newest_revision, revision_of
from sync_server.store.engine import POOL

KEPT_FREE = 8
"""Connections that commands, a backup and whoever looks after the server need beside ours."""


def checks(services: Services) -> list[dict[str, Any]]:
    """Return the checks of the database, as those of doctor.py."""
    found = services.database.read(postgresql.about)
    revision = services.database.read(revision_of)
    return [
        _engine(found),
        {
            "what": "库结构",
            "ok": revision == newest_revision(),
            "words": revision,
        },
        _durable(found),
        _standbys(found),
        _connections(services, found),
        _whose(services),
    ]


def _engine(found: postgresql.About) -> dict[str, Any]:
    size = f"{found.size_bytes / 1e6:.0f} MB"
    words = f"PostgreSQL {found.version}，{found.encoding}，{size}"
    return {"what": "数据库", "ok": found.encoding == "UTF8", "words": words}


def _durable(found: postgresql.About) -> dict[str, Any]:
    """Return whether what is answered is on the disk."""
    if not found.fsync:
        words = "fsync 是 off：断电会丢已经收下的记录，请在 postgresql.conf 里改成 on"
        return {"what": "写盘", "ok": False, "words": words}
    return {"what": "写盘", "ok": True, "words": f"synchronous_commit {found.synchronous_commit}"}


def _standbys(found: postgresql.About) -> dict[str, Any]:
    what = "备库"
    named = "、".join(f"{one.name or '?'}（{one.state} {one.sync}）" for one in found.standbys)
    confirms = any(one.sync in ("sync", "quorum") for one in found.standbys)
    if found.synchronous_names and not confirms:
        words = f"要等同步备库确认，可是没有一台在：每次写入都会等。{named}"
        return {"what": what, "ok": False, "words": words}
    if not found.standbys:
        words = "看不到备库：这台坏了，只能从备份恢复（账号没有 pg_monitor 时也看不到）"
        return {"what": what, "ok": None, "words": words}
    if not confirms:
        words = f"{named}：没有同步备库，切换时可能丢最后几秒的记录"
        return {"what": what, "ok": None, "words": words}
    return {"what": what, "ok": True, "words": named}


def _connections(services: Services, found: postgresql.About) -> dict[str, Any]:
    ours = services.settings.pool or POOL
    room = (found.max_connections - found.reserved - KEPT_FREE) // ours
    words = (
        f"每个进程最多 {ours} 条，PostgreSQL 最多 {found.max_connections} 条，"
        f"现在用了 {found.in_use} 条：最多开 {room} 个进程"
    )
    fix = "：请调小 DOORSTEP_POOL，或调大 max_connections"
    return {"what": "数据库连接", "ok": room >= 1, "words": words + ("" if room >= 1 else fix)}


def _whose(services: Services) -> dict[str, Any]:
    """Say by what means each part is backed up: nobody here can see whether that is done."""
    shares = postgresql_backup.whose(services.settings)
    words = "；".join(f"{one.what.zh}（{one.where}）：{one.means.zh}" for one in shares)
    return {"what": "谁备份什么", "ok": None, "words": words}
