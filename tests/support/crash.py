"""A crash matrix: a verb of the office killed by SIGKILL at each of its steps, in a copy of a data folder.

A step is an operation on a file below the folder, the start of a process, or a COMMIT; the verb is killed before each,
after each COMMIT, and with each file that it writes anew cut to its half. Nothing in the product knows of it: operations
are seen by an audit hook, commits by SQLAlchemy's events. Processes that the verb starts are forked, count on, and die
with it. The same verbs meet a disk that is full after so many bytes: tests/support/full_disk.py.

    def sealing(folder: Path) -> Job:                   # a function of its module, run in a child
        services = open_services(folder / "server")     # not counted
        return lambda: summaries.seal(services, …)      # counted, and killed at its k-th step

    def sealed(folder: Path) -> str:                    # run here, after each kill
        with reopened(folder / "server") as services: … # assert, repeat the verb, assert again
        return "stamped"                                # the state that was found

    Verb("seal", sealing, sealed, {"stamped", "sealed"}, template="stamped")

The last is the line that adds a verb, in VERBS of tests/faults/office_verbs.py or summary_verbs.py: test_crash_office.py,
test_kill_summary.py and test_no_space.py try each. The long form kills at every step, the short one at the last and at
others that change from day to day.
"""

from __future__ import annotations

import ctypes
import importlib
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Engine, Pool, event

from shared.problems import ProblemError
from sync_server.office import leftovers, subprocess_call
from sync_server.services import Services
from sync_server.settings import Settings
from tests.support import full_disk
from tests.support.county import CLOCK
from tests.support.forks import FORKS
from tests.support.long_form import LONG, SEED, counting, dice
from tests.support.refreshed import refresh

SAMPLE = 2
"""Kills of a short form, the last step among them."""
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
PR_SET_CHILD_SUBREAPER = 36
"""Of prctl(2): what a child left behind is waited for here."""
STARTS = ("subprocess.Popen", "os.fork", "os.posix_spawn")

Job = Callable[[], object]
Prepare = Callable[[Path], Job]
Check = Callable[[Path], str]


@dataclass(frozen=True)
class Verb:
    """A verb of the office that is killed, and meets a full disk.

    Attributes:
        name: For the counts.
        prepare: A function of a module: opens what the verb needs in a copy, returns what is counted and killed.
        check: Looks at a copy after the kill, repeats the verb, and returns the name of the state it found first.
        states: Those that a kill may leave.
        template: The folder that is copied, by its name among the module's templates.
        sample: Kills of the short form.
    """

    name: str
    prepare: Prepare
    check: Check
    states: AbstractSet[str]
    template: str = "county"
    sample: int = SAMPLE


def settings_of(data: Path) -> Settings:
    """A server's settings over a data folder, by the clock of the sample season."""
    return Settings(data_dir=data, clock_spec=CLOCK, public_url="http://server")


def open_services(data: Path) -> Services:
    """The services of a data folder in its season, as a child leaves them: never closed.

    Kept rows are refreshed first, else the writer's refresh would now and then be one more step.
    """
    services = Services.open(settings_of(data)).in_season()
    refresh(services)
    return services


@contextmanager
def reopened(data: Path) -> Iterator[Services]:
    """The services of a data folder after a kill: what a start of the server sweeps is swept."""
    services = open_services(data)
    leftovers.sweep(services)
    try:
        yield services
    finally:
        services.close()


def crash_matrix(verb: Verb, template: Path, work: Path) -> None:
    """Kill a verb at its steps, each time in a fresh copy of a folder, and look at what is left.

    Args:
        verb: The verb.
        template: The folder that is copied; nothing may have it open.
        work: Where the copies go.
    """
    found: Counter[str] = Counter()
    with counting(f"kill -9 in {verb.name}") as count, agent(verb.prepare) as ask:
        folder = work / "last"
        shutil.copytree(template, folder, symlinks=True)
        status, text = ask(folder, Fault(step=LAST))
        assert os.WIFSIGNALED(status), f"the verb failed without a kill:\n{text}"
        steps = text.splitlines()
        _look(verb, folder, steps, len(steps), found)
        for step in range(1, len(steps)) if LONG else _sample(verb, len(steps)):
            folder = work / f"killed-{step}"
            shutil.copytree(template, folder, symlinks=True)
            status, text = ask(folder, Fault(step=step))
            assert os.WIFSIGNALED(status), f"not killed at step {step}:\n{text}"
            assert os.WTERMSIG(status) == signal.SIGKILL
            _look(verb, folder, steps, step, found)
        count.tried = found.total()
        count.named = {f"found: {name}": times for name, times in found.items()}
    assert set(found) <= verb.states
    assert len(found) > 1 or not LONG or len(verb.states) == 1


