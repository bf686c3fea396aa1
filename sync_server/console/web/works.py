"""What pages have started and do not wait for: found again, cancelled, its result shown.

It runs in threads of its own, so that no phone and no page waits for one. The heavy part of it is a
job of the queue (office/jobs.py), under the same name. Where several processes serve, a row says
that it runs, and any of them shows, cancels and answers it (work_board.py).
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Condition
from typing import Any

from litestar import Request, Response

from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.console.web.work_board import Elsewhere, WorkBoard, answer_of
from sync_server.office.job_order import MOST_OF_OWNER, MOST_WAITING
from sync_server.services import MOST_JOBS, Asked, Services

KEEPING_TRIES = 60
"""How often an answer is tried to be kept, a second apart, while the database is elsewhere."""
ANSWER_S = 20.0
"""How long a page waits for an answer that is being made."""
LOOK_S = 1.0
"""How often a work's own process looks whether another one was asked to end it."""
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
        answering: What makes its answer for whichever process is asked; None in the usual case,
            where the page that asks gets the result itself.
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
    answering: asyncio.Task[None] | None = None

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
        board: Where other processes see it; None where one process serves.
    """

    def __init__(self, wait_s: float = WAIT_S, board: WorkBoard | None = None) -> None:
        self.wait_s = wait_s
        self.board = board
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
        row = Elsewhere(
            id=asked.ref,
            key=key,
            owner=owner,
            title=(title.zh, title.en),
            of=(of.zh, of.en),
            by=by,
            back=back,
            can_cancel=can_cancel,
        )
        doing = partial(self._shown, row, verb) if self.board is not None and finish else verb
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._threads, doing, services.asked_by(asked))
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

    def _shown(self, row: Elsewhere, verb: Callable[[Services], Any], services: Services) -> Any:
        """Do it while other processes see that it is done; held until its answer is kept."""
        if self.board is not None:
            self.board.begin(row)
        return verb(services)

    def answer_anywhere(self, work: Work, request: Request[Any, Any, Any]) -> None:
        """Make the answer here once it has ended, for whichever process is asked.

        Its end is also asked for in whichever process.
        """
        if self.board is not None and work.finish is not None and work.answering is None:
            making = self._answer_anywhere(self.board, work, work.finish, request)
            work.answering = asyncio.create_task(making)

    async def _answer_anywhere(
        self,
        board: WorkBoard,
        work: Work,
        finish: Finish,
        request: Request[Any, Any, Any],
    ) -> None:
        while not (await asyncio.wait({work.future}, timeout=LOOK_S))[0]:
            with suppress(Exception):  # the database is elsewhere for a moment
                if not work.asked.cancelled.is_set() and await board.is_cancelled(work.id):
                    self.cancel(work)
        answer = await answer_of(request, lambda given: finish(given, work))
        row = Elsewhere(
            id=work.id,
            key=work.key,
            owner=work.owner,
            title=(work.title.zh, work.title.en),
            of=(work.of.zh, work.of.en),
            by=work.by,
            back=work.back,
            can_cancel=False,
            ended_s=1.0,
            ended_at=work.ended_at,
            failed=work.failed,
        )
        for _ in range(KEEPING_TRIES):
            try:
                await board.ended(row, answer)
                break
            except Exception:
                await asyncio.sleep(LOOK_S)
        self.drop(work)  # the row is its place now

    async def answered(self, work: Work) -> None:
        """Wait until the answer of a work that has ended is kept."""
        if work.answering is not None:
            await asyncio.wait({work.answering}, timeout=ANSWER_S)

    async def elsewhere(self, owner: str, key: str) -> Elsewhere | None:
        """Return what somebody has at work under a key in another process."""
        if self.board is None or self.same(owner, key) is not None:
            return None
        rows = [row for row in await self.board.of(owner) if row.key == key and not row.ended_s]
        for row in rows:
            with suppress(ProblemError):
                return await self.board.find(row.id, owner)
        return None

    async def forget(self, work: Work) -> None:
        """Forget a result that was seen, in every process."""
        self.drop(work)
        if self.board is not None and work.finish is not None:
            await self.board.forget(work.id)

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

    async def shown_to(self, owner: str) -> Sequence[Work | Elsewhere]:
        """Return what somebody can look at: it is at work, or its result was not seen yet."""
        if self.board is not None:
            return await self.board.of(owner)
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
        if self.board is not None:
            self.board.let_go(work.id)

    def close(self) -> None:
        """Cancel everything and wait until no process of it is left."""
        for work in self._all.values():
            work.asked.cancelled.set()
            self._wake(work)
            if work.answering is not None and not (loop := work.answering.get_loop()).is_closed():
                loop.call_soon_threadsafe(work.answering.cancel)
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
