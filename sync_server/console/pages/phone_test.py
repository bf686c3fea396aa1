"""The test code of 手机怎么连上: the office shows it, a phone opens it, the office sees the result.

The phone's page is public, without session or cookie. The token follows the `#` and reaches the
server in the report alone; the phone sends that once it has taken the service worker, kept a page,
and read it back (static/connect_test.js, connect_worker.js, assets/web/browser_check.js).
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import msgspec
from litestar import Response, get, post
from litestar.response import File, Redirect

from shared.problems import ProblemError
from sync_server import body_limits
from sync_server.console.parts import browsers
from sync_server.console.web.access import ADMINS, Req, console_state, get_services
from sync_server.console.web.console_state import STATIC
from sync_server.console.web.formatting import Words
from sync_server.console.web.rendering import language, notify_problem, page, standalone_page
from sync_server.office import phone_test, qr_code

WORKER = "connect_worker.js"


@get("/connect/qr", opt={"roles": ADMINS})
async def view(request: Req) -> Response[str]:
    """The newest test code, and what a phone has answered."""
    settings = get_services(request).settings
    test = await console_state(request).newest_phone_test()
    now = settings.real_now()
    state = test.state(now) if test else "over"
    waiting = test is not None and state != "over" and not test.good
    return await page(
        request,
        "phone_test.html",
        test=test,
        state=state,
        waiting=waiting,
        qr_svg=qr_code.svg(test.url) if test and waiting else "",
        own_root=settings.own_root,
        real_now=now,
    )


@post("/connect/qr", opt={"roles": ADMINS}, status_code=303)
async def make(request: Req) -> Redirect:
    """Make a test code in place of the earlier one."""
    settings = get_services(request).settings
    base = settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    if not base.startswith("https:"):
        notify_problem(request, ProblemError("connect.no_https"))
        return Redirect("/connect", status_code=303)
    made = phone_test.begin(base.rstrip("/"), settings.real_now())
    await console_state(request).keep_phone_test(made)
    return Redirect("/connect/qr", status_code=303)


@get(phone_test.PATH)
async def on_phone(request: Req) -> Response[str]:
    """What the phone opens: it tries everything by itself and says how it went."""
    browser = browsers.identify(request.headers.get("user-agent", ""))
    return standalone_page(request, "phone_test_page.html", browser=browser)


@post(f"{phone_test.PATH}/result", status_code=200, opt={"takes": body_limits.SMALL})
async def result(request: Req) -> Response[dict[str, object]]:
    """Take the phone's report, and answer in a sentence what it means."""
    services, words = get_services(request), Words(language(request))
    user_agent = request.headers.get("user-agent", "")
    in_app = browsers.identify(user_agent).in_app
    try:
        report = msgspec.json.decode(await request.body(), type=phone_test.Report)
        await asyncio.to_thread(
            phone_test.answer,
            services,
            await console_state(request).newest_phone_test(),
            report,
            https=_over_https(request),
            phone=browsers.in_words(user_agent),
            in_app=" ".join(dict.fromkeys(in_app or ())),
        )
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _refused(ProblemError("request.unreadable"), words)
    except ProblemError as problem:
        return _refused(problem, words)
    return Response({"good": True, "message": words("连上了", "Connected"), "fix": ""})


@get(f"{phone_test.PATH}_worker.js")
async def worker() -> File:
    """The service worker; it lies beside the page, since a worker governs what is below it."""
    return File(
        path=STATIC / WORKER, media_type="text/javascript", content_disposition_type="inline"
    )


def _refused(problem: ProblemError, words: Words) -> Response[dict[str, object]]:
    body = {
        "good": False,
        "message": words.plain(problem.message(words.language)),
        "fix": words.plain(problem.fix(words.language)),
        "trust": problem.code == "connect.test_certificate",
    }
    return Response(body, status_code=problem.problem.status)


def _over_https(request: Req) -> bool:
    """Whether the phone's page was opened over https.

    Behind a proxy that does not say so, the browser's Origin does: no page can forge it.
    """
    if request.url.scheme == "https":
        return True
    public = urlsplit(get_services(request).settings.public_url)
    ours = f"https://{public.netloc.removesuffix(':443')}"
    return public.scheme == "https" and request.headers.get("origin", "") == ours


HANDLERS = (view, make)
PUBLIC = (on_phone, result, worker)
