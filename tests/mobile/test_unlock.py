"""Unlocking: waits after wrong PINs, a lock that drops the keys, and nothing unsent is ever lost."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile.bootstrap.native import native_ports
from mobile.ports.api import Crypto
from mobile.ports.disk import FolderDisk
from mobile.ports.native_crypto import NativeCrypto
from mobile.usecases import appearance, drafts
from mobile.usecases.appearance import Appearance
from mobile.usecases.records import record
from mobile.usecases.unlock import (
    FREE_TRIES,
    PIN_DIGITS,
    WAITS_S,
    PhoneLock,
    check_pin,
    wait_after_s,
)
from shared.problems import ProblemError
from shared.records.visit import Visit
from shared.season import phone_keeps_until
from sync_server.sample.season import season_2019
from tests.mobile.conftest import Bench, SetClock, case_state
from tests.support.phone.quick_crypto import QuickCrypto

PIN, WRONG = "280415", "280416"
VISIT = Visit(met="self", outcome="promised", promise_date="2019-12-18")


async def gate_at(directory: Path, clock: SetClock, crypto: Crypto | None = None) -> PhoneLock:
    """The phone_lock of a folder, as at the app's start."""
    return await PhoneLock.at(
        dataclasses.replace(
            native_ports(directory, ""),
            clock=clock,
            ticked_s=lambda: clock.ticked,
            crypto=crypto or QuickCrypto(),
        )
    )


async def locked_gate(directory: Path, clock: SetClock) -> PhoneLock:
    """A phone_lock with a PIN, one case and one unsent record behind it, locked."""
    phone_lock = await gate_at(directory, clock)
    assert phone_lock.phone is not None
    await Bench(phone_lock.phone, clock, directory).give(case_state(1))
    await record(phone_lock.phone, "case-1", VISIT)
    await phone_lock.set_pin(PIN)
    await phone_lock.lock()
    return phone_lock


async def refusal(phone_lock: PhoneLock, pin: str) -> str:
    """The code of the problem a PIN meets."""
    with pytest.raises(ProblemError) as refused:
        await phone_lock.unlock(pin)
    return refused.value.code


async def test_a_phone_without_a_pin_is_open_and_asks_for_one(tmp_path: Path) -> None:
    phone_lock = await gate_at(tmp_path, SetClock())
    assert phone_lock.phone is not None
    assert phone_lock.pin_wanted
    await phone_lock.close()


async def test_a_lock_closes_the_phone_and_the_pin_opens_it_with_everything_in_it(
    tmp_path: Path,
) -> None:
    phone_lock = await locked_gate(tmp_path, SetClock())
    assert phone_lock.phone is None
    phone = await phone_lock.unlock(PIN)
    assert [kept.fact.kind for kept in phone.store.facts.unsent()] == ["visit"]
    await phone_lock.close()


async def test_a_restart_is_locked(tmp_path: Path) -> None:
    await locked_gate(tmp_path, SetClock())
    again = await gate_at(tmp_path, SetClock())
    assert again.phone is None
    assert (await again.unlock(PIN)).store.cases.get("case-1") is not None
    await again.close()


async def test_opening_deletes_what_has_expired(tmp_path: Path) -> None:
    clock = SetClock()
    phone_lock = await gate_at(tmp_path, clock)
    assert phone_lock.phone is not None
    bench = Bench(phone_lock.phone, clock, tmp_path)
    await bench.give(case_state(1), case_state(2))
    await record(bench.phone, "case-2", VISIT)
    await phone_lock.close()
    clock.forward(days=(phone_keeps_until(season_2019()) - clock.at.date()).days + 1)
    again = await gate_at(tmp_path, clock)
    assert again.phone is not None
    assert [state.case.id for state in again.phone.store.cases.all()] == ["case-2"]  # unsent
    await again.close()


