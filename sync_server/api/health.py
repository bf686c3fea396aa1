"""GET /v1/health: that the server runs, its schema version, and whether its clock is a demo's."""

from __future__ import annotations

from litestar import get

from shared.wire import SCHEMA_VERSION
from sync_server.api.access import Req, get_services


@get("/v1/health")
async def health(request: Req) -> dict[str, object]:
    """Answer the server's state; it says nothing about any school."""
    services = get_services(request)
    return {
        "ok": True,
        "schema_version": SCHEMA_VERSION,
        "demo_clock": bool(services.settings.clock_spec),
    }
