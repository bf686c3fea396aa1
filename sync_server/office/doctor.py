"""Check what the server depends on: SQLite, fonts, disk space, certificates, modes, backups.

`ok` is None where this system lacks what would have to be looked at: neither well nor wrong.
"""

from __future__ import annotations

import shlex
from importlib import import_module
from pathlib import Path
from typing import Any

from shared.assets import FONTS
from shared.problems import ProblemError
from shared.season import minute_of
from sync_server import connection_limits, data_folder, serve_choice
from sync_server.crypto import given_certificate, tls
from sync_server.office import (
    backup_status,
    certificate_list,
    copied_folder,
    disk_room,
    doctor_postgresql,
    fonts,
    kept_files,
    search_index,
    standings,
)
from sync_server.services import Services
from sync_server.store import code_columns, db_snapshot
from sync_server.store.engine import SAFE_SQLITE, sqlite_module

NAMED = 3
"""So many files that others can read are named."""


def checks(services: Services) -> list[dict[str, Any]]:
    """Return for each check `what` was checked, whether it is `ok`, and the finding in `words`.

    `ok` is None for what was not checked.
    """
    sqlite = services.settings.database.startswith("sqlite")
    return [
        *([_sqlite()] if sqlite else doctor_postgresql.checks(services)),
        _fonts(),
        _own_fonts(services),
        _disk(services),
        _files(services),
        _certificates(services),
        *_serving(services),
        _https(services),
        private(services.settings.path()),
        file_limit(),
        _pages(services),
        _codes(services),
        _standings(services),
        _search(services),
        _copied(services),
        _backup(services),
    ]


def _sqlite() -> dict[str, Any]:
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


def _own_fonts(services: Services) -> dict[str, Any]:
    found = fonts.look(services.settings, fonts.season_now(services))
    lines = [f"{fonts.LABELS[r].zh}：{f.file}" for r, f in found.used.items() if f is not None]
    lines += [str(f.problem) for f in found.files if f.problem is not None]
    lines += [str(ProblemError("fonts.not_found", name=n)) for n in found.unfound.values()]
    ok = not found.unfound and all(file.problem is None for file in found.files)
    none = "没有自备的字体，用程序自带的"
    return {"what": "自备字体", "ok": ok, "words": "；".join(lines) or none}


def _disk(services: Services) -> dict[str, Any]:
    room, problem = disk_room.look(services), disk_room.problem(services)
    words = f"剩余 {room.free_bytes / 1024**3:.1f} GB"
    if problem is None:
        return {"what": "磁盘", "ok": True, "words": words}
    return {"what": "磁盘", "ok": False, "words": f"{problem.message()}:{problem.fix()}"}


def _files(services: Services) -> dict[str, Any]:
    """Return whether the file store answers, and holds every file that a row names."""
    store, what = services.file_store, "文件"
    try:
        if store.is_shared:
            store.check()
        found = kept_files.lost(services)
    except ProblemError as problem:
        return {"what": what, "ok": False, "words": f"{problem.message()}：{problem.fix()}"}
    where = f"，存在 {store.words}" if store.is_shared else ""
    if not found.count:
        return {"what": what, "ok": True, "words": f"数据库里有的文件都在{where}"}
    first = "、".join(found.first[:NAMED])
    words = f"{found.count} 个文件数据库里有、存储里没有{where}：{first}。请从备份里找回这些文件"
    return {"what": what, "ok": False, "words": words}


def _certificates(services: Services) -> dict[str, Any]:
    keys = services.settings.path("keys")
    if not (keys / "root.pem").exists():
        return {"what": "证书", "ok": True, "words": "还没有,第一次封存时自动造"}
    if due := certificate_list.due(services):
        named = "、".join(f"{one.name}（还有 {one.days_left} 天）" for one in due[:NAMED])
        again = "请运行 doorstep certs renew；县证书续期要先放回 root.key"
        return {"what": "证书", "ok": False, "words": f"{len(due)} 张快到期：{named}。{again}"}
    if (keys / "root.key").exists():
        return {"what": "证书", "ok": True, "words": "根私钥还在本机,建议用 certs export-root 移走"}
    return {"what": "证书", "ok": True, "words": "根私钥已移走"}


def _serving(services: Services) -> list[dict[str, Any]]:
    """Which processes serve a shared database, and whether machines have keys of their own."""
    if not services.settings.is_shared:
        return []
    found = services.holds.serving()
    places = sorted({name.split(" ")[0] for name in found})
    words = f"{len(found)} 个进程在服务，{len(places)} 台机器：{'、'.join(places)}"
    if len(places) > 1 and services.settings.keys_dir is None:
        again = "各台的密钥要挂载同一份（DOORSTEP_KEYS）：学校的证书不然会各造各的"
        return [{"what": "进程", "ok": False, "words": f"{words}：{again}"}]
    if len(places) > 1 and not services.file_store.is_shared:
        again = "各台的文件要放在同一处（DOORSTEP_FILES）：照片不然只在收到它的那一台"
        return [{"what": "进程", "ok": False, "words": f"{words}：{again}"}]
    return [{"what": "进程", "ok": True, "words": words if found else "没有在服务"}]


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
    if serve_choice.read(settings.data_dir, settings.keys_dir).certificate == serve_choice.GIVEN:
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


