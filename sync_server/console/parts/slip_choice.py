"""The filed scans of a person's slip, offered with records from paper and named by their hashes.

A form carries the hashes of what it showed, so that a number means the scan that was seen, whatever
was filed or taken back since; the office's verb refuses one that is not this person's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from litestar.datastructures import FormMultiDict

from shared.cases import Case
from shared.records.kind import RecordKind
from shared.records.registry import named
from sync_server.console.web import forms
from sync_server.office import keyed_slips
from sync_server.office.keyed_records import KeyedLine
from sync_server.store.database import Connection
from sync_server.store.slip_stacks import FiledSlip

SHOWN = "slips"
"""The form's hidden field with the hashes."""
MOST_SHOWN = 20
"""Scans that one form offers: a person has one slip, or a few filed by mistake."""


def list_of(unit: str) -> str:
    """Return the address of a school's list of scanned slips without a delivery record."""
    return f"/schools/{unit}/paper/slips"


def offered(
    connection: Connection, kind: RecordKind, case: Case, line: KeyedLine | None = None
) -> Sequence[FiledSlip]:
    """Return the scans for a form; of a correction those that the record has not."""
    has = line.fact.photos if line else ()
    found = keyed_slips.offered(connection, kind, case.id)
    return [slip for slip in found if slip.sha256 not in has][:MOST_SHOWN]


def offered_to(
    connection: Connection, lines: Sequence[KeyedLine]
) -> Mapping[str, Sequence[FiledSlip]]:
    """Return the scans for records that are without one, by the record's id."""
    found = {
        line.fact.id: offered(connection, named(line.fact.kind), line.case, line) for line in lines
    }
    return {fact_id: slips for fact_id, slips in found.items() if slips}


def shown_in(form: FormMultiDict) -> list[str]:
    """Return the hashes of the scans that a form showed, in their order."""
    return forms.text(form, SHOWN, MOST_SHOWN * 65).split()
