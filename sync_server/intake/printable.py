"""Characters no font of ours can draw are warned of before a name prints as a box.

Source: docs/sources.md#rare-characters.
"""

from __future__ import annotations

from collections.abc import Iterable

from sync_server.intake.columns import Table
from sync_server.intake.people import DuePerson
from sync_server.intake.report import Findings


def warn_of_characters(
    people: Iterable[DuePerson], known: frozenset[str], table: Table, findings: Findings
) -> None:
    """Warn once a person and field; `known` are the characters the fonts hold, blanks always count as known."""
    for person in people:
        for field, text in _printed(person):
            if not table.label(field):
                continue  # a village taken from the address is that column's business
            unknown = "".join(dict.fromkeys(c for c in text if c not in known and not c.isspace()))
            if unknown:
                codes = " ".join(f"U+{ord(c):04X}" for c in unknown)
                findings.warn(
                    person.rows[0],
                    table.label(field),
                    "intake.character_unknown",
                    characters=unknown,
                    codes=codes,
                )


def _printed(person: DuePerson) -> tuple[tuple[str, str], ...]:
    co_borrower = person.co_borrower.name if person.co_borrower else ""
    return (
        ("borrower_name", person.borrower.name),
        ("co_borrower_name", co_borrower),
        ("home_address", person.address),
        ("township", person.township),
        ("village", person.village),
        ("college", person.college),
        ("assigned_school", person.school_name),
    )
