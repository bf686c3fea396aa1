"""A refused record that is corrected, withdrawn or dropped: phone and office agree on what counts."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import update

from mobile.usecases import cases, handover, outbox, records, sign_out
from shared.records.visit import Visit
from sync_server.office import handover as office_handover
from sync_server.office import quarantine
from sync_server.services import Services
from sync_server.store import tables as t
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.copied_phone import UNIT, Copied, Office

OTHER_UNIT = "24"
BETTER = Visit(met="self", outcome="promised", promise_date="2019-12-19", visitors=("甲", "乙"))


def move(phone: Copied, unit: str) -> None:
    """Move the phone's first case to a school."""
    case = phone.phone.store.cases.all()[0].case.id
    moved = update(t.case_file).where(t.case_file.c.id == case).values(unit=unit)
    phone.office.services.database.write(lambda c: c.execute(moved))


async def refused(phone: Copied) -> str:
    """A visit refused because its case was another school's for a while."""
    move(phone, OTHER_UNIT)
    (fact,) = await phone.record()
    assert (await phone.sync()).problem_code == "sync.rejected"
    move(phone, UNIT)
    return fact


async def visits(phone: Copied) -> tuple[int, int]:
    """How many visits the phone shows at the case, and how many the office reports."""
    state = phone.phone.store.cases.all()[0]
    view = await cases.open_case(phone.phone, state.case.id)
    return view.line.visits, state.visits


def decide(office: Office, decision: quarantine.Decision) -> None:
    (row,), _ = quarantine.listed(office.services, UNIT)
    quarantine.decide_one(
        office.services, row.row.id, decision, "重复", scope=WHOLE_COUNTY, who="h"
    )


async def test_the_corrected_words_reach_the_ledger_as_a_new_record(
    phone: Copied, office: Office
) -> None:
    fact = await refused(phone)
    assert await visits(phone) == (0, 0)
    new = (await records.correct(phone.phone, fact, reason="改", body=BETTER)).fact
    await phone.restart()
    assert (await phone.sync()).ok
    await phone.sync()
    assert fact not in office.ledger()
    assert new in office.ledger()
    assert await visits(phone) == (1, 1)


@pytest.mark.parametrize("decision", ["take", "ask", "drop"])
async def test_whatever_the_centre_decides_later_a_replaced_record_counts_once(
    phone: Copied, office: Office, decision: quarantine.Decision
) -> None:
    fact = await refused(phone)
    await records.correct(phone.phone, fact, reason="改", body=BETTER)
    await phone.restart()
    await phone.sync()
    decide(office, decision)
    await phone.sync()
    assert (await phone.sync()).ok
    assert await visits(phone) == (1, 1)


async def test_a_withdrawn_refused_record_never_counts(phone: Copied, office: Office) -> None:
    fact = await refused(phone)
    await records.correct(phone.phone, fact, reason="没有去过")
    await phone.restart()
    assert (await phone.sync()).ok
    assert await visits(phone) == (0, 0)
    decide(office, "take")
    await phone.sync()
    assert (await phone.sync()).ok
    assert await visits(phone) == (0, 0)


async def test_a_record_the_centre_dropped_is_resolved_and_does_not_count(
    phone: Copied, office: Office
) -> None:
    fact = await refused(phone)
    decide(office, "drop")
    assert (await phone.sync()).ok
    box = await outbox.outbox(phone.phone)
    assert (box.all_sent, box.rejected, [line.fact for line in box.dropped]) == (True, 0, [fact])
    assert await visits(phone) == (0, 0)
    assert (await sign_out.check(phone.phone)).free


async def test_a_refused_record_the_centre_takes_counts_on_both_sides(
    phone: Copied, office: Office
) -> None:
    fact = await refused(phone)
    decide(office, "take")
    await phone.sync()
    assert (await phone.sync()).ok
    assert office.ledger() == [fact]
    assert await visits(phone) == (1, 1)


async def test_an_answer_that_refuses_a_record_is_not_ok(phone: Copied, services: Services) -> None:
    move(phone, OTHER_UNIT)
    await phone.record()
    made = await handover.make_handover(phone.phone)
    taken = office_handover.receive(
        services, io.BytesIO(made.data), who="t", allowed=lambda _: True
    )
    report = await handover.take_answer(phone.phone, taken.answer)
    assert (report.ok, report.rejected, report.problem_code) == (False, 1, "sync.rejected")
