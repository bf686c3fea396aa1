"""Accounts from 附件1 and 附件2: whom they name, ticked and corrected, then made at once."""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict

from shared.records.kind import Label
from sync_server.console.web import forms
from sync_server.console.web.access import ADMINS, Req, get_services, me
from sync_server.console.web.rendering import page
from sync_server.office import account_bulk
from sync_server.office import account_proposals as office
from sync_server.office.account_proposals import Chosen
from sync_server.store import units

STATES = {
    "new": Label("新建", "new"),
    "changed": Label("换了人", "somebody else now"),
    "elsewhere": Label("别校有同名账号", "a namesake elsewhere"),
    "area": Label("学校变了", "other schools now"),
    "off": Label("已停用", "disabled"),
    "waiting": Label("等激活", "to be activated"),
    "exists": Label("已有", "exists"),
}
ASKS = {
    "same_person": Label(
        "同名同号，在别校也是联络员：一所学校要一个账号，两个都建吗？",
        "same name and telephone at another school: an account each, shall both be made?",
    ),
    "same_name": Label(
        "别校也有这个姓名，缺电话分不出是不是同一人",
        "another school has this name, and no telephone tells them apart",
    ),
    "told_apart": Label("同名两人，按电话分开", "two people of one name, by their telephones"),
    "unclear": Label("不像姓名，请改正", "does not look like a name: correct it"),
}
ACTS = {
    "create": Label("建账号", "make an account"),
    "move": Label("把那个账号转到本校", "move that account here"),
    "area": Label("改成表里的学校", "give these schools"),
    "enable": Label("重新启用", "enable again"),
}
DONE = {
    "create": Label("已建，等激活", "made, to be activated"),
    "move": Label("已转到本校", "moved here"),
    "area": Label("学校已改", "has these schools now"),
    "enable": Label("已启用", "enabled"),
}


@get("/accounts/proposals", opt={"roles": ADMINS})
async def view(request: Req) -> Response[str]:
    """Everybody whom the tables name, and the accounts that they name no longer."""
    services = get_services(request)
    found = await services.read(lambda c: office.proposals(c, services.season))
    schools = await services.read(lambda c: units.units(c, services.season))
    return await page(
        request,
        "people_proposals.html",
        to_do=[row for row in found.rows if row.state in office.ACTS],
        there=[row for row in found.rows if row.state not in office.ACTS],
        unnamed=found.unnamed,
        states=STATES,
        asks=ASKS,
        acts=ACTS,
        may=office.ACTS,
        school_names={unit.code: unit.name for unit in schools},
    )


@post("/accounts/proposals", opt={"roles": ADMINS}, status_code=200)
async def take(request: Req) -> Response[str]:
    """Make what was ticked, and switch off what was ticked; each row says how it went."""
    services, form, who = get_services(request), await request.form(), me(request).name
    chosen = [_chosen(form, key) for key in dict.fromkeys(forms.many(form, "row"))]
    off = forms.many(form, "off")
    made = await asyncio.to_thread(office.take, services, chosen, who=who)
    ended = await asyncio.to_thread(account_bulk.disable, services, off, who=who)
    new = [r.outcome.name for r in made if r.act == "create" and r.outcome.problem is None]
    return await page(
        request, "people_taken.html", made=made, ended=ended, slips=new, done=DONE, acts=ACTS
    )


def _chosen(form: FormMultiDict, key: str) -> Chosen:
    return Chosen(
        key=key,
        act=forms.text(form, f"act-{key}", 20),
        sign_in=forms.text(form, f"sign_in-{key}", 60),
        shown=forms.text(form, f"shown-{key}", 60),
        seen=tuple(forms.text(form, f"units-{key}", 2000).split()),
    )


HANDLERS = (view, take)
