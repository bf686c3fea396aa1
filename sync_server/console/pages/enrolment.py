"""What the office's QR code opens on a phone: how to install the app, or the form on paper.

Public, without session, cookie or need of a script. The code follows the `#` of the address and
never reaches the server; static/enrol.js shows it and passes it to the
app, assets/web/browser_check.js looks at the browser.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from litestar import HttpMethod, Response, get, route
from litestar.params import FromQuery
from litestar.response import File

from shared import codes
from shared.problems import ProblemError
from shared.season import Season
from sync_server.console.parts import browsers
from sync_server.console.web.access import Req, console_state, get_services
from sync_server.console.web.console_state import ConsoleState
from sync_server.console.web.rendering import standalone_page
from sync_server.crypto import tls
from sync_server.settings import Settings
from sync_server.store import seasons
from sync_server.store.database import Connection

APK = "doorstep.apk"
APK_TYPE = "application/vnd.android.package-archive"
CERTIFICATE_TYPE = "application/x-x509-ca-cert"
SYSTEMS = (browsers.ANDROID, browsers.IPHONE, browsers.HARMONY, browsers.DESKTOP)
MANIFEST = {
    "name": "上门 · 助学贷款走访记录",
    "short_name": "上门",
    "lang": "zh-CN",
    "id": "/app/",
    "start_url": "/app/",
    "scope": "/",
    "display": "standalone",
    "background_color": "#FBF6EC",
    "theme_color": "#FBF6EC",
    "icons": [
        {"src": f"/app/icons/icon-{px}.png", "sizes": f"{px}x{px}", "type": "image/png"}
        for px in (192, 512)
    ],
}
"""For an iPhone that adds this very page to its home screen: what opens there is the app."""


@route("/enrol", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def welcome(request: Req, on: FromQuery[str] = "") -> Response[str]:
    """Show the page for this kind of phone; `on` overrides what the browser says."""
    browser = browsers.identify(request.headers.get("user-agent", ""))
    settings = get_services(request).settings
    system = on if on in SYSTEMS else browser.system
    if browser.in_app:
        return standalone_page(request, "enrolment_inside.html", browser=browser, system=system)
    apk = (
        await asyncio.to_thread(office_apk, console_state(request))
        if system == browsers.ANDROID
        else None
    )
    return standalone_page(
        request,
        "enrolment.html",
        browser=browser,
        system=system,
        systems=SYSTEMS,
        apk=apk,
        has_app=(settings.app_dir / "index.html").is_file(),
        trust=tls.root_der(tls.folder(settings)) is not None,
    )


@get("/enrol/paper")
async def paper(request: Req) -> Response[str]:
    """The visit record on one sheet of A4: the same questions and answers as on the phone."""
    season = await get_services(request).read(_current)
    reasons = season.reasons if season else codes.REASONS
    tables = {
        name: getattr(codes, name)
        for name in ("PEOPLE", "METHODS", "DELIVERIES", "CHANNELS", "CALLS")
    }
    return standalone_page(
        request, "enrolment_paper.html", season=season, reasons=reasons, **tables
    )


def _current(connection: Connection) -> Season | None:
    """The season in force; None before the first one, when the sheet has no county's name."""
    season = seasons.choose(connection)
    return seasons.get(connection, season) if season else None


@get("/enrol/app.webmanifest")
async def manifest() -> Response[dict[str, object]]:
    """What an iPhone reads when this page goes to its home screen."""
    return Response(dict(MANIFEST), media_type="application/manifest+json")


@get(f"/enrol/{APK}")
async def apk(request: Req) -> File:
    """Answer the Android app, if any. Not under /app/: there the service worker answers."""
    found = apk_file(get_services(request).settings)
    if found is None:
        raise ProblemError("console.not_found")
    return File(path=found, filename=APK, media_type=APK_TYPE)


@get("/trust")
async def trust(request: Req) -> Response[str]:
    """How a phone's browser learns to trust this office's own certificate, and why that is safe."""
    browser = browsers.identify(request.headers.get("user-agent", ""))
    place = tls.folder(get_services(request).settings)
    made = tls.served(place) if tls.root_der(place) is not None else None
    return standalone_page(
        request,
        "enrolment_trust.html",
        made=made,
        system=browser.system,
        systems=sorted(SYSTEMS, key=lambda s: s != browser.system),
    )


@get("/ca.crt")
async def root_der(request: Req) -> Response[bytes]:
    """Answer the root certificate (DER): phones install it, the app compares it with the pin."""
    return Response(_root(get_services(request).settings), media_type=CERTIFICATE_TYPE)


@get("/ca.pem")
async def root_pem(request: Req) -> Response[bytes]:
    """The same as PEM, for computers."""
    settings = get_services(request).settings
    _root(settings)
    return Response(
        (tls.folder(settings) / tls.ROOT).read_bytes(), media_type="application/x-pem-file"
    )


def _root(settings: Settings) -> bytes:
    found = tls.root_der(tls.folder(settings))
    if found is None:
        raise ProblemError("console.not_found")
    return found


def apk_file(settings: Settings) -> Path | None:
    """`app/doorstep.apk` of the data folder, else the one `make apk` built beside the web app."""
    built = sorted((settings.app_dir.parent / "apk").glob("*.apk"))
    return next((p for p in (settings.data_dir / "app" / APK, *built) if p.is_file()), None)


def office_apk(state: ConsoleState) -> dict[str, object] | None:
    """Return the app's size (bytes) and SHA-256 in groups; None without one. Hashed once a file."""
    found = apk_file(state.services.settings)
    if found is None:
        return None
    stat = found.stat()
    key = (str(found), stat.st_mtime_ns, stat.st_size)
    if state.apk_hash[0] != key:
        with found.open("rb") as file:
            state.apk_hash = key, hashlib.file_digest(file, "sha256").hexdigest().upper()
    digits = state.apk_hash[1]
    return {
        "size_bytes": stat.st_size,
        "sha256": " ".join(digits[at : at + 4] for at in range(0, 64, 4)),
    }


HANDLERS = (welcome, paper, manifest, apk, trust, root_der, root_pem)
