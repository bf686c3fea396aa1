"""Cases that left this phone's list, and who has them now; kept until the teacher has read it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from mobile.store.cases import CaseStore
from mobile.store.meta import Meta
from shared.identity import mask_name

KEY = "moved"
"""The meta key of the list, the newest last."""
MOST = 200
"""Cases that are named at most: a liaison who shares out a whole school again moves some hundreds,
more than anybody reads."""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """One such case.

    Attributes:
        name: The borrower's, masked.
        to: The teacher of the same school who has it now; "" where the office does not say.
        read: The teacher knows; kept while the case still stays here for what is unfinished.

    """

    case: str
    name: str
    to: str = ""
    read: bool = False


async def moved_cases(meta: Meta) -> tuple[Moved, ...]:
    """Return the cases that left, the newest last."""
    return await meta.get(KEY, tuple[Moved, ...]) or ()


async def note(
    meta: Meta, cases: CaseStore, gone: Mapping[str, str], back: Collection[str] = ()
) -> None:
    """Keep which cases are about to leave; those that came back have not left.

    Args:
        meta: The phone's meta values.
        cases: The cases, as they are before those are deleted.
        gone: Case id -> who has it now.
        back: Ids of cases that are this phone's.

    Raises:
        ProblemError: disk.full, disk.broken.

    """
    before = await moved_cases(meta)
    known = {
        one.case: one
        for one in before
        if one.case not in back and not (one.read and cases.get(one.case) is None)
    }
    for case, to in gone.items():
        state = cases.get(case)
        if state is not None:
            known.pop(case, None)
            known[case] = Moved(case=case, name=mask_name(state.case.borrower.name), to=to)
    now = tuple(known.values())[-MOST:]
    if now != before:
        await meta.put(KEY, now)
