"""What a notice's sheet says of a person, as digests: enough to see that it has changed since."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shared.cases import Case
from shared.digest import sha256_hex
from sync_server.store.notice_prints import Content
from sync_server.store.units import UnitRow

DIGEST_LENGTH = 12
"""Characters of a digest: enough to see that what was printed for a person has changed."""


def contact(school: UnitRow) -> tuple[str, str]:
    """Return the school's telephone and who answers it; ("", "") where it has given none.

    The liaison's, else that of the leader in charge: a family may ask either.
    """
    if school.liaison_phone:
        return school.liaison_phone, f"联络员{school.liaison_name}" if school.liaison_name else ""
    if school.leader_phone:
        return school.leader_phone, f"分管领导{school.leader_name}" if school.leader_name else ""
    return "", ""


def content_of(case: Case, school: UnitRow) -> Content:
    """Return what a sheet of this case says, as digests."""
    other = case.co_borrower.name if case.co_borrower else ""
    return Content(
        name=_digest([case.borrower.name, other]),
        amount=_digest(sorted((c.principal_fen, c.interest_fen) for c in case.contracts)),
        contracts=_digest(sorted((c.contract_no, c.loan_year) for c in case.contracts)),
        school=_digest([school.name, *contact(school)]),
    )


def _digest(value: Sequence[object]) -> str:
    return sha256_hex(msgspec.json.encode(value))[:DIGEST_LENGTH]
