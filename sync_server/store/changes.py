"""Read the feed for one phone: a snapshot first, then lines after its cursor, then the proof."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec
from sqlalchemy import Connection, select

from shared import wire
from shared.digest import scope_digest
from shared.problems import ProblemError, details
from sync_server.store import cases, device_seasons, feed, own_records, quarantine, seasons, units
from sync_server.store import tables as t
from sync_server.store.devices import Device
from sync_server.store.on_list import ON_LIST
from sync_server.store.resolution import DROPPED

PAGE = 500
FIRST_OF_MANY = 60
"""Cases on the first of several pages in one answer: it is on its way while the next is made."""
MOST_AHEAD = 20
"""Cursors that a first page names: of a list of 10,000, more than a phone takes."""


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Opaque on the wire; `seq`: position in the feed, `after`: last case id of a snapshot.

    `season`: the phone's, "" in a cursor given out before phones went on from season to season.
    """

    epoch: str
    unit: str
    seq: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    after: Annotated[str, msgspec.Meta(pattern="^[0-9a-f-]*$")] = ""
    snapshot: bool = False
    season: str = ""


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


def page(
    connection: Connection,
    device: Device,
    epoch: str,
    after: str,
    held_from: int = 0,
    *,
    of_many: bool = False,
) -> wire.ChangesPage:
    """A page for this phone. A cursor of another epoch, school or season starts from the beginning.

    Args:
        connection: The database.
        device: The phone.
        epoch: The server's epoch.
        after: The cursor.
        held_from: The lowest number of its chain that the phone holds: its teacher's other records
            come with their cases. 0 for a phone that does not ask for them.
        of_many: Whether others follow in the same answer.

    Raises:
        ProblemError: sync.cursor_invalid.

    """
    cursor = decode_cursor(after)
    if cursor is None or not _continues(connection, cursor, device, epoch):
        head = feed.head(connection, device.unit)
        cursor = Cursor(
            epoch=epoch, unit=device.unit, seq=head, snapshot=True, season=device.season
        )
    if cursor.snapshot:
        most = FIRST_OF_MANY if of_many and not cursor.after else PAGE
        found = _snapshot(connection, device, cursor, held_from, most)
    else:
        found = _tail(connection, device, cursor, held_from)
    return msgspec.structs.replace(found, own=True) if held_from else found


def _continues(connection: Connection, cursor: Cursor, device: Device, epoch: str) -> bool:
    """Whether a cursor is of this phone's list; one without a season, if it was in no other."""
    if (cursor.epoch, cursor.unit) != (epoch, device.unit):
        return False
    if cursor.season:
        return cursor.season == device.season
    return len(device_seasons.rows(connection, device.id)) == 1


def _snapshot(
    connection: Connection, device: Device, cursor: Cursor, held_from: int, most: int
) -> wire.ChangesPage:
    """Return all cases of the teacher by id; what changes meanwhile follows after `cursor.seq`."""
    c = t.case_file.c
    query = select(t.case_file).where(
        c.season == device.season,
        c.unit == device.unit,
        c.assignee == device.staff,
        c.id > cursor.after,
        ON_LIST,
    )
    found = list(connection.execute(query.order_by(c.id).limit(most)).mappings())
    full = len(found) == most
    if held_from:
        fit = own_records.fitting(connection, device, held_from, [row["id"] for row in found])
        full, found = full or len(fit) < len(found), found[: len(fit)]
    season = seasons.get(connection, device.season)
    changes = []
    if not cursor.after:
        changes = [
            _briefing(connection, device, cursor.seq),
            *_resolved(connection, device, cursor),
        ]
    changes += [_case(state) for state in cases.states(connection, season, found)]
    changes += _own(connection, device, held_from, [row["id"] for row in found])
    if full:
        following = msgspec.structs.replace(cursor, after=found[-1]["id"])
        answer = _answer(connection, device, cursor.epoch, changes, following)
        if cursor.after or len(found) < PAGE:
            return answer
        return msgspec.structs.replace(answer, ahead=_ahead(connection, device, following))
    moved_on = feed.head(connection, device.unit) > cursor.seq
    return _answer(
        connection,
        device,
        cursor.epoch,
        changes,
        Cursor(cursor.epoch, cursor.unit, cursor.seq, season=device.season),
        moved_on,
    )


def _ahead(connection: Connection, device: Device, cursor: Cursor) -> list[str]:
    """Return the cursors of a list that follow one, as the list is now."""
    c = t.case_file.c
    mine = (c.season == device.season, c.unit == device.unit, c.assignee == device.staff, ON_LIST)
    query = select(c.id).where(*mine, c.id > cursor.after).order_by(c.id).limit(MOST_AHEAD * PAGE)
    last = connection.execute(query).scalars().all()[PAGE - 1 :: PAGE]
    return [encode_cursor(msgspec.structs.replace(cursor, after=case_id)) for case_id in last]


def _tail(
    connection: Connection, device: Device, cursor: Cursor, held_from: int
) -> wire.ChangesPage:
    lines = feed.after(connection, device.unit, cursor.seq, PAGE)
    behind = len(lines) == PAGE
    wanted = dict.fromkeys(line.ref for _, line in lines if line.kind == "case")
    if held_from:
        fit = dict.fromkeys(own_records.fitting(connection, device, held_from, list(wanted)))
        read = [
            at for at, (_, line) in enumerate(lines) if line.kind == "case" and line.ref not in fit
        ]
        behind, lines, wanted = behind or bool(read), lines[: read[0]] if read else lines, fit
    mine = cases.rows(
        connection, device.season, unit=device.unit, assignee=device.staff, ids=wanted
    )
    season = seasons.get(connection, device.season)
    changes = [_case(state) for state in cases.states(connection, season, mine)]
    changes += _own(connection, device, held_from, [row["id"] for row in mine])
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
    gone = [ref for ref in left if ref not in still]
    now = cases.teachers(connection, device.season, device.unit, gone) if held_from else {}
    changes += [wire.Change(seq=seq, kind="gone", ref=ref, to=now.get(ref, "")) for ref in gone]
    resolved = dict.fromkeys(line.ref for _, line in lines if line.kind == "resolved")
    changes += _resolved(connection, device, cursor, resolved) if resolved else []
    if any(line.kind == "briefing" for _, line in lines):
        changes.append(_briefing(connection, device, seq))
    return _answer(
        connection,
        device,
        cursor.epoch,
        changes,
        Cursor(cursor.epoch, cursor.unit, seq, season=device.season),
        behind,
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


def _own(
    connection: Connection, device: Device, held_from: int, found: list[str]
) -> list[wire.Change]:
    """The teacher's own records of these cases, for a phone that asks for them."""
    return own_records.of_cases(connection, device, held_from, found) if held_from else []


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
    briefing = units.briefing(connection, device.season, device.unit, device.staff)
    return wire.Change(seq=seq, kind="briefing", briefing=briefing)
