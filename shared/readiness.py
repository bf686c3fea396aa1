"""What a school's summary still lacks (docs/seal.md#what-is-refused-before-printing). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from shared.cases import Case
from shared.lifecycle import Standing


class MissingItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing missing.

    Attributes:
        code: A problem code `seal.*`.
        ref: The case, fact, photo or device it is about.

    """

    code: str
    ref: str
    case: str = ""
    case_code: str = ""


class NamedException(msgspec.Struct, frozen=True, kw_only=True):
    """A missing item that the liaison continues despite, with the reason printed on page 1."""

    code: str
    ref: str
    reason: str
    by: str = ""


def missing_of_case(case: Case, standing: Standing) -> list[MissingItem]:
    """Return what one case lacks; nothing once the person has repaid."""
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
    """Return the whole list in order of case code, without what an exception names.

    Args:
        standings: The school's cases, each with its standing.
        missing_photos: sha256 of a photo -> the case id whose fact names it.
        quarantined: Ids of quarantined facts.
        gaps: `device:first-last` of numbers missing in a device's chain. Their code keeps its old
            name, `seal.chain_hole`.
        exceptions: Items the liaison continues despite.
        wrong_slips: A delivery's fact id -> its case id, where the photographed slip names another
            person. One that is returned already is listed as returned, and a person who has repaid
            lacks nothing.

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
