"""What holds for every form there is: no unseen default, "other" last, what is missing marked, text that prints."""

from __future__ import annotations

import flet as ft
import pytest

from mobile.i18n import TABLES, Tongue
from mobile.ui.app.wording import options
from mobile.ui.components.choice import GAP_PX, MARK_PX, chip
from mobile.ui.forms.flag_reasons import reasons_for
from mobile.ui.forms.form_context import context_of
from mobile.ui.forms.registry import forms
from mobile.usecases import settings
from mobile.usecases.phone import Phone
from shared import codes
from shared.flag_reasons import REASONS, WORDS
from shared.records.notice_delivery import OUTCOMES
from shared.records.registry import KINDS
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import walk

TABLES_OF_CODES = {
    name: table
    for name, table in vars(codes).items()
    if name.isupper() and isinstance(table, tuple) and table
}
UNSEEN = {"photos"}
"""Fields a form begins with that hold nothing."""


@pytest.mark.parametrize("name", [form.name for form in forms()])
async def test_what_a_form_records_unasked_stands_above_its_button(
    phone: Phone, open_window: Open, name: str
) -> None:
    await settings.put(phone, "companions.last", ["何建军"])
    screen = await open_window(phone, f"/cases/c0001/{name}")
    await screen.see("保存")
    spec = next(form for form in forms() if form.name == name)
    begun = spec.defaults(await context_of(screen.app, "c0001"))
    unasked = {field: value for field, value in begun.items() if value and field not in UNSEEN}
    said = next((line for line in screen.words() if line.startswith("会一起记下：")), "")
    for field, value in unasked.items():
        declared = spec.kind.field(field)
        assert declared is not None, f"{field} is recorded under no name"
        words = [codes.label(declared.table, value)] if declared.table else list(value)
        assert all(word in said for word in words), (field, said)


@pytest.mark.parametrize("name", [form.name for form in forms()])
async def test_an_empty_form_saves_nothing_and_marks_what_is_missing(
    phone: Phone, open_window: Open, name: str
) -> None:
    screen = await open_window(phone, f"/cases/c0001/{name}")
    await screen.tap("保存")
    await screen.see("还差：")
    await screen.see("这一项还没有填")
    said = next(line for line in screen.words() if line.startswith("还差："))
    missing = said.removeprefix("还差：").split("、")
    assert screen.words().count("这一项还没有填") == len(missing)
    screen.app.notices.clear()  # it is no notice that passes
    await screen.see("还差：")
    assert phone.store.facts.all() == []


@pytest.mark.parametrize("table", sorted(TABLES_OF_CODES))
def test_other_stands_last_wherever_a_table_is_offered(table: str) -> None:
    offered = [code for code, _ in options(TABLES_OF_CODES[table], Tongue())]
    assert "other" not in offered[:-1]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_other_stands_last_in_every_question_of_a_record(kind: str) -> None:
    for field in KINDS[kind].fields:
        offered = [code for code, _ in options(field.table, Tongue())]
        assert "other" not in offered[:-1], field.name


def test_every_flag_has_its_reasons_in_every_language() -> None:
    assert set(REASONS) == {row.code for row in codes.FLAGS}
    for language in TABLES:
        for flag in REASONS:
            _, offered = reasons_for(Tongue(language), (flag,))
            assert set(offered) <= {row.label(language) for row in WORDS}, (language, flag)


def test_flags_with_a_reason_in_common_are_asked_about_together() -> None:
    t = Tongue()
    assert reasons_for(t, ("alone", "too_soon"))[0] == ("alone", "too_soon")
    assert reasons_for(t, ("alone", "no_photo"))[0] == ("alone",)


def test_every_way_of_delivery_has_outcomes_of_the_table() -> None:
    assert set(OUTCOMES) == {row.code for row in codes.METHODS}
    known = {row.code for row in codes.DELIVERIES}
    assert all(set(outcomes) <= known for outcomes in OUTCOMES.values())


async def test_what_no_font_has_is_reported_while_it_is_typed(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/statement")
    await screen.type("说明全文", "王𠮷家")
    await screen.see("“𠮷”纸上印不出来")
    field = screen.field("说明全文")
    assert field is not None
    assert field.value == "王𠮷家"


async def test_a_text_that_grows_long_on_paper_says_so_in_time(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/statement")
    await screen.type("说明全文", "一\n" * 76)
    assert not any("印出来约" in line for line in screen.words())
    await screen.type("说明全文", "一\n")
    await screen.see("印出来约 77 行，最多 96 行")


def test_a_chip_is_as_wide_before_it_is_chosen_as_after() -> None:
    assert beside_words(chosen=True) == beside_words(chosen=False)


def beside_words(*, chosen: bool) -> float:
    """How much of a chip's width its words do not take."""
    box = next(c for c in walk(chip("本人", chosen, None)) if isinstance(c, ft.Container))
    marks = sum(isinstance(c, ft.Icon) for c in walk(box))
    assert isinstance(box.padding, ft.Padding)
    return float(box.padding.left + box.padding.right + marks * (MARK_PX + GAP_PX))
