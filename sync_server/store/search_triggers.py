"""Triggers that note whose search terms have to be made anew, so that no writer can forget it.

Each puts a case into `search_due`; the writer refreshes it (store/search_index.py). Apart from
`standing_due`: a record, of which there are many, changes nothing that people are found by, and an
accepted telephone no standing. The text of a trigger is part of the schema: a change is a migration
of its own, with the earlier text kept beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

COLUMNS: Final = (
    *("id", "season", "code", "unit", "assignee", "body", "contact", "initials", "off_list"),
)
"""What of a case's row its terms are made of, and what narrows a search."""
_EVENTS: Final = (
    ("insert", "INSERT", ("NEW",)),
    ("update", f"UPDATE OF {', '.join(COLUMNS)}", ("OLD", "NEW")),
    ("delete", "DELETE", ("OLD",)),
)


def created(dialect: str) -> Iterator[str]:
    """Yield the statements that make the triggers in a database (`sqlite` or `postgresql`)."""
    for name, when, rows in _each():
        noted = " ".join(_noted(dialect, row) for row in rows)
        if dialect == "sqlite":
            yield f"CREATE TRIGGER {name} AFTER {when} ON case_file BEGIN {noted} END"
            continue
        yield (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {noted} RETURN NULL; END $$"
        )
        yield (
            f"CREATE TRIGGER {name} AFTER {when} ON case_file "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        )


def dropped(dialect: str) -> Iterator[str]:
    """Yield the statements that take the triggers away."""
    for name, *_ in _each():
        if dialect == "sqlite":
            yield f"DROP TRIGGER {name}"
        else:
            yield f"DROP TRIGGER {name} ON case_file"
            yield f"DROP FUNCTION {name}()"


def _each() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for event, when, rows in _EVENTS:
        yield f"search_due_{event}", when, rows


def _noted(dialect: str, row: str) -> str:
    """Note a case once.

    On PostgreSQL an existing row is locked, so that no other process refreshes it meanwhile; on
    SQLite an `OR` clause of the statement that fires the trigger must not change it.
    """
    into = "INSERT INTO search_due (case_id, season)"
    if dialect == "sqlite":
        there = f"EXISTS (SELECT 1 FROM search_due AS d WHERE d.case_id = {row}.id)"
        return f"{into} SELECT {row}.id, {row}.season WHERE NOT {there};"
    return (
        f"{into} VALUES ({row}.id, {row}.season) "
        f"ON CONFLICT (case_id) DO UPDATE SET season = excluded.season;"
    )
