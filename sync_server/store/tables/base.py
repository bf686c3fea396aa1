"""What every table is made with."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, String

metadata = MetaData()


def text_column(name: str) -> Column[str]:
    """Return a column of a text that is never missing; "" where nothing is said."""
    return Column(name, String, nullable=False, server_default="")
