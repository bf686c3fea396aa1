"""Destroy a season's personal data: rows in one transaction, with the rest of the work stored.

Phones keep their key and chain from season to season. So number, hash, link and signature of each
fact stay, without content: the next season's seal finds no gap, and a returning phone does not send
the old records again.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    case,
    create_engine,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.exc import OperationalError

from sync_server.store import (
    db_faults,
    device_seasons,
    kept_contacts,
    morning_looks,
    original_papers,
    photos,
    search_index,
    spot_checks,
    standings,
    summaries,
    units,
)
from sync_server.store import tables as t
from sync_server.store.devices import REVOKED
from sync_server.store.engine import sqlite_module
from sync_server.store.resolution import ASKED, OUT_OF_CHAIN
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.summaries import SummaryRow

UNIT_PEOPLE = (
    "leader_name",
    "leader_duty",
    "leader_phone",
    "liaison_name",
    "liaison_duty",
    "liaison_phone",
    "officer",
)


PURGE = "purge"
"""The line of a season's history whose reason stays: it is in the certificate."""
DETAILS_KEPT = ("account.", "backup.", "connect.", "id_number.", "policy.", "purge.", "setup.")
"""Beginnings of the actions whose detail in the audit trail is about no person of a season.

The detail of any other may be a reason or a file's name that somebody typed.
"""


_MS_DIGITS = 13
"""How many characters of an id are its millisecond."""


