"""Requests that no browser sends: each address answers them by a problem, never by a 500."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.routes import HTTPRoute

from shared.problems import ProblemError
from sync_server.body_limits import Takes
from sync_server.console.web import csrf, sessions
from sync_server.form_reading import FormReader
from sync_server.services import Services
from tests.support.asgi_bodies import Answer, parts, send
from tests.support.console_browser import people, signed_in
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids

LEFT_OUT = {"/sign-out", "/password"}
"""What ends the session of the sweep, or draws for seconds."""
FORM_TYPE = "application/x-www-form-urlencoded"
PATHS = (
    "/static/%00",
    "/static/fonts/%00.otf",
    "/static/console.css%00",
    "/static/%ff",
    "/static/" + "a" * 5000,
    "/static/" + "a/" * 2000,
    "/static/..%2f..%2fetc%2fpasswd",
    "/app/%00",
    "/app/%ff%fe",
    "/app/" + "%e4%b8%8a" * 90,
    "/enrol/%00",
    "/language/%00",
    "/v1/photos/%00",
    "/v1/uploads/%ff",
    "/schools/%c0%af/phones",
    "/schools/%zz/phones",
    "/cases/%",
    "/cases/%u4e0a",
    "/%00",
    "/%ff",
    "//evil.example/cases",
    "/.",
    "/setup/%ed%a0%80",
    "http://server/cases",
    "*",
)
QUESTIONS = (
    b"%ff=%fe",
    b"next=%ff",
    b"%zz=%&%u4e0a",
    b"&&&=&=",
    b"a=1&" * 5000,
    b"next=%00",
    b"after=%c0%af",
)
ABSURD = (
    {
        "range": "bytes=-99999999999999999999,0-0," + "0-1," * 500,
        "if-none-match": '"' * 3001,
        "if-modified-since": "Thu, 99 Zzz 99999 99:99:99",
        "accept-language": "en-" * 2000 + "\xff",
        "accept": "*/*;q=\xb2," * 500,
        "accept-encoding": "gzip;q=nan, \x01",
        "referer": "http://[::1",
        "user-agent": "\xff\xfe" * 2000,
        "x-forwarded-for": "'; drop table, ::::, \xff",
        "x-forwarded-proto": "javascript",
        "origin": "null\xff",
        "x-csrftoken": "\xe9" * 64,
    },
    {
        "range": "lines=\xff",
        "if-none-match": "W/\xff",
        "if-modified-since": "-1",
        "accept-language": ";;;=,,,",
        "accept": "\xff",
        "referer": "//evil.example/" + "a" * 5000,
        "content-type": 'text/html; charset="\xff',
        "content-encoding": "gzip, gzip",
        "authorization": "Bearer \xff",
        "upgrade": "websocket",
        "expect": "200-maybe",
    },
)
COOKIES = (
    "=;=;;",
    "doorstep_session",
    'doorstep_session="\\777',
    "doorstep_form=\xff; doorstep_form=%00",
    "a=b;" * 2000,
    "doorstep_language=%ff",
)
FIELD = ('; name="a"', "", b"1")
BODIES = (
    (f"{FORM_TYPE}; charset=x-none", b"a=1"),
    (f"{FORM_TYPE}; charset=utf-16", b"a=1"),
    (FORM_TYPE, b"a=%ff"),
    (FORM_TYPE, b"\xff=1"),
    (FORM_TYPE, b"%ed%a0%80=1"),
    ("multipart/form-data", parts("x", FIELD)),
    ("multipart/form-data; boundary=", parts("x", FIELD)),
    (f"multipart/form-data; boundary={'b' * 71}", parts("b" * 71, FIELD)),
    ("multipart/form-data; boundary=\xe9", parts("x", FIELD)),
    ("multipart/form-data; boundary=x; charset=x-none", parts("x", FIELD)),
    (
        "multipart/form-data; boundary=x",
        parts("x", ('; name="a"', "Content-Type: text/plain; charset=x-none\r\n", b"1")),
    ),
    (
        "multipart/form-data; boundary=x",
        parts("x", ('; name="a"', "Content-Type: text/plain; charset=utf-16\r\n", b"1\x00")),
    ),
    ("multipart/form-data; boundary=x", parts("x", ('; name="a"', "", b"\xff"))),
    ("multipart/form-data; boundary=x", parts("x", ('; name="\x00"', "", b"1"))),
    ("multipart/form-data; boundary=x", parts("x", ('; name="file"; filename="\x00"', "", b"1"))),
    ("multipart/form-data; boundary=x", parts("x", ('; name="a"', "Content-Length: 9\r\n", b"1"))),
    ("multipart/form-data; boundary=x", parts("x", ('; name="a"', "A: b\r\n" * 9, b"1"))),
    ("multipart/form-data; boundary=x", parts("x", ("", "", b"1"))),
    ("multipart/form-data; boundary=x", parts("x", FIELD)[:-5]),
    ("multipart/form-data; boundary=x", b""),
)
"""Each is refused: no form of ours, and no browser's."""


