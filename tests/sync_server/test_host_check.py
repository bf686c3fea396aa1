"""A request names this server, or it is sent to the right address."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from litestar import Litestar

from sync_server.crypto import tls
from sync_server.host_check import OwnHosts
from sync_server.office import connect
from sync_server.serve_choice import EVERYWHERE
from sync_server.services import Services
from tests.support.asgi_bodies import send
from tests.support.one_app import app_over

REACHED_AT = "192.0.2.10"
"""The address of this computer in tests.support.asgi_bodies."""


@pytest.fixture
def unnamed(services: Services) -> Services:
    """A server at its first start: nobody has chosen an address."""
    return replace(services, settings=replace(services.settings, public_url=""))


async def status(app: Litestar, host: str, path: str = "/v1/health", **headers: str) -> int:
    return (await send(app, "GET", path, headers={"host": host, **headers})).status


OURS = ["server", "SERVER", "server.", "server:8350", "127.0.0.1:8350", "localhost", "[::1]:8350"]
FOREIGN = [
    "evil.example",
    "127.0.0.1.evil.example",
    "server.evil.example",
    "192.0.2.11",
    EVERYWHERE,
    "xserver",
]


@pytest.mark.parametrize("host", [*OURS, REACHED_AT])
async def test_the_address_that_was_set_and_this_computer_are_ours(
    app: Litestar, host: str
) -> None:
    assert await status(app, host) == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sign-in",
        "/enrol",
        "/static/console.css",
        "/app/",
        "/v1/health",
        "/v1/changes",
        "/connect/test",
    ],
)
async def test_no_page_answers_to_a_name_that_is_not_ours(app: Litestar, path: str) -> None:
    answer = await send(app, "GET", path, headers={"host": "evil.example"})
    assert answer.status == 421
    assert "http://server" in answer.body.decode()


@pytest.mark.parametrize("host", FOREIGN)
async def test_a_name_like_ours_is_not_ours(app: Litestar, host: str) -> None:
    assert await status(app, host) == 421


@pytest.mark.parametrize("host", ["", "a b", "[::1", "é", "server/x", "@server", "a" * 5000, ":80"])
async def test_what_is_no_name_is_refused(app: Litestar, host: str) -> None:
    assert await status(app, host) in (400, 421)


async def test_a_request_that_names_two_servers_or_none_is_no_request(app: Litestar) -> None:
    twice = await send(app, "GET", "/sign-in", raw=((b"host", b"server"),))
    assert twice.status == 400


async def test_what_a_proxy_says_of_the_host_is_not_believed(app: Litestar) -> None:
    said = {"x-forwarded-host": "server", "forwarded": "host=server"}
    assert await status(app, "evil.example", **said) == 421
    assert await status(app, "server", **{"x-forwarded-host": "evil.example"}) == 200


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_refusal_names_the_right_address_in_both_languages(
    app: Litestar, language: str
) -> None:
    headers = {"host": "evil.example", "cookie": f"doorstep_language={language}"}
    page = (await send(app, "GET", "/sign-in", headers=headers)).body.decode()
    words = {"zh": "正确的地址是 http://server", "en": "the right one is http://server"}
    assert words[language] in page
    answer = await send(
        app, "GET", "/v1/changes", headers={"host": "x", "accept-language": language}
    )
    assert words[language] in answer.body.decode()


async def test_on_the_first_start_this_computer_alone_is_known(
    routes: Litestar, unnamed: Services
) -> None:
    app = app_over(routes, unnamed)
    assert await status(app, "127.0.0.1:8350", "/sign-in") == 200
    assert await status(app, REACHED_AT, "/sign-in") == 200
    assert await status(app, "server", "/sign-in") == 421
    page = await send(app, "GET", "/sign-in", headers={"host": "server"})
    assert "http://127.0.0.1:8350" in page.body.decode()


async def known(services: Services, host: str) -> bool:
    return await OwnHosts(services).knows(host)


async def test_a_domain_behind_a_proxy_is_ours_from_the_moment_it_is_chosen(
    unnamed: Services,
) -> None:
    assert not await known(unnamed, "daikuan.example.cn")
    connect.domain(unnamed, "https://daikuan.example.cn", b"", b"", who="t", port=8350)
    assert await known(unnamed, "daikuan.example.cn")
    assert not await known(unnamed, "other.example.cn")


async def test_phones_still_come_at_an_address_chosen_earlier(unnamed: Services) -> None:
    connect.domain(unnamed, "https://old.example.cn", b"", b"", who="t", port=8350)
    connect.domain(unnamed, "https://new.example.cn", b"", b"", who="t", port=8350)
    assert await known(unnamed, "old.example.cn")
    assert await known(unnamed, "new.example.cn")


async def test_the_names_of_our_own_certificate_are_ours(unnamed: Services) -> None:
    tls.init(tls.folder(unnamed.settings), "office.example.cn", ["192.0.2.77"], datetime.now(UTC))
    assert await known(unnamed, "office.example.cn")
    assert await known(unnamed, "192.0.2.77")
    assert not await known(unnamed, "www.office.example.cn")


async def test_the_names_of_a_certificate_of_the_command_line_are_ours(unnamed: Services) -> None:
    hosts = OwnHosts(unnamed, ["daikuan.example.cn", "*.edu.example.cn"])
    assert await hosts.knows("daikuan.example.cn")
    assert await hosts.knows("qinghuai.edu.example.cn")
    assert not await hosts.knows("example.cn")
    assert await hosts.knows("daikuan.example.cn")


async def test_a_chinese_domain_is_known_as_browsers_send_it(unnamed: Services) -> None:
    settings = replace(unnamed.settings, public_url="https://贷款.example.cn")
    services = replace(unnamed, settings=settings)
    assert await known(services, f"{'贷款'.encode('idna').decode()}.example.cn")


async def test_the_address_listened_on_is_ours(unnamed: Services) -> None:
    settings = replace(unnamed.settings, listen_host="192.0.2.5")
    assert await known(replace(unnamed, settings=settings), "192.0.2.5")
    settings = replace(unnamed.settings, listen_host=EVERYWHERE)
    assert not await known(replace(unnamed, settings=settings), EVERYWHERE)


async def test_only_a_number_is_ours_because_the_connection_came_to_it(unnamed: Services) -> None:
    hosts = OwnHosts(unnamed)
    assert await hosts.knows("192.0.2.9", "192.0.2.9")
    assert await hosts.knows("2001:db8::1", "2001:0db8:0::1")
    assert await hosts.knows("192.0.2.9", "::ffff:192.0.2.9")
    assert not await hosts.knows("rebound.example", "rebound.example")
    assert not await hosts.knows("192.0.2.9", "192.0.2.8")


async def test_many_unknown_names_at_once_are_looked_up_once_and_off_the_event_loop(
    unnamed: Services,
) -> None:
    reads: list[threading.Thread] = []

    class Counted(OwnHosts):
        def _read(self) -> list[str]:
            reads.append(threading.current_thread())
            return super()._read()

    hosts = Counted(unnamed)
    found = await asyncio.gather(*(hosts.knows(f"x{n}.example") for n in range(50)))
    assert not any(found)
    assert len(reads) == 1
    assert reads[0] is not threading.current_thread()
