"""What does not leave this phone by itself any more, why, and what the teacher can do about it.

One rule for Today, the outbox and the report of a sync. A sync that reached the server and left a
record or photo behind counts as a try, and so does the answer to a hand-over file; three of them
are enough. What no try can change (a refused record or photo, a photo that cannot be read) counts
at once, and so do photos that the server does not accept today. A broken chain is none of these
reasons: what waits needs a new key then (mobile/sync/rewound.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import msgspec

from mobile.store.kept import REJECTED, WAITING, Kept
from mobile.store.store import Store
from mobile.sync.rewound import refuse_unless_new_key
from mobile.sync.upload import NOT_IMAGE
from mobile.usecases.handin_views import StuckLine, SyncReport
from mobile.usecases.words import fix, sentences, wrong
from shared.identity import mask_name
from shared.problems import ProblemError

Report = TypeVar("Report", bound=SyncReport)
STUCK_AFTER_SYNCS = 3
ATTEMPTS_KEY = "attempts"
PHOTO_REASONS = (
    "sync.photo_lost",
    "sync.photo_refused",
    "sync.photo_stuck",
    "sync.photos_no_room",
    "sync.photos_later",
)
"""Why photos are stuck, the most urgent reason first."""
UNREADABLE = ("photo.unknown", "vault.cannot_open")
"""Problem codes of a photo that this phone itself can no longer read."""
NO_ROOM = ("disk.full", "disk.low", "disk.used_up")
"""Problem codes of photos that wait until there is room on the server's disk."""
TOMORROW = "upload.quota"
"""Problem code of photos that wait for another day."""
NOT_A_TRY = (
    "auth.required",
    "device.new_season",
    "device.not_enrolled",
    "device.revoked",
    "device.rewound",
    "device.unconfirmed",
    "net.unreachable",
    "net.untrusted",
    "phone.read_only",
    "sync.gap",
)
"""Why a sync moved nothing without having tried a single record; each says what to do by itself."""


class Attempts(msgspec.Struct, frozen=True, kw_only=True):
    """What syncs could not move, as the phone keeps it.

    Attributes:
        tries: Syncs in a row that left it behind, by fact id or photo hash.
        photos: The code of the last problem, by photo hash.

    """

    tries: dict[str, int] = {}
    photos: dict[str, str] = {}

    def after(
        self,
        left: Collection[str],
        photos: Mapping[str, str] | None = None,
        untried: Collection[str] = (),
    ) -> Attempts:
        """Return the attempts after one more try: a sync, or the answer to a hand-over file.

        Args:
            left: What it was about and waits still.
            photos: The problems of photos it could not send.
            untried: What waits and it was not about: that stays as it was.

        """
        tries = {name: n for name, n in self.tries.items() if name in untried}
        tries |= {name: self.tries.get(name, 0) + 1 for name in sorted(left)}
        problems = {sha256: code for sha256, code in self.photos.items() if sha256 in untried}
        problems |= {sha256: code for sha256, code in (photos or {}).items() if sha256 in left}
        return Attempts(tries=tries, photos=problems)


class Stuck(msgspec.Struct, frozen=True, kw_only=True):
    """Records or photos that are stuck for one reason: a code of `shared.problems`.

    `names`: whose records name these photos, masked.
    """

    code: str
    facts: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()
    names: str = ""

    @property
    def problem(self) -> ProblemError:
        """What is wrong, with what to do."""
        count = len(self.facts) or len(self.photos)
        values = {"count": count, "tries": STUCK_AFTER_SYNCS, "names": self.names}
        return ProblemError(self.code, None, **values)


