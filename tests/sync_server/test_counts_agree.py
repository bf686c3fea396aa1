"""Counts never differ between screen, workbook, paper and roll-up, whatever has happened to a school."""

from __future__ import annotations

import random
import re

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar

from shared.assets import FONTS
from shared.cases import Case, Repaid
from shared.lifecycle import Review
from shared.readiness import NamedException
from shared.records.base import Fact
from sync_server.console.parts.overview import load_overview
from sync_server.office import (
    county_reports,
    review,
    summaries,
    summary_files,
    summary_scans,
    summary_verdicts,
)
from sync_server.sealing.making.compose import NotReady, SchoolInputs, compose
from sync_server.sealing.seal import print_summary
from sync_server.sealing.summary import SchoolSummary
from sync_server.services import Services
from sync_server.store import on_list
from sync_server.store.stored_fact import StoredFact
from sync_server.store.summaries import SummaryRow
from tests.support import counts
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON, fill, repaid
from tests.support.devices import case_ids
from tests.support.facts import histories
from tests.support.paper import DELIVERY, STATEMENT, VISIT, keyed
from tests.support.seal_samples import inputs
from tests.support.summaries import WHO, scan_of

PAGE = "/schools/01/summary"
DELIVERIES = (
    DELIVERY,
    {**DELIVERY, "outcome": "acknowledged", "method": "message"},
    {**DELIVERY, "outcome": "refused", "reason": "要先和孩子商量", "witness": "丙"},
    {**DELIVERY, "outcome": "not_home"},
)
VISITS = tuple(
    {**VISIT, "outcome": outcome, "promise_date": "2019-12-18" if outcome == "promised" else ""}
    for outcome in ("promised", "hardship", "unreachable_away", "unemployed")
)


@st.composite
def schools(draw: st.DrawFn) -> SchoolInputs:
    """A school of one to four people with any histories, verdicts and repayments."""
    base = inputs(draw(st.integers(1, 4)), 0)
    facts: list[Fact] = []
    for case in base.cases:
        facts += draw(histories(case.id, 3))
    reviews = {
        fact.id: Review(fact=fact.id, verdict=draw(st.sampled_from(["accepted", "returned"])))
        for fact in facts
        if draw(st.booleans())
    }
    return msgspec.structs.replace(
        base,
        facts=tuple(
            StoredFact(
                fact=fact,
                sha256="0" * 64,
                device="d",
                n=n,
                seq=n,
                received_at=draw(st.sampled_from(["2019-11-28T01:00:00Z", "2019-12-17T01:00:00Z"])),
            )
            for n, fact in enumerate(facts, 1)
        ),
        reviews=reviews,
        repaid={case.id: draw(paid(case)) for case in base.cases},
        wrong_slips={},
    )


def paid(case: Case) -> st.SearchStrategy[Repaid]:
    """Nothing, a part, all, or more than was due."""
    return st.sampled_from(
        [
            Repaid(as_of="2019-12-17"),
            Repaid(as_of="2019-12-17", repaid_fen=1),
            Repaid(as_of="2019-12-17", repaid_fen=case.total_fen + 500),
            Repaid(as_of="2019-12-17", repaid_fen=case.total_fen + 500, paid=True),
        ]
    )


def excepted(given: SchoolInputs) -> SchoolSummary:
    """The summary, all that is missing a named exception."""
    try:
        return compose(given)
    except NotReady as missing:
        named = tuple(
            NamedException(code=one.code, ref=one.ref, reason="样例", by="t")
            for one in missing.items
        )
        return compose(msgspec.structs.replace(given, exceptions=named))


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(schools())
def test_paper_workbook_and_totals_of_any_school_agree(given_: SchoolInputs) -> None:
    summary = excepted(given_)
    printed = print_summary(summary, FONTS)
    assert counts.agree(
        counts.of_totals(msgspec.to_builtins(summary.totals)),
        counts.of_paper(printed.rendered.pdf),
        counts.of_workbook(printed.xlsx),
    )


