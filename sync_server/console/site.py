"""The office's pages: which there are, and who may open them. Loaded by plugin.py."""

from __future__ import annotations

from litestar import Router
from litestar.datastructures import CacheControlHeader
from litestar.static_files import create_static_files_router

from shared.assets import FONTS, WEB
from sync_server.console.pages import (
    activate,
    assignment,
    audit,
    backups,
    bulletins,
    bundles,
    carry,
    cases,
    certificates,
    check,
    connect,
    contact_table,
    county,
    enrolment,
    fonts,
    hand_in,
    handover,
    home,
    import_difference,
    import_history,
    imports,
    inspection,
    late_records,
    late_schools,
    morning,
    my_schools,
    notices,
    original_paper,
    paper,
    paper_record,
    paper_sheets,
    paper_slips,
    people,
    people_chosen,
    people_proposals,
    phone_test,
    phones,
    placing,
    policy,
    publicity,
    quarantine,
    receipts,
    recipients,
    reconciliation,
    review,
    school,
    school_lists,
    schools,
    seasons,
    setup,
    signin,
    slip_batch,
    slips,
    spot_checks,
    stamps,
    summary,
    summary_versions,
    teachers,
    work,
)
from sync_server.console.web import sessions
from sync_server.console.web.access import page_guard, public_form_guard
from sync_server.console.web.console_state import STATIC

SIGNED_IN_PAGES = (
    home,
    my_schools,
    morning,
    inspection,
    school,
    notices,
    school_lists,
    contact_table,
    schools,
    assignment,
    teachers,
    cases,
    late_records,
    placing,
    imports,
    import_difference,
    import_history,
    phones,
    handover,
    reconciliation,
    quarantine,
    review,
    paper,
    paper_record,
    paper_sheets,
    paper_slips,
    slips,
    hand_in,
    slip_batch,
    summary,
    receipts,
    stamps,
    original_paper,
    summary_versions,
    county,
    bulletins,
    late_schools,
    bundles,
    certificates,
    spot_checks,
    policy,
    publicity,
    audit,
    people,
    people_chosen,
    people_proposals,
    seasons,
    carry,
    recipients,
    connect,
    phone_test,
    fonts,
    backups,
    work,
)
"""Page groups behind the page guard; each names its handlers in HANDLERS."""


class Group(Router):
    """Handlers of one app: an app that registers them takes them as they are, without a copy."""

    def __deepcopy__(self, memo: dict[int, object]) -> Group:
        """Return itself: made for one app, it is in no other."""
        return self


def routes(secure: bool) -> list[Router]:
    """Return the office's pages for one app."""
    session = sessions.config(secure).middleware
    handlers = [handler for group in SIGNED_IN_PAGES for handler in group.HANDLERS]
    week = CacheControlHeader(public=True, max_age=7 * 24 * 3600)
    public = Group(
        "/",
        route_handlers=[*signin.HANDLERS, *setup.HANDLERS, *activate.HANDLERS, *check.HANDLERS],
        guards=[public_form_guard],
    )
    signed_in = Group("/", route_handlers=handlers, guards=[page_guard])
    sessionless = Group("/", route_handlers=[*enrolment.HANDLERS, *phone_test.PUBLIC])
    fonts = create_static_files_router("/static/fonts", [FONTS], cache_control=week)
    static = create_static_files_router("/static", [STATIC, WEB], cache_control=week)
    for router in (public, signed_in, sessionless, fonts, static):
        router.include_in_schema = False
    for router in (public, signed_in):
        router.middleware = [session]
    return [public, signed_in, sessionless, fonts, static]
