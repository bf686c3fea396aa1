"""GET /v1/health: that the process runs; GET /v1/ready: that it can take requests, for a proxy.

A process that runs and cannot reach its database or files is healthy and not ready: a proxy sends
phones elsewhere, and nobody restarts it for that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from litestar import Response, get

from shared.wire import SCHEMA_VERSION
from sync_server.api.access import Req, get_services
from sync_server.services import Services
from sync_server.store import holds

WITHIN_S = 3.0
"""How long database and files may take to answer."""
NO_STORE = {"Cache-Control": "no-store"}


@get("/v1/health")
async def health(request: Req) -> dict[str, object]:
    """Answer the server's state; it says nothing about any school."""
    services, worker = get_services(request), request.app.state.get("worker", 0)
    return {
        "ok": True,
        "schema_version": SCHEMA_VERSION,
        "demo_clock": bool(services.settings.clock_spec),
        **({"worker": worker} if worker else {}),
    }


@get("/v1/ready")
async def ready(request: Req) -> Response[dict[str, object]]:
    """Answer 200 where requests can be taken, else 503 with what does not answer."""
    services = get_services(request)
    failing = ["stopping"] if services.stopping.is_set() else await _failing(services)
    headers = NO_STORE | ({"Retry-After": "5"} if failing else {})
    body: dict[str, object] = {"ready": not failing, "failing": failing}
    return Response(body, status_code=503 if failing else 200, headers=headers)


async def _failing(services: Services) -> list[str]:
    """Return what does not answer in time: the database, the files."""
    database = services.read(holds.takes_writes)
    files = asyncio.to_thread(services.files.answers)
    answers = await asyncio.gather(_holds(database), _holds(files))
    return [name for name, good in zip(("database", "files"), answers, strict=True) if not good]


async def _holds(asked: Coroutine[Any, Any, bool]) -> bool:
    try:
        return await asyncio.wait_for(asked, WITHIN_S)
    except Exception:  # whatever it says, it does not answer
        return False
