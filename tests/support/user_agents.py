"""What browsers on phones, and browsers inside other apps, call themselves."""

from __future__ import annotations

ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Mobile Safari/537.36"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS {} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/{} Mobile/15E148 Safari/604.1"
)
WEBVIEW = "Mozilla/5.0 (Linux; Android 13; V2) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36"
INSIDE = {
    "微信": f"{WEBVIEW} XWEB/1160065 MMWEBSDK/20231202 MicroMessenger/8.0.47.2560 WeChat/arm64 NetType/WIFI Language/zh_CN",
    "企业微信": f"{WEBVIEW} wxwork/4.1.22 MicroMessenger/7.0.1",
    "QQ": f"{WEBVIEW} V1_AND_SQ_8.9.85_4766_YYB_D QQ/8.9.85.12820 NetType/WIFI",
    "钉钉": f"{WEBVIEW} AliApp(DingTalk/7.0.40) com.alibaba.android.rimet/31",
    "微博": f"{WEBVIEW} Weibo (vivo-V2166A__weibo__13.12.2__android__android13)",
    "支付宝": f"{WEBVIEW} AlipayClient/10.5.30.8000 Language/zh-Hans",
    "飞书": f"{WEBVIEW} Lark/7.9.6 ChannelName/Feishu",
    "这个应用": WEBVIEW.replace("V2)", "V2; wv)"),
}
