"""What is set apart: each record beside what it conflicts with; the centre decides, a school reads.

A record is decided on its own: of several ticked ones, what cannot be done is named, the rest is
done.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.ids import show_case_code
from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import Season
from sync_server.console.parts.record_view import RecordView, describe
from sync_server.console.web import forms
from sync_server.console.web.access import CENTRE_STAFF, Req, get_services, me, school, scope_of
from sync_server.console.web.formatting import Words
from sync_server.console.web.rendering import (
    keep,
    language,
    notify,
    notify_problem,
    page,
    page_rows,
)
from sync_server.office import quarantine
from sync_server.office.quarantine import DECISIONS, Decided, Item
from sync_server.store import seasons, units
from sync_server.store.scope import Scope
from sync_server.store.stored_fact import StoredFact
from sync_server.store.units import UnitRow

SHOWS = {"waiting": Label("等处理", "to decide"), "resolved": Label("已处理", "resolved")}
WHY = {
    "fact.bad_signature": Label(
        "签名验不出是这部手机的", "the signature is not by this phone's key"
    ),
    "fact.chain_forked": Label(
        "和这部手机已上交的记录顺序对不上(多半是手机恢复过旧的数据)",
        "it does not continue what this phone handed in (probably it was put back to older data)",
    ),
    "fact.conflict": Label(
        "同一编号已经有内容不同的一条", "a record of the same id with other content is here"
    ),
    "fact.unreadable": Label("读不出完整的记录", "it is not a complete record"),
    "fact.out_of_bounds": Label("有的内容超出了范围", "something in it is out of bounds"),
    "fact.wrong_season": Label("属于别的年度", "it belongs to another season"),
    "case.unknown": Label("本校名单上没有这个人", "the person is on no list of the school"),
}
"""Why a record was set apart."""
NOW = {
    "": Label(
        "可以收下:计入进度,进入复核和下一版汇总",
        "It can be taken: it counts, and enters the review queue and the next version",
    ),
    "fact.bad_signature": Label(
        "不能收下:证明不了这些内容是这部手机签过的。可以请手机重交",
        "It cannot be taken: nothing proves that this phone signed it. The phone can be asked",
    ),
    "fact.conflict": Label(
        "不能收下:一个编号只能有一条。在册的有错,请老师用“改正”写明",
        "It cannot be taken: an id has one record. A wrong one in the ledger is corrected",
    ),
    "fact.unreadable": Label(
        "不能收下,手机重交也一样。请写明理由不收,并请老师另记一条",
        "It cannot be taken, nor sent again. Drop it with the reason, and have it recorded anew",
    ),
    "fact.out_of_bounds": Label(
        "不能收下,手机重交也一样。请写明理由不收,并请老师另记一条",
        "It cannot be taken, nor sent again. Drop it with the reason, and have it recorded anew",
    ),
    "fact.wrong_season": Label(
        "不能收在这个年度。手机登记到它的年度以后,可以请手机重交",
        "It cannot be taken in this season. Ask once the phone is enrolled for its own",
    ),
    "case.unknown": Label(
        "现在还不能收下。先导入名单,或把人归到这所学校,再回来收",
        "It cannot be taken yet. Import the list or place the person here, then come back",
    ),
}
"""What stands against taking a record now, and what can be done instead."""
HOW = {
    "taken": Label("已收下", "taken"),
    "dropped": Label("不收", "dropped"),
    "asked": Label("已请手机重交,还没有到", "the phone was asked; it has not come yet"),
    "arrived": Label("已重新收到", "it came once more and is stored"),
    "resent": Label(
        "手机换了密钥后又交来,见另一条", "the phone sent it under a new key: see the other row"
    ),
    "": Label("正确的一条已经收到", "the right record has come"),
}
"""How a record was resolved."""
DONE = {
    "take": Label("收下 {n} 条", "Taken: {n}"),
    "drop": Label("不收 {n} 条,老师同步后会看到理由", "Dropped: {n}; phones show the reason"),
    "ask": Label("请手机重交 {n} 条,下次同步时会交", "Asked for again: {n}, at the next sync"),
    "reopen": Label("重新打开 {n} 条", "Opened again: {n}"),
}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A record set apart as the page shows it; `beside`: the stored one it conflicts with."""

    item: Item
    name: str
    code: str
    link: str
    happened: str
    record: RecordView
    beside: RecordView | None
    beside_at: str = ""


@get("/quarantine", opt={"roles": CENTRE_STAFF})
async def view(
    request: Req,
    unit: FromQuery[str] = "",
    show: FromQuery[str] = "waiting",
    at: FromQuery[int] = 1,
    ticked: FromQuery[bool] = False,
) -> Response[str]:
    """What is set apart of all schools the account sees, or of one."""
    row = await school(request, unit) if unit else None
    return await _page(request, row, show, at, base="/quarantine", ticked=ticked)


@get("/schools/{unit:str}/quarantine")
async def of_school(
    request: Req,
    unit: FromPath[str],
    show: FromQuery[str] = "waiting",
    at: FromQuery[int] = 1,
) -> Response[str]:
    """What is set apart of one school, to read."""
    row = await school(request, unit)
    base = f"/schools/{unit}/quarantine"
    return await _page(request, row, show, at, base=base, in_menu=True)


