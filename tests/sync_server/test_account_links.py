"""Activation links: used once, by one; what became of one that is used, replaced, expired or guessed."""

from __future__ import annotations

import asyncio
import os
import threading
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from litestar import Litestar
from msgspec.structs import replace

from shared.problems import ProblemError
from sync_server.office import account_bulk, account_links
from sync_server.office import accounts as office
from sync_server.office.backup import backup
from sync_server.office.restore import restore
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import account_links as store
from sync_server.store import accounts, audit
from tests.support.at_once import at_once
from tests.support.console_browser import Browser, heading
from tests.support.engines import about_sqlite

GOOD = "three plain words"
ADDRESS = "https://zizhu.example"


def waiting(services: Services, name: str = "丁某", unit: str = "01") -> None:
    account_bulk.put(services, name, role="liaison", unit=unit, shown=name, who="t")


def code_of(services: Services, name: str = "丁某") -> str:
    return account_links.give_out(services, name, who="t", origin=ADDRESS).code


def pressed(code: str, services: Services) -> str:
    """One of several who send the same link, each with a password of the own."""
    password = f"three plain words {threading.get_ident()} {os.getpid()}"
    account_links.activate(services, code, password)
    return password


def refusal(call: object, *args: object, **more: object) -> str:
    with pytest.raises(ProblemError) as refused:
        call(*args, **more)
    return refused.value.code


@about_sqlite("it looks into its file")
def test_only_the_hash_of_a_code_is_stored(services: Services, county: list[str]) -> None:
    waiting(services)
    made = account_links.give_out(services, "丁某", who="t", origin=ADDRESS)
    assert made.url.endswith(f"/activate/{made.code}")
    assert len(account_links.written(made.code)) == account_links.GROUPS * account_links.GROUP
    database = services.settings.data_dir / "doorstep.db"
    kept = [database, database.with_name(database.name + "-wal")]
    found = b"".join(file.read_bytes() for file in kept if file.exists())
    assert "丁某".encode() in found
    assert made.code.encode() not in found
    assert account_links.written(made.code).encode() not in found


def test_a_link_sets_a_password_once(services: Services, county: list[str]) -> None:
    waiting(services)
    code = code_of(services)
    assert account_links.look(services, code).name == "丁某"
    assert account_links.activate(services, code, GOOD).lets_in
    assert services.database.read(lambda c: accounts.check(c, "丁某", GOOD)).name == "丁某"
    assert refusal(account_links.activate, services, code, "another one 2") == "account.link_used"
    assert services.database.read(lambda c: accounts.check(c, "丁某", GOOD)).name == "丁某"


def test_a_code_may_be_typed_in_capitals_wide_and_without_hyphens(
    services: Services, county: list[str]
) -> None:
    waiting(services)
    code = code_of(services)
    for typed in (code.upper(), code.replace("-", ""), code.replace("-", " "), f" {code}"):
        assert account_links.look(services, typed).name == "丁某"


def test_of_two_who_send_one_link_at_once_one_sets_the_password(
    services: Services, county: list[str]
) -> None:
    waiting(services)
    code = code_of(services)

    said = at_once(services, partial(pressed, code))
    won = [each for each in said if isinstance(each, str)]
    lost = [each.code for each in said if isinstance(each, ProblemError)]
    assert len(won) == 1
    assert lost == ["account.link_used"] * 2
    assert services.database.read(lambda c: accounts.check(c, "丁某", won[0])).name == "丁某"


def test_a_newer_link_ends_the_one_before(services: Services, county: list[str]) -> None:
    waiting(services)
    first, second = code_of(services), code_of(services)
    assert refusal(account_links.look, services, first) == "account.link_replaced"
    assert account_links.look(services, second).name == "丁某"


def test_a_link_ends_after_its_days(services: Services, county: list[str]) -> None:
    waiting(services)
    (link,) = account_links.draw_up(services, ["丁某"], origin=ADDRESS)
    past = services.settings.real_now() - timedelta(seconds=1)
    account_links.keep(services, [replace(link, expires_at=past.isoformat())], who="t")
    assert refusal(account_links.look, services, link.code) == "account.link_expired"
    ahead = services.settings.real_now() + timedelta(days=account_links.LINK_DAYS + 2)
    account_links.keep(services, [replace(link, code="a", expires_at=ahead.isoformat())], who="t")
    assert refusal(account_links.look, services, "a") == "account.link_expired"