def _look(verb: Verb, folder: Path, steps: list[str], step: int, found: Counter[str]) -> None:
    try:
        found[verb.check(folder)] += 1
    except BaseException as error:
        where = f"{step} of {len(steps)}: {steps[step - 1]}"
        error.add_note(f"{verb.name}: killed at step {where} (DOORSTEP_SEED={SEED})")
        raise
    shutil.rmtree(folder)


def _sample(verb: Verb, steps: int) -> list[int]:
    """Steps before the last, others every day."""
    before = range(1, steps)
    return sorted(dice(verb.name).sample(before, min(verb.sample - 1, len(before))))


@dataclass(frozen=True)
class Fault:
    """What befalls a verb: it is killed at a step (0: not at all), or its disk has room for so many bytes."""

    step: int = 0
    room_bytes: int | None = None


LAST = -1
"""In place of a step: the one after all others. The steps are listed on the way."""
Ask = Callable[[Path, Fault], tuple[int, str]]


@contextmanager
def agent(prepare: Prepare) -> Iterator[Ask]:
    """A process without threads that forks a child for each kill: its imports are done once."""
    ours, theirs = FORKS.Pipe()
    agent = FORKS.Process(target=_serve, args=(theirs, prepare))
    agent.start()
    theirs.close()

    def ask(folder: Path, fault: Fault) -> tuple[int, str]:
        ours.send((folder, fault))
        assert ours.poll(TIMEOUT_S), "the child does not end"
        return cast(tuple[int, str], ours.recv())

    try:
        yield ask
    finally:
        ours.close()
        agent.join(60)
        if agent.exitcode is None:
            agent.kill()


def _serve(asked: Connection, prepare: Prepare) -> None:
    importlib.import_module("tests.support.heavy")  # before the fork, not in each child
    os.umask(0o077)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    while True:
        try:
            folder, fault = asked.recv()
        except EOFError:
            return
        number, name = tempfile.mkstemp()  # not on a disk that is full
        os.close(number)
        log = Path(name)
        child = os.fork()
        if child == 0:
            _child(prepare, folder, fault, log)
        status = _ended(child)
        asked.send((status, log.read_text("utf-8")))
        log.unlink()


def _ended(child: int) -> int:
    """How a child ended, when all that it forked has ended too: until then they hold its locks."""
    _, status = os.waitpid(child, 0)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    return status


def _child(prepare: Prepare, folder: Path, fault: Fault, log: Path) -> None:
    """Run the verb, and be killed on the way; never returns."""
    os.setsid()
    steps = _Steps(folder, fault.step, os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    subprocess_call.STARTED_BY = multiprocessing.get_context("fork")
    try:
        job = prepare(folder)
        if fault.room_bytes is None:
            steps.watch()
        else:
            full_disk.leave(folder.parent, fault.room_bytes)
        job()
        if fault.room_bytes is None:
            steps.end()
    except BaseException as error:
        steps.note(traceback.format_exc())
        steps.note(
            f"refused {error.code}" if isinstance(error, ProblemError) else f"failed {error!r}"
        )
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
        event.listen(Engine, "begin", self._begin)
        event.listen(Engine, "commit", self._commit)
        event.listen(Pool, "checkin", self._checkin)
        self._watching = True
        sys.addaudithook(self._audit)

    def end(self) -> None:
        """One more step: everything is done and nobody was given an answer."""
        self._step("the end")
        if self._chosen == LAST:
            self._die()

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
        if self._chosen == LAST:
            self.note(what)
        return bool(number == self._chosen)

    def _die(self) -> None:
        os.killpg(0, signal.SIGKILL)
        time.sleep(60)

    def _shown(self, path: str) -> str:
        return path.removeprefix(self._folder)

    def _begin(self, connection: Any) -> None:
        driver = connection.connection.driver_connection
        self._changes[id(driver)] = driver.total_changes

    def _commit(self, connection: Any) -> None:
        driver = connection.connection.driver_connection
        if driver.total_changes != self._changes[id(driver)]:  # a reader's is not a step
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
