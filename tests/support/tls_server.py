"""The real app behind real TLS, in this test's own loop; and a bare TLS listener for certificates that are not ours."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from litestar import Litestar

HOST = "127.0.0.1"


@asynccontextmanager
async def served(app: Litestar, pem: Path, *, log_level: str = "critical") -> AsyncIterator[str]:
    """The app over https with key and certificate in `pem`; yields its address."""
    config = uvicorn.Config(
        app,
        host=HOST,
        port=0,
        log_level=log_level,
        lifespan="off",
        ssl_certfile=pem,
        server_header=False,
        log_config=None,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    try:
        for _ in range(5000):
            if server.started:
                break
            await asyncio.sleep(0.02)
        yield f"https://{HOST}:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


async def handshake(pem: bytes, name: str, trust: ssl.SSLContext) -> None:
    """Show the certificate in `pem` to a client that wants `name`. Raises: ssl.SSLError when it refuses."""
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(pem)
        file.flush()
        own.load_cert_chain(file.name)
    server = await asyncio.start_server(lambda _, writer: writer.close(), HOST, 0, ssl=own)
    async with server:
        port = server.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection(HOST, port, ssl=trust, server_hostname=name)
        writer.close()
