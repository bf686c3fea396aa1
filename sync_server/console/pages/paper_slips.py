"""Scanned and signed slips without a delivery record: Enter opens the form of the next person.

The list lies as the pile of paper does; after saving, the cursor is on the one that follows.
"""

from __future__ import annotations

import asyncio

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from shared.problems import ProblemError
from shared.records.notice_delivery import KIND as DELIVERY
from sync_server.console.parts.record_view import describe
from sync_server.console.web.access import Req, get_services, school
from sync_server.console.web.formatting import Words
from sync_server.console.web.rendering import language, page
from sync_server.office import keyed_records, keyed_slips
from sync_server.store import seasons, units

MOST_LISTED = 200
"""People on one page; the next ones come as these are done."""


@get("/schools/{unit:str}/paper/slips")
async def view(
    request: Req, unit: FromPath[str], done: FromQuery[str] = "", left: FromQuery[str] = ""
) -> Response[str]:
    """Show who is next.

    `done`: the record that was saved last; `left`: the person whose form was left unsaved, after
    whom the cursor goes on.
    """
    row, services = await school(request, unit), get_services(request)
    season = await services.read(lambda c: seasons.get(c, services.season))
    waiting = await services.read(lambda c: keyed_slips.proposed(c, season, unit))
    names = await services.read(lambda c: units.staff_names(c, services.season))
    ids = [one.line.case.id for one in waiting]
    begin = ids.index(left) + 1 if left in ids else 0
    last = None
    if done:
        try:
            line = await asyncio.to_thread(keyed_records.record, services, unit, done)
            last = line, describe(line.fact, season, Words(language(request)), masked=True)
        except ProblemError:  # withdrawn since, or an address from elsewhere
            last = None
    return await page(
        request,
        "paper_slips.html",
        unit=row,
        waiting=waiting[:MOST_LISTED],
        more=max(0, len(waiting) - MOST_LISTED),
        focus=ids[begin] if begin < len(ids) else "",
        kind=DELIVERY.place,
        names=names,
        last=last,
    )


HANDLERS = (view,)
