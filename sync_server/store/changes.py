"""Read the feed for one phone: a snapshot first, then lines after its cursor, then the proof."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec
from sqlalchemy import Connection, select

from shared import wire
from shared.digest import scope_digest
from shared.problems import ProblemError, details
from sync_server.store import cases, feed, quarantine, seasons, units
from sync_server.store import tables as t
from sync_server.store.devices import Device
from sync_server.store.on_list import ON_LIST
from sync_server.store.resolution import DROPPED

PAGE = 500


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Opaque on the wire; `seq`: position in the feed, `after`: last case id of a snapshot."""

    epoch: str
    unit: str
    seq: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    after: Annotated[str, msgspec.Meta(pattern="^[0-9a-f-]*$")] = ""
    snapshot: bool = False


def decode_cursor(text: str) -> Cursor | None:
    """Decode a cursor of this server. Raises ProblemError sync.cursor_invalid."""
    if not text:
        return None
    try:
        return msgspec.json.decode(wire.unb64(text), type=Cursor)
    except (ValueError, RecursionError) as error:
        raise ProblemError("sync.cursor_invalid") from error


def encode_cursor(cursor: Cursor) -> str:
    """Encode a cursor as the text a phone gets and sends back."""
    return wire.b64(msgspec.json.encode(cursor))


def page(connection: Connection, device: Device, epoch: str, after: str) -> wire.ChangesPage:
    """A page for this phone. A cursor of another epoch or school starts from the beginning."""
    cursor = decode_cursor(after)
    if cursor is None or cursor.epoch != epoch or cursor.unit != device.unit:
        head = feed.head(connection, device.unit)
        cursor = Cursor(epoch=epoch, unit=device.unit, seq=head, snapshot=True)
    return (
        _snapshot(connection, device, cursor)
        if cursor.snapshot
        else _tail(connection, device, cursor)
    )


def _snapshot(connection: Connection, device: Device, cursor: Cursor) -> wire.ChangesPage:
    """Return all cases of the teacher by id; what changes meanwhile follows after `cursor.seq`."""
    c = t.case_file.c
    query = select(t.case_file).where(
        c.season == device.season,
        c.unit == device.unit,
        c.assignee == device.staff,
        c.id > cursor.after,
        ON_LIST,
    )
    found = list(connection.execute(query.order_by(c.id).limit(PAGE)).mappings())
    season = seasons.get(connection, device.season)
    changes = []
    if not cursor.after:
        changes = [
            _briefing(connection, device, cursor.seq),
            *_resolved(connection, device, cursor),
        ]
    changes += [_case(state) for state in cases.states(connection, season, found)]
    if len(found) == PAGE:
        return _answer(
            connection,
            device,
            cursor.epoch,
            changes,
            msgspec.structs.replace(cursor, after=found[-1]["id"]),
        )
    moved_on = feed.head(connection, device.unit) > cursor.seq
    return _answer(
        connection,
        device,
        cursor.epoch,
        changes,
        Cursor(cursor.epoch, cursor.unit, cursor.seq),
        moved_on,
    )


def _tail(connection: Connection, device: Device, cursor: Cursor) -> wire.ChangesPage:
    lines = feed.after(connection, device.unit, cursor.seq, PAGE)
    wanted = dict.fromkeys(line.ref for _, line in lines if line.kind == "case")
    mine = cases.rows(
        connection, device.season, unit=device.unit, assignee=device.staff, ids=wanted
    )
    season = seasons.get(connection, device.season)
    changes = [_case(state) for state in cases.states(connection, season, mine)]
    left = dict.fromkeys(
        line.ref for _, line in lines if line.kind == "gone" and line.staff == device.staff
    )
    still = {
        r["id"]
        for r in cases.rows(
            connection, device.season, unit=device.unit, assignee=device.staff, ids=left
        )
    }
    seq = lines[-1][0] if lines else cursor.seq
    changes += [wire.Change(seq=seq, kind="gone", ref=ref) for ref in left if ref not in still]
    resolved = dict.fromkeys(line.ref for _, line in lines if line.kind == "resolved")
    changes += _resolved(connection, device, cursor, resolved) if resolved else []
    if any(line.kind == "briefing" for _, line in lines):
        changes.append(_briefing(connection, device, seq))
    return _answer(
        connection,
        device,
        cursor.epoch,
        changes,
        Cursor(cursor.epoch, cursor.unit, seq),
        len(lines) == PAGE,
    )


def _answer(
    connection: Connection,
    device: Device,
    epoch: str,
    changes: list[wire.Change],
    following: Cursor,
    behind: bool = False,
) -> wire.ChangesPage:
    """Build the page; only the one that reaches the feed's head proves that nothing is missing."""
    more = following.snapshot or behind
    count, digest = (None, None) if more else case_set_proof(connection, device)
    return wire.ChangesPage(
        changes=changes,
        next=encode_cursor(following),
        more=more,
        epoch=epoch,
        scope_count=count,
        scope_digest=digest,
    )


def case_set_proof(connection: Connection, device: Device) -> tuple[int, str]:
    """How many cases this phone must have, and the digest over their ids and versions."""
    c = t.case_file.c
    found = connection.execute(
        select(c.id, c.version).where(
            c.season == device.season,
            c.unit == device.unit,
            c.assignee == device.staff,
            ON_LIST,
        )
    ).all()
    return len(found), scope_digest((r.id, r.version) for r in found)


def _case(state: wire.CaseState) -> wire.Change:
    return wire.Change(seq=state.version, kind="case", ref=state.case.id, case=state)


def _resolved(
    connection: Connection, device: Device, cursor: Cursor, ids: Iterable[str] | None = None
) -> list[wire.Change]:
    """What was decided about the records of this phone, under whatever key: all, or some rows."""
    return [
        wire.Change(
            seq=cursor.seq,
            kind="dropped",
            ref=row.sha256,
            problem=details(ProblemError("fact.dropped", reason=row.resolved_reason)),
        )
        if row.resolution == DROPPED
        # taken, or to be judged anew, or open once more: sent again, it gets the answer that holds
        else wire.Change(seq=cursor.seq, kind="again", ref=row.sha256)
        for row in quarantine.of_teacher(connection, device, ids)
    ]


def _briefing(connection: Connection, device: Device, seq: int) -> wire.Change:
    return wire.Change(
        seq=seq, kind="briefing", briefing=units.briefing(connection, device.season, device.unit)
    )
