"""The page of what is set apart: in words, decided by the centre, read by a school; and the command line."""

from __future__ import annotations

import json
import re

import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import insert, select

from shared.digest import link, sha256_hex
from shared.identity import mask_name
from shared.records.base import decode, encode
from sync_server.cli.main import main
from sync_server.office import quarantine
from sync_server.office.summary_inputs import gather
from sync_server.sealing.making.compose import compose
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import tables as t
from sync_server.store.ids import new_id
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids, fact_bytes, working_phone


@pytest.fixture
async def officer(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "officer")


async def set_apart(phone: RawPhone, services: Services) -> None:
    """One of each: an id twice, bytes that are not a record, somebody of another school, a fork, another season."""
    case = case_ids(services, "01")[0]
    stored = fact_bytes(case)
    other = encode(
        msgspec.structs.replace(decode(stored), body={"met": "parent", "outcome": "denied"})
    )
    await phone.push(phone.chained(stored))
    fork = fact_bytes(case)
    await phone.push(
        phone.packed(fork, 1, link(bytes(32), sha256_hex(fork))),
        phone.chained(other),
        phone.chained(b'{"id":"<b>x</b>","kind":"visit"}'),
        phone.chained(fact_bytes(case_ids(services, "02")[0])),
        phone.chained(fact_bytes(case, season="2018")),
    )


def rows(services: Services, code: str = "") -> list[str]:
    found, _ = quarantine.listed(services, WHOLE_COUNTY)
    return [i.row.id for i in found if not code or i.row.code == code]


async def test_each_record_is_shown_in_words_with_why_and_what_can_be_done(
    officer: Browser, phone: RawPhone, services: Services
) -> None:
    await set_apart(phone, services)
    page = (await officer.get("/quarantine")).text
    for words in (
        "同一编号已经有内容不同的一条",
        "读不出完整的记录",
        "本校名单上没有这个人",
        "和这部手机已上交的记录顺序对不上",
        "属于别的年度",
        "等处理的 5 条",
        "32 字节",
        "season、case、body",
    ):
        assert words in page, words
    assert page.count("在册的 <span") == 2, "the conflict and the fork have something beside them"
    assert "<b>x</b>" not in page
    assert page.count('name="row"') == 5


async def test_a_school_reads_its_own_in_words_and_cannot_decide(
    app: Litestar, officer: Browser, phone: RawPhone, services: Services
) -> None:
    await set_apart(phone, services)
    liaison, other = await signed_in(app, "one"), await signed_in(app, "two")
    page = (await liaison.get("/schools/01/quarantine")).text
    assert "这里只能看" in page
    assert 'name="row"' not in page
    assert "不是本校的人" in page
    assert case_ids(services, "02")[0] not in page
    assert (await other.get("/schools/01/quarantine")).status_code == 404
    assert "等处理的 0 条" in (await other.get("/schools/02/quarantine")).text
    assert (
        await liaison.post("/quarantine", row=rows(services)[0], verdict="take")
    ).status_code == 403
    assert len(rows(services)) == 5


async def test_a_school_does_not_see_another_schools_record_beside_its_own(
    app: Litestar, officer: Browser, phone: RawPhone, services: Services
) -> None:
    theirs = await working_phone(phone.http, services, "02", "乙")
    stored = fact_bytes(
        case_ids(services, "02")[0],
        kind="contact_attempt",
        body={"to": "self", "outcome": "denied", "note": "外校写的"},
    )
    assert await theirs.outcomes(theirs.chained(stored)) == ["created"]
    same_id = fact_bytes(case_ids(services, "01")[0], id=decode(stored).id)
    assert await phone.outcomes(phone.chained(same_id)) == ["conflict"]
    liaison = await signed_in(app, "one")
    assert "外校写的" in (await officer.get("/quarantine")).text
    page = (await liaison.get("/schools/01/quarantine")).text
    assert "同一编号已经有内容不同的一条" in page
    assert "外校写的" not in page


async def test_names_are_masked(officer: Browser, phone: RawPhone, services: Services) -> None:
    await set_apart(phone, services)
    page = (await officer.get("/quarantine")).text
    assert "样例0" not in page
    assert mask_name("样例0") in page


async def test_what_cannot_be_done_is_named_and_the_rest_is_done(
    officer: Browser, phone: RawPhone, services: Services
) -> None:
    await set_apart(phone, services)
    answer = await officer.post(
        "/quarantine", row=rows(services), verdict="take", reason="核对过手机"
    )
    page = (await officer.get(answer.headers["location"])).text
    assert "收下 1 条" in page
    assert "4 条没有处理" in page
    assert ">\n核对过手机</textarea>" in page
    resolved = (await officer.get("/quarantine?show=resolved")).text
    assert "已收下" in resolved
    assert "officer先生 — 核对过手机" in resolved
    assert "重新打开</button>" in resolved
    assert 'name="row"' not in resolved, "what was taken is not opened again"


async def test_without_a_button_or_a_reason_nothing_is_decided_and_the_reason_is_kept(
    officer: Browser, phone: RawPhone, services: Services
) -> None:
    await set_apart(phone, services)
    one = rows(services)[0]
    answer = await officer.post("/quarantine", row=one, reason="已经核对")
    assert ">\n已经核对</textarea>" in (await officer.get(answer.headers["location"])).text
    await officer.post("/quarantine", row=one, verdict="drop", reason="")
    assert "不收要写明理由" in await officer.text_of("/quarantine")
    await officer.post("/quarantine", verdict="drop", reason="x")
    assert "还没有选择" in await officer.text_of("/quarantine")
    assert len(rows(services)) == 5


