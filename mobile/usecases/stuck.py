"""What does not leave this phone by itself any more, why, and what the teacher can do about it.

One rule for Today, the outbox and the report of a sync. A sync that reached the server and left a
record or photo behind counts as a try; three of them are enough. What no try can change (a number
missing in the chain, a refused record, a photo that cannot be read) counts at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from mobile.store.facts import REJECTED, WAITING, Kept
from mobile.store.store import Store
from mobile.usecases.views import StuckLine
from mobile.usecases.words import fix, wrong
from shared.problems import ProblemError

TRIES = 3
KEY = "attempts"
UNREADABLE = ("photo.unknown", "vault.cannot_open")
"""Problem codes of a photo that this phone itself can no longer read."""
DROPPED = "fact.dropped"
"""Problem code of a record the centre decided not to take: nothing is left to do."""
NOT_A_TRY = (
    "auth.required",
    "device.not_enrolled",
    "device.revoked",
    "device.rewound",
    "device.unconfirmed",
    "net.unreachable",
    "net.untrusted",
    "phone.read_only",
)
"""Why a sync moved nothing without having tried a single record; each says what to do by itself."""


class Attempts(msgspec.Struct, frozen=True, kw_only=True):
    """What syncs could not move, as the phone keeps it.

    Attributes:
        tries: Syncs in a row that left it behind, by fact id or photo hash.
        expects: The number the server still waits for after everything from there was sent again.
        photos: The code of the last problem, by photo hash.

    """

    tries: dict[str, int] = {}
    expects: int | None = None
    photos: dict[str, str] = {}

    def after(
        self,
        left: Collection[str],
        expects: int | None = None,
        photos: Mapping[str, str] | None = None,
    ) -> Attempts:
        """Return the attempts after one more sync.

        Args:
            left: What waited when it began and waits still.
            expects: See the class.
            photos: The problems of photos it could not send.

        """
        return Attempts(
            tries={name: self.tries.get(name, 0) + 1 for name in sorted(left)},
            expects=expects,
            photos={sha256: code for sha256, code in (photos or {}).items() if sha256 in left},
        )


class Stuck(msgspec.Struct, frozen=True, kw_only=True):
    """Records or photos that are stuck for one reason: a code of `shared.problems`."""

    code: str
    facts: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()
    expects: int = 0

    @property
    def problem(self) -> ProblemError:
        """What is wrong, with what to do."""
        count = len(self.facts) or len(self.photos)
        return ProblemError(self.code, None, count=count, tries=TRIES, number=self.expects)


def judge(kept: Sequence[Kept], photos: Sequence[str], attempts: Attempts) -> tuple[Stuck, ...]:
    """Return what is stuck, the most urgent reason first.

    Args:
        kept: Every fact of the phone.
        photos: The photos that wait.
        attempts: What earlier syncs could not move.

    """
    corrected = {str(k.fact.body.get("corrects", "")) for k in kept}
    waiting = [k.id for k in kept if k.state == WAITING]
    gap = attempts.expects is not None
    tried = [name for name in waiting if attempts.tries.get(name, 0) >= TRIES]
    refused = [
        k.id
        for k in kept
        if k.state == REJECTED and k.problem.get("code") != DROPPED and k.id not in corrected
    ]
    lost = [p for p in photos if attempts.photos.get(p) in UNREADABLE]
    left = [p for p in photos if attempts.tries.get(p, 0) >= TRIES and p not in lost]
    found = (
        Stuck(code="sync.gap", facts=tuple(waiting if gap else ()), expects=attempts.expects or 0),
        Stuck(code="sync.rejected", facts=tuple(refused)),
        Stuck(code="sync.stuck", facts=tuple(() if gap else tried)),
        Stuck(code="sync.photo_lost", photos=tuple(lost)),
        Stuck(code="sync.photo_stuck", photos=tuple(left)),
    )
    return tuple(one for one in found if one.facts or one.photos)


async def attempts_of(store: Store) -> Attempts:
    """Return what earlier syncs could not move."""
    return await store.meta.get(KEY, Attempts) or Attempts()


async def stuck(store: Store) -> tuple[Stuck, ...]:
    """Return what is stuck on this phone now, the most urgent reason first."""
    kept = store.facts.all()
    if await store.meta.rewound():  # they wait for a new key, which Today says by itself
        kept = [k for k in kept if k.state != WAITING]
    photos = [row.sha256 for row in store.photos.waiting()]
    return judge(kept, photos, await attempts_of(store))


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
    expects: int | None = None,
    photos: Mapping[str, str] | None = None,
) -> None:
    """Keep what a sync could not move.

    Args:
        store: The phone's store.
        before: `waiting` when it began.
        expects: See `Attempts`.
        photos: The problems of photos it could not send.

    """
    known = await attempts_of(store)
    left = waiting(store) & set(before)
    now = known.after(left, expects, photos)
    if now != known:
        await store.meta.put(KEY, now)
