"""A page's cases by columns: what is the same in all is said once, and like stands beside like.

So a first sync is about as long as its names and numbers. A row is a `CaseState` without what it
has by default, its structs taken apart: `case.borrower.name` is a column. A column is one of

- `{"all": value}`, the same in each row;
- `{"each": [value, …]}`, null where a row has the default; `head` is how all its texts begin;
- `{"steps": [first, more, …]}`, whole numbers as their distance from the row before.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

MOST_ROWS = 1500
"""Rows of a page: a page of changes has no more changes (mobile/sync/answers.py)."""
MOST_REPEATED = 4096
"""Characters said once for all rows, together: so no page grows without end as it is read."""
MOST_COLUMNS = 200


class Column(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The values of one member in all rows; `all`, `each` or `steps` is there."""

    all: Any = None
    head: str = ""
    each: list[Any] | None = None
    steps: list[int] | None = None


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rows by their columns. `columns`: by the path of the member, parts joined by dots."""

    rows: int
    columns: dict[str, Column]


def packed(rows: Sequence[msgspec.Struct]) -> Table:
    """Return structs of one type by their columns."""
    flat = [dict(_members(row, "")) for row in rows]
    columns, repeated = {}, 0
    for path in dict.fromkeys(path for row in flat for path in row):
        values = [row.get(path) for row in flat]
        column = _column(values)
        repeated += _said_once(column)
        columns[path] = column if repeated <= MOST_REPEATED else Column(each=values)
    return Table(rows=len(flat), columns=columns)


def _column(values: list[Any]) -> Column:
    first = values[0]
    if first is not None and all(value == first for value in values):
        return Column(all=first)
    if all(type(value) is int for value in values):
        steps = [first, *(b - a for a, b in itertools.pairwise(values))]
        if len(set(steps)) < len(set(values)):
            return Column(steps=steps)
    if all(isinstance(value, str) for value in values):
        head = _common(min(values), max(values))
        return Column(head=head, each=[value[len(head) :] for value in values])
    return Column(each=values)


def _common(a: str, b: str) -> str:
    """Return how both begin."""
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False))
    return "".join(one for one, _ in same)


def _members(row: msgspec.Struct, before: str) -> Iterator[tuple[str, Any]]:
    """Yield path and value of each member that is not as it is by default."""
    for name, default in _defaults(type(row)):
        value = getattr(row, name)
        if value is msgspec.UNSET or value == default:
            continue
        if isinstance(value, msgspec.Struct):
            yield from _members(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", _lean(value)


def _lean(value: Any) -> Any:
    """Return a value as JSON holds it, its structs without what they have by default."""
    if isinstance(value, msgspec.Struct):
        return {
            name: _lean(inner)
            for name, default in _defaults(type(value))
            if (inner := getattr(value, name)) is not msgspec.UNSET and inner != default
        }
    if isinstance(value, Mapping):
        return {name: _lean(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_lean(inner) for inner in value]
    return value


@cache
def _defaults(shape: type[msgspec.Struct]) -> tuple[tuple[str, Any], ...]:
    """Return the members of a struct, each with its default; NODEFAULT equals nothing."""
    return tuple(
        (f.name, f.default if f.default_factory is msgspec.NODEFAULT else f.default_factory())
        for f in msgspec.structs.fields(shape)
    )


def unpacked(table: Table) -> list[dict[str, Any]]:
    """Return the rows as objects, to be converted to their struct.

    Raises:
        ValueError: Columns of another length, too many of them, or too much said once for all.
    """
    rows, columns = table.rows, table.columns
    if not 0 <= rows <= MOST_ROWS or len(columns) > MOST_COLUMNS:
        raise ValueError("too many rows or columns")
    if sum(map(_said_once, columns.values())) > MOST_REPEATED:
        raise ValueError("too much said for all rows")
    found: list[dict[str, Any]] = [{} for _ in range(rows)]
    for path, column in columns.items():
        *outer, name = path.split(".")
        values = _values(column, rows)
        for row, value in zip(found, values, strict=True):
            if value is None:
                continue
            for part in outer:
                row = row.setdefault(part, {})
                if not isinstance(row, dict):
                    raise ValueError("a value in a value")
            row[name] = value
    return found


def _said_once(column: Column) -> int:
    """Return how many characters of a column stand for every row; none where each has its own."""
    whole = 0 if column.all is None else len(msgspec.json.encode(column.all))
    return whole + len(column.head)


def _values(column: Column, rows: int) -> Sequence[Any]:
    """Return a column's value in each row. Raises: ValueError."""
    if column.steps is not None:
        values: Sequence[Any] = list(itertools.accumulate(column.steps))
    elif column.each is not None:
        values = column.each
        if column.head:
            values = [f"{column.head}{value}" for value in values]
    else:
        values = [column.all] * rows
    if len(values) != rows:
        raise ValueError("a column of another length")
    return values
