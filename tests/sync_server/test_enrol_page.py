"""The page behind the QR code, by what the phone says it is: readable without script, strict headers, no code on the wire."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from shared.codes import DELIVERIES, PEOPLE, REASONS
from sync_server.console.web.console_state import STATIC
from sync_server.crypto import tls
from sync_server.office import phones
from sync_server.services import Services
from sync_server.settings import Settings
from tests.support.devices import asgi
from tests.support.one_app import app_over
from tests.support.user_agents import ANDROID, INSIDE, IPHONE

ROOT = Path(__file__).resolve().parents[2]
APP_PAGE = ROOT / "mobile" / "packaging" / "web" / "index.html"
CHECK = ROOT / "assets" / "web" / "browser_check.js"
HARMONY = (
    "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 "
    "ArkWeb/4.1.6.1 Mobile HuaweiBrowser/5.0.4.300"
)
HARMONY_4 = (
    "Mozilla/5.0 (Linux; Android 10; HarmonyOS; NOH-AN00; HMSCore 6.13) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/114.0.5735.196 HuaweiBrowser/14.0.3 Mobile Safari/537.36"
)
WINDOWS_7 = "Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36"
WECHAT_ON_IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "MicroMessenger/8.0.48 NetType/WIFI Language/zh_CN"
)
QQ_BROWSER = ANDROID.format("121.0.0.0").replace("Mobile", "MQQBrowser/15.3 Mobile")
APK = b"PK-as-if-an-app" * 100


@pytest.fixture
async def visitor(
    routes: Litestar, app_settings: Settings, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at a server that has the web app built and no APK."""
    (tmp_path / "build" / "app").mkdir(parents=True)
    (tmp_path / "build" / "app" / "index.html").write_text("<!DOCTYPE html>")
    services = Services.open(replace(app_settings, app_dir=tmp_path / "build" / "app"))
    transport = asgi(app_over(routes, services))
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
        yield client
    services.close()


async def opened(visitor: httpx.AsyncClient, user_agent: str, path: str = "/enrol") -> str:
    answer = await visitor.get(path, headers={"user-agent": user_agent})
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize(("name", "user_agent"), INSIDE.items())
async def test_inside_another_app_there_is_only_the_way_out(
    visitor: httpx.AsyncClient, name: str, user_agent: str
) -> None:
    page = await opened(visitor, user_agent)
    assert "请在浏览器中打开" in page
    assert f"{name}里装不了" in page
    assert '<svg class="drawn"' in page
    assert "/app/" not in page
    assert "登记码" not in page
    assert 'href="/enrol/paper"' in page


async def test_wechat_on_an_iphone_gets_the_same_page(visitor: httpx.AsyncClient) -> None:
    assert "微信里装不了" in await opened(visitor, WECHAT_ON_IPHONE)


@pytest.mark.parametrize(
    ("user_agent", "heading"),
    [
        (ANDROID.format("109.0.0.0"), "安卓手机:添加到主屏幕"),
        (ANDROID.format("139.0.0.0"), "安卓手机:添加到主屏幕"),
        (QQ_BROWSER, "安卓手机:添加到主屏幕"),
        (HARMONY_4, "安卓手机:添加到主屏幕"),
        (IPHONE.format("16_3", "16.3"), "苹果手机:添加到主屏幕"),
        (IPHONE.format("17_4_1", "17.4.1"), "苹果手机:添加到主屏幕"),
        (HARMONY, "鸿蒙手机:添加到桌面"),
        (WINDOWS_7, "在这台电脑上打开"),
    ],
)
async def test_every_kind_of_phone_gets_its_own_steps(
    visitor: httpx.AsyncClient, user_agent: str, heading: str
) -> None:
    page = await opened(visitor, user_agent)
    assert heading.replace(":", "：") in page
    assert '<div id="ways" >' in page
    assert 'id="cannot" hidden' in page


async def test_a_harmony_phone_that_cannot_work_offline_is_given_paper_first(
    visitor: httpx.AsyncClient,
) -> None:
    page = await opened(visitor, HARMONY)
    assert "没有网络就打不开“上门”，不能离线记录" in page
    ways = page[page.index('id="cannot"') :]
    assert ways.index("用纸质记录表，一样有效") < ways.index("更新手机系统")
    assert "没有网络就打不开“上门”" not in await opened(visitor, ANDROID.format("139.0.0.0"))


