"""手机怎么连上: the county's domain, the office's wireless network, or paper first; for admins.

A choice is kept by a verb of the office. Where `doorstep serve` runs the server, it changes over a
moment after the page has been sent, and the page leads to the new address.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server import body_limits, serve_choice
from sync_server.console.web import forms
from sync_server.console.web.access import ADMINS, Req, console_state, get_services, me
from sync_server.console.web.rendering import notify, page
from sync_server.crypto import given_certificate, tls
from sync_server.office import connect, own_addresses
from sync_server.serve_choice import DEFAULT_PORT, Choice
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import devices

LEAD_S = 2.0
"""From the answer to the change: style and script of the page are fetched from the old address."""
BACK = "/connect"


@get("/connect", opt={"roles": ADMINS})
async def view(request: Req) -> Response[str]:
    """How the server is reached now, and the three ways."""
    return await _ways(request)


async def _ways(
    request: Req, typed: Mapping[str, str] | None = None, problem: ProblemError | None = None
) -> Response[str]:
    """Show the three ways; after a refusal, why, and what was typed."""
    services, running = get_services(request), console_state(request).running
    settings = services.settings
    return await page(
        request,
        "connect.html",
        choice=serve_choice.read(settings.data_dir, settings.keys_dir),
        running=running,
        mounted=settings.keys_dir is not None,
        now_at=_reached_at(request, settings),
        certificate=await asyncio.to_thread(_certificate, settings),
        addresses=await asyncio.to_thread(own_addresses.lan_addresses),
        loopback=serve_choice.LOOPBACK,
        enrolled=await services.read(devices.any_enrolled),
        typed={"address": "", "typed": "", "host": "", **(typed or {})},
        problem=problem,
        status=problem.problem.status if problem else 200,
    )


@post("/connect/wireless", opt={"roles": ADMINS}, status_code=200)
async def wireless(request: Req) -> Response[str]:
    """The office's wireless network: a certificate for the address picked or typed."""
    form, running, who = await request.form(), console_state(request).running, me(request).name
    typed = {name: forms.text(form, name, 300) for name in ("typed", "host")}
    host = typed["typed"] or typed["host"]
    port = running.port if running else DEFAULT_PORT
    return await _follow(request, typed, lambda s: connect.wireless(s, host, who=who, port=port))


@post("/connect/domain", opt={"roles": ADMINS, "takes": body_limits.CERTIFICATE}, status_code=200)
async def domain(request: Req) -> Response[str]:
    """The county's domain: with its certificate here, or with a proxy that has it."""
    form, running, who = await request.form(), console_state(request).running, me(request).name
    address, port = forms.text(form, "address", 300), running.port if running else 0
    certificate, key = await _file(form, "certificate"), await _file(form, "key")
    return await _follow(
        request,
        {"address": address},
        lambda s: connect.domain(s, address, certificate, key, who=who, port=port),
    )


@post("/connect/paper", opt={"roles": ADMINS}, status_code=303)
async def paper(request: Req) -> Redirect:
    """Paper first; nothing changes for the server."""
    services, who = get_services(request), me(request).name
    await asyncio.to_thread(connect.paper, services, who=who)
    notify(
        request,
        "记下了:先用纸。什么时候想用手机,再回到这一页",
        "Noted: paper first. Come back to this page when you want phones",
    )
    return Redirect(BACK, status_code=303)


@get("/connect/state", opt={"roles": ADMINS})
async def state(request: Req) -> dict[str, str]:
    """What pages that wait ask for: which start of the server this is, and how far the test is."""
    settings = get_services(request).settings
    test = await console_state(request).newest_phone_test()
    return {
        "run": console_state(request).run,
        "test": test.state(settings.real_now()) if test else "over",
    }


async def _follow(
    request: Req, typed: Mapping[str, str], job: Callable[[Services], Choice]
) -> Response[str]:
    """Keep a choice, say what it changes, and change over a moment later."""
    services, running = get_services(request), console_state(request).running
    try:
        async with console_state(request).connecting:
            choice = await asyncio.to_thread(job, services)
    except ProblemError as problem:
        return await _ways(request, typed, problem)
    held = running.against(choice) if running else ()
    elsewhere = choice.certificate == serve_choice.ELSEWHERE
    moving = running is not None and not held and not elsewhere
    if running is not None and moving:
        asyncio.get_running_loop().call_later(LEAD_S, running.start_again)
    settings = services.settings
    own = choice.certificate == serve_choice.OWN
    return await page(
        request,
        "connect_changing.html",
        choice=choice,
        moving=moving,
        held=held,
        elsewhere=elsewhere,
        own=tls.served(tls.folder(settings)) if own else None,
        data_dir=settings.data_dir,
        run=console_state(request).run,
    )


async def _file(form: FormMultiDict, name: str) -> bytes:
    """The bytes of a file, b"" where none was chosen."""
    found = form.get(name)
    return await found.read() if isinstance(found, UploadFile) and found.filename else b""


def _reached_at(request: Req, settings: Settings) -> str:
    """The address phones are given: as set, else as this browser came."""
    return settings.public_url or f"{request.url.scheme}://{request.url.netloc}"


def _certificate(settings: Settings) -> dict[str, Any] | None:
    """Names and end of the certificate in use here, as far as this server keeps it."""
    if serve_choice.read(settings.data_dir, settings.keys_dir).certificate == serve_choice.GIVEN:
        given = given_certificate.read(given_certificate.file_of(settings))
        return {"names": given.names, "until": given.until, "fingerprint": ""} if given else None
    place = tls.folder(settings)
    if not settings.own_root or tls.root_der(place) is None:
        return None
    made = tls.served(place)
    return {"names": made.names, "until": made.until, "fingerprint": made.root_fingerprint}


HANDLERS = (view, wireless, domain, paper, state)
