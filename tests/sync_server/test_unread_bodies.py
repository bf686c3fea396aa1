"""Nobody's body is read before it is known who sends it; then within the limits of the page."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, post
from litestar.routes import HTTPRoute

from sync_server import body_limits, temporary
from sync_server.body_limits import FORM, PUSH, SMALL, STREAM, Takes
from sync_server.console.web import csrf, sessions
from sync_server.console.web.forms import FormRequest
from sync_server.office import handover
from sync_server.problem_details import problem_response
from sync_server.services import Services
from sync_server.settings import Settings
from tests.support.asgi_bodies import MIB, Answer, parts, send
from tests.support.console_browser import Browser, people, signed_in
from tests.support.devices import RawPhone, asgi, enrol

FEW_KB = 16_384
CHUNK = b"x" * 4096
MULTIPART = {"content-type": "multipart/form-data; boundary=x"}
FORM_TYPE = {"content-type": "application/x-www-form-urlencoded"}
BEFORE = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
FILE_BEFORE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'


def handlers(app: Litestar) -> Iterator[tuple[str, str, Any]]:
    """(method, path, handler) of every address that may carry a body."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in sorted(route.route_handler_map.items()):
                if method in ("POST", "PUT", "PATCH", "DELETE"):
                    yield method, route.path, handler


def filled(path: str) -> str:
    return re.sub(r"\{\w+:(\w+)\}", lambda m: "1" if m[1] == "int" else "x", path)


