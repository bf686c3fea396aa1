"""The test code: what turns it green, what keeps it from that, and that only https counts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from shared.problems import ProblemError
from sync_server.console.parts import browsers
from sync_server.office import phone_test
from sync_server.office.phone_test import PhoneTest, Report
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import audit
from tests.support.console_browser import Browser, people, signed_in
from tests.support.devices import asgi
from tests.support.one_app import app_over
from tests.support.user_agents import ANDROID, INSIDE, IPHONE

URL = "https://daikuan.example.cn"
CHROME = ANDROID.format("139.0.0.0")
FINE: dict[str, Any] = {"secure": True, "worker": "ok", "kept": True}


@pytest.fixture
def code(services: Services) -> PhoneTest:
    return phone_test.begin(URL, services.settings.real_now())


def problem_of(services: Services, test: PhoneTest | None, report: Report, **more: Any) -> str:
    """The code of the problem; "" for a good phone."""
    given: dict[str, Any] = {"https": True, "phone": "Android", **more}
    try:
        phone_test.answer(services, test, report, **given)
    except ProblemError as problem:
        return problem.code
    return ""


def report(test: PhoneTest, **values: Any) -> Report:
    return Report(token=test.token, **{**FINE, **values})


@pytest.mark.parametrize(
    ("values", "more", "expected"),
    [
        ({}, {}, ""),
        ({}, {"https": False}, "connect.test_http"),
        ({"secure": False}, {}, "connect.test_http"),
        ({}, {"in_app": "微信 WeChat"}, "connect.test_in_app"),
        ({"worker": "untrusted", "kept": False}, {}, "connect.test_chain"),
        ({"missing": ["WebAssembly"], "worker": ""}, {}, "connect.test_browser"),
        ({"worker": "refused", "kept": False}, {}, "connect.test_worker"),
        ({"worker": ""}, {}, "connect.test_worker"),
        ({"kept": False}, {}, "connect.test_storage"),
    ],
)
def test_only_a_page_read_back_over_https_is_good(
    services: Services,
    code: PhoneTest,
    values: dict[str, object],
    more: dict[str, object],
    expected: str,
) -> None:
    before = code.state(services.settings.real_now())
    assert problem_of(services, code, report(code, **values), **more) == expected
    assert code.good is (expected == "")
    assert code.state(services.settings.real_now()) != before


def test_under_our_own_root_an_untrusted_certificate_leads_to_the_trust_page(
    services: Services, code: PhoneTest
) -> None:
    services.settings = replace(services.settings, own_root=True)
    assert (
        problem_of(services, code, report(code, worker="untrusted")) == "connect.test_certificate"
    )


def test_green_stays_green_and_stands_in_the_audit_trail_once(
    services: Services, code: PhoneTest
) -> None:
    assert problem_of(services, code, report(code, kept=False)) == "connect.test_storage"
    assert problem_of(services, code, report(code)) == ""
    assert problem_of(services, code, report(code)) == ""
    assert problem_of(services, code, report(code, kept=False)) == "connect.test_storage"
    assert (code.good, code.problem) == (True, None)
    notes = services.database.read(lambda c: audit.listed(c, 20))
    assert [n.action for n in notes if n.action.startswith("connect.")] == ["connect.tested"]


def test_another_code_none_and_an_old_one_are_refused_alike(
    services: Services, code: PhoneTest
) -> None:
    foreign = Report(token="é", secure=True, worker="ok", kept=True)
    assert problem_of(services, code, foreign) == "connect.test_over"
    assert problem_of(services, None, report(code)) == "connect.test_over"
    code.ends_at -= phone_test.LIFE + timedelta(seconds=1)
    assert problem_of(services, code, report(code)) == "connect.test_over"
    assert not code.good


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (CHROME, "Android · Chrome 139"),
        (IPHONE.format("17_4", "17.4"), "iPhone · Safari 17.4"),
        ("", "PC"),
    ],
)
def test_a_phone_is_named_in_a_few_words(user_agent: str, words: str) -> None:
    assert browsers.in_words(user_agent) == words


@pytest.fixture
async def site(routes: Litestar, app_settings: Settings) -> AsyncIterator[Litestar]:
    """A server that a proxy puts at an https address."""
    services = Services.open(replace(app_settings, public_url=URL))
    people(services)
    yield app_over(routes, services)
    services.close()


async def token_made(office: Browser) -> str:
    assert (await office.post("/connect/qr")).headers["location"] == "/connect/qr"
    page = await office.get("/connect/qr")
    found = re.search(rf"{URL}/connect/test#([\w-]+)", page.text)
    assert found is not None
    assert "<svg" in page.text
    assert '<meta http-equiv="refresh" content="5">' in page.text
    return found[1]


async def sent(site: Litestar, token: str, base: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=asgi(site), base_url=base) as phone:
        answer = await phone.post(
            "/connect/test/result",
            json={"token": token, **FINE},
            headers={"user-agent": CHROME, **headers},
        )
    assert "set-cookie" not in answer.headers
    return answer


@pytest.mark.parametrize(
    ("base", "headers", "good"),
    [
        (URL, {}, True),
        ("http://127.0.0.1", {"origin": URL}, True),
        ("http://127.0.0.1", {}, False),
        ("http://127.0.0.1", {"origin": "http://127.0.0.1"}, False),
        ("http://127.0.0.1", {"origin": "http://daikuan.example.cn"}, False),
    ],
)
async def test_a_report_counts_only_over_https(
    site: Litestar, base: str, headers: dict[str, str], good: bool
) -> None:
    office = await signed_in(site, "admin", URL)
    token = await token_made(office)
    before = (await office.get("/connect/state")).json()["test"]
    answer = await sent(site, token, base, **headers)
    assert answer.json()["good"] is good
    after = (await office.get("/connect/state")).json()["test"]
    assert (before, after) == ("waiting-0", "good-1" if good else "waiting-1")
    page = (await office.get("/connect/qr")).text
    assert ('id="green"' in page) is good
    assert ("不是 https 地址" in page) is not good


async def test_what_is_no_report_is_refused(site: Litestar) -> None:
    async with httpx.AsyncClient(transport=asgi(site), base_url=URL) as phone:
        answer = await phone.post("/connect/test/result", content=b"nonsense")
    assert answer.json()["good"] is False
    assert answer.status_code >= 400


async def test_without_an_https_address_there_is_no_code(app: Litestar, services: Services) -> None:
    people(services)
    office = await signed_in(app, "admin")
    assert (await office.post("/connect/qr")).headers["location"] == "/connect"
    assert "还没有 https 地址" in await office.text_of("/connect")


async def test_the_phones_page_is_tight_and_the_kept_page_is_none_of_the_servers(
    site: Litestar,
) -> None:
    async with httpx.AsyncClient(transport=asgi(site), base_url=URL) as phone:
        page = await phone.get("/connect/test", headers={"user-agent": CHROME})
        worker = await phone.get("/connect/test_worker.js")
        kept = await phone.get("/connect/test/kept")
        inside = await phone.get("/connect/test", headers={"user-agent": INSIDE["微信"]})
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in policy
    assert "set-cookie" not in page.headers
    assert re.search(r"<script(?![^>]* src=)| on[a-z]+=\"", page.text) is None
    assert (worker.status_code, kept.status_code) == (200, 404)
    assert worker.headers["content-type"].startswith("text/javascript")
    assert '<svg class="drawn"' in inside.text


async def test_english_is_whole(site: Litestar) -> None:
    office = await signed_in(site, "admin", URL)
    await office.get("/language/en")
    await token_made(office)
    for path in ("/connect", "/connect/qr", "/connect/test"):
        text = (await office.get(path)).text
        chinese = re.sub(r"<[^>]+>|上门|中文|青槐县|\w+先生", "", text)
        assert re.findall(r"[\u4e00-\u9fff]+", chinese) == [], path
