"""Changes down: pages applied in order, each with its cursor.

At the end count and digest prove the list complete.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from mobile.store import moved
from mobile.store.cases import MOVED
from mobile.store.kept import REJECTED
from mobile.store.meta import SyncState
from mobile.store.store import Store
from mobile.sync.client import Server
from mobile.sync.outcomes import queue_after_restore
from mobile.sync.pages import Pages
from mobile.sync.rewound import compare
from mobile.sync.schedule import Retry
from shared.problems import ProblemError, details
from shared.wire import (
    NO_SEASON,
    Briefing,
    Change,
    ChangesPage,
    OwnRecord,
    Teacher,
    b64,
    season_tag,
    tag_after,
)

CASE_FIELDS = 2
"""Raised with every field that a case gains on the wire: stored cases then come once more."""

MOST_PAGES = 1000
"""Pages from a cursor to the head: a season of the largest school has some 200."""
MOST_PULL_BYTES = 128 * 1024 * 1024
"""Bytes of all pages of one pull: ten times the largest list."""
MOST_CASES = 10_000
"""Cases on one phone: more than twice the largest school's."""


class Pulled(msgspec.Struct):
    """What a pull did.

    Attributes:
        restored: The server was restored from a backup and everything is queued again (P8).
        again: Refused records queued again because the office asked for them.

    """

    received: int = 0
    gone: int = 0
    complete: bool = False
    restored: bool = False
    again: int = 0


async def pull(
    store: Store,
    server: Server,
    retry: Retry,
    now: Callable[[], datetime],
    on_progress: Callable[[int, int], None],
    most_pages: int = MOST_PAGES,
) -> Pulled:
    """Bring the phone to the end of the feed.

    Once more from the start when count or digest differ there; from the start when an app that
    knew fewer fields of a case pulled before.

    Args:
        store: The phone's store.
        server: The server.
        retry: How to repeat a failed request.
        now: The phone's clock.
        on_progress: Called with changes done and known so far.
        most_pages: The most pages from a cursor to the head.

    Raises:
        ProblemError: net.unreachable; net.bad_answer, also for a feed that has no end or repeats
            itself: the cursor stays where it was.
        RemoteError: The server refused.

    """
    done = Pulled()
    state = await store.meta.sync_state()
    cursor = state.cursor if state.reads == CASE_FIELDS else ""
    page = await _to_head(store, server, retry, cursor, done, on_progress, most_pages)
    # a server updated since then to send the teacher's own records sends all of them
    new_to_own = bool(cursor) and page.own is True and not state.own
    if new_to_own or not _complete(store, page):
        page = await _to_head(store, server, retry, "", done, on_progress, most_pages)
    done.complete = _complete(store, page)
    done.restored = queue_after_restore(store, state, page.epoch)
    await compare(store, page.chain)
    fresh = SyncState(
        cursor=page.next,
        epoch=page.epoch,
        refreshed_at=now().isoformat(),
        complete=done.complete,
        office_at=page.at,
        reads=CASE_FIELDS,
        own=page.own is True,
    )
    await store.meta.put("sync", fresh)
    await store.cases.drop_moved(_unsent_cases(store))
    return done


async def _to_head(
    store: Store,
    server: Server,
    retry: Retry,
    cursor: str,
    done: Pulled,
    on_progress: Callable[[int, int], None],
    most_pages: int,
) -> ChangesPage:
    """Apply pages from `cursor` on.

    From the start (""), a case the server did not name is no longer this phone's. Neither is one of
    another season: the server begins a new season from the start, whatever the cursor.
    """
    from_start, seen, before_bytes = cursor == "", set[str](), server.read_bytes
    before = await _season(store)
    asked, held_from = set[str](), await _held_from(store)
    tag = await _season_tag(store)
    async with Pages(server, retry, held_from) as pages:
        page = await pages.first(cursor, tag)
        while True:
            asked.add(cursor)
            if page.more and (page.next in asked or len(asked) >= most_pages):
                raise ProblemError("net.bad_answer")
            if server.read_bytes - before_bytes > MOST_PULL_BYTES:
                raise ProblemError("net.bad_answer")
            tag = tag_after(page, tag)
            await pages.follow(page, tag)
            await _apply(store, page, done)
            # every case that came, whatever the kind of its change: `_apply` stores it
            seen |= {c.case.case.id for c in page.changes if c.case is not None}
            if store.cases.count() > MOST_CASES:
                raise ProblemError("net.bad_answer")
            on_progress(done.received, done.received + page.more)
            if not page.more:
                break
            cursor, page = page.next, await pages.after(page, tag)
    season = await _season(store)
    if from_start or season != before:
        left = [c for c in store.cases.all() if c.case.id not in seen]
        strangers = [c.case.id for c in left if from_start or c.case.season != season]
        of_season = {c.case.id for c in left if c.case.season == season}
        fresh = [c for c in strangers if c in of_season and not _has_moved(store, c)]
        await moved.note(store.meta, store.cases, dict.fromkeys(fresh, ""))
        await store.cases.apply([], strangers, _unsent_cases(store))
        done.gone += len(strangers)
    return page


