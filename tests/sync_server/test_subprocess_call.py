"""Heavy work runs in a process of its own, started as a server starts it."""

from __future__ import annotations

import os
from multiprocessing import get_context

import pytest

from shared.problems import ProblemError
from sync_server.office import subprocess_call
from sync_server.office.subprocess_call import run_in_subprocess


@pytest.fixture(autouse=True)
def spawned(monkeypatch: pytest.MonkeyPatch) -> None:
    """As outside the tests."""
    monkeypatch.setattr(subprocess_call, "STARTED_BY", get_context("spawn"))


def refuse() -> None:
    raise ProblemError("season.closed", season="2026")


def mask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


def test_what_it_writes_is_its_owners_alone() -> None:
    assert run_in_subprocess(mask) == 0o077


def test_the_work_is_done_in_another_process() -> None:
    assert run_in_subprocess(os.getpid) != os.getpid()


def test_its_problem_is_raised_with_code_and_values() -> None:
    with pytest.raises(ProblemError) as refused:
        run_in_subprocess(refuse)
    assert (refused.value.code, refused.value.values) == ("season.closed", {"season": "2026"})
