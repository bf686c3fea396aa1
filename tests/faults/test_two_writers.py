"""Two processes over one data folder, each with its own writer: what both do at once happens once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Barrier, Event

import pytest
from sqlalchemy import func, select

from shared.problems import ProblemError
from sync_server.office import import_history, imports, purge, seasons
from sync_server.office.importing.choice import Choice
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import seasons as store
from sync_server.store import tables as t
from tests.support.county import SCHOOLS, SEASON, fill
from tests.support.crash import open_services, settings_of
from tests.support.forks import FORKS
from tests.support.intake_files import made_id
from tests.support.long_form import LONG
from tests.support.seasons import NEXT, check_all, make_next

LIST = "姓名,身份证号,合同编号,应还本金,应还利息,学校\n"
ROWS = "".join(f"赵样例,{made_id(n)},H{n:03d},100.00,5.50,{SCHOOLS[0]}\n" for n in (1, 2, 3))


@pytest.fixture
def two(blank: Path, tmp_path: Path) -> Iterator[tuple[Services, Services]]:
    """The services of two processes, as far as the database can see."""
    shutil.copytree(blank, tmp_path / "server")
    (tmp_path / "list.csv").write_text(LIST + ROWS, "utf-8")
    one, other = open_services(tmp_path / "server"), open_services(tmp_path / "server")
    one.database.write(fill)
    yield one, other
    one.close()
    other.close()


def at_once(*jobs: Callable[[], object]) -> list[str]:
    """Do all jobs at the same moment; the code each was refused with, or "done"."""
    start = Barrier(len(jobs))

    def run(job: Callable[[], object]) -> str:
        start.wait()
        try:
            job()
        except ProblemError as problem:
            return problem.code
        return "done"

    with ThreadPoolExecutor(len(jobs)) as pool:
        return sorted(pool.map(run, jobs))


def count(services: Services, table: str) -> int:
    query = select(func.count()).select_from(t.metadata.tables[table])
    return services.database.read(lambda c: int(c.execute(query).scalar_one()))


def open_ones(services: Services) -> list[str]:
    return [s.id for s in services.database.read(store.states) if s.state == store.OPEN]


def test_of_two_seasons_opened_at_once_one_is_open(two: tuple[Services, Services]) -> None:
    one, other = two
    make_next(one)
    check_all(one, NEXT)
    for _ in range(5):
        for season in open_ones(one):
            seasons.close_season(one, season, who="t")
        codes = at_once(
            lambda: seasons.open_season(one, NEXT, who="t", reason="演示"),
            lambda: seasons.open_season(other, SEASON, who="t", reason="演示"),
        )
        assert codes == ["done", "season.other_open"]
        assert len(open_ones(one)) == 1


def test_a_season_discarded_while_it_is_opened_is_open_or_gone(
    two: tuple[Services, Services],
) -> None:
    one, other = two
    seasons.close_season(one, SEASON, who="t")
    make_next(one)
    check_all(one, NEXT)
    codes = at_once(
        lambda: seasons.open_season(one, NEXT, who="t"),
        lambda: seasons.discard(other, NEXT, who="t"),
    )
    assert codes in (["done", "season.unknown"], ["done", "season.used"])
    found = {s.id: s.state for s in one.database.read(store.states)}
    assert found.get(NEXT, "gone") in ("open", "gone")


def test_a_list_imported_twice_at_once_is_imported_once_and_undone_once(
    two: tuple[Services, Services], tmp_path: Path
) -> None:
    def take(services: Services) -> Callable[[], object]:
        choice = Choice(gone="keep")
        return lambda: imports.apply(
            services, "due-list", tmp_path / "list.csv", who="t", choice=choice
        )

    one, other = two
    assert at_once(take(one), take(other)) == ["done", "done"]
    assert (count(one, "case_file"), count(one, "contract")) == (15, 15)
    lines, _ = import_history.listed(one)
    (run,) = [line.run.id for line in lines if line.run.changed]
    codes = at_once(
        lambda: import_history.undo(one, run, who="t"),
        lambda: import_history.undo(other, run, who="t"),
    )
    assert codes == ["done", "import.undo_twice"]
    assert count(one, "case_file") == 12


def test_a_season_purged_twice_at_once_has_one_certificate(
    two: tuple[Services, Services],
) -> None:
    one, other = two
    seasons.close_season(one, SEASON, who="t")
    codes = at_once(
        lambda: purge.purge(one, SEASON, who="t", really="演示"),
        lambda: purge.purge(other, SEASON, who="t", really="演示"),
    )
    assert codes in (["data.busy", "done"], ["done", "purge.nothing"])
    folder = one.settings.data_dir / "certificates-of-destruction"
    assert len(list(folder.iterdir())) == 1


def start(folder: Path, answer: Connection) -> None:
    """Start on a folder that nobody has used, and say which key signs."""
    services = Services.open(Settings(data_dir=folder))
    answer.send((services.receipts.public(), services.settings.secret("passphrase")))


def test_four_first_starts_at_once_agree_on_schema_and_keys(tmp_path: Path) -> None:
    for number in range(10 if LONG else 2):
        found = set()
        running = []
        for _ in range(4):
            ours, theirs = FORKS.Pipe(duplex=False)
            child = FORKS.Process(target=start, args=(tmp_path / str(number), theirs), daemon=True)
            child.start()
            running.append((child, ours))
        for child, ours in running:
            assert ours.poll(60)
            found.add(ours.recv())
            child.join(60)
        assert len(found) == 1
        assert sorted(p.name for p in (tmp_path / str(number) / "keys").iterdir()) == [
            "passphrase",
            "receipts.pem",
        ]


def test_a_writer_that_waits_too_long_is_refused_by_a_problem(blank: Path, tmp_path: Path) -> None:
    shutil.copytree(blank, tmp_path / "server")
    one, other = (Services.open(settings_of(tmp_path / "server")) for _ in range(2))
    other.database.write(lambda c: c.exec_driver_sql("PRAGMA busy_timeout=50"))
    release, begun = Barrier(2), Event()
    held = one.database.writer.submit(lambda c: (begun.set(), release.wait(60)))
    assert begun.wait(60)  # its transaction is open
    code = at_once(lambda: other.database.write(lambda c: c.exec_driver_sql("SELECT 1")))
    release.wait(60)
    held.result(20)
    assert code == ["data.locked"]
    for services in (one, other):
        services.close()