async def test_the_first_pages_name_the_number_until_it_is_decided(
    app: Litestar, officer: Browser, phone: RawPhone, services: Services
) -> None:
    await set_apart(phone, services)
    assert re.search(r'href="/quarantine">5 条异常记录', (await officer.get("/my-schools")).text)
    liaison = await signed_in(app, "one")
    assert 'href="/schools/01/quarantine">5 条异常记录' in (await liaison.get("/schools/01")).text
    await officer.post("/quarantine", row=rows(services), verdict="drop", reason="都核对过")
    assert "条异常记录" not in (await officer.get("/my-schools")).text
    assert "条异常记录" not in (await liaison.get("/schools/01")).text


async def test_hundreds_are_shown_in_pages_and_decided_a_page_at_a_time(
    officer: Browser, phone: RawPhone, services: Services
) -> None:
    await phone.push(phone.chained(b"{}"))
    first = services.database.read(lambda c: c.execute(select(t.quarantine)).mappings().one())
    copies = [
        {**first, "id": new_id(), "n": n, "sha256": f"{n:064x}", "data": b"{%d" % n}
        for n in range(2, 301)
    ]
    services.database.write(lambda c: c.execute(insert(t.quarantine), copies))
    page = (await officer.get("/quarantine?at=6&ticked=true")).text
    assert "共 6 页" in page
    ticked = re.findall(r'name="row" value="([\w-]+)" checked', page)
    assert len(ticked) == 50
    await officer.post("/quarantine", row=ticked, verdict="drop", reason="读不出", at="6")
    assert quarantine.counts(services, WHOLE_COUNTY) == (250, 50)
    assert "等处理的 250 条" in (await officer.get("/quarantine?at=99")).text


async def test_the_command_line_lists_shows_and_decides(
    phone: RawPhone, services: Services, app_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await set_apart(phone, services)

    def run(*arguments: str) -> dict[str, object]:
        capsys.readouterr()
        data = ["--data", str(app_settings.data_dir), "--season", SEASON, "--json"]
        with pytest.raises(SystemExit):
            main(["quarantine", *arguments, *data])
        found = json.loads(capsys.readouterr().out)
        assert isinstance(found, dict)
        return found

    found = run("list")
    assert (found["waiting"], found["pages"]) == (5, 1)
    (fork,) = rows(services, "fact.chain_forked")
    assert run("show", fork)["may"] == ["take", "ask", "drop"]
    assert run("take", fork) == {"done": 1, "refused": {}}
    (conflict,) = rows(services, "fact.conflict")
    assert run("take", conflict)["refused"] == {conflict: "fact.conflict"}
    assert run("drop", conflict, "--reason", "与在册的重复")["done"] == 1
    assert run("list", "--resolved")["resolved"] == 2
    assert run("reopen", conflict)["done"] == 1


async def test_once_everything_is_decided_the_school_composes_its_summary(
    app: Litestar, officer: Browser, phone: RawPhone, services: Services
) -> None:
    await set_apart(phone, services)
    await phone.push(*(phone.chained(fact_bytes(case)) for case in case_ids(services, "01")))
    liaison = await signed_in(app, "one")
    refused = (await liaison.post("/schools/01/summary/compose")).text
    assert refused.count("<td>有一条记录内容有冲突") == 5
    await officer.post("/quarantine", row=rows(services, "fact.chain_forked"), verdict="take")
    await officer.post("/quarantine", row=rows(services), verdict="drop", reason="都核对过")
    now = services.settings.now()
    gathered = services.database.read(
        lambda c: gather(c, SEASON, "01", cut_off=now, exceptions=(), reason="", demo=False)
    )
    summary = compose(gathered.inputs)
    assert summary.totals.visits == 8, "six, the one before them and the one taken"


async def test_a_record_that_was_asked_for_says_that_it_has_not_come_and_can_be_dropped(
    officer: Browser, phone: RawPhone, services: Services
) -> None:
    await phone.push(phone.chained(fact_bytes(case_ids(services, "02")[0])))
    (waits,), _ = quarantine.listed(services, WHOLE_COUNTY)
    quarantine.decide_one(services, waits.row.id, "ask", "", scope=WHOLE_COUNTY, who="何主任")
    page = (await officer.get("/quarantine")).text
    assert "已请手机重交，还没有到" in page
    assert "撤回重交的请求</button>" in page
    await officer.post("/quarantine", row=waits.row.id, verdict="drop", reason="手机已经换了")
    assert quarantine.counts(services, WHOLE_COUNTY) == (0, 1)


async def test_a_record_with_a_moment_that_is_none_is_shown_as_it_is(
    officer: Browser, phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    odd = fact_bytes(
        case,
        happened_at="0001-01-01T00:00:00+14:00",
        body={"met": "self", "outcome": "promised", "promise_date": "0000-00-00"},
        season="2018",
    )
    await phone.push(phone.chained(odd))
    page = await officer.get("/quarantine")
    assert page.status_code == 200
    assert "0001-01-01T00:00:00+14:00" in page.text
