"""重新认证: what happened to this phone's data, and the one confirmed tap that helps."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.guard import guard, show_notice, use_busy
from mobile.ui.app.hooks import use_state
from mobile.ui.app.session_lock import store_recovery_key
from mobile.ui.app.state import App, use_app
from mobile.ui.components.button import link, primary
from mobile.ui.components.panel import banner
from mobile.usecases import renew


@ft.component
def NewKey(missing: int = 0) -> ft.Control:
    """The banner of a phone that needs a new key. Refusals appear in the notice bar.

    `missing`: as in `OutboxView`.
    """
    app = use_app()
    t = app.t
    asked, set_asked = use_state(False)
    busy, exclusive = use_busy(app)

    async def take() -> None:
        await renew.renew(app.phone)
        await store_recovery_key(app)
        app.records_changed(by_sync=True)
        show_notice(app, t("new_key.done"))

    if asked:
        actions: list[ft.Control] = [
            primary(t("new_key.confirm"), ft.Icons.KEY, exclusive(take), busy=busy),
            link(t("new_key.stay"), ft.Icons.CLOSE, guard(app, lambda: set_asked(False))),
        ]
    else:
        ask = guard(app, lambda: set_asked(True))
        actions = [link(t("new_key.take"), ft.Icons.KEY, ask, kind="amber")]
    return banner(
        ft.Icons.CONTENT_COPY,
        *why_new_key(app, missing, t("new_key.ask" if asked else "new_key.line")),
        actions=actions,
    )


def why_new_key(app: App, missing: int, *more: str) -> tuple[str, list[str]]:
    """Why a phone needs a new key: a banner's title, and its lines with `more` behind them."""
    if missing:
        return app.t("new_key.missing", number=missing), [app.t("new_key.missing_safe"), *more]
    return app.t("new_key.title"), [app.t("new_key.safe"), *more]
