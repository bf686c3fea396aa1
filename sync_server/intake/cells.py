"""Read one row's cells as text, fen, ID numbers, days and phones.

Whatever is doubtful is reported by row and column: `RowReader` never raises for what is in a cell;
it rejects the row or warns in `Findings`, and returns None or "".
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from shared import identity, money, spelling
from shared.problems import ProblemError
from sync_server.intake.cell_text import (
    BLANKS,
    REMEMBERED,
    TEXT_MARKS,
    cell_text,
    in_use,
    is_ditto,
    is_masked,
    is_name,
    is_silent,
    money_cell,
    read_day,
    zeros_for_digits,
)
from sync_server.intake.columns import Table
from sync_server.intake.report import Findings
from sync_server.intake.sheet import Cell, Row

ID_DIGITS_KEPT = 15
"""A spreadsheet number keeps 15 digits; the rest of a longer one is lost.

Source: docs/sources.md#fifteen-digits.
"""

LONGEST_NAME = 50
"""The most characters of a name; a longer text is warned of.

Source: 民委发〔2016〕33号, docs/sources.md#names.
"""

_DASH = re.compile(r"[¥￥]?\s*[-－–—−]\s*元?")
"""A zero in the accounting format of spreadsheets."""

_NO_ID = frozenset({"无", "不详", "不祥", "未知", "没有", "暂无", "空", "-", "—", "/", "无身份证"})
"""What people write for an ID number they need not know; other words are warned of."""

_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+")
_ERRORS = frozenset({"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!"})
"""What a failed formula leaves in a .csv."""

_FORMULA_SIGNS = frozenset("=@+#")

SHORTEST_CONTRACT = 6
"""Fewer letters and digits in a contract number are warned of; the bank's format is not known."""

_id_number = lru_cache(REMEMBERED)(spelling.id_number)
_id_faults = lru_cache(REMEMBERED)(identity.check_id)
_spelt_name = lru_cache(REMEMBERED)(spelling.name)
_spelt_school = lru_cache(REMEMBERED)(spelling.school)
_spelt_phones = lru_cache(REMEMBERED)(spelling.phones)