@pytest.mark.parametrize(
    "user_agent",
    [
        ANDROID.format("97.0.4692.98"),
        IPHONE.format("15_8", "15.6.4"),
        ANDROID.format("66.0.3359.126"),
    ],
)
async def test_an_old_browser_gets_the_reason_and_the_paper_form_before_anything_else(
    visitor: httpx.AsyncClient, user_agent: str
) -> None:
    page = await opened(visitor, user_agent)
    assert "这个浏览器版本太旧" in page
    assert 'href="/enrol/paper"' in page
    assert '<div id="ways" hidden>' in page
    assert 'id="cannot" >' in page


async def test_another_browser_on_an_iphone_is_sent_to_safari(visitor: httpx.AsyncClient) -> None:
    page = await opened(
        visitor, IPHONE.format("17_4", "17.4").replace("Version/17.4", "CriOS/124.0")
    )
    assert "用苹果自带的 Safari 打开" in page
    assert '<div id="ways" hidden>' in page


async def test_an_iphone_gets_no_link_into_the_app_from_safari(visitor: httpx.AsyncClient) -> None:
    page = await opened(visitor, IPHONE.format("17_4", "17.4"))
    assert 'href="/app/"' not in page
    assert '<link rel="manifest" href="/enrol/app.webmanifest">' in page
    manifest = (await visitor.get("/enrol/app.webmanifest")).json()
    assert (manifest["start_url"], manifest["display"]) == ("/app/", "standalone")


async def test_the_kind_of_phone_can_be_chosen_by_hand(visitor: httpx.AsyncClient) -> None:
    page = await opened(visitor, WINDOWS_7, "/enrol?on=iphone")
    assert "苹果手机" in page
    assert '<div id="ways" >' in page  # an iPad says it is a Mac: the script sends it here
    assert "在这台电脑上打开" in await opened(visitor, WINDOWS_7, "/enrol?on=nonsense")


async def test_an_android_phone_is_offered_the_app_first_with_its_hash(
    visitor: httpx.AsyncClient, app_settings: Settings
) -> None:
    (app_settings.data_dir / "app").mkdir()
    (app_settings.data_dir / "app" / "doorstep.apk").write_bytes(APK)
    page = await opened(visitor, ANDROID.format("139.0.0.0"))
    assert page.index('href="/enrol/doorstep.apk"') < page.index('href="/app/"')
    shown = re.search(r'<p class="hash">([0-9A-F ]+)</p>', page)
    assert shown is not None
    assert bytes.fromhex(shown[1]) == hashlib.sha256(APK).digest()
    answer = await visitor.get("/enrol/doorstep.apk")
    assert answer.content == APK
    assert answer.headers["content-type"] == "application/vnd.android.package-archive"
    assert answer.headers["content-disposition"].startswith("attachment")
    (app_settings.data_dir / "app" / "doorstep.apk").write_bytes(APK + b"2")
    fresh = await opened(visitor, ANDROID.format("139.0.0.0"))
    assert shown[1] not in fresh


async def test_an_old_android_browser_is_offered_the_app_all_the_same(
    visitor: httpx.AsyncClient, app_settings: Settings
) -> None:
    (app_settings.data_dir / "app").mkdir()
    (app_settings.data_dir / "app" / "doorstep.apk").write_bytes(APK)
    page = await opened(visitor, ANDROID.format("71.0.3578.141"))
    assert (
        page.index('href="/enrol/doorstep.apk"')
        < page.index("这个浏览器版本太旧")
        < page.index('<div id="ways" hidden>')
    )


@pytest.mark.parametrize("user_agent", [IPHONE.format("17_4", "17.4"), HARMONY, WINDOWS_7])
async def test_nobody_else_is_offered_an_apk(
    visitor: httpx.AsyncClient, app_settings: Settings, user_agent: str
) -> None:
    (app_settings.data_dir / "app").mkdir()
    (app_settings.data_dir / "app" / "doorstep.apk").write_bytes(APK)
    assert "doorstep.apk" not in await opened(visitor, user_agent)


async def test_without_an_apk_there_is_none_to_download(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get("/enrol/doorstep.apk")).status_code == 404
    assert "doorstep.apk" not in await opened(visitor, ANDROID.format("139.0.0.0"))


@pytest.mark.parametrize(
    "user_agent", [HARMONY, IPHONE.format("17_4", "17.4"), ANDROID.format("139.0.0.0")]
)
async def test_a_server_without_the_web_app_shows_that_it_is_missing(
    visitor: httpx.AsyncClient, tmp_path: Path, user_agent: str
) -> None:
    (tmp_path / "build" / "app" / "index.html").unlink()
    page = await opened(visitor, user_agent)
    assert "还没有手机程序" in page
    assert 'href="/app/"' not in page
    assert "主屏幕" not in page
    assert 'rel="manifest"' not in page


