"""The notice's clauses in one list, and the steps that show each: clause, page, evidence.

A step is a function of the county, decorated with its day, its clause and the page that shows it; what it returns is
the evidence, read from that page or from a file. It fails where it never opened that page.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.browser.notice_walk import Walk

CLAUSES = {
    "三1 梳理系统": "11月18日起,中心梳理银行系统的还款数据",
    "三1 核对数据": "逐个核对学生的数据",
    "三1 分辖区名单": "形成全县名单,分到各辖区",
    "三1 名单下发": "11月20日前把名单发到各校",
    "三2 填通知书": "11月25日起,学校照名单填写通知书",
    "三2 一周内送达": "12月1日前送到学生或家长手里",
    "三2 无论何种方式": "无论用什么方式,通知书必须送到",
    "三2 签收": "收到的人在通知书下方的签收单上签字",
    "三2 签收单上交": "11月29日前,签收单交到包联同志手里",
    "三3 按程序收缴": "12月2日起,中心按程序收缴(银行、支付宝、省里代扣)",
    "三3 随时掌握": "随时掌握还款情况,做好统计",
    "三3 解释政策": "解释政策,服务学生和家长",
    "三4 每天反馈": "12月11日起,每天把还款情况反馈给各校",
    "三4 专人上门": "学校派专人上门走访",
    "三4 多次走访": "一次不行就多次,直到还清",
    "三4 查明原因": "有特殊情况的,查明原因",
    "三4 逐人说明盖章": "12月18日前逐人说明,加盖学校公章",
    "三4 报中心": "报县资助中心",
    "三4 汇总上报": "中心汇总,报省教育厅和开发银行陕西省分行",
    "四1 宣传": "短信平台、会议、政策明白纸,人人知晓",
    "四1 教师会议": "教师会上讲清楚",
    "四2 领导小组": "各校成立领导小组,主要领导负责,一名联络员负责",
    "四2 长效机制": "建立长效机制",
    "四3 文明用语": "教育为先、诚信为先,注意方式方法",
    "四3 保护隐私": "保护学生信息和隐私,依法合规",
    "四3 只看遮挡": "看得到全县的人也只看得到该看的",
    "四4 督查": "领导小组组织督查",
    "四4 通报": "送达和还款情况全县通报",
    "四4 年终考核": "通报结果计入学校年终考核",
    "四4 约谈": "约谈进度落后的学校负责人",
    "附件1": "各校分管领导和联络员联系表,11月19日前报",
    "附件2": "包联辖区划分表",
    "附件3": "还款通知书和签收单",
    "附件4": "还款政策",
    "日期:签收单": "签收单(11月29日)比送达(12月1日)早截止",
    "日期:走访": "走访(12月18日)比应还日(12月20日)早结束",
    "日期:缺字": "网页上的日期缺了“月”:1118日、121日、122日",
}
"""Written from the notice: key, and what it asks."""


class Step(NamedTuple):
    """What shows one clause on one day."""

    day: str
    clause: str
    page: str
    do: Callable[[Any], str]


class Row(NamedTuple):
    """A line of the table that the run prints."""

    clause: str
    page: str
    evidence: str


STEPS: list[Step] = []
AFTERNOON = "17:00"


def shows(day: str, clause: str, page: str) -> Callable[[Callable[[Any], str]], Any]:
    """Register a step: `day` as 11-18 (in the afternoon) or 12-11T08:00, `page` with {unit}, {id} for what varies."""
    if clause not in CLAUSES:
        raise KeyError(clause)

    def keep(do: Callable[[Any], str]) -> Callable[[Any], str]:
        STEPS.append(Step(day, clause, page, do))
        return do

    return keep


def moment(day: str) -> str:
    """A day of a step with its time, which is the afternoon where none is given."""
    return day if "T" in day else f"{day}T{AFTERNOON}"


def days() -> Iterator[tuple[str, list[Step]]]:
    """The days in order, each with its steps as they were written."""
    for day in sorted({step.day for step in STEPS}, key=moment):
        yield moment(day), [step for step in STEPS if step.day == day]


def run(step: Step, county: Walk) -> Row:
    """Do a step; its evidence must come from the page that it names."""
    county.opened.clear()
    evidence = step.do(county)
    pattern = re.sub(r"\\{\w+\\}", "[^/?]+", re.escape(step.page)) + r"(\?.*)?(#.*)?"
    assert any(re.fullmatch(pattern, path) for path in county.opened), (
        f"{step.do.__name__} never opened {step.page} but {county.opened}"
    )
    assert evidence.strip(), f"{step.do.__name__} shows nothing"
    return Row(step.clause, step.page, evidence)


def columns(found: Iterable[Step | Row]) -> list[tuple[str, str]]:
    """Clause and page of steps or rows, in the notice's order: what the table in the docs begins with."""
    order = list(CLAUSES)
    ordered = sorted(found, key=lambda one: order.index(one.clause))
    return [(f"**{one.clause}** {CLAUSES[one.clause]}", f"`{one.page}`") for one in ordered]


def table(rows: Sequence[Row]) -> str:
    """The table as Markdown, in the notice's order."""
    order = list(CLAUSES)
    evidence = [row.evidence for row in sorted(rows, key=lambda row: order.index(row.clause))]
    lines = ["| 通知的条款 | 页面 | 这一次看到的 |", "|---|---|---|"]
    for (clause, page), said in zip(columns(rows), evidence, strict=True):
        lines.append(f"| {clause} | {page} | {said.replace('|', '/')} |")
    return "\n".join(lines) + "\n"


class Watched:
    """What this process itself opened and started during the walk."""

    def __init__(self) -> None:
        self.databases: list[str] = []
        self.started: list[list[str]] = []
        self.files: list[str] = []


_watching: list[tuple[Watched, str]] = []


def _hear(event: str, given: tuple[Any, ...]) -> None:
    if not _watching:
        return
    watched, data = _watching[-1]
    if event == "sqlite3.connect":
        watched.databases.append(str(given[0]))
    elif event == "subprocess.Popen":
        watched.started.append([str(part) for part in given[1]])
    elif event == "open" and isinstance(given[0], str | bytes):
        path = given[0].decode() if isinstance(given[0], bytes) else given[0]
        if path.startswith(data):
            watched.files.append(path)


sys.addaudithook(_hear)


@contextmanager
def watching(data: Path) -> Iterator[Watched]:
    """Note every database, process and file of the server's folder that this process opens itself."""
    watched = Watched()
    _watching.append((watched, str(data)))
    try:
        yield watched
    finally:
        _watching.pop()
