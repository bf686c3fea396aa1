"""A server's first start: a one-time link makes the centre's first account and names the county."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from shared.clock import has_ended
from shared.problems import ProblemError
from shared.season import Letterhead
from sync_server.office import password_rules, season_template
from sync_server.office import seasons as office_seasons
from sync_server.services import Services
from sync_server.store import accounts, audit, setup
from sync_server.store.accounts import ADMIN, Account
from sync_server.store.database import Connection

LINK_HOURS = 24
"""How long a set-up link is valid: a day, so that the office can be set up the morning after."""


def is_needed(services: Services) -> bool:
    """Return whether nobody can sign in yet."""
    return not services.database.read(accounts.listed)


def new_link(services: Services) -> str:
    """Make a set-up link's token; an earlier one ends. Only its hash is stored.

    Returns:
        The token: 32 random bytes as text for an address.
    """
    token = secrets.token_urlsafe(32)
    until = services.settings.real_now() + timedelta(hours=LINK_HOURS)
    services.database.write(lambda c: setup.put_link(c, _hash(token), until.isoformat()))
    return token


def check_link(services: Services, token: str) -> None:
    """Check a token without using it up.

    Raises:
        ProblemError: setup.done, setup.link_invalid.
    """
    services.database.read(lambda c: _check(c, services, token))


def _check(connection: Connection, services: Services, token: str) -> None:
    if accounts.listed(connection):
        raise ProblemError("setup.done")
    found = setup.link(connection)
    now = services.settings.real_now()
    if found is None or not secrets.compare_digest(found.token_hash, _hash(token)):
        raise ProblemError("setup.link_invalid")
    if has_ended(found.expires_at, now, longest=timedelta(hours=LINK_HOURS)):
        raise ProblemError("setup.link_invalid")


def first_account(
    services: Services, token: str, name: str, password: str, head: Letterhead
) -> Account:
    """Use up the link: make the first account, and keep the county for the first season.

    Checked and used in one transaction, so that a link sent twice makes one account.

    Args:
        services: The server's services.
        token: The link's token.
        name: The account's name.
        password: Its password.
        head: The county's letterhead.

    Raises:
        ProblemError: setup.done, setup.link_invalid, auth.account_invalid, auth.account_name,
            auth.password_short, auth.password_long, auth.password_common.
    """
    at = services.settings.now_text()
    kept = Letterhead(
        county=head.county,
        area_code=head.area_code,
        centre=head.centre,
        phone=head.phone,
        document_no=head.document_no,
        basis=head.basis,
        hotline=head.hotline or season_template.shipped().letterhead.hotline,
    )

    def job(connection: Connection) -> Account:
        _check(connection, services, token)
        accounts.put(connection, name, password, ADMIN)
        password_rules.check(connection, password, (name, head.county, head.area_code, head.centre))
        setup.forget_link(connection)
        office_seasons.keep_county(connection, kept)
        audit.note(connection, at=at, who=name.strip(), action="setup.first_account")
        found = accounts.find(connection, name.strip())
        if found is None:
            raise ProblemError("auth.account_invalid")
        return found

    return services.database.write(job)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
