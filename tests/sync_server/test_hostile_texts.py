"""Texts that no database, page or file name takes: each address answers them by a problem, never by a 500."""

from __future__ import annotations

import base64
import json

import httpx
import pytest
from litestar import Litestar

from shared import handover
from sync_server.services import Services
from tests.support import hostile
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids, fact_bytes, new_id


@pytest.fixture
async def values(phone: RawPhone, services: Services) -> dict[str, str]:
    """Something of each kind, so that a request gets as far as it can."""
    people(services)
    case, fact = case_ids(services, "01")[0], new_id()
    await phone.push(phone.chained(fact_bytes(case, id=fact)))
    return {
        "unit": "01",
        "case_id": case,
        "fact_id": fact,
        "season_id": SEASON,
        "device_id": phone.device,
        "sha256": "ab" * 32,
        "token": "0" * 32,
        "code": "zh",
        "key": "repay",
        "name": "printed.pdf",
    }


@pytest.fixture
async def window(app: Litestar, values: dict[str, str]) -> Browser:
    return await signed_in(app, "admin")


async def test_no_part_of_an_address_breaks_a_page(
    app: Litestar, window: Browser, phone: RawPhone, values: dict[str, str]
) -> None:
    window.http.headers.update(phone.headers)
    assert await hostile.broken(hostile.in_paths(app, window.http, values)) == []


async def test_no_question_breaks_a_page(
    app: Litestar, window: Browser, phone: RawPhone, values: dict[str, str]
) -> None:
    window.http.headers.update(phone.headers)
    assert await hostile.broken(hostile.in_questions(app, window.http, values)) == []


async def test_no_form_breaks_a_page(
    app: Litestar, window: Browser, values: dict[str, str]
) -> None:
    assert await hostile.broken(hostile.in_forms(app, window.http, values)) == []


async def test_no_damaged_body_breaks_a_page(
    app: Litestar, window: Browser, phone: RawPhone, values: dict[str, str]
) -> None:
    window.http.headers.update(phone.headers)
    assert await hostile.broken(hostile.in_bodies(app, window.http, values)) == []


async def test_the_sweep_reaches_every_form_field_by_name() -> None:
    assert {"reason", "comment", "teacher", "name", "q", "text", "due_day"} <= set(hostile.names())


async def test_a_text_is_refused_by_a_sentence_and_never_cut(
    window: Browser, services: Services
) -> None:
    answer = await window.post("/schools/01/phones/issue", teacher="甲" * 41)
    assert (answer.status_code, "最多 40 个字" in answer.text) == (422, True)
    answer = await window.post("/schools/01/phones/issue", teacher="甲\x07")
    assert (answer.status_code, "控制字符" in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/v1/enrol", {"code": "1\0", "public_key": "AA"}),
        ("/v1/enrol", {"code": "1", "public_key": "AA", "device_name": "a\0b"}),
        ("/v1/enrol", {"code": "1", "public_key": "AA", "device_name": "a" * 5000}),
        (
            "/v1/recover",
            {"code": "1", "device": "a\0b", "box": {"point": "AA", "nonce": "AA", "data": "AA"}},
        ),
    ],
)
async def test_a_phone_that_sends_such_texts_gets_a_problem(
    http: httpx.AsyncClient, county: list[str], path: str, shape: dict[str, object]
) -> None:
    answer = await http.post(path, json=shape)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "a" * 70_000])
async def test_half_a_character_in_json_is_no_request(http: httpx.AsyncClient, text: str) -> None:
    sent = json.dumps({"code": "1", "public_key": "AA", "device_name": text}).encode()
    answer = await http.post("/v1/enrol", content=sent)
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize(
    "metadata", ["sha256 " + "A" * 70_000, "sha256 AAAA", "sha256 a\x7f", "\0", "sha256 7aC9"]
)
async def test_metadata_of_an_upload_that_is_none_gets_a_problem(
    phone: RawPhone, metadata: str
) -> None:
    answer = await phone.create_upload(b"x", **{"Upload-Metadata": metadata})
    assert (answer.status_code, answer.json()["code"]) == (400, "upload.bad_metadata")


@pytest.mark.parametrize(
    "cursor",
    [
        ["e", "01", 2**63],
        ["\0", "\0", 0],
        ["e", "01", 0, "\0", True],
        ["e", "01", 0, "a" * 3000, True],
        ["e", "\ud800", 0],
        "[" * 3000,
    ],
)
async def test_a_cursor_that_is_none_of_ours_gets_a_problem_or_the_beginning(
    phone: RawPhone, cursor: object
) -> None:
    after = base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode().rstrip("=")
    answer = await phone.ask("GET", "/v1/changes", params={"after": after})
    assert answer.status_code in (200, 422, 400)


async def test_hashes_that_are_none_count_as_missing(phone: RawPhone) -> None:
    asked = ["a\0b", "x" * 5000, "", "AB" * 32]
    answer = await phone.ask("POST", "/v1/photos/missing", json={"hashes": asked})
    assert answer.json()["missing"] == asked


async def test_a_hand_over_file_of_a_phone_without_a_name_is_damaged(phone: RawPhone) -> None:
    head = json.dumps({"device": "a\0b", "to": "AA", "point": "AA"}).encode()
    file = handover.MAGIC + len(head).to_bytes(2) + head + bytes(handover.SIG_BYTES)
    answer = await phone.ask("POST", "/v1/handover", content=file)
    assert (answer.status_code, answer.json()["code"]) == (422, "handover.damaged")


@pytest.mark.parametrize("header", ["Referer", "Cookie", "Accept-Language", "If-None-Match"])
async def test_no_header_breaks_a_page(window: Browser, header: str) -> None:
    for text in (b"http://[::1", b"\xff\xfe", b"doorstep_session=../../x", b"a" * 6000):
        for path in ("/", "/sign-in", "/cases", "/v1/changes"):
            assert (await window.http.get(path, headers={header: text})).status_code < 500
        answer = await window.http.post("/sign-in", headers={header: text})
        assert answer.status_code < 500
