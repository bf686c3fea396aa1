"""B4: bytes of a first sync of 3,917 cases on the wire, against gzip-6 of the cases alone."""

from __future__ import annotations

import asyncio
import gzip
import tempfile
from pathlib import Path

import httpx
import msgspec

from shared import wire
from sync_server.app import create_app
from sync_server.settings import Settings
from tests.support.county import CLOCK, fill, with_season
from tests.support.devices import asgi, working_phone

BOUND = 1.6
CASES = 3917


def ratio() -> float:
    """Answers' bodies as they travel, over the gzipped JSON of all cases."""
    return asyncio.run(_ratio())


async def _ratio() -> float:
    folder = Path(tempfile.mkdtemp(prefix="doorstep-bench-"))
    settings = Settings(data_dir=folder / "server", clock_spec=CLOCK, public_url="http://bench")
    app = create_app(settings)
    services = with_season(app.state["services"])
    services.database.write(lambda c: fill(c, (CASES,)))
    http = httpx.AsyncClient(transport=asgi(app), base_url="http://bench")
    phone = await working_phone(http, services)
    sent, cursor, cases = 0, "", []
    while True:
        async with http.stream(
            "GET",
            "/v1/changes",
            params={"after": cursor},
            headers={**phone.headers, "Accept-Encoding": "gzip"},
        ) as answer:
            raw = b"".join([piece async for piece in answer.aiter_raw()])
        sent += len(raw)
        page = msgspec.json.decode(gzip.decompress(raw), type=wire.ChangesPage)
        cases += [c.case.case for c in page.changes if c.case is not None]
        if not page.more:
            break
        cursor = page.next
    if len(cases) != CASES:
        raise ValueError(f"{len(cases)} cases came")
    return sent / len(gzip.compress(msgspec.json.encode(cases), 6))
