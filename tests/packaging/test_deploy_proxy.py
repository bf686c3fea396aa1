"""The proxy of deploy/, run as it is configured before a real server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync_server.crypto import tls as own_root
from tests.support.deploy import PROXY, clean, program, run


@pytest.fixture(scope="module")
def behind_the_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int, Path]]:
    """The proxy as configured, before two servers of ours, one of which is not there: its two ports and certificate."""
    folder = tmp_path_factory.mktemp("proxy")
    haproxy = program("haproxy")
    server, plain, tls, nobody = (_free() for _ in range(4))
    own_root.init(folder, "localhost", ("127.0.0.1",), datetime.now(UTC))
    text = PROXY
    for was, now in (
        ("/run/secrets/tls.pem", str(folder / own_root.SERVER)),
        ("bind :8080", f"bind 127.0.0.1:{plain}"),
        ("bind :8443", f"bind 127.0.0.1:{tls}"),
        ("server-1:8350", f"127.0.0.1:{server}"),
        ("server-2:8350", f"127.0.0.1:{nobody}"),
    ):
        assert was in text
        text = text.replace(was, now)
    (folder / "haproxy.cfg").write_text(text)
    clean(run(haproxy, "-c", "-f", folder / "haproxy.cfg"))
    environ = {
        **os.environ,
        "DOORSTEP_URL": f"https://localhost:{tls}",
        "DOORSTEP_PROXIES": "127.0.0.1",
    }
    command = [sys.executable, "-m", "sync_server.cli", "serve", "--host", "127.0.0.1"]
    log = (folder / "log").open("wb")
    started = [
        subprocess.Popen(
            [*command, "--port", str(server), "--data", str(folder / "data")],
            env=environ,
            stdout=log,
        ),
        subprocess.Popen(
            [haproxy, "-db", "-f", str(folder / "haproxy.cfg")], stdout=log, stderr=log
        ),
    ]
    try:
        _until(lambda: _answers(tls, 1) == {200})
        yield plain, tls, folder
    finally:
        for one in started:
            one.terminate()
            one.wait(30)
        log.close()


def _free() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _until(holds: Any, longest_s: float = 60) -> None:
    until = time.monotonic() + longest_s
    while time.monotonic() < until:
        try:
            if holds():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise TimeoutError


def test_the_proxy_finds_the_server_that_lives_each_time(
    behind_the_proxy: tuple[int, int, Path],
) -> None:
    _, tls, _ = behind_the_proxy
    _until(lambda: _answers(tls, 10) == {200})


def browser(tls: int) -> httpx.Client:
    """Somebody who takes our own root for granted."""
    return httpx.Client(base_url=f"https://localhost:{tls}", verify=False, timeout=60)  # noqa: S501


def _answers(tls: int, count: int) -> set[int]:
    with browser(tls) as http:
        return {http.get("/v1/health").status_code for _ in range(count)}


def test_plain_http_is_sent_on_to_https(behind_the_proxy: tuple[int, int, Path]) -> None:
    plain, _, _ = behind_the_proxy
    answer = httpx.get(f"http://127.0.0.1:{plain}/enrol", headers={"Host": "daikuan.example.cn"})
    assert (answer.status_code, answer.headers["location"]) == (
        308,
        "https://daikuan.example.cn/enrol",
    )


def test_pages_are_https_pages_behind_the_proxy(behind_the_proxy: tuple[int, int, Path]) -> None:
    _, tls, _ = behind_the_proxy
    with browser(tls) as http:
        answer = http.get("/sign-in", headers={"X-Forwarded-Proto": "http"})
    assert answer.status_code == 200
    assert "Secure" in answer.headers["set-cookie"]


def test_the_proxy_logs_no_request(behind_the_proxy: tuple[int, int, Path]) -> None:
    _, tls, folder = behind_the_proxy
    with browser(tls) as http:
        http.get("/setup/secret-of-a-page")
    assert "secret-of-a-page" not in (folder / "log").read_text("utf-8", "replace")
