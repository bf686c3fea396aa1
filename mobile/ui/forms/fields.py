"""Parts that several forms share: when, who went, where, photos, what the rules say first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import flet as ft

from mobile.ui.app.guard import guard, say
from mobile.ui.app.hooks import use_state
from mobile.ui.app.loading import use_load
from mobile.ui.app.navigation import picker, to
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import day_words, flag_words, moment_words, options
from mobile.ui.components.button import icon_button, link, secondary
from mobile.ui.components.choice import chip, choices, question
from mobile.ui.components.field import TextBox
from mobile.ui.components.panel import banner, mark_line
from mobile.ui.components.text import quiet, text
from mobile.ui.components.tone import tone
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.photos import Shots
from mobile.ui.forms.reason import reason_chips
from mobile.ui.forms.spec import Subject
from mobile.usecases import advise, take_photo
from mobile.usecases.views import Advice
from shared import codes
from shared.records.base import Position
from shared.season import CST


def code_question(
    app: App,
    form: Form,
    words: str,
    field: str,
    table: tuple[codes.Code, ...],
    only: tuple[str, ...] = (),
) -> ft.Control:
    """A question whose answer is one code of a table, or of the codes `only` in that order."""

    def put(code: str) -> None:
        form.put(**{field: code})

    return question(words, choices(options(table, app.t, only), form.get(field), picker(app, put)))


def text_box(form: Form, words: str, field: str, **options: Any) -> ft.Control:
    """A text field of the form; `options` are those of TextBox."""
    return TextBox(words, form.get(field), lambda typed: form.put(**{field: typed}), **options)


def note_box(app: App, form: Form) -> ft.Control:
    """A note in the teacher's own words, in every form the last question but where it was."""
    return text_box(form, app.t("form.note"), "note", lines=2)


@ft.component
def When(form: Form, now: datetime, key: str = "") -> ft.Control:
    """When it happened, as the teacher says it: now unless she picks a day and an hour. Apart from the phone's clock."""
    app = use_app()
    step, set_step = use_state("")
    chosen: str = form.get("when")
    moment = datetime.fromisoformat(chosen) if chosen else now

    def day_picked(event: Any) -> None:
        picked = event.control.value
        local = picked.astimezone(CST) if picked.tzinfo else picked
        form.put(when=moment.replace(year=local.year, month=local.month, day=local.day).isoformat())
        set_step("time")

    def time_picked(event: Any) -> None:
        at = event.control.value
        form.put(
            when=moment.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0).isoformat()
        )
        set_step("")

    def shut() -> None:
        set_step("")

    dialogs: dict[str, ft.DialogControl] = {
        "day": ft.DatePicker(
            value=moment.replace(tzinfo=None),
            current_date=now.replace(tzinfo=None),
            first_date=(now - timedelta(days=60)).replace(tzinfo=None),
            last_date=now.replace(tzinfo=None),
            on_change=guard(app, day_picked),
            on_dismiss=guard(app, shut),
        ),
        "time": ft.TimePicker(
            value=moment.time(), on_change=guard(app, time_picked), on_dismiss=guard(app, shut)
        ),
    }
    ft.use_dialog(dialogs.get(step))
    row: list[ft.Control] = [
        chip(app.t("when.now"), not chosen, guard(app, lambda: form.put(when=""))),
        chip(
            moment_words(app.t, chosen, now) if chosen else app.t("when.other"),
            bool(chosen),
            guard(app, lambda: set_step("day")),
            icon=ft.Icons.EVENT_OUTLINED,
        ),
    ]
    parts: list[ft.Control] = [ft.Row(row, wrap=True, spacing=10, run_spacing=10)]
    if moment > now + timedelta(minutes=1):
        parts.append(mark_line(ft.Icons.SCHEDULE, app.t("when.ahead"), "amber"))
    return question(app.t("when.ask"), ft.Column(parts, spacing=8))


def happened_at(form: Form) -> datetime | None:
    """The moment of a form; None for now."""
    chosen = form.get("when")
    return datetime.fromisoformat(chosen) if chosen else None


@ft.component
def Companions(
    form: Form, teacher: str, names: tuple[str, ...], field: str = "visitors"
) -> ft.Control:
    """Who went: the teacher herself, colleagues by tap, anyone else by name."""
    app = use_app()
    typing, set_typing = use_state(False)
    typed, set_typed = use_state("")
    have: list[str] = form.get(field, [])
    every = list(dict.fromkeys((*([teacher] if teacher else []), *have, *names)))

    def toggle(name: str) -> None:
        if name in form.get(field, []):
            form.drop(field, name)
        else:
            form.add(field, name)

    def done() -> None:
        if typed.strip():
            form.add(field, typed.strip())
        set_typed("")
        set_typing(False)

    labels = [(n, app.t("companions.me", name=n) if n == teacher else n) for n in every[:9]]
    parts: list[ft.Control] = [choices(labels, have, picker(app, toggle))]
    if typing:
        box = TextBox(
            app.t("companions.name"), typed, set_typed, autofocus=True, on_submit=guard(app, done)
        )
        parts.append(
            ft.Row(
                [
                    ft.Container(box, expand=True),
                    icon_button(ft.Icons.CHECK, app.t("common.ok"), guard(app, done)),
                ]
            )
        )
    else:
        parts.append(
            ft.Row(
                [
                    link(
                        app.t("companions.other"),
                        ft.Icons.PERSON_ADD_OUTLINED,
                        guard(app, lambda: set_typing(True)),
                    )
                ]
            )
        )
    return question(app.t("companions.ask"), ft.Column(parts, spacing=6))


