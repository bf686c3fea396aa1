"""Read what the tables of the season ask for, and do what was chosen of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shared.account_proposals import Known, Proposal, Proposals, School, State, propose
from shared.problems import ProblemError
from shared.season import china_day
from sync_server.office import account_bulk
from sync_server.office.account_bulk import Act, Choice, Outcome
from sync_server.services import Services
from sync_server.store import accounts, seasons, units
from sync_server.store.accounts import OFFICER, Account
from sync_server.store.database import Connection

ACTS: dict[State, tuple[Act, ...]] = {
    "new": ("create",),
    "changed": ("create",),
    "elsewhere": ("create", "move"),
    "area": ("area",),
    "off": ("enable",),
}
"""What may be done about a row; nothing in the other states."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """A row that somebody ticked.

    Attributes:
        key: The proposal's.
        act: What to do about it.
        sign_in: The name to sign in with, for an account that is made.
        shown: The person's name, as it was corrected.
        seen: The schools that the page showed.
    """

    key: str
    act: str
    sign_in: str
    shown: str
    seen: tuple[str, ...]


class RowOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a row: the person, what was to be done, and how it went."""

    person: str
    act: str
    outcome: Outcome


def read(services: Services) -> Proposals:
    """Return what 附件1 and 附件2 of the season ask for."""
    return services.database.read(lambda c: proposals(c, services.season_id))


def proposals(connection: Connection, season: str) -> Proposals:
    """Return what 附件1 and 附件2 of a season ask for."""
    schools = [
        School(
            code=unit.code,
            name=unit.name,
            liaison=unit.liaison_name,
            phone=unit.liaison_phone,
            officer=unit.officer,
        )
        for unit in units.units(connection, season)
    ]
    return propose(schools, [_known(account) for account in accounts.listed(connection)])


def _known(account: Account) -> Known:
    return Known(
        name=account.name,
        role=account.role,
        unit=account.unit,
        shown=account.shown,
        schools=(account.schools or frozenset()) if account.role == OFFICER else frozenset(),
        off=bool(account.disabled_at),
        waiting=account.waiting,
    )


def take(services: Services, chosen: Sequence[Chosen], *, who: str) -> list[RowOutcome]:
    """Do what was chosen, row after row; a row that is not as the page showed it is refused.

    Role and schools are those of the tables now, never of the form. Pressed twice, the second press
    finds the accounts made and changes nothing.

    Raises:
        ProblemError: season.none, season.closed, season.retention_over: the tables of a season that
            is over name last year's people.
    """
    season, today = services.season, china_day(services.settings.now())
    services.database.read(lambda c: seasons.check_takes_changes(c, season, today))
    rows = {row.key: row for row in read(services).rows}
    return [_take(services, rows.get(one.key), one, who) for one in chosen]


def _take(services: Services, row: Proposal | None, one: Chosen, who: str) -> RowOutcome:
    person, name = one.shown or (row.person if row else one.key), one.sign_in
    act = next((a for a in ACTS.get(row.state, ()) if a == one.act), None) if row else None
    if row is None or row.units != one.seen or (act is None and row.state in ACTS):
        refused = Outcome(name=name, problem=ProblemError("account.proposal_gone"))
        return RowOutcome(person=person, act=one.act, outcome=refused)
    if act is None:  # pressed twice
        return RowOutcome(person=person, act=one.act, outcome=Outcome(name=row.account))
    choice = Choice(
        act=act,
        name=name if act == "create" else row.account,
        shown=one.shown or row.person,
        role=row.role,
        schools=row.units,
    )
    (outcome,) = account_bulk.act_on(services, [choice], who=who)
    return RowOutcome(person=person, act=act, outcome=outcome)