async def _apply(store: Store, page: ChangesPage, done: Pulled) -> None:
    changed = [c.case for c in page.changes if c.case is not None]
    gone = [c.ref for c in page.changes if c.kind == "gone" and store.cases.get(c.ref) is not None]
    to = {c.ref: c.to for c in page.changes if c.kind == "gone" and c.ref in gone}
    await moved.note(store.meta, store.cases, to, {c.case.id for c in changed})
    await store.cases.apply(changed, gone, _unsent_cases(store))
    own = [c for c in page.changes if c.kind == "own" and store.cases.get(c.ref) is not None]
    await store.earlier.put({c.ref: _not_held(store, c) for c in own})
    for change in page.changes:
        briefing = change.briefing
        if change.news is not None and (held := await store.meta.briefing()) is not None:
            briefing = change.news.with_season(held.season)
        if briefing is not None:
            await store.meta.put("briefing", briefing)
            await _follow_office(store, briefing)
    done.received += len(changed)
    done.gone += len(gone)
    done.again += await _apply_decisions(store, page)


async def _follow_office(store: Store, briefing: Briefing) -> None:
    """Take season, teacher and school as the office has them by now."""
    enrolment = await store.meta.enrolment()
    if enrolment is None:
        return
    at = briefing.unit
    scope = msgspec.structs.replace(
        enrolment.scope, school=at.code, school_name=at.name, season=briefing.season.id
    )
    if isinstance(now := briefing.teacher, Teacher):
        scope = msgspec.structs.replace(scope, staff=now.id, staff_name=now.name)
    if scope != enrolment.scope:
        await store.meta.put("enrolment", msgspec.structs.replace(enrolment, scope=scope))


async def _season(store: Store) -> str:
    """The season of the list on this phone; "" before the first."""
    briefing = await store.meta.briefing()
    return briefing.season.id if briefing else ""


async def _season_tag(store: Store) -> str:
    """What stands for the season on this phone, so that it does not come once more."""
    briefing = await store.meta.briefing()
    return season_tag(briefing.season) if briefing else NO_SEASON


def _has_moved(store: Store, case_id: str) -> bool:
    state = store.cases.get(case_id)
    return state is not None and state.version == MOVED


def _not_held(store: Store, change: Change) -> list[OwnRecord]:
    """The own records that this phone does not hold itself: under a new key it is asked for all."""
    mine = {b64(k.data) for k in store.facts.of(change.ref) if not k.earlier}
    return [record for record in change.own if record.bytes not in mine]


async def _held_from(store: Store) -> int:
    """The lowest number of the present chain that this phone holds: it asks for those before it."""
    numbers = [kept.n for kept in store.facts.all() if kept.n is not None]
    return min(numbers, default=(await store.meta.chain_head()).n + 1)


async def _apply_decisions(store: Store, page: ChangesPage) -> int:
    """Apply what the office decided about records it had set apart; only refused ones are touched.

    Returns:
        How many are queued again.

    """
    decided = {c.ref: c for c in page.changes if c.kind in ("again", "dropped")}
    if not decided:
        return 0
    queued = 0
    for kept in store.facts.all():
        change = decided.get(kept.sha256) if kept.state == REJECTED else None
        if change is None:
            continue
        if change.kind == "again":
            queued += store.facts.resend(kept.id)
        else:
            why = change.problem or details(ProblemError("fact.dropped"))
            await store.facts.mark_rejected(kept.id, why)
    await store.flush()
    return queued


def _unsent_cases(store: Store) -> set[str]:
    """Cases that stay although they have moved.

    With a record not acknowledged, or an unfinished form.
    """
    return {k.fact.case for k in store.facts.unsent()} | store.drafts.cases()


def _complete(store: Store, page: ChangesPage) -> bool:
    return page.scope_count == store.cases.count() and page.scope_digest == store.cases.digest()
