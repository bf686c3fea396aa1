"""Backups by themselves: when they are due, one at a time, checked, the oldest removed, failures shown."""

from __future__ import annotations

import shutil
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from sqlalchemy import select

from shared.assets import FONTS
from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server import quotas
from sync_server.console.web.console_state import STATIC
from sync_server.office import (
    backup_file,
    backup_log,
    backup_plan,
    backup_runs,
    backup_status,
    doctor,
)
from sync_server.office import manifest as m
from sync_server.office.backup import backup
from sync_server.office.backup_log import Run
from sync_server.office.backup_plan import Plan, is_due
from sync_server.office.restore import restore
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import audit
from sync_server.store import tables as t
from tests.support.console_browser import Browser, people, signed_in

NOON = datetime(2026, 11, 29, 4, tzinfo=UTC)
"""29 November 2026, 12:00 in China."""
PHOTO = b"a photo"
PASSPHRASE = "青槐县 备份 口令 二〇二六"
UP = 1_000_000.0
"""A steady clock long after any run of these tests."""


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 on China's clock."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def ran(moment: datetime, state: backup_log.State = "verified", **more: object) -> Run:
    found = Run(id=moment.isoformat(), started_at=moment.isoformat(), who="t", folder="/b/x")
    return msgspec.structs.replace(found, **{"state": state, "managed": True, **more})


NIGHTLY = Plan(every="night", at="02:00", folder="/b", since=at(1, 12).isoformat())
HOURLY = Plan(every="hours", hours=6, folder="/b", since=at(1, 12).isoformat())


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """Where backups are kept."""
    place = tmp_path / "disk"
    place.mkdir()
    return place


def planned(services: Services, disk: Path, **more: object) -> Plan:
    plan = Plan(**{"every": "night", "folder": str(disk), **more})  # type: ignore[arg-type]
    return backup_plan.choose(services, plan, who="t")


def log(services: Services) -> list[Run]:
    return backup_log.read(services.settings.data_dir)


def kept(disk: Path) -> list[str]:
    return sorted(p.name for p in disk.iterdir() if p.is_dir())


def wait_for_the_end(services: Services) -> None:
    """Until nothing is under way; the thread of a small backup takes a moment."""
    for _ in range(500):
        if backup_runs.under_way(services.settings.data_dir) is None:
            return
        time.sleep(0.02)
    raise AssertionError("the backup did not end")


# ---- when ----


def test_a_nightly_backup_is_due_once_the_hour_has_struck() -> None:
    runs = [ran(at(28, 2))]
    assert not is_due(NIGHTLY, runs, at(29, 1, 59), UP)
    assert is_due(NIGHTLY, runs, at(29, 2), UP)
    assert not is_due(NIGHTLY, [ran(at(29, 2))], at(29, 3), UP)


def test_a_computer_that_was_off_at_night_makes_up_for_it_once() -> None:
    assert is_due(NIGHTLY, [ran(at(25, 2))], at(29, 8), UP)
    assert not is_due(NIGHTLY, [ran(at(25, 2)), ran(at(29, 8))], at(29, 23), UP)
    assert is_due(NIGHTLY, [ran(at(25, 2)), ran(at(29, 8))], at(30, 2), UP)


def test_a_schedule_that_was_just_chosen_waits_for_its_first_hour() -> None:
    plan = Plan(every="night", at="02:00", folder="/b", since=at(28, 10).isoformat())
    assert not is_due(plan, [], at(28, 23), UP)
    assert is_due(plan, [], at(29, 2), UP)


def test_every_so_many_hours_counts_from_the_last_one_by_hand_or_not() -> None:
    assert not is_due(HOURLY, [ran(at(29, 3))], at(29, 8, 59), UP)
    assert is_due(HOURLY, [ran(at(29, 3))], at(29, 9), UP)


def test_nothing_is_due_where_the_schedule_is_off_or_has_no_folder() -> None:
    assert not is_due(Plan(), [], NOON, UP)
    assert not is_due(Plan(every="night", since=at(1, 1).isoformat()), [], NOON, UP)


