"""Contacts accepted in a season, kept for the next one: made, matched with its people, forgotten.

Only of a season whose setting says so (`keep_contacts`). They are made of its cases while it has
them, outlast its purge, and go with the purge of the season after. The rule of who is who is in
shared/suggestions.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import Connection, RowMapping, Table, delete, func, select

from shared import suggestions
from shared.wire import SuggestedContact
from sync_server.store import cases, contacts, seasons
from sync_server.store import tables as t
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.suggested import read


def season_before(connection: Connection, season: str) -> str:
    """Return the season before this one, "" for none."""
    c = t.season.c.id
    return connection.execute(select(func.max(c)).where(c < season)).scalar() or ""


def season_after(connection: Connection, season: str) -> str:
    """Return the season after this one, "" for none."""
    c = t.season.c.id
    return connection.execute(select(func.min(c)).where(c > season)).scalar() or ""


def make(connection: Connection, season: str) -> int:
    """Make what is kept of a season's cases anew; nothing where its setting is off.

    What is kept of a purged season stays as it is: its cases are gone.

    Returns:
        Of how many people something is kept.
    """
    about = seasons.one(connection, season)
    if about.state == seasons.PURGED:
        return len(_stored(connection, t.kept_contact, season, "mark"))
    forget(connection, season)
    if not about.season.keep_contacts:
        return 0
    c, found = t.case_file.c, dict[str, list[SuggestedContact]]()
    with_contacts = select(t.case_file).where(c.season == season, c.contact != "").order_by(c.id)
    for row in connection.execute(with_contacts).mappings():
        kept, mark = suggestions.to_keep(cases.contacts_of(row)), _mark(season, row)
        if kept and mark:
            found.setdefault(mark, []).extend(kept)
    _put(connection, t.kept_contact, season, "mark", found)
    return len(found)


def seasons_kept(connection: Connection) -> set[str]:
    """Return the seasons of which anything is kept."""
    return set(connection.execute(select(t.kept_contact.c.season).distinct()).scalars())


def forget(connection: Connection, season: str) -> int:
    """Forget what is kept of a season; return of how many people."""
    return _delete(connection, t.kept_contact, season)


def forget_before(connection: Connection, season: str) -> int:
    """Forget what is kept of every season before this one; return of how many people."""
    return connection.execute(
        delete(t.kept_contact).where(t.kept_contact.c.season < season)
    ).rowcount


def purge(connection: Connection, season: str, *, keep: bool) -> tuple[int, int]:
    """Keep what a season's setting says before its cases go, and forget what others kept for it.

    Returns:
        Of how many people something is kept, and of how many it was forgotten.
    """
    kept = make(connection, season) if keep else 0
    gone = 0 if keep else forget(connection, season)
    return kept, gone + forget_before(connection, season)


def suggest(connection: Connection, season: str) -> int:
    """Suggest to each person of a season what was kept of them the year before; tell phones.

    Repeated whenever people or the season's state change: what no longer holds goes.

    Returns:
        How many cases have other suggestions than before.
    """
    kept = _kept_for(connection, season)
    had = _stored(connection, t.suggested_contact, season, "case_id")
    if not (kept or had):
        return 0
    before = season_before(connection, season)
    rows = {
        row["id"]: row for row in cases.rows(connection, season, scope=WHOLE_COUNTY, off_list=None)
    }
    now = {
        case_id: kept[mark]
        for case_id, row in rows.items()
        if (mark := _mark(before, row)) and mark in kept
    }
    changed = [i for i in rows if now.get(i) != had.get(i)]
    if now != had:
        _delete(connection, t.suggested_contact, season)
        _put(connection, t.suggested_contact, season, "case_id", now)
    by_unit: dict[str, list[str]] = {}
    for case_id in changed:
        by_unit.setdefault(rows[case_id]["unit"], []).append(case_id)
    for unit in sorted(by_unit.keys() - {""}):
        cases.mark_changed(connection, unit, by_unit[unit])
    return len(changed)


def suggest_after(connection: Connection, season: str) -> None:
    """Suggest anew in the season after this one, where there is one: what is kept has changed."""
    if after := season_after(connection, season):
        suggest(connection, after)


def after_corrections(connection: Connection, corrected: Mapping[str, str]) -> None:
    """Judge the contacts of corrected cases anew, and in a closed season what was made of them.

    `corrected`: the season of each case, by its id.
    """
    contacts.apply_verdicts(connection, sorted(corrected))
    for season in sorted(set(corrected.values())):
        if seasons.one(connection, season).state == seasons.CLOSED:
            suggest_after(connection, season)


def _kept_for(connection: Connection, season: str) -> dict[str, tuple[SuggestedContact, ...]]:
    """Return what may be suggested in a season, by mark."""
    before = season_before(connection, season)
    if not before:
        return {}
    make(connection, before)
    return _stored(connection, t.kept_contact, before, "mark")


def _mark(season: str, row: RowMapping) -> str:
    borrower = cases.case_of(row).borrower
    return suggestions.mark_of(season, borrower.id_number, borrower.name)


def _stored(
    connection: Connection, table: Table, season: str, key: str
) -> dict[str, tuple[SuggestedContact, ...]]:
    rows = connection.execute(select(table).where(table.c.season == season)).mappings()
    return {row[key]: read(row["body"]) for row in rows}


def _put(
    connection: Connection,
    table: Table,
    season: str,
    key: str,
    found: dict[str, list[SuggestedContact]] | dict[str, tuple[SuggestedContact, ...]],
) -> None:
    rows = [
        {"season": season, key: name, "body": _text(suggestions.newest(many))}
        for name, many in found.items()
    ]
    if rows:
        connection.execute(table.insert(), rows)


def _text(many: Iterable[SuggestedContact]) -> str:
    return msgspec.json.encode(tuple(many)).decode()


def _delete(connection: Connection, table: Table, season: str) -> int:
    return connection.execute(delete(table).where(table.c.season == season)).rowcount
