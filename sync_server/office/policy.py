"""Edit policy pages and door scripts: each change is an edition, and none overwrites another's."""

from __future__ import annotations

import re

import msgspec

from shared.policy import SECTIONS, PolicyPage, find
from shared.problems import ProblemError
from sync_server.office import season_pages
from sync_server.office.policy_text import check, fingerprint
from sync_server.office.season_pages import MAX_PAGES
from sync_server.services import Services
from sync_server.store import audit, seasons
from sync_server.store import policy as store
from sync_server.store.database import Connection
from sync_server.store.policy import Edition, Pages

OWN_KEY = re.compile(r"own-[0-9a-f]{8}")


def save(services: Services, page: PolicyPage, *, base: str, who: str) -> bool:
    """Put a page in force, or add a new one at the end of its section.

    Args:
        services: The server's services.
        page: The page as it should read.
        base: Fingerprint of the text the form was opened over; "" for a new page.
        who: The account that does it, for the edition and the audit trail.

    Returns:
        False when nothing was changed; saving a page unchanged confirms it.

    Raises:
        ProblemError: policy.changed, policy.gone (no such key), policy.too_many_pages, and those of
            policy_text.check.
    """
    check(page)

    def job(connection: Connection) -> bool:
        pages = store.pages(connection, services.season)
        now = find(pages, page.key)
        if now == page:
            return store.confirm(connection, services.season, page.key)
        if fingerprint(now) != base:
            raise _clash(services, connection, "policy.changed", page.key, (now or page).title_zh)
        if now is None:
            _may_add(pages, store.shipped(connection, services.season), page)
        new = msgspec.structs.replace(page, section=now.section) if now else page
        changed = tuple(new if p.key == new.key else p for p in pages) if now else (*pages, new)
        _save_edition(services, connection, changed, "save" if now else "add", new, who)
        return True

    return services.change(job)


def _may_add(pages: Pages, shipped: Pages, page: PolicyPage) -> None:
    """Refuse a key that is neither the console's nor a shipped one: phones build paths from it."""
    if not OWN_KEY.fullmatch(page.key) and find(shipped, page.key) is None:
        raise ProblemError("policy.gone")
    if len(pages) >= MAX_PAGES:
        raise ProblemError("policy.too_many_pages", most=MAX_PAGES)


def confirm(services: Services, key: str, *, base: str, who: str) -> str:
    """Note that the centre has read a page and that it holds for this season.

    Args:
        services: The server's services.
        key: The page.
        base: Fingerprint of the text that was read.
        who: The account that does it, for the audit trail.

    Returns:
        The page's Chinese title.

    Raises:
        ProblemError: policy.gone, policy.list_changed (the text is another one now).
    """

    def job(connection: Connection) -> str:
        page = _existing(store.pages(connection, services.season), key)
        if fingerprint(page) != base:
            raise _clash(services, connection, "policy.list_changed", key, page.title_zh)
        if store.confirm(connection, services.season, key):
            at = services.settings.now_text()
            audit.note(
                connection, at=at, who=who, action="policy.confirm", ref=key, detail=page.title_zh
            )
        return page.title_zh

    return services.change(job)


def remove(services: Services, key: str, *, base: str, who: str) -> str:
    """Remove a page; its editions stay.

    Returns:
        The page's Chinese title.

    Raises:
        ProblemError: policy.gone, policy.list_changed.
    """

    def job(connection: Connection) -> str:
        pages = store.pages(connection, services.season)
        page = _existing(pages, key)
        if fingerprint(page) != base:
            raise _clash(services, connection, "policy.list_changed", key, page.title_zh)
        _save_edition(
            services, connection, tuple(p for p in pages if p.key != key), "remove", page, who
        )
        return page.title_zh

    return services.change(job)


