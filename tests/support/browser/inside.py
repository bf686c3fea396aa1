"""The contract's other side: runs inside the browser's worker. `run(name, words)` gives back a line of JSON."""

from __future__ import annotations

import asyncio
import json
import time
import traceback
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
from pyodide.ffi import can_run_sync

from mobile.bootstrap.browser import browser_ports
from mobile.ports.api import DeviceSecret
from mobile.ports.browser.bridge import crossed, fields, heard, js, lasting, runtime
from mobile.ports.browser.indexed_db import Shelf
from mobile.ports.browser.secret import WebCryptoSecret
from mobile.ports.browser.storage import Storage
from mobile.store.keyring import Keyring
from mobile.store.store import Store
from mobile.usecases import drafts
from mobile.usecases.unlock import PhoneLock
from shared.problems import ProblemError
from shared.records.base import Fact, encode, plain
from shared.records.visit import Visit
from shared.wire import CaseState, b64, unb64
from tests.support.phone.contract_kit import Kit
from tests.support.phone.ports_contract import CONTRACT, RESTART, given_a_case, opened

_numbers = count(1)
_kits: dict[str, Kit] = {}
_phones: dict[str, Any] = {}


async def run(name: str, words: str) -> str:
    """Do what `name` says with the arguments in `words` (JSON); {"ok":, "result":} or {"why":}."""
    given = json.loads(words)
    work = {**{found.__name__: found for found in RESTART}, **CONTRACT}.get(name)
    try:
        if work is not None:
            kit = await kit_of(given.get("phone") or f"contract-{js.Date.now()}-{next(_numbers)}")
            await work(kit)
            return json.dumps({"ok": True, "result": kit.measured})
        return json.dumps({"ok": True, "result": await _OTHERS[name](**given)})
    except BaseException:  # a test's failure is told, whatever it is
        return json.dumps({"ok": False, "why": traceback.format_exc()})


async def kit_of(name: str) -> Kit:
    """The ports of a phone called `name`; the same while the worker lives."""
    if name not in _kits:
        site = str(js.location.origin)
        _kits[name] = Kit(
            ports=await browser_ports(name=name),
            kind="webcrypto",
            given_secret=given_secret,
            corners=corners,
            picture=lambda what: asked(f"/pictures/{what}"),
            expected=json.loads(await asked("/expected.json")),
            golden=json.loads(await asked("/golden.json")),
            server=site,
        )
    return _kits[name]


async def asked(path: str) -> bytes:
    return bytes((await (await js.fetch(path)).arrayBuffer()).to_bytes())


async def given_secret(secret: bytes) -> DeviceSecret:
    made = WebCryptoSecret(await Shelf.open(f"given-{next(_numbers)}"))
    how = fields(name="HMAC", hash="SHA-256")
    await made.keep(
        await js.crypto.subtle.importKey("raw", crossed(secret), how, False, crossed(["sign"]))
    )
    return made


async def corners(jpeg: bytes) -> str:
    bitmap = await js.createImageBitmap(js.Blob.new(crossed([crossed(jpeg)])))
    width, height = bitmap.width, bitmap.height
    canvas = js.OffscreenCanvas.new(width, height)
    context = canvas.getContext("2d")
    context.drawImage(bitmap, 0, 0)
    at = ((4, 4), (width - 5, 4), (4, height - 5), (width - 5, height - 5))
    return " ".join(
        _name(list(context.getImageData(*place, 1, 1).data.to_bytes()[:3])) for place in at
    )


def _name(pixel: list[int]) -> str:
    return "white" if min(pixel) > 200 else ("red", "green", "blue")[pixel.index(max(pixel))]


# what only a browser is asked


async def has_jspi() -> list[bool]:
    """Whether the browser has it, and whether Python could use it here."""
    return [bool(js.Reflect.has(js.WebAssembly, "Suspending")), bool(can_run_sync())]


async def secret_is_not_given_out(phone: str) -> str:
    """What the browser answers when asked for the bytes of the device's key."""
    kit = await kit_of(phone)
    await kit.ports.secret.make()
    key = await (await Shelf.open(phone)).get("keys", "device-secret")
    try:
        await js.crypto.subtle.exportKey("raw", key)
    except Exception as error:
        return str(getattr(error, "name", error))
    return "given out"


