"""What there is of a person's delivered notice: the paper slip, its photo, the teacher's record.

These are three things. A record says what a teacher reported; a photo shows a slip; only the paper
slip itself can be handed in. None of them stands for another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from shared.lifecycle import DeliveryRecord
from shared.records.kind import Label
from sync_server.store import photos, slip_batches, slip_stacks
from sync_server.store.database import Connection
from sync_server.store.progress import CaseStanding
from sync_server.store.standing_rows import Paper as Paper

Photo = Literal["none", "message", "on_phone", "slip"]

RECORDS: dict[str, Label] = {
    "signed": Label("已签收", "signed"),
    "acknowledged": Label("短信/微信确认", "message acknowledged"),
    "refused": Label("拒签", "refused"),
    "undelivered": Label("未遇到", "not met"),
    "none": Label("未送达", "not delivered"),
}
"""What the teacher's records say (送达记录)."""
PAPERS: dict[str, Label] = {
    "handed_in": Label("已交中心", "at the centre"),
    "at_school": Label("在学校", "at the school"),
    "none": Label("没有", "none"),
}
"""Where the paper slip is (纸质签收单)."""
PHOTOS: dict[str, Label] = {
    "slip": Label("有", "yes"),
    "on_phone": Label("还在手机里", "still on the phone"),
    "message": Label("聊天截图", "picture of a message"),
    "none": Label("没有", "none"),
}
"""Whether there is a photo or scan of the slip (照片)."""


class SlipEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """The three things of one person.

    Attributes:
        record: What the records say at best.
        paper: Where the paper slip is.
        photo: What picture there is of it.
        pictures: How many pictures of the slip the server has.
        number: The number of the batch in which the slip was handed in, 0 before.
        handed_in_on: ISO day on which it was brought, "" before.
        late: Whether that was after the season's day for slips.
    """

    record: DeliveryRecord = "none"
    paper: Paper = "none"
    photo: Photo = "none"
    pictures: int = 0
    number: int = 0
    handed_in_on: str = ""
    late: bool = False


NOTHING = SlipEvidence()


def scans_of(connection: Connection, case_ids: Sequence[str]) -> Mapping[str, set[str]]:
    """Return the scans of a slip that are filed under each of these people, by case id.

    The one place where scans come in: a school that scanned a slip has it.
    """
    filed = slip_stacks.filed_of(connection, case_ids)
    return {case_id: {scan.sha256 for scan in filed.get(case_id, ())} for case_id in case_ids}


def evidence_of(
    connection: Connection, season: str, found: Sequence[CaseStanding]
) -> dict[str, SlipEvidence]:
    """Return the three things of these people by case id, in one read."""
    ids = [line.case.id for line in found]
    scans = scans_of(connection, ids)
    stored = photos.stored_of(
        connection, sorted({sha for line in found for sha in line.standing.slip_photos})
    )
    handed_in = slip_batches.handed_in(connection, season, ids)
    listed = slip_batches.in_open(connection, season, ids)
    return {
        line.case.id: _evidence(
            line,
            pictures=len((set(line.standing.slip_photos) & stored) | scans[line.case.id]),
            at_school=line.case.id in listed or bool(scans[line.case.id]),
            handed_in=handed_in.get(line.case.id),
        )
        for line in found
    }


def _evidence(
    line: CaseStanding,
    *,
    pictures: int,
    at_school: bool,
    handed_in: slip_batches.HandedIn | None,
) -> SlipEvidence:
    standing = line.standing
    found: Photo = "none"
    if pictures:
        found = "slip"
    elif standing.slip_photos:
        found = "on_phone"
    elif standing.message_photos:
        found = "message"
    if handed_in is not None:
        return SlipEvidence(
            record=standing.delivery_record,
            paper="handed_in",
            photo=found,
            pictures=pictures,
            number=handed_in.number,
            handed_in_on=handed_in.received_on,
            late=handed_in.late,
        )
    has_paper = at_school or standing.delivery_record == "signed"
    return SlipEvidence(
        record=standing.delivery_record,
        paper="at_school" if has_paper else "none",
        photo=found,
        pictures=pictures,
    )


class SlipCounts(msgspec.Struct, kw_only=True):
    """People by each of the three things.

    Attributes:
        people: Everybody counted.
        records: By what the records say.
        papers: By where the paper slip is.
        photos: By what picture there is.
        late: Slips that came after the season's day.
    """

    people: int = 0
    records: dict[str, int] = {}
    papers: dict[str, int] = {}
    photos: dict[str, int] = {}
    late: int = 0


def count(found: Sequence[CaseStanding], evidence: Mapping[str, SlipEvidence]) -> SlipCounts:
    """Add people up. Pure."""
    total = SlipCounts(
        records=dict.fromkeys(RECORDS, 0),
        papers=dict.fromkeys(PAPERS, 0),
        photos=dict.fromkeys(PHOTOS, 0),
    )
    for line in found:
        one = evidence.get(line.case.id, NOTHING)
        total.people += 1
        total.records[one.record] += 1
        total.papers[one.paper] += 1
        total.photos[one.photo] += 1
        total.late += one.late
    return total


def words(one: SlipEvidence) -> tuple[str, str, str]:
    """Return the three things as a list prints them: record, paper slip, photo."""
    paper = PAPERS[one.paper][0]
    if one.paper == "handed_in":
        paper += f"(第{one.number}批{'·迟交' if one.late else ''})"
    return RECORDS[one.record][0], paper, PHOTOS[one.photo][0]
