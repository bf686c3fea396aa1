"""The phone's web app under /app/: types, encodings, tags, policies, every address, and nothing else of the disk."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from sync_server.api import web_app
from sync_server.api.accept_encoding import named
from sync_server.app import create_app
from sync_server.settings import Settings
from tests.support.devices import asgi

PAGE = b"<!DOCTYPE html><title>start</title>"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "pyodide").mkdir(parents=True)
    (folder / "index.html").write_bytes(PAGE)
    (folder / "worker.mjs").write_bytes(b"import 1")
    (folder / "pyodide" / "pyodide.asm.wasm").write_bytes(b"\0asm")
    (folder / "app.zip").write_bytes(b"PK" * 1000)
    (folder / "app.zip.gz").write_bytes(gzip.compress(b"PK" * 1000))
    (tmp_path / "secret.txt").write_text("not of the site")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
async def phone(app_settings: Settings, built: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(replace(app_settings, app_dir=built))
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as client:
        yield client
    app.state["services"].close()


@pytest.mark.parametrize("path", ["/app/", "/app/cases/QH-0001-7", "/app/more/settings"])
async def test_every_address_of_the_app_gives_the_start_page(
    phone: httpx.AsyncClient, path: str
) -> None:
    answer = await phone.get(path)
    assert (answer.status_code, answer.content) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


async def test_the_address_without_its_slash_redirects(phone: httpx.AsyncClient) -> None:
    answer = await phone.get("/app")
    assert (answer.status_code, answer.headers["location"]) == (308, "/app/")


async def test_modules_and_webassembly_have_the_types_browsers_insist_on(
    phone: httpx.AsyncClient,
) -> None:
    assert (
        (await phone.get("/app/worker.mjs")).headers["content-type"].startswith("text/javascript")
    )
    assert (await phone.get("/app/pyodide/pyodide.asm.wasm")).headers[
        "content-type"
    ] == "application/wasm"


async def test_the_worker_alone_may_use_eval(phone: httpx.AsyncClient) -> None:
    policies = [
        (await phone.get(path)).headers["content-security-policy"]
        for path in ("/app/worker.mjs", "/app/")
    ]
    assert ["'unsafe-eval'" in policy for policy in policies] == [True, False]
    assert all("'wasm-unsafe-eval'" in policy for policy in policies)
    assert all(
        "frame-ancestors 'none'" in policy and "default-src 'self'" in policy for policy in policies
    )


async def test_a_browser_that_accepts_gzip_gets_the_prepared_file(phone: httpx.AsyncClient) -> None:
    packed = await phone.get("/app/app.zip", headers={"accept-encoding": "gzip"})
    plain = await phone.get("/app/app.zip", headers={"accept-encoding": "identity"})
    assert (packed.headers.get("content-encoding"), plain.headers.get("content-encoding")) == (
        "gzip",
        None,
    )
    assert packed.content == plain.content == b"PK" * 1000
    assert int(packed.headers["content-length"]) < 200


async def test_an_unchanged_file_is_not_sent_again(phone: httpx.AsyncClient) -> None:
    first = await phone.get("/app/app.zip")
    again = await phone.get("/app/app.zip", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/app/nothing.js",
        "/app/app.zip.gz",
        "/app/link.txt",
        "/app/..%2fsecret.txt",
        "/app/%2e%2e/secret.txt",
    ],
)
async def test_what_is_no_file_of_the_site_is_not_found(
    phone: httpx.AsyncClient, path: str
) -> None:
    answer = await phone.get(path)
    assert answer.status_code == 404
    assert b"not of the site" not in answer.content


@pytest.mark.parametrize("name", ["x" * 300, "x" * 300 + ".js", "a/" * 3000])
async def test_an_address_longer_than_any_is_not_found(phone: httpx.AsyncClient, name: str) -> None:
    assert (await phone.get(f"/app/{name}")).status_code == 404


@pytest.mark.parametrize("path", ["/app/", "/app/app.zip", "/app/cases/1", "/enrol"])
async def test_a_head_request_gets_the_head_only(phone: httpx.AsyncClient, path: str) -> None:
    whole, head = await phone.get(path), await phone.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == whole.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/app", 308),
        ("GET", "/app/nothing.js", 404),
        ("POST", "/app/", 404),
        ("POST", "/app/sw.js", 404),
        ("GET", f"/app/{'x' * 300}", 404),
        ("DELETE", "/app", 404),
    ],
)
async def test_a_refusal_has_the_strict_headers_of_a_page(
    phone: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await phone.request(method, path)
    assert answer.status_code == status
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert (answer.headers["x-content-type-options"], answer.headers["x-frame-options"]) == (
        "nosniff",
        "DENY",
    )


async def test_the_app_gets_no_cookie_and_asks_for_no_sign_in(phone: httpx.AsyncClient) -> None:
    assert "set-cookie" not in (await phone.get("/app/")).headers


async def test_console_and_api_answer_as_before(phone: httpx.AsyncClient) -> None:
    console = await phone.get("/")
    assert console.status_code in (302, 303)
    assert "script-src 'none'" in console.headers["content-security-policy"]
    assert (await phone.get("/v1/health")).json()["ok"] is True


async def test_a_server_without_the_app_shows_that_it_is_missing(
    app_settings: Settings, tmp_path: Path
) -> None:
    app = create_app(replace(app_settings, app_dir=tmp_path / "none"))
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as client:
        answer = await client.get("/app/")
    app.state["services"].close()
    assert answer.status_code == 404
    assert "make app" in answer.text
    assert "手机网页版还没有准备好" in answer.text


@pytest.mark.parametrize(
    ("accepted", "encoding", "sent"),
    [
        ("gzip, deflate, br, zstd", "br", b"smaller"),
        ("br;q=1.0, gzip;q=0.5", "br", b"smaller"),
        ("gzip, br;q=0", "gzip", b"small"),
        ("gzip, br;\tq=0.", "gzip", b"small"),
        ("GZIP", "gzip", b"small"),
        ("brotli", "", b"plain"),
    ],
)
def test_the_smallest_file_that_the_browser_takes_is_sent(
    tmp_path: Path, accepted: str, encoding: str, sent: bytes
) -> None:
    for ending, data in (("", b"plain"), (".gz", b"small"), (".br", b"smaller")):
        (tmp_path / f"main.js{ending}").write_bytes(data)
    taken = tuple(each for each in web_app.ENCODINGS if each in named(accepted))
    found = web_app.find(tmp_path, "main.js", taken)
    assert found is not None
    assert (found.encoding, found.data, found.kind) == (encoding, sent, "text/javascript")
    assert web_app.find(tmp_path, "main.js.br", ("br",)) is None
