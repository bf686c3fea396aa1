"""您在和谁说话? Amounts for borrower and co-borrower; for others a text without the debt."""

from __future__ import annotations

import flet as ft

from mobile.ui.app.hooks import use_state
from mobile.ui.app.navigation import choice_handler
from mobile.ui.app.scroll import key_of
from mobile.ui.app.state import App, use_app
from mobile.ui.app.wording import day_words, options, yuan
from mobile.ui.components.choice import choices, question
from mobile.ui.components.menu import value_row
from mobile.ui.components.panel import note_line, panel
from mobile.ui.components.text import secondary_text, text
from mobile.usecases import speak_to
from mobile.usecases.views import Amounts, Script
from shared import codes

NOTHING: Amounts | Script | None = None
ANSWER = "talk"
PEOPLE = ("self", "co_borrower", "family", "neighbour", "village_cadre")


@ft.component
def WhoIsListening(case_id: str, key: str = "") -> ft.Control:
    """The question and its answer.

    A second tap on the same answer closes it, and so does leaving the screen: another person may be
    listening afterwards. Anybody but borrower and co-borrower masks names and addresses too.
    """
    app = use_app()
    path = ft.use_view_path()
    here = ft.use_route_location() == path
    who, set_who = use_state("")
    answer, set_answer = use_state(NOTHING)

    def close() -> None:
        set_who("")
        set_answer(None)

    def leave() -> None:
        if not here:
            close()

    async def pick(code: str) -> None:
        if code == who:
            close()
            return
        guidance = await speak_to.speak_to(app.phone, case_id, code)
        set_who(code)
        set_answer(guidance)
        if isinstance(guidance, Script):  # somebody else is listening and may read along
            app.cover(True)
        await app.scroll_columns.scroll_to(path, ANSWER)

    def hide() -> None:
        if app.covered and isinstance(answer, Amounts):
            close()

    ft.use_effect(leave, [here])
    ft.use_effect(hide, [app.covered])
    parts: list[ft.Control] = [
        choices(options(codes.PEOPLE, app.t, PEOPLE), who, choice_handler(app, pick))
    ]
    if isinstance(answer, Amounts):
        parts.append(amounts_card(app, answer))
    elif isinstance(answer, Script):
        parts.append(script_card(app, answer))
    asked = question(app.t("talk.ask"), ft.Column(parts, spacing=12), app.t("talk.hint"))
    return ft.Container(asked, key=key_of(ANSWER))


def amounts_card(app: App, amounts: Amounts) -> ft.Control:
    """The total in large figures, its parts, the due day."""
    t = app.t
    words = t("talk.overdue") if amounts.overdue else t("talk.due_now")
    if amounts.overdue_prior:
        words = t("talk.with_prior", words=words)
    lines: list[ft.Control] = [
        ft.Row(
            [text(amounts.name, "subtitle"), secondary_text(words, "text")],
            spacing=10,
            run_spacing=0,
            wrap=True,
        ),
        text(t("money.yuan", yuan=yuan(amounts.total_fen)), "headline", colour=ft.Colors.PRIMARY),
        *_prior(app, amounts),
        value_row(t("talk.principal"), t("money.yuan", yuan=yuan(amounts.principal_fen))),
        value_row(t("talk.interest"), t("money.yuan", yuan=yuan(amounts.interest_fen))),
    ]
    if amounts.repaid_fen:
        lines.append(value_row(t("talk.repaid"), t("money.yuan", yuan=yuan(amounts.repaid_fen))))
    if len(amounts.contracts) > 1:
        for year, principal_fen, interest_fen in amounts.contracts:
            lines.append(
                value_row(
                    t("talk.contract", year=year),
                    t("money.yuan", yuan=yuan(principal_fen + interest_fen)),
                )
            )
    lines.append(secondary_text(t("talk.due_day", day=day_words(t, amounts.due_day))))
    if amounts.as_of:
        lines.append(secondary_text(t("talk.as_of", day=day_words(t, amounts.as_of))))
    lines.append(secondary_text(t("talk.no_money")))
    column = ft.Column(lines, spacing=6, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
    return ft.Semantics(live_region=True, content=panel(column))


def _prior(app: App, amounts: Amounts) -> list[ft.Control]:
    """The list includes sums of earlier years without saying how much, and so do we."""
    if not amounts.overdue_prior:
        return []
    return [note_line(ft.Icons.HISTORY, app.t("talk.prior"), "amber")]


def script_card(app: App, script: Script) -> ft.Control:
    """What to say to somebody who does not owe: short, friendly, nothing about the loan."""
    lines = script.lines[app.language]
    icon = ft.Icons.RECORD_VOICE_OVER_OUTLINED if script.allowed else ft.Icons.HOURGLASS_EMPTY
    kind = "calm" if script.allowed else "amber"
    ink = ft.Colors.ON_PRIMARY_CONTAINER if script.allowed else ft.Colors.ON_TERTIARY_CONTAINER
    head = app.t("talk.say" if script.allowed else "talk.not_yet")
    words: list[ft.Control] = [
        ft.Row(
            [ft.Icon(icon, color=ink, size=24), text(head, "strong", colour=ink, expand=True)],
            spacing=10,
        )
    ]
    if script.because:
        words.append(text(app.t(f"talk.{script.because}"), "text", colour=ink))
    words += [text(line, "body", colour=ink) for line in lines]
    words.append(text(app.t("talk.nothing_more"), "small", colour=ink))
    return ft.Semantics(live_region=True, content=panel(ft.Column(words, spacing=8), kind=kind))
