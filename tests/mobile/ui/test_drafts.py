"""Every keystroke survives: the draft follows within 300 ms, and comes back after the app was closed."""

from __future__ import annotations

import asyncio

import pytest

from mobile.ui.app.state import App
from mobile.ui.forms.registry import forms, open_form
from mobile.usecases import drafts
from mobile.usecases.phone import Phone
from shared.problems import ProblemError
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import FakeDevice, phone_lock_of


async def kept(phone: Phone, case: str, form: str, field: str, wanted: object) -> None:
    """Wait until the draft holds this; it comes after the quiet time, on a busy machine later."""
    for _ in range(1200):
        draft = await drafts.load_draft(phone, case, form)
        if draft is not None and draft.fields.get(field) == wanted:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"never in the draft: {wanted}")


async def test_a_change_is_in_the_draft_without_a_tap_on_save(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.tap("本人")
    await kept(phone, "c0001", "visit", "met", "self")


async def test_someone_who_types_without_a_pause_is_saved_too(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/statement")
    await screen.tap("家庭经济困难")
    await screen.type("说明全文", "一" * 40)
    await kept(phone, "c0001", "statement", "narrative", "一" * 40)


async def test_a_form_only_looked_at_leaves_no_draft(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/visit")
    await screen.see("见到了谁？")
    await asyncio.sleep(0.3)
    assert await drafts.list_drafts(phone) == ()


async def test_an_unfinished_record_is_offered_on_today_and_on_the_case(
    phone: Phone, open_window: Open
) -> None:
    await drafts.save_draft(
        phone, "c0002", "statement", {"reason": "hardship", "narrative": "老人住院"}
    )
    screen = await open_window(phone)
    await screen.tap("没写完 1 份")
    await screen.see("恢复未完成的记录？")
    await screen.tap("接着写")
    await screen.at("/do/c0002/statement")
    await screen.see("上次没写完的，已放回来")
    field = screen.field("说明全文")
    assert field is not None
    assert field.value == "老人住院"


async def test_an_unfinished_record_of_someone_who_left_the_list_can_be_read_and_dropped(
    phone: Phone, open_window: Open
) -> None:
    await drafts.save_draft(phone, "c0003", "visit", {"met": "self"})
    await drafts.save_draft(
        phone, "c0002", "statement", {"reason": "hardship", "narrative": "老人住院"}
    )
    await phone.store.cases.apply([], ["c0002"], set())
    screen = await open_window(phone)
    await screen.tap("没写完 2 份")
    await screen.see("没写完的这份，人已不在您的名单上")
    await screen.see("老人住院")
    await screen.see("阿依古丽")  # the other one is still offered
    await screen.tap("不要了")
    await screen.gone("老人住院")
    assert [draft.case for draft in await drafts.list_drafts(phone)] == ["c0003"]


async def test_a_draft_can_be_discarded(phone: Phone, open_window: Open) -> None:
    await drafts.save_draft(phone, "c0002", "visit", {"met": "self"})
    screen = await open_window(phone, "/cases/c0002")
    await screen.tap("不要了")
    await screen.gone("恢复未完成的记录？")
    assert await drafts.list_drafts(phone) == ()


async def test_a_saved_record_leaves_no_draft(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/attempt")
    await screen.tap("无人接听")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    await asyncio.sleep(0.3)
    assert await drafts.list_drafts(phone) == ()


async def test_text_being_typed_is_never_overwritten(phone: Phone, open_window: Open) -> None:
    """A keystroke between two renders: the live value stays although the state is one character behind."""
    screen = await open_window(phone, "/cases/c0001/statement")
    await screen.type("说明全文", "你")
    field = screen.field("说明全文")
    assert field is not None
    # an input method composes; no change event yet
    screen.session.apply_patch(field._i, {"value": "你h"})
    await screen.tap("家庭经济困难")  # re-renders the form meanwhile
    field = screen.field("说明全文")
    assert field is not None
    assert field.value == "你h"


async def test_the_device_is_notified_of_unwritten_keystrokes_and_of_their_end(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/update")
    await screen.type("新电话号码", "1")
    assert screen.device.held
    for _ in range(1200):
        if not screen.device.held:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the end of the keystrokes was never notified")


async def test_an_address_typed_by_hand_opens_the_form_of_that_case(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0002/statement")
    await screen.type("说明全文", "老人住院")
    await screen.address("/cases/c0003/statement")
    await screen.see("阿依古丽")
    field = screen.field("说明全文")
    assert field is not None
    assert field.value in ("", None)
    await kept(phone, "c0002", "statement", "narrative", "老人住院")
    assert [draft.case for draft in await drafts.list_drafts(phone)] == ["c0002"]


async def test_a_window_that_is_closed_writes_the_last_keystroke_first(phone: Phone) -> None:
    app = App(await phone_lock_of(phone), FakeDevice())
    form = open_form(app, "c0001", "visit")
    await form.open({})
    form.put(met="self")
    await app.forms.flush()
    draft = await drafts.load_draft(phone, "c0001", "visit")
    assert draft is not None
    assert draft.fields == {"met": "self"}


async def test_while_a_draft_cannot_be_written_the_window_is_held(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise ProblemError("disk.full")

    device = FakeDevice()
    form = open_form(App(await phone_lock_of(phone), device), "c0001", "visit")
    await form.open({})
    with monkeypatch.context() as patch:
        patch.setattr(drafts, "save_draft", full)
        form.put(met="self")
        await form.flush()
        assert (form.error_code, form.unsaved, device.held) == ("disk.full", True, True)
    form.put(met="family")
    await form.flush()
    assert (form.error_code, form.unsaved, device.held) == ("", False, False)


FORMER = [
    ("visit", "promise", "promise_date", "2019-12-20"),
    ("deliver", "visitors", "servers", ["林秀英", "何建军"]),
    ("deliver", "relation", "signer_relation", "family"),
    ("deliver", "signer", "signer_name", "王德厚"),
    ("statement", "purpose", "evidence_purpose", "申请救助"),
]
"""(form, field of a draft of version 0.1, its present name, a value)"""


def test_every_renamed_field_is_tried_here() -> None:
    assert {(form.name, *pair) for form in forms() for pair in form.renamed.items()} == {
        row[:3] for row in FORMER
    }


@pytest.mark.parametrize(("form", "former", "name", "value"), FORMER)
@pytest.mark.parametrize("corrects", ["", "f1"])
async def test_a_draft_of_the_version_before_opens_under_the_present_names(
    phone: Phone, form: str, former: str, name: str, value: object, corrects: str
) -> None:
    app = App(await phone_lock_of(phone), FakeDevice())
    await drafts.save_draft(
        phone, "c0001", drafts.slot(form, corrects), {former: value, "note": "x"}
    )
    opened = open_form(app, "c0001", form, corrects)
    await opened.open({name: "default"})
    assert opened.fields == {name: value, "note": "x"}


async def test_what_was_written_since_wins_over_a_field_of_the_version_before(
    phone: Phone,
) -> None:
    await drafts.save_draft(phone, "c0001", "visit", {"promise_date": "", "promise": "2019-12-20"})
    opened = open_form(App(await phone_lock_of(phone), FakeDevice()), "c0001", "visit")
    await opened.open({})
    assert opened.fields == {"promise_date": ""}
