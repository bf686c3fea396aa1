"""Today shows what no sync can send any more and what to do; the report of a sync is not ok then."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile.store.kept import Kept, State
from mobile.sync.rewound import mark_chain_broken
from mobile.usecases.handover import take_answer
from mobile.usecases.outbox import outbox
from mobile.usecases.records import correct, record, undo
from mobile.usecases.stuck import ATTEMPTS_KEY, STUCK_AFTER_SYNCS, Attempts, judge
from mobile.usecases.sync_now import sync_now
from mobile.usecases.today import today
from shared import wire
from shared.digest import sha256_hex
from shared.handover import ANSWER, Answer, answer_bytes, answer_text
from shared.problems import ProblemError, details
from shared.records.base import decode
from shared.records.visit import Visit
from sync_server.crypto.keys import ReceiptKey
from sync_server.sample.season import season_2019
from tests.mobile.conftest import Bench
from tests.support.phone.odd_office import OddOffice
from tests.support.phone.records import photo

VISIT = Visit(met="self", outcome="promised")


@pytest.fixture
async def office(bench: Bench) -> OddOffice:
    """An office the phone is enrolled at."""
    await bench.brief()
    keys = ReceiptKey(bench.directory.parent / f"{bench.directory.name}.pem", "secret")
    made = OddOffice(keys, bench.phone, season_2019())
    await made.enrol(bench.phone)
    return made


async def codes(bench: Bench) -> list[str]:
    """What Today and the outbox say alike."""
    shown = [line.code for line in (await today(bench.phone)).stuck]
    assert shown == [line.code for line in (await outbox(bench.phone)).stuck]
    return shown


def expecting(office: OddOffice, expect: int) -> httpx.MockTransport:
    """The office, which lacks a number that this phone does not have."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path != "/v1/facts":
            return office.answer(request)
        sent = msgspec.json.decode(request.content, type=wire.PushRequest).facts
        hashes = [sha256_hex(wire.unb64(fact.bytes)) for fact in sent]
        outcomes = [wire.Outcome(outcome="gap", sha256=h, expect=expect) for h in hashes]
        return httpx.Response(200, content=msgspec.json.encode(wire.PushReply(outcomes=outcomes)))

    return httpx.MockTransport(answer)


@pytest.mark.parametrize("number", [1, 7])
async def test_a_number_the_server_waits_for_in_vain_asks_for_a_new_key(
    bench: Bench, office: OddOffice, number: int
) -> None:
    await record(bench.phone, "case-1", VISIT)
    bench.phone.transport = expecting(office, number)
    report = await sync_now(bench.phone)
    assert (report.ok, report.problem_code) == (False, "sync.gap")
    assert f"第 {number} 条" in report.problem.zh
    await bench.again()
    box = await outbox(bench.phone)
    assert (box.rewound, box.missing, box.unsent, box.stuck) == (True, number, 1, ())


async def refused(bench: Bench) -> str:
    """A visit that the office refused."""
    line = await record(bench.phone, "case-1", VISIT)
    await bench.phone.store.facts.join(line.fact)
    why = details(ProblemError("fact.wrong_season"))
    await bench.phone.store.facts.mark_rejected(line.fact, why)
    return line.fact


async def test_a_refused_record_is_stuck_until_its_words_are_a_new_record(
    bench: Bench, office: OddOffice
) -> None:
    fact = await refused(bench)
    report = await sync_now(bench.phone)
    assert (report.ok, report.problem_code) == (False, "sync.rejected")
    assert await codes(bench) == ["sync.rejected"]
    line = await correct(bench.phone, fact, reason="选错", body=VISIT)
    assert line.kind == "visit"
    assert await codes(bench) == []
    assert (await sync_now(bench.phone)).ok
    assert (await outbox(bench.phone)).all_sent


async def test_a_refused_record_that_is_withdrawn_leaves_nothing_to_do(
    bench: Bench, office: OddOffice
) -> None:
    await correct(bench.phone, await refused(bench), reason="选错")
    assert await codes(bench) == []
    assert (await sync_now(bench.phone)).ok
    assert (await outbox(bench.phone)).all_sent


async def test_a_correction_made_before_the_refusal_leaves_the_record_stuck(
    bench: Bench, office: OddOffice
) -> None:
    line = await record(bench.phone, "case-1", VISIT)
    await correct(bench.phone, line.fact, reason="选错", body=VISIT)
    await sync_now(bench.phone)
    why = details(ProblemError("fact.wrong_season"))
    await bench.phone.store.facts.mark_rejected(line.fact, why)
    assert await codes(bench) == ["sync.rejected"]