def move(services: Services, key: str, *, up: bool, past: str = "", who: str) -> str:
    """Move a page past another one of the same section.

    Args:
        services: The server's services.
        key: The page.
        up: Whether towards the beginning.
        past: The page that was its neighbour where the button was pressed; once the two have passed
            each other, the button does nothing more. "" for the neighbour it has now.
        who: The account that does it, for the audit trail.

    Returns:
        The page's Chinese title.

    Raises:
        ProblemError: policy.gone.
    """

    def job(connection: Connection) -> str:
        pages = store.pages(connection, services.season)
        page = _existing(pages, key)
        order = [p for p in pages if p.section == page.section]
        at = order.index(page)
        to = at - 1 if up else at + 1
        if past:
            to = order.index(other) if (other := _existing(pages, past)) in order else at
        if 0 <= to < len(order) and to != at and (to < at) == up:
            order.insert(to, order.pop(at))
            rest = tuple(p for p in pages if p.section != page.section)
            _save_edition(services, connection, _sorted((*order, *rest)), "move", page, who)
        return page.title_zh

    return services.change(job)


def restore_page(services: Services, key: str, *, base: str, who: str) -> str:
    """Put the shipped text of a page in force again, also of a removed one.

    Returns:
        The page's Chinese title.

    Raises:
        ProblemError: policy.gone, policy.list_changed.
    """

    def job(connection: Connection) -> str:
        shipped = _existing(store.shipped(connection, services.season), key)
        pages = store.pages(connection, services.season)
        now = find(pages, key)
        if fingerprint(now) != base:
            raise _clash(services, connection, "policy.list_changed", key, shipped.title_zh)
        if now != shipped:
            changed = (
                tuple(shipped if p.key == key else p for p in pages)
                if now
                else _sorted((*pages, shipped))
            )
            _save_edition(services, connection, changed, "restore", shipped, who)
        return shipped.title_zh

    return services.change(job)


def restore(services: Services, n: int, *, seen: int, who: str) -> str:
    """Put all texts of an edition in force again.

    Args:
        services: The server's services.
        n: The edition; 0 is the shipped texts.
        seen: The newest edition when the admin decided.
        who: The account that does it, for the edition and the audit trail.

    Returns:
        The edition's number as text.

    Raises:
        ProblemError: policy.gone, policy.list_changed.
    """
    season = services.season

    def job(connection: Connection) -> str:
        then = store.edition(connection, season, n)
        if then is None:
            raise ProblemError("policy.gone")
        last = store.editions(connection, season, 1)
        if last and last[0].n != seen:
            raise _clash_with(
                "policy.list_changed", last[0], services, last[0].title if last[0].page else "*"
            )
        if then != store.pages(connection, season):
            _save_edition(services, connection, then, "restore", None, who, number=n)
        return str(n)

    return services.change(job)


def _existing(pages: Pages, key: str) -> PolicyPage:
    page = find(pages, key)
    if page is None:
        raise ProblemError("policy.gone")
    return page


def _sorted(pages: Pages) -> Pages:
    return tuple(page for section in SECTIONS for page in pages if page.section == section)


def _save_edition(
    services: Services,
    connection: Connection,
    pages: Pages,
    what: str,
    page: PolicyPage | None,
    who: str,
    number: int = 0,
) -> None:
    at, now = services.settings.now_text(), seasons.get(connection, services.season)
    key, title = (page.key, page.title_zh) if page else ("", str(number))
    store.save_edition(
        connection,
        services.season,
        _sorted(pages),
        Edition(n=0, at=at, who=who, what=what, page=key, title=title),
        season_pages.unchecked(
            pages, now.policy, now.unchecked, key if what in ("save", "add") else ""
        ),
    )
    audit.note(connection, at=at, who=who, action=f"policy.{what}", ref=key, detail=title)


def _clash(
    services: Services, connection: Connection, code: str, key: str, title: str
) -> ProblemError:
    last = store.last_of(connection, services.season, key)
    return _clash_with(code, last, services, title)


def _clash_with(code: str, last: Edition | None, services: Services, title: str) -> ProblemError:
    """Name who changed it first; the moment stays as stored, the console formats it."""
    who, at = (last.who, last.at) if last else ("?", services.settings.now_text())
    return ProblemError(code, who=who, at=at, page=title)
