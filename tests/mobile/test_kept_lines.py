"""Rows that are kept between two looks at the list are the rows that would be made anew."""

from __future__ import annotations

from datetime import timedelta

from mobile.usecases.cases import list_cases
from mobile.usecases.cover import cover
from mobile.usecases.kept_lines import KeptLines
from mobile.usecases.records import record
from mobile.usecases.standings import Standings
from shared.lifecycle import Review
from shared.problems import ProblemError, details
from shared.records.base import Position
from shared.records.contact_update import ContactUpdate
from shared.records.visit import Visit
from tests.mobile.conftest import Bench, case_state, paid

PAIR = ("郑老师", "冯老师")
HERE = Position(latitude_deg=33.1, longitude_deg=109.2, accuracy_m=10.0)


async def assert_fresh(bench: Bench, *, changed: bool = True) -> None:
    """What is listed now is what a phone lists that kept nothing; `changed`: and not what was."""
    phone = bench.phone
    shown = await list_cases(phone)
    kept = phone.lines, phone.standings
    phone.lines, phone.standings = KeptLines(), Standings()
    anew = await list_cases(phone)
    phone.lines, phone.standings = kept
    assert shown == anew
    before, bench.__dict__["listed"] = bench.__dict__.get("listed"), shown
    assert (before != shown) is changed


async def test_a_kept_row_is_what_it_would_be_if_it_were_made_anew(bench: Bench) -> None:
    phone, store = bench.phone, bench.phone.store
    await bench.give(case_state(1), case_state(2))
    await assert_fresh(bench)
    await assert_fresh(bench, changed=False)
    later = (phone.now() + timedelta(days=1)).date().isoformat()
    body = Visit(met="self", outcome="promised", visitors=PAIR, promise_date=later, position=HERE)
    visit = (await record(phone, "case-1", body)).fact
    await assert_fresh(bench)
    phone.here = Position(latitude_deg=33.2, longitude_deg=109.2, accuracy_m=10.0)
    await assert_fresh(bench)
    phone.here = None
    await assert_fresh(bench)
    await bench.sent(visit)
    await assert_fresh(bench)
    bench.clock.forward(days=1)
    await assert_fresh(bench)
    cover(phone, True)
    await assert_fresh(bench)
    cover(phone, False)
    await assert_fresh(bench)
    review = Review(fact=visit, verdict="returned", comment="看不清")
    await bench.give(case_state(1, reviews=(review,), returned=(visit,)))
    await assert_fresh(bench)
    moved = ContactUpdate(field="address", value="柳林镇东槐村一组1号", source="self")
    update = (await record(phone, "case-2", moved)).fact
    await assert_fresh(bench)
    await store.facts.join(update)
    await store.facts.mark_rejected(update, details(ProblemError("fact.dropped")))
    await assert_fresh(bench)
    await bench.give(case_state(2, repaid=paid("2019-12-12")))
    await assert_fresh(bench)
    await store.cases.apply([], ["case-1"], {"case-1"})
    await assert_fresh(bench)
    await store.cases.apply([], ["case-1"], set())
    await assert_fresh(bench)
