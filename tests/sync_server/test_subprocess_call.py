"""Heavy work runs in a process of its own with limits, started as a server starts it, and nothing of it stays."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest

from shared.problems import ProblemError
from sync_server.office import subprocess_call
from sync_server.office.job_limits import LIMITS, MIB, Limits
from sync_server.office.subprocess_call import Ended, Progress, call
from tests.support.ended import is_running, until

SMALL = Limits(wall_s=60, cpu_s=60, memory_mib=2048, file_mib=1)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="NOT RUN: signals are POSIX")


def run(function: Callable[..., Any], *args: Any, limits: Limits = SMALL) -> Any:
    return call(function, args, {}, limits, cancelled=Event())


def ended(function: Callable[..., Any], *args: Any, limits: Limits = SMALL) -> str:
    """Why it ended before it was done."""
    with pytest.raises(Ended) as early:
        run(function, *args, limits=limits)
    return early.value.reason


def refuse() -> None:
    raise ProblemError("season.closed", season="2026")


def surroundings() -> tuple[int, int, int]:
    """The process, the mask of what it writes, and how far it steps back."""
    now = os.umask(0)
    os.umask(now)
    return os.getpid(), now, os.nice(0)


def count_to(progress: Progress, most: int) -> str:
    for number in range(most):
        progress(number + 1, most)
    return "counted"


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crash() -> None:
    os.abort()


def stop_without_a_word() -> None:
    os._exit(0)


def leave(note: Path) -> None:
    """Say which process this is."""
    note.with_suffix(".new").write_text(str(os.getpid()))
    note.with_suffix(".new").rename(note)


def hang(note: Path | None = None) -> None:
    if note:
        leave(note)
    time.sleep(600)


def match_for_ever(note: Path) -> None:
    """Compute in a library that gives no other thread of the process a turn."""
    leave(note)
    re.match(r"(a+)+$", "a" * 60 + "b")


def compute() -> None:
    while True:
        pass


def take_memory() -> int:
    return len(bytearray(4096 * MIB))


def write_much(path: Path) -> None:
    path.write_bytes(b"x" * (MIB + 1))


class Stubborn(Exception):
    def __reduce__(self) -> str:
        raise TypeError("it stays here")


def raise_stubborn() -> None:
    raise Stubborn("no way out")


def test_the_work_is_done_in_another_process_whose_files_are_its_owners_and_which_steps_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subprocess_call, "STARTED_BY", multiprocessing.get_context("spawn"))
    monkeypatch.setattr(subprocess_call, "NICE", 10)
    process, mask, nice = run(surroundings)
    assert process != os.getpid()
    assert mask == 0o077
    assert nice > 0 or sys.platform == "win32"


def test_its_problem_is_raised_with_code_and_values() -> None:
    with pytest.raises(ProblemError) as refused:
        run(refuse)
    assert (refused.value.code, refused.value.values) == ("season.closed", {"season": "2026"})


def test_an_exception_that_cannot_be_sent_becomes_its_words() -> None:
    with pytest.raises(RuntimeError, match="Stubborn: no way out"):
        run(raise_stubborn)


def test_it_says_how_far_it_is() -> None:
    seen: list[tuple[int, int]] = []
    done = call(count_to, (3,), {}, SMALL, cancelled=Event(), progress=lambda *at: seen.append(at))
    assert (done, seen) == ("counted", [(1, 3), (2, 3), (3, 3)])


@POSIX
def test_a_process_that_ends_without_an_answer_is_named_by_how_it_ended() -> None:
    assert [ended(how) for how in (be_killed, crash, stop_without_a_word)] == [
        "killed",
        "crashed",
        "crashed",
    ]
    assert run(os.getpid) != os.getpid()


def test_a_process_that_waits_too_long_is_ended_and_gone(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    limits = Limits(wall_s=1, cpu_s=60, memory_mib=2048, file_mib=1)
    assert ended(hang, note, limits=limits) == "time"
    assert not is_running(int(note.read_text()))


@POSIX
def test_a_process_that_computes_too_long_is_ended_though_its_time_on_the_clock_is_not_over() -> (
    None
):
    assert ended(compute, limits=Limits(wall_s=600, cpu_s=1, memory_mib=2048, file_mib=1)) == "cpu"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="NOT RUN: Linux limits memory")
def test_a_process_that_takes_too_much_memory_is_ended() -> None:
    assert ended(take_memory) == "memory"


@POSIX
def test_a_process_that_writes_too_large_a_file_is_ended(tmp_path: Path) -> None:
    assert ended(write_much, tmp_path / "large") == "file"


def test_a_cancelled_process_is_ended_and_gone(tmp_path: Path) -> None:
    note, cancelled = tmp_path / "pid", Event()
    Timer(0, lambda: (until(note.exists), cancelled.set())).start()
    with pytest.raises(Ended) as early:
        call(hang, (note,), {}, SMALL, cancelled=cancelled)
    assert early.value.reason == "cancelled"
    assert not is_running(int(note.read_text()))


def test_every_kind_of_work_leaves_others_time_on_the_clock_beside_its_own() -> None:
    assert all(limits.cpu_s < limits.wall_s for limits in LIMITS.values())


@POSIX
def test_a_process_ends_with_the_killed_server_that_started_it_though_it_gives_no_thread_a_turn(
    tmp_path: Path,
) -> None:
    note = tmp_path / "pid"
    code = (
        "import sys; from pathlib import Path; from threading import Event; "
        "from sync_server.office.subprocess_call import call; "
        f"from {__name__} import SMALL, match_for_ever; "
        "call(match_for_ever, (Path(sys.argv[1]),), {}, SMALL, cancelled=Event())"
    )
    server = subprocess.Popen([sys.executable, "-c", code, str(note)])
    until(note.exists)
    worker = int(note.read_text())
    assert is_running(worker)
    server.kill()
    server.wait()
    until(lambda: not is_running(worker))
