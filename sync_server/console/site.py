"""The console as a plug-in of the app: routes, sessions, form tokens, headers and error pages."""

from __future__ import annotations

from litestar import Router
from litestar.config.app import AppConfig
from litestar.datastructures import CacheControlHeader
from litestar.plugins import InitPlugin
from litestar.static_files import create_static_files_router
from litestar.stores.file import FileStore

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
from sync_server.console.web import errors, sessions
from sync_server.console.web.access import page_guard, public_form_guard
from sync_server.console.web.console_state import STATIC, ConsoleState
from sync_server.console.web.forms import FormRequest
from sync_server.console.web.headers import guard_headers
from sync_server.serve_choice import Running
from sync_server.services import Services

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


class Console(InitPlugin):
    """`Litestar(plugins=[Console(services)])` and the office has its pages at /."""

    def __init__(self, services: Services, running: Running | None = None) -> None:
        self._services, self._running = services, running

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Add the console to an app; /v1 keeps its own errors and needs no form token."""
        settings = self._services.settings
        app_config.request_class = FormRequest
        app_config.state["console_state"] = ConsoleState(self._services, self._running)
        store = FileStore(settings.path("sessions"))
        app_config.stores = {sessions.STORE: store}
        app_config.on_startup.append(store.delete_expired)
        app_config.exception_handlers[Exception] = errors.error_page
        app_config.before_send.append(guard_headers(settings.hsts))
        app_config.route_handlers.extend(self._routes(settings.secure_cookies))
        return app_config

    def _routes(self, secure: bool) -> list[Router]:
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
