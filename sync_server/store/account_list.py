"""The accounts in parts, for their page: found by name or school, in one of three orders."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, case, func, or_, select, text

from shared import spelling
from sync_server.store import accounts, units
from sync_server.store import tables as t
from sync_server.store.accounts import ROLES, Account

_a, _of, _audit = t.account.c, t.account_school.c, t.audit.c
_SIGNED_IN = text("audit.action = 'sign_in'")
"""Said as the index says it: a value beside the statement would use none."""
STATES = ("on", "waiting", "off")
ORDERS = ("school", "name", "last")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts are meant: "" asks for nothing; `text`: a part of a name, or of a school's."""

    text: str = ""
    role: str = ""
    state: str = ""
    order: str = "school"


def count(connection: Connection, asked: Asked) -> int:
    """Count the accounts that are meant."""
    query = select(func.count()).select_from(t.account).where(*_meant(connection, asked))
    return int(connection.execute(query).scalar_one())


def part(connection: Connection, asked: Asked, *, first: int, most: int) -> list[Account]:
    """Return a part of them: `first` are passed over, `most` at most are returned."""
    query = select(_a.name).where(*_meant(connection, asked)).order_by(*_order(asked.order))
    names = list(connection.execute(query.offset(first).limit(most)).scalars())
    found = {account.name: account for account in accounts.named(connection, names)}
    return [found[name] for name in names if name in found]


def last_sign_ins(connection: Connection, names: Sequence[str]) -> dict[str, str]:
    """When each of these accounts signed in last (UTC ISO), by the audit trail."""
    query = select(_audit.who, func.max(_audit.at).label("at"))
    query = query.where(_SIGNED_IN, _audit.who.in_(names))
    return {row.who: row.at for row in connection.execute(query.group_by(_audit.who))}


def _order(order: str) -> Sequence[ColumnElement[object]]:
    if order == "name":
        return case((_a.shown != "", _a.shown), else_=_a.name), _a.name
    if order == "last":
        last = select(func.max(_audit.at)).where(_SIGNED_IN, _audit.who == _a.name)
        return func.coalesce(last.scalar_subquery(), "").desc(), _a.name
    role = case({role: n for n, role in enumerate(ROLES)}, value=_a.role, else_=len(ROLES))
    return role, _a.unit, _a.name


def _meant(connection: Connection, asked: Asked) -> list[ColumnElement[bool]]:
    found = list[ColumnElement[bool]]()
    if asked.role:
        found.append(_a.role == asked.role)
    if asked.state == "off":
        found.append(_a.disabled_at != "")
    elif asked.state:
        is_waiting = _a.password_hash == ""
        found += [_a.disabled_at == "", is_waiting if asked.state == "waiting" else ~is_waiting]
    key = spelling.name_key(asked.text)
    if key:
        found.append(_fits(connection, key))
    return found


def _fits(connection: Connection, key: str) -> ColumnElement[bool]:
    """The condition that an account's name, its person's or that of a school of it has a text.

    Names are compared as people may write them (`spelling.name_key`), which no database knows:
    those of accounts and schools are looked through, and nothing else of them is read.
    """
    rows = connection.execute(select(_a.name, _a.shown)).all()
    names = [row.name for row in rows if _has(key, (row.name, row.shown))]
    of_school = units.every_name(connection).items()
    schools = [code for code, name in of_school if _has(key, (name,))]
    listed = select(_of.account).where(_of.unit.in_(schools))
    return or_(_a.name.in_(names), _a.unit.in_(schools), _a.name.in_(listed))


def _has(key: str, texts: Collection[str]) -> bool:
    return any(key in spelling.name_key(text) for text in texts)
