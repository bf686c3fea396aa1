"""Warn of characters that no font of ours can draw.

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
    """Warn once a person and field.

    Args:
        people: the people read.
        known: the characters the fonts have; blanks always count as known.
        table: the table they are from.
        findings: collects the warnings.
    """
    for person in people:
        for field, text in _printed(person):
            if not table.label(field):
                continue  # a village taken from the address is reported under that column
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