def judge(kept: Sequence[Kept], photos: Sequence[str], attempts: Attempts) -> tuple[Stuck, ...]:
    """Return what is stuck, the most urgent reason first.

    Args:
        kept: What has not reached the ledger.
        photos: The photos that wait.
        attempts: What earlier syncs could not move.

    """
    waiting = [k.id for k in kept if k.state == WAITING]
    tried = [name for name in waiting if attempts.tries.get(name, 0) >= STUCK_AFTER_SYNCS]
    refused = [k.id for k in kept if k.state == REJECTED]
    found_by = {p: _reason(attempts, p) for p in photos}
    found = (
        Stuck(code="sync.rejected", facts=tuple(refused)),
        Stuck(code="sync.stuck", facts=tuple(tried)),
        *(
            Stuck(code=code, photos=tuple(p for p in photos if found_by[p] == code))
            for code in PHOTO_REASONS
        ),
    )
    return tuple(one for one in found if one.facts or one.photos)


def _reason(attempts: Attempts, sha256: str) -> str:
    """Return why a photo that waits is stuck; "" when it is not."""
    code = attempts.photos.get(sha256, "")
    if code in UNREADABLE:
        return "sync.photo_lost"
    if code == NOT_IMAGE:
        return "sync.photo_refused"
    if code in NO_ROOM:
        return "sync.photos_no_room"
    if code == TOMORROW:
        return "sync.photos_later"
    return "sync.photo_stuck" if attempts.tries.get(sha256, 0) >= STUCK_AFTER_SYNCS else ""


async def refused_photos(store: Store) -> set[str]:
    """Return the photos that the server refused for good."""
    known = await attempts_of(store)
    return {sha256 for sha256, code in known.photos.items() if code == NOT_IMAGE}


async def attempts_of(store: Store) -> Attempts:
    """Return what earlier syncs could not move."""
    return await store.meta.get(ATTEMPTS_KEY, Attempts) or Attempts()


async def stuck(store: Store) -> tuple[Stuck, ...]:
    """Return what is stuck on this phone now, the most urgent reason first."""
    kept = store.facts.unsent()
    if await store.meta.rewound() is not None:
        # what waits needs a new key, which Today says by itself
        kept = [k for k in kept if k.state != WAITING]
    photos = [row.sha256 for row in store.photos.waiting()]
    found = judge(kept, photos, await attempts_of(store))
    return tuple(
        msgspec.structs.replace(one, names=_names(store, one.photos)) if one.photos else one
        for one in found
    )


def _names(store: Store, photos: Collection[str]) -> str:
    """Return whose records name these photos, masked: the first three."""
    named = [k.fact.case for k in store.facts.all() if set(photos) & set(k.fact.photos)]
    states = [store.cases.get(case) for case in dict.fromkeys(named)]
    return "、".join(mask_name(s.case.borrower.name) for s in states[:3] if s)


async def urgent_problem(store: Store) -> ProblemError | None:
    """Return the most urgent reason why something does not leave this phone, or None."""
    try:
        await refuse_unless_new_key(store)
    except ProblemError as problem:
        return problem
    found = await stuck(store)
    return found[0].problem if found else None


def failed(report: Report, problem: ProblemError) -> Report:
    """Return a report with why it is not ok."""
    return msgspec.structs.replace(
        report, ok=False, problem=sentences(problem), problem_code=problem.code
    )


async def stuck_lines(store: Store) -> tuple[StuckLine, ...]:
    """Return what is stuck as screens show it."""
    return tuple(
        StuckLine(
            code=one.code,
            facts=one.facts,
            photos=one.photos,
            what=wrong(one.problem),
            todo=fix(one.problem),
        )
        for one in await stuck(store)
    )


def waiting(store: Store) -> set[str]:
    """Return the facts and photos a sync would send, by id and hash."""
    facts = {k.id for k in store.facts.unsent() if k.state != REJECTED}
    return facts | {row.sha256 for row in store.photos.waiting()}


async def count_try(
    store: Store,
    before: Collection[str],
    photos: Mapping[str, str] | None = None,
) -> None:
    """Keep what a sync, or an answer to a hand-over file, could not move.

    Args:
        store: The phone's store.
        before: What it was about: `waiting` when the sync began, or what the answer names.
        photos: The problems of photos it could not send.

    """
    known = await attempts_of(store)
    now_waiting = waiting(store)
    left = now_waiting & set(before)
    now = known.after(left, photos, now_waiting - left)
    if now != known:
        await store.meta.put(ATTEMPTS_KEY, now)
