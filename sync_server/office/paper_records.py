"""Records from paper: a sheet filled in at the door, typed in by the school's office.

They are signed by the school's office device and go through the same ledger as a phone's records:
same rules, flags, corrections, review and evidence (docs/protocol.md#records-from-paper). Nothing
is signed that the ledger would refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from shared.problems import ProblemError
from shared.records.base import plain
from shared.records.correction import Correction
from shared.records.registry import KINDS
from sync_server.office import disk_room, paper_bodies
from sync_server.office.paper_desk import Desk, KeyedRecord, Target, open_desk, target_of
from sync_server.office.sheet_pictures import keep_picture as keep_picture
from sync_server.services import Services
from sync_server.store.database import Connection

SCAN_FOLLOWS = "补上纸质记录的扫描件"
"""The reason of a correction that adds the picture of a sheet."""


def flags_of(
    services: Services,
    unit: str,
    *,
    case_id: str,
    kind: str,
    body: Mapping[str, Any],
    happened_at: str,
    visited_by: str,
    photos: tuple[str, ...] = (),
    corrects: str = "",
) -> tuple[str, ...]:
    """Return the flags of the conduct rules, as the phone's form shows them before it saves.

    Args:
        services: The server's services.
        unit: The school.
        case_id: The case.
        kind: The kind of record; one without conduct rules has no flags.
        body: What the form holds.
        happened_at: When it happened, by the sheet: ISO 8601, without an offset China time.
        visited_by: The id of the teacher who wrote the sheet.
        photos: sha256 of its photos, the scan included.
        corrects: The record that a correction is about, which is not counted as earlier.

    Raises:
        ProblemError: As `key_in`, but for the reason of the flags.
    """

    def job(connection: Connection) -> tuple[str, ...]:
        desk = open_desk(services, connection, unit, case_id, who="")
        known = desk.known(desk.present_teacher(visited_by), photos)
        made = paper_bodies.body_of(paper_bodies.kind_named(kind), body, known)
        return desk.flags_of(made, desk.when(happened_at), photos, corrects)

    return services.database.read(job)


def key_in(
    services: Services,
    unit: str,
    *,
    case_id: str,
    kind: str,
    body: Mapping[str, Any],
    happened_at: str,
    visited_by: str,
    scan: str = "",
    slip: str = "",
    photos: tuple[str, ...] = (),
    reason: str = "",
    request_id: str,
    who: str,
) -> KeyedRecord:
    """Type in a record from paper.

    Args:
        services: The server's services.
        unit: The school whose office types it.
        case_id: The case it is about.
        kind: The kind of record (shared/records).
        body: What the sheet says, a field each; empty ones may be left out. Flags are worked out
            here. Where nobody is named as going, the teacher went alone.
        happened_at: When it happened, by the sheet: ISO 8601, without an offset China time.
        visited_by: The id of the teacher who wrote the sheet.
        scan: sha256 of the picture of the sheet (`keep_picture`), "" when it follows later.
        slip: sha256 of a filed scan of this person's slip, "" for none: the picture of the sheet
            where there is no `scan`, and one of the photos.
        photos: sha256 of further kept pictures; the scan is added by itself.
        reason: Why, where the conduct rules flag it (`flags_of`); not needed otherwise.
        request_id: An id of the form that was shown. The same form sent again makes no second
            record.
        who: The account that types.

    Raises:
        ProblemError: case.unknown, staff.unknown, photo.unknown, keyed.slip_gone,
            fact.unknown_kind, fact.field_missing and fact.out_of_bounds (value `field`: a Code with
            the field's name and words; value `flags` where the reason for them is missing),
            season.closed, season.preparing, disk.used_up.
    """
    disk_room.check_for_records(services)

    def job(connection: Connection) -> KeyedRecord:
        desk = open_desk(services, connection, unit, case_id, who=who)
        if before := desk.sent_before(request_id):
            return before
        named, sheet = paper_bodies.kind_named(kind), scan or slip
        every = _with(_with(photos, slip), scan)
        teacher = desk.present_teacher(visited_by)
        desk.require_slip(slip)
        desk.require_photos(every)
        made = paper_bodies.body_of(named, body, desk.known(teacher, _without(every, sheet)))
        when = desk.when(happened_at)
        made = desk.superseding(named, made)
        made = paper_bodies.with_flags(named, made, desk.flags_of(made, when, every), reason)
        paper = desk.paper(teacher, sheet)
        return desk.store(named.name, plain(made), when, every, paper, request_id, "paper.key_in")

    return services.database.write(job)


def correct_keyed(
    services: Services,
    unit: str,
    *,
    fact_id: str,
    reason: str,
    body: Mapping[str, Any] | None,
    happened_at: str = "",
    scan: str = "",
    slip: str = "",
    photos: tuple[str, ...] | None = None,
    flag_reason: str = "",
    request_id: str,
    who: str,
) -> KeyedRecord:
    """Correct any record of the school by paper, a phone's too; the record itself stays as it is.

    Args:
        services: The server's services.
        unit: The school.
        fact_id: The record, or a correction of it.
        reason: Why it is corrected.
        body: What it should say, whole; None: it never happened.
        happened_at: "" keeps the record's time.
        scan: sha256 of the picture of the sheet with the correction; "" keeps the record's.
        slip: As `slip` of `key_in`.
        photos: The photos there are now, but for a new scan; None keeps the record's.
        flag_reason: As `reason` of `key_in`.
        request_id: As in `key_in`.
        who: The account that types.

    Raises:
        ProblemError: As `key_in`, and fact.unknown.
    """
    disk_room.check_for_records(services)

    def job(connection: Connection) -> KeyedRecord:
        target, desk = _target(services, connection, unit, fact_id, who)
        if before := desk.sent_before(request_id):
            return before
        if not reason.strip():
            raise paper_bodies.field_missing(KINDS["correction"].fields[1])
        now = target.now
        kept = now.photos if photos is None else photos
        desk.require_slip(slip)
        sheet = scan or ("" if now.paper and now.paper.scan else slip)
        every = _with(_with(kept, slip), scan)
        desk.require_photos(every)
        when = desk.when(happened_at) if happened_at else desk.time_kept(now)
        correction = Correction(
            corrects=fact_id,
            reason=reason.strip(),
            withdraw=body is None,
            keeps_photos=photos is None and not slip,
        )
        paper = desk.paper(target.visited_by, sheet)
        if body is not None:
            named = paper_bodies.kind_named(now.kind)
            earlier_scan = now.paper.scan if now.paper else ""
            proofs = _without(_without(every, sheet), earlier_scan)
            made = paper_bodies.body_of(named, body, desk.known(target.visited_by, proofs))
            made = desk.superseding(named, made, now)
            flags = desk.flags_of(made, when, every, now.id)
            made = paper_bodies.with_flags(named, made, flags, flag_reason)
            correction = msgspec.structs.replace(correction, body=plain(made))
        named_photos = every if photos is not None or scan or slip else ()
        return desk.store(
            "correction", plain(correction), when, named_photos, paper, request_id, "paper.correct"
        )

    return services.database.write(job)


def attach_scan(
    services: Services, unit: str, fact_id: str, picture: bytes, *, who: str
) -> KeyedRecord:
    """Bind the picture of a sheet to its record, which was typed in without it.

    The record is signed and stays as it is: a correction by the office device adds the photo. The
    same picture again makes no second correction.

    Raises:
        ProblemError: fact.unknown (or withdrawn), fact.not_from_paper (it was made on a phone),
            and those of `keep_picture`.
    """
    disk_room.check_for_records(services)
    services.database.read(lambda c: _from_paper(services, c, unit, fact_id, who))
    return _attach(services, unit, fact_id, keep_picture(services, unit, picture), who=who)


def attach_slip(services: Services, unit: str, fact_id: str, slip: str, *, who: str) -> KeyedRecord:
    """Bind a filed scan of the person's slip to a record that was typed in without a picture.

    Args:
        services: The server's services.
        unit: The school.
        fact_id: The record, or a correction of it.
        slip: sha256 of the filed scan.
        who: The account that chooses it.

    Raises:
        ProblemError: fact.unknown (or withdrawn), fact.not_from_paper, keyed.slip_gone for a
            picture that is not a filed slip of this person.
    """
    disk_room.check_for_records(services)
    return _attach(services, unit, fact_id, slip, who=who, filed=True)


def _attach(
    services: Services, unit: str, fact_id: str, scan: str, *, who: str, filed: bool = False
) -> KeyedRecord:
    def job(connection: Connection) -> KeyedRecord:
        target, desk = _from_paper(services, connection, unit, fact_id, who)
        if filed:
            desk.require_slip(scan)
        desk.require_photos([scan])
        now = target.now
        if scan in now.photos:
            return desk.keyed(target.newest, again=True)
        correction = Correction(
            corrects=fact_id,
            reason=SCAN_FOLLOWS,
            body=_with_proof(now.body),
            keeps_photos=False,
        )
        paper = desk.paper(target.visited_by, scan)
        photos, when = _with(now.photos, scan), desk.time_kept(now)
        return desk.store("correction", plain(correction), when, photos, paper, "", "paper.scan")

    return services.database.write(job)


def _target(
    services: Services, connection: Connection, unit: str, fact_id: str, who: str
) -> tuple[Target, Desk]:
    target = target_of(connection, services.season, unit, fact_id)
    return target, open_desk(services, connection, unit, target.now.case, who=who)


def _from_paper(
    services: Services, connection: Connection, unit: str, fact_id: str, who: str
) -> tuple[Target, Desk]:
    target, desk = _target(services, connection, unit, fact_id, who)
    if target.withdrawn:
        raise ProblemError("fact.unknown")
    if target.now.paper is None:
        raise ProblemError("fact.not_from_paper")
    return target, desk


def _with(photos: tuple[str, ...], scan: str) -> tuple[str, ...]:
    return photos if not scan or scan in photos else (*photos, scan)


def _without(photos: tuple[str, ...], scan: str) -> tuple[str, ...]:
    return tuple(sha256 for sha256 in photos if sha256 != scan)


def _with_proof(body: dict[str, Any]) -> dict[str, Any]:
    """A record's words once its picture is there: nobody misses a photo of the proof any more."""
    flags = [flag for flag in body.get("flags", ()) if flag != "no_photo"]
    changed = {**body, "flags": flags}
    if not flags:
        for name in ("flags", "flag_reason"):
            changed.pop(name, None)
    return changed
