"""A crash matrix: a verb of the office killed by SIGKILL at each of its steps, in a copy of a data folder.

A step is an operation on a file below the folder, the start of a process, or a COMMIT; the verb is killed before each,
after each COMMIT, and with each file that it writes anew cut to its half. Nothing in the product knows of it: operations
are seen by an audit hook, commits by SQLAlchemy's events. Processes that the verb starts are forked, count on, and die
with it.

    def sealing(folder: Path) -> Job:                   # a function of its module, run in a child
        services = open_services(folder / "server")     # not counted
        return lambda: summaries.seal(services, …)      # counted, and killed at its k-th step

    def check(folder: Path) -> str:                     # run here, after each kill
        with reopened(folder / "server") as services: … # assert, repeat the verb, assert again
        return "stamped"                                # the state that was found

    found = crash_matrix("seal", sealing, template, tmp_path, check)
    assert set(found) == {"stamped", "sealed"}

DOORSTEP_FAULTS=long kills at every step, otherwise at SAMPLE steps spread over the run.
"""

from __future__ import annotations

import importlib
import io
import multiprocessing
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Engine, Pool, event

from sync_server.intake import worker
from sync_server.intake.report import Progress
from sync_server.office import leftovers, subprocess_call
from sync_server.services import Services
from sync_server.settings import Settings
from tests.support.county import CLOCK
from tests.support.serve import FORKS

LONG = os.environ.get("DOORSTEP_FAULTS") == "long"
SAMPLE = 4
"""Kills of a short form, the first and the last step among them."""
TIMEOUT_S = 120
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
PATHS = {  # audit event -> which of its arguments are a path and the descriptor of its folder
    "os.rename": ((0, 2), (1, 3)),
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.mkdir": ((0, 2),),
    "os.link": ((0, 2), (1, 3)),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
}
STARTS = ("subprocess.Popen", "os.fork", "os.posix_spawn")

Job = Callable[[], object]
Prepare = Callable[[Path], Job]


def settings_of(data: Path) -> Settings:
    """A server's settings over a data folder, by the clock of the sample season."""
    return Settings(data_dir=data, clock_spec=CLOCK, public_url="http://server")


def open_services(data: Path) -> Services:
    """The services of a data folder in its season, as a child leaves them: never closed."""
    return Services.open(settings_of(data)).in_season()


@contextmanager
def reopened(data: Path) -> Iterator[Services]:
    """The services of a data folder after a kill: what a start of the server sweeps is swept."""
    services = open_services(data)
    leftovers.sweep(services)
    try:
        yield services
    finally:
        services.close()


def crash_matrix(
    verb: str,
    prepare: Prepare,
    template: Path,
    work: Path,
    check: Callable[[Path], str],
    *,
    sample: int = SAMPLE,
) -> Counter[str]:
    """Kill a verb at its steps, each time in a fresh copy of a folder, and look at what is left.

    Args:
        verb: Its name, for the line that is printed.
        prepare: A function of a module: opens what the verb needs in a copy, returns what is counted and killed.
        template: The folder that is copied; nothing may have it open.
        work: Where the copies go.
        check: Looks at a copy after the kill, repeats the verb, and returns the name of the state it found first.
        sample: Kills of the short form.

    Returns:
        How often each state was found.
    """
    found: Counter[str] = Counter()
    with _agent(prepare) as ask:
        steps = _steps(ask, template, work)
        chosen = range(1, len(steps) + 1) if LONG else _spread(len(steps), sample)
        for step in chosen:
            folder = work / f"killed-{step}"
            shutil.copytree(template, folder, symlinks=True)
            _killed(ask(folder, step), step)
            try:
                found[check(folder)] += 1
            except BaseException as error:
                error.add_note(f"{verb}: killed at step {step} of {len(steps)}: {steps[step - 1]}")
                raise
            shutil.rmtree(folder)
    states = ", ".join(f"{name} {count}" for name, count in sorted(found.items()))
    print(  # noqa: T201 - the counts are the point; `pytest -rP` shows them
        f"crash matrix {verb}: {len(steps)} steps, {found.total()} killed, found: {states};"
        f" {found.total()} repeats succeeded"
    )
    return found


def _spread(count: int, sample: int) -> list[int]:
    """Numbers from 1 to `count`, both among them, evenly spread."""
    if count <= sample:
        return list(range(1, count + 1))
    return sorted({1 + round(i * (count - 1) / (sample - 1)) for i in range(sample)})


Ask = Callable[[Path, int], tuple[int, str]]


def _steps(ask: Ask, template: Path, work: Path) -> list[str]:
    """What the verb does, step by step, when nobody kills it."""
    folder = work / "counted"
    shutil.copytree(template, folder, symlinks=True)
    status, text = ask(folder, 0)
    assert status == 0, f"the verb failed without a kill:\n{text}"
    shutil.rmtree(folder)
    steps = text.splitlines()
    assert steps, "the verb has no step"
    return steps


def _killed(answer: tuple[int, str], step: int) -> None:
    status, text = answer
    assert os.WIFSIGNALED(status), f"not killed at step {step}:\n{text}"
    assert os.WTERMSIG(status) == signal.SIGKILL


