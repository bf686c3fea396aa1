"""Read any of the four kinds of file, and encode the result for the calling process."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path

import msgspec

from shared.cases import RepaymentKind
from shared.problems import ProblemError, Where
from sync_server.intake.areas import Areas, read_areas
from sync_server.intake.choice import TableChoice
from sync_server.intake.contacts import Contacts, read_contacts
from sync_server.intake.describe import LAYOUTS, Description, Shape, describe, remembered
from sync_server.intake.due_list import DueList, read_due_list
from sync_server.intake.repayments import RepaymentFile, read_repayments
from sync_server.intake.report import Progress, Report, no_progress, refused
from sync_server.intake.sheet import Sheet, read_sheets

KINDS = tuple(LAYOUTS)

CHOOSABLE = frozenset(
    {
        "intake.no_header",
        "intake.columns_missing",
        "intake.column_twice",
        "intake.several_sheets",
        "intake.sheet_unknown",
        "intake.header_row_empty",
        "intake.mapping_column",
        "intake.mapping_field",
        "intake.mapping_twice",
        "intake.mapping_account",
        "intake.other_kind",
    }
)
"""The problems of a whole file that end when somebody chooses a sheet, row, column or kind."""

_TITLES = {
    "due-list": "应还名单",
    "contacts": "附件1(学校联系表)",
    "areas": "附件2(包联辖区划分表)",
    "repayments": "还款情况",
}

Result = DueList | Contacts | Areas | RepaymentFile


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader may be given besides the file; each kind uses what concerns it.

    `sheet`, `header_row`, `mapping`: what somebody said of the file, see `choice.TableChoice`.
    `shapes`: by signature, what was chosen for earlier files of this kind, for a file of which
    nobody said anything. `known_characters`: every character the paper's font has, as one text.
    `known_schools`: the county's schools by name. `file_name`: the file's name as people know it.
    `today`: ISO day in China. `repayment_kind`, `as_of`: what somebody confirmed of a repayment
    file.
    """

    season: str = ""
    sheet: str = ""
    header_row: int = 0
    mapping: dict[str, str] = {}
    shapes: dict[str, Shape] = {}
    known_characters: str | None = None
    known_schools: tuple[str, ...] | None = None
    file_name: str = ""
    today: str = ""
    repayment_kind: RepaymentKind = ""
    as_of: str = ""


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """The result of reading a file.

    `result` is None when the file as a whole was refused; `report` says why, or is the result's
    own. `description`: the file's sheets and columns, None when it could not be opened.
    `remembered`: whether an earlier file of this shape said which column is which.
    """

    report: Report
    result: Result | None = None
    description: Description | None = None
    remembered: bool = False

    @property
    def choosable(self) -> bool:
        """Whether the file was refused for want of a choice that somebody can make."""
        codes = {problem.code for problem in self.report.problems}
        opened = self.result is None and self.description is not None
        return opened and not CHOOSABLE.isdisjoint(codes)


def read(
    kind: str,
    path: Path,
    options: Options | None = None,
    progress: Progress = no_progress,
) -> Parsed:
    """Read a file of one of `KINDS`; a refusal of the whole file becomes a report too.

    Args:
        kind: one of `KINDS`.
        path: the file.
        options: what its reader is given besides.
        progress: takes how many rows of how many were read.

    Returns:
        The result and its report.

    Raises:
        ValueError: for another kind.
    """
    if kind not in LAYOUTS:
        raise ValueError(f"{kind} is none of {KINDS}")
    options = options or Options()
    try:
        sheets = read_sheets(path)
    except ProblemError as error:
        return Parsed(report=refused(error))
    try:
        chosen, known = _choice(kind, sheets, options)
    except ProblemError as error:
        return Parsed(report=refused(error), description=describe(kind, sheets))
    description = describe(kind, sheets, chosen)
    try:
        result = _read(kind, sheets, chosen, options, progress)
    except ProblemError as error:
        report = refused(_of_other_kind(kind, error, description, path))
        return Parsed(report=report, description=description, remembered=known)
    return Parsed(report=result.report, result=result, description=description, remembered=known)


def _choice(kind: str, sheets: Sequence[Sheet], options: Options) -> tuple[TableChoice, bool]:
    """What somebody said of this file, else of an earlier one of its shape."""
    layout = LAYOUTS[kind][0]
    chosen = {layout.field_of(name): letters for name, letters in options.mapping.items()}
    if options.sheet or options.header_row or chosen:
        return TableChoice(options.sheet, options.header_row, chosen), False
    known = remembered(kind, sheets, options.shapes)
    return (known, True) if known else (TableChoice(), False)


def _of_other_kind(
    kind: str, error: ProblemError, description: Description, path: Path
) -> ProblemError:
    """A file that has all columns of another kind is probably that."""
    likely = description.likely
    if not likely or error.code not in ("intake.no_header", "intake.columns_missing"):
        return error
    return ProblemError(
        "intake.other_kind",
        Where(file=path.name),
        likely=_TITLES[likely],
        asked=_TITLES[kind],
        command=likely,
    )


def _read(
    kind: str,
    sheets: Sequence[Sheet],
    choice: TableChoice,
    options: Options,
    progress: Progress,
) -> Result:
    schools = options.known_schools
    match kind:
        case "due-list":
            return read_due_list(
                sheets,
                options.season,
                choice,
                known_characters=options.known_characters,
                known_schools=schools,
                progress=progress,
            )
        case "contacts":
            return read_contacts(sheets, choice, progress=progress)
        case "areas":
            return read_areas(sheets, choice, known_schools=schools, progress=progress)
        case _:
            return read_repayments(
                sheets,
                choice,
                file_name=options.file_name,
                today=options.today,
                kind=options.repayment_kind,
                as_of=options.as_of,
                needs_day=False,
                progress=progress,
            )


def read_encoded(progress: Progress, kind: str, path: Path, options: Options) -> bytes:
    """Read a file as `read` does, in a process of its own; return the result as `encode` does."""
    gc.disable()  # the process ends before it would pay
    return encode(read(kind, path, options, progress))


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
