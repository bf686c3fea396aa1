"""A server's first start: the link printed on its terminal, the first account, the county, the season."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from litestar import Litestar

from shared.problems import ProblemError
from sync_server.app import create_app
from sync_server.office import setup
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import accounts, audit, seasons
from tests.support.console_browser import Browser, heading
from tests.support.one_app import app_over

CLOCK = "2026-11-10T09:00+08:00"
COUNTY = {
    "county": "白蒿县",
    "area_code": "610598",
    "centre": "白蒿县学生资助管理中心",
    "phone": "0913-7654321",
    "document_no": "白蒿教贷〔2026〕3号",
    "basis": "省里今年的通知",
}
ACCOUNT = {"name": "王芳", "password": "correct horse 1", "again": "correct horse 1"}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as a first start leaves it: copied, because a migration takes longer than most tests."""
    folder = tmp_path_factory.mktemp("empty") / "fresh"
    create_app(Settings(data_dir=folder, clock_spec=CLOCK)).state["services"].close()
    return folder


@pytest.fixture
def fresh(empty: Path, routes: Litestar, tmp_path: Path) -> Iterator[Litestar]:
    """A server over an empty data folder."""
    shutil.copytree(empty, tmp_path / "fresh")
    services = Services.open(
        Settings(data_dir=tmp_path / "fresh", clock_spec=CLOCK, public_url="http://server")
    )
    yield app_over(routes, services)
    services.close()


@pytest.fixture
def unset(fresh: Litestar) -> Services:
    found: Services = fresh.state["services"]
    return found


async def set_up(fresh: Litestar, unset: Services) -> Browser:
    """A window that went through the first page."""
    browser = Browser(fresh)
    answer = await browser.post(f"/setup/{setup.new_link(unset)}", **ACCOUNT, **COUNTY)
    assert (answer.status_code, answer.headers["location"]) == (303, "/seasons/new")
    return browser


def test_an_empty_server_needs_to_be_set_up(unset: Services) -> None:
    assert setup.is_needed(unset)
    assert unset.database.read(seasons.listed) == []


async def test_the_sign_in_page_says_where_the_link_is(fresh: Litestar) -> None:
    assert "设置链接" in (await Browser(fresh).get("/sign-in")).text


async def test_the_link_makes_the_first_account_and_signs_it_in(
    fresh: Litestar, unset: Services
) -> None:
    browser = await set_up(fresh, unset)
    assert (await browser.get("/accounts")).headers["location"] == "/seasons/new"
    (account,) = unset.database.read(accounts.listed)
    assert (account.name, account.role) == ("王芳", "admin")
    assert unset.database.read(lambda c: audit.listed(c, 1))[0].action == "setup.first_account"


async def test_opening_the_link_does_not_use_it_up(fresh: Litestar, unset: Services) -> None:
    token = setup.new_link(unset)
    for _ in range(3):
        assert (await Browser(fresh).get(f"/setup/{token}")).status_code == 200


async def test_a_used_link_is_refused(fresh: Litestar, unset: Services) -> None:
    token = setup.new_link(unset)
    await Browser(fresh).post(f"/setup/{token}", **ACCOUNT, **COUNTY)
    again = await Browser(fresh).post(f"/setup/{token}", **{**ACCOUNT, "name": "别人"}, **COUNTY)
    assert again.status_code == 409
    assert [a.name for a in unset.database.read(accounts.listed)] == ["王芳"]


async def test_a_link_sent_ten_times_at_once_makes_one_account(
    fresh: Litestar, unset: Services
) -> None:
    token = setup.new_link(unset)
    windows = [Browser(fresh) for _ in range(10)]
    for window in windows:
        await window.get("/sign-in")
    answers = await asyncio.gather(
        *(
            window.post(f"/setup/{token}", **{**ACCOUNT, "name": f"王{i}"}, **COUNTY)
            for i, window in enumerate(windows)
        )
    )
    assert sorted(a.status_code for a in answers)[0] == 303
    assert sum(a.status_code == 303 for a in answers) == 1
    assert len(unset.database.read(accounts.listed)) == 1


@pytest.mark.parametrize("guessable", ["password1", "baihaoxian", "白蒿县610598"])
async def test_a_first_password_that_is_guessed_first_is_refused_and_the_link_stays(
    fresh: Litestar, unset: Services, guessable: str
) -> None:
    token, typed = setup.new_link(unset), {"password": guessable, "again": guessable}
    answer = await Browser(fresh).post(f"/setup/{token}", **{**ACCOUNT, **typed}, **COUNTY)
    assert answer.status_code == 422
    assert "太容易猜" in answer.text
    assert setup.is_needed(unset)
    setup.check_link(unset, token)


