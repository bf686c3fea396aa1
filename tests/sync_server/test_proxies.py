"""X-Forwarded-For and X-Forwarded-Proto are believed when a named proxy says them, and from nobody else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from litestar import Litestar

from shared.problems import ProblemError
from sync_server import serve_choice
from sync_server.cli.serving import Options, Start, planned, server_config
from sync_server.client_address import THIS_COMPUTER, Proxies
from sync_server.connection_limits import Limits, OpenConnections
from sync_server.serve_choice import Choice
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import audit
from tests.support.devices import RawPhone

PROXY, CLIENT, FAR = "192.0.2.1", "203.0.113.77", "198.51.100.9"
NETWORK = "192.0.2.0/24"
MASKED = {
    CLIENT: "203.0.113.0/24",
    PROXY: NETWORK,
    "127.0.0.1": "127.0.0.0/24",
    "no address": "–",
}


def served(app: Litestar, settings: Settings, *proxies: str) -> uvicorn.Config:
    """The app as `doorstep serve` runs it."""
    start = Start(replace(settings, proxies=proxies), port=0, cert=None, key=None, choice=Choice())
    config = server_config(start, app)
    config.load()
    return config


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "whose"),
    [
        ([], CLIENT, [], CLIENT),
        ([], CLIENT, [FAR], CLIENT),
        ([], "127.0.0.1", [FAR], "127.0.0.1"),
        ([PROXY], CLIENT, [FAR], CLIENT),
        ([PROXY], PROXY, [CLIENT], CLIENT),
        ([PROXY], PROXY, [f"{FAR}, {CLIENT}"], CLIENT),
        ([PROXY], PROXY, [FAR, CLIENT], CLIENT),
        ([PROXY], PROXY, [f"{FAR}, 127.0.0.1, ::1, {CLIENT}"], CLIENT),
        ([PROXY], PROXY, [f"{PROXY}, {CLIENT}"], CLIENT),
        ([NETWORK], PROXY, [f"{FAR}, {CLIENT}, 192.0.2.200"], CLIENT),
        ([PROXY], PROXY, [f"{FAR}, {CLIENT}:5555"], CLIENT),
        ([PROXY], PROXY, [], PROXY),
        ([PROXY], PROXY, [f"{CLIENT}, ] not [ an address {'x' * 300}"], "no address"),
    ],
)
async def test_the_last_address_that_is_no_named_proxys_is_who_asks(
    app: Litestar,
    services: Services,
    app_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    proxies: list[str],
    peer: str,
    forwarded: list[str],
    whose: str,
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # uvicorn's own variable counts for nothing
    loaded: Any = served(app, app_settings, *proxies).loaded_app
    transport = httpx.ASGITransport(app=loaded, client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as http:
        answer = await http.post(
            "/v1/enrol",
            content=RawPhone().enrol_request("00000000"),
            headers=[("X-Forwarded-For", text) for text in forwarded],
        )
    assert answer.status_code == 403
    (note,) = services.database.read(lambda c: audit.listed(c, 1))
    assert (note.action, note.detail) == ("phone.enrol_failed", f"1 {MASKED[whose]}")


@pytest.mark.parametrize(("peer", "scheme"), [(PROXY, "https"), (CLIENT, "http")])
async def test_only_a_named_proxy_makes_a_request_one_over_https(
    app: Litestar, app_settings: Settings, peer: str, scheme: str
) -> None:
    seen: list[str] = []

    async def look(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["scheme"])
        await app(scope, receive, send)

    config = served(app, app_settings, PROXY)
    loaded: Any = config.loaded_app
    while loaded.app is not app:
        loaded = loaded.app
    loaded.app = look
    outermost: Any = config.loaded_app
    transport = httpx.ASGITransport(app=outermost, client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as http:
        await http.get("/v1/health", headers={"X-Forwarded-Proto": "https"})
    assert seen == [scheme]


def test_nobody_is_believed_where_nobody_was_named(tmp_path: Path) -> None:
    assert planned(tmp_path, Options()).settings.proxies == ()


def test_the_command_line_wins_over_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOORSTEP_PROXIES", f"{PROXY}, {NETWORK}")
    assert planned(tmp_path, Options()).settings.proxies == (PROXY, NETWORK)
    assert planned(tmp_path, Options(proxies=(FAR,))).settings.proxies == (FAR,)


def test_where_the_office_has_a_proxy_with_its_certificate_one_on_this_computer_is_believed(
    tmp_path: Path,
) -> None:
    choice = Choice(url="https://daikuan.example.cn", certificate=serve_choice.ELSEWHERE)
    serve_choice.write(tmp_path, choice)
    assert planned(tmp_path, Options()).settings.proxies == THIS_COMPUTER
    assert planned(tmp_path, Options(proxies=(PROXY,))).settings.proxies == (PROXY,)


@pytest.mark.parametrize("text", ["*", "0.0.0.0/0", "::/0", "proxy.example", "192.0.2.1/24", "é"])
def test_what_names_everybody_or_no_address_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ProblemError) as refused:
        planned(tmp_path, Options(proxies=(text,)))
    assert refused.value.code == "connect.bad_proxy"


def test_the_connections_of_a_named_proxy_alone_are_not_counted() -> None:
    limits = Limits(per_address=1, trusted=Proxies([NETWORK]))
    connections = OpenConnections(limits)
    assert [connections.admit(a) for a in (PROXY, PROXY, CLIENT, CLIENT)] == [
        True,
        True,
        True,
        False,
    ]


def test_a_proxy_may_be_a_network_and_ipv6() -> None:
    proxies = Proxies(["10.0.0.0/8", "2001:db8::/32"])
    found = [a in proxies for a in ("10.9.9.9", "2001:db8::1", "::ffff:10.1.1.1", "11.0.0.1", "")]
    assert found == [True, True, True, False, False]
