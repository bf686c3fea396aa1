"""What somebody chose about a file, in the console or on the command line."""

from __future__ import annotations

from typing import Literal

import msgspec

from shared.cases import RepaymentKind

GoneChoice = Literal["", "keep", "take_out"]
"""What becomes of people whom a newer list leaves out; "" while nobody was asked."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """How to read a file, and what of it was confirmed.

    Attributes:
        file_name: The name people know the file by; it may hold the as-of day. "" for the path's.
        sheet: The sheet to read; "" for the only one that has the columns.
        header_row: The row of the header from 1, the lower one of two; 0 to search for it.
        mapping: Field -> letter of its column (`{"principal_due": "F"}`; `J,K` for a field that may
            have several), before the headers in use; "" leaves the field unread.
        accept_rest: Whether to import the accepted people when rows were rejected.
        accept_identity: Whether corrected ID numbers and names, and joined cases, were confirmed.
        accept_moves: Whether people may go to the other school that a newer list names.
        schools: The name of a school as the file writes it -> the code of the school it is,
            `rename:CODE` where that school has this name from now on, `new` for a new school.
        gone: What becomes of people whom a newer list leaves out.
        gone_reason: Why they are taken out, in words.
        gone_count: How many people were shown as gone when that was chosen; 0 when nobody looked.
            Another number by now is asked about again.
        repayment_kind: What the amounts of a repayment file are; "" while nobody confirmed it.
        as_of: The confirmed day of a repayment file (ISO), "" while nobody confirmed one.
        accept_returns: Whether people may come back to the phones whom the last file had as paid.
    """

    file_name: str = ""
    sheet: str = ""
    header_row: int = 0
    mapping: dict[str, str] = {}
    accept_rest: bool = False
    accept_identity: bool = False
    accept_moves: bool = False
    schools: dict[str, str] = {}
    gone: GoneChoice = ""
    gone_reason: str = ""
    gone_count: int = 0
    repayment_kind: RepaymentKind = ""
    as_of: str = ""
    accept_returns: bool = False
