"""A server that is broken, or not ours: a sentence for the teacher, bounded bytes, and nothing unsent is lost."""

from __future__ import annotations

import copy
import gzip
import itertools
import random
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobile.store.meta import SyncState
from mobile.sync.client import MAX_PAGE_BYTES, MAX_REPLY_BYTES, RemoteError, Server
from mobile.sync.handover import MAX_ANSWER_BYTES
from mobile.sync.pull import pull
from mobile.sync.schedule import Retry
from mobile.usecases import cases, handover, outbox, policy, today
from mobile.usecases.enrol import enrol
from mobile.usecases.records import record
from mobile.usecases.sync_now import sync_now
from shared import wire
from shared.handover import ANSWER_MAGIC, SIG_BYTES
from shared.problems import ProblemError
from shared.records.visit import Visit
from sync_server.crypto.keys import ReceiptKey
from sync_server.sample.season import season_2019
from tests.mobile.conftest import Bench, case_state
from tests.support.phone.odd_office import OddOffice, listening
from tests.support.phone.records import photo

VISIT = Visit(met="self", outcome="promised")
MIB = 1024 * 1024
BAD = "net.bad_answer"
LIMITS = ("changes", 0, "briefing", "season", "limits")


@pytest.fixture
async def office(bench: Bench, tmp_path: Path) -> OddOffice:
    """An office the phone is enrolled at, with the phone's list; the phone holds a visit and a photo."""
    await bench.brief()
    made = OddOffice(ReceiptKey(tmp_path / "receipts.pem", "secret"), bench.phone, season_2019())
    await made.enrol(bench.phone)
    await record(bench.phone, "case-1", VISIT, (await photo(bench.phone, b"jpeg"),))
    return made


def spoiled(name: str, *path: str | int, value: object) -> Callable[[str, Any], Any]:
    """Puts one value into the answer called `name`."""

    def spoil(which: str, answer: Any) -> Any:
        if which == name:
            inner = answer
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = value
        return answer

    return spoil


async def code_of(bench: Bench) -> str:
    """The problem of a sync that must fail, the record still waiting, and after a restart too."""
    before = {k.id: k.data for k in bench.phone.store.facts.unsent()}
    report = await sync_now(bench.phone)
    assert not report.ok
    assert {k.id: k.data for k in bench.phone.store.facts.unsent()} == before
    return report.problem_code


async def test_an_office_that_answers_well_takes_everything(
    bench: Bench, office: OddOffice
) -> None:
    report = await sync_now(bench.phone)
    assert (report.ok, report.sent, report.photos, report.complete) == (True, 1, 1, True)


# bytes


def head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *lines, "", "")).encode()


def bomb() -> Iterator[bytes]:
    """256 MiB of blanks in 256 KiB of gzip."""
    yield head("Content-Type: application/json", "Content-Encoding: gzip")
    packer = zlib.compressobj(9, wbits=31)
    for _ in range(256):
        yield packer.compress(b" " * MIB)
    yield packer.flush()


async def test_a_small_packed_answer_that_becomes_huge_is_not_unpacked() -> None:
    async with listening(bomb) as there, Server(there.url) as server:
        tracemalloc.start()
        try:
            with pytest.raises(ProblemError, match=BAD):
                await server.changes("")
            assert tracemalloc.get_traced_memory()[1] < 4 * MAX_PAGE_BYTES
        finally:
            tracemalloc.stop()


async def test_an_endless_answer_is_abandoned_at_its_limit() -> None:
    def endless() -> Iterable[bytes]:
        return itertools.chain([head()], itertools.repeat(b" " * 65536))

    async with listening(endless) as there, Server(there.url) as server:
        with pytest.raises(ProblemError, match=BAD):
            await server.missing(["a" * 64])
        assert there.written < MAX_REPLY_BYTES + 16 * MIB  # what the system buffers included


@pytest.mark.parametrize("coding", ["deflate", "br", "zstd", "gzip, gzip", "gzip, br"])
async def test_only_the_packing_that_was_asked_for_is_unpacked(coding: str) -> None:
    body = gzip.compress(b"{}", mtime=0)
    answer = head(f"Content-Encoding: {coding}", f"Content-Length: {len(body)}") + body
    async with listening(lambda: [answer]) as there, Server(there.url) as server:
        with pytest.raises(ProblemError, match=BAD):
            await server.changes("")
        assert b"accept-encoding: gzip\r\n" in there.asked[0].lower()


