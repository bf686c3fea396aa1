"""The real `doorstep serve`: the office chooses how phones connect, and the server changes over by itself."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import ssl
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from sync_server import serve_choice
from sync_server.console.pages.connect import LEAD_S
from sync_server.crypto import tls
from sync_server.sample.processes import Process, wait_until_up
from sync_server.services import Services
from sync_server.settings import Settings
from tests.support.console_browser import PASSWORD, people
from tests.support.county import CLOCK, fill

LOOPBACK = "127.0.0.1"
LONGEST_S = 120


@pytest.fixture
def data(blank: Path, tmp_path: Path) -> Path:
    """A server's data: two schools with their cases, and an admin."""
    folder = tmp_path / "server"
    shutil.copytree(blank, folder)
    services = Services.open(Settings(data_dir=folder))
    services.database.write(lambda c: fill(c))
    people(services)
    services.close()
    return folder


@pytest.fixture
def port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(data: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    """`doorstep serve` as a process, over http on this machine alone."""
    monkeypatch.delenv("DOORSTEP_URL", raising=False)
    process = Process(
        *("-m", "sync_server.cli", "serve", "--data", str(data), "--port", str(port)),
        DOORSTEP_CLOCK=CLOCK,
    )
    process.start(pipes=True)
    wait_until_up(f"http://{LOOPBACK}:{port}", LONGEST_S)
    yield process
    process.stop()


@contextmanager
def signed_in(port: int) -> Iterator[httpx.Client]:
    """The admin's browser."""
    with httpx.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=60) as client:
        fields = {**token(client, "/sign-in"), "name": "admin", "password": PASSWORD}
        answer = client.post("/sign-in", data=fields)
        assert answer.status_code == 303, answer.text
        yield client


def token(client: httpx.Client, page: str = "/connect") -> dict[str, str]:
    """The token in a page's forms."""
    found = re.search(r'name="_csrf_token" value="([0-9a-f]+)"', client.get(page).text)
    assert found
    return {"_csrf_token": found[1]}


def answered(client: httpx.Client, url: str) -> httpx.Response:
    """What a server that is about to come answers."""
    until = time.monotonic() + LONGEST_S
    while True:
        try:
            return client.get(url)
        except httpx.TransportError:
            assert time.monotonic() < until
            time.sleep(0.2)


@contextmanager
def half_sent(port: int) -> Iterator[socket.socket]:
    """A request of which half has arrived."""
    with socket.create_connection((LOOPBACK, port), timeout=60) as line:
        line.sendall(
            b"POST /v1/enrol HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b'Content-Length: 40\r\n\r\n{"code": "00000000", '
        )
        yield line


def finished(line: socket.socket) -> bytes:
    """The first line of its answer, once the other half is there."""
    line.sendall(b'"name": "x" }      ')
    return line.recv(4096).partition(b"\r\n")[0]


def test_the_wireless_network_is_chosen_and_the_server_comes_back_under_its_own_root(
    server: Process, data: Path, port: int
) -> None:
    with signed_in(port) as admin:
        page = admin.get("/connect").text
        assert f'value="{LOOPBACK}"' in page
        cases = admin.get("/cases").text
        with half_sent(port) as line:
            page = admin.post("/connect/wireless", data={**token(admin), "host": LOOPBACK})
            time.sleep(LEAD_S + 2)
            assert finished(line).startswith(b"HTTP/1.1 4"), "what was under way is answered"
    url = f"https://{LOOPBACK}:{port}"
    assert page.status_code == 200
    assert f'href="{url}/connect"' in page.text
    place = data / "keys" / "tls"
    assert tls.served(place).root_fingerprint in page.text

    trust = ssl.create_default_context(cafile=place / tls.ROOT)
    with httpx.Client(verify=trust, cookies=admin.cookies, timeout=60) as again:
        assert answered(again, f"{url}/v1/health").json()["ok"]
        assert again.get(f"{url}/cases").text == cases
        assert url in again.get(f"{url}/connect").text
        made = again.post(
            f"{url}/connect/qr", data=token(again, f"{url}/connect"), follow_redirects=True
        )
        assert f"{url}/connect/test#" in made.text
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://{LOOPBACK}:{port}/v1/health", timeout=5)

    assert server.process is not None
    assert server.running
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(timeout=60) == 0, "one press ends it"

    kept = serve_choice.file_of(data)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_bytes())["port"] == port
    server.stop()
    server.command = ("-m", "sync_server.cli", "serve", "--data", str(data))
    server.start()
    with httpx.Client(verify=trust, timeout=60) as later:
        assert answered(later, f"{url}/v1/health").json()["ok"]


def test_a_change_that_cannot_be_followed_is_reverted_with_a_message(
    server: Process, data: Path, port: int
) -> None:
    with signed_in(port) as admin:
        before = admin.get("/connect/state").json()["run"]
        admin.post("/connect/wireless", data={**token(admin), "host": LOOPBACK})
        (data / "keys" / "tls" / tls.SERVER).write_text("no certificate")
        until = time.monotonic() + LONGEST_S
        while answered(admin, "/connect/state").json()["run"] == before:
            assert time.monotonic() < until
            time.sleep(0.2)
        page = admin.get("/connect").text
    assert "没有换成" in page
    assert "没有可用的 server.pem" in page
    assert serve_choice.read(data) == serve_choice.Choice()
    assert server.running


def test_a_domain_with_its_certificate_moves_the_server_to_another_port(
    data: Path, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a county's own: key and certificate were made elsewhere and come through the form."""
    monkeypatch.delenv("DOORSTEP_URL", raising=False)
    made = tls.init(tmp_path / "bought", "localhost", (), datetime.now(UTC))
    serve_choice.write(data, serve_choice.Choice(port=port))
    server = Process("-m", "sync_server.cli", "serve", "--data", str(data))
    server.start(pipes=True)
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        url = f"https://localhost:{probe.getsockname()[1]}"
    try:
        wait_until_up(f"http://{LOOPBACK}:{port}", LONGEST_S)
        with signed_in(port) as admin:
            pem = made.file.read_bytes()
            files = {"certificate": ("fullchain.pem", pem), "key": ("privkey.pem", pem)}
            page = admin.post("/connect/domain", data={**token(admin), "address": url}, files=files)
        assert f'data-url="{url}"' in page.text
        trust = ssl.create_default_context(cafile=tmp_path / "bought" / tls.ROOT)
        with httpx.Client(verify=trust, timeout=60) as again:
            health = answered(again, f"{url}/v1/health")
            assert health.json()["ok"]
            assert "max-age" in again.get(f"{url}/sign-in").headers["strict-transport-security"]
    finally:
        server.stop()
