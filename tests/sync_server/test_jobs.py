"""The queue over a real database and real subprocesses: places, cancels, dead holders, and what is kept."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from shared.problems import ProblemError
from sync_server.office import jobs, leftovers
from sync_server.office.job_limits import LIMITS, Limits
from sync_server.office.job_order import MOST_OF_OWNER, may_start
from sync_server.office.jobs import Job
from sync_server.services import Asked, Services
from sync_server.settings import Settings
from sync_server.store import jobs as stored
from sync_server.store import tables as t
from sync_server.store.database import Connection, Database
from sync_server.store.jobs import JobRow, State
from tests.support.ended import is_running, until

SMALL = Limits(wall_s=1, cpu_s=60, memory_mib=2048, file_mib=1, of_file=True)


def answer(value: str) -> str:
    return value


def hold(folder: Path, name: str) -> str:
    """Work until the test lets go."""
    (folder / f"{name}.pid").write_text(str(os.getpid()))
    while not (folder / f"{name}.go").exists():
        time.sleep(0.02)
    return name


def every(services: Services) -> list[JobRow]:
    """All rows of the queue, whatever became of them."""

    def rows(connection: Connection) -> list[JobRow]:
        query = select(t.job).order_by(t.job.c.id)
        return [JobRow(**row) for row in connection.execute(query).mappings()]

    return services.database.read(rows)


def states(services: Services) -> dict[str, str]:
    return {row.who: row.state for row in every(services)}


class Office:
    """People at several programs over one data folder, each with work that lasts until it is let go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: dict[str, Asked] = {}
        self._threads = ThreadPoolExecutor(12)

    def ask(self, services: Services, name: str) -> Future[str]:
        self.asked[name] = Asked(ref=name, who=name)
        asking = services.asked_by(self.asked[name])
        return self._threads.submit(jobs.run, asking, Job(kind="scan"), hold, self.folder, name)

    def works(self, name: str) -> bool:
        return (self.folder / f"{name}.pid").exists()

    def process(self, name: str) -> int:
        until(lambda: self.works(name))
        return int((self.folder / f"{name}.pid").read_text())

    def let_go(self, *names: str) -> None:
        for name in names:
            (self.folder / f"{name}.go").touch()

    def close(self) -> None:
        for asked in self.asked.values():
            asked.cancelled.set()
        self._threads.shutdown()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    folder = tmp_path / "held"
    folder.mkdir()
    found = Office(folder)
    yield found
    found.close()


@pytest.fixture
def two(services: Services) -> Services:
    """A server with two places."""
    return replace(services, job_slots=2)


@pytest.fixture
def beside(app_settings: Settings, services: Services) -> Iterator[Services]:
    """A command line beside the server."""
    opened = replace(Services.open(app_settings).in_season(), job_slots=2)
    yield opened
    opened.close()


def test_a_job_returns_what_its_function_returns_and_its_row_says_so(two: Services) -> None:
    assert jobs.run(two, Job(kind="scan", unit="01", who="甲"), answer, "done") == "done"
    (row,) = every(two)
    assert (row.kind, row.unit, row.who, row.season, row.state) == (
        "scan",
        "01",
        "甲",
        "2019",
        "done",
    )
    assert row.queued_at <= row.started_at <= row.ended_at
    assert row.problem == ""


def test_programs_over_one_folder_share_the_places_and_the_next_one_takes_what_is_free(
    two: Services, beside: Services, office: Office
) -> None:
    first, second = office.ask(two, "甲"), office.ask(beside, "乙")
    until(lambda: office.works("甲") and office.works("乙"))
    third = office.ask(beside, "丙")
    until(lambda: states(two).get("丙") == "waiting")
    standing = jobs.standing(two, "丙")
    assert standing is not None
    assert (standing.running, standing.ahead) == (False, 2)
    office.let_go("甲")
    assert first.result() == "甲"
    until(lambda: office.works("丙"))
    assert states(two) == {"甲": "done", "乙": "running", "丙": "running"}
    office.let_go("乙", "丙")
    assert (second.result(), third.result()) == ("乙", "丙")
    assert jobs.standing(two, "丙") is None