async def test_a_refused_correction_is_resolved_by_a_later_one_of_the_same_record(
    bench: Bench, office: OddOffice
) -> None:
    line = await record(bench.phone, "case-1", VISIT)
    first = await correct(bench.phone, line.fact, reason="选错", body=VISIT)
    await sync_now(bench.phone)
    why = details(ProblemError("fact.out_of_bounds"))
    await bench.phone.store.facts.mark_rejected(first.fact, why)
    assert await codes(bench) == ["sync.rejected"]
    second = await correct(bench.phone, first.fact, reason="选错", body=VISIT)
    kept = bench.phone.store.facts.get(second.fact)
    assert kept is not None
    assert kept.fact.body["corrects"] == line.fact  # the ledger has no refused one
    assert await codes(bench) == []


async def test_a_correction_that_cannot_be_saved_leaves_the_refused_record_stuck(
    bench: Bench,
) -> None:
    fact = await refused(bench)
    too_long = msgspec.structs.replace(VISIT, note="长" * 20_000)
    with pytest.raises(ProblemError, match=r"fact\.out_of_bounds"):
        await correct(bench.phone, fact, reason="选错", body=too_long)
    assert [k.id for k in bench.phone.store.facts.all()] == [fact]
    assert await codes(bench) == ["sync.rejected"]


async def test_undoing_the_new_record_leaves_the_refused_one_stuck(bench: Bench) -> None:
    fact = await refused(bench)
    line = await correct(bench.phone, fact, reason="选错", body=VISIT)
    assert await undo(bench.phone, line.fact)
    assert [k.id for k in bench.phone.store.facts.all()] == [fact]
    assert await codes(bench) == ["sync.rejected"]


async def test_a_record_is_stuck_after_three_syncs_that_reached_the_server(
    bench: Bench, office: OddOffice
) -> None:
    line = await record(bench.phone, "case-1", VISIT)
    bench.phone.transport = httpx.MockTransport(lambda _: httpx.Response(500))
    for _ in range(STUCK_AFTER_SYNCS):
        assert await codes(bench) == []
        assert not (await sync_now(bench.phone)).ok
    assert await codes(bench) == ["sync.stuck"]
    assert (await outbox(bench.phone)).stuck[0].facts == (line.fact,)
    bench.phone.transport = httpx.MockTransport(office.answer)
    assert (await sync_now(bench.phone)).ok
    assert await codes(bench) == []


async def test_a_phone_out_of_reach_has_nothing_stuck(bench: Bench, office: OddOffice) -> None:
    await record(bench.phone, "case-1", VISIT)

    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away")

    bench.phone.transport = httpx.MockTransport(away)
    for _ in range(STUCK_AFTER_SYNCS + 1):
        await sync_now(bench.phone, background=True)
    assert await codes(bench) == []


async def test_a_photo_that_cannot_be_read_is_said_at_once(bench: Bench, office: OddOffice) -> None:
    sha256 = await photo(bench.phone, b"jpeg")
    await record(bench.phone, "case-1", VISIT, (sha256,))
    (bench.directory / "photos" / sha256).unlink()
    report = await sync_now(bench.phone)
    assert (report.ok, report.problem_code, report.sent) == (False, "sync.photo_lost", 1)
    assert (await today(bench.phone)).stuck[0].photos == (sha256,)