@pytest.fixture
async def held(app: Litestar, services: Services, phone: RawPhone) -> dict[str, str]:
    """The headers of an admin who also has a phone."""
    people(services)
    window = await signed_in(app, "admin")
    return {
        "cookie": f"{sessions.COOKIE}={window.http.cookies[sessions.COOKIE]}",
        csrf.HEADER: window.form_token,
        **phone.headers,
        "tus-resumable": "1.0.0",
    }


@pytest.fixture
def places(services: Services, phone: RawPhone) -> dict[str, str]:
    case = case_ids(services, "01")[0]
    return {"unit": "01", "case_id": case, "season_id": SEASON, "device_id": phone.device}


def routes(app: Litestar, places: dict[str, str], *methods: str) -> Iterator[tuple[str, str]]:
    """(method, address) of every route, its parts filled in."""

    def part(match: re.Match[str]) -> str:
        return places.get(match[1], "0" if match[2] == "int" else "x")

    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path not in LEFT_OUT:
            for method in sorted(set(route.methods) & set(methods)):
                yield method, re.sub(r"\{(\w+):(\w+)\}", part, route.path)


def sound(answer: Answer) -> bool:
    """Whether it is an answer of ours: a page, a file, or a registered problem."""
    return 200 <= answer.status < 500


async def test_no_address_breaks_the_server(app: Litestar, held: dict[str, str]) -> None:
    for path in PATHS:
        for method, headers in (("GET", {}), ("GET", held), ("HEAD", held), ("POST", held)):
            raw = path.encode()
            answer = await send(app, method, unquote(path), [b""], headers, raw_path=raw)
            assert sound(answer), answer
            if method == "GET" and ("%00" in path or "%ff" in path):
                assert answer.status in (404, 405), path


async def test_no_question_breaks_a_page(
    app: Litestar, held: dict[str, str], places: dict[str, str]
) -> None:
    for place, (method, path) in enumerate(routes(app, places, "GET")):
        question = QUESTIONS[place % len(QUESTIONS)]
        answer = await send(app, method, path, [], held, query=question)
        assert sound(answer), (path, question, answer)
    for question in (b"%ff=%fe", b"next=%ff", b"next=%00"):
        assert (await send(app, "GET", "/sign-in", [], query=question)).status in (400, 422)


@pytest.mark.parametrize("turn", [0, 1])
async def test_no_header_breaks_a_page(
    app: Litestar, held: dict[str, str], places: dict[str, str], turn: int
) -> None:
    """Signed in and not, each address with one half of the headers a turn."""
    for place, (method, path) in enumerate(routes(app, places, "GET", "HEAD", "OPTIONS", "POST")):
        cookie, absurd = COOKIES[place % len(COOKIES)], ABSURD[(place // 2 + turn) % 2]
        headers = {**absurd, "cookie": cookie}
        if (place + turn) % 2:
            headers = {**held, **absurd, "cookie": f"{held['cookie']}; {cookie}"}
        answer = await send(app, method, path, [b"a=1"], headers)
        assert sound(answer), (method, path, answer)


async def test_no_form_in_an_unknown_alphabet_or_shape_is_taken(
    app: Litestar, held: dict[str, str], places: dict[str, str]
) -> None:
    addresses = [path for _, path in routes(app, places, "POST") if not path.startswith("/v1")]
    for place, (kind, body) in enumerate(BODIES):
        for path in (addresses[place % len(addresses)], "/season", "/imports/preview"):
            answer = await send(app, "POST", path, [body], {**held, "content-type": kind})
            assert 400 <= answer.status < 500, (path, kind, body, answer)


async def test_no_alphabet_breaks_a_phones_request(
    app: Litestar, held: dict[str, str], places: dict[str, str]
) -> None:
    for method, path in routes(app, places, "POST", "PATCH"):
        if path.startswith("/v1"):
            for kind in ("application/json; charset=x-none", "text/\xff", FORM_TYPE):
                answer = await send(
                    app, method, path, [b'{"code":"\xff"}'], {**held, "content-type": kind}
                )
                assert sound(answer), (path, answer)


PIECES = [
    b"--x\r\n",
    b"--x--\r\n",
    b"\r\n",
    b"\r\n\r\n",
    b'Content-Disposition: form-data; name="a"',
    b'; filename="f"',
    b"Content-Type: text/plain; charset=",
    b"utf-8",
    b"\xff",
    b"\x00",
    b"--x",
]
"""Of what forms are made, and of what they are not."""


def test_any_pieces_of_a_form_are_read_or_refused(tmp_path: Path) -> None:
    limits, refused = Takes(body_bytes=1000, text_bytes=10, parts=3, files=1), set[int]()

    @given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=25))
    def run(chunks: list[bytes]) -> None:
        async def stream() -> AsyncIterator[bytes]:
            for chunk in chunks:
                yield chunk

        reader = FormReader(limits, tmp_path)
        try:
            found = asyncio.run(reader.read(stream(), "x"))
        except ProblemError as problem:
            refused.add(problem.problem.status)
        else:
            assert len(list(found.multi_items())) <= limits.parts
        finally:
            reader.close()
        assert list(tmp_path.iterdir()) == []

    run()
    assert refused <= {400, 413, 422}
    assert refused
