"""A request waits for a database that is away for a moment: a standby takes over meanwhile."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared.problems import ProblemError
from sync_server.services import Services


class Away:
    """A database that nobody reaches for some tries; `asked` counts them all."""

    def __init__(self, away: int, code: str = "data.away") -> None:
        self.away, self.code, self.asked = away, code, 0
        self.writer = SimpleNamespace(submit=self.submit)

    def check_writes(self) -> None:
        """Everybody may."""

    def read(self, job: Any) -> Any:
        self.asked += 1
        if self.asked <= self.away:
            raise ProblemError(self.code)
        return job(None)

    def submit(self, job: Any, *, alone: bool) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(self.read(job))
        except ProblemError as problem:
            done.set_exception(problem)
        return done


def over(services: Services, database: Away, patience_s: float) -> Services:
    return replace(services, database=cast(Any, database), patience_s=patience_s)


@pytest.mark.parametrize("verb", ["read", "write"])
async def test_a_request_waits_until_the_database_is_back(services: Services, verb: str) -> None:
    database = Away(2)
    waiting = over(services, database, patience_s=30)
    assert await getattr(waiting, verb)(lambda _: "done") == "done"
    assert database.asked == 3


@pytest.mark.parametrize("verb", ["read", "write"])
async def test_a_database_that_stays_away_is_named_in_the_end(
    services: Services, verb: str
) -> None:
    begun = time.monotonic()
    with pytest.raises(ProblemError, match=r"data\.away"):
        await getattr(over(services, Away(999), patience_s=0.2), verb)(lambda _: "done")
    assert time.monotonic() - begun < 10


async def test_what_may_have_been_stored_is_not_tried_again_here(services: Services) -> None:
    database = Away(1, "data.unconfirmed")
    with pytest.raises(ProblemError, match=r"data\.unconfirmed"):
        await over(services, database, patience_s=30).write(lambda _: "done")
    assert database.asked == 1