async def durability_of_a_flush(phone: str) -> str:
    """What a flush's transaction asks for."""
    return str((await storage_of(phone)).pages.begin("readwrite").durability)


async def storage_of(phone: str) -> Storage:
    """The storage behind the ports: the object of the bound method `flush`."""
    flush: Any = (await kit_of(phone)).ports.flush
    assert isinstance(flush.__self__, Storage)
    return flush.__self__


async def flushes_of(drafts_at_once: int, phone: str) -> int:
    """How many flushes so many drafts at once cost."""
    open_phone = await phone_of(phone)
    storage = await storage_of(phone)
    before = storage.flushes
    await asyncio.gather(
        *(drafts.save_draft(open_phone, "case-1", f"f{n}", {"n": n}) for n in range(drafts_at_once))
    )
    return int(storage.flushes - before)


async def bytes_of_a_draft(phone: str) -> dict[str, int]:
    """How many bytes the flush of one more draft writes, and how large the file is."""
    open_phone, storage = await phone_of(phone), await storage_of(phone)
    before = storage.written_bytes
    await drafts.save_draft(open_phone, "case-1", "visit", {"note": "一"})
    return {
        "written": storage.written_bytes - before,
        "file": storage.file.stat().st_size,
    }


async def second_storage_refuses(phone: str) -> list[str]:
    """Two storages over one folder, as two windows have them: what the one that wrote first gets, what the other."""
    first = await storage_of(phone)
    await add_record(phone, "first")
    other = await Storage.open(
        first.file.parent
    )  # the same file in memory, its own idea of the last write
    got = [await add_record(phone, "second")]
    other.file.write_bytes(first.file.read_bytes() + bytes(4096))
    try:
        await other.flush()
        got.append("written")
    except ProblemError as problem:
        got.append(problem.code)
    return got


async def save_until_killed(phone: str) -> None:
    """Save records for ever; the window learns each that was called saved."""
    for number in count():
        note = f"record {number}"
        await add_record(phone, note)
        js.self.postMessage(fields(saved=note))


async def database_bytes(phone: str) -> str:
    """The database's file as it is in memory."""
    await phone_of(phone)
    return b64((await storage_of(phone)).file.read_bytes())


async def stored_whole(phone: str, data: str, journal: str = "") -> None:
    """Store a database as an earlier version of the app did: whole, through IDBFS itself."""
    folder, files = Path("/") / phone, runtime.FS
    await _gone(js.indexedDB.deleteDatabase(str(folder)))
    files.mkdirTree(str(folder))
    files.mount(files.filesystems.IDBFS, fields(), str(folder))
    (folder / "phone.db").write_bytes(unb64(data))
    (folder / "phone.db-journal").write_bytes(unb64(journal))
    await _synced(populate=False)


async def earlier_version_finds(phone: str) -> str:
    """What IDBFS gives an earlier version of the app as the database's file: its first words."""
    folder, files = Path("/") / f"{phone}", runtime.FS
    files.mkdirTree(str(folder))
    files.mount(files.filesystems.IDBFS, fields(), str(folder))
    await _synced(populate=True)
    return (folder / "phone.db").read_bytes()[:16].decode(errors="replace")


async def _synced(*, populate: bool) -> None:
    done: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    callback = lasting(lambda error=None: done.set_result(error))
    runtime.FS.syncfs(populate, callback)
    assert not await done
    callback.destroy()


async def _gone(request: Any) -> None:
    await heard(request, "success", "error", "blocked")


async def phone_of(phone: str) -> Any:
    """The opened phone called so, with one case."""
    if phone not in _phones:
        _phones[phone] = opened(await PhoneLock.at((await kit_of(phone)).ports))
        if not _phones[phone].store.cases.count():
            await given_a_case(_phones[phone])
    return _phones[phone]


