"""What pages have started and do not wait for: found again, cancelled, its result shown.

It runs in threads of its own, so that no phone and no page waits for one. The heavy part of it is a
job of the queue (office/jobs.py), under the same name.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Condition
from typing import Any

from litestar import Request, Response

from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.office.job_order import MOST_OF_OWNER, MOST_WAITING
from sync_server.services import MOST_JOBS, Asked, Services

WAIT_S = 1.5
"""How long a page waits for the end before it says how far it is."""
NOTHING = Label("", "")
"""For work that only one page shows."""
KEPT_S = 600.0
"""How long a result waits for somebody to look at it: it is in memory, and may hold names."""
MOST_AT_WORK = MOST_WAITING + MOST_JOBS
"""Threads: one for each job that waits or runs."""


@dataclass(kw_only=True)
class Work:
    """Something that was started on a page.

    Attributes:
        key: What is done, by which a second press of the button finds the first one.
        owner: Who alone may look at it.
        title: What is done, in words that follow 正在.
        of: What it is done for: a school, the county, a file.
        by: The name of who asked for it.
        back: The address of the page that it was started from.
        asked: The name under which its jobs are found, and what cancels them.
        future: Its result.
        finish: Makes the answer from the result; None where the page itself asks again.
        can_cancel: Whether something can be cancelled.
        changed: Notified when jobs look at the queue again.
        ended_s: When it ended; 0 before.
        ended_at: The same on the office's clock, UTC ISO; "" before.
        is_seen: Whether its result was shown.
    """

    key: str
    owner: str
    title: Label
    of: Label
    by: str
    back: str
    asked: Asked
    future: asyncio.Future[Any]
    finish: Finish | None
    can_cancel: bool
    changed: Condition
    ended_s: float = 0.0
    ended_at: str = ""
    is_seen: bool = False

    @property
    def id(self) -> str:
        """Its name in addresses."""
        return self.asked.ref

    @property
    def failed(self) -> bool:
        """Whether it has ended with a problem."""
        done = self.future.done()
        return done and (self.future.cancelled() or self.future.exception() is not None)

    def result(self) -> Any:
        """Return what came of it, or raise why nothing did."""
        return self.future.result()


Finish = Callable[[Request[Any, Any, Any], Work], Awaitable[Response[Any]]]


class Works:
    """All that is at work, or waits for somebody to look at its result.

    Attributes:
        wait_s: How long a page waits for the end.
    """

    def __init__(self, wait_s: float = WAIT_S) -> None:
        self.wait_s = wait_s
        self._all: dict[str, Work] = {}
        self._threads = ThreadPoolExecutor(MOST_AT_WORK, thread_name_prefix="work")

    def start(
        self,
        services: Services,
        key: str,
        verb: Callable[[Services], Any],
        *,
        owner: str,
        title: Label,
        of: Label = NOTHING,
        by: str = "",
        back: str,
        finish: Finish | None = None,
        can_cancel: bool = True,
        who: str | None = None,
    ) -> Work:
        """Start something, or find it at work.

        Args:
            services: What `verb` gets, for this work.
            key: What is done, by which a second press finds the first one.
            verb: Does it, in a thread.
            owner: Who asked for it.
            title: What is done, in words that follow 正在.
            of: What it is done for: a school, the county, a file.
            by: The name of `owner`.
            back: The address of the page to go back to.
            finish: Makes the answer from the result; None where the page itself asks again.
            can_cancel: Whether something can be cancelled.
            who: Who takes turns for it in the queue; `owner` where it is not given.

        Raises:
            ProblemError: work.yours, work.busy.
        """
        self._forget_old()
        if (found := self.same(owner, key)) is not None:
            return found
        at_work = [work for work in self._all.values() if not work.future.done()]
        if sum(work.owner == owner for work in at_work) >= MOST_OF_OWNER:
            raise ProblemError("work.yours", limit=MOST_OF_OWNER)
        if len(at_work) >= MOST_AT_WORK:
            raise ProblemError("work.busy", waiting=len(at_work))
        asked = Asked(ref=secrets.token_urlsafe(16), who=owner if who is None else who)
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._threads, verb, services.asked_by(asked))
        work = Work(
            key=key,
            owner=owner,
            title=title,
            of=of,
            by=by,
            back=back,
            asked=asked,
            future=future,
            finish=finish,
            can_cancel=can_cancel,
            changed=services.jobs_changed,
        )
        self._all[work.id] = work
        future.add_done_callback(lambda _: self._note_end(work, services.settings.now_text()))
        return work

    def same(self, owner: str, key: str) -> Work | None:
        """Return what somebody has at work under a key."""
        for work in self._all.values():
            if (work.owner, work.key) == (owner, key) and not work.future.done():
                return work
        return None

    async def wait(self, work: Work) -> bool:
        """Wait a little; return whether it has ended."""
        done, _ = await asyncio.wait({work.future}, timeout=self.wait_s)
        return bool(done)

    def find(self, work_id: str, owner: str) -> Work:
        """Return somebody's work. Raises ProblemError work.gone."""
        self._forget_old()
        found = self._all.get(work_id)
        if found is None or found.owner != owner:
            raise ProblemError("work.gone")
        return found

    def shown_to(self, owner: str) -> list[Work]:
        """Return what somebody can look at: it is at work, or its result was not seen yet."""
        own = [work for work in self._all.values() if work.owner == owner]
        return [work for work in own if work.finish and not work.is_seen]

    def at_work(self, owners: str) -> int:
        """Count what is at work for owners whose name begins so."""
        every = self._all.values()
        return sum(work.owner.startswith(owners) and not work.future.done() for work in every)

    def cancel(self, work: Work) -> None:
        """End its job; where nothing can be cancelled it goes on."""
        if work.can_cancel:
            work.asked.cancelled.set()
            self._wake(work)

    def drop(self, work: Work) -> None:
        """Forget a result that was seen."""
        self._all.pop(work.id, None)

    def close(self) -> None:
        """Cancel everything and wait until no process of it is left."""
        for work in self._all.values():
            work.asked.cancelled.set()
            self._wake(work)
        self._threads.shutdown(cancel_futures=True)

    def _wake(self, work: Work) -> None:
        """Let a job that waits see at once that it was cancelled."""
        with work.changed:
            work.changed.notify_all()

    def _note_end(self, work: Work, at: str) -> None:
        work.ended_s, work.ended_at = time.monotonic(), at
        if not work.future.cancelled():
            work.future.exception()  # whether or not somebody looks at it
        if work.finish is None:  # the page finds the result where the work put it
            self.drop(work)

    def _forget_old(self) -> None:
        moment_s = time.monotonic() - KEPT_S
        for work in list(self._all.values()):
            if work.ended_s and work.ended_s < moment_s:
                self.drop(work)
