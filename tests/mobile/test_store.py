"""The phone's database: migrations, encrypted cells, atomic transactions, a full disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from mobile.ports.disk import FolderDisk
from mobile.store.cases import CaseStore
from mobile.store.database import open_database, writing
from mobile.store.deletion import Deletion, delete_all
from mobile.store.facts import FactStore
from mobile.store.meta import ChainHead, Meta
from mobile.store.photos import PhotoStore
from mobile.store.store import Store
from mobile.usecases.drafts import save_draft
from mobile.usecases.records import record
from mobile.usecases.settings import get, put
from mobile.usecases.speak_to import reveal
from shared.digest import GENESIS, link
from shared.problems import ProblemError
from shared.records.base import Fact, encode, plain
from shared.records.statement import Statement
from shared.records.visit import Visit
from shared.wire import b64
from tests.mobile.conftest import NOON, Bench, case_state, vault_in

VISIT = Visit(met="self", outcome="promised", visitors=("郑老师", "冯老师"), note="母亲在家")


def a_fact(id: str = "f1", case: str = "case-1", photos: tuple[str, ...] = ()) -> Fact:
    at = NOON.isoformat()
    return Fact(
        id=id,
        season="2019",
        kind="visit",
        case=case,
        captured_at=at,
        happened_at=at,
        body=plain(VISIT),
        photos=photos,
    )


async def add(store: FactStore, fact: Fact, saved_ms: int = 0) -> None:
    await store.add(fact, encode(fact), saved_ms)


# schema


def test_an_empty_file_becomes_the_newest_schema(tmp_path: Path) -> None:
    db = open_database(tmp_path / "deep" / "phone.db")
    assert {"meta", "case_file", "fact", "outbox", "photo", "draft"} <= set(db.table_names())
    db.close()


def test_opening_again_changes_neither_schema_nor_rows(tmp_path: Path) -> None:
    db = open_database(tmp_path / "phone.db")
    db.table("draft").insert({"id": "a", "saved_ms": 1, "body": b"x"})
    before = db.schema
    db.close()
    again = open_database(tmp_path / "phone.db")
    assert again.schema == before
    assert list(again.table("draft").rows) == [{"id": "a", "saved_ms": 1, "body": b"x"}]
    again.close()


def test_what_was_called_saved_is_on_the_disk(tmp_path: Path) -> None:
    db = open_database(tmp_path / "phone.db")
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()


# sealed


async def test_no_personal_data_is_stored_unencrypted(bench: Bench) -> None:
    phone = bench.phone
    await bench.enrol()
    await bench.brief()
    await record(phone, "case-1", VISIT)
    await record(phone, "case-1", Statement(reason="illness", narrative="长期住院透析"))
    await reveal(phone, "case-1", "id_number")
    await save_draft(phone, "case-1", "visit", {"note": "门口有狗"})
    await put(phone, "companion", "冯老师")
    await phone.store.facts.mark_rejected(phone.store.facts.all()[0].id, {"title": "服务器说不行"})
    raw = bench.raw()
    case = case_state(1).case
    assert case.co_borrower is not None
    secrets = [
        case.borrower.name,
        "小雨",
        case.borrower.id_number,
        *case.borrower.phones,
        case.co_borrower.name,
        case.address,
        "东槐村",
        case.contracts[0].contract_no,
        "123456",
        "母亲在家",
        "长期住院透析",
        "illness",
        "门口有狗",
        "冯老师",
        "郑老师",
        "服务器说不行",
        "secret-token",
        "第一中学",
    ]
    assert b"case-1" in raw  # ids are in clear, so the search below reads the right files
    assert [s for s in secrets if s.encode() in raw] == []


async def test_the_keys_file_is_for_this_user_only(bench: Bench) -> None:
    assert (bench.directory / "keys.json").stat().st_mode & 0o077 == 0


SWAPS = {
    "case_file": "UPDATE case_file SET body = (SELECT body FROM case_file WHERE id = ?) WHERE id = ?",
    "fact": "UPDATE fact SET body = (SELECT body FROM fact WHERE id = ?) WHERE id = ?",
    "draft": "UPDATE draft SET body = (SELECT body FROM draft WHERE id = ?) WHERE id = ?",
    "meta": "UPDATE meta SET body = (SELECT body FROM meta WHERE id = ?) WHERE id = ?",
}


@pytest.mark.parametrize("table", SWAPS)
async def test_a_cell_moved_to_another_row_does_not_open(bench: Bench, table: str) -> None:
    phone = bench.phone
    await bench.give(case_state(2))
    for case in ("case-1", "case-2"):
        await record(phone, case, VISIT)
        await save_draft(phone, case, "visit", {})
        await put(phone, case, "x")
    rows = [r["id"] for r in phone.store.db.table(table).rows]
    with phone.store.db.atomic():
        phone.store.db.execute(SWAPS[table], rows[:2])
    phone.store.close()
    with pytest.raises(ProblemError) as refused:
        await read_all(bench, rows)
    assert refused.value.code == "vault.cannot_open"


async def read_all(bench: Bench, meta_keys: list[str]) -> None:
    """Open the phone anew and decrypt everything."""
    store = await Store.open(bench.directory / "phone.db", bench.phone.vault, bench.phone.disk)
    try:
        await store.drafts.all()
        for key in meta_keys:
            await store.meta.get(key, object)
    finally:
        store.close()


async def test_a_cell_moved_to_another_column_does_not_open(bench: Bench) -> None:
    phone = bench.phone
    line = await record(phone, "case-1", VISIT)
    with phone.store.db.atomic():
        phone.store.db.execute("UPDATE fact SET problem = body WHERE id = ?", [line.fact])
    with pytest.raises(ProblemError) as refused:
        await FactStore(phone.store.db, phone.vault, phone.store.meta, phone.store.photos).load()
    assert refused.value.code == "vault.cannot_open"


async def test_another_devices_file_does_not_open(bench: Bench, tmp_path: Path) -> None:
    stranger = await vault_in(tmp_path / "stranger")
    with pytest.raises(ProblemError) as refused:
        await CaseStore(bench.phone.store.db, stranger).load()
    assert refused.value.code == "vault.cannot_open"


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b[:5], lambda b: b"", lambda b: b[:20] + b"\0" + b[21:]]
)
async def test_a_truncated_or_changed_cell_does_not_open(bench: Bench, damage: object) -> None:
    cell = await bench.phone.vault.encrypt("名字".encode() * 9, b"a")
    with pytest.raises(ProblemError) as refused:
        await bench.phone.vault.decrypt(damage(cell), b"a")
    assert refused.value.code == "vault.cannot_open"


# transactions


async def test_a_record_whose_photos_cannot_be_marked_is_not_kept(bench: Bench) -> None:
    store = bench.phone.store
    await store.photos.add("f" * 64, b"jpeg", 0)
    store.db.execute(
        "CREATE TRIGGER broken BEFORE UPDATE ON photo BEGIN SELECT RAISE(ABORT, 'I/O'); END"
    )
    with pytest.raises(sqlite3.Error):
        await add(store.facts, a_fact(photos=("f" * 64,)))
    assert store.db.table("fact").count == 0


class FailingMeta(Meta):
    """Its disk breaks after the chain's head was written and before that was committed."""

    broken = True

    def write(self, key: str, cell: bytes) -> None:
        super().write(key, cell)
        if self.broken:
            raise sqlite3.OperationalError("disk I/O error")


