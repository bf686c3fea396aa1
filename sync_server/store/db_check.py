"""Check a database that came from outside before anything of ours runs over it.

A database file carries code: views, triggers, virtual tables, generated columns, expressions of
CHECK, DEFAULT and indexes. Its schema must therefore be, word for word, what our migrations make up
to its revision. Until that is known the file is opened read only, without trust in its schema, and
only the list of what the schema holds is read.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, LargeBinary, Select, String, Table, func, or_, select
from sqlalchemy.dialects import sqlite

from shared.problems import ProblemError
from sync_server.deferred import deferred
from sync_server.store import code_columns
from sync_server.store import tables as t
from sync_server.store.database import migrate
from sync_server.store.engine import sqlite_module

if TYPE_CHECKING:
    from sync_server.store import schema_steps
else:
    schema_steps = deferred("sync_server.store.schema_steps")

SHOWN_CHARS = 60
"""So much of a foreign name is shown."""
_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master"
_QUOTED = re.compile(r'"(\w+)"')
_SPACE = re.compile(r"\s+")
Thing = tuple[str, str, str, str]
"""Type, name, table and text of one thing in a schema."""


def check_database(path: Path) -> None:
    """Refuse a database whose schema is not ours, or that is damaged.

    Args:
        path: The file, which nobody writes to meanwhile.

    Raises:
        ProblemError: backup.schema, backup.damaged, data.newer.
    """
    library = sqlite_module()
    try:
        with closing(_opened(path)) as connection:
            found = Counter(_things(connection))
            expected = Counter(_expected(_revision(connection)))
            for thing in [*(found - expected), *(expected - found)]:
                raise _foreign(f"{thing[0]} {thing[1]}")
            _check_content(connection)
    except (library.Error, UnicodeDecodeError, ValueError) as error:
        raise _damaged() from error


def _opened(path: Path) -> Any:
    """A connection that neither writes nor trusts; `immutable` leaves a log beside it unread."""
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    connection = sqlite_module().connect(address, uri=True, isolation_level=None)
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "query_only=ON", "mmap_size=0"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _things(connection: Any) -> list[Thing]:
    return [
        (_word(kind), _word(name), _word(table), _word(text))
        for kind, name, table, text in connection.execute(_SCHEMA)
    ]


def _word(value: object) -> str:
    """A value of the schema on one line, simple names without quotation marks."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return repr(value)
    return _SPACE.sub(" ", _QUOTED.sub(r"\1", value)).strip()


def _revision(connection: Any) -> str:
    """Return the step of the migrations that a database stands at."""
    tables = [thing[:2] for thing in _things(connection)]
    if ("table", "alembic_version") not in tables:
        raise _foreign("alembic_version")
    found = [row[0] for row in connection.execute("SELECT version_num FROM alembic_version")]
    if len(found) != 1 or not isinstance(found[0], str):
        raise _foreign("alembic_version")
    if found[0] not in schema_steps.revisions():
        raise ProblemError("data.newer")
    return found[0]


@cache
def _expected(revision: str) -> tuple[Thing, ...]:
    """What the migrations make up to a revision; made anew in a folder that goes again."""
    with tempfile.TemporaryDirectory(prefix="doorstep-") as folder:
        path = Path(folder) / "expected.db"
        migrate(f"sqlite:///{path}", revision)
        with closing(sqlite_module().connect(path)) as connection:
            return tuple(_things(connection))


def _check_content(connection: Any) -> None:
    """Check pages and indexes, every value's type, and the codes of columns that hold one."""
    if [row[0] for row in connection.execute("PRAGMA integrity_check(1)")] != ["ok"]:
        raise _damaged()
    names = {name for kind, name, *_ in _things(connection) if kind == "table"}
    for table in t.metadata.tables.values():
        there = _columns(connection, table.name)
        if table.name in names and connection.execute(_wrong_values(table, there)).fetchone():
            raise _foreign(f"values in {table.name}")
    for column in code_columns.CODES:
        if column.table.name not in names or column.name not in _columns(
            connection, column.table.name
        ):
            continue
        if connection.execute(_unknown_codes(column)).fetchone():
            raise _foreign(f"values in {code_columns.name_of(column)}")


@cache
def _unknown_codes(column: Column[Any]) -> str:
    """The question whether a column holds a code that is none of its own."""
    return _as_text(code_columns.unknown(column))


@cache
def _wrong_values(table: Table, there: frozenset[str]) -> str:
    """The question whether a column of a table holds a value of another type than its own."""
    wrong = [
        func.typeof(column).not_in([_stored_as(column)] + ["null"] * bool(column.nullable))
        for column in table.c
        if column.name in there
    ]
    query = select(1).select_from(table).where(or_(*wrong)).limit(1)
    return _as_text(query)


def _columns(connection: Any, table: str) -> frozenset[str]:
    return frozenset(row[1] for row in connection.execute(f'PRAGMA table_info("{table}")'))


def _as_text(query: Select[Any]) -> str:
    return str(query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))


def _stored_as(column: Column[Any]) -> str:
    if isinstance(column.type, LargeBinary):
        return "blob"
    return "text" if isinstance(column.type, String) else "integer"


def _foreign(what: str) -> ProblemError:
    shown = "".join(c if c.isprintable() else "\ufffd" for c in what)[:SHOWN_CHARS]
    return ProblemError("backup.schema", what=shown)


def _damaged() -> ProblemError:
    return ProblemError("backup.damaged", path="doorstep.db")
