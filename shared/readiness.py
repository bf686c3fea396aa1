"""What a school still owes before it may seal (docs/seal.md#what-is-refused-before-printing).

Pure; the list, not a yes or no, is the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from shared.cases import Case
from shared.lifecycle import Standing


class MissingItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing missing. `code` is a problem code `seal.*`; `ref` names the case, fact, photo or device."""

    code: str
    ref: str
    case: str = ""
    case_code: str = ""


class NamedException(msgspec.Struct, frozen=True, kw_only=True):
    """A thing owed that the liaison goes on over, with the reason printed on page 1."""

    code: str
    ref: str
    reason: str
    by: str = ""


def missing_of_case(case: Case, standing: Standing) -> list[MissingItem]:
    """What one case lacks. A repaid person owes nothing more."""
    if standing.repaid.paid:
        return []
    row = {"case": case.id, "case_code": case.code}
    missing = [
        MissingItem(code="seal.returned_record", ref=fact, **row) for fact in standing.returned
    ]
    if standing.group == "special" and standing.statement != "accepted":
        missing.append(MissingItem(code="seal.statement_missing", ref=case.id, **row))
    if not (standing.visits or standing.attempts or standing.statement != "none"):
        missing.append(MissingItem(code="seal.nothing_recorded", ref=case.id, **row))
    return missing


def missing_items(
    standings: Iterable[tuple[Case, Standing]],
    *,
    missing_photos: Mapping[str, str],
    quarantined: Iterable[str],
    gaps: Iterable[str],
    exceptions: Iterable[NamedException] = (),
    wrong_slips: Mapping[str, str] = {},
) -> list[MissingItem]:
    """The whole list, in order of case code, without what a named exception covers.

    `missing_photos` maps a photo's sha256 to the case id whose fact names it; `quarantined` are fact ids;
    `gaps` are `device:first-last` of numbers a device's chain lacks; `wrong_slips` maps a delivery's fact id to its
    case id where the photographed slip names somebody else. One returned already is owed as such, and a repaid
    person owes nothing more.
    """
    missing: list[MissingItem] = []
    codes: dict[str, str] = {}
    for case, standing in standings:
        codes[case.id] = case.code
        missing += missing_of_case(case, standing)
        if not standing.repaid.paid:
            missing += [
                MissingItem(
                    code="seal.slip_wrong_case", ref=fact, case=case.id, case_code=case.code
                )
                for fact, of in wrong_slips.items()
                if of == case.id and fact not in standing.returned
            ]
    missing += [
        MissingItem(code="seal.photo_missing", ref=sha, case=case, case_code=codes.get(case, ""))
        for sha, case in sorted(missing_photos.items())
    ]
    missing += [MissingItem(code="seal.quarantined", ref=ref) for ref in sorted(quarantined)]
    missing += [MissingItem(code="seal.chain_hole", ref=ref) for ref in sorted(gaps)]
    waived = {(e.code, e.ref) for e in exceptions}
    return sorted(
        (item for item in missing if (item.code, item.ref) not in waived),
        key=lambda item: (item.case_code, item.code, item.ref),
    )
