"""The phone's core as a process of its own: commands in, answers out, and a kill is a kill."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from mobile.headless import answer
from shared.records.registry import KINDS
from tests.mobile.conftest import Bench, open_phone
from tests.support.phone.process import VISIT, Process


@pytest.fixture
async def directory(bench: Bench) -> Path:
    """The folder of a phone that has case-1, closed."""
    bench.phone.store.close()
    return bench.directory


@pytest.fixture
def process(directory: Path) -> Iterator[Process]:
    started = Process(directory)
    yield started
    started.end(kill=True)


def test_a_day_of_visits_runs_through_one_process(process: Process, tmp_path: Path) -> None:
    picture = tmp_path / "slip.jpg"
    Image.new("RGB", (64, 64), "white").save(picture)
    taken = process.do(do="take_photo", case="case-1", file=str(picture))
    assert "preview" not in taken or taken["preview"] == ""
    delivered = process.do(
        do="record",
        kind="notice_delivery",
        case="case-1",
        body={"outcome": "signed"},
        photos=[taken["sha256"]],
    )
    assert delivered["state"] == "pending"
    visited = process.do(**VISIT, happened_at="2019-12-12T09:30:00+08:00")
    process.do(
        do="correct",
        fact=visited["fact"],
        reason="选错",
        body={"met": "self", "outcome": "not_aware"},
    )
    assert process.do(do="undo", fact=delivered["fact"])
    assert process.do(do="speak_to", case="case-1", who="self")["total_fen"] == 131346
    assert [f["kind"] for f in process.do(do="facts")] == ["visit", "correction", "disclosure"]
    assert process.do(do="cases", query="小雨")[0]["name"] == "欧阳小雨"
    assert process.do(do="today")["day"] == "2019-12-12"
    assert process.do(do="outbox")["unsent"] == 3
    assert process.end() == 0


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"no json",
        b"[1]",
        b"{}",
        b'{"do": "dance"}',
        b'{"do": ["visit"]}',
        b'{"do": "case"}',
        b"\xff\xfe",
        b'{"do": "record", "kind": "hologram", "case": "case-1", "body": {}}',
        b'{"do": "record", "kind": "visit", "case": "case-1", "body": {"met": 1}}',
        b'{"do": "record", "kind": "visit", "case": "case-1", "body": {"met":"self","outcome":"x"}, "happened_at": "soon"}',
        b'{"do": "record", "kind": "visit", "case": "case-1", "body": {"met":"self","outcome":"x"}, "photos": 3}',
        b'{"do": "take_photo", "case": "case-1", "file": "/nowhere.jpg"}',
        b'{"do": "cases", "only": "rich"}',
    ],
)
async def test_an_invalid_command_is_answered(bench: Bench, line: bytes) -> None:
    heard = await answer(bench.phone, line)
    assert (heard["ok"], heard["code"]) == (False, "headless.bad_command")
    assert bench.phone.store.facts.all() == []


def test_the_process_continues_after_an_invalid_command(process: Process) -> None:
    for line in (b"no json", b'{"do": "dance"}', b"[[["):
        assert not process.say(line)["ok"]
    assert process.do(do="facts") == []


async def test_a_refusal_is_an_answer_with_code_and_sentence(bench: Bench) -> None:
    heard = await answer(bench.phone, b'{"do": "case", "case": "nobody"}')
    assert heard == {
        "ok": False,
        "code": "case.unknown",
        "message": "名单里没有这个人。也许已转给别的老师。请在名单里重新选择",
    }


def test_what_was_answered_as_saved_survives_a_kill(directory: Path) -> None:
    first = Process(directory)
    fact = first.do(**VISIT)["fact"]
    assert first.end(kill=True) != 0
    second = Process(directory)
    try:
        assert [(f["id"], f["state"], f["n"]) for f in second.do(do="facts")] == [
            (fact, "waiting", 1)
        ]
    finally:
        second.end()


async def test_the_chain_is_unbroken_over_two_restarts(directory: Path, bench: Bench) -> None:
    for _ in range(2):
        process = Process(directory)
        process.do(**VISIT)
        process.end(kill=True)
    bench.phone = await open_phone(directory, bench.clock)
    assert [k.n for k in bench.phone.store.facts.all()] == [1, None]


WHOLE = {
    "contact_attempt": {"outcome": "no_answer"},
    "contact_update": {"field": "phone", "value": "13855990001", "source": "self"},
    "notice_delivery": {"outcome": "signed"},
    "statement": {"reason": "hardship", "narrative": "家中老人常年吃药。"},
    "visit": {"met": "self", "outcome": "promised"},
}


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.form])
async def test_every_kind_that_has_a_form_is_recorded_by_one_command(
    bench: Bench, kind: str
) -> None:
    command = {"do": "record", "kind": kind, "case": "case-1", "body": WHOLE[kind]}
    assert (await answer(bench.phone, json.dumps(command).encode()))["ok"]
    assert [k.fact.kind for k in bench.phone.store.facts.all()] == [kind]
