"""Which schools somebody sees: some, or the whole county.

Whatever lists, counts or finds things of several schools takes a `Scope` without a default: who
forgets it gets a type error, not another school's people (docs/decisions/0032).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, true

from shared.problems import ProblemError


class Scope(msgspec.Struct, frozen=True):
    """Schools by code; None is the whole county, with what belongs to no school."""

    units: frozenset[str] | None

    def sees(self, unit: str) -> bool:
        """Whether a school is in it. What belongs to no school ("") only the whole county has."""
        return self.units is None or (bool(unit) and unit in self.units)

    def check(self, unit: str) -> None:
        """Refuse another's school like an unknown one. Raises: ProblemError console.not_found."""
        if not self.sees(unit):
            raise ProblemError("console.not_found")

    def rows(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """The condition that a row is of these schools, by its column of school codes."""
        if self.units is None:
            return true()
        return column.in_(sorted(self.units - {""}))

    @property
    def is_county(self) -> bool:
        """Whether it is the whole county."""
        return self.units is None


WHOLE_COUNTY: Final = Scope(None)
"""The whole county: admins, the command line, and what the server does by itself."""


Of = Scope | str
"""Whose rows are wanted: those of one school by its code, or what somebody sees."""


def where(column: ColumnElement[str], of: Of) -> ColumnElement[bool]:
    """Return the condition that a row is of a school or a scope, by its column of school codes."""
    return column == of if isinstance(of, str) else of.rows(column)


def as_scope(of: Of) -> Scope:
    """Return one school as what somebody sees."""
    return Scope(frozenset({of})) if isinstance(of, str) else of


def of_schools(units: Collection[str]) -> Scope:
    """These schools, and nothing else."""
    return Scope(frozenset(units) - {""})
