"""Policy pages (附件4) and door scripts: list, edit with preview, editions, restore."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.policy import SCRIPT, PolicyPage, find
from shared.problems import ProblemError
from sync_server.console.parts import policy_view
from sync_server.console.parts.policy_view import (
    NAMES,
    ON_PHONE,
    WHAT,
    in_page_words,
    notify_saved,
)
from sync_server.console.web import forms
from sync_server.console.web.access import ADMINS, Req, get_services, me
from sync_server.console.web.rendering import notify, notify_problem, page
from sync_server.office import policy, policy_text
from sync_server.office.policy_text import FIELDS
from sync_server.store import policy as store

MAX_FIELD_CHARACTERS = 20_000
"""Characters read of a field: more than may be saved, so that a longer text is refused, not cut."""


@get("/policy", opt={"roles": ADMINS})
async def view(request: Req) -> Response[str]:
    """Both sections in order, and who changed what."""
    texts = await policy_view.load(request)
    return await page(request, "policy.html", texts=texts, names=NAMES, what=WHAT, where=ON_PHONE)


@get("/policy/new", opt={"roles": ADMINS})
async def new(request: Req, section: FromQuery[str] = SCRIPT) -> Response[str]:
    """An empty form; the page's key is made with it, so that a form sent twice makes one page."""
    return await _form(
        request, policy_text.page_from_form(f"own-{secrets.token_hex(4)}", section, {}), base=""
    )


@get("/policy/pages/{key:str}", opt={"roles": ADMINS})
async def edit(request: Req, key: FromPath[str]) -> Response[str]:
    """The form over the text in force. Raises: ProblemError policy.gone."""
    found = find((await policy_view.load(request)).pages, key)
    if found is None:
        raise ProblemError("policy.gone")
    return await _form(request, found, base=policy_text.fingerprint(found))


async def _form(
    request: Req,
    draft: PolicyPage,
    *,
    base: str,
    typed: dict[str, str] | None = None,
    status: int = 200,
    **more: Any,
) -> Response[str]:
    """Show the form with what was typed, and its preview."""
    texts = await policy_view.load(request)
    text = {"zh": "\n".join(draft.zh), "en": "\n".join(draft.en)}
    shown: dict[str, Any] = {
        "problem": None,
        "field": "",
        "theirs": None,
        "previewed": False,
        **more,
    }
    return await page(
        request,
        "policy_page.html",
        status=status,
        draft=draft,
        base=base,
        fields=FIELDS,
        texts=texts,
        names=NAMES,
        raw=typed or {"title_zh": draft.title_zh, "title_en": draft.title_en, **text},
        stands=find(texts.pages, draft.key),
        where=ON_PHONE,
        longest=policy_text.MAX_CHARACTERS,
        printed=policy_text.PRINTED_LIMITS,
        **shown,
    )


@post("/policy/pages/{key:str}", opt={"roles": ADMINS}, status_code=200)
async def put(request: Req, key: FromPath[str]) -> Response[str] | Redirect:
    """Save or preview a page; what cannot be saved is shown again as typed."""
    form, services, who = await request.form(), get_services(request), me(request).name
    typed = {name: _raw(form, name) for name in FIELDS}
    draft, base = (
        policy_text.page_from_form(key, forms.text(form, "section"), typed),
        forms.text(form, "base"),
    )
    if forms.text(form, "do") == "preview":
        return await _form(request, draft, base=base, typed=typed, previewed=True)
    before = find((await policy_view.load(request)).pages, key)
    try:
        saved = await asyncio.to_thread(policy.save, services, draft, base=base, who=who)
    except ProblemError as problem:
        return await _refused(request, problem, draft, base, typed)
    if saved:
        notify_saved(request, draft, before)
    else:
        notify(request, "没有改动", "Nothing was changed")
    return Redirect(f"/policy#{key}", status_code=303)