def _not_checked(what: str, why: str) -> dict[str, Any]:
    return {"what": what, "ok": None, "words": f"没有检查:{why}"}


def file_limit() -> dict[str, Any]:
    """Return whether this process may open as many files as its connections need (POSIX)."""
    try:
        resource = import_module("resource")
    except ImportError:
        return _not_checked("打开文件数", "这个系统没有这样的上限")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    needed = connection_limits.Limits().in_all + connection_limits.KEPT_FILES
    ok = hard == resource.RLIM_INFINITY or hard >= needed
    words = "没有上限" if hard == resource.RLIM_INFINITY else f"最多 {hard} 个"
    return {
        "what": "打开文件数",
        "ok": ok,
        "words": words if ok else f"{words}:少于 {needed} 个,同时连上的手机会少",
    }


def _pages(services: Services) -> dict[str, Any]:
    if not services.settings.database.startswith("sqlite"):
        return _not_checked("数据库文件", "PostgreSQL 自己检查")
    found = services.database.read(db_snapshot.quick_check)
    again = "请停下服务器,把最近的备份恢复到一个空文件夹"
    ok = found == "ok"
    return {"what": "数据库文件", "ok": ok, "words": "完好" if ok else f"已损坏({found}):{again}"}


def _codes(services: Services) -> dict[str, Any]:
    sqlite = services.settings.database.startswith("sqlite")
    if sqlite and services.database.read(db_snapshot.quick_check) != "ok":
        return {"what": "数据库内容", "ok": False, "words": "读不出来,见“数据库文件”"}
    found = services.database.read(code_columns.first_unknown)
    words = f"{found} 里有这个程序不认识的值:请停下服务器,把最近的备份恢复到一个空文件夹"
    return {"what": "数据库内容", "ok": not found, "words": words if found else "正常"}


def _standings(services: Services) -> dict[str, Any]:
    """Return whether what is kept of where people stand is what their records say."""
    what = "办理状态"
    if not services.season_id:
        return {"what": what, "ok": True, "words": "还没有年度"}
    sqlite = services.settings.database.startswith("sqlite")
    if sqlite and services.database.read(db_snapshot.quick_check) != "ok":
        return {"what": what, "ok": False, "words": "读不出来，见“数据库文件”"}
    found = standings.look(services)
    waits = f"，另有 {found.due} 人等着算" if found.due else ""
    if not found.different and not found.schools:
        return {"what": what, "ok": True, "words": f"抽看 {found.people} 人，和记录一致{waits}"}
    wrong = f"{len(found.different)} 人、{len(found.schools)} 所学校的数字和记录不一致{waits}"
    return {"what": what, "ok": False, "words": f"{wrong}：请运行 doorstep standings rebuild"}


def _search(services: Services) -> dict[str, Any]:
    """Return whether people are found by what their rows say."""
    what = "查找"
    if not services.season_id:
        return {"what": what, "ok": True, "words": "还没有年度"}
    sqlite = services.settings.database.startswith("sqlite")
    if sqlite and services.database.read(db_snapshot.quick_check) != "ok":
        return {"what": what, "ok": False, "words": "读不出来，见“数据库文件”"}
    found = search_index.look(services)
    waits = f"，另有 {found.due} 人等着编索引" if found.due else ""
    if not found.different and not found.lacking:
        return {"what": what, "ok": True, "words": f"抽看 {found.people} 人，索引没有错{waits}"}
    wrong = f"{len(found.different)} 人的索引不对，{found.lacking} 人不在索引里{waits}"
    return {"what": what, "ok": False, "words": f"{wrong}：请运行 doorstep search rebuild"}


def _copied(services: Services) -> dict[str, Any]:
    if not services.settings.database.startswith("sqlite"):
        return _not_checked("数据来历", "只能看 SQLite 的数据文件夹")
    found = copied_folder.finding(services)
    if found is None:
        return {"what": "数据来历", "ok": True, "words": "没有发现运行时复制的迹象"}
    problem = ProblemError("data.copied", path=found.path, since=minute_of(found.since))
    return {"what": "数据来历", "ok": False, "words": f"{problem.message()}。{problem.fix()}"}


def _backup(services: Services) -> dict[str, Any]:
    found = backup_status.status(services)
    words = found.line.zh
    if not services.settings.database.startswith("sqlite"):
        return _not_checked("备份", words)
    if found.problem is not None:
        words = f"{words}:{found.problem.message()}。{found.problem.fix()}"
    return {"what": "备份", "ok": found.tone != "bad", "words": words}


def private(folder: Path, *, posix: bool = data_folder.POSIX) -> dict[str, Any]:
    """Return whether nobody but its owner can read anything in the data folder."""
    if not posix:
        return _not_checked("文件权限", "这个系统没有这样的权限")
    found = sorted(data_folder.wide(folder))
    if not found:
        return {"what": "文件权限", "ok": True, "words": "只有本账号能读"}
    named = "、".join(str(path.relative_to(folder)) for path in found[:NAMED])
    more = f" 等 {len(found)} 处" if len(found) > NAMED else ""
    fix = f"chmod -R go= {shlex.quote(str(folder))}"
    words = f"别的账号也能读 {named}{more}:请运行 {fix}"
    return {"what": "文件权限", "ok": False, "words": words}