class Destroyed(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of destroyed rows, files to delete, and the season's summaries as they stood.

    `kept_contacts`: of how many people contacts are kept for the next season.
    """

    counts: dict[str, int]
    photos: tuple[str, ...]
    uploads: tuple[str, ...]
    summaries: tuple[SummaryRow, ...]
    kept_contacts: int = 0


def not_handed_up(connection: Connection, season: str) -> list[str]:
    """Return schools with work begun whose newest summary was not sealed and handed in.

    A draft after one that was handed in stops them, too; a version that was discarded does not.
    """
    found = summaries.standings(summaries.listed(connection, season, WHOLE_COUNTY))
    begun = {unit for unit, standing in found.items() if standing.shown}
    handed_in = {
        unit for unit, standing in found.items() if standing.handed_in and not standing.draft
    }
    at_work = set(
        connection.execute(
            select(t.case_file.c.unit).where(t.case_file.c.season == season)
        ).scalars()
    )
    return [
        u.name
        for u in units.every_unit(connection, season)
        if u.code in at_work | begun and u.code not in handed_in
    ]


def destroy(
    connection: Connection, season: str, now: str, *, keep_contacts: bool = False
) -> Destroyed:
    """Delete or empty every row of the season that says anything of a person.

    Args:
        connection: The database.
        season: The season.
        now: UTC ISO.
        keep_contacts: Whether what is kept for the next season (store/kept_contacts.py) stays; what
            earlier seasons kept for this one goes in any case.
    """
    device_seasons.go_back(connection, season)
    kept_people, forgotten = kept_contacts.purge(connection, season, keep=keep_contacts)
    facts = select(t.fact.c.id).where(t.fact.c.season == season)
    quarantined = select(t.quarantine.c.fact_id).where(t.quarantine.c.season == season)
    # A phone that has gone on belongs to another season: its key, name and uploads stay.
    devices = select(t.device.c.id).where(t.device.c.season == season)
    named = t.fact_photo.c.fact_id.in_(facts)
    ours, shared = (select(t.fact_photo.c.sha256).where(where) for where in (named, ~named))
    page, photo = t.slip_page.c, t.photo.c
    scanned, kept = (
        select(page.sha256).where(where) for where in (page.season == season, page.season != season)
    )
    # No device sent the pictures of a stack; of one that was withdrawn, nothing names them.
    withdrawn = (photo.device == "") & photos.unnamed()
    gone = photo.sha256.in_(ours) | photo.sha256.in_(scanned) | photo.device.in_(devices)
    gone |= withdrawn
    gone &= photo.sha256.not_in(shared) & photo.sha256.not_in(kept)
    photo_hashes = tuple(connection.execute(select(t.photo.c.sha256).where(gone)).scalars())
    late = t.upload.c.sha256.in_(ours) & t.upload.c.sha256.not_in(shared)
    unfinished = t.upload.c.device.in_(devices) | late
    uploads = tuple(connection.execute(select(t.upload.c.id).where(unfinished)).scalars())
    standing = tuple(summaries.listed(connection, season, WHOLE_COUNTY))

    def delete(table: Table, where: ColumnElement[bool]) -> int:
        return connection.execute(table.delete().where(where)).rowcount

    counts = {
        "photos": delete(t.photo, gone),
        "uploads": delete(t.upload, unfinished),
        "slips": delete(t.slip, t.slip.c.sha256.in_(ours) & t.slip.c.sha256.not_in(shared)),
        "reviews": delete(
            t.review, t.review.c.fact_id.in_(facts) | t.review.c.fact_id.in_(quarantined)
        ),
        "kept_contacts": forgotten,
    }
    batches = select(t.slip_batch.c.id).where(t.slip_batch.c.season == season)
    delete(t.slip_line, t.slip_line.c.batch.in_(batches))
    delete(t.slip_batch, t.slip_batch.c.season == season)
    delete(t.fact_photo, named)
    delete(t.device_day, t.device_day.c.device.in_(devices))
    delete(t.keyed_form, t.keyed_form.c.season == season)
    counts["facts"] = _empty_facts(connection, season)
    counts["quarantined"] = _empty_quarantine(connection, season, now)
    for name, table in (
        ("cases", t.case_file),
        ("contracts", t.contract),
        ("notice_prints", t.notice_print),
        ("notice_batches", t.notice_batch),
        ("repayments", t.repayment),
        ("snapshots", t.snapshot),
        ("import_reports", t.import_run),
        ("school_lists", t.school_list),
        ("enrolment_codes", t.enrol_code),
        ("recovery_codes", t.recovery_code),
        ("staff", t.staff),
        ("phones_gone_on", t.device_season),
        ("slip_stacks", t.slip_stack),
        ("slip_pages", t.slip_page),
        ("suggested_contacts", t.suggested_contact),
        ("bundles", t.bundle),
    ):
        counts[name] = delete(table, table.c.season == season)
    for table in (t.assignment, t.assignment_move):
        delete(table, table.c.season == season)
    standings.erase(connection, season)
    search_index.forget(connection, season)
    delete(t.job, t.job.c.season.in_((season, "")))
    counts["phones"] = _stop_phones(connection, season)
    counts["school_contacts"] = _empty_units(connection, season)
    counts["summaries"] = _empty_summaries(connection, season)
    _empty_supervision(connection, season)
    _empty_trail(connection, season)
    return Destroyed(
        counts=counts,
        photos=photo_hashes,
        uploads=uploads,
        summaries=standing,
        kept_contacts=kept_people,
    )


def _empty_facts(connection: Connection, season: str) -> int:
    c = t.fact.c
    blank = {"data": b"", "case_id": "", "kind": "", "happened_at": "", "tray": False}
    blank |= {"visited_by": ""}
    return connection.execute(
        update(t.fact).where(c.season == season, c.data != b"").values(**blank)
    ).rowcount


def _empty_quarantine(connection: Connection, season: str, now: str) -> int:
    """Delete what has no number in its chain; empty the rest and mark it as resolved."""
    q = t.quarantine.c
    count = connection.execute(
        t.quarantine.delete().where(q.season == season, q.code.in_(OUT_OF_CHAIN))
    ).rowcount
    filled = (q.data != b"") | (q.resolved_reason != "")
    rest = update(t.quarantine).where(q.season == season, filled)
    how = case((q.resolution == ASKED, ""), else_=q.resolution)  # no phone can send it any more
    empty = rest.values(data=b"", settled_at=now, resolution=how, resolved_reason="")
    return count + connection.execute(empty).rowcount


def _stop_phones(connection: Connection, season: str) -> int:
    """Erase tokens and names of phones still in it; key and chain head stay for another season."""
    c = t.device.c
    named = update(t.device).where(c.season == season, ~c.token_hash.startswith("-"))
    blank = {"token_hash": "-" + c.id, "state": REVOKED, "name": "", "staff": ""}
    return connection.execute(named.values(**blank)).rowcount


def _empty_units(connection: Connection, season: str) -> int:
    c = t.unit.c
    filled = c.leader_name + c.leader_phone + c.liaison_name + c.liaison_phone + c.officer != ""
    return connection.execute(
        update(t.unit).where(c.season == season, filled).values(**dict.fromkeys(UNIT_PEOPLE, ""))
    ).rowcount


def _empty_summaries(connection: Connection, season: str) -> int:
    """Erase contents; document, version, state, times and hashes stay to check sealed files."""
    c = t.summary.c
    blank = {"data": b"{}", "exceptions": "", "reason": "", "comment": ""}
    blank |= {"confirmed_stamps": "", "declared": ""}
    original_papers.erase_reasons(connection, season)
    return connection.execute(
        update(t.summary).where(c.season == season, c.data != b"{}").values(**blank)
    ).rowcount


def _empty_supervision(connection: Connection, season: str) -> None:
    """Erase spot checks, what was written of talks, why a bulletin was withdrawn, and looks."""
    b = t.bulletin.c
    connection.execute(update(t.bulletin).where(b.season == season).values(withdrawn_reason=""))
    connection.execute(t.late_school.delete().where(t.late_school.c.season == season))
    spot_checks.erase(connection, season)
    morning_looks.erase(connection, season)


def _empty_trail(connection: Connection, season: str) -> None:
    """Erase what people typed into the trail while the season lasted; the acts themselves stay.

    A line of the audit trail has no season: it is of this one from its making to its last closing.
    The ids decide, which ascend: a demonstration's clock may stand still.
    """
    a, s = t.audit.c, t.season_change.c
    ends = select(func.min(a.id), func.max(a.id)).where(a.ref == season)
    first = connection.execute(ends.where(a.action == "season.new")).one()[0] or ""
    last = connection.execute(ends.where(a.action == "season.close")).one()[1]
    of_season = a.id >= first
    if last:
        of_season &= a.id < f"{last[:_MS_DIGITS]}-8"  # a version 7 id of the same millisecond, too
    kept = or_(*(a.action.startswith(beginning, autoescape=True) for beginning in DETAILS_KEPT))
    connection.execute(update(t.audit).where(of_season, a.detail != "", ~kept).values(detail=""))
    reasons = update(t.season_change).where(s.season == season, s.what != PURGE)
    connection.execute(reasons.values(reason=""))


def not_stored_again(connection: Connection, hashes: tuple[str, ...]) -> list[str]:
    """Return those of these photos that nobody has stored again since."""
    stored = photos.stored_of(connection, hashes)
    return [h for h in hashes if h not in stored]


def keep_pending(connection: Connection, season: str, plan: bytes) -> None:
    """Store what is left to do in the transaction that deletes rows."""
    connection.execute(t.meta.insert(), {"key": f"purge:{season}", "value": plan.decode()})


def pending(connection: Connection, season: str) -> bytes | None:
    """What an interrupted purge had left to do."""
    found = connection.execute(
        select(t.meta.c.value).where(t.meta.c.key == f"purge:{season}")
    ).scalar()
    return None if found is None else found.encode()


def forget_pending(connection: Connection, season: str) -> None:
    """Delete the note of an interrupted purge."""
    connection.execute(t.meta.delete().where(t.meta.c.key == f"purge:{season}"))


COMPACT_WAIT_MS = 10_000
"""How long each table is waited for."""


def compact(url: str) -> bool:
    """Rewrite the database without deleted rows; False when readers still hold old pages."""
    sqlite = url.startswith("sqlite")
    options = {"module": sqlite_module()} if sqlite else {}
    engine = create_engine(url, isolation_level="AUTOCOMMIT", hide_parameters=True, **options)
    try:
        with engine.connect() as connection:
            if not sqlite:
                return _compact_postgresql(connection)
            connection.exec_driver_sql("PRAGMA temp_store=MEMORY")  # what is left is small
            connection.exec_driver_sql("VACUUM")
            return bool(connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0] == 0)
    finally:
        engine.dispose()


def _compact_postgresql(connection: Connection) -> bool:
    """Write every table anew: VACUUM alone leaves the bytes of deleted rows in their pages.

    Samples of columns are taken anew before: they hold values of rows.
    """
    connection.exec_driver_sql(f"SET lock_timeout = {COMPACT_WAIT_MS}")
    try:
        connection.exec_driver_sql("ANALYZE")
        connection.exec_driver_sql("VACUUM FULL")
    except OperationalError as error:
        if db_faults.waited(error):
            return False
        raise
    return True
