"""B2: a photo of 200 KB through tus to its signed receipt / the same bytes as a raw durable file.

Ours: the POST that brings the photo (as a phone sends it) and its receipt's signature checked, over a socket to the
server's own process; the phone is told "stored" only after everything is flushed. Raw: write, flush, rename and flush of the folder, on the same disk. Both
wait for the disk, so the clock is the wall's, and a round is the median of several photos.

The floor: a bare server over the same libraries (bare_photo.py) does the durable work alone, by the same client. Ours ÷ bare is what
knowing the phone, counting, and recording cost; bare ÷ raw is what no server in Python over HTTP can go below.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

import httpx
import msgspec

from shared import wire
from shared.digest import sha256_hex
from sync_server import whole_file
from tests.bench.bare_photo import bare_server
from tests.bench.frame import ROUNDS
from tests.bench.served import phone_of
from tests.support.devices import TUS, RawPhone, fact_bytes, upload_headers
from tests.support.jpegs import jpeg

PHOTO_BYTES = 200_000
PHOTOS = 12
"""Photos of a round."""


def photo() -> bytes:
    """Another JPEG of about that size each time."""
    return jpeg(os.urandom(PHOTO_BYTES))


def values() -> dict[str, list[float]]:
    """The ratios, round by round, and our milliseconds of a photo."""
    return asyncio.run(_values())


async def _values() -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"photo": [], "bare": [], "floor": [], "ms": []}
    with (
        tempfile.TemporaryDirectory(prefix="doorstep-bench-") as folder,
        bare_server(folder) as port,
    ):
        async with (
            phone_of() as (phone, _, cases, _),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as bare,
        ):
            for number in range(ROUNDS + 1):
                ours_s, bare_s, raw_s = [], [], []
                for at in range(PHOTOS):
                    data = photo()
                    await name(phone, cases[at], data)
                    bare_s.append(await barely_sent(bare, data))
                    raw_s.append(_raw(Path(folder) / f"{number}-{at}", data))
                    ours_s.append(await sent(phone, data))
                if number:
                    ours, least, raw = map(statistics.median, (ours_s, bare_s, raw_s))
                    found["ms"].append(1000 * ours)
                    found["photo"].append(ours / raw)
                    found["bare"].append(ours / least)
                    found["floor"].append(least / raw)
    return found


async def barely_sent(http: httpx.AsyncClient, data: bytes) -> float:
    """Seconds of the same photo to the bare server."""
    began_s = time.perf_counter()
    answer = await http.post("/", content=data, headers={"X-Sha256": sha256_hex(data)})
    took_s = time.perf_counter() - began_s
    if not answer.headers.get("doorstep-receipt"):
        raise ValueError(answer.text)
    return took_s


def _raw(path: Path, data: bytes) -> float:
    began_s = time.perf_counter()
    whole_file.write(path, data)
    return time.perf_counter() - began_s


async def name(phone: RawPhone, case: str, data: bytes) -> None:
    """Push a record that names the photo: a phone sends its records first."""
    await phone.push(phone.chained(fact_bytes(case, photos=(sha256_hex(data),))))


async def plainly_sent(http: httpx.AsyncClient, data: bytes) -> float:
    """Seconds of the same request to another program's tus at /files."""
    began_s = time.perf_counter()
    more = {"Content-Type": "application/offset+octet-stream"}
    headers = {**TUS, **upload_headers(data), **more}
    answer = await http.post("/files", content=data, headers=headers)
    took_s = time.perf_counter() - began_s
    if answer.headers.get("Upload-Offset") != str(len(data)):
        raise ValueError(answer.text)
    return took_s


async def sent(phone: RawPhone, data: bytes) -> float:
    """Seconds from the first byte of a photo's upload to its receipt."""
    began_s = time.perf_counter()
    answer = await phone.create_with(data)
    took_s = time.perf_counter() - began_s
    receipt = msgspec.json.decode(wire.unb64(answer.headers["doorstep-receipt"]), type=wire.Receipt)
    if [line.sha256 for line in phone.receipt(receipt).items] != [sha256_hex(data)]:
        raise ValueError("the receipt names another photo")
    return took_s