@pytest.mark.parametrize(
    "body", [gzip.compress(b"{}", mtime=0)[:-9], gzip.compress(b"{}", mtime=0) + b"x", b"no"]
)
async def test_packed_bytes_that_are_damaged_are_no_answer(body: bytes) -> None:
    answer = head("Content-Encoding: gzip", f"Content-Length: {len(body)}") + body
    async with listening(lambda: [answer]) as there, Server(there.url) as server:
        with pytest.raises(ProblemError, match=BAD):
            await server.changes("")


async def test_an_answer_that_drips_for_ever_is_cut() -> None:
    drops = itertools.chain([head()], itertools.repeat(b" "))
    async with (
        listening(lambda: drops, pause_s=0.02) as there,
        Server(there.url, answer_s=0.3) as server,
    ):
        with pytest.raises(ProblemError, match=r"net\.unreachable"):
            await server.changes("")


async def test_headers_without_end_are_cut() -> None:
    def lines() -> Iterable[bytes]:
        return itertools.chain(
            [b"HTTP/1.1 200 OK\r\n"], (b"X-%d: %s\r\n" % (n, b"a" * 4096) for n in range(100_000))
        )

    async with listening(lines) as there, Server(there.url) as server:
        with pytest.raises(ProblemError, match=r"net\.unreachable"):
            await server.changes("")
        assert there.written < 16 * MIB


async def test_a_redirect_is_not_followed_and_the_token_stays_here() -> None:
    async with listening(lambda: [head("Content-Length: 2") + b"{}"]) as elsewhere:
        moved = head(f"Location: {elsewhere.url}/", "Content-Length: 0", status="307 Moved")
        async with listening(lambda: [moved]) as there, Server(there.url, "secret") as server:
            with pytest.raises(ProblemError, match=BAD):
                await server.changes("")
        assert elsewhere.asked == []


async def test_a_refusal_of_ten_megabytes_is_only_its_status() -> None:
    body = msgspec.json.encode({"code": "device.revoked", "title": "x" * 10 * MIB})
    answer = head(f"Content-Length: {len(body)}", status="403 Forbidden") + body
    async with listening(lambda: [answer]) as there, Server(there.url) as server:
        with pytest.raises(RemoteError) as refused:
            await server.changes("")
    assert (refused.value.status, refused.value.code) == (403, "")


async def test_the_sentences_of_a_refusal_are_cut_to_a_length(bench: Bench) -> None:
    body = {"code": "tea.pot", "title": "茶" * 9000, "detail": [["x"] * 10], "more": "y" * 9000}
    await bench.enrol()
    bench.phone.transport = httpx.MockTransport(lambda _: httpx.Response(418, json=body))
    report = await sync_now(bench.phone)
    assert report.problem_code == "net.refused"
    assert 1000 <= len(report.problem.zh) < 1100


# pages


def endless_pages(*, same: bool) -> Callable[[httpx.Request], httpx.Response]:
    numbers = itertools.count(1)

    def answer(_: httpx.Request) -> httpx.Response:
        cursor = "here" if same else f"n{next(numbers)}"
        page = wire.ChangesPage(changes=[], next=cursor, more=True, epoch="e")
        return httpx.Response(200, content=msgspec.json.encode(page))

    return answer


@pytest.mark.parametrize("same", [True, False])
async def test_a_feed_without_an_end_is_abandoned(bench: Bench, same: bool) -> None:
    before = await bench.phone.store.meta.sync_state()
    transport = httpx.MockTransport(endless_pages(same=same))
    async with Server("https://school.example", transport=transport) as server:
        with pytest.raises(ProblemError, match=BAD):
            await pull(
                bench.phone.store,
                server,
                Retry(lambda: 0.0),
                bench.phone.now,
                lambda *_: None,
                most_pages=5,
            )
    assert await bench.phone.store.meta.sync_state() == before


# numbers, years, lists