@pytest.mark.parametrize("state", ["failed", "interrupted", "damaged"])
def test_a_failure_is_tried_again_after_an_hour_and_not_before(state: backup_log.State) -> None:
    runs = [ran(at(29, 2), state)]
    assert not is_due(NIGHTLY, runs, at(29, 2, 59), UP)
    assert is_due(NIGHTLY, runs, at(29, 3), UP)


def test_a_backup_into_a_folder_chosen_by_hand_is_not_the_schedules() -> None:
    runs = [ran(at(28, 2)), ran(at(29, 9), managed=False)]
    assert is_due(NIGHTLY, runs, at(29, 10), UP)


def test_after_a_clock_that_was_years_ahead_the_next_one_is_due_at_once() -> None:
    assert is_due(NIGHTLY, [ran(datetime(2099, 1, 1, tzinfo=UTC))], NOON, UP)
    assert is_due(Plan(every="hours", folder="/b", since="2099-01-01T00:00:00+00:00"), [], NOON, UP)


@given(st.lists(st.integers(-(10**9), 10**9), max_size=60), st.sampled_from([NIGHTLY, HOURLY]))
def test_a_clock_that_jumps_about_makes_no_storm_of_backups(jumps: list[int], plan: Plan) -> None:
    """A minute passes between two looks, whatever the clock shows: one backup in half an hour at most."""
    runs: list[Run] = []
    for minute, jump in enumerate(jumps):
        now = NOON + timedelta(seconds=jump)
        if is_due(plan, runs, now, minute * 60.0):
            runs.append(ran(now, uptime_s=minute * 60.0))
    assert len(runs) <= 1 + len(jumps) // 30


# ---- where ----


