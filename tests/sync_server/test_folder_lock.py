"""One server on a data folder: who holds the lock is named, and the lock ends with its process."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from shared.problems import ProblemError
from sync_server import file_lock, folder_lock
from sync_server.cli.serving import Options, until_stopped
from sync_server.office import backup
from sync_server.office.restore import restore
from sync_server.services import Services
from tests.support.command_line import doorstep, report
from tests.support.county import SEASON, purge
from tests.support.forks import FORKS

ADDRESS = "https://office.example:8350"
NOW = datetime(2019, 12, 20, 2, tzinfo=UTC)


def serve_in_name(folder: Path, ready: Connection) -> None:
    """Hold the lock as `doorstep serve` does, until killed; say who holds it and whom it started."""
    with folder_lock.held(folder, folder_lock.SERVE) as lock:
        lock.serves(ADDRESS)
        child = os.fork()
        if child:
            ready.send((os.getpid(), child))
        time.sleep(60)


@contextmanager
def served(folder: Path) -> Iterator[tuple[int, Callable[[], None]]]:
    """A process that holds the lock: its id, and what kills it but not the process it started."""
    ours, theirs = FORKS.Pipe()
    process = FORKS.Process(target=serve_in_name, args=(folder, theirs), daemon=True)
    process.start()
    assert ours.poll(20)
    pid, child = ours.recv()

    def kill() -> None:
        process.kill()
        process.join(60)

    try:
        yield pid, kill
    finally:
        kill()
        os.kill(child, signal.SIGKILL)


def refusal(act: Callable[[], object]) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        act()
    return caught.value


def test_a_second_server_is_refused_by_a_sentence_that_names_the_first(tmp_path: Path) -> None:
    with served(tmp_path) as (pid, _):
        problem = refusal(lambda: until_stopped(tmp_path, Options(port=0)))
        shown = doorstep("serve", data=tmp_path)
    assert problem.code == "data.served"
    sentence = re.compile(rf"进程 {pid}，{re.escape(ADDRESS)}，\d{{4}}-\d\d-\d\d \d\d:\d\d 启动")
    assert sentence.search(problem.message())
    assert f"process {pid}, {ADDRESS}" in problem.message("en")
    assert (shown.returncode, ADDRESS in shown.stderr) == (1, True)


def test_a_killed_server_leaves_no_obstacle_although_its_file_and_a_child_of_it_are_left(
    tmp_path: Path,
) -> None:
    with served(tmp_path) as (pid, kill):
        kill()
        assert f'"pid":{pid}' in (tmp_path / folder_lock.NAME).read_text()
        with folder_lock.held(tmp_path, folder_lock.SERVE):
            text = (tmp_path / folder_lock.NAME).read_text()
    assert f'"pid":{os.getpid()}' in text


def test_the_lock_is_free_again_when_its_holder_gives_it_back(tmp_path: Path) -> None:
    for _ in range(2):
        with folder_lock.held(tmp_path, folder_lock.SERVE):
            assert refusal(lambda: folder_lock.check_free(tmp_path)).code == "data.served"
        folder_lock.check_free(tmp_path)


def test_restore_and_purge_refuse_while_a_server_runs(services: Services, tmp_path: Path) -> None:
    data, place = services.settings.data_dir, tmp_path / "restored"
    backup.backup(services, tmp_path / "backup")
    with served(data), served(place):
        codes = [
            refusal(lambda: purge(services, SEASON, who="t", really="演示")).code,
            refusal(lambda: restore(tmp_path / "backup", place, now=NOW, who="t")).code,
        ]
    assert codes == ["data.served", "data.served"]
    assert [path.name for path in place.iterdir()] == [folder_lock.NAME]
    state = services.database.read(lambda c: c.exec_driver_sql("SELECT state FROM season").scalar())
    assert state == "closed"


def test_a_restore_into_a_folder_whose_server_was_stopped_before_its_first_write_succeeds(
    services: Services, tmp_path: Path
) -> None:
    backup.backup(services, tmp_path / "backup")
    with folder_lock.held(tmp_path / "restored", folder_lock.SERVE):
        pass
    restore(tmp_path / "backup", tmp_path / "restored", now=NOW, who="t")


def test_a_server_is_refused_while_a_purge_is_at_work(tmp_path: Path) -> None:
    with folder_lock.held(tmp_path, "purge"):
        problem = refusal(lambda: until_stopped(tmp_path, Options(port=0)))
    assert (problem.code, f"doorstep purge 正在处理 {tmp_path}" in problem.message()) == (
        "data.busy",
        True,
    )


def test_other_verbs_and_a_backup_run_beside_the_server(services: Services, tmp_path: Path) -> None:
    data = services.settings.data_dir
    with served(data):
        done = doorstep("season", "set", "letterhead.phone", "0919-6650001", "--json", data=data)
        copied = doorstep("backup", tmp_path / "backup", "--json", data=data)
    assert (done.returncode, copied.returncode) == (0, 0), done.stdout
    assert report(copied)["damaged"] == []


def test_a_folder_that_cannot_be_locked_is_a_problem_of_its_own(tmp_path: Path) -> None:
    (tmp_path / folder_lock.NAME).mkdir()
    problem = refusal(lambda: until_stopped(tmp_path, Options(port=0)))
    assert (problem.code, str(tmp_path) in problem.message()) == ("data.not_lockable", True)


def test_two_backups_into_one_folder_do_not_mix(services: Services, tmp_path: Path) -> None:
    dest = tmp_path / "backup"
    dest.mkdir()
    other = file_lock.acquire_lock(dest / "backup-under-way")
    assert other is not None
    assert refusal(lambda: backup.backup(services, dest)).code == "backup.under_way"
    os.close(other)
    assert backup.backup(services, dest).damaged == ()
