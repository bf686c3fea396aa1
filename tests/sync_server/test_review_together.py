"""Many records accepted at one press: exactly those shown, once, and taken back together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from sqlalchemy import event
from sqlalchemy.engine import Engine

from shared.problems import ProblemError
from sync_server.office import review, review_batch, review_records
from sync_server.office.seasons import close_season
from sync_server.services import Services
from sync_server.store import reviews
from sync_server.store import tables as t
from sync_server.store.scope import WHOLE_COUNTY
from tests.support import odd
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids
from tests.support.review_school import SIGNED, VISIT, of_every_kind
from tests.support.summaries import sealed_third

PAGE = "/schools/01/review"
TOGETHER = "/schools/01/review-together"
SHA = "a" * 64


@pytest.fixture
async def liaison(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "one")


@pytest.fixture
def ids(services: Services, phone: RawPhone) -> dict[str, str]:
    return of_every_kind(services, phone, case_ids(services, "01")[0])


def standing(services: Services, ids: list[str]) -> dict[str, str]:
    """The verdicts in force."""
    found = services.database.read(lambda c: reviews.reviews_of(c, ids))
    return {fact: one.verdict for fact, one in found.items()}


def waiting(services: Services) -> dict[str, int]:
    return services.database.read(lambda c: review_records.waiting(c, SEASON, WHOLE_COUNTY))


def shown_on(page: str) -> list[str]:
    return re.findall(r'name="shown" value="([^"]*)"', page)


def rows(services: Services) -> int:
    return len(services.database.read(lambda c: c.execute(t.review.select()).all()))


async def test_all_shown_is_what_waits_and_what_came_since_is_not_judged(
    liaison: Browser, services: Services, phone: RawPhone, ids: dict[str, str]
) -> None:
    page = (await liaison.get(PAGE)).text
    shown = shown_on(page)
    kinds = ("statement", "contact_update", "correction", "alone")
    assert {line.split()[0] for line in shown} == {ids[kind] for kind in kinds}
    (late,) = odd.store(
        services,
        phone,
        [odd.envelope(case_ids(services, "01")[1], "statement", body={"reason": "x"})],
    )
    answer = await liaison.post(TOGETHER, shown=shown, key="k1", show="waiting", at="1")
    assert "batch=k1" in answer.headers["location"]
    page = (await liaison.get(answer.headers["location"].split("#")[0])).text
    assert "一起通过了 3 条" in page
    assert "1 条有提示" in page
    assert late not in standing(services, [late])
    assert standing(services, list(ids.values())) == {
        ids[kind]: "accepted" for kind in kinds if kind != "alone"
    }
    assert waiting(services) == {"01": 2}


async def test_records_with_findings_are_accepted_where_the_tick_says_so(
    liaison: Browser, services: Services, ids: dict[str, str]
) -> None:
    page = (await liaison.get(PAGE)).text
    assert "有提示的 1 条也一起通过" in page
    await liaison.post(TOGETHER, shown=shown_on(page), key="k1", flagged="yes")
    assert waiting(services) == {}


async def test_pressed_twice_it_is_one_batch(
    liaison: Browser, services: Services, ids: dict[str, str]
) -> None:
    shown = shown_on((await liaison.get(PAGE)).text)
    for _ in range(2):
        answer = await liaison.post(TOGETHER, shown=shown, key="k1")
        assert "一起通过了 3 条" in (await liaison.get(answer.headers["location"])).text
    assert rows(services) == 3


async def test_a_press_that_was_taken_back_is_not_said_to_stand_when_its_page_is_sent_again(
    liaison: Browser, services: Services, ids: dict[str, str]
) -> None:
    shown = shown_on((await liaison.get(PAGE)).text)
    await liaison.post(TOGETHER, shown=shown, key="k1")
    await liaison.post(f"{TOGETHER}/take-back", batch="k1")
    answer = await liaison.post(TOGETHER, shown=shown, key="k1")
    page = (await liaison.get(answer.headers["location"])).text
    assert "一起通过了 0 条" in page
    assert "3 条已有人复核" in page


async def test_a_batch_is_taken_back_whole_but_for_what_was_judged_since(
    liaison: Browser, services: Services, ids: dict[str, str]
) -> None:
    shown = shown_on((await liaison.get(PAGE)).text)
    await liaison.post(TOGETHER, shown=shown, key="k1", flagged="yes")
    again = ids["statement"]
    review.review(services, again, "returned", "写清楚", who="主任")
    assert "撤回这一批" in (await liaison.get(f"{PAGE}?show=accepted")).text
    answer = await liaison.post(f"{TOGETHER}/take-back", batch="k1", show="accepted")
    page = (await liaison.get(answer.headers["location"])).text
    assert "这一批撤回了 3 条" in page
    assert "1 条已有人复核" in page
    assert standing(services, list(ids.values())) == {again: "returned"}
    before = rows(services)
    await liaison.post(f"{TOGETHER}/take-back", batch="k1")
    assert rows(services) == before
    assert "撤回这一批" not in (await liaison.get(f"{PAGE}?show=accepted")).text


def accept(services: Services, *ids: str, unit: str = "01", **more: Any) -> review_batch.Outcome:
    return review_batch.accept_shown(
        services,
        unit,
        dict.fromkeys(ids, ()),
        flagged=False,
        who="甲",
        **more,
    )


def test_what_changed_since_it_was_shown_is_left_and_said(
    services: Services, phone: RawPhone, ids: dict[str, str]
) -> None:
    review.review(services, ids["statement"], "returned", "写清楚", who="乙")
    done = accept(services, ids["statement"], ids["visit"], ids["contact_update"], "unknown")
    assert (done.done, done.left) == (1, {"judged": 1, "changed": 2})
    assert standing(services, [ids["statement"]]) == {ids["statement"]: "returned"}


def test_a_finding_that_came_after_the_page_is_not_accepted_with_its_tick(
    services: Services, phone: RawPhone, ids: dict[str, str]
) -> None:
    done = review_batch.accept_shown(services, "01", {ids["alone"]: ()}, flagged=True, who="甲")
    assert (done.done, done.left) == (0, {"flagged": 1})
    shown = {ids["alone"]: ("flagged",)}
    assert review_batch.accept_shown(services, "01", shown, flagged=True, who="甲").done == 1


def test_a_photo_used_twice_is_only_judged_by_itself(services: Services, phone: RawPhone) -> None:
    made = [
        odd.envelope(case, "notice_delivery", body=SIGNED, photos=[SHA])
        for case in case_ids(services, "01")[:2]
    ]
    ids = odd.store(services, phone, made)
    shown = dict.fromkeys(ids, ("photo_twice",))
    done = review_batch.accept_shown(services, "01", shown, flagged=True, who="甲")
    assert (done.done, done.left) == (0, {"alone": 2})
    review.review(services, ids[0], "accepted", "", who="甲")


def test_nothing_of_another_school_is_accepted_or_taken_back(
    services: Services, phone: RawPhone, ids: dict[str, str]
) -> None:
    assert accept(services, ids["statement"], unit="02").left == {"changed": 1}
    accept(services, ids["statement"], key="k1")
    for batch in ("k1", "unknown", ""):
        with pytest.raises(ProblemError) as refused:
            review_batch.take_back(services, "02", batch, who="甲")
        assert refused.value.code == "review.no_batch"


def test_what_a_sealed_summary_has_stays_when_its_batch_is_taken_back(
    services: Services, phone: RawPhone, ids: dict[str, str]
) -> None:
    accept(services, ids["statement"], key="k1")
    sealed_third(services)
    done = review_batch.take_back(services, "01", "k1", who="甲")
    assert (done.done, done.left) == (0, {"sealed": 1})


def test_a_closed_season_takes_no_batch(
    services: Services, phone: RawPhone, ids: dict[str, str]
) -> None:
    accept(services, ids["statement"], key="k1")
    close_season(services, SEASON, who="t")
    with pytest.raises(ProblemError, match=r"season\.closed"):
        accept(services, ids["contact_update"])
    with pytest.raises(ProblemError, match=r"season\.closed"):
        review_batch.take_back(services, "01", "k1", who="甲")


def test_an_empty_choice_is_refused(services: Services, county: list[str]) -> None:
    with pytest.raises(ProblemError) as refused:
        accept(services)
    assert refused.value.code == "review.nothing_chosen"


async def test_a_verdict_on_words_corrected_meanwhile_is_refused_and_what_was_typed_stays(
    liaison: Browser, services: Services, ids: dict[str, str]
) -> None:
    answer = await liaison.post(
        f"{PAGE}/{ids['visit']}", verdict="returned", comment="请写清楚", seen=""
    )
    page = (await liaison.get(answer.headers["location"].split("#")[0])).text
    assert "刚才已由老师改正" in page
    assert standing(services, [ids["visit"]]) == {}


async def test_after_a_verdict_the_page_goes_on_at_the_next_record(
    liaison: Browser, services: Services, ids: dict[str, str]
) -> None:
    page = (await liaison.get(PAGE)).text
    order = [line.split()[0] for line in shown_on(page)]
    following = re.findall(r'name="next" value="([^"]*)"', page)
    assert following == [*order[1:], order[-2]]
    answer = await liaison.post(
        f"{PAGE}/{order[0]}",
        verdict="returned",
        reason="照片模糊，请重拍",
        comment="门牌也拍上",
        seen="",
        next=following[0],
        show="waiting",
        at="1",
    )
    assert answer.headers["location"] == f"{PAGE}?show=waiting&at=1#f-{order[1]}"
    given = services.database.read(lambda c: reviews.reviews_of(c, [order[0]]))[order[0]]
    assert given.comment == "照片模糊，请重拍；门牌也拍上"


@pytest.fixture
def counted(services: Services) -> Iterator[list[str]]:
    """Every statement that the database runs."""
    ran: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        ran.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield ran
    event.remove(Engine, "before_cursor_execute", note)


async def test_a_page_asks_the_database_as_often_for_many_records_as_for_few(
    liaison: Browser, services: Services, phone: RawPhone, ids: dict[str, str], counted: list[str]
) -> None:
    async def asked() -> int:
        counted.clear()
        assert (await liaison.get(PAGE)).status_code == 200
        return len(counted)

    await asked()
    few = await asked()
    people_ = case_ids(services, "01")
    alone = {**VISIT, "flags": ["alone"]}
    odd.store(services, phone, [odd.envelope(people_[n % 6], body=alone) for n in range(120)])
    assert waiting(services) == {"01": 124}
    assert await asked() <= few + 5
