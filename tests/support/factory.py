"""Small makers of facts and cases for the tests of the pure rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.cases import Case, Contract, Person, Repaid
from shared.lifecycle import Review, Standing, stand
from shared.records.base import Body, Fact, plain
from shared.records.correction import Correction
from shared.records.registry import kind_of
from sync_server.sample.season import season_2019

SEASON = season_2019()
UNPAID = Repaid()


def case(id: str = "c1", code: str = "QH010001K") -> Case:
    """A case that owes 1,313.46 yuan."""
    contract = Contract(contract_no="HT1", principal_fen=123456, interest_fen=7890)
    return Case(
        id=id, season="2019", code=code, borrower=Person(name="郑小雨"), contracts=(contract,)
    )


def fact(
    id: str,
    body: Body,
    at: str = "2019-12-12T10:00:00+08:00",
    of: str = "c1",
    photos: Sequence[str] = (),
) -> Fact:
    """A fact as a phone makes it."""
    return raw(id, kind_of(body).name, plain(body), at, of, photos)


def raw(
    id: str,
    kind: str,
    body: dict[str, Any],
    at: str = "2019-12-12T10:00:00+08:00",
    of: str = "c1",
    photos: Sequence[str] = (),
) -> Fact:
    """A fact of any kind, as another version may make it."""
    return Fact(
        id=id,
        season="2019",
        kind=kind,
        case=of,
        captured_at=at,
        happened_at=at,
        body=body,
        photos=tuple(photos),
    )


def correction(
    id: str, of: str, body: Body | None = None, case: str = "c1", **envelope: Any
) -> Fact:
    """A correction of fact `of`; without a body it withdraws."""
    content = Correction(
        corrects=of,
        reason="写错了",
        withdraw=body is None,
        body=None if body is None else plain(body),
    )
    return fact(id, content, of=case, **envelope)


def judge(facts: Sequence[Fact], *reviews: Review, repaid: Repaid = UNPAID) -> Standing:
    """Where case c1 stands."""
    return stand(case(), facts, repaid, {r.fact: r for r in reviews}, SEASON)


def returned(fact_id: str) -> Review:
    return Review(fact=fact_id, verdict="returned", comment="照片不清楚")


def accepted(fact_id: str) -> Review:
    return Review(fact=fact_id, verdict="accepted")