ALONE = ("alone",)


@ft.component
def Where(form: Form, key: str = "") -> ft.Control:
    """An optional position: off by default, one fix by a tap, rounded to about 100 m."""
    app = use_app()
    seeking, set_seeking = use_state(False)
    there = form.get("position", None)

    async def fix() -> None:
        set_seeking(True)
        try:
            position = await app.device.fix()
        finally:
            set_seeking(False)
        if position is None:
            say(app, app.t("where.none"))
            return
        form.put(
            position={
                "latitude_deg": position.latitude_deg,
                "longitude_deg": position.longitude_deg,
                "accuracy_m": position.accuracy_m,
            }
        )

    if there:
        known = tag_row(app.t("where.kept"), ft.Icons.PLACE)
        drop = link(app.t("where.drop"), None, guard(app, lambda: form.put(position=None)))
        return ft.Row([known, drop], wrap=True)
    words = app.t("where.seeking" if seeking else "where.add")
    return ft.Row([link(words, ft.Icons.PLACE_OUTLINED, None if seeking else guard(app, fix))])


def place_of(form: Form) -> Position | None:
    """The position that the form holds."""
    there = form.get("position", None)
    return Position(**there) if there else None


def tag_row(words: str, icon: ft.IconData) -> ft.Control:
    """A small line with an icon."""
    return ft.Row(
        [ft.Icon(icon, size=20, color=ft.Colors.PRIMARY), quiet(words)], spacing=8, tight=True
    )


@ft.component
def PhotoStrip(form: Form, path: str, ask: str, hint: str = "", key: str = "") -> ft.Control:
    """The photos of a form, and the way to the camera."""
    app = use_app()
    hashes: tuple[str, ...] = tuple(form.get("photos", []))

    async def load() -> tuple[tuple[str, bytes], ...]:
        return tuple([(sha, await take_photo.photo_or_nothing(app.phone, sha)) for sha in hashes])

    loaded = use_load(app, load, hashes)
    shots = loaded.value if hashes and loaded.value else ()
    parts: list[ft.Control] = (
        [Shots(shots, lambda sha: _drop(app, form, sha), key="shots")] if shots else []
    )
    again = app.t("photo.more") if hashes else ask
    parts.append(
        ft.Row(
            [secondary(again, ft.Icons.PHOTO_CAMERA_OUTLINED, to(app, f"{path}/photo"))], wrap=True
        )
    )
    if form.get("blurred", []):
        parts.append(tag_row(app.t("photo.blurred_kept"), ft.Icons.BLUR_ON))
    elif hashes:
        parts.append(tag_row(app.t("photo.sharp"), ft.Icons.CHECK_CIRCLE))
    if hint and not hashes:
        parts.append(quiet(hint))
    return ft.Column(parts, spacing=8, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)


def _drop(app: Any, form: Form, sha: str) -> Any:
    def run() -> None:
        form.drop("photos", sha)
        form.drop("blurred", sha)

    return guard(app, run)


def beside(key: str, *parts: ft.Control) -> ft.Control:
    """A banner that may be empty, with the question it belongs to: no gap where there is nothing to say."""
    return ft.Column(
        list(parts), spacing=4, horizontal_alignment=ft.CrossAxisAlignment.STRETCH, key=key
    )


@ft.component
def Flags(
    form: Form, subject: Subject, only: tuple[str, ...] = (), but: tuple[str, ...] = ()
) -> ft.Control:
    """What the rules say of `subject` before the act, and the reason they ask for. Never a refusal.

    `only` and `but` choose among the flags, so that each stands beside the question it belongs to.
    """
    app = use_app()
    t, when = app.t, form.get("when")

    async def load() -> Advice:
        at = datetime.fromisoformat(when) if when else None
        return await advise.advise(
            app.phone,
            form.case,
            form.name,
            who=subject.who,
            visitors=subject.visitors,
            at=at,
            mends=form.mends,
            channel=subject.channel,
        )

    advice = use_load(app, load, subject, when).value
    flags = [
        f for f in (advice.flags if advice else ()) if f not in but and (not only or f in only)
    ]
    dead = advice is not None and advice.deceased and not only
    if advice is None or not (flags or dead):
        return ft.Container(height=0)
    lines = [
        flag_words(t, code, form.name, advice.limits)
        for code in flags
        if not (dead and code == "deceased")
    ]
    if dead:  # in its own words, and first; what else the rules say follows
        said = [t("rule.deceased_line"), *lines]
        asked = _reason(app, form, "soft") if flags else None
        return banner(ft.Icons.SPA_OUTLINED, t("rule.deceased"), said, kind="soft", extra=asked)
    if "too_soon" in flags and advice.next_visit_from:
        lines.append(t("flag.next", day=day_words(t, advice.next_visit_from)))
    return banner(
        ft.Icons.LIGHTBULB_OUTLINE, t("flag.title"), lines, extra=_reason(app, form, "amber")
    )


def _reason(app: App, form: Form, kind: str) -> ft.Control:
    ask = text(app.t("flag.ask"), "text", colour=tone(kind).ink)
    return ft.Column([ask, reason_chips(app, form)], spacing=10)
