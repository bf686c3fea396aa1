"""Saving, undo and the chain: durable at once, ten seconds to take back, then signed in order for ever."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from math import nan
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobile.bootstrap.native import native_phone
from mobile.store.vault import KeyVault
from mobile.usecases.phone import Phone
from mobile.usecases.records import correct, record, undo
from mobile.usecases.save import UNDO_S, join_due
from mobile.usecases.speak_to import speak_to
from shared.bounds import breach
from shared.digest import GENESIS, link
from shared.problems import ProblemError
from shared.records.base import Position, encode
from shared.records.registry import KINDS
from shared.records.visit import Visit
from shared.wire import unb64
from tests.mobile.conftest import NOON, Bench, vault_in
from tests.support.facts import bodies
from tests.support.links import chain

VISIT = Visit(met="self", outcome="promised", visitors=("郑老师", "冯老师"))


async def visit(phone: Phone) -> str:
    return (await record(phone, "case-1", VISIT)).fact


async def chain_holds(phone: Phone) -> bool:
    """Numbers, links and signatures of everything that has joined, as the server checks them."""
    joined = sorted((k for k in phone.store.facts.all() if k.n is not None), key=lambda k: k.n or 0)
    last, key = GENESIS, await phone.vault.public_key()
    for n, kept in enumerate(joined, 1):
        last = link(last, kept.sha256)
        if kept.n != n or kept.link != last or not await phone.vault.verify(key, last, kept.sig):
            return False
    head = await phone.store.meta.chain_head()
    return (head.n, unb64(head.link)) == (len(joined), chain(k.sha256 for k in joined))


async def test_a_saved_record_is_pending_and_can_be_undone_for_ten_seconds(bench: Bench) -> None:
    line = await record(bench.phone, "case-1", VISIT)
    assert line.state == "pending"
    assert datetime.fromisoformat(line.undo_until) == NOON + timedelta(seconds=UNDO_S)


async def test_a_saved_record_survives_a_kill_of_the_app(bench: Bench) -> None:
    fact_id = await visit(bench.phone)
    before = bench.phone.store.facts.all()[0].data
    kept = (await bench.again()).store.facts.get(fact_id)
    assert kept is not None
    assert (kept.data, kept.state) == (before, "pending")


async def test_undo_leaves_nothing_behind(bench: Bench) -> None:
    assert await undo(bench.phone, await visit(bench.phone))
    assert (await bench.again()).store.facts.all() == []


async def test_the_photo_of_an_undone_record_waits_only_if_another_names_it(bench: Bench) -> None:
    phone = bench.phone
    for sha in ("a" * 64, "b" * 64):
        await phone.store.photos.add(sha, b"jpeg", 0)
    await record(phone, "case-1", VISIT, ("a" * 64,))
    line = await record(phone, "case-1", VISIT, ("a" * 64, "b" * 64))
    await undo(phone, line.fact)
    assert [row.sha256 for row in phone.store.photos.waiting()] == ["a" * 64]


async def test_what_has_joined_the_chain_cannot_be_undone(bench: Bench) -> None:
    fact_id = await visit(bench.phone)
    await join_due(bench.phone, everything=True)
    assert not await undo(bench.phone, fact_id)
    assert [k.id for k in bench.phone.store.facts.all()] == [fact_id]


async def test_undo_of_an_unknown_record_is_refused(phone: Phone) -> None:
    assert not await undo(phone, "nothing")


async def test_an_access_record_cannot_be_undone(phone: Phone) -> None:
    await speak_to(phone, "case-1", "self")
    look = phone.store.facts.all()[0]
    assert not await undo(phone, look.id)
    assert phone.store.facts.all() == [look]


@pytest.mark.parametrize(("seconds", "joined"), [(9.999, 0), (10, 1), (3600, 1)])
async def test_after_ten_seconds_a_record_joins(bench: Bench, seconds: float, joined: int) -> None:
    await visit(bench.phone)
    bench.clock.forward(seconds=seconds)
    assert await join_due(bench.phone) == joined


@pytest.mark.parametrize("years", [-30, 30])
async def test_a_clock_years_off_does_not_block_joining(bench: Bench, years: int) -> None:
    await visit(bench.phone)
    bench.clock.forward(days=365 * years)
    await visit(bench.phone)
    assert [k.state for k in bench.phone.store.facts.all()] == ["waiting", "pending"]
    assert await chain_holds(bench.phone)


async def test_a_clock_before_1970_still_makes_records(bench: Bench) -> None:
    bench.clock.at = NOON.replace(year=1969)
    assert UUID(await visit(bench.phone)).int >> 80 == 0


async def test_the_next_save_joins_what_is_due_and_the_next_start_everything(bench: Bench) -> None:
    first = await visit(bench.phone)
    bench.clock.forward(seconds=11)
    second = await visit(bench.phone)
    assert [k.state for k in bench.phone.store.facts.all()] == ["waiting", "pending"]
    bench.phone.store.close()
    bench.phone = await native_phone(bench.directory, "")
    assert [(k.id, k.n) for k in bench.phone.store.facts.all()] == [(first, 1), (second, 2)]
    assert await chain_holds(bench.phone)


async def test_joining_twice_changes_nothing(phone: Phone) -> None:
    fact_id = await visit(phone)
    await phone.store.facts.join(fact_id)
    before = phone.store.facts.all()[0].link
    await phone.store.facts.join(fact_id)
    assert (phone.store.facts.all()[0].link, (await phone.store.meta.chain_head()).n) == (before, 1)


STEPS = st.lists(
    st.one_of(
        st.just("visit"),
        st.just("undo"),
        st.just("join"),
        st.just("restart"),
        st.sampled_from([1.0, 9.0, 11.0, -1e9, 1e9]),
    ),
    max_size=14,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
async def test_whatever_happens_the_chain_is_whole_and_in_the_order_made(
    bench: Bench, steps: list[object]
) -> None:
    for step in steps:
        if step == "visit":
            await visit(bench.phone)
        elif step == "undo" and bench.phone.store.facts.all():
            await undo(bench.phone, bench.phone.store.facts.all()[-1].id)
        elif step == "join":
            await join_due(bench.phone)
        elif step == "restart":
            await bench.again()
        elif isinstance(step, float):
            bench.clock.at = NOON
            bench.clock.forward(seconds=step)
    numbers = [k.n for k in bench.phone.store.facts.all()]
    joined = [n for n in numbers if n is not None]
    assert numbers == joined + [None] * (len(numbers) - len(joined))
    assert joined == sorted(joined)
    assert await chain_holds(bench.phone)


class SlowVault(KeyVault):
    """Signs as a browser does: the event loop turns meanwhile."""

    @classmethod
    async def at(cls, directory: Path) -> SlowVault:
        slow = cls.__new__(cls)
        slow.__dict__.update(vars(await vault_in(directory)))
        return slow

    async def sign(self, message: bytes) -> bytes:
        for _ in range(3):
            await asyncio.sleep(0)
        return await super().sign(message)


async def test_records_that_join_at_the_same_time_do_not_fork_the_chain(bench: Bench) -> None:
    phone = await bench.again(await SlowVault.at(bench.directory))
    ids = [await visit(phone) for _ in range(4)]
    await asyncio.gather(
        *(phone.store.facts.join(id) for id in ids), join_due(phone, everything=True)
    )
    assert [k.n for k in phone.store.facts.all()] == [1, 2, 3, 4]
    assert await chain_holds(phone)


async def test_undo_while_a_record_is_being_signed_comes_too_late(bench: Bench) -> None:
    phone = await bench.again(await SlowVault.at(bench.directory))
    fact_id = await visit(phone)
    _, undone = await asyncio.gather(phone.store.facts.join(fact_id), undo(phone, fact_id))
    assert not undone
    assert [k.n for k in phone.store.facts.all()] == [1]


async def test_a_record_keeps_the_very_bytes_that_were_signed(phone: Phone) -> None:
    await visit(phone)
    kept = phone.store.facts.all()[0]
    assert kept.data == encode(kept.fact)


async def test_a_time_without_an_offset_is_china_time(phone: Phone) -> None:
    line = await record(phone, "case-1", VISIT, happened_at=datetime(2019, 12, 12, 9))
    assert line.happened_at == "2019-12-12T09:00:00+08:00"


async def test_the_teachers_time_and_the_phones_are_kept_apart(phone: Phone) -> None:
    await record(phone, "case-1", VISIT, happened_at=NOON - timedelta(days=1))
    fact = phone.store.facts.all()[0].fact
    assert (fact.captured_at, fact.happened_at) == (
        NOON.isoformat(),
        (NOON - timedelta(days=1)).isoformat(),
    )


@pytest.mark.parametrize(
    ("case", "photos", "code"),
    [("nobody", (), "case.unknown"), ("case-1", ("f" * 64,), "photo.unknown")],
)
async def test_a_record_of_an_unknown_case_or_photo_is_refused(
    phone: Phone, case: str, photos: tuple[str, ...], code: str
) -> None:
    with pytest.raises(ProblemError) as refused:
        await record(phone, case, VISIT, photos)
    assert refused.value.code == code
    assert phone.store.facts.all() == []


@pytest.mark.parametrize(
    "body", [Visit(met="", outcome="promised"), Visit(met="self", outcome="  ")]
)
async def test_a_record_without_what_its_meaning_needs_is_refused(
    phone: Phone, body: Visit
) -> None:
    with pytest.raises(ProblemError) as refused:
        await record(phone, "case-1", body)
    assert refused.value.code == "fact.field_missing"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (msgspec.structs.replace(VISIT, note="字" * 4001), "too_long"),
        (msgspec.structs.replace(VISIT, note="一\0二"), "hidden"),
        (msgspec.structs.replace(VISIT, note="\ud83d"), "hidden"),
        (msgspec.structs.replace(VISIT, promise_date="0000-00-00"), "no_day"),
        (msgspec.structs.replace(VISIT, visitors=("甲",) * 31), "too_many"),
        (
            msgspec.structs.replace(VISIT, position=Position(latitude_deg=nan, longitude_deg=0)),
            "no_place",
        ),
    ],
)
async def test_a_record_the_office_would_refuse_is_not_saved(
    phone: Phone, body: Visit, rule: str
) -> None:
    with pytest.raises(ProblemError) as refused:
        await record(phone, "case-1", body)
    assert refused.value.code == "fact.out_of_bounds"
    assert refused.value.values["rule"].code == rule
    assert phone.store.facts.all() == []


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (msgspec.structs.replace(VISIT, note="长" * 12_000), "“备注”不合要求:最多 4000 个字"),
        (msgspec.structs.replace(VISIT, note="👨‍👩‍👧" * 900), "“备注”不合要求:最多 4000 个字"),
        (
            msgspec.structs.replace(VISIT, promise_date="0000-00-00"),
            "“承诺日期”不合要求:不是真实的日子",
        ),
        (msgspec.structs.replace(VISIT, visitors=("甲",) * 99), "“走访人”不合要求:最多 30 个"),
        (msgspec.structs.replace(VISIT, visitors=("甲\n乙",)), "“走访人”不合要求:要写成一行"),
    ],
)
async def test_a_correction_out_of_the_bounds_of_its_record_is_not_saved(
    phone: Phone, body: Visit, title: str
) -> None:
    made = await visit(phone)
    with pytest.raises(ProblemError) as refused:
        await correct(phone, made, reason="改", body=body)
    with pytest.raises(ProblemError) as of_a_record:
        await record(phone, "case-1", body)
    assert refused.value.message() == of_a_record.value.message() == title
    assert [k.id for k in phone.store.facts.all()] == [made]


async def test_a_time_years_from_the_season_is_not_saved(phone: Phone) -> None:
    with pytest.raises(ProblemError) as refused:
        await record(phone, "case-1", VISIT, happened_at=NOON.replace(year=1999))
    assert refused.value.message() == "“发生时间”不合要求:离本年度太远"


async def test_a_record_of_a_clock_years_off_can_be_withdrawn_once_the_clock_is_right(
    bench: Bench,
) -> None:
    bench.clock.forward(days=365 * 30)
    made = await visit(bench.phone)
    bench.clock.forward(days=-365 * 30)
    await correct(bench.phone, made, reason="时间不对")
    assert bench.phone.store.facts.all()[-1].fact.happened_at[:4] == str(NOON.year)


@given(bodies(KINDS["visit"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
async def test_whatever_is_saved_is_taken_by_the_ledger(phone: Phone, body: dict[str, Any]) -> None:
    if not (body["met"] and body["outcome"]):
        return
    await record(phone, "case-1", msgspec.convert(body, Visit))
    kept = phone.store.facts.all()[-1]
    assert breach(kept.fact, kept.data, None) is None
