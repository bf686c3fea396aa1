"""Start work from a page: its answer at once where it is quick, else the page of its progress."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from litestar import Response
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.console.web import work_board
from sync_server.console.web.access import Req, console_state, get_services, me, owner_of, scope_of
from sync_server.console.web.rendering import keep, notify, notify_problem
from sync_server.console.web.works import Finish, Work
from sync_server.services import Services

T = TypeVar("T")
Refused = Callable[[Req, ProblemError], Awaitable[Response[Any]]]
"""Answers a refusal with a page that still has what was typed."""
TRIES = 20
"""How often an answer is looked for, a tenth of a second apart."""
COUNTY = Label("全县", "the county")
MY_SCHOOLS = Label("我负责的学校", "my schools")


async def start(
    request: Req,
    key: str,
    verb: Callable[[Services], Any],
    finish: Finish,
    *,
    title: Label,
    of: Label,
    back: str,
    can_cancel: bool = True,
    refused: Refused | None = None,
) -> Response[Any]:
    """Start something for the signed-in person and answer.

    Args:
        request: The request.
        key: What is done, by which a second press of the button finds the first one.
        verb: Does it, in a thread of the works.
        finish: Makes the answer from the result, for this request or a later one.
        title: What is done, in words that follow 正在.
        of: What it is done for: a school, the county, a file.
        back: The address to go back to, where too much is at work already, too.
        can_cancel: Whether something can be cancelled.
        refused: Answers where too much is at work already; None goes back with a message.
    """
    works, owner = console_state(request).works, owner_of(me(request))
    key = f"{get_services(request).season_id} {key}"
    if (other := await works.elsewhere(owner, key)) is not None:
        return Redirect(f"/work/{other.id}", status_code=303)
    try:
        work = works.start(
            get_services(request),
            key,
            verb,
            owner=owner,
            who=me(request).name,
            title=title,
            of=of,
            by=me(request).shown,
            back=back,
            finish=finish,
            can_cancel=can_cancel,
        )
    except ProblemError as problem:
        if refused is not None:
            return await refused(request, problem)
        notify_problem(request, problem)
        return Redirect(back, status_code=303)
    try:
        found = await answer(request, work)
    except Exception:
        if works.board is not None and work.answering is None:
            await works.forget(work)
        raise
    if work.future.done() and work.answering is None:
        await works.forget(work)
    return found


def every_school(request: Req) -> Label:
    """Return what all the schools that the account sees are called."""
    return COUNTY if scope_of(request).is_county else MY_SCHOOLS


async def answer(request: Req, work: Work) -> Response[Any]:
    """Answer with what came of a work, or lead to the page of its progress."""
    works = console_state(request).works
    if work.finish is None or not await works.wait(work):
        works.answer_anywhere(work, request)
        return Redirect(f"/work/{work.id}", status_code=303)
    if work.answering is not None:
        await works.answered(work)
        return await answer_elsewhere(request, work.id)
    work.is_seen = True
    return await work.finish(request, work)


async def answer_elsewhere(request: Req, work_id: str) -> Response[Any]:
    """Answer with what is kept of a work that has ended, in whichever process.

    Raises:
        ProblemError: work.gone, and what came of the work.
    """
    board = console_state(request).works.board
    for _ in range(TRIES):
        if board is not None and (found := await board.take(work_id)) is not None:
            return work_board.give(request, found)
        await asyncio.sleep(0.1)  # its own process is just about to keep it
    raise ProblemError("work.gone")


def then_back(
    zh: str, en: str, typed: Mapping[str, str] | None = None, **more: Callable[[Any], Any]
) -> Finish:
    """Return what goes back with a message: done, or why not.

    `typed`: what the page must not lose when it is refused. `more`: values of the sentence, each
    computed from the result.
    """

    async def finish(request: Req, work: Work) -> Response[Any]:
        try:
            result = work.result()
        except ProblemError as problem:
            notify_problem(request, problem)
            keep(request, typed or {})
        else:
            notify(request, zh, en, **{name: of(result) for name, of in more.items()})
        return Redirect(work.back, status_code=303)

    return finish