async def _refused(
    request: Req, problem: ProblemError, draft: PolicyPage, base: str, typed: dict[str, str]
) -> Response[str]:
    """Show the form again as typed; after a clash, above the other's text."""
    texts = await policy_view.load(request)
    more: dict[str, Any] = {"field": str(problem.values.get("field", ""))}
    if problem.code == "policy.changed":
        theirs = find(texts.pages, draft.key)
        base, more = policy_text.fingerprint(theirs), {"theirs": theirs}
    return await _form(
        request,
        draft,
        base=base,
        typed=typed,
        status=problem.problem.status,
        problem=in_page_words(request, problem, texts.names),
        **more,
    )


def _raw(form: FormMultiDict, name: str) -> str:
    found = form.get(name, "")
    return found[:MAX_FIELD_CHARACTERS] if isinstance(found, str) else ""


async def _do(request: Req, verb: Callable[[], str], zh: str, en: str) -> Redirect:
    try:
        title = await asyncio.to_thread(verb)
    except ProblemError as problem:
        notify_problem(
            request, in_page_words(request, problem, (await policy_view.load(request)).names)
        )
    else:
        notify(request, zh, en, title=title)
    return Redirect("/policy", status_code=303)


@post("/policy/pages/{key:str}/move", opt={"roles": ADMINS}, status_code=303)
async def move(request: Req, key: FromPath[str]) -> Redirect:
    """One place up or down."""
    services, who, form = get_services(request), me(request).name, await request.form()
    up, past = forms.text(form, "to") == "up", forms.text(form, "past")
    return await _do(
        request,
        lambda: policy.move(services, key, up=up, past=past, who=who),
        "已移动“{title}”",
        "“{title}” moved",
    )


async def _on_page(request: Req, key: str, verb: Callable[..., str], zh: str, en: str) -> Redirect:
    """Do something to a page as it read when its form was opened."""
    services, who = get_services(request), me(request).name
    base = forms.text(await request.form(), "base")
    return await _do(request, lambda: verb(services, key, base=base, who=who), zh, en)


@post("/policy/pages/{key:str}/confirm", opt={"roles": ADMINS}, status_code=303)
async def confirm(request: Req, key: FromPath[str]) -> Redirect:
    """It was read and holds for this season."""
    return await _on_page(request, key, policy.confirm, "“{title}”已核对", "“{title}” is checked")


@post("/policy/pages/{key:str}/remove", opt={"roles": ADMINS}, status_code=303)
async def remove(request: Req, key: FromPath[str]) -> Redirect:
    """Take it out; its editions stay."""
    zh, en = (
        "已删去“{title}”;在下面的改动记录里可以恢复",
        "“{title}” was removed; the editions below can bring it back",
    )
    return await _on_page(request, key, policy.remove, zh, en)


@post("/policy/pages/{key:str}/restore", opt={"roles": ADMINS}, status_code=303)
async def restore_page(request: Req, key: FromPath[str]) -> Redirect:
    """The shipped text again, to be checked like any that changed."""
    zh, en = "“{title}”已恢复为随附的文字", "“{title}” has its shipped text again"
    return await _on_page(request, key, policy.restore_page, zh, en)


@get("/policy/editions/{n:int}", opt={"roles": ADMINS})
async def edition(request: Req, n: FromPath[int]) -> Response[str]:
    """All texts as they read then. Raises: ProblemError policy.gone."""
    season = get_services(request).season
    then, row = await get_services(request).read(
        lambda c: (store.edition(c, season, n), store.change(c, season, n))
    )
    if then is None:
        raise ProblemError("policy.gone")
    texts = await policy_view.load(request)
    return await page(
        request, "policy_edition.html", n=n, then=then, texts=texts, row=row, names=NAMES, what=WHAT
    )


@post("/policy/editions/{n:int}/restore", opt={"roles": ADMINS}, status_code=303)
async def restore(request: Req, n: FromPath[int]) -> Redirect:
    """Everything as it read then."""
    services, who, seen = (
        get_services(request),
        me(request).name,
        forms.text(await request.form(), "seen", 9),
    )
    newest = int(seen) if seen.isdecimal() else -1
    return await _do(
        request,
        lambda: policy.restore(services, n, seen=newest, who=who),
        "全部文字已恢复,下次同步时到老师手机上",
        "All texts are restored and reach phones with their next sync",
    )


HANDLERS = (view, new, edit, put, move, confirm, remove, restore_page, edition, restore)
