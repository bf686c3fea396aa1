"""Heavy work runs in a process of its own, started as a server starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import pytest

from shared.problems import ProblemError
from sync_server.office import subprocess_call
from sync_server.office.subprocess_call import run_in_subprocess
from tests.support.ended import is_running, until


@pytest.fixture(autouse=True)
def spawned(monkeypatch: pytest.MonkeyPatch) -> None:
    """As outside the tests."""
    monkeypatch.setattr(subprocess_call, "STARTED_BY", get_context("spawn"))


def refuse() -> None:
    raise ProblemError("season.closed", season="2026")


def mask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


def test_what_it_writes_is_its_owners_alone() -> None:
    assert run_in_subprocess(mask) == 0o077


def test_the_work_is_done_in_another_process() -> None:
    assert run_in_subprocess(os.getpid) != os.getpid()


def test_its_problem_is_raised_with_code_and_values() -> None:
    with pytest.raises(ProblemError) as refused:
        run_in_subprocess(refuse)
    assert (refused.value.code, refused.value.values) == ("season.closed", {"season": "2026"})


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wait_long(note: Path) -> None:
    note.with_suffix(".new").write_text(str(os.getpid()))
    note.with_suffix(".new").rename(note)
    time.sleep(60)


def test_a_killed_process_is_a_named_problem_and_the_repeat_works() -> None:
    with pytest.raises(ProblemError) as refused:
        run_in_subprocess(be_killed)
    assert refused.value.code == "work.interrupted"
    assert run_in_subprocess(os.getpid) != os.getpid()


@pytest.mark.skipif(sys.platform == "win32", reason="NOT RUN: kill -9 is POSIX")
def test_a_process_ends_with_the_killed_server_that_started_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import sys; from pathlib import Path; "
        "from sync_server.office.subprocess_call import run_in_subprocess as run; "
        f"from {__name__} import wait_long; run(wait_long, Path(sys.argv[1]))"
    )
    server = subprocess.Popen([sys.executable, "-c", code, str(note)])
    until(note.exists)
    worker = int(note.read_text())
    assert is_running(worker)
    server.kill()
    server.wait()
    until(lambda: not is_running(worker))