async def test_a_photo_the_server_refuses_is_stuck_after_three_syncs(
    bench: Bench, office: OddOffice
) -> None:
    await record(bench.phone, "case-1", VISIT, (await photo(bench.phone, b"jpeg"),))
    refusal = details(ProblemError("upload.in_progress"))

    def busy(request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            return httpx.Response(409, json=refusal)
        return office.answer(request)

    bench.phone.transport = httpx.MockTransport(busy)
    oks = [(await sync_now(bench.phone)).ok for _ in range(STUCK_AFTER_SYNCS)]
    assert oks == [True, True, False]
    assert await codes(bench) == ["sync.photo_stuck"]


async def test_a_photo_three_answers_to_a_file_left_out_is_stuck(
    bench: Bench, tmp_path: Path
) -> None:
    keys = ReceiptKey(tmp_path / "receipts.pem", "secret")
    await OddOffice(keys, bench.phone, season_2019()).enrol(bench.phone)
    sha256, other = await photo(bench.phone, b"jpeg"), await photo(bench.phone, b"other")
    await record(bench.phone, "case-1", VISIT, (sha256, other))
    outcome = wire.Outcome(outcome="rejected", sha256=sha256)
    text = answer_text(Answer(device="d1", epoch="", knew="", answered_at="", photos=[outcome]))
    data = answer_bytes(text, keys.sign(ANSWER + text))
    oks = [(await take_answer(bench.phone, data)).ok for _ in range(STUCK_AFTER_SYNCS)]
    assert oks == [True, True, False]
    assert await codes(bench) == ["sync.photo_stuck"]
    assert (await today(bench.phone)).stuck[0].photos == (sha256,)


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers(1, 9)),
    st.sets(st.sampled_from("abc")),
    st.sets(st.sampled_from("abc")),
)
def test_a_try_counts_for_what_it_was_about_alone(
    tries: dict[str, int], about: set[str], waiting: set[str]
) -> None:
    after = Attempts(tries=tries).after(about & waiting, untried=waiting - about)
    for name in "abc":
        before = tries.get(name, 0)
        now = 0 if name not in waiting else before + 1 if name in about else before
        assert after.tries.get(name, 0) == now


async def test_tries_are_counted_for_what_waited_when_the_sync_began(
    bench: Bench, office: OddOffice
) -> None:
    await record(bench.phone, "case-1", VISIT)

    async def slow(_: httpx.Request) -> httpx.Response:
        await record(bench.phone, "case-1", VISIT)
        return httpx.Response(500)

    bench.phone.transport = httpx.MockTransport(slow)
    await sync_now(bench.phone)
    counted = await bench.phone.store.meta.get(ATTEMPTS_KEY, Attempts)
    assert counted is not None
    assert list(counted.tries.values()) == [1]
    assert len(bench.phone.store.facts.unsent()) == 2


# the rule

STATES = st.sampled_from(get_args(State))


def kept(number: int, state: State) -> Kept:
    data = msgspec.json.encode(
        {
            "id": f"f{number}",
            "season": "2019",
            "kind": "visit",
            "case": "case-1",
            "captured_at": "2019-12-12T12:00:00+08:00",
            "happened_at": "2019-12-12T12:00:00+08:00",
            "body": {},
            "photos": [],
        }
    )
    return Kept(fact=decode(data), data=data, state=state, saved_ms=0)


@given(
    st.lists(STATES, max_size=6),
    st.lists(st.integers(0, 5), min_size=6, max_size=6),
)
def test_each_record_is_stuck_for_one_reason_at_most_and_nothing_sent_is(
    states: list[State], tries: list[int]
) -> None:
    facts = [kept(n, state) for n, state in enumerate(states)]
    attempts = Attempts(tries={f"f{n}": t for n, t in enumerate(tries)})
    found = judge(facts, [], attempts)
    named = [fact for one in found for fact in one.facts]
    assert len(named) == len(set(named))
    by_id = {k.id: k.state for k in facts}
    assert not [fact for fact in named if by_id[fact] in ("sent", "pending")]
    assert {k.id for k in facts if k.state == "rejected"} <= set(named)
    assert all(one.problem.fix() and "?" not in one.problem.message() for one in found)


async def test_a_record_the_centre_did_not_take_leaves_nothing_to_do(bench: Bench) -> None:
    fact = (await record(bench.phone, "case-1", VISIT)).fact
    facts = bench.phone.store.facts
    await facts.mark_rejected(fact, details(ProblemError("fact.unreadable")))
    assert await codes(bench) == ["sync.rejected"]
    await facts.mark_rejected(fact, details(ProblemError("fact.dropped", reason="重复")))
    assert await codes(bench) == []
    box = await outbox(bench.phone)
    assert (box.lines, box.unsent, box.rejected, box.all_sent) == ((), 0, 0, True)
    assert [(line.fact, line.state) for line in box.dropped] == [(fact, "dropped")]
    assert "重复" in box.dropped[0].problem.zh
    assert (await today(bench.phone)).unsent == 0


async def test_what_waits_for_a_new_key_is_not_stuck_too(bench: Bench, office: OddOffice) -> None:
    await record(bench.phone, "case-1", VISIT)
    bench.phone.transport = httpx.MockTransport(lambda _: httpx.Response(500))
    for _ in range(STUCK_AFTER_SYNCS):
        await sync_now(bench.phone)
    assert await codes(bench) == ["sync.stuck"]
    await mark_chain_broken(bench.phone.store)
    assert await codes(bench) == []
