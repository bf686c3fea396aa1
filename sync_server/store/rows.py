"""Database rows as structs of the same field names."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from sqlalchemy import RowMapping

S = TypeVar("S", bound=msgspec.Struct)


def as_struct(row: RowMapping, shape: type[S]) -> S:
    """The struct whose fields are named like the row's columns; other columns are left out."""
    return shape(**{name: row[name] for name in shape.__struct_fields__})
