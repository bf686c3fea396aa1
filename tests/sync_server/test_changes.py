"""The feed as a phone reads it: a snapshot first, then what changed, then proof that nothing is missing."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from shared import wire
from shared.season import moment_of
from sync_server.office import assignment, placing, review
from sync_server.services import Services
from sync_server.store import cases
from sync_server.store.changes import PAGE, Cursor, encode_cursor
from sync_server.store.database import new_epoch
from tests.support.county import SEASON, fill, repaid
from tests.support.devices import RawPhone, case_ids, enrol, fact_bytes, working_phone
from tests.support.feed import Mirror


async def test_a_new_phone_gets_its_cases_its_briefing_and_the_proof(
    phone: RawPhone, services: Services
) -> None:
    mirror = await Mirror(phone).read()
    assert sorted(mirror.cases) == sorted(case_ids(services, "01"))
    assert mirror.briefing is not None
    assert mirror.briefing.unit.name == "柳泉镇中心校"
    assert mirror.briefing.staff == ("甲",)


async def test_a_snapshot_of_more_than_a_page_comes_whole_with_changes_in_between(
    http: httpx.AsyncClient, services: Services
) -> None:
    services.database.write(lambda c: fill(c, (PAGE * 2 + 7, 1)))
    phone = await working_phone(http, services)
    first = await phone.page()
    assert (len(first.changes), first.more, first.scope_count) == (PAGE + 1, True, None)
    ids = [c.ref for c in first.changes if c.kind == "case"]
    other = await enrol(RawPhone(http), services, "01", "乙")
    early, late = ids[3], max(case_ids(services, "01"))
    assignment.assign(services, [early, late], other.staff, who="t")
    mirror = Mirror(phone)
    mirror.cases = {c.ref: c.case for c in first.changes if c.case}
    mirror.cursor = first.next
    await mirror.read()
    assert len(mirror.cases) == PAGE * 2 + 5
    assert not {early, late} & set(mirror.cases)


@pytest.mark.parametrize("size", [PAGE - 1, PAGE, PAGE + 1])
async def test_a_snapshot_at_the_edge_of_a_page_is_complete(
    http: httpx.AsyncClient, services: Services, size: int
) -> None:
    services.database.write(lambda c: fill(c, (size,)))
    assert len((await Mirror(await working_phone(http, services)).read()).cases) == size


async def test_a_tail_of_more_than_a_page_is_read_to_its_end(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    mirror = await Mirror(phone).read()
    ids = case_ids(services, "01")
    for _ in range(PAGE // 6 + 2):
        services.database.write(lambda c: cases.mark_changed(c, "01", ids))
    before = mirror.pages
    await mirror.read()
    assert mirror.pages - before == 2


async def test_the_tail_contains_only_what_changed(phone: RawPhone, services: Services) -> None:
    mirror = await Mirror(phone).read()
    case = case_ids(services, "01")[2]
    await phone.push(phone.chained(fact_bytes(case)))
    page = await phone.page(mirror.cursor)
    assert [(c.kind, c.ref) for c in page.changes] == [("case", case)]
    assert page.changes[0].case is not None
    assert page.changes[0].case.visits == 1


async def test_promises_and_returned_records_of_a_phone_reach_whoever_takes_over(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    await phone.push(phone.chained(fact_bytes(case)))
    fact = review.queue(services, "01")[0].fact.fact.id
    review.review(services, fact, "returned", "请补照片", who="联络员")
    other = await enrol(RawPhone(http), services, "01", "乙")
    assignment.assign(services, [case], other.staff, who="t")
    state = (await Mirror(other).read()).cases[case]
    assert (state.promised_on, state.visits, state.returned) == ("2019-12-18", 1, (fact,))


async def test_a_reassigned_case_moves_between_phones_and_may_come_back(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    other = await enrol(RawPhone(http), services, "01", "乙")
    here, there = await Mirror(phone).read(), await Mirror(other).read()
    case = case_ids(services, "01")[0]
    assignment.assign(services, [case], other.staff, who="t")
    await here.read()
    await there.read()
    assert (here.gone, case in here.cases, case in there.cases) == ([case], False, True)
    assignment.assign(services, [case], phone.staff, who="t")
    await here.read()
    await there.read()
    assert (case in here.cases, case in there.cases) == (True, False)


async def test_away_and_back_between_two_syncs_leaves_the_case_here(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    other = await enrol(RawPhone(http), services, "01", "乙")
    here = await Mirror(phone).read()
    case = case_ids(services, "01")[0]
    for staff in (other.staff, phone.staff):
        assignment.assign(services, [case], staff, who="t")
    await here.read()
    assert (here.gone, case in here.cases) == ([], True)


async def test_a_case_that_moves_to_another_school_leaves_the_phone_and_gets_a_code_there(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    here = await Mirror(phone).read()
    case = case_ids(services, "01")[0]
    placing.move(services, [case], "02", who="t", reason="搬家")
    await here.read()
    assert here.gone == [case]
    there = await Mirror(await working_phone(http, services, "02", "丙")).read()
    assert there.cases[case].case.code.startswith("02")


async def test_no_change_is_a_304_without_a_body(phone: RawPhone, services: Services) -> None:
    last = (await phone.pages())[-1]
    answer = await phone.ask("GET", "/v1/changes", params={"after": last.next})
    tag = answer.headers["etag"]
    again = await phone.ask(
        "GET", "/v1/changes", params={"after": last.next}, headers={"If-None-Match": tag}
    )
    assert (again.status_code, again.content) == (304, b"")
    services.database.write(lambda c: cases.mark_changed(c, "01", case_ids(services, "01")[:1]))
    fresh = await phone.ask(
        "GET", "/v1/changes", params={"after": last.next}, headers={"If-None-Match": tag}
    )
    assert fresh.status_code == 200


async def test_pages_come_in_gzip_for_clients_that_accept_it(phone: RawPhone) -> None:
    packed = await phone.ask("GET", "/v1/changes", headers={"Accept-Encoding": "gzip"})
    plain = await phone.ask("GET", "/v1/changes", headers={"Accept-Encoding": "gzip;q=0"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert {**packed.json(), "at": ""} == {**plain.json(), "at": ""}


async def test_a_restored_server_starts_everyone_from_the_beginning_under_a_new_epoch(
    phone: RawPhone, services: Services
) -> None:
    last = (await phone.pages())[-1]
    services.database.epoch = services.database.write(new_epoch)
    page = await phone.page(last.next)
    assert page.epoch != last.epoch
    assert sum(c.kind == "case" for c in page.changes) == 6


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "%00",
        "AAAA",
        wire.b64(b"[" * 2000),
        wire.b64(b'["e","01",-1]'),
        wire.b64(b'["e","01",1e99]'),
        wire.b64(msgspec.json.encode(["e", "01", 2**80])),
        wire.b64(msgspec.json.encode(["e", "01", 0, "\0", True])),
    ],
)
async def test_an_invalid_cursor_is_refused(phone: RawPhone, cursor: str) -> None:
    answer = await phone.ask("GET", "/v1/changes", params={"after": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "sync.cursor_invalid")


async def test_a_forged_cursor_of_another_school_shows_nothing_of_it(
    phone: RawPhone, services: Services
) -> None:
    forged = encode_cursor(Cursor(epoch=services.database.epoch, unit="02", seq=0))
    found = {c.ref for page in await phone.pages(forged) for c in page.changes if c.kind == "case"}
    assert found == set(case_ids(services, "01"))


async def test_a_review_reaches_the_phone_with_its_comment(
    phone: RawPhone, services: Services
) -> None:
    mirror = await Mirror(phone).read()
    await phone.push(phone.chained(fact_bytes(case_ids(services, "01")[0])))
    item = review.queue(services, "01")[0]
    review.review(services, item.fact.fact.id, "returned", "请补照片", who="联络员")
    await mirror.read()
    assert [r.comment for r in mirror.cases[item.case.id].reviews] == ["请补照片"]


async def test_paid_people_are_marked_and_may_come_back(
    phone: RawPhone, services: Services
) -> None:
    mirror = await Mirror(phone).read()
    case = case_ids(services, "01")[0]
    contract = mirror.cases[case].case.contracts[0].contract_no
    repaid(services, "2019-12-12", {contract: 100_00})
    await mirror.read()
    assert mirror.cases[case].repaid.paid
    assert mirror.briefing is not None
    assert mirror.briefing.list_as_of == "2019-12-12"
    repaid(services, "2019-12-13", {contract: 50_00})
    await mirror.read()
    assert (mirror.cases[case].repaid.paid, mirror.cases[case].repaid.repaid_fen) == (False, 50_00)


async def test_a_phone_whose_teacher_changed_reads_from_the_start(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    mirror = await Mirror(phone).read()
    phone.take_new_key()
    await enrol(phone, services, "02", "丁")
    mirror.cases.clear()
    await mirror.read()
    assert mirror.cases == {}
    assert services.database.read(lambda c: len(cases.rows(c, SEASON, unit="01"))) == 6


async def test_a_page_carries_the_offices_time(phone: RawPhone, services: Services) -> None:
    page = msgspec.json.decode(
        (await phone.ask("GET", "/v1/changes")).content, type=wire.ChangesPage
    )
    moment = moment_of(page.at)
    assert moment is not None
    assert abs((moment - services.settings.now()).total_seconds()) < 60


async def test_a_phone_that_reads_lean_pages_gets_the_same_list_and_no_season_twice(
    phone: RawPhone,
) -> None:
    plain = (await phone.pages())[-1]

    async def lean(tag: str) -> wire.ChangesPage:
        answer = await phone.ask("GET", "/v1/changes", params={"lean": tag})
        assert "etag" not in answer.headers
        return msgspec.json.decode(answer.content, type=wire.ChangesPage)

    first = wire.by_lines(await lean(wire.NO_SEASON))
    assert {c.ref: c for c in first.changes} == {c.ref: c for c in plain.changes}
    assert (first.next, first.scope_digest) == (plain.next, plain.scope_digest)
    briefing = next(c.briefing for c in first.changes if c.briefing is not None)
    again = await lean(wire.season_tag(briefing.season))
    news = next(c for c in again.changes if c.kind == "briefing")
    assert news.briefing is None
    assert news.news is not None
    assert news.news.with_season(briefing.season) == briefing
    changed = msgspec.structs.replace(briefing.season, id="1999")
    other = await lean(wire.season_tag(changed))
    assert any(c.briefing == briefing for c in other.changes)


@pytest.mark.parametrize("size", [PAGE, PAGE * 2, PAGE * 3 + 1])
async def test_the_first_page_of_a_long_list_names_the_cursors_of_all_that_follow(
    http: httpx.AsyncClient, services: Services, size: int
) -> None:
    services.database.write(lambda c: fill(c, (size, 1)))
    phone = await working_phone(http, services)
    assert (await phone.page()).ahead is msgspec.UNSET  # a phone of before

    async def lean(after: str) -> wire.ChangesPage:
        asked = {"lean": wire.NO_SEASON, **({"after": after} if after else {})}
        answer = await phone.ask("GET", "/v1/changes", params=asked)
        return msgspec.json.decode(answer.content, type=wire.ChangesPage)

    page = await lean("")
    named, followed = page.ahead, []
    while page.more:
        page = await lean(page.next)
        assert page.ahead is msgspec.UNSET
        followed += [page.next] if page.more else []
    assert named == followed