async def fill(phone: str, drafts_bytes: int) -> str:
    """Keep larger and larger drafts until the browser refuses; the code it refused with, "" when it never did."""
    found = await phone_of(phone)
    for number in range(200):
        try:
            await drafts.save_draft(
                found, "case-1", f"big{number}", {"note": "字" * (drafts_bytes // 3)}
            )
        except ProblemError as problem:
            return problem.code
    return ""


async def fill_photos(phone: str, size_bytes: int) -> str:
    """The same with photos."""
    found = await phone_of(phone)
    for number in range(200):
        try:
            await found.store.photos.add(
                f"{number:064x}", bytes([number]) * size_bytes, found.now_ms()
            )
        except ProblemError as problem:
            return problem.code
    return ""


async def add_record(phone: str, note: str) -> str:
    """Save a record: its id, or the code of the refusal."""
    found = await phone_of(phone)
    visit = Visit(met="self", outcome="promised", visitors=("甲", "乙"), note=note)
    fact = _fact(found.new_id(), visit)
    try:
        await found.store.facts.add(fact, encode(fact), found.now_ms())
    except ProblemError as problem:
        return problem.code
    return fact.id


async def records(phone: str) -> list[str]:
    """The notes of the records there are, in the store's mind and in its file."""
    found = await phone_of(phone)
    rows = [row["id"] for row in found.store.db.table("fact").rows]
    assert rows == [kept.id for kept in found.store.facts.all()]
    return [str(kept.fact.body["note"]) for kept in found.store.facts.all()]


async def photos_there(phone: str) -> list[int]:
    """Sizes of the photos that open."""
    found = await phone_of(phone)
    return [len(await found.store.photos.read(row.sha256)) for row in found.store.photos.all()]


async def make_season(phone: str, cases: int, facts: int) -> dict[str, float]:
    """A teacher's season; how long one more record then takes until it is saved."""
    found = await phone_of(phone)
    [state] = found.store.cases.all()
    many = [
        CaseState(case=_renamed(state.case, f"case-{n}", f"QH01{n:04d}"), version=n + 1)
        for n in range(cases)
    ]
    await found.store.cases.apply(many, [], set())
    for _ in range(facts):
        fact = _fact(
            found.new_id(),
            Visit(met="self", outcome="promised", note="母亲在家,答应二十日前还" * 3),
        )
        await found.store.facts.add(fact, encode(fact), found.now_ms())
    started = time.perf_counter()
    fact = _fact(found.new_id(), Visit(met="self", outcome="promised", note="再来一次"))
    await found.store.facts.add(fact, encode(fact), found.now_ms())
    saved_s = time.perf_counter() - started
    kit = await kit_of(phone)
    return {"save_s": saved_s, "database_bytes": kit.ports.database.stat().st_size}


async def open_season(phone: str) -> dict[str, float]:
    """Seconds until the store of `phone` is open, and what part is bringing it in and opening keys."""
    started = time.perf_counter()
    kit = await kit_of(phone)
    mounted = time.perf_counter()
    ring = await Keyring.load(kit.ports.crypto, kit.ports.secret, kit.ports.files)
    assert ring.vault is not None
    keys = time.perf_counter()
    store = await Store.open(
        kit.ports.database, ring.vault, kit.ports.photos, "TRUNCATE", kit.ports.flush
    )
    ended = time.perf_counter()
    cells = store.cases.count() + len(store.facts.all())
    store.close()
    return {
        "mount_s": mounted - started,
        "keys_s": keys - mounted,
        "open_s": ended - keys,
        "cells": cells,
    }


def _fact(fact_id: str, visit: Visit) -> Fact:
    at = "2019-12-12T10:00:00+08:00"
    return Fact(
        id=fact_id,
        season="2019",
        kind="visit",
        case="case-1",
        captured_at=at,
        happened_at=at,
        body=plain(visit),
    )


def _renamed(case: Any, case_id: str, code: str) -> Any:
    return msgspec.structs.replace(case, id=case_id, code=code)


_OTHERS = {
    work.__name__: work
    for work in (
        has_jspi,
        secret_is_not_given_out,
        durability_of_a_flush,
        flushes_of,
        bytes_of_a_draft,
        second_storage_refuses,
        save_until_killed,
        database_bytes,
        stored_whole,
        earlier_version_finds,
        fill,
        fill_photos,
        add_record,
        records,
        photos_there,
        make_season,
        open_season,
    )
}
