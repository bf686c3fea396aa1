"""When a backup of the schedule is due, and where it may be kept."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.assets import FONTS
from shared.problems import ProblemError
from sync_server.console.web.console_state import STATIC
from sync_server.office import (
    backup_log,
    backup_place,
    backup_plan,
    backup_runs,
)
from sync_server.office.backup import backup
from sync_server.office.backup_log import Run
from sync_server.office.backup_plan import Plan, is_due
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import audit
from tests.support.backups import (
    HOURLY,
    NIGHTLY,
    NOON,
    UP,
    at,
    kept,
    planned,
    ran,
)
from tests.support.engines import about_sqlite

pytestmark = about_sqlite("a backup by us is one of its file; PostgreSQL has its own means")

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


SYSTEM_FOLDERS = (
    [os.environ["SYSTEMROOT"], os.environ["SYSTEMDRIVE"] + "\\"]
    if os.name == "nt"
    else [p for p in ("/", "/dev", "/dev/pts", "/etc", "/usr/share", "/proc") if Path(p).is_dir()]
)
"""Those of this machine; macOS has no /proc."""


@pytest.mark.parametrize("place", SYSTEM_FOLDERS)
def test_no_backup_is_kept_in_a_folder_of_the_system(services: Services, place: str) -> None:
    with pytest.raises(ProblemError) as caught:
        backup_plan.check_folder(services.settings, place)
    assert caught.value.code == "backup.folder_system"
    with pytest.raises(ProblemError) as by_hand:
        backup(services, Path(place))
    assert by_hand.value.code == "backup.folder_system"


def test_a_device_is_not_a_place_for_backups(services: Services) -> None:
    with pytest.raises(ProblemError) as caught:
        backup_plan.check_folder(services.settings, "/dev/null")
    assert caught.value.code == "backup.no_folder"


@pytest.mark.parametrize(
    ("place", "is_of_system"),
    [
        ("C:\\", True),
        ("C:\\Windows\\System32", True),
        ("C:\\windows", True),
        ("C:\\doorstep", False),
        ("E:\\", False),
    ],
)
def test_on_windows_the_system_is_where_it_says(
    monkeypatch: pytest.MonkeyPatch, place: str, is_of_system: bool
) -> None:
    monkeypatch.setenv("SYSTEMROOT", "C:\\Windows")
    monkeypatch.setenv("SYSTEMDRIVE", "C:")
    refused = ""
    try:
        backup_place.require_not_of_system(PureWindowsPath(place), windows=True)
    except ProblemError as problem:
        refused = problem.code
    assert bool(refused) == is_of_system


def test_a_disk_that_is_plugged_in_is_none_of_the_system() -> None:
    backup_place.require_not_of_system(PurePosixPath("/run/media/office/USB"), windows=False)


def test_a_folder_with_other_things_holds_no_backups(services: Services, disk: Path) -> None:
    for name in (
        "lost+found",
        "System Volume Information",
        ".Trash-1000",
        "doorstep-20261129-020000",
    ):
        (disk / name).mkdir()
    assert backup_plan.check_folder(services.settings, str(disk)) == disk
    (disk / "照片").mkdir()
    with pytest.raises(ProblemError) as caught:
        backup_plan.check_folder(services.settings, str(disk))
    assert caught.value.code == "backup.not_ours"
    (disk / backup_plan.MARK).write_text("0123456789abcdef\n")
    assert backup_plan.check_folder(services.settings, str(disk)) == disk, (
        "chosen by a version before"
    )


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