def endless(first: bytes) -> Iterator[bytes]:
    """Four hundred megabytes, if anybody reads them."""
    yield first
    yield from itertools.repeat(CHUNK, 400_000_000 // len(CHUNK))


@pytest.mark.parametrize("kind", ["multipart", "file", "fields", "json"])
async def test_an_endless_body_of_nobody_is_answered_before_it_is_read(
    app: Litestar, services: Services, kind: str
) -> None:
    people(services)
    first = {"multipart": BEFORE, "file": FILE_BEFORE, "fields": b"a=", "json": b'{"code": "'}[kind]
    headers = {"multipart": MULTIPART, "file": MULTIPART, "fields": FORM_TYPE}.get(kind, {})
    seen = 0
    for method, path, _ in handlers(app):
        answer = await send(app, method, filled(path), endless(first), headers)
        seen += 1
        assert 400 <= answer.status < 500, (path, answer.status)
        assert answer.read_bytes <= FEW_KB, (path, answer.read_bytes)
    assert seen > 70


async def test_a_cookie_of_the_sign_in_page_opens_a_few_kilobytes(
    app: Litestar, services: Services
) -> None:
    cookie = {"cookie": f"{csrf.COOKIE}={csrf.new_cookie(services.settings.secret('console'))}"}
    for path in ("/sign-in", "/setup/x", "/sign-out"):
        for first, kind in ((BEFORE, MULTIPART), (b"a=", FORM_TYPE), (FILE_BEFORE, MULTIPART)):
            answer = await send(app, "POST", path, endless(first), {**kind, **cookie})
            assert answer.status in (413, 422), (path, answer.body)
            assert answer.read_bytes <= FEW_KB


OPEN = {"/v1/enrol", "/v1/recover"}
"""What a phone sends before it has a token."""


@pytest.mark.parametrize("token", ["", "dst_wrong", "pending"])
async def test_the_body_of_a_phone_that_may_not_send_is_not_read(
    app: Litestar, http: httpx.AsyncClient, services: Services, county: list[str], token: str
) -> None:
    if token == "pending":
        token = (await enrol(RawPhone(http), services, "01", confirm=False)).token
    headers = {"authorization": f"Bearer {token}", "tus-resumable": "1.0.0"}
    for method, path, _ in handlers(app):
        if path.startswith("/v1/") and path not in OPEN:
            answer = await send(app, method, filled(path), endless(b'{"a": "'), headers)
            assert answer.status in (401, 403, 413), path
            assert answer.read_bytes <= (FEW_KB if "renew" in path else 0), path


def test_what_an_address_takes_beyond_a_form_or_a_push_stands_here(app: Litestar) -> None:
    found = {
        (method, path): limits
        for method, path, handler in handlers(app)
        if (limits := body_limits.of(handler.opt, path)) not in (FORM, PUSH)
    }
    assert found == {
        ("POST", "/activate"): SMALL,
        ("POST", "/activate/{code:str}"): SMALL,
        ("POST", "/check"): body_limits.SEALED_FILE,
        ("POST", "/connect/domain"): body_limits.CERTIFICATE,
        ("POST", "/connect/test/result"): SMALL,
        ("POST", "/bulletins/{summary_id:str}/scan"): body_limits.SCANS,
        ("POST", "/county/{summary_id:str}/scan"): body_limits.SCANS,
        ("POST", "/imports/preview"): body_limits.FILE,
        ("POST", "/schools/{unit:str}/phones/handover"): body_limits.HANDOVER,
        ("POST", "/schools/{unit:str}/slips"): body_limits.SLIPS,
        ("POST", "/schools/{unit:str}/summary/{summary_id:str}/scan"): body_limits.SCANS,
        ("POST", "/schools/{unit:str}/paper"): body_limits.SHEET,
        ("POST", "/schools/{unit:str}/paper/{fact_id:str}/correct"): body_limits.SHEET,
        ("POST", "/schools/{unit:str}/paper/{fact_id:str}/scan"): body_limits.SHEET,
        ("POST", "/seasons/file"): body_limits.TEXT_FILE,
        (
            "POST",
            "/seasons/{season_id:str}/recipients/{recipient:str}/{form:str}/file",
        ): body_limits.FILE,
        ("POST", "/setup/{token:str}"): SMALL,
        ("POST", "/slips"): body_limits.SLIPS,
        ("POST", "/sign-in"): SMALL,
        ("POST", "/sign-out"): SMALL,
        ("POST", "/v1/devices/renew"): SMALL,
        ("POST", "/v1/enrol"): SMALL,
        ("POST", "/v1/handover"): STREAM,
        ("POST", "/v1/recover"): SMALL,
        ("POST", "/v1/uploads"): STREAM,
        ("POST", "/v1/uploads/{upload_id:str}"): STREAM,
        ("PATCH", "/v1/uploads/{upload_id:str}"): STREAM,
    }
    assert body_limits.HANDOVER.body_bytes == handover.MAX_FILE_BYTES


async def test_a_length_beyond_what_the_page_takes_is_refused_by_its_header(app: Litestar) -> None:
    for method, path, handler in handlers(app):
        most = body_limits.of(handler.opt, path).body_bytes
        if most is not None:
            headers = {"content-length": str(most + 1)}
            answer = await send(app, method, filled(path), endless(b""), headers)
            assert (answer.status, answer.read_bytes) == (413, 0), path


@pytest.mark.parametrize("length", ["-1", "1_0", "²", "", "1" * 30, "0x10", "+5"])
async def test_a_length_that_is_no_number_is_no_request(app: Litestar, length: str) -> None:
    answer = await send(app, "POST", "/v1/enrol", [b"{}"], {"content-length": length})
    assert answer.status in (400, 413)


async def test_two_lengths_are_no_request(app: Litestar) -> None:
    twice = ((b"content-length", b"2"), (b"content-length", b"3"))
    assert (await send(app, "POST", "/v1/enrol", [b"{}"], raw=twice)).status == 400


async def test_host_address_length_and_sender_are_asked_in_this_order(app: Litestar) -> None:
    wrong = {"host": "evil.example", "content-length": "99999999"}
    asked = [
        send(app, "POST", "/accounts", headers=wrong, query=b"a=%00"),
        send(app, "POST", "/accounts", headers={**wrong, "host": "server"}, query=b"a=%00"),
        send(app, "POST", "/accounts", headers={**wrong, "host": "server"}),
        send(app, "POST", "/accounts"),
    ]
    assert [(await answer).status for answer in asked] == [421, 422, 413, 401]


@pytest.fixture
async def admin(app: Litestar, services: Services) -> Browser:
    people(services)
    return await signed_in(app, "admin")


async def upload(
    app: Litestar, browser: Browser, path: str, chunks: Iterator[bytes], kind: dict[str, str]
) -> Answer:
    """Send a body as somebody signed in, whose token stands in a header."""
    held = {
        "cookie": f"{sessions.COOKIE}={browser.http.cookies[sessions.COOKIE]}",
        csrf.HEADER: browser.form_token,
        **kind,
    }
    return await send(app, "POST", path, chunks, held)


def open_files(folder: Path) -> list[os.stat_result]:
    """What this process has open in a folder, whether or not it has a name there."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            if str(link.readlink()).startswith(f"{folder}/"):
                found.append(link.stat())
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="NOT PROVED: no /proc here")
@pytest.mark.parametrize("ends", ["complete", "too large", "lost", "broken"])
async def test_a_file_on_its_way_lies_without_a_name_in_the_data_folder_and_is_gone_afterwards(
    app: Litestar, admin: Browser, app_settings: Settings, ends: str
) -> None:
    folder, seen = app_settings.path(temporary.FOLDER), list[os.stat_result]()

    def chunks() -> Iterator[bytes]:
        yield FILE_BEFORE
        for _ in range(25 if ends == "too large" else 3):
            yield bytes(MIB)
            seen.extend(open_files(folder))
            assert list(folder.iterdir()) == []
        if ends == "broken":
            yield b"\r\n--x\r\nno header\r\n\r\n"
        elif ends == "complete":
            yield b"\r\n--x--\r\n"

    answer = await upload(app, admin, "/imports/preview", chunks(), MULTIPART)
    # the connection is lost after each body, but a form that ended is complete without it
    assert answer.status == {"too large": 413}.get(ends, 400)
    assert seen
    assert {stat.S_IMODE(found.st_mode) for found in seen} == {0o600}
    assert open_files(folder) == []
    assert list(folder.iterdir()) == []


FIELD = ('; name="a"', "", b"1")


def file(n: int) -> tuple[str, str, bytes]:
    return (f'; name="file"; filename="{n}.pdf"', "Content-Type: application/pdf\r\n", b"%PDF")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/imports/preview", parts("x", ('; name="kind"', "", b"k" * 5_000)), 413),
        ("/imports/preview", parts("x", *[FIELD] * 51), 413),
        ("/imports/preview", parts("x", file(1), file(2)), 422),
        ("/season", parts("x", file(1)), 422),
        ("/season", parts("x", ('; name="season"', "", b"s" * 100_001)), 413),
        ("/schools/01/summary/x/scan", parts("x", *(file(n) for n in range(201))), 422),
    ],
)
async def test_parts_of_a_form_are_bounded_in_size_and_number(
    app: Litestar, admin: Browser, county: list[str], path: str, body: bytes, status: int
) -> None:
    answer = await upload(app, admin, path, iter([body]), MULTIPART)
    assert answer.status == status


async def test_a_form_without_files_has_no_more_fields_than_it_may(
    app: Litestar, admin: Browser
) -> None:
    many = upload(app, admin, "/season", iter([b"a=1&" * 10_001]), FORM_TYPE)
    # a form in fields is read to the end of the request, which is lost here
    assert (await many).status == 400
    answer = await admin.http.post(
        "/season", content=b"a=1&" * 10_001, headers={**FORM_TYPE, csrf.HEADER: admin.form_token}
    )
    assert answer.status_code == 413
    long = b"a=" + b"x" * 100_001
    answer = await admin.http.post(
        "/season", content=long, headers={**FORM_TYPE, csrf.HEADER: admin.form_token}
    )
    assert answer.status_code == 413


async def test_a_form_that_takes_too_long_is_given_up() -> None:
    quick = Takes(body_bytes=1000, text_bytes=100, parts=5, seconds=0.05)

    @post("/slow", opt={"takes": quick})
    async def slow(request: Request[Any, Any, Any]) -> None:
        await request.form()

    app = Litestar(
        [slow], request_class=FormRequest, exception_handlers={Exception: problem_response}
    )

    async def dripping() -> AsyncIterator[bytes]:
        while True:
            yield b"a"
            await asyncio.sleep(0.01)

    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as client:
        answer = await client.post("/slow", content=dripping(), headers=FORM_TYPE)
    assert (answer.status_code, answer.json()["code"]) == (408, "request.too_slow")


async def test_of_public_checks_few_are_taken_at_once(app: Litestar, services: Services) -> None:
    held = app.state["console_state"].at_once
    cookie = {"cookie": f"{csrf.COOKIE}={csrf.new_cookie(services.settings.secret('console'))}"}
    held["/check"] = body_limits.SEALED_FILE.at_once
    full = await send(app, "POST", "/check", endless(FILE_BEFORE), {**MULTIPART, **cookie})
    assert (full.status, full.read_bytes) == (503, 0)
    held["/check"] = 0
    refused = await send(app, "POST", "/check", endless(FILE_BEFORE), {**MULTIPART, **cookie})
    assert refused.status == 413
    assert held["/check"] == 0
