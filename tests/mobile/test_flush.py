"""Flushing: on a device whose commits are not durable by themselves, nothing is called saved before it is flushed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from mobile.ports.disk import FolderDisk
from mobile.store.deletion import Deletion, delete_all
from mobile.store.drafts import DraftRow
from mobile.store.meta import SyncState
from mobile.store.store import Store
from mobile.sync.push import join_all
from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.records.base import Fact, encode, plain
from shared.records.visit import Visit
from tests.mobile.conftest import case_state, vault_in

PHOTO = b"a photo"
SHA = sha256_hex(PHOTO)


class Flushing:
    """Counts, and copies what another connection sees at that moment: only what is committed. `full`: there is no room."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.seen: list[dict[str, list[tuple[object, ...]]]] = []
        self.full = False

    async def __call__(self) -> None:
        await asyncio.sleep(0)
        if self.full:
            raise ProblemError("disk.full")
        other = Database(self._path)
        everything = "SELECT * FROM [{}]"  # a table's name cannot be a parameter
        self.seen.append(
            {name: list(other.execute(everything.format(name))) for name in other.table_names()}
        )
        other.close()

    def last(self, table: str) -> int:
        """Rows of a table as the last flush took them."""
        return len(self.seen[-1][table])


class Bench:
    def __init__(self, store: Store, flushing: Flushing) -> None:
        self.store = store
        self.flushing = flushing

    async def fact(self, number: int, photos: tuple[str, ...] = (), draft: str = "") -> Fact:
        visit = Visit(met="self", outcome="promised", visitors=("甲", "乙"))
        at = "2019-12-12T10:00:00+08:00"
        fact = Fact(
            id=f"f{number}",
            season="2019",
            kind="visit",
            case="case-1",
            captured_at=at,
            happened_at=at,
            body=plain(visit),
            photos=photos,
        )
        await self.store.facts.add(fact, encode(fact), number, draft)
        return fact


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    flushing = Flushing(tmp_path / "phone.db")
    vault = await vault_in(tmp_path)
    store = await Store.open(
        tmp_path / "phone.db", vault, FolderDisk(tmp_path / "photos"), "TRUNCATE", flushing
    )
    yield Bench(store, flushing)
    store.close()


async def _rejected(bench: Bench) -> None:
    await bench.store.facts.mark_rejected("f1", {"code": "fact.conflict"})


async def _let_go(bench: Bench) -> None:
    bench.store.facts.mark_sent("f1", 1)
    await delete_all(bench.store, Deletion(facts=["f1"]))


WRITES: dict[str, Callable[[Bench], Awaitable[object]]] = {
    "meta": lambda b: b.store.meta.put("sync", SyncState(cursor="c")),
    "draft": lambda b: b.store.drafts.save(
        DraftRow(case="case-1", form="visit", fields={"note": "x"})
    ),
    "cases": lambda b: b.store.cases.apply([case_state(1)], [], set()),
    "photo": lambda b: b.store.photos.add("ab" * 32, b"another", 1),
    "fact": lambda b: b.fact(2),
    "join": lambda b: b.store.facts.join("f1"),
    "undo": lambda b: b.store.facts.undo("f1"),
    "rejected": _rejected,
    "let go": _let_go,
}


@pytest.mark.parametrize("name", WRITES)
async def test_what_returns_has_flushed_what_it_committed(name: str, bench: Bench) -> None:
    await bench.store.photos.add(SHA, PHOTO, 1)
    await bench.fact(1, (SHA,))
    flushed = len(bench.flushing.seen)
    await WRITES[name](bench)
    assert len(bench.flushing.seen) > flushed
    now = {t: list(bench.store.db.execute(f"SELECT * FROM [{t}]")) for t in bench.flushing.seen[-1]}  # noqa: S608  names of ours
    assert bench.flushing.seen[-1] == now
    assert bench.flushing.seen[-1] != bench.flushing.seen[flushed - 1]


async def test_a_record_over_the_quota_is_not_stored_and_the_second_try_is_one_record(
    bench: Bench,
) -> None:
    await bench.store.photos.add(SHA, PHOTO, 1)
    bench.flushing.full = True
    with pytest.raises(ProblemError) as refused:
        await bench.fact(1, (SHA,))
    assert refused.value.code == "disk.full"
    assert (bench.store.facts.all(), bench.store.photos.waiting()) == ([], [])
    bench.flushing.full = False
    await bench.fact(1, (SHA,))
    assert (bench.flushing.last("fact"), len(bench.store.photos.waiting())) == (1, 1)


async def test_a_photo_over_the_quota_is_flushed_by_the_second_try(bench: Bench) -> None:
    bench.flushing.full = True
    with pytest.raises(ProblemError):
        await bench.store.photos.add(SHA, PHOTO, 1)
    bench.flushing.full = False
    await bench.store.photos.add(SHA, PHOTO, 1)
    assert bench.flushing.last("photo") == 1


async def test_no_number_is_sent_before_it_is_flushed(bench: Bench) -> None:
    await bench.fact(1)
    bench.flushing.full = True
    # the first try joins it in memory, the second finds it joined and still may not go on
    for _ in range(2):
        with pytest.raises(ProblemError) as refused:
            await join_all(bench.store)
        assert refused.value.code == "disk.full"
    bench.flushing.full = False
    flushed = len(bench.flushing.seen)
    await join_all(bench.store)
    assert len(bench.flushing.seen) > flushed


async def test_files_are_deleted_only_after_the_decision_is_flushed(bench: Bench) -> None:
    await bench.store.photos.add(SHA, PHOTO, 1)
    bench.store.photos.mark_sent(SHA)
    bench.store.photos.release([SHA])
    bench.flushing.full = True
    with pytest.raises(ProblemError):
        await bench.store.photos.sweep()
    assert await bench.store.photos.read(SHA) == PHOTO
    bench.flushing.full = False
    assert await bench.store.photos.sweep() == 1
    with pytest.raises(ProblemError):
        await bench.store.photos.read(SHA)


async def test_a_saved_record_takes_its_draft_along_in_one_flush(bench: Bench) -> None:
    await bench.store.drafts.save(DraftRow(case="case-1", form="visit", fields={"note": "x"}))
    flushed = len(bench.flushing.seen)
    await bench.fact(1, draft="visit")
    assert len(bench.flushing.seen) == flushed + 1
    assert (bench.flushing.last("fact"), bench.flushing.last("draft")) == (1, 0)


async def test_a_record_that_is_refused_leaves_its_draft_as_it_was(bench: Bench) -> None:
    await bench.store.drafts.save(DraftRow(case="case-1", form="visit", fields={"note": "x"}))
    bench.flushing.full = True
    with pytest.raises(ProblemError):
        await bench.fact(1, draft="visit")
    bench.flushing.full = False
    [kept] = await bench.store.drafts.all()
    assert (kept.fields, bench.store.facts.all()) == ({"note": "x"}, [])


async def test_several_values_are_one_flush(bench: Bench) -> None:
    flushed = len(bench.flushing.seen)
    await bench.store.meta.put_all({"a": 1, "b": 2})
    assert len(bench.flushing.seen) == flushed + 1
    assert [await bench.store.meta.get(key, int) for key in ("a", "b")] == [1, 2]


async def test_the_start_of_an_upload_waits_for_no_flush(bench: Bench) -> None:
    await bench.store.photos.add(SHA, PHOTO, 1)
    flushed = len(bench.flushing.seen)
    await bench.store.photos.started(SHA, "/v1/uploads/u1")
    assert len(bench.flushing.seen) == flushed
    assert await bench.store.photos.upload_of(SHA) == "/v1/uploads/u1"