def test_a_link_of_a_removed_account_does_not_open_the_next_one_of_that_name(
    services: Services, county: list[str]
) -> None:
    waiting(services)
    code = code_of(services)
    office.remove(services, "丁某", who="t")
    waiting(services, unit="02")
    assert refusal(account_links.look, services, code) == "account.link_unknown"


def test_a_disabled_account_is_not_activated_nor_is_it_after_it_is_enabled(
    services: Services, county: list[str]
) -> None:
    waiting(services)
    code = code_of(services)
    account_bulk.disable(services, ["丁某"], who="t")
    assert refusal(account_links.look, services, code) == "auth.account_disabled"
    assert refusal(code_of, services) == "auth.account_disabled"
    account_bulk.enable(services, ["丁某"], who="t")
    assert refusal(account_links.look, services, code) == "account.link_replaced"


@pytest.mark.parametrize(
    "changed",
    [
        {"role": "admin", "unit": "", "shown": "丁某"},
        {"role": "liaison", "unit": "01", "shown": "戊某"},
        {"role": "liaison", "unit": "02", "shown": "丁某"},
    ],
)
def test_a_slip_opens_nothing_once_the_account_is_another_persons_role_or_school(
    services: Services, county: list[str], changed: dict[str, str]
) -> None:
    waiting(services)
    code = code_of(services)
    account_bulk.put(services, "丁某", who="t", **changed)
    assert refusal(account_links.look, services, code) == "account.link_replaced"
    assert account_links.look(services, code_of(services)).role == changed["role"]


def test_a_slip_whose_account_changed_while_it_was_made_is_not_valid(
    services: Services, county: list[str]
) -> None:
    waiting(services)
    made = account_links.draw_up(services, ["丁某"], origin=ADDRESS)
    account_bulk.put(services, "丁某", role="admin", unit="", shown="丁某", who="t")
    assert refusal(account_links.keep, services, made, who="t") == "account.changed_meanwhile"
    assert refusal(account_links.look, services, made[0].code) == "account.link_unknown"


def test_an_account_that_is_saved_unchanged_keeps_its_link(
    services: Services, county: list[str]
) -> None:
    waiting(services)
    code = code_of(services)
    waiting(services)
    assert account_links.look(services, code).name == "丁某"


@about_sqlite("its backup")
def test_no_link_of_a_backup_opens_after_it_is_restored(
    services: Services, county: list[str], tmp_path: Path
) -> None:
    """It may have been used since, and its slip lie in a bin."""
    waiting(services)
    code = code_of(services)
    backup(services, tmp_path / "backup")
    account_links.activate(services, code, GOOD)
    restore(tmp_path / "backup", tmp_path / "back", now=services.settings.now(), who="t")
    back = Services.open(Settings(data_dir=tmp_path / "back"))
    assert refusal(account_links.look, back, code) == "account.link_replaced"
    assert account_links.look(back, code_of(back)).name == "丁某"
    back.close()


def test_an_account_with_a_password_gets_no_link(services: Services, county: list[str]) -> None:
    waiting(services)
    account_links.activate(services, code_of(services), GOOD)
    assert refusal(code_of, services) == "auth.account_active"
    account_bulk.reset(services, ["丁某"], who="t")
    assert account_links.look(services, code_of(services)).name == "丁某"


@pytest.mark.parametrize("password", ["short", "丁某丁某2026", "12345678"])
def test_a_password_that_is_refused_leaves_the_link_good(
    services: Services, county: list[str], password: str
) -> None:
    waiting(services)
    code = code_of(services)
    assert refusal(account_links.activate, services, code, password).startswith("auth.password")
    assert account_links.activate(services, code, GOOD).lets_in


def test_what_became_of_links_is_on_record(services: Services, county: list[str]) -> None:
    waiting(services)
    account_links.activate(services, code_of(services), GOOD)
    notes = services.database.read(lambda c: audit.listed(c, 10))
    assert [(n.action, n.who, n.ref) for n in notes if n.action.startswith("account.")] == [
        ("account.activate", "丁某", "丁某"),
        ("account.link", "t", "丁某"),
        ("account.put", "t", "丁某"),
    ]