@contextmanager
def _agent(prepare: Prepare) -> Iterator[Ask]:
    """A process without threads that forks a child for each kill: its imports are done once."""
    ours, theirs = FORKS.Pipe()
    agent = FORKS.Process(target=_serve, args=(theirs, prepare))
    agent.start()
    theirs.close()

    def ask(folder: Path, step: int) -> tuple[int, str]:
        ours.send((folder, step))
        assert ours.poll(TIMEOUT_S), "the child does not end"
        return cast(tuple[int, str], ours.recv())

    try:
        yield ask
    finally:
        ours.close()
        agent.join(10)
        if agent.exitcode is None:
            agent.kill()


def _serve(asked: Connection, prepare: Prepare) -> None:
    importlib.import_module("tests.support.heavy")  # before the fork, not in each child
    os.umask(0o077)
    while True:
        try:
            folder, step = asked.recv()
        except EOFError:
            return
        log = folder.with_name(f"{folder.name}.log")
        child = os.fork()
        if child == 0:
            _child(prepare, folder, step, log)
        _, status = os.waitpid(child, 0)
        asked.send((status, log.read_text("utf-8")))
        log.unlink()


def _child(prepare: Prepare, folder: Path, step: int, log: Path) -> None:
    """Run the verb, and be killed on the way unless `step` is 0; never returns."""
    os.setsid()
    steps = _Steps(folder, step, os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    subprocess_call.STARTED_BY = multiprocessing.get_context("fork")
    worker.RUN = read_here
    try:
        job = prepare(folder)
        steps.watch()
        job()
        steps.end()
    except BaseException:
        steps.note(traceback.format_exc())
        os._exit(1)
    os._exit(0)


class _Steps:
    """Counts steps over this process and those it forks; kills them all at the chosen one."""

    def __init__(self, folder: Path, chosen: int, log: int) -> None:
        self._folder, self._chosen, self._log = f"{folder}{os.sep}", chosen, log
        self._count = multiprocessing.get_context("fork").Value("i", 0)
        self._here = threading.local()
        self._written = ""
        self._changes: dict[int, int] = {}
        self._committed: set[int] = set()
        self._watching = False

    def note(self, line: str) -> None:
        os.write(self._log, f"{line}\n".encode())

    def watch(self) -> None:
        """Count from now on."""
        event.listen(Engine, "commit", self._commit)
        event.listen(Pool, "checkin", self._checkin)
        self._watching = True
        sys.addaudithook(self._audit)

    def end(self) -> None:
        """One more step: everything is done and nobody was given an answer."""
        self._step("the end")

    def _audit(self, name: str, arguments: tuple[Any, ...]) -> None:
        if getattr(self._here, "busy", False):
            return
        self._here.busy = True
        try:
            if name == "open":
                self._open(arguments)
            elif name in PATHS:
                paths = [_path(arguments, where) for where in PATHS[name]]
                if any(path.startswith(self._folder) for path in paths):
                    self._step(f"{name} {' -> '.join(map(self._shown, paths))}")
            elif name in STARTS:
                self._step(name)
        finally:
            self._here.busy = False

    def _open(self, arguments: tuple[Any, ...]) -> None:
        flags = arguments[2] or 0
        path = _path(arguments, (0, None))
        if not flags & WRITES or not path.startswith(self._folder):
            return
        self._step(f"open {self._shown(path)}")
        if flags & os.O_TRUNC or not Path(path).exists():
            self._written = path

    def _step(self, what: str) -> None:
        written, self._written = self._written, ""
        if written and self._next(f"half of {self._shown(written)}"):
            if (path := Path(written)).exists():
                os.truncate(path, path.stat().st_size // 2)
            self._die()
        if self._next(what):
            self._die()

    def _next(self, what: str) -> bool:
        with self._count.get_lock():
            self._count.value += 1
            number = self._count.value
        if self._chosen == 0:
            self.note(what)
        return bool(number == self._chosen)

    def _die(self) -> None:
        os.killpg(0, signal.SIGKILL)
        time.sleep(60)

    def _shown(self, path: str) -> str:
        return path.removeprefix(self._folder)

    def _commit(self, connection: Any) -> None:
        driver = connection.connection.driver_connection
        changes = driver.total_changes
        if changes != self._changes.get(id(driver), 0):  # a reader's transaction is not a step
            self._changes[id(driver)] = changes
            self._committed.add(id(driver))
            self._guarded("before COMMIT")

    def _checkin(self, driver: Any, _record: Any) -> None:
        if id(driver) in self._committed:
            self._committed.discard(id(driver))
            self._guarded("after COMMIT")

    def _guarded(self, what: str) -> None:
        self._here.busy = True
        try:
            self._step(what)
        finally:
            self._here.busy = False


def _path(arguments: tuple[Any, ...], where: tuple[int, int | None]) -> str:
    """The absolute path of an argument, or "" for a descriptor."""
    given, folder = arguments[where[0]], -1 if where[1] is None else arguments[where[1]]
    if isinstance(given, int):
        return ""
    path = Path(os.fsdecode(given))
    if isinstance(folder, int) and folder >= 0:
        path = Path(f"/proc/self/fd/{folder}").readlink() / path
    return str(path.absolute())


def read_here(
    command: list[str], given: bytes, result: int, progress: Progress, timeout_s: float
) -> None:
    """Read a file in a forked process, as `worker.run_process` does in a new one."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    from tests.support.heavy import intake

    sys.stdin, sys.stderr = io.TextIOWrapper(io.BytesIO(given)), io.StringIO()
    sys.stdout = os.fdopen(result, "w", closefd=False)
    intake.main(command[3:])
    sys.stdout.flush()
    os._exit(0)