def test_a_place_for_backups_is_tried_before_it_is_kept(
    services: Services, disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(disk)
    served = tmp_path / "app"
    (served / "inside").mkdir(parents=True)
    data = services.settings.data_dir
    settings = Settings(data_dir=data, app_dir=served)
    for text, code in {
        "": "backup.no_folder",
        "disk": "backup.no_folder",
        str(tmp_path / "gone"): "backup.no_folder",
        str(tmp_path / "link"): "backup.folder_link",
        str(data / "photos"): "backup.inside",
        str(tmp_path): "backup.inside",
        str(served / "inside"): "backup.folder_served",
        str(FONTS): "backup.folder_served",
        str(STATIC): "backup.folder_served",
    }.items():
        with pytest.raises(ProblemError) as caught:
            backup_plan.check_folder(settings, text)
        assert caught.value.code == code, text
    assert backup_plan.check_folder(settings, str(disk)) == disk
    assert list(disk.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [{"at": "25:00"}, {"at": "2"}, {"hours": 0}, {"hours": 169}, {"keep": 1}, {"keep": 101}],
)
def test_a_schedule_with_odd_numbers_is_refused(
    services: Services, disk: Path, wrong: dict[str, object]
) -> None:
    with pytest.raises(ProblemError, match=r"backup\.plan_invalid"):
        planned(services, disk, **wrong)
    assert backup_plan.read(services.settings.data_dir) == Plan()


def test_choosing_a_schedule_is_on_record_and_the_folder_keeps_its_mark(
    services: Services, disk: Path
) -> None:
    first = planned(services, disk)
    again = planned(services, disk, every="hours")
    notes = [n for n in services.database.read(audit.listed) if n.action == "backup.plan"]
    assert [(n.who, n.ref, n.detail) for n in notes] == [
        ("t", str(disk), "hours 12"),
        ("t", str(disk), "night 02:00"),
    ]
    assert first.mark == again.mark != ""


def test_an_empty_mount_point_is_not_taken_for_the_disk(services: Services, disk: Path) -> None:
    planned(services, disk)
    (disk / backup_plan.MARK).unlink()
    done = backup_runs.run(services, who="t")
    assert (done.state, done.problem) == ("failed", "backup.folder_gone")
    assert kept(disk) == []


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
    large = services.files.path(sha256_hex(PHOTO * 100_000))
    large.parent.mkdir(parents=True)
    large.write_bytes(PHOTO * 100_000)
    room = quotas.KEPT_BYTES + len(PHOTO) * 100_000 - 1
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
    (disk / "doorstep-20190101-020000").mkdir()
    (disk / "letters").mkdir()
    planned(services, disk, keep=2)
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

    def slow(*given: object, **more: object) -> m.Manifest:
        begun.set()
        assert go_on.wait(10)
        return backup(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(backup_runs, "backup", slow)
    backup_runs.start(services, who="t")
    assert begun.wait(10)
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


# ---- the page ----


@pytest.fixture
async def admin(app: Litestar, services: Services) -> Browser:
    people(services)
    return await signed_in(app, "admin")


async def test_the_page_sets_the_schedule_makes_a_backup_and_checks_it(
    admin: Browser, services: Services, county: list[str], disk: Path
) -> None:
    assert "还没有备份过" in (await admin.get("/")).text
    assert "先在下面写好备份放在哪里" in (await admin.get("/backups")).text
    fields = {"folder": str(disk), "every": "night", "at": "03:30", "hours": "12", "keep": "5"}
    assert (await admin.post("/backups/plan", **fields)).status_code == 303
    shown = (await admin.get("/backups")).text
    assert "设置已保存" in shown
    assert f'value="{disk}"' in shown
    assert 'value="03:30"' in shown
    assert (await admin.post("/backups/now")).status_code == 303
    wait_for_the_end(services)
    shown = (await admin.get("/backups")).text
    assert ("已核对" in shown, "http-equiv" in shown) == (True, False)
    (run,) = log(services)
    assert run.who == "admin"
    await admin.post(f"/backups/{run.id}/check")
    wait_for_the_end(services)
    assert [r.state for r in log(services)] == ["verified"]
    assert "已核对" in (await admin.get("/")).text


async def test_the_first_page_shows_why_a_backup_failed_and_what_to_do(
    admin: Browser, services: Services, county: list[str], disk: Path
) -> None:
    planned(services, disk)
    (disk / backup_plan.MARK).unlink()
    backup_runs.run(services, who="t")
    for page in ("/", "/backups"):
        shown = (await admin.get(page)).text
        assert "盘可能没有接上" in shown
        assert "请接好备份盘" in shown


async def test_a_refused_schedule_keeps_what_was_typed(admin: Browser, tmp_path: Path) -> None:
    fields = {"folder": str(tmp_path / "gone"), "every": "hours", "at": "02:00", "hours": "7"}
    answer = await admin.post("/backups/plan", **fields, keep="9")
    assert answer.status_code == 422
    assert "没有这个备份位置" in answer.text
    assert all(f'value="{text}"' in answer.text for text in (tmp_path / "gone", "7", "9"))


async def test_a_backup_is_downloaded_encrypted_and_restored_from_the_file(
    admin: Browser, services: Services, county: list[str], disk: Path, tmp_path: Path
) -> None:
    planned(services, disk)
    run = backup_runs.run(services, who="t")
    answer = await admin.post(
        f"/backups/{run.id}/download", passphrase=PASSPHRASE, again=PASSPHRASE
    )
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith(
        f"{Path(run.folder).name}.doorstep-backup"
    )
    assert b"SQLite format 3" not in answer.content
    file = tmp_path / "downloaded"
    file.write_bytes(answer.content)
    backup_file.restore_file(file, PASSPHRASE, tmp_path / "back", now=NOON, who="t")
    back = Services.open(Settings(data_dir=tmp_path / "back"))
    assert len(back.database.read(lambda c: c.execute(select(t.case_file)).all())) == 12
    back.close()
    notes = services.database.read(audit.listed)
    assert ("admin", "backup.download", run.folder) in [(n.who, n.action, n.ref) for n in notes]


async def test_a_short_or_mistyped_passphrase_downloads_nothing(
    admin: Browser, services: Services, disk: Path
) -> None:
    planned(services, disk)
    run = backup_runs.run(services, who="t")
    for first, again in (("short", "short"), (PASSPHRASE, PASSPHRASE + "x")):
        answer = await admin.post(f"/backups/{run.id}/download", passphrase=first, again=again)
        assert answer.status_code == 303
        assert "口令至少 12 个字符" in await admin.text_of("/backups")


async def test_an_officer_sees_the_line_without_the_link(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    shown = (await (await signed_in(app, "officer")).get("/")).text
    assert "还没有备份过" in shown
    assert '/backups"' not in shown
