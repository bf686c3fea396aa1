"""证书: which there are and until when, withdraw one, renew one, the list to hand out."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime

from litestar import Response, get, post
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import moment_of
from sync_server.console.web import forms
from sync_server.console.web.access import ADMINS, Req, get_services, me
from sync_server.console.web.rendering import notify_problem, page, run_and_redirect
from sync_server.office import certificate_list, withdrawals
from sync_server.sealing import withdrawn
from sync_server.sealing.withdrawn import Reason
from sync_server.store import withdrawn_lists

BACK = "/certificates"
REASONS: dict[Reason, Label] = {
    "stolen": Label("密钥可能在别人手里", "Others may have the key"),
    "lost": Label("密钥丢失,没有了", "The key is lost and gone"),
    "replaced": Label("已换新证书", "Replaced by another"),
    "closed": Label("单位撤销", "The unit is closed"),
}


@get(BACK, opt={"roles": ADMINS})
async def view(request: Req) -> Response[str]:
    """Every certificate in force, and every withdrawal."""
    services = get_services(request)
    lists = await services.read(withdrawn_lists.every)
    held = await asyncio.to_thread(certificate_list.held, services)
    listed = await asyncio.to_thread(withdrawals.of_now, services)
    return await page(
        request,
        "certificates.html",
        held=held,
        acts=[row for row in lists if row.code],
        documents=Counter(one.kind for one in listed.documents) if listed else Counter(),
        reasons=REASONS,
    )


@post("/certificates/withdraw", opt={"roles": ADMINS}, status_code=303)
async def withdraw(request: Req) -> Redirect:
    """Withdraw the certificate that was shown; it is never undone."""
    services, form, who = get_services(request), await request.form(), me(request).name
    try:
        code, serial = forms.text(form, "code", 40), forms.text(form, "serial", 80)
        reason, note = forms.text(form, "reason", 20), forms.text(form, "note", 200)
        since = _moment(forms.text(form, "since", 40))
        if forms.text(form, "sure") != "yes":
            raise ProblemError("certs.not_sure")
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect(BACK, status_code=303)
    return await run_and_redirect(
        request,
        BACK,
        lambda: withdrawals.withdraw(
            services, code, reason=reason, since=since, note=note, serial=serial or "-", who=who
        ),
        "证书已作废。下次封存会发新证书;请把新的清单交给要核验的人",
        "Withdrawn. The next seal gets a new certificate; hand the new list to those who verify",
    )


def _moment(text: str) -> datetime | None:
    """Return a time as a `datetime-local` field sends it, on China's clock."""
    found = moment_of(text)
    if text and found is None:
        raise ProblemError("request.unreadable")
    return found


@post("/certificates/renew", opt={"roles": ADMINS}, status_code=303)
async def renew(request: Req) -> Redirect:
    """Renew the certificate that was shown."""
    services, form, who = get_services(request), await request.form(), me(request).name
    code, serial = forms.text(form, "code", 40), forms.text(form, "serial", 80)
    new_key = forms.text(form, "new_key") == "yes"
    return await run_and_redirect(
        request,
        BACK,
        lambda: certificate_list.renew(
            services, code, new_key=new_key, serial=serial or "-", who=who
        ),
        "已续期,以前封存的照常核验",
        "Renewed; what was sealed before verifies as it did",
    )


@get("/certificates/list", opt={"roles": ADMINS})
async def file(request: Req) -> Response[bytes] | Redirect:
    """The newest list of withdrawn certificates, to hand out."""
    body = await asyncio.to_thread(withdrawals.current, get_services(request))
    if not body:
        notify_problem(request, ProblemError("certs.missing", unit="county"))
        return Redirect(BACK, status_code=303)
    return forms.download(body, withdrawn.FILE_NAME, "application/pkix-crl")


HANDLERS = (view, withdraw, renew, file)
