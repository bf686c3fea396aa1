"""Policy, enrolment, an upload, the first start and the address for phones, and what a kill may leave of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import httpx
import msgspec
from litestar import Litestar

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server.app import create_app
from sync_server.cli.serving import Options, planned
from sync_server.office import (
    connect,
    phones,
    policy,
    policy_text,
)
from sync_server.services import Services
from sync_server.store import devices, photos, seasons
from tests.faults.office_county import (
    OTHER,
    Ample,
    Upload,
    routes,
    rows,
)
from tests.support.county import SEASON
from tests.support.crash import Job, open_services, reopened, settings_of
from tests.support.devices import TUS, RawPhone, asgi
from tests.support.one_app import app_over

# ---- policy, phones, photos, the first start, the choice of an address ----


def editing_policy(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: _edit(services)


def _edit(services: Services) -> None:
    page = services.database.read(lambda c: seasons.get(c, SEASON)).policy[0]
    changed = msgspec.structs.replace(page, title_zh="改过的标题")
    policy.save(services, changed, base=policy_text.fingerprint(page), who="t")


def policy_changed_or_not(folder: Path) -> str:
    with reopened(folder / "server") as services:
        before = rows(services, "policy_edition")
        title = services.database.read(lambda c: seasons.get(c, SEASON)).policy[0].title_zh
        changed = title == "改过的标题"
        _edit(services)
        assert rows(services, "policy_edition") == before + (not changed)
    return "changed" if changed else "as before"


def _named(answer: httpx.Response) -> None:
    """Raise the problem that an answer names."""
    if answer.is_error:
        raise ProblemError(answer.json()["code"])


def enrolling(folder: Path) -> Job:
    app = create_app(settings_of(folder / "server"))
    return lambda: asyncio.run(_enrol(app))


async def _enrol(app: Litestar) -> None:
    services = app.state["services"].in_season()
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as http:
        code = phones.issue(services, "01", "新老师", who="t").code
        answer = await http.post("/v1/enrol", content=RawPhone(http).enrol_request(code))
        _named(answer)
        phones.confirm(services, msgspec.json.decode(answer.content)["device"], who="t")


def _states(services: Services) -> Sequence[str]:
    """Of the phones that came after the template's one."""
    found = services.database.read(lambda c: devices.of_unit(c, SEASON, "01"))
    return [d.state for d in sorted(found, key=lambda d: d.enrolled_at)][1:]


def enrolled_or_again(folder: Path) -> str:
    with reopened(folder / "server") as services:
        found = _states(services)
        assert found in ([], ["pending"], ["confirmed"])
        asyncio.run(_enrol(app_over(routes(), services)))
        assert _states(services) == [*found, "confirmed"]
    return found[0] if found else "as before"


def ending_upload(folder: Path) -> Job:
    app = create_app(settings_of(folder / "server"))
    # else the upload is refused for the room that is kept for records
    app.state["services"].disk_usage = lambda _: Ample()
    upload = msgspec.json.decode((folder / "upload.json").read_bytes(), type=Upload)
    return lambda: _named(asyncio.run(_send(app, upload, 1000)))


async def _send(app: Litestar, upload: Upload, offset: int) -> httpx.Response:
    headers = {
        **TUS,
        "Authorization": f"Bearer {upload.token}",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
    }
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as http:
        return await http.patch(upload.location, content=OTHER[offset:], headers=headers)


async def _offset(app: Litestar, upload: Upload) -> int | None:
    headers = {**TUS, "Authorization": f"Bearer {upload.token}"}
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as http:
        reply = await http.head(upload.location, headers=headers)
        return int(reply.headers["Upload-Offset"]) if reply.is_success else None


def stored_or_sent_on(folder: Path) -> str:
    upload = msgspec.json.decode((folder / "upload.json").read_bytes(), type=Upload)
    with reopened(folder / "server") as services:
        stored = bool(services.database.read(lambda c: photos.stored_of(c, [sha256_hex(OTHER)])))
        app = app_over(routes(), services)
        offset = asyncio.run(_offset(app, upload))
        assert (offset is None) == stored
        if offset is not None:
            assert asyncio.run(_send(app, upload, offset)).status_code == 204
        assert services.files.read(sha256_hex(OTHER)) == OTHER
        assert rows(services, "photo") == 2
        assert list((folder / "server" / "uploads").iterdir()) == []
    return "stored" if stored else "more held" if offset != 1000 else "as before"


def starting(folder: Path) -> Job:
    return lambda: open_services(folder / "fresh")


def keys_that_open(folder: Path) -> str:
    keys = folder / "fresh" / "keys"
    made = sorted(p.name for p in keys.glob("*") if p.suffix != ".new")
    with reopened(folder / "fresh") as services:
        assert len(services.settings.secret("passphrase")) == 43
        public = services.receipts.public()
    with reopened(folder / "fresh") as services:
        assert services.receipts.public() == public
    return ", ".join(made) or "no key"


def choosing_address(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: connect.wireless(services, "10.0.0.5", who="t", port=8443)


def address_chosen_or_not(folder: Path) -> str:
    data = folder / "server"
    chosen = planned(data, Options()).settings.public_url
    with reopened(data) as services:
        connect.wireless(services, "10.0.0.5", who="t", port=8443)
    assert planned(data, Options()).settings.public_url == "https://10.0.0.5:8443"
    return {"": "as before", "https://10.0.0.5:8350": "certificate made"}.get(chosen, chosen)
