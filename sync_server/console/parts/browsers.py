"""Guess from the User-Agent which page of /enrol helps a phone; the page itself checks again.

Unknown ones are taken for a good browser on a desktop.
"""

from __future__ import annotations

import re

import msgspec

from shared.records.kind import Label

ANDROID, IPHONE, HARMONY, DESKTOP = "android", "iphone", "harmony", "desktop"
OLDEST_CHROME = 98
OLDEST_SAFARI = 16
"""structuredClone came with Chrome 98 (the Python runtime needs it). On an iPhone the app has been
offered from iOS 16 on; what earlier ones can do has not been tried.
"""
_IN_APP = (
    ("wxwork/", Label("企业微信", "WeCom")),
    ("MicroMessenger", Label("微信", "WeChat")),
    ("DingTalk", Label("钉钉", "DingTalk")),
    ("Weibo", Label("微博", "Weibo")),
    (" QQ/", Label("QQ", "QQ")),
    ("AlipayClient", Label("支付宝", "Alipay")),
    ("Lark/", Label("飞书", "Lark")),
    ("Feishu/", Label("飞书", "Feishu")),
    ("aweme", Label("抖音", "Douyin")),
    ("NewsArticle", Label("今日头条", "Toutiao")),
    ("baiduboxapp", Label("百度", "Baidu")),
    ("Kwai", Label("快手", "Kuaishou")),
    ("xhsdiscover", Label("小红书", "Xiaohongshu")),
    ("; wv)", Label("这个应用", "this app")),
)
"""Apps that show pages in a window of their own and install nothing; the first that fits."""
_NOT_SAFARI = (
    "CriOS",
    "FxiOS",
    "EdgiOS",
    "MQQBrowser",
    "UCBrowser",
    "Quark",
    "baidubrowser",
    "OPiOS",
    "HuaweiBrowser",
)


_SYSTEMS = {ANDROID: "Android", IPHONE: "iPhone", HARMONY: "HarmonyOS", DESKTOP: "PC"}
_BROWSERS = (
    ("Huawei", r"HuaweiBrowser/(\d+)"),
    ("Edge", r"Edg(?:A|iOS)?/(\d+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"(?:Chrome|CriOS)/(\d+)"),
    ("Safari", r"Version/(\d+(?:\.\d+)?).* Safari/"),
)


class Browser(msgspec.Struct, frozen=True, kw_only=True):
    """What a User-Agent says.

    `system`: android, iphone (and iPad), harmony, desktop. `in_app`: the name of the app that shows
    the page, or None. `too_old`: a version that lacks what the app needs. `safari`: on an iPhone,
    Safari itself.
    """

    system: str
    in_app: Label | None = None
    too_old: bool = False
    safari: bool = False


def identify(user_agent: str) -> Browser:
    """What this User-Agent stands for."""
    system = _system(user_agent)
    found = next((name for mark, name in _IN_APP if mark in user_agent), None)
    return Browser(
        system=system,
        in_app=found,
        too_old=_too_old(user_agent, system),
        safari=system == IPHONE
        and "Safari/" in user_agent
        and not any(mark in user_agent for mark in _NOT_SAFARI),
    )


def in_words(user_agent: str) -> str:
    """A phone's system and browser in a few words, such as `Android · Chrome 139`."""
    found = ((name, re.search(mark, user_agent)) for name, mark in _BROWSERS)
    browser = next((f"{name} {version[1]}" for name, version in found if version), "")
    return " · ".join(filter(None, (_SYSTEMS[_system(user_agent)], browser)))


def _system(user_agent: str) -> str:
    if "iPhone" in user_agent or "iPad" in user_agent or "iPod" in user_agent:
        return IPHONE
    if "Android" in user_agent:  # HarmonyOS up to 4 says both, and runs an APK
        return ANDROID
    return HARMONY if "OpenHarmony" in user_agent or "ArkWeb" in user_agent else DESKTOP


def _too_old(user_agent: str, system: str) -> bool:
    """By the system on an iPhone (all its browsers are WebKit), else by Chromium's version."""
    if system == IPHONE:
        version = re.search(r"OS (\d+)_", user_agent)
        return version is not None and int(version[1]) < OLDEST_SAFARI
    chrome = re.search(r"Chrome/(\d+)", user_agent)
    return chrome is not None and int(chrome[1]) < OLDEST_CHROME