async def test_a_number_that_was_not_stored_is_used_again(bench: Bench) -> None:
    store, vault = bench.phone.store, bench.phone.vault
    meta = FailingMeta(store.db, vault)
    facts = FactStore(store.db, vault, meta, store.photos)
    await add(facts, a_fact())
    with pytest.raises(sqlite3.OperationalError):
        await facts.join("f1")
    assert facts.all()[0].state == "pending"
    meta.broken = False
    await facts.join("f1")
    kept = facts.all()[0]
    assert (kept.n, kept.link) == (1, link(GENESIS, kept.sha256))
    assert await Meta(store.db, vault).chain_head() == ChainHead(n=1, link=b64(kept.link))


async def fill(store: FactStore, saved: list[str]) -> None:
    """Add facts until the disk is full; `saved` are those that were called saved."""
    for number in range(200):
        await add(store, a_fact(f"f{number}"))
        saved.append(f"f{number}")


async def test_a_full_disk_is_reported_and_corrupts_nothing(bench: Bench) -> None:
    store = bench.phone.store
    pages = store.db.execute("PRAGMA page_count").fetchone()[0]
    store.db.execute(f"PRAGMA max_page_count={pages + 3}")
    saved: list[str] = []
    with pytest.raises(ProblemError) as refused:
        await fill(store.facts, saved)
    assert refused.value.code == "disk.full"
    assert [k.id for k in store.facts.all()] == saved
    store.db.execute("PRAGMA max_page_count=100000")
    await add(store.facts, a_fact("after"))
    phone = await bench.again()
    assert [k.id for k in phone.store.facts.all()] == [*saved, "after"]
    assert phone.store.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_an_error_that_is_no_disk_passes_as_it_is(tmp_path: Path) -> None:
    db = open_database(tmp_path / "phone.db")
    with pytest.raises(sqlite3.OperationalError, match="no such table"), writing(db):
        db.execute("INSERT INTO nowhere VALUES (1)")
    db.close()


# facts by case


async def test_facts_of_a_case_are_found_and_forgotten_with_undo(bench: Bench) -> None:
    facts = bench.phone.store.facts
    for id, case in (("a", "case-1"), ("b", "case-2"), ("c", "case-1")):
        await add(facts, a_fact(id, case))
    assert [k.id for k in facts.of("case-1")] == ["a", "c"]
    assert await facts.undo("a")
    assert [k.id for k in facts.of("case-1")] == ["c"]
    assert facts.of("unknown") == []
    phone = await bench.again()
    assert [k.id for k in phone.store.facts.of("case-1")] == ["c"]


# cases


