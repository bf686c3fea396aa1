"""Read any of the four kinds of file, and encode the result for the calling process."""

from __future__ import annotations

from pathlib import Path

import msgspec

from shared.cases import RepaymentKind
from shared.problems import ProblemError
from sync_server.intake.areas import Areas, read_areas
from sync_server.intake.contacts import Contacts, read_contacts
from sync_server.intake.due_list import DueList, read_due_list
from sync_server.intake.repayments import RepaymentFile, read_repayments
from sync_server.intake.report import Report, refused

KINDS = ("due-list", "contacts", "areas", "repayments")

Result = DueList | Contacts | Areas | RepaymentFile


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader may be given besides the file; each kind uses what concerns it.

    `mapping`: header -> field. `known_characters`: every character the paper's font has, as one
    text. `known_schools`: the county's schools by name. `file_name`: the file's name as people know
    it. `today`: ISO day in China. `repayment_kind`, `as_of`: what somebody confirmed of a repayment
    file.
    """

    season: str = ""
    mapping: dict[str, str] = {}
    known_characters: str | None = None
    known_schools: tuple[str, ...] | None = None
    file_name: str = ""
    today: str = ""
    repayment_kind: RepaymentKind = ""
    as_of: str = ""


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """The result of reading a file.

    `result` is None when the file as a whole was refused; `report` says why, or is the result's
    own.
    """

    report: Report
    result: Result | None = None


def read(kind: str, path: Path, options: Options | None = None) -> Parsed:
    """Read a file of one of `KINDS`; a refusal of the whole file becomes a report too.

    Args:
        kind: one of `KINDS`.
        path: the file.
        options: what its reader is given besides.

    Returns:
        The result and its report.

    Raises:
        ValueError: for another kind.
    """
    try:
        result = _read(kind, path, options or Options())
    except ProblemError as error:
        return Parsed(report=refused(error))
    return Parsed(report=result.report, result=result)


def _read(kind: str, path: Path, options: Options) -> Result:
    if kind == "due-list":
        known, schools = options.known_characters, options.known_schools
        return read_due_list(
            path, options.season, options.mapping, known_characters=known, known_schools=schools
        )
    if kind == "contacts":
        return read_contacts(path)
    if kind == "areas":
        return read_areas(path, options.mapping, known_schools=options.known_schools)
    if kind == "repayments":
        return read_repayments(
            path,
            options.mapping,
            file_name=options.file_name,
            today=options.today,
            kind=options.repayment_kind,
            as_of=options.as_of,
            needs_day=False,
        )
    raise ValueError(f"{kind} is none of {KINDS}")


def encode(parsed: Parsed) -> bytes:
    """Return a result as UTF-8 JSON; `decode` gives back an equal one."""
    return msgspec.json.encode(parsed)


def decode(data: bytes) -> Parsed:
    """Read a result from JSON.

    Args:
        data: what `encode` returned.

    Raises:
        msgspec.DecodeError: when it is not a result.
    """
    return msgspec.json.decode(data, type=Parsed)
