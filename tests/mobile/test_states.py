"""docs/states.md draws the states the code has: every one is there, and none that is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from mobile.store import facts, photos
from shared.cases import Repaid
from shared.codes import REASONS
from shared.records.contact_attempt import ContactAttempt
from shared.records.notice_delivery import NoticeDelivery
from shared.records.visit import Visit
from sync_server.store import slip_batches
from tests.support.factory import fact, judge

PAGE = (Path(__file__).parents[2] / "docs/states.md").read_text(encoding="utf-8")


def drawn(title: str) -> set[str]:
    """The states of the diagram under a heading."""
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    lines = section.split("```mermaid")[1].split("```")[0].splitlines()
    arrows = [re.match(r"\s+(\S+) --> ([^\s:]+)", line) for line in lines]
    return {state for arrow in arrows if arrow for state in arrow.groups()} - {"[*]"}


def test_the_states_of_a_row_are_drawn() -> None:
    assert drawn("A row, as sync sees it") == {
        facts.PENDING,
        facts.WAITING,
        facts.SENT,
        facts.REJECTED,
    }


def test_the_states_of_a_photo_are_drawn() -> None:
    assert drawn("A photo") - {"refused"} == {
        photos.DRAFT,
        photos.WAITING,
        photos.SENT,
        photos.LEAVING,
        photos.GONE,
        photos.DROPPED,
    }


def test_the_stages_of_a_case_are_drawn() -> None:
    visits = [[fact("v", Visit(met="self", outcome=reason.code))] for reason in REASONS]
    others = [
        [],
        [fact("d", NoticeDelivery(outcome="signed"))],
        [fact("a", ContactAttempt(outcome="reached"))],
    ]
    stages = {judge(history).stage for history in [*visits, *others]} | {
        judge([], repaid=Repaid(paid=True)).stage
    }
    assert drawn("A case") == stages


def test_the_states_of_a_batch_of_slips_are_drawn() -> None:
    assert drawn("A batch of slips") == set(get_args(slip_batches.State))


@pytest.mark.parametrize("title", ["A record, as people see it", "A summary"])
def test_every_diagram_has_states(title: str) -> None:
    assert len(drawn(title)) >= 7
