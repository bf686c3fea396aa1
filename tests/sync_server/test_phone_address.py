"""A QR code that no phone can open is refused with what to do, or says openly where it opens."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from shared.problems import ProblemError
from sync_server.office import phones
from sync_server.office.phone_address import phone_address
from sync_server.sample.processes import wait_until_up
from sync_server.serve_choice import EVERYWHERE
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import progress
from tests.support.command_line import doorstep_process, report
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON, fill
from tests.support.one_app import app_over

HERE = "127.0.0.1"
LOCAL = (
    "http://127.0.0.1:8350",
    "https://127.8.9.1",
    "http://localhost:8350",
    "http://LOCALHOST.:8350/",
    "http://office.localhost",
    "http://[::1]:8350",
    "http://[::ffff:127.0.0.1]",
    "http://0.0.0.0:8350",
    "http://[::]:8350",
    "http://[broken",
    "daikuan.example.cn",
    "",
)
OPEN = (
    "http://192.168.1.20:8350",
    "https://daikuan.example.cn",
    "http://[fd00::7]:8350",
    "http://server",
    "http://127.example.cn",
)
REFUSED = "手机打不开"
OPENS_HERE = "只在服务器自己这台电脑的浏览器里打得开"


@pytest.mark.parametrize("listening", [EVERYWHERE, "::", "192.168.1.20", "doorstep.lan"])
@pytest.mark.parametrize("url", LOCAL)
def test_a_server_that_others_reach_gives_no_address_that_they_cannot_open(
    url: str, listening: str
) -> None:
    for settings, origin in (
        (Settings(data_dir=Path(), listen_host=listening), url),
        (Settings(data_dir=Path(), listen_host=listening, public_url=url), ""),
    ):
        with pytest.raises(ProblemError) as refused:
            phone_address(settings, origin)
        assert refused.value.code == "enrol.address_local"
        assert "DOORSTEP_URL" in refused.value.fix()
        assert "DOORSTEP_URL" in refused.value.fix("en")


@pytest.mark.parametrize("listening", [HERE, "localhost", "::1", ""])
@pytest.mark.parametrize("url", LOCAL)
def test_a_server_of_one_computer_says_that_the_address_opens_there_only(
    url: str, listening: str
) -> None:
    address = phone_address(Settings(data_dir=Path(), listen_host=listening), url)
    assert (address.url, address.only_here) == (url.rstrip("/"), True)


@pytest.mark.parametrize("listening", [EVERYWHERE, HERE, ""])
@pytest.mark.parametrize("url", OPEN)
def test_an_address_that_phones_can_open_is_given_as_it_is(url: str, listening: str) -> None:
    address = phone_address(Settings(data_dir=Path(), listen_host=listening), f"{url}/")
    assert (address.url, address.only_here) == (url, False)


def test_the_address_that_was_set_comes_before_the_one_the_office_used() -> None:
    settings = Settings(data_dir=Path(), listen_host=EVERYWHERE, public_url=OPEN[0])
    assert phone_address(settings, LOCAL[0]).url == OPEN[0]


def test_a_refused_code_is_not_issued(services: Services, county: list[str]) -> None:
    settings = replace(services.settings, public_url="", listen_host=EVERYWHERE)
    with pytest.raises(ProblemError):
        phones.issue(replace(services, settings=settings), "01", "甲", who="t", origin=LOCAL[0])
    assert services.database.read(lambda c: progress.open_codes(c, SEASON, "01")) == {}


# the console


@pytest.fixture
def unnamed(services: Services, county: list[str]) -> Services:
    """A server to which nobody gave an address."""
    people(services)
    return replace(services, settings=replace(services.settings, public_url=""))


async def page_of_a_code(
    routes: Litestar, services: Services, listening: str, url: str
) -> httpx.Response:
    """What the liaison sees who asks for a code in a browser at `url`."""
    settings = replace(services.settings, listen_host=listening)
    browser = await signed_in(app_over(routes, replace(services, settings=settings)), "one", url)
    answer = await browser.post("/schools/01/phones/issue", teacher="甲")
    return answer if answer.status_code == 200 else await browser.get(answer.headers["location"])


async def test_on_the_servers_own_screen_the_liaison_reads_what_to_do(
    routes: Litestar, unnamed: Services
) -> None:
    page = await page_of_a_code(routes, unnamed, EVERYWHERE, "http://127.0.0.1:8350")
    assert (REFUSED in page.text, "DOORSTEP_URL" in page.text) == (True, True)
    assert 'class="qr"' not in page.text


async def test_in_a_demonstration_the_code_is_there_and_says_where_it_opens(
    routes: Litestar, unnamed: Services
) -> None:
    page = await page_of_a_code(routes, unnamed, HERE, "http://127.0.0.1:8350")
    assert 'class="qr"' in page.text
    assert OPENS_HERE in page.text


async def test_over_the_network_the_code_is_there_without_a_word(
    routes: Litestar, unnamed: Services
) -> None:
    page = await page_of_a_code(routes, unnamed, EVERYWHERE, "http://192.168.1.20:8350")
    assert 'class="qr"' in page.text
    assert "http://192.168.1.20:8350/enrol#code=" in page.text
    assert OPENS_HERE not in page.text


# the commands


@contextmanager
def serving(data: Path, host: str) -> Iterator[str]:
    """`doorstep serve` as a process that nobody gave an address."""
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        port = probe.getsockname()[1]
    words = ("serve", "--host", host, "--port", str(port), "--data", str(data))
    environ = {name: value for name, value in os.environ.items() if name != "DOORSTEP_URL"}
    process = subprocess.Popen([sys.executable, "-m", "sync_server.cli", *words], env=environ)
    try:
        wait_until_up(f"http://{HERE}:{port}", 180)
        yield f"http://{HERE}:{port}"
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.mark.parametrize(("host", "refused"), [(EVERYWHERE, True), (HERE, False)])
async def test_serve_knows_where_it_listens(
    app: Litestar, services: Services, app_settings: Settings, host: str, refused: bool
) -> None:
    services.database.write(lambda c: fill(c))
    people(services)
    with serving(app_settings.data_dir, host) as url:
        browser = Browser(app)
        browser.http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=60)
        async with browser.http:
            await browser.sign_in("one")
            answer = await browser.post("/schools/01/phones/issue", teacher="甲")
            assert (answer.status_code == 303) is refused
            if refused:
                assert REFUSED in await browser.text_of("/schools/01/phones")


@pytest.mark.parametrize(("url", "warned"), [("", True), (LOCAL[0], True), (OPEN[0], False)])
def test_the_command_warns_of_an_address_that_no_phone_can_open(
    app_settings: Settings, monkeypatch: pytest.MonkeyPatch, url: str, warned: bool
) -> None:
    services = Services.open(app_settings)
    services.database.write(lambda c: fill(c))
    services.close()
    monkeypatch.setenv("DOORSTEP_URL", url)
    done = doorstep_process("enrol", "01", "甲", "--json", data=app_settings.data_dir)
    assert set(report(done)) == {"code", "url", "expires_at", "teacher"}
    assert ("DOORSTEP_URL" in done.stderr) is warned
