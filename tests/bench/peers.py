"""Other programs at the same work, in turns with ours, where their packages can be had.

They are installed into build/bench-peers (`PEERS=1` or `RECORD=1` does it) and are no part of the project:
weasyprint and pyHanko into an environment of their own, @tus/server beside node.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from tests.bench.frame import NotHereError, in_a_fork
from tests.bench.registry import Values

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "build" / "bench-peers"
PYTHON = FOLDER / "python" / "bin" / "python"
NODE = FOLDER / "node"
PIP = ("weasyprint==70.0", "pyhanko==0.38.0")
NPM = ("@tus/server@2.4.5", "@tus/file-store@2.1.1")
ROUNDS = 5
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def _install(what: str, *commands: list[str], cwd: Path) -> None:
    """Install one peer. Raises NotHereError."""
    if not (os.environ.get("PEERS") or os.environ.get("RECORD")):
        raise NotHereError(f"{what} is not installed; PEERS=1 does it")
    cwd.mkdir(parents=True, exist_ok=True)
    for command in commands:
        try:
            subprocess.run(command, cwd=cwd, check=True, timeout=300, **QUIET)
        except (OSError, subprocess.SubprocessError) as error:
            raise NotHereError(f"{what} cannot be installed here") from error


def weasyprint() -> Values:
    """B6: a sealed PDF of 200 people, ours and its libraries alone ÷ weasyprint's HTML and pyHanko's signature."""
    if not PYTHON.exists():
        made = [sys.executable, "-m", "venv", str(FOLDER / "python")]
        pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check", *PIP]
        _install("weasyprint", made, pip, cwd=FOLDER)
    from sync_server.sealing.making.school_view import school_view
    from tests.bench.seal import School

    found: dict[str, list[float]] = {"weasyprint": [], "floor": []}
    with tempfile.TemporaryDirectory(prefix="doorstep-bench-") as folder:
        school = School(Path(folder))
        view = school_view(school.summary, school.printed.rendered.data_hash)
        (Path(folder) / "printed.json").write_bytes(msgspec.json.encode(view))
        command = [str(PYTHON), str(HERE / "peer_weasyprint.py"), folder]
        for _ in range(3):
            done = subprocess.run(command, capture_output=True, check=False)
            if done.returncode:
                raise NotHereError("weasyprint does not run here")
            theirs_s = float(done.stdout)
            found["weasyprint"].append(in_a_fork(school.seal) / theirs_s)
            found["floor"].append(in_a_fork(school.libraries) / theirs_s)
    return found


def tus() -> Values:
    """B2: a photo by one POST, ours (flushed, with a receipt) ÷ @tus/server's file store (neither)."""
    if not (NODE / "node_modules" / "@tus" / "file-store").exists():
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", *NPM]
        _install("@tus/server", ["npm", "init", "-y"], npm, cwd=NODE)
    return asyncio.run(_tus())


async def _tus() -> Values:
    from tests.bench import upload
    from tests.bench.served import phone_of

    found = []
    with tempfile.TemporaryDirectory(prefix="doorstep-bench-") as folder, _node(folder) as port:
        async with (
            phone_of() as (phone, _, cases, _),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as theirs,
        ):
            for number in range(ROUNDS + 1):
                ours_s, theirs_s = [], []
                for _ in range(upload.PHOTOS):
                    data = upload.photo()
                    theirs_s.append(await upload.plainly_sent(theirs, data))
                    await upload.name(phone, cases[number], data)
                    ours_s.append(await upload.sent(phone, data))
                if number:
                    found.append(statistics.median(ours_s) / statistics.median(theirs_s))
    return {"tus": found}


@contextmanager
def _node(folder: str) -> Iterator[int]:
    """@tus/server on a port of its own."""
    script = NODE / "serve.mjs"
    script.write_text((HERE / "peer_tus.mjs").read_text("utf-8"), "utf-8")
    server = subprocess.Popen(["node", str(script), folder], stdout=subprocess.PIPE)
    try:
        line = server.stdout.readline() if server.stdout else b""
        if not line:
            raise NotHereError("@tus/server does not run here")
        yield msgspec.json.decode(line, type=int)
    finally:
        server.terminate()
        server.wait(30)