class School:
    """A school in the office, with what has happened to it."""

    def __init__(self, services: Services, seed: int) -> None:
        self.services, self.random = services, random.Random(seed)
        self.cases = case_ids(services, "01")
        self.paid: dict[str, int] = {}

    def happen(self) -> None:
        """One thing that happens in a school."""
        one = self.random.choice(self.cases)
        step = self.random.choice(("deliver", "visit", "explain", "return", "repay", "leave"))
        if step == "deliver":
            late = self.random.choice(("2019-11-27T10:00", "2019-12-11T10:00"))
            body = self.random.choice(DELIVERIES)
            keyed(self.services, one, "notice_delivery", body, happened_at=late, reason="样例")
        elif step == "visit":
            keyed(self.services, one, "visit", self.random.choice(VISITS), reason="样例")
        elif step == "explain":
            made = keyed(self.services, one, "statement", STATEMENT, reason="样例")
            review.review(self.services, made.fact_id, "accepted", "", who=WHO)
        elif step == "return":
            made = keyed(self.services, one, "notice_delivery", DELIVERY, reason="样例")
            review.review(self.services, made.fact_id, "returned", "照片不清楚", who=WHO)
        elif step == "repay":
            self.paid[f"C{self.cases.index(one):05d}"] = self.random.choice((1, 100_00, 250_00))
            repaid(self.services, f"2019-12-{9 + len(self.paid):02d}", self.paid)
        elif len(self.cases) > 2:
            out = self.cases[-1]
            self.services.database.write(
                lambda c: on_list.take_out(c, SEASON, [out], "x", "2019-12-11T00:00:00.000+00:00")
            )
            self.cases = self.cases[:-1]

    def compose(self, reason: str = "") -> SummaryRow:
        """The next version, all that is missing a named exception."""
        try:
            return summaries.compose(self.services, "01", who=WHO, reason=reason)
        except NotReady as missing:
            named = [
                NamedException(code=one.code, ref=one.ref, reason="样例", by="t")
                for one in missing.items
            ]
            return summaries.compose(self.services, "01", who=WHO, reason=reason, exceptions=named)

    def seal(self, reason: str = "") -> SummaryRow:
        row = self.compose(reason)
        pages = summaries.to_print(self.services, row.id, who=WHO)
        assert summary_scans.add(self.services, row.id, scan_of(pages), who=WHO).complete
        return summaries.seal(self.services, row.id, who=WHO)


@pytest.fixture
async def liaison(app: Litestar, services: Services) -> Browser:
    services.database.write(lambda c: fill(c, (4, 1)))
    people(services)
    return await signed_in(app, "one")


def shown(page: str, version: int) -> counts.Counts:
    """The figures of a version on the summary's page."""
    card = re.search(rf"第 {version} 版 <span class=\"chip.*?</dl>", page, re.S)
    assert card is not None, page
    return counts.of_screen(card[0])


def files(services: Services, row: SummaryRow) -> list[counts.Counts]:
    """What paper and workbook of a version say."""
    folder = summary_files.folder_of(services, row)
    return [
        counts.of_paper((folder / "printed.pdf").read_bytes()),
        counts.of_workbook((folder / "summary.xlsx").read_bytes()),
    ]


@pytest.mark.parametrize("seed", [1, 2])
async def test_all_four_agree_through_a_schools_versions(
    liaison: Browser, services: Services, seed: int
) -> None:
    school = School(services, seed)
    for _ in range(5):
        school.happen()
    first = school.seal()
    summary_verdicts.submit(services, first.id, who=WHO)
    for _ in range(4):
        school.happen()  # late facts, which belong to the next version
    second = school.compose("更正")
    summaries.to_print(services, second.id, who=WHO)
    summary_verdicts.discard(services, second.id, who=WHO)  # on paper, then withdrawn
    school.happen()
    third = school.compose("再更正")
    assert (first.version, second.version, third.version) == (1, 2, 3)

    rolled = county_reports.roll_up(services, partial=True, who=WHO)
    page = (await liaison.get(PAGE)).text
    counted = counts.of_roll_up(rolled.data, "01")
    assert counts.agree(counted, shown(page, 1), *files(services, first))
    assert counts.agree(shown(page, 3), *files(services, third))
    beside = (await liaison.get(f"{PAGE}/versions")).text
    for at, row in enumerate((first, second, third)):
        assert counts.agree(column(beside, at), *files(services, row))


async def test_live_pages_count_as_the_summary_of_now_does(
    liaison: Browser, services: Services
) -> None:
    school = School(services, 7)
    for _ in range(14):
        school.happen()
    row = school.compose()
    summary = summaries.document(row)
    live = (await load_overview(services, "01")).total()
    sums = summary.totals
    assert (live.people, live.delivered, live.paid, live.repaid_fen, live.visits) == (
        sums.people,
        sums.delivered.people,
        sums.repaid.people,
        sums.repaid.fen,
        sums.visits,
    )
    assert (live.special, live.promised, live.unreachable) == (
        sums.unpaid.special.people,
        sums.unpaid.promised.people,
        sums.unpaid.unreachable.people,
    )


def column(page: str, at: int) -> counts.Counts:
    """What a column of the versions side by side says."""
    found: dict[str, str] = {}
    for line in re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", page, re.S):
        name, *cells = re.split(r"<td", line)
        if len(cells) > at:
            found[counts.words(name)] = counts.words(f"<td{cells[at]}")
    numbers = {name: re.findall(r"[\d,]+(?:\.\d\d)?", text) for name, text in found.items()}
    pick = {
        "people": ("应还", 0),
        "fen": ("应还", 1),
        "signed": ("签收", 0),
        "acknowledged": ("短信/微信确认", 0),
        "refused": ("拒签", 0),
        "undelivered": ("未送达", 0),
        "visited": ("走访", 0),
        "visits": ("走访", 1),
        "repaid": ("已还清", 0),
        "repaid_fen": ("已还清", 1),
        "unpaid": ("未还清", 0),
        "unpaid_fen": ("未还清", 1),
        "promised": ("承诺还款", 0),
        "special": ("特殊情况", 0),
        "unreachable": ("暂未联系上", 0),
        "other": ("其他", 0),
        "statements": ("情况说明", 0),
    }
    return {key: counts._number(numbers[name][n]) for key, (name, n) in pick.items()}
