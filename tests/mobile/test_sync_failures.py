"""When the server is unreachable, refuses or answers garbage: a sentence for the teacher, and nothing lost."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import msgspec
import pytest

from mobile.usecases.enrol import enrol, enrolled
from mobile.usecases.handin_views import Progress
from mobile.usecases.outbox import outbox
from mobile.usecases.records import record
from mobile.usecases.sync_now import sync_now
from shared.problems import ProblemError, details
from shared.records.visit import Visit
from shared.wire import EnrolRequest, Outcome, PushReply
from tests.mobile.conftest import Bench

VISIT = Visit(met="self", outcome="promised")
Answer = Callable[[httpx.Request], httpx.Response]
AWAY = "现在连不上学校的服务器"


async def serve(bench: Bench, answer: Answer) -> None:
    """An enrolled phone whose net ends in `answer`."""
    await bench.enrol()
    bench.phone.transport = httpx.MockTransport(answer)


def cut(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route to host")


def refusing(status: int, body: object) -> Answer:
    return lambda _: httpx.Response(status, json=body)


async def still_whole(bench: Bench, fact: str) -> bool:
    """The record is on the phone, signed, and waits to be sent; after a restart too."""
    phone = await bench.again()
    kept = phone.store.facts.get(fact)
    return kept is not None and (kept.state, kept.n) == ("waiting", 1)


@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.ReadError]
)
async def test_an_absent_server_is_reported_and_nothing_is_lost(
    bench: Bench, error: type[httpx.TransportError]
) -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise error("away")

    await serve(bench, away)
    fact = (await record(bench.phone, "case-1", VISIT)).fact
    report = await sync_now(bench.phone)
    assert (report.ok, report.problem_code, report.retries) == (False, "net.unreachable", 3)
    assert report.problem.zh.startswith(AWAY)
    assert (await outbox(bench.phone)).last_problem == report.problem
    assert await still_whole(bench, fact)


async def test_a_phone_that_is_not_enrolled_shows_what_to_do(bench: Bench) -> None:
    report = await sync_now(bench.phone)
    assert (report.ok, report.problem_code) == (False, "device.not_enrolled")
    assert "登记" in report.problem.zh
    assert re.search(r"[\u4e00-\u9fff]", report.problem.en) is None
    assert "nrol" in report.problem.en


@pytest.mark.parametrize("code", ["device.revoked", "device.unconfirmed"])
async def test_a_known_refusal_is_shown_in_our_words(bench: Bench, code: str) -> None:
    problem = ProblemError(code)
    await serve(bench, refusing(403, details(problem)))
    fact = (await record(bench.phone, "case-1", VISIT)).fact
    report = await sync_now(bench.phone)
    assert (report.problem_code, report.problem.zh) == (
        code,
        f"{problem.message()}。{problem.fix()}",
    )
    assert await still_whole(bench, fact)


async def test_a_refusal_with_numbers_in_it_keeps_them(bench: Bench) -> None:
    await serve(bench, refusing(413, details(ProblemError("request.too_large", limit=1048576))))
    await record(bench.phone, "case-1", VISIT)
    report = await sync_now(bench.phone)
    assert "1048576" in report.problem.zh
    assert "?" not in report.problem.zh


async def test_a_refusal_of_a_newer_server_is_shown_in_its_words(bench: Bench) -> None:
    await serve(
        bench, refusing(418, {"code": "tea.pot", "title": "茶壶不收记录", "detail": "请找茶杯"})
    )
    await record(bench.phone, "case-1", VISIT)
    report = await sync_now(bench.phone)
    assert report.problem_code == "net.refused"
    assert "茶壶不收记录。请找茶杯" in report.problem.zh


@pytest.mark.parametrize(
    "body", [b"<html>sign in</html>", b"", b"[1]", b'{"outcomes": 3}', b"\xff"]
)
@pytest.mark.parametrize(
    ("status", "code"), [(200, "net.bad_answer"), (302, "net.bad_answer"), (500, "net.refused")]
)
async def test_an_unreadable_answer_loses_nothing(
    bench: Bench, status: int, code: str, body: bytes
) -> None:
    await serve(bench, lambda _: httpx.Response(status, content=body))
    fact = (await record(bench.phone, "case-1", VISIT)).fact
    report = await sync_now(bench.phone)
    assert (report.ok, report.problem_code) == (False, code)
    assert await still_whole(bench, fact)


async def test_a_record_called_stored_without_a_signed_receipt_is_kept(bench: Bench) -> None:
    def liar(_: httpx.Request) -> httpx.Response:
        sha = bench.phone.store.facts.all()[0].sha256
        reply = PushReply(outcomes=[Outcome(outcome="created", sha256=sha, seq=1)])
        return httpx.Response(200, content=msgspec.json.encode(reply))

    await serve(bench, liar)
    fact = (await record(bench.phone, "case-1", VISIT)).fact
    report = await sync_now(bench.phone)
    assert report.problem_code == "receipt.invalid"
    assert await still_whole(bench, fact)


@pytest.mark.parametrize("shape", ["swapped", "one missing", "one too many"])
async def test_outcomes_that_do_not_match_the_records_move_none_of_them(
    bench: Bench, shape: str
) -> None:
    def confused(_: httpx.Request) -> httpx.Response:
        why = details(ProblemError("fact.unreadable"))
        outcomes = [
            Outcome(outcome="rejected", sha256=kept.sha256, problem=why)
            for kept in bench.phone.store.facts.all()
        ]
        found = {
            "swapped": outcomes[::-1],
            "one missing": outcomes[:1],
            "one too many": [*outcomes, outcomes[0]],
        }
        return httpx.Response(200, content=msgspec.json.encode(PushReply(outcomes=found[shape])))

    await serve(bench, confused)
    for _ in range(2):
        await record(bench.phone, "case-1", VISIT)
    report = await sync_now(bench.phone)
    assert (report.ok, report.problem_code, report.rejected) == (False, "net.bad_answer", 0)
    assert [k.state for k in bench.phone.store.facts.all()] == ["waiting", "waiting"]


async def test_saving_and_undo_do_not_wait_for_a_slow_server(bench: Bench) -> None:
    """A record is saved, and one undone, while the push hangs: no visit waits for the network."""
    done: list[str] = []

    async def slow(_: httpx.Request) -> httpx.Response:
        bench.clock.forward(seconds=1)
        line = await record(bench.phone, "case-1", VISIT)
        again = await record(bench.phone, "case-1", VISIT)
        done.append(line.fact)
        assert await bench.phone.store.facts.undo(again.fact)
        raise httpx.ReadTimeout("slow")

    await bench.enrol()
    bench.phone.transport = httpx.MockTransport(slow)
    await record(bench.phone, "case-1", VISIT)
    report = await sync_now(bench.phone)
    assert report.problem_code == "net.unreachable"
    assert done
    assert {k.id for k in bench.phone.store.facts.all()} >= set(done)


async def test_progress_is_reported_to_the_end_even_when_the_sync_fails(bench: Bench) -> None:
    await serve(bench, cut)
    heard: list[Progress] = []
    await record(bench.phone, "case-1", VISIT)
    await sync_now(bench.phone, heard.append)
    assert (heard[0].step, heard[0].total, heard[-1].step) == ("facts", 1, "done")


# enrolment


async def test_enrolling_without_a_network_reports_it_and_keeps_nothing(bench: Bench) -> None:
    bench.phone.transport = httpx.MockTransport(cut)
    with pytest.raises(ProblemError) as refused:
        await enrol(
            bench.phone, url="https://school.example", code="12345678", device_name="郑老师的手机"
        )
    assert refused.value.code == "enrol.unreachable"
    assert refused.value.fix() == "请核对地址有没有写错,手机有没有网络,再点一次"
    assert await enrolled(bench.phone) is None


@pytest.mark.parametrize(
    "answer", [httpx.Response(404, text="nginx"), httpx.Response(200, text="Sign in")]
)
async def test_an_address_of_another_service_asks_to_check_it(
    bench: Bench, answer: httpx.Response
) -> None:
    bench.phone.transport = httpx.MockTransport(lambda _: answer)
    with pytest.raises(ProblemError) as refused:
        await enrol(bench.phone, url="https://school.example", code="12345678", device_name="")
    assert refused.value.code == "enrol.no_server"


@pytest.mark.parametrize(
    "typed", ["garbage host", "http://[bad", "ftp://school.example", "学校:八三五零"]
)
async def test_an_invalid_address_asks_to_check_it(bench: Bench, typed: str) -> None:
    with pytest.raises(ProblemError) as refused:
        await enrol(bench.phone, url=typed, code="12345678", device_name="")
    assert refused.value.code == "enrol.unreachable"


async def test_a_code_and_an_address_as_a_chinese_keyboard_types_them_are_understood(
    bench: Bench,
) -> None:
    asked: list[tuple[str, str]] = []

    def hear(request: httpx.Request) -> httpx.Response:
        asked.append(
            (str(request.url), msgspec.json.decode(request.content, type=EnrolRequest).code)
        )
        return httpx.Response(403, json=details(ProblemError("enrol.code_invalid")))

    bench.phone.transport = httpx.MockTransport(hear)
    with pytest.raises(ProblemError, match=r"enrol\.code_invalid"):
        await enrol(
            bench.phone,
            url="https：//school。example／app／",
            code="１２３４ ５６７８",
            device_name="",
        )
    assert asked == [("https://school.example/v1/enrol", "12345678")]


async def test_too_many_wrong_codes_show_how_long_to_wait(bench: Bench) -> None:
    body = details(ProblemError("enrol.too_many_tries", minutes=15))
    bench.phone.transport = httpx.MockTransport(refusing(429, body))
    with pytest.raises(ProblemError) as refused:
        await enrol(bench.phone, url="https://school.example", code="12345678", device_name="")
    assert refused.value.code == "enrol.too_many_tries"
    assert "15 分钟" in refused.value.message()


async def test_a_phone_says_of_which_season_its_unsent_work_is(bench: Bench) -> None:
    asked: list[str] = []

    def hear(request: httpx.Request) -> httpx.Response:
        asked.append(msgspec.json.decode(request.content, type=EnrolRequest).unsent_season)
        body = details(ProblemError("enrol.other_season", season=asked[-1], new="2020"))
        return httpx.Response(409, json=body)

    await serve(bench, hear)
    before = await bench.phone.store.meta.enrolment()
    assert before is not None
    for _ in range(2):
        with pytest.raises(ProblemError, match=r"enrol\.other_season"):
            await enrol(bench.phone, url=before.url, code="12345678", device_name="")
        await record(bench.phone, "case-1", VISIT)
    assert asked == ["", before.scope.season]
    assert await bench.phone.store.meta.enrolment() == before


async def test_another_server_does_not_get_a_phone_with_unsent_work(bench: Bench) -> None:
    await serve(bench, cut)
    await record(bench.phone, "case-1", VISIT)
    with pytest.raises(ProblemError) as refused:
        await enrol(bench.phone, url="https://elsewhere.example", code="12345678", device_name="")
    assert refused.value.code == "enrol.other_server"
    scope = await enrolled(bench.phone)
    assert scope is not None
    assert scope.staff_name == "郑老师"
