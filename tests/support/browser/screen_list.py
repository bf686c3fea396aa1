"""Every screen of the app: what it is called, which component draws it, and how a person gets there.

A test keeps the components whole against mobile/ui/routes.py and window.py (tests/mobile/ui/test_screen_list.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shared.ids import case_code
from sync_server.sample.pictures import draw_slip
from tests.support.browser import fake_camera
from tests.support.browser.driver import PIN, Screen
from tests.support.browser.screen_phones import CALLED

WRONG_PIN = "280416"
CAMERA_ON = (
    "[...document.querySelectorAll('video')].some(v => v.readyState >= 2 && v.videoWidth > 0)"
)
BETWEEN, BETWEEN_WORDS = "/more/about", "这里不收钱"
GO = (
    "path => { History.prototype.pushState.call(history, null, '', path);"
    " dispatchEvent(new PopStateEvent('popstate')) }"
)
"""As an address typed by hand: past assets/web/history.js, which keeps the way back short."""


NAMES_HIDDEN = "姓名和住址已遮住"


@dataclass
class Walk:
    """A window on one phone, and what its camera sees."""

    screen: Screen
    film: Path

    def at(self, path: str, words: str) -> Screen:
        """Go to a path inside the app (no reload), names shown, and wait for `words`.

        By way of a page of its own: nobody gets from one form to another's in one step, and what scrolls starts anew.
        """
        self.screen.page.evaluate(GO, BETWEEN)
        self.screen.see(BETWEEN_WORDS)
        if NAMES_HIDDEN in self.screen.text():  # since somebody else was spoken to
            self.screen.tap("显示姓名和住址").gone(NAMES_HIDDEN)
        self.screen.page.evaluate(GO, path)
        return self.screen.see(words)

    def camera(self, *, of: int = 10, sharp: bool = True) -> Screen:
        """The viewfinder over the slip of case `of`, from the form that is open."""
        code = case_code("QH07", of)
        slip = draw_slip(
            code,
            seed=2,
            name_masked="王*",
            school="青山乡中心小学",
            notice_no="QH07-0042",
            sharp=sharp,
        )
        fake_camera.show(self.film, slip)
        self.screen.tap("拍签收单").see("把纸放进白框").page.wait_for_function(
            CAMERA_ON, timeout=90_000
        )
        return self.screen


@dataclass(frozen=True)
class Shown:
    """One picture.

    `component`: what draws it, for a form `form` and its name; `phone`: a kind of
    tests/support/browser/screen_phones.py; `end`: scrolled to its foot at every size.
    """

    name: str
    component: str
    line: str
    phone: str
    go: Callable[[Walk], object]
    end: bool = False


def _lock(walk: Walk) -> None:
    walk.at("/more", "现在就锁上").tap("现在就锁上").see("上门已锁定")


def _wait(walk: Walk) -> None:
    screen = walk.screen.tap("回到锁屏").see("上门已锁定")
    for _ in range(5):
        screen.keys(WRONG_PIN).page.wait_for_timeout(1200)
    screen.see("秒再试")


def _wrong_slip(walk: Walk) -> None:
    walk.at("/cases/c0010/deliver", "怎样送的？").tap("当面送达")
    walk.camera(of=4).tap("拍照").see("这张没有留下")


def _blurred(walk: Walk) -> None:
    walk.screen.tap("拍照").see("照片有点糊")


def _finder(walk: Walk) -> None:
    walk.at("/cases/c0010/deliver", "怎样送的？").tap("当面送达")
    walk.camera(sharp=False)


SCREENS: tuple[Shown, ...] = (
    Shown(
        "first-start",
        "FirstStart",
        "第一次打开：字够大吗？",
        "new",
        lambda w: w.screen.see("字够大吗？"),
    ),
    Shown(
        "pin",
        "FirstStart",
        "设解锁密码",
        "new",
        lambda w: w.screen.tap("够大了，下一步").see("设一个 6 位解锁密码").keys("28"),
    ),
    Shown(
        "enrol",
        "Enrol",
        "登记这部手机",
        "new",
        lambda w: w.screen.keys(PIN[2:]).see("再输一次").keys(PIN).see("老师，您好"),
    ),
    Shown(
        "today-no-list", "Today", "今日：还没有名单", "no-list", lambda w: w.at("/", "还没有名单")
    ),
    Shown("today", "Today", "今日", "sent", lambda w: w.at("/", "接下来")),
    Shown(
        "outbox-sent",
        "Outbox",
        "同步：全部已上交",
        "sent",
        lambda w: w.at("/outbox", "全部已上交，可以放心"),
    ),
    Shown(
        "sign-out",
        "SignOut",
        "退出登录：都已上交",
        "sent",
        lambda w: w.at("/more/sign-out", "先不退出"),
    ),
    Shown(
        "storage-free",
        "Storage",
        "存储：可以清出空间",
        "sent",
        lambda w: w.at("/more/storage", "现在清出空间"),
    ),
    Shown("today-returned", "Today", "今日：有一条被退回", "used", lambda w: w.at("/", "接下来")),
    Shown("cases", "CaseList", "名单", "used", lambda w: w.at("/cases", "共 12 人")),
    Shown(
        "cases-none",
        "CaseList",
        "名单：没有找到",
        "used",
        lambda w: w.screen.type("找人：姓名、拼音首字母、村或编号", "郑").see("没有符合的人"),
    ),
    Shown(
        "case",
        "Case",
        "一个人：先问在和谁说话",
        "used",
        lambda w: w.at("/cases/c0003", "要记什么？"),
    ),
    Shown(
        "case-self",
        "Case",
        "一个人：对本人可以说金额",
        "used",
        lambda w: w.at("/cases/c0001", "要记什么？").tap("本人").see("今年应还"),
    ),
    Shown(
        "case-neighbour",
        "Case",
        "一个人：对邻居什么也不说",
        "used",
        lambda w: w.at("/cases/c0012", "要记什么？").tap("邻居").see("先别找邻居、村干部"),
    ),
    Shown(
        "case-history",
        "Case",
        "一个人：电话、记录",
        "used",
        lambda w: w.at("/cases/c0003", "要记什么？"),
        end=True,
    ),
    Shown(
        "day",
        "Day",
        "今天交了什么",
        "used",
        lambda w: w.at("/outbox/day", "学校已收到"),
    ),
    Shown(
        "case-returned",
        "Case",
        "一个人：学校退回了一条",
        "used",
        lambda w: w.at("/cases/c0002", "学校退回了您的一条记录"),
    ),
    Shown(
        "record",
        "Record",
        "一条记录：全文、照片、学校怎么说",
        "used",
        lambda w: w.screen.tap("看全文").see("送达人"),
    ),
    Shown(
        "correct",
        "Correct",
        "改正记录",
        "used",
        lambda w: w.screen.tap("改正").see("为什么要改？"),
    ),
    Shown(
        "call-card",
        "Case",
        "打完电话，一点就记",
        "used",
        lambda w: w.at(f"/cases/{CALLED}", "刚才的电话打通了吗？"),
    ),
    Shown(
        "deliver",
        "form deliver",
        "送达通知书",
        "used",
        lambda w: w.at("/cases/c0010/deliver", "怎样送的？"),
    ),
    Shown(
        "deliver-refused",
        "form deliver",
        "送达：拒签",
        "used",
        lambda w: (
            w.at("/cases/c0011/deliver", "怎样送的？")
            .tap("当面送达")
            .tap("拒签")
            .see("不签也没关系")
        ),
    ),
    Shown("photo", "Photo", "拍照", "used", _finder),
    Shown("photo-blurred", "Photo", "拍照：有点糊", "used", _blurred),
    Shown("photo-wrong", "Photo", "拍照：拿错了别人的签收单", "used", _wrong_slip),
    Shown(
        "visit",
        "form visit",
        "上门走访",
        "used",
        lambda w: (
            w.at("/cases/c0006/visit", "见到了谁？").tap("本人").tap("承诺还款").see("说好哪天还？")
        ),
    ),
    Shown(
        "visit-end",
        "form visit",
        "上门走访：下半页",
        "used",
        lambda w: w.at("/cases/c0006/visit", "见到了谁？"),
        end=True,
    ),
    Shown(
        "statement",
        "form statement",
        "情况说明",
        "used",
        lambda w: w.at("/cases/c0004/statement", "是什么原因？"),
    ),
    Shown(
        "attempt",
        "form attempt",
        "电话联系",
        "used",
        lambda w: w.at("/cases/c0001/attempt", "打通了吗？"),
    ),
    Shown(
        "update",
        "form update",
        "新联系方式",
        "used",
        lambda w: w.at("/cases/c0001/update", "哪一项变了？"),
    ),
    Shown(
        "outbox",
        "Outbox",
        "同步：未上交、被退回、未被接收",
        "used",
        lambda w: w.at("/outbox", "等待上交"),
    ),
    Shown(
        "hand-over",
        "Outbox",
        "没有网络：用文件上交",
        "used",
        lambda w: w.at("/outbox", "等待上交"),
        end=True,
    ),
    Shown(
        "enrol-again",
        "Enrol",
        "重新登记：没上交的接着用",
        "used",
        lambda w: w.at("/outbox/enrol", "登记码"),
    ),
    Shown(
        "policy", "Policy", "政策与上门用语", "used", lambda w: w.at("/more/policy", "上门怎么说")
    ),
    Shown(
        "script",
        "PolicyPageScreen",
        "一页用语：对方不愿意",
        "used",
        lambda w: w.at("/more/policy/refused", "可以这样说"),
    ),
    Shown("more", "More", "更多", "used", lambda w: w.at("/more", "现在就锁上")),
    Shown(
        "more-end", "More", "更多：下半页", "used", lambda w: w.at("/more", "现在就锁上"), end=True
    ),
    Shown("storage", "Storage", "存储", "used", lambda w: w.at("/more/storage", "手机还剩")),
    Shown("help", "Help", "使用帮助", "used", lambda w: w.at("/more/help", "忘记密码、换手机")),
    Shown("done", "Done", "今天办的", "used", lambda w: w.at("/done", "今天办了")),
    Shown("about", "About", "关于", "used", lambda w: w.at("/more/about", "林秀英")),
    Shown(
        "sign-out-unsent",
        "SignOut",
        "退出登录：还有没上交的",
        "used",
        lambda w: w.at("/more/sign-out", "先去同步"),
    ),
    Shown(
        "change-pin",
        "ChangePin",
        "更换解锁密码",
        "used",
        lambda w: w.at("/more/pin", "先输入现在的密码"),
    ),
    Shown("lock", "Lock", "锁着", "used", _lock),
    Shown(
        "recovery",
        "Lock",
        "忘记密码",
        "used",
        lambda w: w.screen.tap("忘记密码？").see("恢复码（8 位数字）"),
    ),
    Shown("lock-wait", "Lock", "锁着：密码多次不对", "used", _wait),
    Shown(
        "visit-evening",
        "form visit",
        "上门走访：晚上十点以后",
        "evening",
        lambda w: w.at("/cases/c0001/visit", "现在不在 8:00–22:00 之间"),
    ),
    Shown(
        "today-over", "Today", "今日：今年结束以后", "over", lambda w: w.at("/", "今年的走访结束了")
    ),
)
"""In the order they are walked; `phone` keeps one phone's screens together."""
