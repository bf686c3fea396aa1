"""The bounds of what the phone accepts of a server: each edge from inside and outside."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from mobile.sync import answers
from shared import wire
from shared.box import POINT_BYTES
from shared.problems import ProblemError, details
from shared.season import SEASON_YEARS, Limits
from sync_server.sample.season import season_2019
from tests.mobile.conftest import case_state

UNIT = wire.Unit(code="QH01", name="一中")
SCOPE = wire.Scope(
    season="2019", school="QH01", school_name="一中", staff="s1", staff_name="郑老师"
)
BRIEFING = wire.Briefing(season=season_2019(), unit=UNIT)
PAGE = wire.ChangesPage(changes=[], next="c", more=True, epoch="e1")
CASE = wire.Change(seq=1, kind="case", ref="case-1", case=case_state(1))
REPLY = wire.EnrolReply(
    device="d1",
    token="t",
    state="pending",
    scope=SCOPE,
    server_key=wire.b64(bytes(POINT_BYTES)),
    epoch="e1",
)
N, M = answers.LONGEST_NAME, answers.MOST_IN_JSON


def but(struct: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(struct, **changes)


@pytest.mark.parametrize(
    "sound",
    [
        PAGE,
        but(PAGE, next="c" * answers.LONGEST_CURSOR, epoch="e" * N),
        but(PAGE, next="", more=False),
        but(PAGE, epoch="e", changes=[but(CASE, kind="later")] * answers.MOST_CHANGES),
        case_state(1, id="c"),
        but(PAGE, at="2019-12-12T10:00:00+08:00"),
        but(PAGE, changes=[but(CASE, seq=n, kind="later") for n in range(3)]),
        but(PAGE, scope_count=M),
        but(PAGE, chain=wire.ChainPlace(n=0, link="")),
        CASE,
        but(CASE, seq=0),
        wire.Change(seq=1, kind="gone", ref="case-1"),
        wire.Change(seq=1, kind="briefing", briefing=BRIEFING),
        case_state(1, version=0),
        but(CASE, ref="c" * N, case=case_state(1, id="c" * N)),
        Limits(visitors=0),
        Limits(visitors=answers.MOST_LIMIT),
        wire.Outcome(outcome="created", seq=0),
        wire.Outcome(outcome="gap", expect=1),
        wire.Outcome(outcome="gap"),
        wire.ReceiptLine(sha256="a", seq=0),
        wire.PushReply(outcomes=[], receipt=wire.Receipt(bytes="x" * 70_000, sig="")),
        REPLY,
        but(REPLY, epoch="e" * N, scope=but(SCOPE, staff_name="n" * N), device="d" * N),
        but(REPLY, token="!~" * 256),
        wire.Teacher(id="s" * N, name="n" * N),
    ],
)
def test_an_answer_within_the_bounds_fits(sound: object) -> None:
    assert answers.fits(sound)


@pytest.mark.parametrize(
    "odd",
    [
        but(PAGE, next="c" * (answers.LONGEST_CURSOR + 1)),
        but(PAGE, next="", more=True),
        but(PAGE, epoch=""),
        but(PAGE, epoch="e" * (N + 1)),
        but(PAGE, at="yesterday"),
        but(PAGE, at=f"{min(SEASON_YEARS) - 1}-12-12T10:00:00+08:00"),
        but(PAGE, scope_count=M + 1),
        but(PAGE, scope_count=-M - 1),
        but(PAGE, changes=[but(CASE, kind="later")] * (answers.MOST_CHANGES + 1)),
        but(PAGE, chain=wire.ChainPlace(n=-1, link="")),
        but(PAGE, changes=[but(CASE, seq=-1)]),
        but(CASE, ref="case-2"),
        but(CASE, case=None),
        wire.Change(seq=1, kind="briefing"),
        case_state(1, version=-1),
        case_state(1, id=""),
        case_state(1, id="c" * (N + 1)),
        Limits(visitors=-1),
        Limits(visitors=answers.MOST_LIMIT + 1),
        wire.Outcome(outcome="created", seq=-1),
        wire.Outcome(outcome="gap", expect=0),
        wire.ReceiptLine(sha256="a", seq=-1),
        but(REPLY, server_key="?"),
        but(REPLY, server_key=wire.b64(bytes(POINT_BYTES + 1))),
        but(REPLY, token=""),
        but(REPLY, token="a b"),
        but(REPLY, token="a" * 513),
        but(REPLY, device="d\n"),
        but(REPLY, device="d" * (N + 1)),
        but(REPLY, epoch="e" * (N + 1)),
        but(REPLY, scope=but(SCOPE, staff_name="n" * (N + 1))),
        wire.Teacher(id="", name="n"),
        wire.Teacher(id="s" * (N + 1), name="n"),
        wire.Teacher(id="s", name="n" * (N + 1)),
    ],
)
def test_an_answer_beyond_a_bound_does_not_fit(odd: object) -> None:
    assert not answers.fits(odd)


def nested(depth: int, inner: object = 1) -> object:
    """A list in a list, and so on."""
    return inner if depth == 0 else [nested(depth - 1, inner)]


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("x" * answers.LONGEST_TEXT, True),
        ("x" * (answers.LONGEST_TEXT + 1), False),
        (M, True),
        (-M, True),
        (M + 1, False),
        (-M - 1, False),
        ([1] * answers.MOST_ITEMS, True),
        ([1] * (answers.MOST_ITEMS + 1), False),
        (tuple([1] * (answers.MOST_ITEMS + 1)), False),
        ([1, M + 1], False),
        ({str(n): n for n in range(answers.MOST_ITEMS)}, True),
        ({str(n): n for n in range(answers.MOST_ITEMS + 1)}, False),
        ({"a": M + 1}, False),
        ({"x" * (answers.LONGEST_TEXT + 1): 1}, False),
        (nested(answers.MOST_DEPTH), True),
        (nested(answers.MOST_DEPTH + 1), False),
        ({"a": nested(answers.MOST_DEPTH - 1)}, True),
        ({"a": nested(answers.MOST_DEPTH)}, False),
        (nested(answers.MOST_DEPTH, {}), False),
        (nested(answers.MOST_DEPTH - 1, {}), True),
        (nested(answers.MOST_DEPTH, UNIT), False),
        (nested(answers.MOST_DEPTH - 1, UNIT), True),
        (date(min(SEASON_YEARS), 1, 1), True),
        (date(min(SEASON_YEARS) - 1, 12, 31), False),
        (None, True),
        (1.5, True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_texts_numbers_lists_days_and_depth_are_bounded(value: object, fits: bool) -> None:
    assert answers.fits(value) is fits


@pytest.mark.parametrize(("deep", "fits"), [(10, True), (11, False)])
def test_what_lies_in_a_struct_lies_one_deeper(deep: int, fits: bool) -> None:
    dropped = wire.Change(seq=1, kind="dropped", problem={"a": nested(deep)})
    assert answers.fits(dropped) is fits


def test_an_answer_is_read_or_is_a_bad_answer() -> None:
    data = msgspec.json.encode(PAGE)
    assert answers.read(data, wire.ChangesPage) == PAGE
    late = msgspec.json.encode(but(PAGE, epoch=""))
    for bad in (late, data[:-1], b"\xff", b"[" * 100_000, b"{}"):
        with pytest.raises(ProblemError, match=r"net\.bad_answer"):
            answers.read(bad, wire.ChangesPage)


def test_the_problems_of_outcomes_are_cut_to_what_is_known() -> None:
    why = details(ProblemError("fact.wrong_season")) | {"detail": "长" * 5000, "secret": "x"}
    sent = wire.PushReply(
        outcomes=[
            wire.Outcome(outcome="rejected", problem=why),
            wire.Outcome(outcome="created", seq=3),
        ]
    )
    refused, created = answers.read(msgspec.json.encode(sent), wire.PushReply).outcomes
    assert refused.problem is not None
    assert refused.problem["code"] == "fact.wrong_season"
    assert refused.problem["detail"] == "长" * answers.LONGEST_WORDS
    assert "secret" not in refused.problem
    assert created == wire.Outcome(outcome="created", seq=3)


def test_problem_details_keep_known_members_of_their_own_type() -> None:
    given = {
        "type": "t",
        "title": "标题",
        "detail": 7,
        "code": "a.b",
        "file": "f",
        "column": "c",
        "status": 400,
        "row": -1,
        "page": M,
        "more": 1,
    }
    kept = {
        "type": "t",
        "title": "标题",
        "code": "a.b",
        "file": "f",
        "column": "c",
        "status": 400,
        "page": M,
    }
    assert answers.problem_details(msgspec.json.encode(given)) == kept
    assert answers.short({"row": 0, "page": M + 1, "status": "400"}) == {"row": 0}
    for junk in (b"", b"[]", b"7", b"[" * 100_000, b"\xff"):
        assert answers.problem_details(junk) == {}
