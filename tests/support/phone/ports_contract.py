"""What every set of ports must do, as plain functions: run natively by pytest and inside a browser by itself.

No pytest in here, and nothing a browser lacks. `Kit` is what a place gives; each function in `CONTRACT` is one
behaviour, named as a sentence. `RESTART` are pairs: what is done before the app is killed, and what is found after.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from datetime import date

from mobile.store import keyfile
from mobile.usecases import drafts
from mobile.usecases.phone import Phone
from mobile.usecases.records import record
from mobile.usecases.unlock import PhoneLock
from shared.cases import Case, Contract, Person
from shared.digest import sha256_hex
from shared.records.visit import Visit
from shared.season import Letterhead, Season
from shared.wire import Briefing, CaseState, Unit
from tests.support.phone import contract_keys, contract_net, contract_photos
from tests.support.phone.contract_kit import CAPTION, PIN, Kit, refused

# files


async def a_file_is_what_was_written_last(kit: Kit) -> None:
    for disk in (kit.ports.files, kit.ports.photos):
        assert await disk.read("a") is None
        await disk.write("a", b"one")
        await disk.write("a", bytes(range(256)) * 1200)
        assert await disk.read("a") == bytes(range(256)) * 1200
        await disk.write("empty", b"")
        assert await disk.read("empty") == b""
        await disk.remove("a")
        await disk.remove("a")
        assert await disk.read("a") is None


async def a_photo_is_no_key_file(kit: Kit) -> None:
    await kit.ports.photos.write("same", b"photo")
    assert await kit.ports.files.read("same") is None


async def many_files_are_written_side_by_side(kit: Kit) -> None:
    disk = kit.ports.photos
    await asyncio.gather(*(disk.write(f"f{n}", bytes([n]) * 1000) for n in range(40)))
    assert await asyncio.gather(*(disk.read(f"f{n}") for n in range(40))) == [
        bytes([n]) * 1000 for n in range(40)
    ]


async def free_space_is_reported(kit: Kit) -> None:
    await kit.ports.files.write("a", b"one")
    files = kit.ports.files
    assert files.free_bytes() > 1_000_000
    browser = files.quota_bytes() > 0  # a browser says how much it gives and whether it keeps it
    assert (files.promised() is not None) is browser
    assert not browser or files.quota_bytes() >= files.free_bytes()


# the phone's door over these ports


async def a_phone_opens_by_its_pin_only(kit: Kit) -> None:
    phone_lock = await PhoneLock.at(kit.ports)
    assert phone_lock.pin_wanted
    await given_a_case(opened(phone_lock))
    await phone_lock.set_pin(PIN)
    await phone_lock.close()
    locked = await PhoneLock.at(kit.ports)
    assert locked.phone is None
    with refused("pin.wrong"):
        await locked.unlock("135792")
    phone = await locked.unlock(PIN)
    assert phone.store.cases.count() == 1
    await locked.lock()
    assert locked.phone is None
    # a browser makes keys ready for the next call
    assert getattr(kit.ports.crypto, "_kept", {}) == {}
    assert locked.ring.bound == kit.kind
    await locked.close()


async def without_the_devices_secret_a_pin_opens_nothing(kit: Kit) -> None:
    phone_lock = await PhoneLock.at(kit.ports)
    await phone_lock.set_pin(PIN)
    await phone_lock.close()
    await kit.ports.secret.make()  # as on another device
    with refused("pin.wrong"):
        await (await PhoneLock.at(kit.ports)).unlock(PIN)


async def a_file_of_keys_that_was_changed_is_named(kit: Kit) -> None:
    await (await PhoneLock.at(kit.ports)).close()
    await kit.ports.files.write(keyfile.NAME, b"{}")
    with refused("vault.cannot_open"):
        await PhoneLock.at(kit.ports)


# what is called saved


async def records_saved_at_once_share_a_flush(kit: Kit) -> None:
    phone = opened(await PhoneLock.at(kit.ports))
    await given_a_case(phone)
    await asyncio.gather(
        *(drafts.save_draft(phone, "case-1", f"form{n}", {"note": str(n)}) for n in range(20))
    )
    assert len(await drafts.list_drafts(phone)) == 20
    phone.store.close()


# killed and started again


async def work_is_done(kit: Kit) -> None:
    """A case, a record with a photo, a draft and a PIN; then the app is killed without warning."""
    phone_lock = await PhoneLock.at(kit.ports)
    phone = opened(phone_lock)
    await given_a_case(phone)
    fitted = await phone.codec.fit(await kit.picture("turned-1"), CAPTION)
    sha256 = sha256_hex(fitted.data)
    await phone.store.photos.add(sha256, fitted.data, phone.now_ms())
    visit = Visit(met="self", outcome="promised", visitors=("郑老师", "冯老师"), note="母亲在家")
    await record(phone, "case-1", visit, (sha256,))
    await phone_lock.set_pin(PIN)
    await drafts.save_draft(phone, "case-1", "visit", {"note": "写到一半", "photos": [sha256]})
    kit.measured["photo"] = sha256


async def work_is_found(kit: Kit) -> None:
    phone_lock = await PhoneLock.at(kit.ports)
    assert phone_lock.phone is None, "the PIN was forgotten"
    phone = await phone_lock.unlock(PIN)
    [kept] = phone.store.facts.all()
    assert (kept.n, kept.state, kept.fact.body["note"]) == (1, "waiting", "母亲在家")
    assert await phone.vault.verify(await phone.vault.public_key(), kept.link, kept.sig)
    [sha256] = kept.fact.photos
    assert sha256_hex(await phone.store.photos.read(sha256)) == sha256
    [draft] = await drafts.list_drafts(phone)
    assert draft.fields == {"note": "写到一半", "photos": [sha256]}
    assert phone.store.cases.count() == 1
    await phone_lock.close()


RESTART = (work_is_done, work_is_found)
_HELPERS = {"given_a_case", "work_is_done", "work_is_found"}


async def given_a_case(phone: Phone) -> None:
    """One case and its season, as the feed brings them.

    The phone goes by the real clock here and would delete the data of a season that is over.
    """
    season = Season(
        id="2019",
        due_day=date(2099, 12, 20),
        phases=(),
        deadlines={"slips": date(2099, 11, 29)},
        letterhead=Letterhead(
            county="青槐县", area_code="610599", centre="资助中心", document_no="3号", basis="通知"
        ),
    )
    unit = Unit(code="01", name="青槐县第一中学")
    await phone.store.meta.put("briefing", Briefing(season=season, unit=unit))
    case = Case(
        id="case-1",
        season="2019",
        code="QH010001",
        school="QH01",
        borrower=Person(name="欧阳小雨", id_number="610599199801010024", phones=("13812345678",)),
        address="青槐县柳林镇东槐村三组17号",
        township="柳林镇",
        village="东槐村",
        contracts=(Contract(contract_no="HT2015000123", principal_fen=123456, interest_fen=7890),),
    )
    await phone.store.cases.apply([CaseState(case=case, version=1)], [], set())


def opened(phone_lock: PhoneLock) -> Phone:
    assert phone_lock.phone is not None
    return phone_lock.phone


def _of(module: str, found: dict[str, object]) -> dict[str, Callable[[Kit], Awaitable[None]]]:
    """The behaviours a module's names hold: its own coroutine functions but the helpers."""
    return {
        name: value
        for name, value in found.items()
        if inspect.iscoroutinefunction(value)
        and value.__module__ == module
        and name not in _HELPERS
    }


CONTRACT: dict[str, Callable[[Kit], Awaitable[None]]] = {
    **_of(contract_keys.__name__, vars(contract_keys)),
    **_of(contract_photos.__name__, vars(contract_photos)),
    **_of(contract_net.__name__, vars(contract_net)),
    **_of(__name__, dict(globals())),
}
