"""An unfinished form whose person is no longer on this phone: to be read, then thrown away."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from mobile.ui.app.guard import Handler
from mobile.ui.app.state import App
from mobile.ui.app.wording import draft_words, moment_words
from mobile.ui.components.button import link
from mobile.ui.components.panel import banner
from mobile.usecases.drafts import written
from mobile.usecases.views import Draft


def orphan_draft_banner(app: App, draft: Draft, now: datetime, drop: Handler) -> ft.Control:
    """What was written. The form cannot be opened: without the person it cannot be saved."""
    t = app.t
    what = t(
        "draft.gone_line",
        form=draft_words(t, draft.form),
        when=moment_words(t, draft.saved_at, now),
    )
    lines = [what, *written(draft, t.language, covered=app.covered), t("draft.gone_copy")]
    return banner(
        ft.Icons.PERSON_OFF_OUTLINED,
        t("draft.gone"),
        lines,
        actions=[link(t("draft.drop"), None, drop)],
    )