@pytest.mark.parametrize(
    "spoil",
    [
        spoiled("changes", "at", value="9999-12-31T23:59:59+00:00"),
        spoiled("changes", "at", value="soon"),
        spoiled("changes", "next", value="c" * 5000),
        spoiled("changes", "changes", 1, "seq", value=2**63),
        spoiled("changes", "changes", 1, "ref", value="case-9"),
        spoiled("changes", "changes", 1, "case", value=None),
        spoiled("changes", "changes", 1, "case", "version", value=-1),
        spoiled("changes", "changes", 1, "case", "version", value=10**40),
        spoiled("changes", "changes", 1, "case", "visits", value=2**64),
        spoiled("changes", "changes", 1, "case", "case", "id", value=""),
        spoiled("changes", "changes", 1, "case", "case", "village", value="x" * 70_000),
        spoiled("changes", "changes", 0, "briefing", "staff", value=["x"] * 6000),
        spoiled("changes", "changes", 0, "briefing", "season", "due_day", value="9999-12-31"),
        spoiled("changes", "changes", 0, "briefing", "season", "id", value="case-1"),
        spoiled("changes", "changes", 0, "briefing", "season", "id", value="2020"),
        spoiled("changes", *LIMITS, "phone_keeps_days", value=10**10),
        spoiled("facts", "outcomes", 0, "expect", value=10**30),
        spoiled("facts", "outcomes", 0, "seq", value=2**63),
        spoiled("missing", "missing", value=["a"] * 6000),
    ],
)
async def test_what_no_phone_can_hold_is_no_answer(
    bench: Bench, office: OddOffice, spoil: Callable[[str, Any], Any]
) -> None:
    briefing, list_before = await bench.phone.store.meta.briefing(), bench.phone.store.cases.all()
    office.spoil = spoil
    assert (await sync_now(bench.phone)).problem_code == BAD
    assert await bench.phone.store.meta.briefing() == briefing
    assert bench.phone.store.cases.all() == list_before


async def test_a_case_that_comes_under_an_unknown_kind_stays_with_its_records(
    bench: Bench, office: OddOffice
) -> None:
    kept = bench.phone.store.facts.all()
    office.spoil = spoiled("changes", "changes", 1, "kind", value="later")
    assert (await sync_now(bench.phone)).sent == len(kept) == 1
    assert [fact.id for fact in bench.phone.store.facts.all()] == [kept[0].id]
    assert bench.phone.store.cases.get("case-1") is not None


async def test_a_receipt_with_a_number_no_database_holds_is_no_receipt(
    bench: Bench, office: OddOffice
) -> None:
    office.spoil = spoiled("receipt", "items", 0, "seq", value=2**63)
    assert await code_of(bench) == "receipt.invalid"


async def test_a_deeply_nested_answer_is_no_answer(bench: Bench) -> None:
    await bench.enrol()
    deep = b'{"outcomes":[{"outcome":"rejected","problem":' + b'{"a":' * 5000 + b"1" + b"}" * 5002
    bench.phone.transport = httpx.MockTransport(lambda _: httpx.Response(200, content=deep))
    await record(bench.phone, "case-1", VISIT)
    assert await code_of(bench) == BAD


async def test_an_upload_that_claims_more_than_the_photo_has_fails_alone(
    bench: Bench, office: OddOffice
) -> None:
    office.spoil = spoiled("headers", "Upload-Offset", value=9_999_999)
    report = await sync_now(bench.phone)
    assert (report.sent, report.photos) == (1, 0)
    assert len(bench.phone.store.photos.waiting()) == 1
    office.spoil = lambda _, value: value
    assert (await sync_now(bench.phone)).photos == 1


@pytest.mark.parametrize(
    ("header", "value"),
    [("Upload-Offset", "9" * 5000), ("Upload-Offset", "-1"), ("Location", "/v1/uploads/../../x?y")],
)
async def test_an_upload_at_no_place_is_no_answer(
    bench: Bench, office: OddOffice, header: str, value: str
) -> None:
    office.spoil = spoiled("headers", header, value=value)
    assert (await sync_now(bench.phone)).problem_code == BAD
    assert len(bench.phone.store.photos.waiting()) == 1


@pytest.mark.parametrize(
    "changes", [{"token": "a\r\nb"}, {"token": "令牌"}, {"device": ""}, {"server_key": "AA"}]
)
async def test_an_enrolment_that_could_never_be_used_is_refused(
    bench: Bench, changes: dict[str, str]
) -> None:
    scope = wire.Scope(season="2019", school="QH01", school_name="校", staff="s1", staff_name="郑")
    key = wire.b64(b"\x04" + bytes(64))
    reply = wire.EnrolReply(
        device="d1", token="t", state="pending", scope=scope, server_key=key, epoch="e"
    )
    body = msgspec.json.encode(msgspec.structs.replace(reply, **changes))
    bench.phone.transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    with pytest.raises(ProblemError, match=r"enrol\.no_server"):
        await enrol(bench.phone, url="https://school.example", code="12345678", device_name="")
    assert await bench.phone.store.meta.enrolment() is None


