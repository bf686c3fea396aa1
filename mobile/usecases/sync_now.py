"""One sync: facts up, photos up, changes down.

It reports what it did and raises nothing for a bad connection.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec

from mobile.store.meta import NEXT_SEASON, Enrolment, ProblemNote
from mobile.sync.client import RemoteError, Server
from mobile.sync.outcomes import Applied
from mobile.sync.pull import pull
from mobile.sync.push import push
from mobile.sync.rewound import refuse_unless_new_key
from mobile.sync.schedule import TRIES, Retry
from mobile.sync.upload import Uploaded, upload
from mobile.usecases.handin_views import Progress, SyncReport
from mobile.usecases.phone import Phone
from mobile.usecases.remote import as_problem
from mobile.usecases.replaced_photos import drop_replaced
from mobile.usecases.retention import delete_expired
from mobile.usecases.storage import release_sent
from mobile.usecases.stuck import (
    NOT_A_TRY,
    count_try,
    failed,
    refused_photos,
    urgent_problem,
    waiting,
)
from mobile.usecases.words import note_of
from shared.problems import ProblemError

NEW_SEASON = "device.new_season"
"""Problem code of a phone whose liaison has to confirm it in a new season."""


class Unmoved(msgspec.Struct):
    """What a sync could not send, known whether it ran to its end or not.

    Attributes:
        photos: The problems of photos, as in `Attempts`.
        full: Why the server took no more records (problem details).
        report: What was handed in so far: a sync that fails while it asks for the list has handed
            in, too.

    """

    photos: dict[str, str] = {}
    full: dict[str, Any] = {}
    report: SyncReport = SyncReport(ok=False)

    def add(self, records: Applied, photos: Uploaded) -> None:
        """Count what one turn of records and photos handed in."""
        so_far = self.report
        self.photos, self.full = photos.failed, records.full
        self.report = msgspec.structs.replace(
            so_far,
            sent=so_far.sent + records.sent,
            duplicates=so_far.duplicates + records.duplicates,
            rejected=so_far.rejected + records.rejected,
            photos=so_far.photos + photos.photos,
            photo_bytes=so_far.photo_bytes + photos.bytes,
            resumed=so_far.resumed + photos.resumed,
        )


async def sync_now(
    phone: Phone, on_progress: Callable[[Progress], None] | None = None, *, background: bool = False
) -> SyncReport:
    """Run one sync; a second call waits for the first and then syncs again.

    Args:
        phone: The phone.
        on_progress: Called with the progress of each step.
        background: Nobody asked for this one: each request is tried once, so that a tap behind it
            need not wait long, and the last problem shown on screens stays as it is.

    Returns:
        What the sync did; `problem` where it failed, or where something is stuck.

    """
    report = SyncReport(ok=False)
    if phone.read_only:
        return _failed(report, ProblemError("phone.read_only"))[0]
    notify = on_progress or (lambda _: None)
    async with phone.syncing:
        before = waiting(phone.store)
        unmoved = Unmoved()
        enrolment = await phone.store.meta.enrolment()
        note: ProblemNote | None = None
        retry = Retry(random.random, tries=1 if background else TRIES)
        try:
            if enrolment is None:
                raise ProblemError("device.not_enrolled")
            async with Server(
                enrolment.url, enrolment.token, phone.transport, enrolment.ca
            ) as server:
                report = await _run(phone, enrolment, server, retry, notify, unmoved)
        except RemoteError as refused:
            report, note = _failed(unmoved.report, as_problem(refused))
            await _note_season(phone, waits=refused.code == NEW_SEASON)
        except ProblemError as problem:
            report, note = _failed(unmoved.report, problem)
        if report.problem_code not in NOT_A_TRY:
            await count_try(phone.store, before, unmoved.photos)
            await drop_replaced(phone.store)
        if report.through and unmoved.full:
            report, note = _failed(report, as_problem(RemoteError(429, unmoved.full)))
        elif report.through:
            report = await _judged(phone, report)
        report = msgspec.structs.replace(report, retries=retry.count)
        if report.through:
            await _note_season(phone, waits=False)
        if note is not None and (not background or report.problem_code == NEW_SEASON):
            state = await phone.store.meta.sync_state()
            await phone.store.meta.put("sync", msgspec.structs.replace(state, problem=note))
        await delete_expired(phone)
        if report.through:
            await release_sent(phone)
    notify(Progress(step="done", done=1, total=1))
    return report


async def _note_season(phone: Phone, *, waits: bool) -> None:
    """Note that the office has opened the next season, or that this phone is confirmed in it.

    Everything was handed in by then: the list of the season before goes (retention.py).
    """
    if waits != await phone.store.meta.waits_for_season():
        await phone.store.meta.put(NEXT_SEASON, waits)


async def _run(
    phone: Phone,
    enrolment: Enrolment,
    server: Server,
    retry: Retry,
    on_progress: Callable[[Progress], None],
    unmoved: Unmoved,
) -> SyncReport:
    def step(name: str) -> Callable[[int, int], None]:
        return lambda done, total: on_progress(Progress(step=name, done=done, total=total))

    async def hand_in() -> None:
        pushed = await push(store, vault, enrolment, server, retry, step("facts"))
        unmoved.add(pushed, Uploaded())
        refused = await refused_photos(store)
        sent = await upload(store, vault, enrolment, server, retry, step("photos"), refused)
        unmoved.add(Applied(full=pushed.full), sent)

    store, vault = phone.store, phone.vault
    await hand_in()
    pulled = await pull(store, server, retry, phone.now, step("changes"))
    if pulled.restored or pulled.again:
        await hand_in()
    await refuse_unless_new_key(store)
    return msgspec.structs.replace(
        unmoved.report,
        ok=True,
        through=True,
        received=pulled.received,
        gone=pulled.gone,
        complete=pulled.complete,
    )


async def _judged(phone: Phone, report: SyncReport) -> SyncReport:
    """The report of a sync that ran to its end: not ok while anything is stuck."""
    urgent = await urgent_problem(phone.store)
    return failed(report, urgent) if urgent else report


def _failed(report: SyncReport, problem: ProblemError) -> tuple[SyncReport, ProblemNote]:
    return failed(report, problem), note_of(problem)
