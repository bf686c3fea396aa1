"""Two processes on one phone's folder: one writes, the other reads and says so, until the first has ended."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mobile.bootstrap.native import native_ports
from mobile.ports.folder_lock import FolderLock
from mobile.store.keyfile import NAME
from mobile.usecases.records import record
from mobile.usecases.sync_now import sync_now
from mobile.usecases.take_photo import take_photo
from mobile.usecases.unlock import FREE_TRIES, PhoneLock
from shared.problems import ProblemError
from shared.records.visit import Visit
from tests.mobile.conftest import Bench
from tests.support.phone.pictures import slip
from tests.support.phone.process import VISIT, Process
from tests.support.phone.quick_crypto import QuickCrypto

PIN, WRONG = "280415", "111112"
READ = ("today", "cases", "outbox", "policy", "storage", "facts", "drafts")
WRITE: tuple[dict[str, Any], ...] = (
    VISIT,
    {"do": "save_draft", "case": "case-1", "form": "visit", "fields": {}},
    {"do": "speak_to", "case": "case-1", "who": "self"},
    {"do": "enrol", "url": "http://127.0.0.1:9", "code": "12345678"},
    {"do": "free_now"},
    {"do": "sign_out"},
)
"""Everything but a sync, whose report says it."""


@pytest.fixture
async def directory(bench: Bench) -> Path:
    """The folder of a phone that has case-1, closed."""
    await bench.brief()
    bench.phone.store.close()
    return bench.directory


@pytest.fixture
def start(directory: Path) -> Iterator[Callable[[], Process]]:
    """Starts processes on that folder, and ends them."""
    started: list[Process] = []

    def begin() -> Process:
        started.append(Process(directory))
        return started[-1]

    yield begin
    for process in started:
        process.end(kill=True)


def code(process: Process, command: dict[str, Any]) -> str:
    answer = process.say(json.dumps(command).encode())
    return "" if answer["ok"] else str(answer["code"])


async def test_a_second_process_reads_and_says_why_it_does_not_write(
    start: Callable[[], Process], directory: Path
) -> None:
    writer = await lock_of(directory)
    keys = (directory / NAME).read_bytes()
    second = start()
    assert [code(second, {"do": verb}) for verb in READ] == [""] * len(READ)
    assert [code(second, command) for command in WRITE] == ["phone.read_only"] * len(WRITE)
    assert second.do(do="sync")["problem_code"] == "phone.read_only"
    assert (directory / NAME).read_bytes() == keys
    assert writer.phone is not None
    assert writer.phone.store.facts.all() == []
    await writer.close()


def test_a_second_process_writes_once_the_first_was_killed(start: Callable[[], Process]) -> None:
    first = start()
    kept = first.do(**VISIT)["fact"]
    second = start()
    assert code(second, VISIT) == "phone.read_only"
    first.end(kill=True)
    assert code(second, VISIT) == ""
    found = second.do(do="facts")
    assert [(f["id"] == kept, f["n"]) for f in found] == [(True, 1), (False, None)]


# the same within one process: a lock is held by whoever took it


async def lock_of(directory: Path) -> PhoneLock:
    ports = native_ports(directory, "2019-12-12T10:00+08:00")
    return await PhoneLock.at(dataclasses.replace(ports, crypto=QuickCrypto()))


async def test_a_reader_writes_nothing_whatever_it_is_asked(directory: Path) -> None:
    writer, reader = await lock_of(directory), await lock_of(directory)
    before = {p: p.read_bytes() for p in directory.rglob("*") if p.is_file()}
    phone = reader.phone
    assert phone is not None
    with pytest.raises(ProblemError, match=r"phone\.read_only"):
        await record(phone, "case-1", Visit(met="self", outcome="promised"))
    with pytest.raises(ProblemError, match=r"phone\.read_only"):
        await take_photo(phone, slip(), case_id="case-1")
    with pytest.raises(ProblemError, match=r"phone\.read_only"):
        await reader.set_pin(PIN)
    assert (await sync_now(phone)).problem_code == "phone.read_only"
    await reader.close()
    after = {p: p.read_bytes() for p in directory.rglob("*") if p.is_file()}
    assert {p: d for p, d in after.items() if p.suffix != ".db-shm"} == {
        p: d for p, d in before.items() if p.suffix != ".db-shm"
    }
    await writer.close()


async def test_a_reader_counts_no_pin_in_the_key_file_and_gets_few_tries(directory: Path) -> None:
    writer = await lock_of(directory)
    await writer.set_pin(PIN)
    reader = await lock_of(directory)
    keys = (directory / NAME).read_bytes()
    for _ in range(FREE_TRIES):
        with pytest.raises(ProblemError, match=r"pin\.wrong"):
            await reader.unlock(WRONG)
    with pytest.raises(ProblemError, match=r"phone\.read_only"):
        await reader.unlock(PIN)
    assert (directory / NAME).read_bytes() == keys
    await writer.close()


async def test_a_reader_with_the_pin_reads(directory: Path) -> None:
    writer = await lock_of(directory)
    await writer.set_pin(PIN)
    reader = await lock_of(directory)
    phone = await reader.unlock(PIN)
    assert phone.read_only
    assert [c.case.id for c in phone.store.cases.all()] == ["case-1"]
    await writer.close()


async def test_taking_over_reads_the_keys_anew_and_asks_for_the_new_pin(directory: Path) -> None:
    writer, reader = await lock_of(directory), await lock_of(directory)
    assert not await reader.take_over()
    await writer.set_pin(PIN)
    await writer.close()
    assert await reader.take_over()
    assert (reader.phone, reader.read_only) == (None, False)
    phone = await reader.unlock(PIN)
    await record(phone, "case-1", Visit(met="self", outcome="promised"))
    await reader.close()


async def test_a_folder_whose_keys_are_not_made_yet_is_in_use(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path / "new")
    assert lock.take()
    with pytest.raises(ProblemError, match=r"phone\.in_use"):
        await lock_of(tmp_path / "new")
    lock.release()
    made = await lock_of(tmp_path / "new")
    assert not made.read_only
    await made.close()


async def test_a_reader_does_not_bring_the_database_to_a_new_schema(directory: Path) -> None:
    with closing(sqlite3.connect(directory / "phone.db")) as db, db:
        db.execute(
            "DELETE FROM _sqlite_migrations"
            " WHERE rowid = (SELECT max(rowid) FROM _sqlite_migrations)"
        )
    before = (directory / "phone.db").read_bytes()
    lock = FolderLock(directory)
    assert lock.take()
    with pytest.raises(ProblemError, match=r"phone\.in_use"):
        await lock_of(directory)
    assert (directory / "phone.db").read_bytes() == before
