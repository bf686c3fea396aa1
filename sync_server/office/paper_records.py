"""Records from paper: a sheet filled in at the door, typed in by the school's office.

They are signed by the school's office device and go through the same ledger as a phone's records:
same rules, flags, corrections, review and evidence (docs/protocol.md#records-from-paper).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sync_server.services import Services


class KeyedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was typed in.

    Attributes:
        fact_id: The record's id.
        device: The office device that signed it.
        n: Its number in that device's chain.
        flags: What the conduct rules note about it (codes FLAGS).
        again: Whether the same form had been sent before: nothing was made this time.

    """

    fact_id: str
    device: str
    n: int
    flags: tuple[str, ...] = ()
    again: bool = False


def flags_of(
    services: Services,
    unit: str,
    *,
    case_id: str,
    kind: str,
    body: Mapping[str, Any],
    happened_at: str,
    photos: tuple[str, ...] = (),
    corrects: str = "",
) -> tuple[str, ...]:
    """Return the flags of the conduct rules, as the phone's form shows them before it saves.

    Args:
        services: The server's services.
        unit: The school.
        case_id: The case.
        kind: The kind of record; one without conduct rules has no flags.
        body: What the form holds so far.
        happened_at: When it happened, by the sheet: ISO 8601, without an offset China time.
        photos: sha256 of its photos, the scan included.
        corrects: The record that a correction is about, which is not counted as earlier.

    Raises:
        ProblemError: case.unknown, fact.out_of_bounds.
    """
    raise NotImplementedError


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
    photos: tuple[str, ...] = (),
    reason: str = "",
    request_id: str,
    who: str,
) -> KeyedRecord:
    """Type in a record from paper; nothing is signed that the ledger would refuse.

    Args:
        services: The server's services.
        unit: The school whose office types it.
        case_id: The case it is about.
        kind: The kind of record (shared/records).
        body: What the sheet says, a field each; empty ones may be left out. Flags are worked out
            here.
        happened_at: When it happened, by the sheet: ISO 8601, without an offset China time.
        visited_by: The id of the teacher who wrote the sheet.
        scan: sha256 of the picture of the sheet (`keep_picture`), "" when it follows later.
        photos: sha256 of further kept pictures; the scan is added by itself.
        reason: Why, where the conduct rules flag it (`flags_of`); not needed otherwise.
        request_id: An id of the form that was shown. The same form sent again makes no second
            record.
        who: The account that types.

    Raises:
        ProblemError: case.unknown, staff.unknown, photo.unknown, fact.unknown_kind,
            fact.field_missing and fact.out_of_bounds (value `field`: a Code with the field's name
            and words), season.closed, season.preparing.
    """
    raise NotImplementedError


def correct_keyed(
    services: Services,
    unit: str,
    *,
    fact_id: str,
    reason: str,
    body: Mapping[str, Any] | None,
    happened_at: str = "",
    scan: str = "",
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
        photos: The photos there are now; None keeps the record's.
        flag_reason: As `reason` of `key_in`.
        request_id: As in `key_in`.
        who: The account that types.

    Raises:
        ProblemError: As `key_in`, and fact.unknown.
    """
    raise NotImplementedError


def attach_scan(
    services: Services, unit: str, fact_id: str, picture: bytes, *, who: str
) -> KeyedRecord:
    """Bind the picture of a sheet to its record, which was typed in without it.

    The record is signed and stays as it is: a correction by the office device adds the photo. The
    same picture again makes no second correction.

    Raises:
        ProblemError: fact.unknown, fact.not_paper (it was made on a phone), as `keep_picture`.
    """
    raise NotImplementedError


def keep_picture(services: Services, unit: str, picture: bytes) -> str:
    """Keep a scan or a phone photograph of a sheet among the photos; return its sha256.

    Upright, without the camera's notes (EXIF), shrunk as on a phone, always JPEG.

    Raises:
        ProblemError: photo.empty, photo.not_jpeg, photo.unreadable, photo.too_large, disk.full.
    """
    raise NotImplementedError
