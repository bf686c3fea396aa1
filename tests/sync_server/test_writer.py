"""The one writer: no job succeeds before COMMIT, and no job's failure fails another."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from shared.problems import ProblemError
from sync_server.store import writer as writer_module
from sync_server.store.engine import open_engine
from sync_server.store.writer import Writer


class Held:
    """A writer that waits inside its first job, so that what is submitted meanwhile becomes one group."""

    def __init__(self, path: Path) -> None:
        engine = open_engine(f"sqlite:///{path}", writes=True)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE thing (name TEXT PRIMARY KEY, size BLOB)"))
        self.writer = Writer(engine)
        self._go = threading.Event()
        started = threading.Event()

        def wait(_: Connection) -> None:
            started.set()
            self._go.wait(60)

        self._first = self.writer.submit(wait)
        started.wait(60)

    def release(self, *futures: Future[Any]) -> list[str]:
        """Let the group run; what each future holds in the end."""
        self._go.set()
        self._first.result(10)
        return [_named(f.exception(10)) for f in futures]

    def names(self) -> list[str]:
        return list(
            self.writer.run(
                lambda c: c.execute(text("SELECT name FROM thing ORDER BY name")).scalars().all()
            )
        )


def _named(error: BaseException | None) -> str:
    if error is None:
        return "ok"
    return error.code if isinstance(error, ProblemError) else type(error).__name__


@pytest.fixture
def held(tmp_path: Path) -> Any:
    made = Held(tmp_path / "w.db")
    yield made
    made.writer.close()


def put(name: str, size_bytes: int = 1) -> Any:
    def job(connection: Connection) -> str:
        values = {"n": name, "s": bytes(size_bytes)}
        connection.execute(text("INSERT INTO thing (name, size) VALUES (:n, :s)"), values)
        return name

    return job


def test_jobs_that_wait_together_are_committed_together_each_with_its_own_answer(
    held: Held,
) -> None:
    futures = [held.writer.submit(put(str(i))) for i in range(10)]
    assert held.release(*futures) == ["ok"] * 10
    assert [f.result() for f in futures] == [str(i) for i in range(10)]


def test_a_job_that_comes_alone_after_many_waits_for_no_others(held: Held) -> None:
    held.release(*(held.writer.submit(put(str(i))) for i in range(20)))
    began_s = time.monotonic()
    for i in range(10):
        held.writer.run(put(f"alone {i}"))
    assert time.monotonic() - began_s < 10
    assert len(held.names()) == 30


def test_a_job_that_fails_undoes_only_its_own_work(held: Held) -> None:
    def half(connection: Connection) -> None:
        put("half")(connection)
        raise ValueError("no")

    futures = [held.writer.submit(job) for job in (put("a"), half, put("a"), put("b"))]
    assert held.release(*futures) == ["ok", "ValueError", "IntegrityError", "ok"]
    assert held.names() == ["a", "b"]


def test_a_disk_that_fills_in_the_middle_of_a_group_is_never_reported_as_success(
    held: Held,
) -> None:
    """SQLite may undo the whole transaction then; a job that had already run must not be answered as stored."""
    held.writer.submit(lambda c: c.execute(text("PRAGMA max_page_count=12")))
    futures = [held.writer.submit(job) for job in (put("a"), put("big", 200_000), put("b"))]
    answers = held.release(*futures)
    names = held.names()
    assert answers[1] == "disk.full"
    assert names == [f"{n}" for n, answer in zip("a-b", answers, strict=True) if answer == "ok"]
    assert held.writer.run(put("after")) == "after"


def test_a_job_that_ends_the_transaction_with_any_error_is_no_success_of_its_neighbours(
    held: Held,
) -> None:
    """As where memory ends: SQLite undoes all, and the driver raises no error of the database."""

    def ends(connection: Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")
        raise MemoryError

    futures = [held.writer.submit(job) for job in (put("a"), ends, put("b"))]
    answers = held.release(*futures)
    assert "ok" not in answers
    assert held.names() == []
    assert held.writer.run(put("after")) == "after"


class Counted:
    """Has always more to do, and counts how often it got a pause."""

    pauses = 0

    def with_group(self, connection: Connection) -> bool:
        return True

    def in_pause(self, connection: Connection) -> bool:
        self.pauses += 1
        return True


def test_what_is_left_is_done_though_jobs_never_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "NO_PAUSE_S", 0.02)
    monkeypatch.setattr(writer_module, "REFRESH_EVERY_S", 0.0)
    monkeypatch.setattr(writer_module, "REST_S", 60.0)
    left = Counted()
    writer = Writer(open_engine(f"sqlite:///{tmp_path / 'w.db'}", writes=True), left)
    for _ in range(3):
        until_s = time.monotonic() + 0.05
        while time.monotonic() < until_s:
            writer.run(lambda c: c.execute(text("SELECT 1")).scalar())
    writer.close()
    assert left.pauses >= 3


def test_a_caller_that_gave_up_waiting_does_not_stop_the_writer(held: Held) -> None:
    given_up = held.writer.submit(put("given up"))
    assert given_up.cancel()
    later = held.writer.submit(put("later"))
    assert held.release(later) == ["ok"]
    assert held.names() == ["later"]


def test_a_failing_disk_is_named_as_such(held: Held) -> None:
    def broken(_: Connection) -> None:
        from sqlalchemy.exc import OperationalError

        raise OperationalError("INSERT", {}, Exception("disk I/O error"))

    future = held.writer.submit(broken)
    assert held.release(future) == ["disk.broken"]
    assert isinstance(future.exception(), ProblemError)


def test_closing_finishes_what_waits(held: Held) -> None:
    futures = [held.writer.submit(put(str(i))) for i in range(200)]
    closer = threading.Thread(target=held.writer.close)
    closer.start()
    assert held.release(*futures) == ["ok"] * 200
    closer.join(60)
    assert not closer.is_alive()


def test_a_job_that_comes_after_the_end_fails_and_keeps_nobody_waiting(held: Held) -> None:
    held.release()
    held.writer.close()
    late = held.writer.submit(lambda _: 1)
    with pytest.raises(RuntimeError, match="closed"):
        late.result(timeout=5)
