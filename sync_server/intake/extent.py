"""How far the cells of one sheet reach and which are formulas: what both formats' scans find before a file is read."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_CELLS = 2_000_000
"""Rows x columns laid out in full; a county's list of 9,783 rows and 17 columns is 166,000."""


@dataclass
class SheetScan:
    """`rows`: the last row with a value, from 1. `columns`: one more than the last column's index, which is from 0."""

    visible: bool = True
    part: str = ""
    rows: int = 0
    columns: int = 0
    formulas: set[tuple[int, int]] = field(default_factory=set)

    def reach(self, row: int, column: int) -> None:
        """A cell with a value at row (from 1), column (from 0)."""
        if row > self.rows:
            self.rows = row
        if column >= self.columns:
            self.columns = column + 1

    @property
    def too_large(self) -> bool:
        """More cells than we lay out in memory."""
        return self.rows * self.columns > MOST_CELLS
