"""The record from paper that a page is about, or the way back where it is none."""

from __future__ import annotations

import asyncio

from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.console.web.access import Req, get_services, school
from sync_server.console.web.rendering import notify_problem
from sync_server.office import keyed_records
from sync_server.office.keyed_records import KeyedLine


async def keyed_line(request: Req, unit: str, fact_id: str) -> KeyedLine | Redirect:
    """Return a record of a school as it reads now.

    Returns:
        A way back with what is wrong, where it was made on a phone or was taken back.

    Raises:
        ProblemError: console.not_found for a record of another school.
    """
    await school(request, unit)
    services = get_services(request)
    try:
        line = await asyncio.to_thread(keyed_records.record, services, unit, fact_id)
        if line.fact.paper is None:
            raise ProblemError("fact.not_from_paper")
    except ProblemError as problem:
        if problem.code == "console.not_found":
            raise
        notify_problem(request, problem)
        return Redirect(f"/schools/{unit}/paper", status_code=303)
    return line