def test_old_links_are_forgotten_when_new_ones_are_made(
    services: Services, county: list[str]
) -> None:
    waiting(services)
    old = store.Link(
        token_hash="x", account="丁某", made_at="", made_by="t", expires_at="2001-01-01T00:00:00"
    )
    services.database.write(lambda c: store.put(c, old))
    code_of(services)
    assert services.database.read(lambda c: store.find(c, "x")) is None


async def test_the_person_opens_the_link_sets_a_password_and_is_signed_in(
    app: Litestar, services: Services, county: list[str]
) -> None:
    waiting(services)
    code = code_of(services)
    browser = Browser(app)
    page = await browser.get(f"/activate/{code}")
    assert heading(page) == "丁某，请设一个密码"
    assert "柳泉" in page.text or "学校联络员" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    answer = await browser.post(f"/activate/{code}", password=GOOD, again=GOOD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get("/")).headers["location"] == "/schools/01"
    again = Browser(app)
    used = await again.get(f"/activate/{code}")
    assert used.status_code == 410
    assert "用过了" in used.text
    assert "请用账号和密码登录" in used.text
    assert (await again.sign_in("丁某", GOOD)).status_code == 303


async def test_passwords_that_differ_or_are_weak_are_asked_again(
    app: Litestar, services: Services, county: list[str]
) -> None:
    waiting(services)
    code = code_of(services)
    browser = Browser(app)
    await browser.get(f"/activate/{code}")
    differ = await browser.post(f"/activate/{code}", password=GOOD, again="x")
    weak = await browser.post(f"/activate/{code}", password="12345678", again="12345678")
    assert "两次写的密码不一样" in differ.text
    assert "太容易猜" in weak.text
    good = await browser.post(f"/activate/{code}", password=GOOD, again=GOOD)
    assert good.status_code == 303


async def test_a_typed_code_leads_to_its_link_and_a_wrong_one_says_what_to_do(
    app: Litestar, services: Services, county: list[str]
) -> None:
    waiting(services)
    code = code_of(services)
    browser = Browser(app)
    assert heading(await browser.get("/activate")) == "激活账号"
    found = await browser.post("/activate", code=f" {code.upper()} ")
    assert (await browser.get(found.headers["location"])).status_code == 200
    wrong = await browser.post("/activate", code="中文")
    page = await browser.get(wrong.headers["location"])
    assert page.status_code == 403
    assert "没有这个激活码" in page.text


async def test_guessing_codes_waits_and_is_on_record(
    app: Litestar, services: Services, county: list[str]
) -> None:
    waiting(services)
    code = code_of(services)
    browser = Browser(app)
    said = [(await browser.get(f"/activate/guess-{n}")).status_code for n in range(31)]
    assert said == [403] * 30 + [429]
    assert (await browser.get(f"/activate/{code}")).status_code == 429
    notes = services.database.read(lambda c: audit.listed(c, 50, "account.activate_failed"))
    assert [note.detail.split()[0] for note in notes] == ["20", "10", "5", "2", "1"]


async def test_people_of_one_meeting_open_their_slips_in_one_moment(
    app: Litestar, services: Services, county: list[str]
) -> None:
    """They share an address; some mistyped theirs."""
    names = [f"丁某{n}" for n in range(20)]
    for name in names:
        waiting(services, name)
    codes = [code_of(services, name) for name in names]
    browser = Browser(app)
    assert [(await browser.get(f"/activate/typo-{n}")).status_code for n in range(6)] == [403] * 6
    said = await asyncio.gather(*(Browser(app).get(f"/activate/{code}") for code in codes))
    assert {answer.status_code for answer in said} == {200}


async def test_a_link_that_is_used_up_is_no_guess(
    app: Litestar, services: Services, county: list[str]
) -> None:
    waiting(services)
    code = code_of(services)
    account_links.activate(services, code, GOOD)
    browser = Browser(app)
    said = {(await browser.get(f"/activate/{code}")).status_code for _ in range(8)}
    assert said == {410}


async def test_a_form_without_our_token_sets_no_password(
    app: Litestar, services: Services, county: list[str]
) -> None:
    waiting(services)
    code = code_of(services)
    browser = Browser(app)
    await browser.get(f"/activate/{code}")
    answer = await browser.http.post(f"/activate/{code}", data={"password": GOOD, "again": GOOD})
    assert answer.status_code == 403
    assert account_links.look(services, code).waiting
