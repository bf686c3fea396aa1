"""One run of a backup: made, checked, and the oldest removed; and what is shown of it."""

from __future__ import annotations

import shutil
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server import quotas
from sync_server.office import (
    backup_log,
    backup_runs,
    backup_status,
    doctor,
)
from sync_server.office import manifest as m
from sync_server.office.backup import backup
from sync_server.office.backup_log import Run
from sync_server.office.backup_plan import Plan
from sync_server.office.restore import restore
from sync_server.services import Services
from sync_server.store import audit
from tests.support.backups import (
    NIGHTLY,
    NOON,
    PHOTO,
    at,
    kept,
    log,
    planned,
    ran,
    wait_for_the_end,
)
from tests.support.engines import about_sqlite

pytestmark = about_sqlite("a backup by us is one of its file; PostgreSQL has its own means")

# ---- one run ----


def test_a_run_is_made_checked_and_can_be_restored(
    services: Services, county: list[str], disk: Path, tmp_path: Path
) -> None:
    planned(services, disk)
    done = backup_runs.run(services, who="admin")
    assert (done.state, done.who, done.managed, done.problem) == ("verified", "admin", True, "")
    assert (done.files > 1, done.size_bytes > 10_000) == (True, True)
    assert log(services) == [done]
    restore(Path(done.folder), tmp_path / "back", now=NOON, who="t")
    assert ("admin", "backup.make", done.folder) in [
        (n.who, n.action, n.ref) for n in services.database.read(audit.listed)
    ]


class Usage(msgspec.Struct):
    """How full a disk is."""

    total: int
    free: int


def test_a_backup_on_the_same_disk_leaves_the_room_of_the_phones(
    services: Services, county: list[str], disk: Path
) -> None:
    planned(services, disk)
    total = 10 * quotas.KEPT_BYTES
    services.disk_usage = lambda _: Usage(total, quotas.KEPT_BYTES + 10_000)
    failed = backup_runs.run(services, who="admin", scheduled=True)
    assert (failed.state, failed.problem) == ("failed", "backup.no_room")
    with pytest.raises(ProblemError) as refused:
        backup(services, disk / "by-hand")
    assert refused.value.code == "backup.no_room"
    assert kept(disk) == []
    assert not (disk / "by-hand").exists()
    services.disk_usage = lambda _: Usage(total, total)
    assert backup_runs.run(services, who="admin").state == "verified"


def test_photos_that_a_backup_shares_take_no_room(
    services: Services, county: list[str], disk: Path
) -> None:
    planned(services, disk)
    large = services.files.path(sha256_hex(PHOTO * 400_000))
    large.parent.mkdir(parents=True)
    large.write_bytes(PHOTO * 400_000)
    room = quotas.KEPT_BYTES + len(PHOTO) * 400_000 - 1
    services.disk_usage = lambda _: Usage(10 * quotas.KEPT_BYTES, room)
    assert backup_runs.run(services, who="admin").problem == "backup.no_room"
    services.disk_usage = lambda _: Usage(10 * quotas.KEPT_BYTES, 2 * room)
    assert backup_runs.run(services, who="admin").state == "verified"
    services.disk_usage = lambda _: Usage(10 * quotas.KEPT_BYTES, room)
    assert backup_runs.run(services, who="admin").state == "verified"


def stored_photo(services: Services) -> str:
    """A photo among the server's files; its path below data folder and backup."""
    place = services.files.path(sha256_hex(PHOTO))
    place.parent.mkdir(parents=True)
    place.write_bytes(PHOTO)
    return place.relative_to(services.settings.data_dir).as_posix()


def test_photos_of_an_earlier_backup_are_shared_and_not_copied(
    services: Services, disk: Path
) -> None:
    path = stored_photo(services)
    planned(services, disk)
    first, second = (backup_runs.run(services, who="t") for _ in range(2))
    assert (Path(first.folder) / path).samefile(Path(second.folder) / path)
    shutil.rmtree(first.folder)
    assert (Path(second.folder) / path).read_bytes() == PHOTO
    assert backup_runs.check(services, second, who="t").state == "verified"


def test_a_shared_photo_that_was_damaged_is_copied_anew(services: Services, disk: Path) -> None:
    path = stored_photo(services)
    planned(services, disk)
    first = backup_runs.run(services, who="t")
    (Path(first.folder) / path).write_bytes(b"rotten!")
    second = backup_runs.run(services, who="t")
    assert second.state == "verified"
    assert (Path(second.folder) / path).read_bytes() == PHOTO


def test_the_oldest_go_when_a_new_one_is_checked(services: Services, disk: Path) -> None:
    planned(services, disk, keep=2)
    runs = [backup_runs.run(services, who="t") for _ in range(4)]
    assert kept(disk) == sorted(Path(r.folder).name for r in runs[2:])
    assert [r.state for r in log(services)] == ["removed", "removed", "verified", "verified"]


