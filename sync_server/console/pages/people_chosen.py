"""What is done with the accounts ticked on their page: shown first, then done, then told by row."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Response, post
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.console.parts import started
from sync_server.console.web import forms
from sync_server.console.web.access import ADMINS, Req, get_services, me
from sync_server.console.web.rendering import notify, notify_problem, page
from sync_server.console.web.works import Work
from sync_server.office import account_bulk, account_links, account_slips
from sync_server.office.account_bulk import Outcome
from sync_server.store import account_states, accounts
from sync_server.store.database import Connection

DOES = {
    "slips": Label("打印激活单", "Print slips"),
    "reset": Label("重设", "Reset"),
    "disable": Label("停用", "Disable"),
    "enable": Label("重新启用", "Enable"),
}
DONE = {
    "reset": Label("已重设，等激活", "reset, to be activated"),
    "disable": Label("已停用", "disabled"),
    "enable": Label("已启用", "enabled"),
}
SLIPS = Label("排激活单", "Making the slips")
VERBS = {
    "reset": account_bulk.reset,
    "disable": account_bulk.disable,
    "enable": account_bulk.enable,
}


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A ticked account, and why nothing will be done with it."""

    name: str
    shown: str
    role: str
    problem: ProblemError | None = None


@post("/accounts/chosen", opt={"roles": ADMINS}, status_code=200)
async def preview(request: Req) -> Response[str] | Redirect:
    """Show what will be done with each ticked account, and with which nothing."""
    services, form, who = get_services(request), await request.form(), me(request).name
    do, names = forms.text(form, "do", 20), _names(forms.many(form, "name"))
    if do not in DOES or not names:
        notify(request, "请先在左边勾选账号", "Tick accounts on the left first", tone="bad")
        return Redirect("/accounts", status_code=303)
    planned = await services.read(lambda c: _plan(c, do, names, who))
    return await page(request, "people_chosen.html", do=do, does=DOES, planned=planned)


def _plan(connection: Connection, do: str, names: list[str], who: str) -> list[Planned]:
    found = {account.name: account for account in accounts.named(connection, names)}
    planned = []
    for name in names:
        account = found.get(name)
        problem = None
        if account is None:
            problem = ProblemError("auth.account_gone", name=name)
        elif do in ("reset", "disable") and name == who:
            problem = ProblemError("auth.own_account")
        elif do in ("reset", "disable") and account_states.is_last_admin(connection, name):
            problem = ProblemError("auth.last_admin")
        elif do == "slips" and account.disabled_at:
            problem = ProblemError("auth.account_disabled")
        elif do == "slips" and not account.waiting:
            problem = ProblemError("auth.account_active", name=name)
        shown, role = (account.shown, account.role) if account else (name, "")
        planned.append(Planned(name=name, shown=shown, role=role, problem=problem))
    return planned


@post("/accounts/do", opt={"roles": ADMINS}, status_code=200)
async def do_it(request: Req) -> Response[str] | Redirect:
    """Reset, disable or enable; a refused account stops no other."""
    services, form, who = get_services(request), await request.form(), me(request).name
    do, names = forms.text(form, "do", 20), _names(forms.many(form, "name"))
    if do not in VERBS:
        return Redirect("/accounts", status_code=303)
    outcomes: list[Outcome] = await asyncio.to_thread(VERBS[do], services, names, who=who)
    shown = await services.read(lambda c: accounts.names_of(c, names))
    return await page(
        request,
        "people_done.html",
        title=DOES[do],
        rows=[(shown.get(one.name, one.name), one) for one in outcomes],
        did=DONE[do],
        slips=[one.name for one in outcomes if one.problem is None] if do == "reset" else [],
    )


@post("/accounts/slips", opt={"roles": ADMINS}, status_code=200)
async def slips(request: Req) -> Response[Any]:
    """Make new links on slips and answer the PDF, which is stored nowhere."""
    form, who, origin = await request.form(), me(request).name, _origin(request)
    names = _names(forms.many(form, "name"))
    if not names:
        return Redirect("/accounts", status_code=303)

    async def show(request: Req, work: Work) -> Response[Any]:
        try:
            pdf = work.result()
        except ProblemError as problem:
            notify_problem(request, problem)
            return Redirect("/accounts", status_code=303)
        return forms.download(pdf, "账号激活单.pdf", "application/pdf", inline=True)

    return await started.start(
        request,
        f"account-slips {' '.join(names)}",
        lambda services: account_slips.print_slips(services, names, who=who, origin=origin),
        show,
        title=SLIPS,
        of=Label(f"{len(names)} 张", f"{len(names)}"),
        back="/accounts",
    )


@post("/accounts/link", opt={"roles": ADMINS}, status_code=200)
async def link(request: Req) -> Response[str] | Redirect:
    """Show a new link of one account, once: for somebody who sits beside you."""
    services, who = get_services(request), me(request).name
    name, origin = forms.text(await request.form(), "name", 60), _origin(request)
    try:
        made = await asyncio.to_thread(
            account_links.give_out, services, name, who=who, origin=origin
        )
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect("/accounts", status_code=303)
    return await page(request, "people_link.html", link=made, real_now=services.settings.real_now())


def _names(given: list[str]) -> list[str]:
    return list(dict.fromkeys(name[:60] for name in given))


def _origin(request: Req) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


HANDLERS = (preview, do_it, slips, link)
