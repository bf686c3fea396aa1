"""What is typed or scanned to name slips: codes, line numbers, the text of a slip's QR code."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from shared.ids import NUMBER_DIGITS, fold, parse_case_code, show_case_code
from shared.paper import parse_slip_mark
from shared.problems import ProblemError
from sync_server.store import slip_batches, units
from sync_server.store.database import Connection
from sync_server.store.slip_batches import Batch, Coded, Line

MOST_ENTRIES = 1000
"""So many slips are named at once: a whole county had 3,917 (docs/sources.md#notice-totals)."""
_BETWEEN = re.compile(r"[\s,;\uff0c\uff1b\u3001]+")
_MINUS = ("-", "\uff0d", "\u2212")


class Entry(NamedTuple):
    """One slip as it was typed; `back`: it begins with a minus, and takes a tick back."""

    text: str
    back: bool = False


class Refused(NamedTuple):
    """What was typed, and why no slip was found or may be taken by it."""

    text: str
    problem: ProblemError


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The people that entries name, in their order, and the entries that name nobody."""

    people: tuple[Coded, ...] = ()
    refused: tuple[Refused, ...] = ()


def entries(text: str) -> list[Entry]:
    """Divide what was typed: one code may hold blanks, several are apart by blanks or commas.

    Raises:
        ProblemError: slip_batch.too_many.
    """
    if not text.strip():
        return []
    if _is_code(text):
        return [Entry(text.strip())]
    words = [word for word in _BETWEEN.split(text.strip()) if word]
    if len(words) > MOST_ENTRIES:
        raise ProblemError("slip_batch.too_many", most=MOST_ENTRIES)
    return [
        Entry(word[1:], back=True) if word.startswith(_MINUS) and len(word) > 1 else Entry(word)
        for word in words
    ]


def _is_code(text: str) -> bool:
    try:
        parse_case_code(text)
    except ProblemError:
        return False
    return True


def resolve(
    connection: Connection, season: str, lines: Sequence[Line], asked: Sequence[str]
) -> Found:
    """Find whom entries name: a line of the sheet, else a code as it is printed or scanned.

    Args:
        connection: The store.
        season: The season.
        lines: The lines of the batch; () where there is no sheet.
        asked: What was typed, one slip each.
    """
    numbered = {line.line: line.case_id for line in lines}
    codes, refused = dict[str, str](), list[Refused]()
    for text in asked:
        try:
            if not _line_number(text):
                codes[text] = _code(text)
            elif _line_number(text) not in numbered:
                raise ProblemError("slip_batch.line_unknown", line=_line_number(text))
        except ProblemError as problem:
            refused.append(Refused(text, problem))
    by_code = slip_batches.by_code(connection, season, list(codes.values()))
    by_id = slip_batches.by_id(connection, season, list(numbered.values()))
    people = dict[str, Coded]()
    for text in asked:
        if text in codes:
            person = by_code.get(codes[text])
            if person is None:
                nobody = ProblemError("slip_batch.code_unknown", slip=show_case_code(codes[text]))
                refused.append(Refused(text, nobody))
        else:
            person = by_id.get(numbered.get(_line_number(text), ""))
        if person is not None:
            people.setdefault(person.case_id, person)
    return Found(people=tuple(people.values()), refused=tuple(refused))


def _line_number(text: str) -> int:
    """Return the number of a line, which is shorter than any code; 0 for anything else."""
    folded = fold(text)
    short = folded.isascii() and folded.isdigit() and len(folded) <= NUMBER_DIGITS
    return int(folded) if short else 0


def _code(text: str) -> str:
    """Return the bare code of an entry. Raises: ProblemError case.code_invalid, slip.qr_foreign."""
    return parse_slip_mark(text) if ":" in text else parse_case_code(text)


def takeable(
    connection: Connection,
    season: str,
    unit: str,
    found: Found,
    batch: Batch | None,
    *,
    at_centre: bool,
) -> Found:
    """Leave out whose slip cannot go into a batch: of another school, or handed in already.

    A slip on a sheet that another batch still prepares may come with this one.

    Args:
        connection: The store.
        season: The season.
        unit: The school that hands in.
        found: The people.
        batch: The batch; None before it is made.
        at_centre: Whether the centre asks, which may hear of which school a person is; to a school,
            people of others are unknown.
    """
    names = units.unit_names(connection, season)
    handed_in = slip_batches.handed_in(connection, season)
    listed = slip_batches.in_open(connection, season)
    here = batch.id if batch is not None else ""
    people, refused = list[Coded](), list(found.refused)
    for person in found.people:
        problem = _obstacle(person, unit, names if at_centre else {}, handed_in, listed, here)
        if problem is None:
            people.append(person)
        else:
            refused.append(Refused(show_case_code(person.code), problem))
    return Found(people=tuple(people), refused=tuple(refused))


def _obstacle(
    person: Coded,
    unit: str,
    names: Mapping[str, str],
    handed_in: Mapping[str, slip_batches.HandedIn],
    listed: Mapping[str, slip_batches.Listed],
    here: str,
) -> ProblemError | None:
    code = show_case_code(person.code)
    other = listed.get(person.case_id)
    if other is not None and other.batch == here:
        return None
    if person.unit != unit:
        school = names.get(person.unit)
        if school is None:
            return ProblemError("slip_batch.code_unknown", slip=code)
        return ProblemError("slip_batch.other_school", slip=code, school=school)
    before = handed_in.get(person.case_id)
    if before is not None:
        return ProblemError("slip_batch.already_in", slip=code, number=before.number)
    if other is not None and (other.ticked or other.state != slip_batches.DRAFT):
        return ProblemError("slip_batch.in_other", slip=code, number=other.number)
    return None
