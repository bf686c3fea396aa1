"""Print the slips that activate accounts: a link each, valid once the slips are made.

The PDF is nowhere but in the answer: what is lost is printed again, which ends the links before.
"""

from __future__ import annotations

from collections.abc import Iterable

from shared.assets import FONTS
from shared.season import china_day
from sync_server.office import account_links, fonts, jobs
from sync_server.office.jobs import Job
from sync_server.paperwork import account_slips
from sync_server.paperwork.account_slips import Slip
from sync_server.services import Services
from sync_server.store import accounts, seasons
from sync_server.store.database import Connection


def print_slips(services: Services, names: Iterable[str], *, who: str, origin: str = "") -> bytes:
    """Make a link for each account and return the slips as a PDF.

    Args:
        services: The server's services.
        names: The accounts, none of which has a password, in the order of the slips.
        who: The account that prints.
        origin: How the office reached this server, for where no public address is set.

    Raises:
        ProblemError: auth.account_gone, auth.account_active, auth.account_disabled,
            enrol.address_local, paper.not_set: then no link changes.
    """
    links = account_links.draw_up(services, names, origin=origin)
    slips = [
        Slip(
            person=link.shown,
            role=link.role,
            schools=link.schools,
            sign_in=link.name,
            address=link.address,
            code=link.code,
            url=link.url,
            expires_at=link.expires_at,
            only_here=link.only_here,
        )
        for link in links
    ]
    pdf = jobs.run(
        services,
        Job(kind="notices", who=who),
        account_slips.render,
        slips,
        services.database.read(lambda c: _centre(c, services.season_id)),
        china_day(services.settings.real_now()),
        FONTS,
        shortest=accounts.SHORTEST,
        demo=bool(services.settings.clock_spec),
        faces=fonts.in_use(services),
    )
    account_links.keep(services, links, who=who)
    return pdf


def _centre(connection: Connection, season: str) -> str:
    """Return the name of the county's centre; "" before the first season."""
    found = seasons.find(connection, season) if season else None
    return found.season.letterhead.centre if found else ""