def test_a_failed_backup_removes_nothing_good_and_leaves_nothing_half(
    services: Services, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(services, disk, keep=2)
    good = [backup_runs.run(services, who="t") for _ in range(2)]

    def full(*_: object, **__: object) -> None:
        raise ProblemError("disk.full")

    monkeypatch.setattr(backup_runs, "verify", full)
    failed = [backup_runs.run(services, who="t") for _ in range(3)]
    assert {(r.problem, r.values["folder"]) for r in failed} == {("backup.disk_full", str(disk))}
    assert kept(disk) == sorted(Path(r.folder).name for r in good)


def test_what_others_put_into_the_folder_is_never_removed(services: Services, disk: Path) -> None:
    planned(services, disk, keep=2)
    (disk / "doorstep-20190101-020000").mkdir()
    (disk / "letters").mkdir()
    for _ in range(4):
        backup_runs.run(services, who="t")
    assert {"doorstep-20190101-020000", "letters"} <= set(kept(disk))


def test_a_backup_that_the_server_did_not_finish_is_named_and_swept(
    services: Services, disk: Path
) -> None:
    planned(services, disk)
    begun = ran(NOON, "running")
    half = disk / "doorstep-20261129-120000"
    half.mkdir()
    begun = msgspec.structs.replace(begun, folder=str(half))
    backup_log.put(services.settings.data_dir, begun)
    done = backup_runs.run(services, who="t")
    assert [(r.state, r.problem) for r in log(services)] == [
        ("interrupted", "backup.stopped"),
        ("verified", ""),
    ]
    assert kept(disk) == [Path(done.folder).name]


def test_two_backups_never_run_at_once(
    services: Services, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(services, disk)
    begun, go_on = threading.Event(), threading.Event()

    def slow(*given: Any, **more: Any) -> m.Manifest:
        begun.set()
        assert go_on.wait(60)
        return backup(*given, **more)

    monkeypatch.setattr(backup_runs, "backup", slow)
    backup_runs.start(services, who="t")
    assert begun.wait(60)
    assert backup_runs.under_way(services.settings.data_dir) is not None
    for again in (backup_runs.run, backup_runs.start):
        with pytest.raises(ProblemError, match=r"backup\.running"):
            again(services, who="t")
    go_on.set()
    wait_for_the_end(services)
    assert [r.state for r in log(services)] == ["verified"]


def test_the_schedule_begins_what_is_due_and_nothing_more(services: Services, disk: Path) -> None:
    backup_runs.run_if_due(services)
    plan = planned(services, disk, every="hours", hours=1)
    backup_runs.run_if_due(services)
    assert log(services) == []
    past = (services.settings.real_now() - timedelta(hours=2)).isoformat()
    earlier = msgspec.structs.replace(plan, since=past)
    (services.settings.data_dir / "backups" / "plan.json").write_bytes(msgspec.json.encode(earlier))
    for _ in range(2):
        backup_runs.run_if_due(services)
        wait_for_the_end(services)
    assert [(r.who, r.scheduled, r.state) for r in log(services)] == [
        (backup_runs.SCHEDULE, True, "verified")
    ]


def test_a_backup_that_rots_is_found_and_no_longer_counts(services: Services, disk: Path) -> None:
    planned(services, disk)
    done = backup_runs.run(services, who="t")
    (Path(done.folder) / "keys" / "receipts.pem").write_bytes(b"rot")
    backup_runs.start_check(services, done.id, who="t")
    wait_for_the_end(services)
    assert [(r.state, r.problem) for r in log(services)] == [("damaged", "backup.damaged")]
    assert backup_log.last_good(log(services)) is None


# ---- how things stand ----


def judged(runs: list[Run], now: datetime = NOON) -> tuple[str, str, str]:
    found = backup_status.judged(NIGHTLY, runs, now)
    return found.line.zh, found.tone, found.problem.code if found.problem else ""


def test_the_line_shows_when_the_last_good_backup_was_made() -> None:
    assert judged([]) == ("还没有备份过", "bad", "")
    assert judged([ran(at(29, 2))]) == ("上次备份:今天 02:00,已核对", "good", "")
    assert judged([ran(at(28, 2))]) == ("上次备份:昨天 02:00,已核对", "good", "")
    assert judged([ran(at(27, 2))])[:2] == ("已有 2 天没有成功的备份", "warn")
    assert judged([ran(at(20, 2))])[:2] == ("已有 9 天没有成功的备份", "bad")


def test_a_failure_after_a_good_one_is_a_warning_with_its_reason() -> None:
    runs = [ran(at(28, 2)), ran(at(29, 2), "failed", problem="disk.full")]
    assert judged(runs) == ("上次备份:昨天 02:00,已核对;之后一次没有成功", "warn", "disk.full")


def test_damaged_photos_and_no_schedule_are_mentioned() -> None:
    assert judged([ran(at(29, 2), damaged=3)])[:2] == (
        "上次备份:今天 02:00,已核对;3 张照片已损坏",
        "warn",
    )
    found = backup_status.judged(Plan(), [ran(at(29, 2))], NOON)
    assert found.line.en == "Last backup: today 02:00, checked; none is scheduled"


def test_doctor_shows_the_same_line(services: Services, county: list[str], disk: Path) -> None:
    def row() -> tuple[object, str]:
        found = next(c for c in doctor.checks(services) if c["what"] == "备份")
        return found["ok"], found["words"]

    assert row() == (False, "还没有备份过")
    planned(services, disk)
    backup_runs.run(services, who="t")
    ok, words = row()
    assert ok is True
    assert words.startswith("上次备份:今天")


def test_a_server_without_anybody_on_its_lists_has_nothing_urgent(services: Services) -> None:
    assert backup_status.status(services).tone == "warn"