class RowReader:
    """Reads the fields of one row of a table."""

    def __init__(self, table: Table, row: Row, findings: Findings) -> None:
        """Prepare to read a row.

        Args:
            table: the table.
            row: one of its rows.
            findings: collects the problems.
        """
        self._table, self._row, self._findings = table, row, findings
        self.number = row.number
        self.written: dict[str, str] = {}
        """What normalising changed, by field, as the file has it."""

    def _cell(self, column: int) -> Cell:
        cells = self._row.cells
        cell = cells[column] if column < len(cells) else None
        if cell is None or cell == "":
            return self._table.filled.get((self.number, column))
        return cell

    def reject(self, field: str, code: str, **values: object) -> None:
        """Reject this row because of a field."""
        self._findings.reject(self.number, self._table.label(field), code, **values)

    def warn(self, field: str, code: str, **values: object) -> None:
        """Warn that someone should look at a field."""
        self._findings.warn(self.number, self._table.label(field), code, **values)

    def raw(self, field: str) -> str:
        """Return the first text of the field's columns as it is, without checks or reports."""
        texts = (cell_text(self._cell(column)) for column in self._table.columns.get(field, ()))
        return next((text for text in texts if text), "")

    def cell(self, field: str, *, needed: bool = False) -> Cell:
        """Return the first of the field's columns that is not blank.

        A formula's stored result is taken, with one note a column: it may be older than the cells
        it is made of. A formula without one is reported, and in a needed field rejects the row.

        Args:
            field: the field.
            needed: whether the row cannot do without it.

        Returns:
            The cell, None when there is nothing.
        """
        for column in self._table.columns.get(field, ()):
            cell = self._cell(column)
            text = cell_text(cell)
            if self._is_formula(field, column, text):
                if self._has_result(column, text):
                    label = self._table.labels[column]
                    self._findings.note(self.number, label, "intake.formula_value")
                    return cell
                report = self._findings.reject if needed else self._findings.note
                report(self.number, self._table.labels[column], "intake.formula")
            elif text:
                return cell
        return None

    def _has_result(self, column: int, text: str) -> bool:
        """Return whether a formula's cell holds what it came to.

        A program that does not calculate stores nothing or 0: zeros count only in a column where
        another formula came to something.
        """
        at = (self.number, column) in self._table.sheet.formulas
        return at and column in self._table.calculated and bool(text) and text not in _ERRORS

    def _is_formula(self, field: str, column: int, text: str) -> bool:
        formulas = self._table.sheet.formulas
        if formulas and (self.number, column) in formulas:
            return True
        if not text or text[0] not in _FORMULA_SIGNS:
            return False
        return text[0] in "=@" or (text[0] == "+" and "phone" not in field) or text in _ERRORS

    def text(self, field: str) -> str:
        """Return the field as trimmed text; "" where it says nothing (无, -) or "as above"."""
        text = cell_text(self.cell(field))
        if text and is_ditto(text):
            self.warn(field, "intake.ditto", value=text)
            return ""
        return "" if text and is_silent(text) else text

    def school(self, field: str) -> str:
        """Return the name of a school in its one spelling."""
        raw = self.text(field)
        return self._respelt(field, raw, _spelt_school(raw))

    def _respelt(self, field: str, raw: str, now: str) -> str:
        """Return the new spelling; what was unusual in the old one is noted once a column."""
        cell = self.as_came(field) if raw else ""
        self._keep(field, cell, now)
        odd = "" if cell == now and cell.isalnum() else spelling.oddities(cell, now)
        if odd:
            self._findings.note(self.number, self._table.label(field), "intake.respelt", odd)
        return now

    def address(self, field: str) -> str:
        """Return an address on one line, without invisible marks."""
        now = self.text(field)
        self._keep(field, self.as_came(field) if now else "", now)
        return now

    def _keep(self, field: str, cell: str, now: str) -> None:
        """Keep a text as it came beside what normalising made of it."""
        came = cell.strip(BLANKS).lstrip(TEXT_MARKS).lstrip(BLANKS)
        if now and came and came != now:
            self.written[field] = came

    def as_came(self, field: str) -> str:
        """Return the first text of the field's columns exactly as the file has it."""
        for column in self._table.columns.get(field, ()):
            cell = self._cell(column)
            if isinstance(cell, str) and cell_text(cell):
                return cell
        return ""

    def name(self, field: str, missing: str = "") -> str:
        """Return a person's name, without the blanks that pad two characters to the width of three.

        Args:
            field: the field.
            missing: the code that rejects a row without a name; "" when it may be missing.

        Returns:
            The name, "" without one.
        """
        before = self._findings.count
        raw = cell_text(self.cell(field, needed=bool(missing)))
        if raw and is_ditto(raw):
            (self.reject if missing else self.warn)(field, "intake.ditto", value=raw)
            return ""
        name = self._respelt(field, raw, "" if is_silent(raw) else _spelt_name(raw))
        if not name and missing and self._findings.count == before:
            self.reject(field, missing)
        unclear = not is_name(name) or spelling.is_masked_name(name)
        if name and (unclear or len(name) > LONGEST_NAME):
            self.warn(field, "intake.name_unclear")
        return name

    def amount(self, field: str) -> int | None:
        """Return the fen of a needed amount; None when the row was rejected for it."""
        return self._amount(field, needed=True)

    def optional_amount(self, field: str) -> int | None:
        """Return the fen of an optional amount; None when it is blank or was warned of."""
        return self._amount(field, needed=False)

    def _amount(self, field: str, *, needed: bool) -> int | None:
        before = self._findings.count
        cell = self.cell(field, needed=needed)
        report = self.reject if needed else self.warn
        if isinstance(cell, str) and _DASH.fullmatch(cell_text(cell)):
            self._findings.note(self.number, self._table.label(field), "intake.dash_is_zero")
            return 0
        if cell is None:
            if needed and self._findings.count == before:
                self.reject(field, "intake.amount_missing")
            return None
        try:
            return (
                money.from_float(cell)
                if isinstance(cell, float)
                else money.parse_fen(money_cell(cell))
            )
        except ProblemError as error:
            report(field, error.code, **error.values)
            return None

    def id_number(self, field: str, *, needed: bool = False, key: bool = True) -> str:
        """Return a normalised ID number.

        A number damaged by the spreadsheet rejects the row; one that is unsound otherwise is warned
        of, because the bank's data win.

        Args:
            field: the field.
            needed: whether a row without it is rejected.
            key: whether rows are looked up by it. If not, damage is a warning too: a repayment has
                its
                contract number, and refusing the row would send teachers to a family that has paid.

        Returns:
            The number, "" when missing or damaged.
        """
        before = self._findings.count
        cell = self.cell(field, needed=needed)
        raw = cell_text(cell)
        number = _id_number(raw)
        nothing = is_silent(raw) and len(raw) < ID_DIGITS_KEPT
        if nothing or (raw and not any(map(str.isdigit, number))):
            if needed or raw not in _NO_ID:
                self.warn(field, "intake.id_nobody", value=raw[:10])
            return ""
        if not number:
            if needed and self._findings.count == before:
                self.reject(field, "intake.id_missing")
            return ""
        faults = _id_faults(number)
        if (
            not isinstance(cell, str)
            or _SCIENTIFIC.fullmatch(number)
            or zeros_for_digits(number, faults)
        ):
            (self.reject if key else self.warn)(field, "intake.id_is_number")
            return ""
        if needed and (is_masked(number) or not (faults or identity.identifies(number))):
            self.warn(field, "intake.id_nobody", value=identity.mask_id(number))
        else:
            for code in faults:
                self.warn(field, code)
        return self._respelt(field, raw, number)

    def contract_no(self, field: str) -> str:
        """Return a contract number, without blanks and dashes.

        It rejects the row when missing, too long for a spreadsheet's number, or turned into a date.
        """
        before = self._findings.count
        cell = self.cell(field, needed=True)
        raw = cell_text(cell)
        text = spelling.contract_no(raw) if isinstance(cell, str) else raw
        if not any(map(str.isdigit, text)) or is_silent(raw):
            text = ""
            if self._findings.count == before:
                self.reject(field, "intake.contract_missing")
        elif isinstance(cell, str):
            if _SCIENTIFIC.fullmatch(text):
                self.reject(field, "intake.contract_is_number")
            elif sum(map(str.isalnum, text)) < SHORTEST_CONTRACT:
                self.warn(field, "intake.contract_unclear")
        elif isinstance(cell, (bool, date)) or len(text) > ID_DIGITS_KEPT or not text.isdigit():
            self.reject(field, "intake.contract_is_number")
        else:
            self.warn(field, "intake.contract_was_number")
        return self._respelt(field, raw, text)

    def day(self, field: str) -> str:
        """Return an ISO day, or a month or year where the file gives no more; "" when unclear."""
        cell = self.cell(field)
        text = cell_text(cell)
        # a number such as 2018.1 may have been 2018.10
        found = (
            ""
            if not text
            else None
            if isinstance(cell, float) and not cell.is_integer()
            else read_day(text)
        )
        if found is None:
            self.warn(field, "intake.date_unclear", value=text)
        return found or ""

    def phones(self, *fields: str) -> tuple[str, ...]:
        """Return all numbers of all columns of these fields, each once.

        A text that is not a phone number in use is kept and warned of.
        """
        found: list[str] = []
        for field in fields:
            for column in self._table.columns.get(field, ()):
                found += self._phones_of(field, column)
        return tuple(dict.fromkeys(found))

    def _phones_of(self, field: str, column: int) -> tuple[str, ...]:
        cell, label = self._cell(column), self._table.labels[column]
        if self._is_formula(field, column, cell_text(cell)):
            if not self._has_result(column, cell_text(cell)):
                self._findings.note(self.number, label, "intake.formula")
                return ()
            self._findings.note(self.number, label, "intake.formula_value")
        # line ends part two numbers, so the cell is read before its lines are joined
        text = cell.strip(BLANKS).lstrip(TEXT_MARKS) if isinstance(cell, str) else cell_text(cell)
        phones = _spelt_phones(text) if text and not is_silent(text) else ()
        if phones and text not in phones:
            before = self.written.get(field)
            self.written[field] = f"{before}、{text}" if before else text
        odd = spelling.oddities(text, "")
        if odd and phones:
            self._findings.note(self.number, label, "intake.respelt", odd)
        if text and not (phones and all(map(in_use, phones))):
            # the number itself stays out of reports
            self._findings.warn(self.number, label, "intake.phone_unclear")
        return phones
