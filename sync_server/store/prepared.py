"""Statements that every push runs: on SQLite past SQLAlchemy, by the driver's own cursor.

There SQLAlchemy's part of a statement is five times SQLite's. What the driver raises is raised as
SQLAlchemy raises it, so that nobody has to know the difference. On another database a statement is
a journey, and SQLAlchemy makes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from operator import itemgetter
from typing import Any, cast

import msgspec
from sqlalchemy import (
    BindParameter,
    Connection,
    Dialect,
    RowMapping,
    Select,
    Table,
    TextClause,
    UpdateBase,
    bindparam,
    text,
)
from sqlalchemy.exc import DBAPIError

Statement = Select[Any] | UpdateBase | TextClause
Values = Mapping[str, Any]
_LIST, _EACH = re.compile(r"\(__\[POSTCOMPILE_\w+\]\)"), "(SELECT value FROM json_each(?))"


class Prepared:
    """A statement whose values are all named (`bindparam`), made once.

    A list of values (`expanding=True`) is one value on SQLite: JSON, of texts.
    """

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._made: _OnSqlite | None = None

    def rows(self, connection: Connection, values: Values) -> list[tuple[Any, ...]]:
        """Return the rows it finds."""
        if connection.dialect.name != "sqlite":
            return [tuple(row) for row in connection.execute(self._statement, values)]
        return self._on_sqlite(connection).rows(connection, values)

    def mappings(self, connection: Connection, values: Values) -> list[RowMapping]:
        """Return the rows it finds, each by the names of its columns."""
        if connection.dialect.name != "sqlite":
            return list(connection.execute(self._statement, values).mappings())
        made = self._on_sqlite(connection)
        rows = [dict(zip(made.names, row, strict=True)) for row in made.rows(connection, values)]
        return cast(list[RowMapping], rows)

    def first(self, connection: Connection, values: Values) -> RowMapping | None:
        """Return the first row it finds, by the names of its columns."""
        return next(iter(self.mappings(connection, values)), None)

    def one(self, connection: Connection, values: Values) -> tuple[Any, ...] | None:
        """Return the first row it finds."""
        return next(iter(self.rows(connection, values)), None)

    def run(self, connection: Connection, values: Values) -> int:
        """Run it; return how many rows it changed."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, values).rowcount
        return self._on_sqlite(connection).run(connection, values)

    def run_each(self, connection: Connection, values: Sequence[Values]) -> None:
        """Run it for each of these."""
        if connection.dialect.name != "sqlite":
            connection.execute(self._statement, values)
            return
        self._on_sqlite(connection).run_each(connection, values)

    def _on_sqlite(self, connection: Connection) -> _OnSqlite:
        if self._made is None:
            self._made = _OnSqlite(self._statement, connection.dialect)
        return self._made


def inserting(table: Table) -> Prepared:
    """Return the statement that inserts a whole row, its values named as the columns."""
    return Prepared(table.insert().values({c.key: bindparam(c.key) for c in table.columns}))


class _OnSqlite:
    """A statement as SQLite's driver takes it."""

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        made: Any = statement.compile(dialect=dialect)
        self._error: type[Exception] = cast(Any, dialect.loaded_dbapi).Error
        self._sql = _LIST.sub(_EACH, str(made))
        self._given = _giving([made.binds[name] for name in made.positiontup or ()])
        columns = list(getattr(statement, "selected_columns", ()))
        self.names = tuple(str(column.key) for column in columns)
        read = [c.type.dialect_impl(dialect).result_processor(dialect, None) for c in columns]
        self._read = [(at, convert) for at, convert in enumerate(read) if convert is not None]

    def rows(self, connection: Connection, values: Values) -> list[tuple[Any, ...]]:
        """Return the rows it finds."""
        try:
            found = _cursor(connection).execute(self._sql, self._given(values)).fetchall()
        except self._error as error:
            raise _as_usual(connection, self._sql, error) from error
        return [self._converted(row) for row in found] if self._read else found

    def run(self, connection: Connection, values: Values) -> int:
        """Run it; return how many rows it changed."""
        try:
            return int(_cursor(connection).execute(self._sql, self._given(values)).rowcount)
        except self._error as error:
            raise _as_usual(connection, self._sql, error) from error

    def run_each(self, connection: Connection, values: Sequence[Values]) -> None:
        """Run it for each of these."""
        try:
            _cursor(connection).executemany(self._sql, [self._given(one) for one in values])
        except self._error as error:
            raise _as_usual(connection, self._sql, error) from error

    def _converted(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        values = list(row)
        for at, convert in self._read:
            values[at] = convert(values[at])
        return tuple(values)


def _giving(binds: Sequence[BindParameter[Any]]) -> Callable[[Values], Sequence[Any]]:
    """Return what puts values in the order of a statement.

    The driver takes texts, numbers, bytes and truth as they are; no table has other types.
    """
    names = [bind.key for bind in binds]
    if len(names) > 1 and not any(bind.expanding or bind.value is not None for bind in binds):
        return itemgetter(*names)

    def given(values: Values) -> list[Any]:
        found = [values[one.key] if one.value is None else one.value for one in binds]
        return [
            _as_json(value) if one.expanding else value
            for one, value in zip(binds, found, strict=True)
        ]

    return given


def _as_json(values: Iterable[str]) -> str:
    return msgspec.json.encode(list(values)).decode()


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()


def _as_usual(connection: Connection, sql: str, error: Exception) -> Exception:
    """Return an error of the driver as SQLAlchemy raises it, without what people entered."""
    driver: Any = connection.dialect.loaded_dbapi
    made = DBAPIError.instance(
        sql, None, error, driver.Error, hide_parameters=True, dialect=connection.dialect
    )
    return cast(Exception, made)


_BEGIN, _TAKE_BACK, _KEEP = (
    Prepared(text(f"{words} own")) for words in ("SAVEPOINT", "ROLLBACK TO", "RELEASE")
)


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Take back what is done inside where it fails, and nothing else."""
    if connection.dialect.name != "sqlite":
        with connection.begin_nested():
            yield
        return
    _BEGIN.run(connection, {})
    try:
        yield
    except BaseException:
        # a full disk has undone the whole transaction, savepoints too: what failed is what to say
        with suppress(DBAPIError):
            _TAKE_BACK.run(connection, {})
            _KEEP.run(connection, {})
        raise
    _KEEP.run(connection, {})
