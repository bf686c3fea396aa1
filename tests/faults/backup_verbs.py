"""Backup, restore and a job of the queue, and what a kill may leave of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from sqlalchemy import select

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server.office import backup as office_backup
from sync_server.office import (
    backup_log,
    backup_plan,
    backup_runs,
    jobs,
)
from sync_server.office import manifest as m
from sync_server.office.backup_log import Run
from sync_server.office.restore import restore
from sync_server.office.restore import verify as check_backup
from sync_server.services import Services
from sync_server.store import jobs as stored_jobs
from sync_server.store import tables as t
from tests.faults.office_county import (
    PHOTO,
    Ample,
    acts,
    import_list,
    rows,
)
from tests.support.crash import Job, open_services, reopened, settings_of

# ---- backup and restore ----


def _with_room(folder: Path) -> Services:
    services = open_services(folder / "server")
    services.disk_usage = lambda _: Ample()  # else the backup is refused before it begins
    return services


def backing_up(folder: Path) -> Job:
    services = _with_room(folder)
    return lambda: office_backup.backup(services, folder / "backup")


def backing_up_again(folder: Path) -> Job:
    services = _with_room(folder)
    office_backup.backup(services, folder / "backup")
    import_list(services, folder)
    services.settings.path("summaries", "d").joinpath("summary.pdf").write_bytes(b"%PDF")
    services.settings.path("keys").joinpath("serve.json").write_bytes(b"{}")
    return lambda: office_backup.backup(services, folder / "backup")


def cases_of(backup: Path) -> int | None:
    """Cases of a backup that counts as whole, every file of it checked; None for one that does not."""
    if not (backup / m.NAME).exists():
        with pytest.raises(ProblemError, match=r"backup\.(interrupted|unreadable)"):
            m.read_manifest(backup)
        return None
    found = m.read_manifest(backup)
    assert [e.path for e in found.files if m.entry_of(backup, e.path) != e] == []
    return found.counts["case_file"]


WORDS = {None: "refused", 12: "whole, the first", 15: "whole, the second"}


def backed_up_whole_or_refused(folder: Path) -> str:
    found = cases_of(folder / "backup")
    with reopened(folder / "server") as services:
        office_backup.backup(services, folder / "backup")
        assert cases_of(folder / "backup") == rows(services, "case_file")
    assert [p for p in (folder / "backup").rglob("*") if p.suffix in (".part", ".new")] == []
    return WORDS[found]


def backing_up_by_schedule(folder: Path) -> Job:
    services = _with_room(folder)
    place = folder / "backups"
    place.mkdir()
    backup_plan.choose(services, backup_plan.Plan(folder=str(place), keep=2), who="t")
    assert _scheduled(services).state == "verified"
    return lambda: _scheduled(services)


def _scheduled(services: Services) -> Run:
    """A run of the schedule; one that its log names as failed is a refusal."""
    run = backup_runs.run(services, who="t", scheduled=True)
    if run.refusal is not None:
        raise run.refusal
    return run


def last_good_backup_is_whole(folder: Path) -> str:
    data, place = folder / "server", folder / "backups"
    with reopened(data) as services:
        assert backup_runs.under_way(data) is None
        before = [run.folder for run in backup_log.read(data) if run.state == "verified"]
        check_backup(Path(before[-1]))
        assert _scheduled(services).state == "verified"
    log = backup_log.read(data)
    good = [run.folder for run in log if run.state == "verified"]
    assert [run for run in log if run.state == "running"] == []
    assert sorted(map(str, place.glob("doorstep-2*"))) == sorted(good)
    return f"{len(before)} good"


# ---- a job of the queue ----


def working(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: _work_on_something(services)


def _work_on_something(services: Services) -> str:
    return jobs.run(services, jobs.Job(kind="import", who="t"), sha256_hex, b"a file")


def no_job_left_at_work(folder: Path) -> str:
    with reopened(folder / "server") as services:
        assert services.database.read(stored_jobs.live) == []
        query = select(t.job.c.state).order_by(t.job.c.id)
        found = services.database.read(lambda c: list(c.execute(query).scalars()))
        assert _work_on_something(services) == sha256_hex(b"a file")
        assert services.database.read(stored_jobs.live) == []
    assert list((folder / "server" / "claims").iterdir()) == []
    return found[0] if found else "not queued"


def restoring(folder: Path) -> Job:
    return lambda: _restore(folder)


def _restore(folder: Path) -> None:
    settings = settings_of(folder / "restored")
    tempfile.tempdir = None  # as a command of its own: a server opened here before is gone
    restore(folder / "backup", settings.data_dir, now=settings.now(), who="t")


def restored_or_begun_anew(folder: Path) -> str:
    place = folder / "restored"
    found = _restored(place)
    if found != "restored":
        _restore(folder)
        assert _restored(place) == "restored"
    assert {p.name for p in place.iterdir()} - MADE_AT_START == RESTORED
    return found


RESTORED = {"doorstep.db", "keys", "photos", "serve.lock", "uploads"}
MADE_AT_START = {"bundles", "claims", "logs", "sessions", "summaries", "tmp"}


def _restored(place: Path) -> str:
    """What a folder is to whoever opens it."""
    if (place / "restore-under-way").exists():
        with pytest.raises(ProblemError, match=r"backup\.restore_unfinished"):
            open_services(place)
        return "unfinished"
    if not (place / "doorstep.db").exists():
        return "nothing"
    with reopened(place) as services:
        assert rows(services, "case_file") == 12
        assert services.files.read(sha256_hex(PHOTO)) == PHOTO
        assert acts(services, "backup.restore") == 1
    return "restored"
