"""The schools of an officer as tick boxes, by township, for the page of accounts."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from shared import spelling
from sync_server.store.accounts import OFFICER, Account
from sync_server.store.units import UnitRow


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """A school that can be ticked; `named`: 附件2 names the person as its officer."""

    code: str
    name: str
    on: bool
    named: bool = False


class Ticks(msgspec.Struct, frozen=True, kw_only=True):
    """The tick boxes of one account.

    Attributes:
        groups: The schools by township, as 附件2 writes them; "" for those without.
        proposed: Whether the ticks are those of 附件2, for nothing was chosen yet.
    """

    groups: tuple[tuple[str, tuple[Tick, ...]], ...]
    proposed: bool


def of_part(account: Account, schools: Sequence[UnitRow], *, proposed: bool) -> Ticks:
    """Return the tick boxes of some schools of many, in their order, and of no others. Pure.

    Args:
        account: The account of an officer.
        schools: The schools.
        proposed: Whether nothing was chosen yet, and 附件2 proposes.
    """
    chosen, key = account.schools or frozenset(), spelling.name_key(account.shown)
    ticks = []
    for row in schools:
        named = bool(row.officer) and spelling.name_key(row.officer) == key
        on = row.code in chosen or (proposed and named)
        ticks.append(Tick(code=row.code, name=row.name, on=on, named=named))
    return Ticks(groups=(("", tuple(ticks)),), proposed=proposed)


def of_account(
    account: Account,
    schools: Sequence[UnitRow],
    names: dict[str, str],
    gone: Collection[str] = (),
) -> Ticks | None:
    """Return the tick boxes of an officer, None for other roles. Pure.

    Args:
        account: The account.
        schools: The schools of the season.
        names: The name of every school of any season, by code: what an account has of other
            seasons stays ticked.
        gone: The schools that were merged or retired: nobody chooses one of them.
    """
    if account.role != OFFICER:
        return None
    chosen, key = account.schools or frozenset(), spelling.name_key(account.shown)
    named = {s.code for s in schools if s.officer and spelling.name_key(s.officer) == key}
    on = chosen or named
    groups: dict[str, list[Tick]] = {}
    for row in sorted(schools, key=lambda s: (not s.townships, s.townships, s.code)):
        tick = Tick(code=row.code, name=row.name, on=row.code in on, named=row.code in named)
        groups.setdefault(row.townships, []).append(tick)
    here = {s.code for s in schools}
    for code in sorted(chosen - here - set(gone)):
        tick = Tick(code=code, name=names.get(code, code), on=True)
        groups.setdefault("–", []).append(tick)
    return Ticks(
        groups=tuple((township, tuple(ticks)) for township, ticks in groups.items()),
        proposed=not chosen and bool(named),
    )
