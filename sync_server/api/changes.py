"""GET /v1/changes?after=: the phone's cases and briefing as a feed; 304 when nothing is new."""

from __future__ import annotations

import contextlib
import gzip
from datetime import timedelta

import msgspec
from litestar import Response, get
from litestar.params import FromQuery
from litestar.response import Stream

from shared import wire
from shared.problems import ProblemError
from sync_server.api import changes_stream
from sync_server.api.accept_encoding import named
from sync_server.api.access import Req, get_services, phone
from sync_server.request_bounds import MOST_IN_DATABASE
from sync_server.services import Services
from sync_server.store import changes as feed_page
from sync_server.store import devices, repayments
from sync_server.store.database import Connection
from sync_server.store.devices import Device

GZIP_FROM_BYTES = 1024
"""Smaller pages are sent uncompressed."""
HEARD_EVERY = timedelta(minutes=1)
"""A phone that asks more often costs no write."""


@get("/v1/changes")
async def changes(
    request: Req,
    after: FromQuery[str] = "",
    own: FromQuery[int] = 0,
    lean: FromQuery[str] = "",
    many: FromQuery[int] = 0,
) -> Response[bytes] | Stream:
    """Answer a page of the feed after the cursor, or several.

    `own`: the lowest number of its chain that a phone holds which takes its teacher's other
    records; 0 from a phone that does not know them. `lean`: from a phone that reads lean pages, the
    tag of the season it has; it gets no ETag. For the others that is the next cursor: the same
    request with nothing new answers 304. `many`: from a phone that takes several lean pages, one a
    line, in one answer; what comes in one page is answered as usual.

    Raises:
        ProblemError: auth.required, device.revoked, device.unconfirmed, sync.cursor_invalid.
    """
    services = get_services(request)
    device = await phone(request)
    accepted = request.headers.get("accept-encoding", "")
    page = await _page(services, device, after, own, of_many=bool(lean and many))
    if lean and many and page.more:
        return changes_stream.answer(
            page, lean, accepted, lambda cursor: _next_page(services, device.id, cursor, own)
        )
    if lean:
        return _packed(wire.lean(page, lean), {}, accepted)
    page = msgspec.structs.replace(page, ahead=msgspec.UNSET)
    tag = f'"{page.next}"'
    if not page.changes and not page.more and request.headers.get("if-none-match") == tag:
        return Response(b"", status_code=304, headers={"ETag": tag})
    return _packed(page, {"ETag": tag, "Vary": "Accept-Encoding"}, accepted)


async def _next_page(services: Services, device_id: str, cursor: str, own: int) -> wire.ChangesPage:
    """Return a page as if the phone had asked for it now: it may have been stopped meanwhile."""

    def look(connection: Connection) -> Device:
        devices.check_confirmed(connection, device_id)
        return devices.by_id(connection, device_id)

    return await _page(services, await services.read(look), cursor, own, of_many=True)


async def _page(
    services: Services, device: Device, after: str, own: int, *, of_many: bool
) -> wire.ChangesPage:
    """Return the page after a cursor, and note that the phone asked."""
    epoch, held_from = services.database.epoch, _held_from(own)

    def look(connection: Connection) -> tuple[wire.ChangesPage, str]:
        found = feed_page.page(connection, device, epoch, after, held_from, of_many=of_many)
        return found, repayments.newest_file_at(connection, device.season)

    page, newest_file_at = await services.read(look)
    page = msgspec.structs.replace(
        page,
        at=services.settings.now_text(),
        chain=wire.ChainPlace(n=device.n, link=wire.b64(device.link)),
    )
    await _note_heard(services, device, newest_file_at, whole=not page.more)
    return page


async def _note_heard(
    services: Services, device: Device, newest_file_at: str, *, whole: bool
) -> None:
    """Note that a phone asked for its list; the answer does not hang on it.

    At most once a minute, but for a list that is the first with the newest repayment file.

    Args:
        services: The server's services.
        device: The phone.
        newest_file_at: When the newest repayment file came (UTC ISO), "" where there is none.
        whole: This answer is the last part of the list.
    """
    now = services.settings.now()
    before = (now - HEARD_EVERY).isoformat(timespec="milliseconds")
    if whole:
        before = max(before, newest_file_at)
    if (device.fetched_at if whole else device.seen_at) >= before:
        return
    at = now.isoformat(timespec="milliseconds")
    with contextlib.suppress(ProblemError):  # a full disk: the phone gets its list all the same
        await services.write(lambda c: devices.heard(c, device.id, at, before=before, whole=whole))


def _held_from(own: int) -> int:
    """The number of a chain that a phone names; whatever else it names is the nearest there is."""
    return min(max(0, own), MOST_IN_DATABASE)


def _packed(page: wire.ChangesPage, headers: dict[str, str], accepted: str) -> Response[bytes]:
    """Encode the page as JSON, in gzip where the phone accepts it: a tenth of the size."""
    data = msgspec.json.encode(page)
    if len(data) >= GZIP_FROM_BYTES and "gzip" in named(accepted):
        data, headers = gzip.compress(data, 5, mtime=0), {**headers, "Content-Encoding": "gzip"}
    return Response(data, media_type="application/json", headers=headers)
