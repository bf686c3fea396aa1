"""Start work from a page: its answer at once where it is quick, else the page of its progress."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from litestar import Response
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.console.web.access import Req, console_state, get_services, me, owner_of, scope_of
from sync_server.console.web.rendering import keep, notify, notify_problem
from sync_server.console.web.works import Finish, Work
from sync_server.services import Services

T = TypeVar("T")
Refused = Callable[[Req, ProblemError], Awaitable[Response[Any]]]
"""Answers a refusal with a page that still has what was typed."""
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
    works = console_state(request).works
    try:
        work = works.start(
            get_services(request),
            f"{get_services(request).season_id} {key}",
            verb,
            owner=owner_of(me(request)),
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
    found = await answer(request, work)
    if work.future.done():
        works.drop(work)
    return found


def every_school(request: Req) -> Label:
    """Return what all the schools that the account sees are called."""
    return COUNTY if scope_of(request).is_county else MY_SCHOOLS


async def answer(request: Req, work: Work) -> Response[Any]:
    """Answer with what came of a work, or lead to the page of its progress."""
    if work.finish is None or not await console_state(request).works.wait(work):
        return Redirect(f"/work/{work.id}", status_code=303)
    work.is_seen = True
    return await work.finish(request, work)


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
