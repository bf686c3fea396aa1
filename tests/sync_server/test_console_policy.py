"""The centre edits policy pages and scripts in a browser: kept by edition, sent to phones, never over another's."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx
import pytest
from litestar import Litestar

from shared.policy import PolicyPage, find
from sync_server.sample.season import policy_2019
from sync_server.services import Services
from sync_server.store import accounts, audit, policy, seasons
from tests.support.console_browser import PASSWORD, Browser, heading, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import RawPhone

TEXT: dict[str, Any] = {
    "title_zh": "不愿签字",
    "zh": "不签也没关系。\n(不争。)",
    "title_en": "No signature",
    "en": "That is all right.",
}


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


@pytest.fixture
async def other(app: Litestar, admin: Browser, services: Services) -> Browser:
    """A second officer of the centre."""
    services.database.write(lambda c: accounts.put(c, "li", PASSWORD, "admin", "", "李老师"))
    return await signed_in(app, "li")


def pages(services: Services) -> tuple[PolicyPage, ...]:
    return services.database.read(lambda c: policy.pages(c, SEASON))


def page(services: Services, key: str) -> PolicyPage:
    found = find(pages(services), key)
    assert found is not None
    return found


def value(text: str, name: str) -> str:
    """What a field of the form holds."""
    area = re.search(rf'<textarea[^>]* name="{name}"[^>]*>\n(.*?)</textarea>', text, re.DOTALL)
    line = re.search(rf'name="{name}" value="([^"]*)"', text)
    found = area or line
    assert found, name
    return html.unescape(found[1])


async def base_of(browser: Browser, key: str) -> str:
    return value((await browser.get(f"/policy/pages/{key}")).text, "base")


async def save(
    browser: Browser, key: str, base: str | None = None, **changes: str
) -> httpx.Response:
    """Save a page as a form over the text in force would (over `base` if given)."""
    mark = await base_of(browser, key) if base is None else base
    fields: dict[str, Any] = {**TEXT, **changes}
    return await browser.post(
        f"/policy/pages/{key}", do="save", section="script", base=mark, **fields
    )


async def test_both_sections_are_listed_in_their_order(admin: Browser) -> None:
    text = (await admin.get("/policy")).text
    found = re.findall(r'<tr id="([^"]+)">', text)
    assert found == [p.key for p in policy_2019()]
    assert "还没有改过" in text


async def test_a_saved_page_stands_redirects_and_is_on_record(
    admin: Browser, services: Services
) -> None:
    answer = await save(admin, "refused")
    assert (answer.status_code, answer.headers["location"]) == (303, "/policy#refused")
    assert "已保存“不愿签字”" in await admin.text_of("/policy")
    kept = page(services, "refused")
    assert (kept.zh, kept.en, kept.section) == (
        ("不签也没关系。", "(不争。)"),
        ("That is all right.",),
        "script",
    )
    assert [p.key for p in pages(services)] == [p.key for p in policy_2019()]
    made = services.database.read(lambda c: policy.editions(c, SEASON))
    assert [(e.n, e.who, e.what, e.page) for e in made] == [(1, "admin", "save", "refused")]
    note = services.database.read(audit.listed)[0]
    assert (note.action, note.who, note.ref) == ("policy.save", "admin", "refused")


async def test_the_change_reaches_a_phone_with_its_next_page_and_only_once(
    admin: Browser, services: Services, phone: RawPhone
) -> None:
    last = (await phone.pages())[-1]
    await save(admin, "refused")
    after = (await phone.pages(last.next))[-1]
    assert [c.kind for c in after.changes] == ["briefing"]
    briefing = after.changes[0].briefing
    assert briefing is not None
    found = find(briefing.season.policy, "refused")
    assert found is not None
    assert found.zh == ("不签也没关系。", "(不争。)")
    assert (await phone.page(after.next)).changes == []


async def test_a_form_sent_again_unchanged_makes_no_second_edition(
    admin: Browser, services: Services
) -> None:
    base = await base_of(admin, "refused")
    await save(admin, "refused", base)
    answer = await save(admin, "refused", base)
    assert answer.status_code == 303
    assert services.database.read(lambda c: policy.newest(c, SEASON)) == 1


async def test_two_officers_at_one_page_lose_neither_text(
    admin: Browser, other: Browser, services: Services
) -> None:
    base = await base_of(admin, "death")
    await save(other, "death", base, zh="节哀。")
    clash = await save(admin, "death", base, zh="请您节哀,\n我们先走了。")
    assert clash.status_code == 409
    assert "李老师在 12月12日" in clash.text
    assert "节哀。" in clash.text
    assert value(clash.text, "zh") == "请您节哀,\n我们先走了。"
    assert page(services, "death").zh == ("节哀。",)
    again = await save(admin, "death", value(clash.text, "base"), zh="请您节哀。")
    assert again.status_code == 303
    assert page(services, "death").zh == ("请您节哀。",)


async def test_officers_at_different_pages_do_not_disturb_each_other(
    admin: Browser, other: Browser, services: Services
) -> None:
    one, two = await base_of(admin, "death"), await base_of(other, "anger")
    assert (await save(admin, "death", one)).status_code == 303
    assert (await save(other, "anger", two)).status_code == 303
    assert page(services, "death").title_zh == page(services, "anger").title_zh == "不愿签字"


async def test_a_page_removed_while_it_was_typed_comes_back_when_saved_again(
    admin: Browser, other: Browser, services: Services
) -> None:
    base = await base_of(admin, "anger")
    await other.post("/policy/pages/anger/remove", base=base)
    clash = await save(admin, "anger", base)
    assert clash.status_code == 409
    assert "这一页已经被删去" in clash.text
    assert (await save(admin, "anger", value(clash.text, "base"))).status_code == 303
    assert page(services, "anger").title_zh == "不愿签字"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title_zh": " "}, "“中文标题”没有写"),
        ({"zh": "\n"}, "“中文内容”没有写"),
        ({"en": ""}, "“英文内容”没有写"),
        ({"zh": "长" * 601}, "“中文内容”太长:601 字,最多 600 字"),
        ({"title_en": "x" * 61}, "“英文标题”太长:61 字,最多 60 字"),
        ({"zh": "段\n" * 11}, "“中文内容”有 11 段,最多 10 段"),
    ],
)
async def test_what_cannot_be_saved_names_the_field_and_keeps_every_letter(
    admin: Browser, services: Services, changes: dict[str, str], sentence: str
) -> None:
    answer = await save(admin, "refused", **changes)
    assert answer.status_code == 422
    assert sentence.replace(":", "\uff1a").replace(",", "\uff0c") in answer.text
    assert "aria-invalid=true" in answer.text
    for name, typed in {**TEXT, **changes}.items():
        assert value(answer.text, name).replace("\r", "") == typed
    assert pages(services) == policy_2019()


async def test_the_preview_saves_nothing_and_keeps_what_was_typed(
    admin: Browser, services: Services
) -> None:
    base = await base_of(admin, "refused")
    answer = await admin.post(
        "/policy/pages/refused", do="preview", section="script", base=base, **TEXT
    )
    assert answer.status_code == 200
    assert '<p class="said">不签也没关系。</p>' in answer.text
    assert '<p class="aside">不争。</p>' in answer.text
    assert (value(answer.text, "zh"), value(answer.text, "base")) == (TEXT["zh"], base)
    assert pages(services) == policy_2019()


async def test_a_new_page_is_added_at_the_end_of_its_section_and_once_when_sent_twice(
    admin: Browser, services: Services
) -> None:
    form = (await admin.get("/policy/new?section=script")).text
    found = re.search(r'action="/policy/pages/(own-[0-9a-f]{8})"', form)
    assert found
    for _ in range(2):
        await save(
            admin, found[1], "", zh="对方请喝水。", title_zh="对方很客气", title_en="", en=""
        )
    scripts = [p for p in pages(services) if p.section == "script"]
    assert [p.title_zh for p in scripts[-2:]] == [
        policy_2019()[len(scripts) - 2].title_zh,
        "对方很客气",
    ]
    assert scripts[-1].lines("en") == ("对方请喝水。",)
    assert "无英文" in (await admin.get("/policy")).text


async def test_an_unknown_address_takes_no_page(admin: Browser, services: Services) -> None:
    for key in ("x", "own-1", "own-0000000g", "..%2f..", "<b>"):
        assert (await save(admin, key, "")).status_code in (404, 405), key
    assert pages(services) == policy_2019()


async def test_pages_move_within_their_section_and_stop_at_its_ends(
    admin: Browser, services: Services
) -> None:
    await admin.post("/policy/pages/open-family/move", to="up")
    assert [p.key for p in pages(services)][:2] == ["open-family", "open-self"]
    await admin.post("/policy/pages/open-family/move", to="up")
    await admin.post("/policy/pages/due/move", to="up")
    assert [p.key for p in pages(services)][:2] == ["open-family", "open-self"]
    assert services.database.read(lambda c: policy.newest(c, SEASON)) == 1


async def test_a_removed_page_can_be_restored(admin: Browser, services: Services) -> None:
    await admin.post("/policy/pages/minor/remove", base=await base_of(admin, "minor"))
    assert find(pages(services), "minor") is None
    assert heading(await admin.get("/policy/pages/minor")) == "这一页已经被删去"
    assert "放回“只有孩子一个人在家”" in (await admin.get("/policy")).text
    await admin.post("/policy/pages/minor/restore", base="")
    assert page(services, "minor") == find(policy_2019(), "minor")


async def test_a_page_is_restored_to_its_shipped_text(admin: Browser, services: Services) -> None:
    await save(admin, "refused")
    assert "恢复随附文字" in (await admin.get("/policy/pages/refused")).text
    await admin.post("/policy/pages/refused/restore", base=await base_of(admin, "refused"))
    assert pages(services) == policy_2019()
    made = services.database.read(lambda c: policy.editions(c, SEASON))
    assert [e.what for e in made] == ["restore", "save"]


def unchecked(services: Services) -> tuple[str, ...]:
    return services.database.read(lambda c: seasons.get(c, SEASON)).unchecked


async def test_a_text_brought_back_is_to_be_checked_and_a_saved_one_is_not(
    admin: Browser, services: Services
) -> None:
    await save(admin, "late", title_zh="过了日子")
    assert unchecked(services) == ()
    await admin.post("/policy/pages/late/restore", base=await base_of(admin, "late"))
    assert unchecked(services) == ("late",)
    await admin.post("/policy/pages/late/confirm", base=await base_of(admin, "late"))
    await admin.post("/policy/editions/1/restore", seen="2")
    assert unchecked(services) == ("late",)
    await admin.post("/policy/pages/late/move", to="up")
    assert unchecked(services) == ("late",)


async def test_a_page_taken_out_is_no_longer_to_be_checked(
    admin: Browser, services: Services
) -> None:
    await save(admin, "late", title_zh="过了日子")
    await admin.post("/policy/pages/late/restore", base=await base_of(admin, "late"))
    await admin.post("/policy/pages/late/remove", base=await base_of(admin, "late"))
    assert unchecked(services) == ()
    await admin.post("/policy/pages/late/restore", base="")
    assert unchecked(services) == ("late",)


async def test_removing_what_changed_meanwhile_is_refused(
    admin: Browser, other: Browser, services: Services
) -> None:
    base = await base_of(admin, "refused")
    await save(other, "refused", base)
    for verb in ("remove", "restore"):
        await admin.post(f"/policy/pages/refused/{verb}", base=base)
        assert "李老师在" in await admin.text_of("/policy")
    assert page(services, "refused").title_zh == "不愿签字"


async def test_an_edition_can_be_read_and_put_in_force_again(
    admin: Browser, services: Services
) -> None:
    await save(admin, "refused", zh="第一次。")
    await save(admin, "refused", zh="第二次。")
    text = (await admin.get("/policy/editions/1")).text
    assert "第一次。" in text
    assert "第二次。" not in text
    await admin.post("/policy/editions/1/restore", seen="1")
    assert page(services, "refused").zh == ("第二次。",), "it was decided over an older list"
    await admin.post("/policy/editions/1/restore", seen="2")
    assert page(services, "refused").zh == ("第一次。",)
    await admin.post("/policy/editions/0/restore", seen="3")
    assert pages(services) == policy_2019()


@pytest.mark.parametrize(("n", "answer"), [("7", 303), (str(10**30), 404)])
async def test_an_edition_there_never_was_is_not_found(admin: Browser, n: str, answer: int) -> None:
    assert (await admin.get(f"/policy/editions/{n}")).status_code == 404
    assert (await admin.post(f"/policy/editions/{n}/restore", seen="0")).status_code == answer


async def test_hurtful_words_are_saved_with_a_warning(admin: Browser, services: Services) -> None:
    await save(admin, "refused", zh="您这是恶意欠款。")
    assert "欠款、恶意" in await admin.text_of("/policy")
    assert page(services, "refused").zh == ("您这是恶意欠款。",)


async def test_a_loan_named_to_family_is_saved_with_a_warning(admin: Browser) -> None:
    await save(admin, "open-family", zh="他有一笔贷款。")
    assert "不该知道贷款的人" in await admin.text_of("/policy")


async def test_english_left_behind_is_pointed_out(admin: Browser, services: Services) -> None:
    now = page(services, "refused")
    await save(admin, "refused", title_en=now.title_en, en="\n".join(now.en), zh="新的说法。")
    assert "中文改了" in await admin.text_of("/policy")


async def test_what_is_typed_is_shown_as_text_never_as_markup(admin: Browser) -> None:
    nasty = "<script>alert(1)</script>{{ me }} {who}"
    await save(admin, "refused", zh=nasty, title_zh="<b>{title}")
    for path in ("/policy", "/policy/pages/refused", "/policy/editions/1"):
        text = (await admin.get(path)).text
        assert "<script>" not in text, path
        assert "&lt;script&gt;" in text, path


@pytest.mark.parametrize("name", ["officer", "one"])
async def test_only_the_admin_may_read_or_write(
    app: Litestar, admin: Browser, services: Services, name: str
) -> None:
    browser = await signed_in(app, name)
    assert (await browser.get("/policy")).status_code == 403
    assert (await save(browser, "refused", "x")).status_code == 403
    assert "政策与上门用语" not in (await browser.get("/cases")).text


async def test_english_pages_are_whole(admin: Browser) -> None:
    await admin.get("/language/en?back=/policy")
    assert heading(await admin.get("/policy")) == "Scripts and policy"
    assert "They will not sign or talk" in (await admin.get("/policy")).text
    answer = await save(admin, "refused", zh="")
    assert "“Chinese text” is empty" in html.unescape(answer.text)


async def test_a_page_moves_once_when_the_button_is_pressed_twice(
    admin: Browser, services: Services
) -> None:
    first, second, third = (p.key for p in pages(services)[:3])
    for _ in range(2):
        await admin.post(f"/policy/pages/{third}/move", to="up", past=second)
    assert [p.key for p in pages(services)][:3] == [first, third, second]