async def test_without_a_pin_there_is_nothing_to_lock(tmp_path: Path) -> None:
    phone_lock = await gate_at(tmp_path, SetClock())
    await phone_lock.lock()
    assert phone_lock.phone is not None
    await phone_lock.close()


async def test_a_lock_waits_for_a_sync_to_end(tmp_path: Path) -> None:
    phone_lock = await locked_gate(tmp_path, SetClock())
    phone = await phone_lock.unlock(PIN)
    await phone.syncing.acquire()
    locking = asyncio.create_task(phone_lock.lock())
    await asyncio.sleep(0.01)
    assert phone.store.facts.unsent()
    phone.store.db.execute("SELECT 1")  # still open
    phone.syncing.release()
    await locking
    assert phone_lock.phone is None


async def test_the_first_wrong_pins_cause_no_wait_and_each_later_one_a_longer_wait(
    tmp_path: Path,
) -> None:
    clock = SetClock()
    phone_lock = await locked_gate(tmp_path, clock)
    for _ in range(FREE_TRIES):
        assert await refusal(phone_lock, WRONG) == "pin.wrong"
    for wait in (*WAITS_S, WAITS_S[-1]):
        assert await refusal(phone_lock, WRONG) == "pin.wait"
        assert phone_lock.wait_s == wait
        assert await refusal(phone_lock, PIN) == "pin.wait"
        clock.forward(seconds=wait)
    assert (await phone_lock.unlock(PIN)).store.facts.unsent()
    await phone_lock.close()


async def test_a_right_pin_starts_the_count_anew(tmp_path: Path) -> None:
    phone_lock = await locked_gate(tmp_path, SetClock())
    for _ in range(3):
        for _ in range(FREE_TRIES):
            assert await refusal(phone_lock, WRONG) == "pin.wrong"
        await phone_lock.unlock(PIN)
        await phone_lock.lock()


async def test_a_restart_does_not_shorten_the_wait(tmp_path: Path) -> None:
    clock = SetClock()
    phone_lock = await locked_gate(tmp_path, clock)
    for _ in range(FREE_TRIES + 1):
        await refusal(phone_lock, WRONG)
    again = await gate_at(tmp_path, clock)
    assert again.wait_s == WAITS_S[0]
    assert await refusal(again, PIN) == "pin.wait"


async def test_a_clock_set_back_by_years_does_not_lengthen_the_wait(tmp_path: Path) -> None:
    clock = SetClock()
    phone_lock = await locked_gate(tmp_path, clock)
    for _ in range(FREE_TRIES + 1):
        await refusal(phone_lock, WRONG)
    clock.forward(days=-4000)
    assert phone_lock.wait_s <= WAITS_S[0]


async def test_a_clock_put_ahead_does_not_shorten_the_wait_while_the_app_runs(
    tmp_path: Path,
) -> None:
    clock = SetClock()
    phone_lock = await locked_gate(tmp_path, clock)
    for _ in range(FREE_TRIES + 1):
        await refusal(phone_lock, WRONG)
    clock.set_by(days=400)
    assert phone_lock.wait_s == WAITS_S[0]
    assert await refusal(phone_lock, PIN) == "pin.wait"
    clock.forward(seconds=WAITS_S[0])
    await phone_lock.unlock(PIN)
    await phone_lock.close()


async def test_a_killed_try_is_counted(tmp_path: Path) -> None:
    await locked_gate(tmp_path, SetClock())
    phone_lock = await gate_at(tmp_path, SetClock(), NativeCrypto())
    for _ in range(FREE_TRIES):
        await refusal(phone_lock, WRONG)
    guess = asyncio.create_task(phone_lock.unlock(WRONG))
    for _ in range(1000):
        if phone_lock.ring.tries.wrong > FREE_TRIES:
            break
        await asyncio.sleep(0)
    guess.cancel()  # the battery is pulled while the PIN is still being stretched
    with pytest.raises(asyncio.CancelledError):
        await guess
    assert (await gate_at(tmp_path, SetClock())).wait_s == WAITS_S[0]


