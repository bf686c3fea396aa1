"""`python -m tests.bench.bare_photo FOLDER`: what is left of B2 when everything of ours is taken away.

A bare server over the same libraries (uvicorn, the sqlite3 module, cryptography): a POST brings a photo's bytes, their
hash is checked, they are written, flushed and renamed as a raw durable file is, a row is committed with the same
durability, and the answer is an ES256 signature. No phone is known, nothing is counted or judged. Says its port on the first line.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from shared.digest import sha256_hex
from sync_server import whole_file
from tests.support.serve import listen


class BarePhotos:
    """An ASGI app that stores photos.

    Args:
        folder: where.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._rows = sqlite3.connect(folder / "rows.db", check_same_thread=False)
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute("PRAGMA synchronous=FULL")
        self._rows.execute("CREATE TABLE photo (sha256 TEXT PRIMARY KEY, bytes INTEGER)")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a POST."""
        data, more = bytearray(), True
        while more:
            message = await receive()
            data += message.get("body", b"")
            more = message.get("more_body", False)
        named = dict(scope["headers"])[b"x-sha256"].decode()
        signed = await asyncio.to_thread(self._store, bytes(data), named)
        headers = [(b"doorstep-receipt", signed.hex().encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _store(self, data: bytes, named: str) -> bytes:
        if sha256_hex(data) != named:
            raise ValueError("another photo")
        whole_file.write(self._folder / named, data)
        with self._rows:
            self._rows.execute("INSERT INTO photo VALUES (?, ?)", (named, len(data)))
        return self._key.sign(named.encode(), ec.ECDSA(hashes.SHA256()))


@contextmanager
def bare_server(folder: str) -> Iterator[int]:
    """The bare server in a process of its own; yields its port."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "tests.bench.bare_photo", folder]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    try:
        if server.stdout is None:
            raise OSError("no standard output")
        yield int(server.stdout.readline())
    finally:
        server.terminate()
        server.wait(30)


if __name__ == "__main__":
    listening = listen(0)
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    app = BarePhotos(Path(sys.argv[1]))
    uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off")).run(
        sockets=[listening]
    )
