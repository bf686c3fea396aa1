"""One record of the teacher: its fields, photos, the office's verdict, the button to correct it."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from mobile.ui.app.guard import Handler, guard
from mobile.ui.app.hooks import use_state
from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import parent_path, path_handler
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import in_words, kind_words, moment_words
from mobile.ui.components.button import link, primary
from mobile.ui.components.enlarged import enlarged
from mobile.ui.components.panel import banner, not_loaded, panel
from mobile.ui.components.scaffold import scaffold
from mobile.ui.components.tag import record_tag
from mobile.ui.components.text import heading, secondary_text, text
from mobile.usecases import read_back, season, take_photo
from mobile.usecases.read_back import FieldLine, RecordView
from shared.problems import ProblemError

NONE = b""
OFFLINE = "net.unreachable"


@ft.component
def Record() -> ft.View:
    """The record of the route, below its case or below the outbox."""
    app = use_app()
    fact = ft.use_route_params().get("fact", "")
    path = ft.use_view_path()

    async def load() -> tuple[RecordView, datetime]:
        return await read_back.read(app.phone, fact), await season.now(app.phone)

    loaded = use_load(app, load, fact)
    if loaded.value is None:
        waiting = not_loaded(app.t("common.wait"), loaded.error)
        return scaffold(app, [waiting], title=app.t("record.title"))
    view, now = loaded.value
    head = _head(app, view, now, from_outbox=path.startswith("/outbox"))
    body = [*_verdict(app, view), head, *_fields(app, view)]
    if view.photos:
        body.append(heading(app.t("record.photos", count=len(view.photos))))
        if app.covered:  # a name may stand on the paper
            body.append(panel(secondary_text(app.t("cover.photos")), kind="soft"))
        else:
            body += [OnePhoto(sha, key=sha) for sha in view.photos]
    return scaffold(app, body, title=_title(app, view), footer=_correct(app, view, path))


def _title(app: App, view: RecordView) -> str:
    kind = kind_words(app.t, view.kind)
    if view.about == view.kind:
        return kind
    return app.t("record.about", kind=kind, what=kind_words(app.t, view.about))


def _correct(app: App, view: RecordView, path: str) -> ft.Control | None:
    """The button to correct it, below the case the record was opened from."""
    if not view.may_correct:
        return None
    case = parent_path(path, 2)
    above = case if case.endswith(f"/{view.case}") else f"/cases/{view.case}"
    go = path_handler(app, f"{above}/correct/{view.fact}")
    return primary(app.t("record.correct"), ft.Icons.EDIT_OUTLINED, go)


def _verdict(app: App, view: RecordView) -> list[ft.Control]:
    """The office's verdict: returned with its reason, accepted, or refused."""
    t, review = app.t, view.review
    if view.problem:
        return [
            banner(
                ft.Icons.ERROR_OUTLINE,
                t("record.rejected"),
                [in_words(t, view.problem)],
                kind="attention",
            )
        ]
    if review is None or review.verdict not in ("returned", "accepted"):
        return []
    by = t("today.returned_by", by=review.by) if review.by else ""
    if review.verdict == "returned":
        lines = [review.comment, by]
        return [banner(ft.Icons.REPLAY, t("case.returned"), lines, kind="attention")]
    return [
        banner(ft.Icons.CHECK_CIRCLE, t("record.accepted"), [review.comment or "", by], kind="calm")
    ]


def _head(app: App, view: RecordView, now: datetime, *, from_outbox: bool) -> ft.Control:
    t = app.t
    lines: list[ft.Control] = [
        *([text(view.name, "subtitle")] if view.name else []),
        secondary_text(moment_words(t, view.happened_at, now)),
        ft.Row([record_tag(t, view.state)], wrap=True),
    ]
    if view.name and from_outbox:
        person = path_handler(app, f"/cases/{view.case}")
        lines.append(ft.Row([link(t("record.case"), ft.Icons.PERSON_OUTLINE, person)]))
    if view.paper:
        lines.append(secondary_text(t("record.paper_line")))
    if view.earlier:
        lines.append(secondary_text(t("record.earlier")))
    return panel(ft.Column(lines, spacing=6))


def _fields(app: App, view: RecordView) -> list[ft.Control]:
    """The record's fields, a text of several lines below its label."""
    lines: list[ft.Control] = [_line(app, field) for field in view.fields]
    if view.withdrawn:
        lines.append(text(app.t("record.withdrawn"), "strong"))
    if not lines:
        return []
    stretch = ft.CrossAxisAlignment.STRETCH
    return [panel(ft.Column(lines, spacing=12, horizontal_alignment=stretch))]


def _line(app: App, field: FieldLine) -> ft.Control:
    words = text(in_words(app.t, field.value), "text" if field.long else "strong")
    return ft.Column([secondary_text(in_words(app.t, field.label)), words], spacing=2)


@ft.component
def OnePhoto(sha256: str, key: str = "") -> ft.Control:
    """A photo as wide as the screen, fetched from the office where the phone has deleted its copy.

    Where it cannot be fetched, its thumbnail and why.
    """
    app = use_app()
    large, set_large = use_state(NONE)
    tries, set_tries = use_state(0)

    async def load() -> tuple[bytes, str]:
        try:
            return await read_back.photo(app.phone, sha256), ""
        except ProblemError as problem:
            return await take_photo.photo_or_nothing(app.phone, sha256), problem.code

    loaded = use_load(app, load, sha256, tries)
    shut = guard(app, lambda: set_large(NONE))
    ft.use_dialog(enlarged(app, large, shut) if large else None)
    if loaded.value is None:
        if loaded.error:
            return banner(ft.Icons.ERROR_OUTLINE, loaded.error)
        return panel(secondary_text(app.t("record.photo_comes")), kind="soft")
    data, code = loaded.value
    shown: list[ft.Control] = []
    if data:
        shown.append(_picture(app, data, guard(app, lambda: set_large(data))))
    if code:
        again = link(
            app.t("record.photo_again"),
            ft.Icons.REFRESH,
            guard(app, lambda: set_tries(lambda before: before + 1)),
        )
        why = _why(app, code)
        shown.append(banner(ft.Icons.CLOUD_OFF_OUTLINED, why, kind="soft", actions=[again]))
    return ft.Column(shown, spacing=8, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def _why(app: App, code: str) -> str:
    """Why a photo is not shown: no network, or what the office says."""
    known = {OFFLINE: "record.photo_offline", "photo.unknown": "record.photo_unknown"}
    return app.t(known.get(code, "record.photo_failed"))


def _picture(app: App, data: bytes, on_click: Handler) -> ft.Control:
    image = ft.Image(
        src=data,
        fit=ft.BoxFit.FIT_WIDTH,
        semantics_label=app.t("photo.taken"),
        cache_width=1600,
    )
    picture = ft.Container(
        image,
        border=ft.Border.all(1, ft.Colors.OUTLINE_VARIANT),
        border_radius=14,
        clip_behavior=ft.ClipBehavior.ANTI_ALIAS,
        on_click=on_click,
    )
    return ft.Semantics(label=app.t("photo.large"), button=True, container=True, content=picture)
