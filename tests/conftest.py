"""What every test folder shares: the Hypothesis profiles, and a server of its own for whoever asks for one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import ExitStack
from multiprocessing.util import get_temp_dir
from pathlib import Path
from typing import TypeVar, cast

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from litestar import Litestar

from sync_server import temporary
from sync_server.app import create_app
from sync_server.office import subprocess_call
from sync_server.sample.season import open_sample_season
from sync_server.services import Services
from sync_server.settings import Settings
from tests.support import compiled_once, engines, file_engine
from tests.support.county import CLOCK
from tests.support.dear import Dear
from tests.support.devices import asgi
from tests.support.forks import FORKS
from tests.support.light import kept_from_the_collector, write_bytecode_ahead
from tests.support.long_form import SEED
from tests.support.one_app import app_over
from tests.support.order import PRINTED, Balance, long_first
from tests.support.postgres import cluster

settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci", parent=settings.get_profile("here"), derandomize=True, print_blob=True
)
settings.register_profile("long", parent=settings.get_profile("here"), max_examples=2000)
settings.register_profile(
    "mutants",  # a test that fails has noticed the change: no smaller example is wanted
    parent=settings.get_profile("here"),
    derandomize=True,
    max_examples=10,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "here")
)


FORKS_EVERY_CHANGE = os.environ.get("HYPOTHESIS_PROFILE") == "mutants"
"""Whether `make mutants` runs the tests: each change is a session of its own in a fork of one process."""
MADE: dict[str, object] = {}
T = TypeVar("T")

USUAL = dict(os.environ)
"""The environment that the tests were started in."""
get_temp_dir()  # where the fork server's socket is: a path under a test's data folder is too long
os.environ.setdefault(
    "DOORSTEP_SEED", str(SEED)
)  # for workers too, those that begin after midnight
subprocess_call.STARTED_BY = FORKS
subprocess_call.NICE = 0
compiled_once.keep()
engines.use()
file_engine.use()
ENGINES_OF_RUN = ExitStack()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two workers more than there are cores: tests wait for disks, browsers and processes half of their time."""
    return (os.cpu_count() or 1) + 2


def pytest_configure(config: pytest.Config) -> None:
    """Before several workers read the same files, write what they read."""
    if config.getoption("numprocesses", None) and "PYTEST_XDIST_WORKER" not in os.environ:
        write_bytecode_ahead()
    ENGINES_OF_RUN.enter_context(engines.cluster_of_run())
    ENGINES_OF_RUN.enter_context(file_engine.store_of_run())


def pytest_unconfigure() -> None:
    """End the database cluster and the file store of the run, where there are any."""
    ENGINES_OF_RUN.close()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage, then leave out of every later look what was collected."""
    with kept_from_the_collector():
        return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Among several workers the long files come first; where one failure is enough, the quick tests."""
    file_engine.leave_out(items)
    if FORKS_EVERY_CHANGE:
        items.sort(key=lambda item: hasattr(getattr(item, "obj", None), "hypothesis"))
    engines.leave_out(items)
    if "PYTEST_XDIST_WORKER" in os.environ:
        items[:] = long_first(items)


BALANCE = Balance()
DEAR = Dear()
TABLES: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """In the process that hears all workers: keep their tables, and when each was last at work."""
    TABLES.extend(str(words) for name, words in report.user_properties if name == PRINTED)
    if (worker := getattr(report, "node", None)) is not None:
        BALANCE.heard(worker.gateway.id, report)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """In the process that runs tests: keep what each file took of the processor."""
    try:
        return (yield)
    finally:
        if not FORKS_EVERY_CHANGE:
            DEAR.ended(item, nextitem)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells the process that hears it."""
    if (told := getattr(session.config, "workeroutput", None)) is not None:
        told["dear"] = DEAR.of_file_s


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Hear what a worker's files took."""
    DEAR.add(getattr(node, "workeroutput", {}).get("dear", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables of tests that made one, and how the files were shared among the workers."""
    for words in dict.fromkeys(TABLES):
        terminalreporter.write_line(words)
    for line in (*BALANCE.lines(), *DEAR.lines()):
        terminalreporter.write_line(line)


def _made_once(name: str, make: Callable[[], T]) -> T:
    """Return what the session needs; what `make mutants` made before it forked, is made no more."""
    if name in MADE:
        return cast(T, MADE[name])
    made = make()
    if FORKS_EVERY_CHANGE:
        MADE[name] = made
    return made


@pytest.fixture(autouse=True)
def usual_process(request: pytest.FixtureRequest) -> Iterator[None]:
    """Begin as most machines do: files that everybody can read, temporary ones in the system's place.

    A server of a test before changed that.
    """
    os.umask(0o022)
    _no_place_of_temporary_files()
    yield
    _no_place_of_temporary_files()
    if engines.on_postgresql() and (folder := (request.node.funcargs or {}).get("tmp_path")):
        engines.drop_below(folder)


def _no_place_of_temporary_files() -> None:
    tempfile.tempdir = None
    for name in temporary.VARIABLES:
        if name in USUAL:
            os.environ[name] = USUAL[name]
        else:
            os.environ.pop(name, None)


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the sample's season open: copied, because a migration takes longer than most tests."""
    return _made_once("blank", lambda: _blank(tmp_path_factory))


def _blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # pytest deletes the folders of sessions before the last three
    place = Path(get_temp_dir()) if FORKS_EVERY_CHANGE else tmp_path_factory.mktemp("blank")
    path = place / "blank"
    services = Services.open(Settings(data_dir=path, clock_spec=CLOCK))
    open_sample_season(services, who="test")
    services.settings.secret("console")  # two waits for the disk at every first page
    services.close()
    _no_place_of_temporary_files()
    return path


@pytest.fixture
def app_settings(tmp_path: Path, blank: Path) -> Settings:
    """A server's settings in a folder of its own, by the clock of the sample season."""
    shutil.copytree(blank, tmp_path / "server")
    return Settings(data_dir=tmp_path / "server", clock_spec=CLOCK, public_url="http://server")


@pytest.fixture(scope="session")
def routes(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Litestar]:
    """The server's routes, over a folder nobody uses."""
    app = _made_once("routes", lambda: _routes(blank, tmp_path_factory))
    yield app
    if not FORKS_EVERY_CHANGE:
        app.state["services"].close()


def _routes(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    folder = tmp_path_factory.mktemp("built") / "server"
    shutil.copytree(blank, folder)
    app = create_app(Settings(data_dir=folder))
    _no_place_of_temporary_files()
    return app


@pytest.fixture
def app(routes: Litestar, app_settings: Settings) -> Iterator[Litestar]:
    """The server's ASGI app over a folder of its own; closed at the end."""
    services = Services.open(app_settings).in_season()
    yield app_over(routes, services)
    services.close()


@pytest.fixture
def services(request: pytest.FixtureRequest) -> Iterator[Services]:
    """What the office's verbs work on: those of the app where a test has one, else without an app around them."""
    if "app" in request.fixturenames:
        found = request.getfixturevalue("app").state["services"]
        assert isinstance(found, Services)
        yield found
        return
    opened = Services.open(request.getfixturevalue("app_settings")).in_season()
    yield opened
    opened.close()


@pytest.fixture
async def http(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app without a socket."""
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as client:
        yield client


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL of this session's own; see tests/support/postgres.py for when it is skipped."""
    with cluster() as url:
        yield url
