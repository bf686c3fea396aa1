"""Destroy the personal data of a season, and certify it.

Rows are deleted in one transaction that also stores the list of files to delete; an interrupted
purge continues from that list when it is run again.
"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server import fault_log, folder_lock, temporary, whole_file
from sync_server.disk_errors import disk_problems
from sync_server.files.folder_store import FolderStore
from sync_server.office import bundles, expiry, handover, leftovers, made_keys, office_device
from sync_server.office.summary_inputs import county_documents, document_of
from sync_server.services import Services
from sync_server.store import (
    audit,
    kept,
    kept_contacts,
    office_devices,
    photos,
    purging,
    seasons,
    units,
)
from sync_server.store.database import Connection
from sync_server.store.photo_files import PhotoFiles
from sync_server.store.photo_objects import PhotoObjects
from sync_server.store.summaries import COUNTY

FOLDER = "certificates-of-destruction"
ALL_SEASONS = ("sessions",)
"""Folders that hold something of people, whatever the season."""
KEPT = (
    "数字、哈希、链接值和签名(不含内容):每条记录在手机链上的位置"
    " / each record's number, hash, link and signature",
    "汇总的文号、版本、状态、时间和哈希 / summaries: document, version, state, times, hashes",
    "操作记录(不含本年度里写下的理由) / the audit trail, without reasons typed in the season",
    "学校名称和代码、本季日程 / school names and codes, the season's calendar",
)
KEPT_CONTACTS = (
    "留给下一年度参考的联系方式({n} 人;没有姓名和身份证号,只有两者合算的哈希值),"
    "销毁下一年度时一起销毁 / contacts kept for the next season (of {n} people;"
    " a hash of ID number and name in place of"
    " both), destroyed with the next season"
)
"""What the certificate says where the season's setting keeps accepted contacts."""
OF_A_SUMMARY = (
    "document",
    "version",
    "unit",
    "state",
    "data_hash",
    "sha256",
    "sealed_at",
    "submitted_at",
)
"""What the certificate says of each summary."""
NOT_COVERED = (
    "以前做的备份:里面还有这些内容,请一并删除"
    " / backup files made earlier still hold the data: delete them",
    "手机里的内容 / what phones hold",
    "已上交或另存的封存件、打印件 / sealed files and prints handed up or kept elsewhere",
    "磁盘上未被覆盖的扇区 / sectors of the disk not overwritten yet",
)


NOT_COVERED_ELSEWHERE = (
    "其他服务器自己的数据文件夹(临时文件、日志):请清空"
    " / temporary files and logs in the own folders of other servers: empty these",
)
"""And this where several machines serve."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is left to do after the transaction: complete the certificate, delete files."""

    certificate: dict[str, Any]
    photos: tuple[str, ...]
    uploads: tuple[str, ...]
    folders: tuple[str, ...]
    office_devices: tuple[str, ...] = ()


def purge(
    services: Services, season: str, *, who: str, really: str = "", drop_contacts: bool = False
) -> Path:
    """Destroy a season's personal data.

    Contacts that its setting keeps for the next season stay, and the certificate names them.

    Args:
        services: The server's services.
        season: The season.
        who: Who does it, for the certificate and the audit trail.
        really: The reason for doing so although a school has not submitted its summary; it goes
            into the certificate. "" where all have.
        drop_contacts: Whether the contacts kept for the next season go, too, with the suggestions
            made of them; also of a season that was purged before.

    Returns:
        The certificate's path.

    Raises:
        ProblemError: season.unknown, season.not_closed, purge.nothing, purge.not_handed_up,
            purge.busy (run it again), data.served, data.busy, data.not_lockable, disk.full,
            disk.broken.
    """
    with folder_lock.held(services.settings.data_dir, "purge"):
        if serving := services.holds.serving():
            place, pid, _ = serving[0].split(" ", 2)
            raise ProblemError("data.served", folder=place, pid=pid, address="?", since="?")
        return _purge(services, season, who, really, drop_contacts)


def _purge(services: Services, season: str, who: str, really: str, drop: bool) -> Path:
    database, now = services.database, services.settings.now_text()
    found = database.read(lambda c: purging.pending(c, season))
    if found is None:
        job = partial(
            _rows, services=services, season=season, who=who, really=really, now=now, drop=drop
        )
        found = database.write(job)
    plan = msgspec.json.decode(found, type=Plan)
    with disk_problems():
        _files(services, plan)
        if not purging.compact(services.settings.database):
            raise ProblemError("purge.busy")
        path, sha256 = _certificate(services, season, plan)

    def finish(connection: Connection) -> None:
        purging.forget_pending(connection, season)
        audit.note(
            connection, at=now, who=who, action="purge.certificate", ref=sha256, detail=path.name
        )

    database.write(finish)
    return path