def test_a_cancelled_job_is_ended_whether_it_waits_or_runs(two: Services, office: Office) -> None:
    one_place = replace(two, job_slots=1)
    runs = office.ask(one_place, "甲")
    process = office.process("甲")
    waits = office.ask(one_place, "乙")
    until(lambda: states(two).get("乙") == "waiting")
    for name in ("乙", "甲"):
        office.asked[name].cancelled.set()
    for future in (waits, runs):
        with pytest.raises(ProblemError) as refused:
            future.result()
        assert refused.value.code == "work.cancelled"
    assert states(two) == {"甲": "cancelled", "乙": "cancelled"}
    assert not is_running(process)
    assert not office.works("乙")


def test_one_person_may_have_a_few_jobs_and_is_refused_the_next(
    two: Services, office: Office
) -> None:
    asked = Asked(ref="", who="甲")
    office.asked["甲"] = asked
    for number in range(MOST_OF_OWNER):
        office._threads.submit(
            jobs.run, two.asked_by(asked), Job(kind="scan"), hold, office.folder, str(number)
        )
    until(lambda: len(every(two)) == MOST_OF_OWNER)
    with pytest.raises(ProblemError) as refused:
        jobs.run(two.asked_by(asked), Job(kind="scan"), answer, "x")
    assert refused.value.code == "work.yours"
    assert jobs.run(two, Job(kind="scan", who="乙"), answer, "x") == "x"


def left(services: Services, state: State, who: str, **more: Any) -> None:
    """A row as a killed process leaves it: its claim is held by nobody."""
    row = JobRow(
        id=f"0-{who}",
        kind=more.pop("kind", "scan"),
        season="2019",
        unit="",
        ref="",
        who=who,
        state=state,
        claim=f"0-{who}",
        queued_at="2019-12-01T00:00:00.000+00:00",
        **more,
    )
    services.database.write(lambda c: stored.add(c, row))


def test_jobs_whose_process_is_gone_give_their_places_to_the_next(two: Services) -> None:
    left(two, "running", "甲")
    left(two, "running", "乙")
    left(two, "waiting", "丙")
    assert jobs.run(two, Job(kind="scan", who="丁"), answer, "done") == "done"
    assert states(two) == {"甲": "failed", "乙": "failed", "丙": "failed", "丁": "done"}
    assert "work.interrupted" in every(two)[0].problem


def test_a_start_of_the_server_ends_what_a_killed_one_left_and_forgets_the_week_before(
    two: Services, office: Office
) -> None:
    left(two, "running", "甲")
    left(two, "done", "乙", ended_at="2019-12-01T00:00:00.000+00:00")
    left(two, "failed", "丙", ended_at=two.settings.now_text())
    left(two, "running", "", kind="check")
    office.ask(two, "丁")
    until(lambda: office.works("丁"))
    leftovers.sweep(two)
    assert states(two) == {"甲": "failed", "丙": "failed", "丁": "running"}


def test_a_job_over_its_time_fails_with_its_limit_named(
    two: Services, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "scan", SMALL)
    with pytest.raises(ProblemError) as refused:
        office.ask(two, "甲").result()
    assert (refused.value.code, refused.value.values) == ("work.file_time", {"limit_s": 1})
    assert "1 秒" in refused.value.message()
    (row,) = every(two)
    kept = msgspec.json.decode(row.problem)
    assert (row.state, kept) == ("failed", {"code": "work.file_time", "values": {"limit_s": "1"}})


def test_nothing_is_kept_of_a_public_check(two: Services) -> None:
    assert jobs.run(two, Job(kind="check"), answer, "fine") == "fine"
    assert every(two) == []


def test_on_postgresql_too_only_as_many_run_as_there_are_places(postgres_url: str) -> None:
    databases = [Database(postgres_url) for _ in range(2)]
    rows = [
        JobRow(
            id=f"{number:02d}",
            kind="scan",
            season="",
            unit="",
            ref="",
            who=f"{number}",
            state="waiting",
            claim="",
            queued_at="",
        )
        for number in range(8)
    ]
    databases[0].write(lambda c: [stored.add(c, row) for row in rows])
    together = threading.Barrier(len(rows))

    def take(row: JobRow) -> bool:
        def job(connection: Connection) -> bool:
            live = stored.live(connection)
            return may_start(live, row.id, 2) and stored.start(connection, row.id, "now")

        together.wait()
        return any(databases[int(row.id) % 2].write(job) for _ in range(4))

    with ThreadPoolExecutor(len(rows)) as pool:
        taken = [row.id for row, has in zip(rows, pool.map(take, rows), strict=True) if has]
    assert taken == ["00", "01"]
    for database in databases:
        database.write(lambda c: [stored.remove(c, row.id) for row in rows])
        database.close()
