"""The contract of the network: what httpx reports of answers, refusals, time-outs and silence, whatever carries it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from shared.digest import sha256_hex
from shared.wire import unb64
from tests.support.phone.contract_kit import Kit, raises

# the net


async def an_answer_comes_with_status_headers_and_body(kit: Kit) -> None:
    async with net(kit) as http:
        answer = await http.post(
            "/t/echo?x=1", json={"语": "走访"}, headers={"Authorization": "Bearer t"}
        )
    echoed = answer.json()
    assert (answer.status_code, answer.headers["x-kind"]) == (200, "echo")
    assert (echoed["method"], echoed["path"], echoed["authorization"]) == (
        "POST",
        "/t/echo?x=1",
        "Bearer t",
    )
    assert unb64(echoed["body"]).decode() == '{"语":"走访"}'


async def a_large_body_arrives_byte_by_byte(kit: Kit) -> None:
    data = bytes(range(256)) * 500
    async with net(kit) as http:
        answer = await http.patch("/t/echo", content=data, headers={"Upload-Offset": "7"})
    assert (answer.json()["method"], answer.json()["upload_offset"]) == ("PATCH", "7")
    assert sha256_hex(unb64(answer.json()["body"])) == sha256_hex(data)


async def a_packed_answer_is_unpacked_once(kit: Kit) -> None:
    async with net(kit) as http:
        answer = await http.get("/t/gzip")
    assert answer.json() == {"packed": "是" * 1000}


async def a_packed_question_goes_out_packed(kit: Kit) -> None:
    async with net(kit) as http:
        answer = await http.post(
            "/t/echo", content=b"\x1f\x8bpacked", headers={"Content-Encoding": "gzip"}
        )
    assert answer.json()["content_encoding"] == "gzip"
    assert unb64(answer.json()["body"]) == b"\x1f\x8bpacked"


async def a_head_brings_headers(kit: Kit) -> None:
    async with net(kit) as http:
        answer = await http.head("/t/echo")
    assert (answer.status_code, answer.headers["upload-offset"], answer.content) == (200, "42", b"")


async def a_refusal_is_an_answer(kit: Kit) -> None:
    async with net(kit) as http:
        answer = await http.get("/t/status/409")
    assert (answer.status_code, answer.json()["code"]) == (409, "fact.conflict")


async def no_answer_in_time_is_a_time_out(kit: Kit) -> None:
    async with net(kit) as http:
        with raises(httpx.ReadTimeout):
            await http.get("/t/slow", timeout=0.3)


async def an_answer_that_stops_midway_is_a_time_out(kit: Kit) -> None:
    async with net(kit) as http:
        with raises(httpx.ReadTimeout):
            await http.get("/t/trickle", timeout=0.3)


async def nobody_there_is_a_request_error(kit: Kit) -> None:
    async with net(kit) as http:
        with raises(httpx.RequestError):
            await http.get("http://127.0.0.1:9/")


async def a_task_that_is_cancelled_stops_waiting(kit: Kit) -> None:
    async with net(kit) as http:
        task = asyncio.ensure_future(http.get("/t/slow"))
        await asyncio.sleep(0.1)
        started = time.perf_counter()
        task.cancel()
        with raises_cancelled():
            await task
        assert time.perf_counter() - started < 1


async def five_questions_go_side_by_side(kit: Kit) -> None:
    async with net(kit) as http:
        answers = await asyncio.gather(
            *(http.post("/t/echo", content=str(n).encode()) for n in range(5))
        )
    assert [unb64(a.json()["body"]) for a in answers] == [b"0", b"1", b"2", b"3", b"4"]


def net(kit: Kit) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=kit.server, transport=kit.ports.transport, timeout=5, trust_env=False
    )


@contextmanager
def raises_cancelled() -> Iterator[None]:
    try:
        yield
    except asyncio.CancelledError:
        return
    raise AssertionError("it was not cancelled")