async def test_an_unsent_record_is_neither_erased_nor_forgotten_though_it_is_named(
    bench: Bench,
) -> None:
    unsent = (await record(bench.phone, "case-1", VISIT)).fact
    joined = (await record(bench.phone, "case-1", VISIT)).fact
    await bench.phone.store.facts.join(joined)
    await delete_all(bench.phone.store, Deletion(facts={unsent, joined}))
    assert {k.id for k in bench.phone.store.facts.all()} == {unsent, joined}
    assert {k.id for k in (await bench.again()).store.facts.all()} == {unsent, joined}


async def test_a_case_that_moves_away_stays_while_it_has_unsent_work(bench: Bench) -> None:
    cases = bench.phone.store.cases
    await bench.give(case_state(2))
    await cases.apply([], ["case-1", "case-2"], {"case-1"})
    assert [c.case.id for c in cases.all()] == ["case-1"]
    assert cases.count() == 0
    await cases.drop_moved(set())
    assert cases.all() == []


async def test_cases_survive_a_restart(bench: Bench) -> None:
    before = bench.phone.store.cases.all()
    phone = await bench.again()
    assert phone.store.cases.all() == before
    assert phone.store.cases.digest() == bench.phone.store.cases.digest()


async def test_settings_have_a_default_and_survive_a_restart(bench: Bench) -> None:
    assert await get(bench.phone, "size", "large") == "large"
    await put(bench.phone, "size", "huge")
    assert await get(await bench.again(), "size", "large") == "huge"


async def test_a_photo_is_kept_once_and_read_back(bench: Bench) -> None:
    photos = bench.phone.store.photos
    await photos.add("f" * 64, b"jpeg", 1)
    await photos.add("f" * 64, b"jpeg", 2)
    assert await photos.read("f" * 64) == b"jpeg"
    row = photos.row("f" * 64)
    assert row is not None
    assert (row.state, row.taken_ms, row.size_bytes) == ("draft", 1, 4)


async def test_a_photo_put_in_the_place_of_another_does_not_open(bench: Bench) -> None:
    photos = bench.phone.store.photos
    await photos.add("a" * 64, b"one", 1)
    await photos.add("b" * 64, b"two", 1)
    folder = bench.directory / "photos"
    (folder / ("a" * 64)).replace(folder / ("b" * 64))
    with pytest.raises(ProblemError) as refused:
        await photos.read("b" * 64)
    assert refused.value.code == "vault.cannot_open"
    with pytest.raises(ProblemError) as unknown:
        await photos.read("a" * 64)
    assert unknown.value.code == "photo.unknown"


async def test_a_photo_that_could_not_be_written_leaves_no_row(
    bench: Bench, tmp_path: Path
) -> None:
    folder = tmp_path / "gone"
    disk = FolderDisk(folder)
    folder.rmdir()
    photos = PhotoStore(bench.phone.store.db, bench.phone.vault, disk)
    with pytest.raises(ProblemError) as refused:
        await photos.add("f" * 64, b"jpeg", 1)
    assert refused.value.code == "disk.broken"
    assert photos.row("f" * 64) is None


def test_a_database_of_a_later_version_keeps_its_tables(tmp_path: Path) -> None:
    db = open_database(tmp_path / "phone.db")
    db.table("added_later").create({"id": str})
    db.close()
    again: Database = open_database(tmp_path / "phone.db")
    assert "added_later" in again.table_names()
    again.close()


# a photo found by its source


async def test_a_photo_is_found_by_its_source_without_decrypting_any(tmp_path: Path) -> None:
    vault = await vault_in(tmp_path)
    store = await Store.open(tmp_path / "phone.db", vault, FolderDisk(tmp_path / "photos"))
    for number in range(3):
        await store.photos.add(f"{number:064x}", b"jpeg", 1, f"source{number % 2}")
    await store.photos.add("f" * 64, b"jpeg", 1)
    store.db.execute("UPDATE photo SET body = X'00'")  # nothing of it is opened
    assert await store.photos.of_source("source0") == [f"{n:064x}" for n in (0, 2)]
    assert await store.photos.of_source("source2") == []
    assert await store.photos.of_source("") == []
    plan = store.db.execute("EXPLAIN QUERY PLAN SELECT id FROM photo WHERE source_hash = ?", [b""])
    assert "USING INDEX" in plan.fetchone()[3]
    stored = store.db.execute("SELECT source_hash FROM photo").fetchall()
    assert not any(b"source" in row[0] for row in stored)
    store.close()


async def test_photos_of_an_earlier_version_are_found_by_their_source_too(tmp_path: Path) -> None:
    vault, path = await vault_in(tmp_path), tmp_path / "phone.db"
    store = await Store.open(path, vault, FolderDisk(tmp_path / "photos"))
    await store.photos.add("a" * 64, b"jpeg", 1, "source")
    await store.photos.add("b" * 64, b"jpeg", 1)
    store.db.execute("UPDATE photo SET source_hash = NULL")
    store.close()
    again = await Store.open(path, vault, FolderDisk(tmp_path / "photos"))
    assert await again.photos.of_source("source") == ["a" * 64]
    left = again.db.execute("SELECT count(*) FROM photo WHERE source_hash IS NULL").fetchone()
    assert left == (0,)
    again.close()