async def test_a_dozen_wrong_pins_delete_nothing(tmp_path: Path) -> None:
    clock = SetClock()
    phone_lock = await locked_gate(tmp_path, clock)
    for _ in range(12):
        await refusal(phone_lock, WRONG)
        clock.forward(hours=1)
    assert len((await phone_lock.unlock(PIN)).store.facts.unsent()) == 1
    await phone_lock.close()


async def test_the_pin_is_checked_before_it_is_changed(tmp_path: Path) -> None:
    phone_lock = await locked_gate(tmp_path, SetClock())
    await phone_lock.unlock(PIN)
    with pytest.raises(ProblemError) as refused:
        await phone_lock.check(WRONG)
    assert refused.value.code == "pin.wrong"
    await phone_lock.check(PIN)
    await phone_lock.set_pin("730519")
    await phone_lock.lock()
    assert (await phone_lock.unlock("730519")).store.facts.unsent()
    await phone_lock.close()


async def test_a_full_disk_does_not_lock_the_teacher_out(tmp_path: Path) -> None:
    phone_lock = await locked_gate(tmp_path, SetClock())

    class Full(FolderDisk):
        async def write(self, name: str, data: bytes) -> None:
            raise ProblemError("disk.full")

    again = await PhoneLock.at(
        dataclasses.replace(native_ports(tmp_path, ""), files=Full(tmp_path), crypto=QuickCrypto())
    )
    assert (await again.unlock(PIN)).store.facts.unsent()
    await again.close()
    await phone_lock.close()


async def test_a_draft_survives_the_lock(tmp_path: Path) -> None:
    phone_lock = await locked_gate(tmp_path, SetClock())
    phone = await phone_lock.unlock(PIN)
    await drafts.save_draft(phone, "case-1", "visit", {"note": "写到一半"})
    await phone_lock.lock()
    draft = await drafts.load_draft(await phone_lock.unlock(PIN), "case-1", "visit")
    assert draft is not None
    assert draft.fields == {"note": "写到一半"}
    await phone_lock.close()


@pytest.mark.parametrize(
    ("pin", "code"),
    [
        ("12345", "pin.digits"),
        ("1234567", "pin.digits"),
        ("28041a", "pin.digits"),
        ("２８０４１５", "pin.digits"),
        ("", "pin.digits"),
        ("111111", "pin.too_plain"),
        ("123456", "pin.too_plain"),
        ("987654", "pin.too_plain"),
        ("567890", "pin.too_plain"),
    ],
)
def test_a_pin_is_six_digits_and_not_easily_guessed(pin: str, code: str) -> None:
    with pytest.raises(ProblemError) as refused:
        check_pin(pin)
    assert refused.value.code == code


@given(st.text("0123456789", min_size=PIN_DIGITS, max_size=PIN_DIGITS))
def test_nearly_every_six_digits_will_do(pin: str) -> None:
    plain = len(set(pin)) == 1 or pin in "01234567890" or pin in "09876543210"
    try:
        check_pin(pin)
    except ProblemError:
        assert plain
    else:
        assert not plain


@given(st.integers(0, 1000))
def test_the_wait_never_shrinks_and_never_passes_a_quarter_of_an_hour(wrong: int) -> None:
    assert 0 <= wait_after_s(wrong) <= wait_after_s(wrong + 1) <= 900


async def test_appearance_is_stored_unencrypted_and_a_damaged_file_is_ignored(
    tmp_path: Path,
) -> None:
    files = FolderDisk(tmp_path)
    assert await appearance.load(files) == Appearance()
    chosen = Appearance(language="en", scale=1.6, mode="dark")
    await appearance.save(files, chosen)
    assert await appearance.load(files) == chosen
    (tmp_path / appearance.NAME).write_bytes(b'{"language": "e')
    assert await appearance.load(files) == Appearance()
