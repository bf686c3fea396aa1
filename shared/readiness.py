"""What a school still owes before it may seal (docs/seal.md#what-is-refused-before-printing).

Pure; the list, not a yes or no, is the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from shared.cases import Case
from shared.lifecycle import Standing


class Owed(msgspec.Struct, frozen=True, kw_only=True):
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


def owed_by_case(case: Case, standing: Standing) -> list[Owed]:
    """What one case lacks. A repaid person owes nothing more."""
    if standing.repaid.paid:
        return []
    row = {"case": case.id, "case_code": case.code}
    owed = [Owed(code="seal.returned_record", ref=fact, **row) for fact in standing.returned]
    if standing.group == "special" and standing.statement != "accepted":
        owed.append(Owed(code="seal.statement_missing", ref=case.id, **row))
    if not (standing.visits or standing.attempts or standing.statement != "none"):
        owed.append(Owed(code="seal.nothing_recorded", ref=case.id, **row))
    return owed


def owes(
    standings: Iterable[tuple[Case, Standing]],
    *,
    missing_photos: Mapping[str, str],
    quarantined: Iterable[str],
    holes: Iterable[str],
    exceptions: Iterable[NamedException] = (),
    wrong_slips: Mapping[str, str] = {},
) -> list[Owed]:
    """The whole list, in order of case code, without what a named exception covers.

    `missing_photos` maps a photo's sha256 to the case id whose fact names it; `quarantined` are fact ids;
    `holes` are `device:first-last` of numbers a device's chain lacks; `wrong_slips` maps a delivery's fact id to its
    case id where the photographed slip names somebody else. One returned already is owed as such, and a repaid
    person owes nothing more.
    """
    owed: list[Owed] = []
    codes: dict[str, str] = {}
    for case, standing in standings:
        codes[case.id] = case.code
        owed += owed_by_case(case, standing)
        if not standing.repaid.paid:
            owed += [
                Owed(code="seal.slip_wrong_case", ref=fact, case=case.id, case_code=case.code)
                for fact, of in wrong_slips.items()
                if of == case.id and fact not in standing.returned
            ]
    owed += [
        Owed(code="seal.photo_missing", ref=sha, case=case, case_code=codes.get(case, ""))
        for sha, case in sorted(missing_photos.items())
    ]
    owed += [Owed(code="seal.quarantined", ref=ref) for ref in sorted(quarantined)]
    owed += [Owed(code="seal.chain_hole", ref=ref) for ref in sorted(holes)]
    waived = {(e.code, e.ref) for e in exceptions}
    return sorted(
        (o for o in owed if (o.code, o.ref) not in waived),
        key=lambda o: (o.case_code, o.code, o.ref),
    )
