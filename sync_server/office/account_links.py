"""One-time links: a person sets the first password alone, and no password is ever on paper.

A link carries a code that can be typed by hand: twenty letters and digits that nothing on paper
looks like, 99 bits. Only its hash is stored; a link that is made again ends the one before it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta

import msgspec

from shared import spelling
from shared.clock import has_ended
from shared.problems import ProblemError
from sync_server.office import password_rules, qr_code
from sync_server.office.phone_address import phone_address
from sync_server.services import Services
from sync_server.store import account_links, accounts, audit, units
from sync_server.store.account_links import Link
from sync_server.store.accounts import LIAISON, Account
from sync_server.store.database import Connection

LINK_DAYS = 14
"""How long a link is valid: slips handed out at a meeting are used within the fortnight."""
KEPT_DAYS = 180
"""How long a link that has expired is remembered: whoever opens it hears what became of it."""
PATH = "/activate"
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that reads like something else on paper."""
GROUPS, GROUP = 5, 4
"""A code is five groups of four letters: 99 bits."""


class NewLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link as it is given out; `code` is not stored anywhere.

    Attributes:
        name: The account.
        shown: The person.
        role: admin, officer or liaison.
        schools: The names of the schools.
        code: What stands in the link, to be typed by hand.
        address: The page where it is typed.
        url: The link that carries it.
        expires_at: When it ends (UTC ISO, real clock).
        only_here: Whether the address opens on the server's own computer alone.
    """

    name: str
    shown: str
    role: str
    schools: tuple[str, ...]
    code: str
    address: str
    url: str
    expires_at: str
    only_here: bool = False

    @property
    def qr_svg(self) -> str:
        """The link as a QR code."""
        return qr_code.svg(self.url)


def new_code() -> str:
    """Return a code in groups, as it is printed."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


def draw_up(services: Services, names: Iterable[str], *, origin: str = "") -> list[NewLink]:
    """Make links that are not valid yet: `keep` stores them once they are on paper.

    Args:
        services: The server's services.
        names: The accounts, which must have no password.
        origin: How the office reached this server, for where no public address is set.

    Raises:
        ProblemError: auth.account_gone, auth.account_active, auth.account_disabled,
            enrol.address_local.
    """
    place = phone_address(services.settings, origin)
    until = services.settings.real_now() + timedelta(days=LINK_DAYS)

    def read(connection: Connection) -> list[NewLink]:
        schools = {u.code: u.name for u in units.units(connection, services.season_id)}
        found = []
        for name in dict.fromkeys(names):
            account, code = _waiting(connection, name), new_code()
            of = (account.unit,) if account.role == LIAISON else sorted(account.schools or ())
            found.append(
                NewLink(
                    name=name,
                    shown=account.shown,
                    role=account.role,
                    schools=tuple(schools.get(unit, unit) for unit in of),
                    code=code,
                    address=f"{place.url}{PATH}",
                    url=f"{place.url}{PATH}/{code}",
                    expires_at=until.isoformat(timespec="seconds"),
                    only_here=place.only_here,
                )
            )
        return found

    return services.database.read(read)


def keep(services: Services, links: Sequence[NewLink], *, who: str) -> None:
    """Make links valid, and end every earlier one of the same accounts.

    Raises:
        ProblemError: auth.account_gone, auth.account_active, auth.account_disabled,
            account.changed_meanwhile (the slip says otherwise): then none is.
    """
    at = services.settings.now_text()
    long_ago = services.settings.real_now() - timedelta(days=KEPT_DAYS)

    def job(connection: Connection) -> None:
        account_links.forget(connection, long_ago.isoformat(timespec="seconds"))
        for link in links:
            account = _waiting(connection, link.name)
            if (account.role, account.shown) != (link.role, link.shown):
                raise ProblemError("account.changed_meanwhile", name=link.name[:60])
            account_links.put(
                connection,
                Link(
                    token_hash=_hash(link.code),
                    account=link.name,
                    made_at=at,
                    made_by=who,
                    expires_at=link.expires_at,
                ),
            )
            audit.note(
                connection, at=at, who=who, action="account.link", ref=link.name, unit=account.unit
            )

    services.database.write(job)


def give_out(services: Services, name: str, *, who: str, origin: str = "") -> NewLink:
    """Make one link, valid at once, to be shown on a page.

    Raises:
        ProblemError: auth.account_gone, auth.account_active, auth.account_disabled,
            enrol.address_local.
    """
    links = draw_up(services, [name], origin=origin)
    keep(services, links, who=who)
    return links[0]


def look(services: Services, code: str) -> Account:
    """Return whose link this is, without using it up.

    Raises:
        ProblemError: account.link_unknown, account.link_used, account.link_replaced,
            account.link_expired, auth.account_disabled.
    """
    return services.database.read(lambda c: _open(c, services, code))


def activate(services: Services, code: str, password: str) -> Account:
    """Use a link up: its person has a password from now on.

    The link is used up in the database, so that of two who send it at once one sets the password.

    Raises:
        ProblemError: those of `look`, auth.password_short, auth.password_long,
            auth.password_common.
    """
    at = services.settings.now_text()

    def job(connection: Connection) -> Account:
        account = _open(connection, services, code)
        if not account_links.use(connection, _hash(code), at):
            raise ProblemError("account.link_used")
        accounts.set_password(connection, account.name, password)
        password_rules.check(connection, password, (account.name, account.shown))
        audit.note(
            connection,
            at=at,
            who=account.name,
            action="account.activate",
            ref=account.name,
            unit=account.unit,
        )
        found = accounts.find(connection, account.name)
        if found is None:
            raise ProblemError("account.link_unknown")
        return found

    return services.database.write(job)


def _open(connection: Connection, services: Services, code: str) -> Account:
    link = account_links.find(connection, _hash(code))
    account = accounts.find(connection, link.account) if link else None
    if link is None or account is None:
        raise ProblemError("account.link_unknown")
    if link.used_at:
        raise ProblemError("account.link_used")
    if account.disabled_at:
        raise ProblemError("auth.account_disabled")
    if link.ended_at or not account.waiting:
        raise ProblemError("account.link_replaced")
    now, longest = services.settings.real_now(), timedelta(days=LINK_DAYS)
    if has_ended(link.expires_at, now, longest=longest):
        raise ProblemError("account.link_expired", days=LINK_DAYS)
    return account


def _waiting(connection: Connection, name: str) -> Account:
    """Return an account that needs a link.

    Raises: ProblemError auth.account_gone, auth.account_disabled, auth.account_active.
    """
    account = accounts.find(connection, name)
    if account is None:
        raise ProblemError("auth.account_gone", name=name[:60])
    if account.disabled_at:
        raise ProblemError("auth.account_disabled")
    if not account.waiting:
        raise ProblemError("auth.account_active", name=name)
    return account


def written(code: str) -> str:
    """Return a code as it is hashed, however it was typed: capitals, blanks, wide letters."""
    return "".join(c for c in spelling.fold(code[:200]).lower() if c.isalnum())


def _hash(code: str) -> str:
    return hashlib.sha256(written(code).encode("utf-8", "surrogatepass")).hexdigest()