async def _page(
    request: Req,
    row: UnitRow | None,
    show: str,
    at: int,
    *,
    base: str,
    ticked: bool = False,
    in_menu: bool = False,
) -> Response[str]:
    services, words = get_services(request), Words(language(request))
    scope, resolved = scope_of(request), show == "resolved"
    of = row.code if row else scope
    size = page_rows(request, quarantine.PAGE_SIZE)
    season = await services.read(lambda c: seasons.get(c, services.season))
    schools = await services.read(lambda c: units.within(c, services.season, scope))
    waiting, done = await asyncio.to_thread(quarantine.counts, services, of)
    found, pages = await asyncio.to_thread(
        lambda: quarantine.listed(services, of, resolved=resolved, page=at, size=size)
    )
    values: dict[str, Any] = {
        "found": [_shown(item, season, words, scope) for item in found],
        "asked": any("reopen" in item.may for item in found),
        "counts": {"waiting": waiting, "resolved": done},
        "show": "resolved" if resolved else "waiting",
        "at": min(max(1, at), pages),
        "pages": pages,
        "base": base,
        "chosen": row,
        "schools": schools,
        "ticked": ticked,
        "may": base == "/quarantine",
        "shows": SHOWS,
        "why": WHY,
        "against": NOW,
        "how": HOW,
    }
    return await page(request, "quarantine.html", unit=row if in_menu else None, **values)


@post("/quarantine", opt={"roles": CENTRE_STAFF}, status_code=303)
async def decide(request: Req) -> Redirect:
    """Take, drop, ask or open again what is ticked."""
    services, form, who = get_services(request), await request.form(), me(request).shown
    scope = scope_of(request)
    chosen, reason = forms.many(form, "row"), forms.text(form, "reason", quarantine.MOST_REASON)
    pressed = forms.text(form, "verdict", 20)
    names = [n for n in ("unit", "show", "at") if forms.text(form, n)]
    query = urlencode({name: forms.text(form, name, 20) for name in names})
    back = Redirect(f"/quarantine?{query}" if query else "/quarantine", status_code=303)
    decision = next((d for d in DECISIONS if d == pressed), None)
    try:
        if decision is None:
            raise ProblemError("review.verdict_missing")
        result = await asyncio.to_thread(
            lambda: quarantine.decide(services, chosen, decision, reason, scope=scope, who=who)
        )
    except ProblemError as problem:
        notify_problem(request, problem)
        keep(request, {"reason": reason})
        return back
    if result.done:
        notify(request, *DONE[decision], n=result.done)
    _notify_refused(request, result, reason)
    return back


def _notify_refused(request: Req, result: Decided, reason: str) -> None:
    """Name what could not be done, each kind of reason once."""
    if not result.refused:
        return
    keep(request, {"reason": reason})
    words = Words(language(request))
    by_code = {problem.code: problem for problem in result.refused.values()}
    named = words(";", "; ").join(
        words.plain(words.label(WHY, code) if code in WHY else problem.message(words.language))
        for code, problem in by_code.items()
    )
    notify(
        request,
        "{n} 条没有处理:{named}",
        "Not decided: {n} ({named})",
        tone="bad",
        n=len(result.refused),
        named=named,
    )


def _shown(item: Item, season: Season, words: Words, scope: Scope) -> Shown:
    case = item.case
    theirs = case is not None and not scope.sees(case.school)
    if case is None or theirs:
        name = code = link = ""
    else:
        name, code = case.borrower.name, show_case_code(case.code) if case.code else ""
        link = f"/cases/{case.id}"
    beside = item.beside if item.beside and _may_see(item, item.beside, scope, theirs) else None
    return Shown(
        item=item,
        name=name,
        code=code,
        link=link,
        happened=words.moment(item.fact.happened_at) if item.fact else "",
        record=describe(item.fact, season, words, masked=True)
        if item.fact
        else _unread(item, words),
        beside=describe(beside.fact, season, words, masked=True) if beside else None,
        beside_at=beside.received_at if beside else "",
    )


def _may_see(item: Item, beside: StoredFact, scope: Scope, theirs: bool) -> bool:
    """Whether an account sees the stored record: of the same phone, or of a person it sees."""
    if scope.is_county or beside.device == item.row.device:
        return True
    return not theirs and item.case is not None and beside.fact.case == item.case.id


def _unread(item: Item, words: Words) -> RecordView:
    """Describe bytes that are not a record: what could be read of them, and their number."""
    data, fields = item.row.data, []
    fields.append((words("大小", "size"), words("{n} 字节", "{n} bytes", n=f"{len(data):,}")))
    try:
        read = msgspec.json.decode(data)
    except (ValueError, RecursionError):
        read = None
    if isinstance(read, dict):
        named = [str(name)[:20] for name in list(read)[:10]]
        has = words("有这些内容", "it has")
        fields.append((has, words("、", ", ").join(named) or words("没有", "nothing")))
        missing = [n for n in ("id", "season", "kind", "case", "body") if n not in read]
        lacks = words("缺", "it lacks")
        fields.append((lacks, words("、", ", ").join(missing) or words("没有缺", "nothing")))
    else:
        fields.append(
            (words("内容", "content"), words("不是记录的格式", "not the form of a record"))
        )
    return RecordView(kind=words("读不出", "unreadable"), fields=tuple(fields))


HANDLERS = (view, of_school, decide)
