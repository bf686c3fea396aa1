"""A phone when the office opens the next season: it hands in, drops the old list, says what it waits for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace

import httpx
import msgspec

from mobile.i18n import Tongue
from mobile.store import moved
from mobile.ui.app.syncing import outcome_sentence
from mobile.usecases.drafts import save_draft
from mobile.usecases.handin_views import SyncReport
from mobile.usecases.outbox import outbox
from mobile.usecases.sync_now import sync_now
from mobile.usecases.text import Text
from shared.digest import scope_digest
from shared.problems import ProblemError, details
from shared.season import moved_to
from shared.wire import Briefing, CaseState, Change, ChangesPage, Teacher, Unit
from sync_server.sample.season import season_2019
from tests.mobile.conftest import Bench, case_state
from tests.support.phone.records import sent_visit

NEXT = moved_to(season_2019(), date(2020, 12, 20))


@dataclass
class Office:
    """A server whose season has changed; `confirmed` once the liaison tapped."""

    cases: list[CaseState]
    confirmed: bool = False
    asked: list[str] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.params.get("after", ""))
        if not self.confirmed:
            problem = ProblemError("device.new_season")
            return httpx.Response(403, content=msgspec.json.encode(details(problem)))
        unit = Unit(code="QH01", name="青槐县第一中学")
        teacher = Teacher(id="s2", name="郑老师")
        briefing = Briefing(season=NEXT, unit=unit, teacher=teacher)
        changes = [Change(seq=1, kind="briefing", briefing=briefing)]
        changes += [Change(seq=s.version, kind="case", ref=s.case.id, case=s) for s in self.cases]
        page = ChangesPage(
            changes=changes,
            next="new",
            more=False,
            epoch="e",
            scope_count=len(self.cases),
            scope_digest=scope_digest((s.case.id, s.version) for s in self.cases),
        )
        return httpx.Response(200, content=msgspec.json.encode(page))


def switched(bench: Bench) -> Office:
    office = Office([case_state(7, season="2020")])
    bench.phone.transport = httpx.MockTransport(office.answer)
    return office


def held(bench: Bench) -> set[str]:
    return {state.case.id for state in bench.phone.store.cases.all()}


async def test_a_phone_that_waits_for_its_liaison_drops_what_was_handed_in_and_says_why(
    bench: Bench,
) -> None:
    await bench.enrol()
    await bench.give(case_state(2))
    await sent_visit(bench.phone)
    await save_draft(bench.phone, "case-2", "visit", {"met": "self"})
    switched(bench)
    report = await sync_now(bench.phone, background=True)
    assert report.problem_code == "device.new_season"
    assert held(bench) == {"case-2"}, "an unfinished form keeps its case"
    assert bench.phone.store.facts.all() == []
    assert "联络员" in (await outbox(bench.phone)).last_problem.zh


def test_a_sync_that_got_no_list_says_how_much_it_handed_in() -> None:
    app = SimpleNamespace(t=Tongue("zh"))
    report = SyncReport(ok=False, problem=Text(zh="新一年的名单要等联络员确认"))
    assert outcome_sentence(app, report) == "没有同步成功：新一年的名单要等联络员确认"
    some = msgspec.structs.replace(report, sent=2, photos=1)
    assert outcome_sentence(app, some).startswith("上交了 2 条记录、1 张照片，没有取到名单：")


async def test_the_new_list_takes_the_place_of_the_old_one_in_one_reading(bench: Bench) -> None:
    await bench.enrol()
    await bench.give(case_state(2), case_state(3))
    await sent_visit(bench.phone)
    await save_draft(bench.phone, "case-2", "visit", {"met": "self"})
    await bench.phone.store.meta.put("sync", (await bench.phone.store.meta.sync_state()))
    office = switched(bench)
    office.confirmed = True
    report = await sync_now(bench.phone)
    assert (report.ok, report.complete) == (True, True)
    assert held(bench) == {"case-2", "case-7"}
    assert await bench.phone.store.meta.get(moved.KEY, list) in (None, [])
    enrolment = await bench.phone.store.meta.enrolment()
    assert enrolment is not None
    assert (enrolment.scope.season, enrolment.scope.staff) == ("2020", "s2")


async def test_after_the_tap_nothing_of_the_new_season_is_taken_for_over(bench: Bench) -> None:
    await bench.enrol()
    office = switched(bench)
    await sync_now(bench.phone)
    assert held(bench) == set()
    office.confirmed = True
    assert (await sync_now(bench.phone)).ok
    assert (await sync_now(bench.phone)).ok
    assert held(bench) == {"case-7"}
    assert not await bench.phone.store.meta.waits_for_season()
