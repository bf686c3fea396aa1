"""What other processes may know of a work: that it runs, that it is to end, and its answer.

A result and what makes a page of it stay in the process that did the work. Once the page that
started it has gone on to the page of its progress, that process makes the answer itself and keeps
it here, for ten minutes and for its person alone; any process then gives it out, once.
"""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec
from litestar import Response
from litestar.connection import Request

from shared.problems import ProblemError
from sync_server.console.web import sessions
from sync_server.problem_details import problem_of
from sync_server.services import Services
from sync_server.store import kept
from sync_server.store.database import Connection

LASTS = timedelta(hours=12)
"""A row of a work that runs; whether it does, its hold says (sync_server/holding.py)."""
ANSWER_LASTS = timedelta(minutes=10)
HOLD = "work:"
Req = Request[Any, Any, Any]


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """A work as its row shows it; named as the members of `Work` are.

    Attributes:
        cancelled: Whether somebody asked for its end.
        ended_s: 1 once its answer is there, 0 before.
    """

    id: str
    key: str
    owner: str
    title: tuple[str, str]
    of: tuple[str, str]
    by: str
    back: str
    can_cancel: bool
    cancelled: bool = False
    ended_s: float = 0.0
    ended_at: str = ""
    failed: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of the result answers, and what it puts into the session.

    Attributes:
        status: Of the response; 0 where a problem is raised instead.
        headers: Of the response.
        body: Of the response.
        session: What the answer changed in the session.
        gone: What it took out of it.
        problem: Code and values of a problem.
    """

    status: int = 0
    headers: list[tuple[str, str]] = []
    body: bytes = b""
    session: dict[str, Any] = {}
    gone: list[str] = []
    problem: tuple[str, dict[str, Any]] = ("", {})


async def answer_of(request: Req, finish: Callable[[Req], Awaitable[Response[Any]]]) -> Answer:
    """Make the answer for the request that started a work, whose own answer has gone out."""
    session = sessions.of(request)
    session.pop(sessions.FLASH, None)
    before = copy.deepcopy(session)
    try:
        made = await finish(request)
        sent = made.to_asgi_response(None, request)  # a page is made only here
    except Exception as error:  # a fault of ours is an answer too: nobody waits for ever
        problem = problem_of(error)
        values = {name: _plain(value) for name, value in problem.values.items()}
        return Answer(problem=(problem.code, values))
    found = [
        (name.decode("latin-1"), text.decode("latin-1")) for name, text in sent.encode_headers()
    ]
    changed = {key: value for key, value in session.items() if before.get(key) != value}
    return Answer(
        status=sent.status_code or 200,
        headers=[(n, v) for n, v in found if n not in ("content-length", "set-cookie")],
        body=bytes(sent.body),
        session=changed,
        gone=[key for key in before if key not in session],
    )


def give(request: Req, answer: Answer) -> Response[Any]:
    """Give an answer to the request at hand. Raises: ProblemError, where one came of it."""
    if not answer.status:
        raise ProblemError(answer.problem[0], **answer.problem[1])
    session = sessions.of(request)
    for key in answer.gone:
        session.pop(key, None)
    for key, value in answer.session.items():
        session[key] = [*session.get(key, []), *value] if key == sessions.FLASH else value
    return Response(answer.body, status_code=answer.status, headers=dict(answer.headers))


def _plain(value: object) -> object:
    return value if isinstance(value, (str, int, float)) else str(value)


class WorkBoard:
    """The rows of works, where several processes share a database."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def begin(self, work: Elsewhere) -> None:
        """Say that a work runs, as long as it is held; for the thread that does it."""
        self._services.holds.begin(HOLD + work.id)
        self._services.database.write(lambda c: _put(c, work), alone=False)

    def let_go(self, work_id: str) -> None:
        """Hold it no more: its answer is kept, or was given."""
        self._services.holds.end_soon(HOLD + work_id)

    async def ended(self, work: Elsewhere, answer: Answer) -> None:
        """Keep its answer."""
        body = msgspec.msgpack.encode(answer)

        def job(connection: Connection) -> None:
            kept.put(connection, "answer", work.id, body, ANSWER_LASTS, of=work.owner)
            kept.put(connection, "work", work.id, _encoded(work), ANSWER_LASTS, of=work.owner)

        await self._services.write(job)

    async def forget(self, work_id: str) -> None:
        """Forget a work whose result was seen."""

        def job(connection: Connection) -> None:
            kept.forget(connection, "answer", work_id)
            kept.forget(connection, "work", work_id)

        await self._services.write(job)

    async def find(self, work_id: str, owner: str) -> Elsewhere:
        """Return somebody's work.

        Raises:
            ProblemError: work.gone; work.interrupted where its process has ended.
        """
        found = await self._services.read(lambda c: kept.find(c, "work", work_id))
        if found is None or found.of != owner:
            raise ProblemError("work.gone")
        work = msgspec.json.decode(found.body, type=Elsewhere)
        held = self._services.holds.is_held
        if not work.ended_s and not await self._services.off_loop(held, HOLD + work_id):
            await self.forget(work_id)
            raise ProblemError("work.interrupted")
        return work

    async def of(self, owner: str) -> list[Elsewhere]:
        """Return what somebody has at work, or did not see the result of."""
        found = await self._services.read(lambda c: kept.of(c, "work", owner))
        return [msgspec.json.decode(body, type=Elsewhere) for body in found]

    async def take(self, work_id: str) -> Answer | None:
        """Return the answer of a work, once; None while there is none."""

        def job(connection: Connection) -> kept.Kept | None:
            kept.forget(connection, "work", work_id)
            return kept.take(connection, "answer", work_id)

        found = await self._services.write(job)
        return msgspec.msgpack.decode(found.body, type=Answer) if found is not None else None

    async def cancel(self, work_id: str) -> None:
        """Ask its process to end it."""

        def job(connection: Connection) -> None:
            found = kept.find(connection, "work", work_id)
            if found is not None:
                work = msgspec.json.decode(found.body, type=Elsewhere)
                if not work.ended_s:
                    _put(connection, msgspec.structs.replace(work, cancelled=True))

        await self._services.write(job)

    async def is_cancelled(self, work_id: str) -> bool:
        """Whether somebody asked for its end."""
        found = await self._services.read(lambda c: kept.find(c, "work", work_id))
        return found is not None and msgspec.json.decode(found.body, type=Elsewhere).cancelled


def _put(connection: Connection, work: Elsewhere) -> None:
    kept.put(connection, "work", work.id, _encoded(work), LASTS, of=work.owner)


def _encoded(work: Elsewhere) -> bytes:
    return msgspec.json.encode(work)