def _rows(
    connection: Connection,
    services: Services,
    season: str,
    who: str,
    really: str,
    now: str,
    drop: bool,
) -> bytes:
    """Delete the season's rows and store what is left to do."""
    row = seasons.one(connection, season)
    if row.state not in (seasons.CLOSED, seasons.PURGED):
        raise ProblemError("season.not_closed", season=season)
    behind = purging.not_handed_up(connection, season)
    if behind and not really:
        raise ProblemError("purge.not_handed_up", count=len(behind), schools="、".join(behind[:5]))
    about = row.season
    known = [u.code for u in units.every_unit(connection, season)]
    offices = tuple(sorted(office_devices.ids(connection, season)))
    destroyed = purging.destroy(connection, season, now, keep_contacts=not drop)
    if not any(destroyed.counts.values()):
        raise ProblemError("purge.nothing", season=season)
    documents = {r.document for r in destroyed.summaries} | {
        *county_documents(about).values(),
        *(document_of(about, u) for u in (COUNTY, *known)),
    }
    certificate = {
        "kind": "doorstep.certificate-of-destruction",
        "schema": 1,
        "season": season,
        "centre": about.letterhead.centre,
        "demo": bool(services.settings.clock_spec),
        "destroyed_at": services.settings.real_now().isoformat(timespec="seconds"),
        "by": who,
        "reason": really,
        "not_handed_up": behind,
        "rows": destroyed.counts,
        "kept_contacts": destroyed.kept_contacts,
        "summaries": [{k: getattr(r, k) for k in OF_A_SUMMARY} for r in destroyed.summaries],
    }
    plan = Plan(
        certificate=certificate,
        photos=destroyed.photos,
        uploads=destroyed.uploads,
        folders=tuple(
            f"{place}/{d}" for place in ("summaries", bundles.FOLDER) for d in sorted(documents)
        ),
        office_devices=offices,
    )
    kept = msgspec.json.encode(plan)
    purging.keep_pending(connection, season, kept)
    seasons.set_state(connection, season, seasons.PURGED, at=now, who=who, reason=really)
    kept_contacts.suggest_after(connection, season)
    detail = msgspec.json.encode({"season": season, "reason": really, **destroyed.counts}).decode()
    audit.note(connection, at=now, who=who, action="purge.rows", ref=season, detail=detail)
    return kept


def _files(services: Services, plan: Plan) -> None:
    """Delete photos not stored again, unfinished uploads, summaries, temporary files and logs.

    Also the keys of the offices' devices: nobody signs for that season any more.

    Also every session: what somebody typed, or was shown once, may name a person.

    Also photos that no row names, which a server killed at an upload's last step leaves: no phone
    has a receipt for them.
    """
    _photos(services, plan)
    office_device.remove_keys(services.settings, plan.office_devices)
    settings = services.settings
    keys = [office_device.key_path(settings, device) for device in plan.office_devices]
    made_keys.forget(services, keys)
    services.database.write(kept.forget_everything)
    for upload in plan.uploads:
        services.files.forget(upload)
    expiry.sweep_uploads(services)
    for key in (*plan.folders, handover.FOLDER):
        services.file_store.delete_all(key)
    _of_before(services, plan)
    data_dir = services.settings.data_dir
    for name in (*ALL_SEASONS, *leftovers.EARLIER_PLACES):
        folder = data_dir / name
        if folder.is_dir():
            shutil.rmtree(folder)
    temporary.remove_all(services.settings.path(temporary.FOLDER))
    fault_log.forget(data_dir)


def _photos(services: Services, plan: Plan) -> None:
    """Delete the photos of the season, and any that no row names."""
    if isinstance(services.files, PhotoObjects):
        # a server of another machine may start meanwhile, and be about to record one
        for some in services.files.every():
            expiry.remove_without_row(services, some)
        return
    gone = services.database.read(lambda c: purging.not_stored_again(c, plan.photos))
    services.files.remove_each(gone)
    services.files.keep_only(services.database.read(photos.hashes))


def _of_before(services: Services, plan: Plan) -> None:
    """Delete what the data folder has of its own beside a shared store.

    Those are files of before they were copied there, and folders of work that was killed.
    """
    if not services.file_store.is_shared:
        return
    own = FolderStore(services.settings.data_dir)
    for key in (*plan.folders, handover.FOLDER, "uploads"):
        own.delete_all(key)
    places = (services.settings.path("photos"), services.settings.path("uploads"))
    PhotoFiles(*places).keep_only(services.database.read(photos.hashes))


def _certificate(services: Services, season: str, plan: Plan) -> tuple[Path, str]:
    """Write the certificate last, when all it says is true; return its path and sha256."""
    kept = plan.certificate.get("kept_contacts", 0)  # a plan of an earlier version has none
    elsewhere = () if services.is_alone else NOT_COVERED_ELSEWHERE
    value = {
        **plan.certificate,
        "completed_at": services.settings.real_now().isoformat(timespec="seconds"),
        "kept": (*KEPT, KEPT_CONTACTS.format(n=kept)) if kept else KEPT,
        "not_covered": (*NOT_COVERED, *elsewhere),
    }
    stamp = plan.certificate["destroyed_at"][:19].replace("-", "").replace(":", "")
    folder = services.settings.path(FOLDER)
    for left in folder.glob(f"*{whole_file.SUFFIX}"):  # by a purge that was killed
        left.unlink()
    path = folder / f"{season}-{stamp}.json"
    data = msgspec.json.format(msgspec.json.encode(value), indent=1)
    whole_file.write(path, data)
    if services.file_store.is_shared:  # here, and where no machine can lose it
        services.file_store.put(f"{FOLDER}/{path.name}", data)
    return path, sha256_hex(data)