@pytest.mark.parametrize(
    "data",
    [
        ANSWER_MAGIC + bytes(SIG_BYTES) + b'{"facts":[' * 20_000,
        ANSWER_MAGIC + bytes(MAX_ANSWER_BYTES),
    ],
)
async def test_a_hand_over_answer_without_bounds_is_unreadable(
    bench: Bench, office: OddOffice, data: bytes
) -> None:
    with pytest.raises(ProblemError, match=r"handover\.answer_unreadable"):
        await handover.take_answer(bench.phone, data)
    assert len(bench.phone.store.facts.unsent()) == 1


# what an earlier version stored


async def test_screens_show_what_an_earlier_version_stored_as_it_is(bench: Bench) -> None:
    await bench.brief()
    odd = case_state(
        1,
        repaid={"as_of": "9999-12-31", "paid": True, "paid_on": "0000-00-00"},
        promised_on="=1+1",
        last_visit="soon",
    )
    odd = msgspec.convert(msgspec.to_builtins(odd), wire.CaseState)
    await bench.give(odd)
    office_at, here = "9999-12-31T23:59:59+00:00", "2019-12-12T07:00:00+08:00"
    await bench.phone.store.meta.put("sync", SyncState(refreshed_at=here, office_at=office_at))
    await screens(bench)


async def screens(bench: Bench) -> None:
    """Everything the screens load answers."""
    phone = bench.phone
    await today.today(phone)
    await outbox.outbox(phone)
    for page in await policy.pages(phone):
        await policy.page(phone, page.key)
    for only in cases.FILTERS:
        for line in await cases.list_cases(phone, "", only):
            await cases.open_case(phone, line.id)


# any change to any answer


ODD: tuple[object, ...] = (
    None,
    True,
    -1,
    0,
    1,
    2**53,
    2**63,
    -(2**63) - 1,
    10**40,
    1.5,
    1e308,
    "",
    "x",
    "0000-00-00",
    "9999-12-31",
    "9999-12-31T23:59:59+00:00",
    "0001-01-01T00:00:00+14:00",
    "=1+1",
    "\x00",
    "名" * 300,
    [],
    {},
    [[]],
    ["x"] * 50,
    {"a": {"b": [1]}},
    "2019-12-12",
    "2019",
)


def mutate(value: Any, rng: random.Random, changes: int) -> Any:
    """The value with some of its members replaced, dropped, doubled or moved elsewhere."""
    for _ in range(changes):
        places: list[tuple[Any, Any]] = []
        todo = [value]
        while todo:
            node = todo.pop()
            keys = node.keys() if isinstance(node, dict) else range(len(node))
            places += [(node, key) for key in keys]
            todo += [node[key] for key in keys if isinstance(node[key], dict | list)]
        if not places:
            return copy.deepcopy(rng.choice(ODD))
        node, key = rng.choice(places)
        what = rng.randrange(10)
        if what == 0:
            del node[key]
        elif what == 1 and isinstance(node, list):
            node.append(node[key])
        elif what == 2:
            other, there = rng.choice(places)
            if there in other if isinstance(other, dict) else there < len(other):
                copied = msgspec.json.decode(msgspec.json.encode(other[there]))
                node[key] = copied
        else:
            node[key] = copy.deepcopy(rng.choice(ODD))  # its own: the next change goes into it
    return value


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    which=st.sampled_from(
        ["facts", "missing", "changes", "changes", "changes", "receipt", "headers"]
    ),
    rng=st.randoms(use_true_random=False),
    changes=st.integers(1, 4),
)
async def test_no_change_to_any_answer_breaks_a_phone_or_loses_a_record(
    bench: Bench, office: OddOffice, which: str, rng: random.Random, changes: int
) -> None:
    phone = bench.phone
    phone.store.facts.queue_again()
    phone.store.photos.queue_again()
    odd = [c.case.id for c in phone.store.cases.all() if c.case.id != "case-1"]
    await phone.store.cases.apply([], odd, set())
    before = {k.id: k.data for k in phone.store.facts.all()}

    def spoil(name: str, answer: Any) -> Any:
        if name != which:
            return answer
        changed = mutate(answer, rng, changes)
        return changed if isinstance(changed, dict) or name != "headers" else {}

    office.spoil = spoil
    report = await sync_now(phone)
    assert report.ok or report.problem_code
    assert {k.id: k.data for k in phone.store.facts.all()} == before
    assert all(k.state != "sent" or k.seq is not None for k in phone.store.facts.all())
    await screens(bench)


@pytest.fixture(autouse=True)
async def _still_opens(bench: Bench) -> AsyncIterator[None]:
    """After each of these tests the phone opens again with every record it had."""
    yield
    before = {k.id: k.data for k in bench.phone.store.facts.all()}
    phone = await bench.again()
    assert {k.id: k.data for k in phone.store.facts.all()} == before