async def test_a_wrong_or_earlier_link_is_refused(fresh: Litestar, unset: Services) -> None:
    first, second = setup.new_link(unset), setup.new_link(unset)
    assert (await Browser(fresh).get(f"/setup/{first}")).status_code == 403
    assert (await Browser(fresh).get(f"/setup/{second[:-1]}x")).status_code == 403
    assert (await Browser(fresh).get(f"/setup/{second}")).status_code == 200


def test_a_link_is_valid_for_a_day(unset: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    token, now = setup.new_link(unset), unset.settings.real_now()
    monkeypatch.setattr(
        Settings, "real_now", lambda _: now + timedelta(hours=setup.LINK_HOURS, seconds=-30)
    )
    setup.check_link(unset, token)
    monkeypatch.setattr(
        Settings, "real_now", lambda _: now + timedelta(hours=setup.LINK_HOURS, seconds=30)
    )
    with pytest.raises(ProblemError) as refused:
        setup.check_link(unset, token)
    assert refused.value.code == "setup.link_invalid"


def test_the_link_itself_is_not_stored(unset: Services) -> None:
    token = setup.new_link(unset)
    unset.database.write(lambda c: c.exec_driver_sql("SELECT 1"))
    data = unset.settings.data_dir
    assert not [p for p in data.rglob("*") if p.is_file() and token.encode() in p.read_bytes()]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("county", "", "没有填"),
        ("area_code", "12345", "六位数字"),
        ("phone", " ", "没有填"),
        ("basis", "", "没有填"),
        ("county", "\u200b", "没有填"),
        ("county", "县" * 201, "太长"),
        ("name", "", "账号要有名称"),
        ("name", "王" * 61, "最多 60 个字"),
        ("password", "short", "至少"),
        ("again", "another horse", "两次写的密码不一样"),
    ],
)
async def test_what_is_wrong_is_shown_beside_its_field_and_the_rest_stays_as_typed(
    fresh: Litestar, unset: Services, field: str, value: str, says: str
) -> None:
    form = {**ACCOUNT, **COUNTY, field: value}
    if field == "password":
        form["again"] = value
    answer = await Browser(fresh).post(f"/setup/{setup.new_link(unset)}", **form)
    assert answer.status_code == 422
    assert says in answer.text
    shown = "centre" if field != "centre" else "county"
    assert COUNTY[shown] in answer.text
    assert "correct horse" not in answer.text
    assert setup.is_needed(unset)


async def test_wide_digits_are_taken_for_the_area_code(fresh: Litestar, unset: Services) -> None:
    browser = Browser(fresh)
    form = {**ACCOUNT, **COUNTY, "area_code": "６１０５９８"}
    await browser.post(f"/setup/{setup.new_link(unset)}", **form)
    assert 'value="610598"' in (await browser.get("/seasons/new")).text


async def test_the_first_season_is_proposed_with_the_county_and_dates_of_its_year(
    fresh: Litestar, unset: Services
) -> None:
    browser = await set_up(fresh, unset)
    shown = await browser.get("/seasons/new")
    assert heading(shown) == "新建年度"
    for value in (*COUNTY.values(), "2026-12-20", "2026-11-29"):
        assert f'value="{value}"' in shown.text
    assert "2019" not in shown.text
    assert "青槐" not in shown.text


async def test_proposing_dates_anew_keeps_what_was_typed_of_the_rest(
    fresh: Litestar, unset: Services
) -> None:
    browser = await set_up(fresh, unset)
    typed = {"due": "2026-12-10", "letterhead.phone": "0913-1111111", "limits.visitors": "3"}
    form = {**typed, "deadlines.slips": "2026-11-29", "due_day": "2026-12-20", "do": "propose"}
    shown = (await browser.post("/seasons/new", **form)).text
    assert 'name="deadlines.slips" value="2026-11-19"' in shown
    assert 'name="letterhead.phone" value="0913-1111111"' in shown
    assert 'name="limits.visitors" value="3"' in shown
    assert unset.database.read(seasons.listed) == []
    made = await browser.post("/seasons/new", **{**form, "do": "save"})
    assert (made.status_code, unset.database.read(seasons.listed)) == (200, [])
    assert "日程照它重新推算" in made.text
    wrong = await browser.post("/seasons/new", **{**form, "due": "1900-12-20"})
    assert "不能作年度" in wrong.text
    assert 'value="0913-1111111"' in wrong.text


async def test_every_page_but_the_new_season_leads_there_while_there_is_none(
    fresh: Litestar, unset: Services
) -> None:
    browser = await set_up(fresh, unset)
    for path in ("/", "/cases", "/imports", "/county", "/policy", "/seasons", "/unplaced"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/seasons/new"), path