@pytest.mark.parametrize("path", ["/enrol", "/enrol/paper", "/trust"])
async def test_the_pages_have_strict_headers_and_set_no_cookie(
    visitor: httpx.AsyncClient, path: str
) -> None:
    answer = await visitor.get(path, headers={"user-agent": ANDROID.format("139.0.0.0")})
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "form-action 'none'" in policy or "script-src 'none'" in policy
    assert ("script-src 'self'" in policy) is (path == "/enrol")
    assert (answer.headers["cache-control"], answer.headers["x-frame-options"]) == (
        "no-store",
        "DENY",
    )
    assert "set-cookie" not in answer.headers
    assert (
        re.search(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=\"(?!iphone)", answer.text)
        is None
    )


async def test_no_page_takes_anything_from_elsewhere(visitor: httpx.AsyncClient) -> None:
    for path in ("/enrol", "/enrol/paper", "/trust"):
        page = await opened(visitor, ANDROID.format("139.0.0.0"), path)
        assert re.search(r"(?:src|href)=\"(?:https?:)?//", page) is None


async def test_the_page_asks_for_everything_the_app_will_ask_for(
    visitor: httpx.AsyncClient,
) -> None:
    page = await opened(visitor, ANDROID.format("139.0.0.0"))
    scripts = re.findall(r'<script src="([^"]+)" defer></script>', page)
    assert [script.partition("?")[0] for script in scripts] == [
        "/static/browser_check.js",
        "/static/enrol.js",
    ]
    assert (await visitor.get(scripts[0])).content == CHECK.read_bytes()
    assert re.findall(r'<script[^>]* src="([^"]+)"', APP_PAGE.read_text("utf-8"))[0] == CHECK.name
    assert 'lacks("' not in (STATIC / "enrol.js").read_text("utf-8")


async def test_every_row_of_what_was_checked_is_asked_for(visitor: httpx.AsyncClient) -> None:
    asked = set(re.findall(r'lacks\("([^"]+)"', CHECK.read_text("utf-8")))
    page = await opened(visitor, ANDROID.format("139.0.0.0"))
    rows = set(re.findall(r'data-can="([^"]+)"', page))
    assert rows - asked == {"certificate", "others", "room"}


async def test_the_paper_form_has_the_apps_own_answers_but_none_of_the_sensitive_ones(
    visitor: httpx.AsyncClient,
) -> None:
    page = await opened(visitor, WINDOWS_7, "/enrol/paper")
    for code in (*PEOPLE, *DELIVERIES, *(c for c in REASONS if not c.sensitive)):
        assert f'<span class="box">{code.zh}</span>' in page
    assert not any(f'<span class="box">{c.zh}</span>' in page for c in REASONS if c.sensitive)


async def test_english_is_whole(visitor: httpx.AsyncClient, app_settings: Settings) -> None:
    tls.init(tls.folder(app_settings), "doorstep.lan", (), datetime.now(UTC))
    visitor.cookies.set("doorstep_language", "en")
    for user_agent in (
        INSIDE["微信"],
        HARMONY,
        IPHONE.format("17_4", "17.4"),
        ANDROID.format("139.0.0.0"),
        WINDOWS_7,
    ):
        page = await opened(visitor, user_agent)
        chinese = re.sub(r"<[^>]+>|上门|中文", "", re.sub(r'content="上门"', "", page))
        assert re.findall(r"[\u4e00-\u9fff]+", chinese) == []
    for path in ("/trust", "/enrol/paper"):
        chinese = re.sub(r"<[^>]+>|上门|中文|青槐县", "", await opened(visitor, HARMONY, path))
        assert re.findall(r"[\u4e00-\u9fff]+", chinese) == [], path


async def test_a_private_certificate_is_explained_before_it_is_needed(
    visitor: httpx.AsyncClient, app_settings: Settings
) -> None:
    assert 'href="/trust"' not in await opened(visitor, HARMONY)
    tls.init(tls.folder(app_settings), "doorstep.lan", (), datetime.now(UTC))
    assert 'href="/trust"' in await opened(visitor, HARMONY)
    page = await opened(visitor, IPHONE.format("17_4", "17.4"), "/trust")
    assert page.index("证书信任设置") < page.index("从存储设备安装")
    assert "只能用于 doorstep.lan" in page


def test_the_code_stands_where_no_server_ever_sees_it(
    services: Services, county: list[str]
) -> None:
    issued = phones.issue(services, "01", "甲", who="t")
    sent, _, kept = issued.url.partition("#")
    assert issued.code not in sent
    assert issued.code in kept
