"""A sync that the teacher asked for: what every button 立即同步 does, wherever it stands."""

from __future__ import annotations

import asyncio
import contextvars

from mobile.i18n import Tongue
from mobile.ui.app.guard import Handler, show_notice, use_busy
from mobile.ui.app.hooks import use_state
from mobile.ui.app.state import App
from mobile.ui.app.wording import in_words
from mobile.usecases import sync_now
from mobile.usecases.handin_views import Progress, SyncReport

IDLE: Progress | None = None


def use_sync(app: App) -> tuple[Progress | None, bool, Handler]:
    """Hook: (progress, busy, handler). The handler syncs and then shows what it did."""
    progress, set_progress = use_state(IDLE)
    busy, exclusive = use_busy(app)

    async def sync() -> None:
        loop, here = asyncio.get_running_loop(), contextvars.copy_context()

        def on_progress(step: Progress) -> None:
            loop.call_soon_threadsafe(set_progress, step, context=here)

        try:
            report = await sync_now.sync_now(app.phone, on_progress)
        finally:
            loop.call_soon(set_progress, None, context=here)
        app.records_changed(by_sync=True)
        show_notice(app, outcome_sentence(app, report))

    return progress, busy, exclusive(sync)


def _done(t: Tongue, report: SyncReport) -> str:
    """What was handed in and fetched, or that there was nothing to do."""
    if not (report.sent or report.photos or report.received):
        return t("outbox.up_to_date")
    return t("outbox.done", records=report.sent, photos=report.photos, changes=report.received)


def outcome_sentence(app: App, report: SyncReport) -> str:
    """What a sync did, or why it did not run to its end."""
    problem = in_words(app.t, report.problem)
    if not report.through:
        if report.sent or report.photos:
            handed_in = {"records": report.sent, "photos": report.photos}
            return app.t("outbox.failed_after", **handed_in, problem=problem)
        return app.t("outbox.failed", problem=problem)
    words = _done(app.t, report)
    if report.rejected:
        return app.t("outbox.done_rejected", words=words, count=report.rejected)
    return app.t("outbox.done_stuck", words=words, problem=problem) if problem else words
