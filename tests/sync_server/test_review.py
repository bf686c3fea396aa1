"""Verdicts on records: a button pressed, taken back, and two reviewers at once."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from litestar import Litestar

from shared.problems import ProblemError
from shared.records.base import decode
from sync_server.office import review, review_records
from sync_server.office.seasons import close_season
from sync_server.services import Services
from sync_server.store import audit, cases, on_list, reviews
from sync_server.store import tables as t
from sync_server.store.scope import WHOLE_COUNTY
from tests.support import odd
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids, fact_bytes, working_phone
from tests.support.summaries import sealed_third

WORDS = "签收页没拍全,请补拍"


@pytest.fixture
async def liaison(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "one")


@pytest.fixture
async def fact(phone: RawPhone, services: Services) -> str:
    """The id of a visit that waits for review."""
    body = {"met": "self", "outcome": "not_home", "flags": ["alone"], "flag_reason": "临时"}
    data = fact_bytes(case_ids(services, "01")[0], body=body)
    await phone.push(phone.chained(data))
    return decode(data).id


def standing(services: Services, fact: str) -> str:
    """The verdict in force, "" for none."""
    found = services.database.read(lambda c: reviews.reviews_of(c, [fact])).get(fact)
    return found.verdict if found else ""


def seen(page: str) -> str:
    """What the form of the only record on a page says it showed."""
    found = re.search(r'name="seen" value="([^"]*)"', page)
    assert found
    return found[1]


async def test_without_a_button_nothing_is_decided_and_the_comment_is_kept(
    liaison: Browser, services: Services, fact: str
) -> None:
    answer = await liaison.post(f"/schools/01/review/{fact}", comment=WORDS)
    page = (await liaison.get(answer.headers["location"])).text
    assert "没有按下" in page
    assert f">\n{WORDS}</textarea>" in page
    assert standing(services, fact) == ""
    assert WORDS not in (await liaison.get("/schools/01/review")).text


async def test_an_acceptance_keeps_its_comment(
    liaison: Browser, services: Services, fact: str
) -> None:
    await liaison.post(f"/schools/01/review/{fact}", verdict="accepted", comment="照片清楚")
    assert "照片清楚" in (await liaison.get("/schools/01/review?show=accepted")).text


async def test_a_verdict_taken_back_leaves_the_record_waiting_and_its_history_whole(
    liaison: Browser, phone: RawPhone, services: Services, fact: str
) -> None:
    path = f"/schools/01/review/{fact}"
    cursor = (await phone.pages())[-1].next
    await liaison.post(path, verdict="returned", comment=WORDS)
    cursor = (await phone.pages(cursor))[-1].next
    page = (await liaison.get("/schools/01/review?show=returned")).text
    await liaison.post(path, verdict="take_back", seen=seen(page))
    assert standing(services, fact) == ""
    assert services.database.read(lambda c: review_records.waiting(c, SEASON, WHOLE_COUNTY)) == {
        "01": 1
    }
    sent = [c.case for p in await phone.pages(cursor) for c in p.changes if c.case]
    assert [(case.reviews, case.returned) for case in sent] == [((), ())]
    rows = services.database.read(lambda c: c.execute(t.review.select()).all())
    assert [r.verdict for r in sorted(rows, key=lambda r: r.at)] == ["returned", "taken_back"]
    notes = [n.action for n in services.database.read(audit.listed) if n.ref == fact]
    assert notes == ["review.taken_back", "review.returned"]
    await liaison.post(path, verdict="accepted")
    assert standing(services, fact) == "accepted"


async def test_a_number_whose_acceptance_is_taken_back_leaves_the_case(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    body = {"field": "phone", "value": "13800001111", "source": "parent"}
    data = fact_bytes(case, kind="contact_update", body=body)
    await phone.push(phone.chained(data))
    fact = decode(data).id
    review.review(services, fact, "accepted", "", who="甲")
    assert contact_values(services, case) == ["13800001111"]
    review.take_back(services, fact, who="甲")
    assert contact_values(services, case) == []
    review.review(services, fact, "accepted", "", who="甲")
    assert contact_values(services, case) == ["13800001111"]


def contact_values(services: Services, case: str) -> list[str]:
    row = services.database.read(lambda c: cases.rows(c, SEASON, ids=[case]))[0]
    return [found.value for found in cases.contacts_of(row)]


async def test_the_second_of_two_reviewers_sees_the_first_ones_verdict(
    app: Litestar, liaison: Browser, services: Services, fact: str
) -> None:
    officer, path = await signed_in(app, "officer"), f"/schools/01/review/{fact}"
    showed = seen((await officer.get("/schools/01/review")).text)
    await liaison.post(path, verdict="accepted", seen=showed)
    answer = await officer.post(path, verdict="returned", comment=WORDS, seen=showed)
    page = (await officer.get(answer.headers["location"])).text
    assert "刚才已由one先生复核" in page
    assert f">\n{WORDS}</textarea>" in page
    assert standing(services, fact) == "accepted"
    await officer.post(path, verdict="returned", comment=WORDS, seen=seen(page))
    assert standing(services, fact) == "returned"


async def test_a_double_click_gives_one_verdict(
    liaison: Browser, services: Services, fact: str
) -> None:
    path = f"/schools/01/review/{fact}"
    for _ in range(2):
        await liaison.post(path, verdict="accepted", seen="")
    assert len(services.database.read(lambda c: c.execute(t.review.select()).all())) == 1
    assert "已通过" in await liaison.text_of("/schools/01/review")


async def test_a_verdict_taken_back_meanwhile_is_not_taken_back_twice(
    liaison: Browser, services: Services, fact: str
) -> None:
    review.review(services, fact, "accepted", "", who="甲")
    showed = seen((await liaison.get("/schools/01/review?show=accepted")).text)
    review.take_back(services, fact, who="甲")
    answer = await liaison.post(f"/schools/01/review/{fact}", verdict="take_back", seen=showed)
    assert "现在没有复核结论" in (await liaison.get(answer.headers["location"])).text


async def test_a_verdict_given_by_a_clock_set_back_counts_as_the_newest(
    services: Services, fact: str
) -> None:
    ahead = reviews.Review(
        fact=fact, verdict="accepted", by="甲", at="2031-01-01T00:00:00.000+00:00"
    )
    services.database.write(lambda c: reviews.add_review(c, ahead))
    review.take_back(services, fact, who="甲")
    assert standing(services, fact) == ""
    assert services.database.read(lambda c: review_records.waiting(c, SEASON, WHOLE_COUNTY)) == {
        "01": 1
    }
    review.review(services, fact, "returned", WORDS, who="甲")
    assert standing(services, fact) == "returned"


def refusal(verb: Any, *args: Any, **more: Any) -> ProblemError:
    with pytest.raises(ProblemError) as refused:
        verb(*args, **more)
    return refused.value


async def test_only_a_verdict_there_is_may_be_given_and_a_return_says_why(
    services: Services, fact: str
) -> None:
    for verdict, comment, code in (
        ("", WORDS, "review.verdict_missing"),
        ("taken_back", WORDS, "review.verdict_missing"),
        ("returned", " \n", "fact.field_missing"),
    ):
        refused = refusal(review.review, services, fact, verdict, comment, who="甲")
        assert (refused.code, standing(services, fact)) == (code, "")
    assert "退回的理由" in refused.message()


async def test_a_verdict_is_kept_with_its_comment_its_giver_and_its_time(
    services: Services, fact: str
) -> None:
    review.review(services, fact, "returned", f" {WORDS}\n", who="甲")
    (given,) = services.database.read(lambda c: reviews.reviews_of(c, [fact])).values()
    now = services.settings.now_text()
    assert given == reviews.Review(
        fact=fact, verdict="returned", comment=WORDS, by="甲", at=given.at
    )
    (note,) = [n for n in services.database.read(audit.listed) if n.action == "review.returned"]
    assert (note.ref, note.who, note.at) == (fact, "甲", given.at)
    assert given.at <= now


async def test_who_takes_a_verdict_back_and_when_is_kept(services: Services, fact: str) -> None:
    review.review(services, fact, "accepted", "", who="甲")
    review.take_back(services, fact, who="乙")
    rows = services.database.read(lambda c: c.execute(t.review.select()).all())
    (row,) = [r for r in rows if r.verdict == reviews.TAKEN_BACK]
    (note,) = [n for n in services.database.read(audit.listed) if n.action == "review.taken_back"]
    assert (row.by, note.who, note.ref) == ("乙", "乙", fact)
    assert note.at[:10] == row.at[:10] == services.settings.now_text()[:10]


async def test_another_comment_or_another_reviewer_is_another_verdict(
    services: Services, fact: str
) -> None:
    for comment, who in (("一", "甲"), ("一", "甲"), ("二", "甲"), ("二", "乙")):
        review.review(services, fact, "returned", comment, who=who)
    rows = services.database.read(lambda c: c.execute(t.review.select()).all())
    assert {(r.comment, r.by) for r in rows} == {("一", "甲"), ("二", "甲"), ("二", "乙")}
    assert len(rows) == 3


async def test_a_verdict_on_an_unknown_record_is_refused(services: Services, fact: str) -> None:
    assert refusal(review.review, services, "x", "accepted", "", who="甲").code == "fact.unknown"
    assert refusal(review.take_back, services, "x", who="甲").code == "fact.unknown"


async def test_a_season_that_is_closed_takes_no_verdict(services: Services, fact: str) -> None:
    review.review(services, fact, "accepted", "", who="甲")
    close_season(services, SEASON, who="t")
    refused = refusal(review.review, services, fact, "returned", WORDS, who="甲")
    assert refused.code == "season.closed"
    assert refusal(review.take_back, services, fact, who="甲").code == "season.closed"


async def test_what_the_page_showed_is_held_against_the_verdict_that_stands(
    services: Services, fact: str
) -> None:
    shown = refusal(review.review, services, fact, "accepted", "", who="甲", seen="then")
    assert shown.code == "review.not_judged"
    assert refusal(review.take_back, services, fact, who="甲").code == "review.not_judged"
    review.review(services, fact, "accepted", "", who="甲")
    for verb in (
        lambda: review.review(services, fact, "returned", WORDS, who="乙", seen=""),
        lambda: review.take_back(services, fact, who="乙", seen="then"),
    ):
        refused = refusal(verb)
        assert (refused.code, "甲" in refused.message()) == ("review.judged_since", True)
    review.review(services, fact, "returned", WORDS, who="乙")
    assert standing(services, fact) == "returned"


async def test_the_queue_has_the_schools_reviewed_records_the_newest_first(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    here, there = case_ids(services, "01"), case_ids(services, "02")
    sha = "a" * 64
    first, second, _ = odd.store(
        services,
        phone,
        [
            odd.envelope(here[0], photos=[sha]),
            odd.envelope(here[1]),
            odd.envelope(here[1], "contact_attempt"),
        ],
    )
    odd.store(services, await working_phone(http, services, "02", "乙"), [odd.envelope(there[0])])
    review.review(services, first, "accepted", "", who="主任")
    found = review.queue(services, "01")
    assert [(one.fact.fact.id, one.case.id) for one in found] == [
        (second, here[1]),
        (first, here[0]),
    ]
    newer, older = found
    assert (newer.review, newer.photos, newer.teacher) == (None, (), "甲")
    assert older.review is not None
    assert (older.review.verdict, older.photos) == ("accepted", (sha,))


@pytest.mark.parametrize("kept", ["with", "without", "nothing"])
async def test_a_verdict_in_a_sealed_summary_stays(
    liaison: Browser, services: Services, fact: str, kept: str
) -> None:
    """What the version was composed from decides; where that is not kept, the verdict stays."""
    if kept == "without":
        sealed_third(services)
    review.review(services, fact, "accepted", "", who="甲")
    if kept != "without":
        sealed_third(services, keeps=kept == "with")
    showed = seen((await liaison.get("/schools/01/review?show=accepted")).text)
    answer = await liaison.post(f"/schools/01/review/{fact}", verdict="take_back", seen=showed)
    page = (await liaison.get(answer.headers["location"])).text
    refused = kept != "without"
    assert ("已写进封存的第 3 版" in page) == refused
    assert standing(services, fact) == ("accepted" if refused else "")


async def test_a_verdict_by_a_clock_ahead_stays_once_it_is_sealed_also_of_somebody_off_the_list(
    services: Services, county: list[str], fact: str
) -> None:
    ahead = reviews.Review(
        fact=fact, verdict="accepted", by="甲", at="2031-01-01T00:00:00.000+00:00"
    )
    services.database.write(lambda c: reviews.add_review(c, ahead))
    sealed_third(services)
    case = case_ids(services, "01")[0]
    for _ in range(2):
        with pytest.raises(ProblemError) as refused:
            review.take_back(services, fact, who="甲")
        assert refused.value.code == "review.sealed"
        services.database.write(lambda c: on_list.take_out(c, SEASON, [case], "paid", "n"))
    review.review(services, fact, "returned", WORDS, who="甲")
    review.take_back(services, fact, who="甲")
    assert standing(services, fact) == ""
