"""How far the cells of one sheet reach and which are formulas, as both formats' scans find it."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_CELLS = 2_000_000
"""The most rows x columns we read; a county's list of 9,783 rows and 17 columns is 166,000."""


@dataclass
class SheetScan:
    """The extent of one sheet.

    `rows`: the last row with a value, from 1. `columns`: one more than the last column's index,
    which counts from 0.
    """

    visible: bool = True
    part: str = ""
    rows: int = 0
    columns: int = 0
    formulas: set[tuple[int, int]] = field(default_factory=set)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)

    def reach(self, row: int, column: int) -> None:
        """Note a cell with a value at row (from 1), column (from 0)."""
        if row > self.rows:
            self.rows = row
        if column >= self.columns:
            self.columns = column + 1

    @property
    def too_large(self) -> bool:
        """Whether there are more cells than we read into memory."""
        return self.rows * self.columns > MOST_CELLS
