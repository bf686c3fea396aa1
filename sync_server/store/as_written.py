"""What normalising changed in a case, kept as the bank's list writes it (`case_file.written`).

JSON text by field of the list's layout, contract numbers by `contract_no:` and the number; "" where
nothing was changed. For the office's eyes: neither phones nor papers get it.
"""

from __future__ import annotations

import msgspec

from shared.cases import Case, Person
from sync_server.store.case_plan import ImportedPerson

CONTRACT = "contract_no:"


def of(text: str) -> dict[str, str]:
    """Read the column."""
    return msgspec.json.decode(text, type=dict[str, str]) if text else {}


def merged(before: str, case: Case, person: ImportedPerson) -> str:
    """Return the column for a case after an import.

    A field whose value the list gave is as the list writes it; any other stays as it was.

    Args:
        before: The column until now.
        case: The case as it will be.
        person: The person of the list.

    """
    now = _values(case, person.school_name)
    given = {
        field
        for field, value in _values(person.case, person.school_name).items()
        if value and value == now[field]
    }
    given |= {CONTRACT + contract.contract_no for contract in person.case.contracts}
    contracts = {CONTRACT + contract.contract_no for contract in case.contracts}
    old = {field: text for field, text in of(before).items() if field not in given}
    new = {field: text for field, text in person.written.items() if field in given}
    both = {
        field: text
        for field, text in (old | new).items()
        if field in contracts or not field.startswith(CONTRACT)
    }
    return msgspec.json.encode(both, order="sorted").decode() if both else ""


def _values(case: Case, school: str) -> dict[str, object]:
    """The values of a case by field of the list's layout."""
    other = case.co_borrower or Person(name="")
    return {
        "borrower_name": case.borrower.name,
        "id_number": case.borrower.id_number,
        "phone_student": case.borrower.phones,
        "phone_family": case.borrower.phones,
        "co_borrower_name": other.name,
        "co_borrower_id": other.id_number,
        "co_borrower_phone": other.phones,
        "home_address": case.address,
        "assigned_school": school,
    }
