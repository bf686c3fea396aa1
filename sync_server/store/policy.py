"""Policy pages and door scripts of a season by edition: who changed which page and when.

Edition 0 is what the season began with, stored with the season. The newest edition is also the
season's own `policy`, which phones get with their briefing.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, func, select

from shared.policy import PolicyPage
from sync_server.store import seasons
from sync_server.store import tables as t
from sync_server.store.rows import as_struct

Pages = tuple[PolicyPage, ...]
MAX_EDITIONS = 2**31 - 1
"""What an Integer column holds; an address may name any number."""


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """One change. `what`: save | add | move | remove | restore; `page` and `title` name the page.

    When all pages were restored, `page` is empty and `title` is the number of the edition restored.
    """

    n: int
    at: str
    who: str
    what: str
    page: str = ""
    title: str = ""


def pages(connection: Connection, season: str) -> Pages:
    """The texts in force."""
    return seasons.get(connection, season).policy


def shipped(connection: Connection, season: str) -> Pages:
    """The texts the season began with."""
    return edition(connection, season, 0) or ()


def newest(connection: Connection, season: str) -> int:
    """The number of the newest edition, 0 while nothing was changed."""
    query = select(func.max(t.policy_edition.c.n)).where(t.policy_edition.c.season == season)
    return connection.execute(query).scalar() or 0


def editions(connection: Connection, season: str, limit: int = 50) -> list[Edition]:
    """The newest changes first."""
    c = t.policy_edition.c
    found = connection.execute(
        select(t.policy_edition)
        .where(c.season == season, c.n > 0)
        .order_by(c.n.desc())
        .limit(limit)
    )
    return [as_struct(row, Edition) for row in found.mappings()]


def change(connection: Connection, season: str, n: int) -> Edition | None:
    """Who made an edition, and when; None for the texts the season began with."""
    if n == 0:
        return None
    c = t.policy_edition.c
    row = (
        connection.execute(
            select(t.policy_edition).where(c.season == season, c.n == min(n, MAX_EDITIONS))
        )
        .mappings()
        .first()
    )
    return None if row is None else as_struct(row, Edition)


def last_of(connection: Connection, season: str, page: str) -> Edition | None:
    """The newest change that touched a page; one made to all of them counts."""
    c = t.policy_edition.c
    query = select(t.policy_edition).where(
        c.season == season, c.n > 0, c.page.in_((page, "")), c.what != "move"
    )
    row = connection.execute(query.order_by(c.n.desc()).limit(1)).mappings().first()
    return None if row is None else as_struct(row, Edition)


def edition(connection: Connection, season: str, n: int) -> Pages | None:
    """All texts as of an edition; None when there is none of that number."""
    if n > MAX_EDITIONS:
        return None
    c = t.policy_edition.c
    body = connection.execute(select(c.body).where(c.season == season, c.n == n)).scalar()
    return None if body is None else msgspec.json.decode(body, type=Pages)


def save_edition(
    connection: Connection,
    season: str,
    changed: Pages,
    edition: Edition,
    unchecked: tuple[str, ...],
) -> int:
    """Put texts in force as the next edition, announce them to phones; return its number.

    Args:
        connection: The database.
        season: The season.
        changed: All pages as they are to be.
        edition: Who does what; its number is given here.
        unchecked: The keys of the pages that the centre must read then.
    """
    number = newest(connection, season) + 1
    row = msgspec.structs.asdict(msgspec.structs.replace(edition, n=number))
    body = msgspec.json.encode(changed).decode()
    connection.execute(t.policy_edition.insert(), {"season": season, "body": body, **row})
    now = seasons.get(connection, season)
    seasons.save(connection, msgspec.structs.replace(now, policy=changed, unchecked=unchecked))
    return number


def confirm(connection: Connection, season: str, page: str) -> bool:
    """Note that the centre has read a page for this season; False when it was noted already."""
    now = seasons.get(connection, season)
    if page not in now.unchecked:
        return False
    rest = tuple(key for key in now.unchecked if key != page)
    seasons.save(connection, msgspec.structs.replace(now, unchecked=rest))
    return True
