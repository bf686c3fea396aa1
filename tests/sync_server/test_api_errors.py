"""Whatever comes in, a problem in plain words goes out: no traceback, no `null`, nothing unbounded."""

from __future__ import annotations

import gzip
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from litestar import Litestar

from shared import wire
from shared.problems import PROBLEMS
from sync_server.api.inflate import inflate
from sync_server.services import Services
from tests.support.devices import RawPhone, case_ids, fact_bytes

if TYPE_CHECKING:
    import schemathesis
    from schemathesis.schemas import APIOperation

MIB = 1024 * 1024


def check(answer: httpx.Response, status: int, code: str) -> None:
    """A registered problem in RFC 9457 form."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["status"]) == (status, code, status)
    assert problem["type"] == f"urn:doorstep:problem:{code}"
    assert problem["title"]
    assert problem["detail"]
    assert PROBLEMS[code].status == status
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "path", ["/v1/facts/x", "/v1/uploads/a/b", "/v1/photos", "/v1/photos/a/b", "/v1/changes/%00"]
)
async def test_an_unknown_address_is_a_404(http: httpx.AsyncClient, path: str) -> None:
    check(await http.get(path), 404, "request.not_found")


@pytest.mark.parametrize(
    "path", ["/v1/health", "/v1/changes", "/v1/none", "/v1/openapi.json", "/check", "/none"]
)
async def test_no_browser_guesses_the_type_of_an_answer(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/facts"),
        ("POST", "/v1/changes"),
        ("PUT", "/v1/uploads"),
        ("DELETE", "/v1/health"),
        ("GET", "/v1/enrol"),
    ],
)
async def test_another_method_is_a_405(http: httpx.AsyncClient, method: str, path: str) -> None:
    check(await http.request(method, path), 405, "request.method")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe\x00",
        b'{"facts":3}',
        b'{"facts":[{}]}',
        b"[" * 100_000,
        b'{"facts":[{"bytes":"","n":1.5,"link":"","sig":""}]}',
        b'{"x":' * 50_000,
    ],
)
async def test_a_body_that_is_no_request_is_a_400(phone: RawPhone, body: bytes) -> None:
    check(await phone.ask("POST", "/v1/facts", content=body), 400, "request.unreadable")


@pytest.mark.parametrize("path", ["/v1/facts", "/v1/photos/missing", "/v1/enrol"])
async def test_a_body_above_a_mebibyte_is_a_413(phone: RawPhone, path: str) -> None:
    check(await phone.ask("POST", path, content=b" " * (MIB + 1)), 413, "request.too_large")


async def test_an_endless_body_without_a_length_is_cut_off_at_the_limit(phone: RawPhone) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(20 * 16):
            sent += 65536
            yield b" " * 65536

    check(await phone.ask("POST", "/v1/facts", content=endless()), 413, "request.too_large")


async def test_the_largest_push_allowed_is_taken(phone: RawPhone, services: Services) -> None:
    case = case_ids(services, "01")[0]
    note = "字" * 4000
    facts = [
        phone.chained(fact_bytes(case, body={"met": "self", "outcome": "promised", "note": note}))
        for _ in range(60)
    ]
    body = msgspec.json.encode(wire.PushRequest(facts=facts))
    assert MIB * 0.9 < len(body) <= MIB
    answer = await phone.ask("POST", "/v1/facts", content=body)
    assert [o["outcome"] for o in answer.json()["outcomes"]] == ["created"] * 60


async def test_a_gzip_bomb_ends_early_in_time_and_memory() -> None:
    from shared.problems import ProblemError

    bomb = gzip.compress(bytes(200 * MIB), 9)
    assert len(bomb) < MIB
    tracemalloc.start()
    before = time.monotonic()
    with pytest.raises(ProblemError) as raised:
        inflate(bomb, "gzip")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert raised.value.code == "request.too_large"
    assert time.monotonic() - before < 1
    assert peak_bytes < 8 * MIB


async def test_a_gzip_bomb_on_the_wire_is_a_413(phone: RawPhone) -> None:
    bomb = gzip.compress(bytes(50 * MIB), 9)
    answer = await phone.ask(
        "POST", "/v1/facts", content=bomb, headers={"Content-Encoding": "gzip"}
    )
    check(answer, 413, "request.too_large")


async def test_a_body_in_gzip_is_understood(phone: RawPhone, services: Services) -> None:
    packed = phone.chained(fact_bytes(case_ids(services, "01")[0]))
    body = gzip.compress(msgspec.json.encode(wire.PushRequest(facts=[packed])))
    answer = await phone.ask(
        "POST", "/v1/facts", content=body, headers={"Content-Encoding": "gzip"}
    )
    assert [o["outcome"] for o in answer.json()["outcomes"]] == ["created"]


@pytest.mark.parametrize(
    "body",
    [b"", b"not gzip", gzip.compress(b"{}", mtime=0)[:-3], gzip.compress(b"{}", mtime=0) + b"more"],
)
async def test_invalid_gzip_is_a_400(phone: RawPhone, body: bytes) -> None:
    answer = await phone.ask(
        "POST", "/v1/facts", content=body, headers={"Content-Encoding": "gzip"}
    )
    check(answer, 400, "request.unreadable")


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "x"])
async def test_another_encoding_is_a_415(phone: RawPhone, encoding: str) -> None:
    answer = await phone.ask(
        "POST", "/v1/facts", content=b"{}", headers={"Content-Encoding": encoding}
    )
    check(answer, 415, "request.bad_encoding")


async def test_no_token_is_a_401_in_the_language_asked_for(http: httpx.AsyncClient) -> None:
    zh, en = (
        await http.get("/v1/changes"),
        await http.get("/v1/changes", headers={"Accept-Language": "en-GB"}),
    )
    check(zh, 401, "auth.required")
    check(en, 401, "auth.required")
    assert (zh.json()["title"], en.json()["title"]) == (
        PROBLEMS["auth.required"].zh,
        PROBLEMS["auth.required"].en,
    )


@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_an_unexpected_error_is_a_500_with_a_reference_and_nothing_else(
    phone: RawPhone, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    services.database.write(lambda c: c.exec_driver_sql("DROP TABLE change"))
    answer = await phone.ask("GET", "/v1/changes", params={"after": ""})
    answer = (
        answer
        if answer.status_code == 500
        else await phone.ask("GET", "/v1/changes", params={"after": answer.json()["next"]})
    )
    check(answer, 500, "internal")
    assert not any(word in answer.text for word in ("sqlite", "change", "SELECT"))
    reference = caplog.records[-1].getMessage().split()[-1]
    assert reference in answer.json()["title"] + answer.json()["detail"]


async def test_health_shows_versions_and_no_secrets(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/health")
    assert answer.json() == {"ok": True, "schema_version": wire.SCHEMA_VERSION, "demo_clock": True}


async def test_the_api_describes_itself(http: httpx.AsyncClient) -> None:
    described = (await http.get("/v1/openapi.json")).json()
    assert {"/v1/enrol", "/v1/facts", "/v1/changes", "/v1/photos/missing", "/v1/uploads"} <= set(
        described["paths"]
    )


async def test_no_empty_answer_carries_the_word_null(phone: RawPhone) -> None:
    from tests.support.devices import TUS

    path = (await phone.create_upload(b"x" * 10)).headers["Location"]
    answers = [
        await phone.ask("OPTIONS", "/v1/uploads"),
        await phone.patch(path, 0, b"x" * 5),
        await phone.ask("HEAD", path, headers=TUS),
        await phone.ask("DELETE", path, headers=TUS),
    ]
    assert [a.content for a in answers] == [b""] * 4


HOST = {"Host": "server"}


def made_up(
    operation: APIOperation[Any, Any, Any, Any], headers: dict[str, str]
) -> Callable[[], None]:
    """A run of made-up requests to one operation."""

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def run(case: schemathesis.Case[Any]) -> None:
        answer = case.call(headers={**headers, **dict(case.headers or {}), **HOST})
        assert answer.status_code < 500, (operation.label, answer.text)

    return run


def test_made_up_requests_over_the_whole_description_never_break_the_server(
    app: Litestar, phone: RawPhone
) -> None:
    """Schemathesis in process: every operation, made-up parameters, headers and bodies; no answer may be a 500."""
    import schemathesis  # half a second, which no other test and no other worker needs
    from schemathesis.core.result import Ok

    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", app, headers=HOST)
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    ours = [operation for operation in operations if operation.path.startswith("/v1/")]
    assert len(ours) >= 8
    for operation in ours:
        made_up(operation, phone.headers)()
