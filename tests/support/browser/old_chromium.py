"""Chromium 80 (February 2020), a real build: from the npm registry, for tests alone, checked by its hash and kept in build/.

Playwright of today does not talk to it; what is needed is small: open a page, ask it something, take its picture.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import platform
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support.browser.waits import RESTS, WAIT_S

PACKAGE = "chrome-aws-lambda@2.1.1"
SHA512 = "Wer2QuygxsCov5bM2+8CLa6qYpNsc5AxYTlgTne00aFoxFP491LGJRxOQtGnYtsJP6UG4pB0SfrwTyPnLys1Lw=="
KEPT = Path(__file__).resolve().parents[3] / "build" / "tests" / "chromium-80"
UNPACK = "const z=require('zlib'),f=require('fs'),[a,b]=process.argv.slice(1);f.writeFileSync(b,z.brotliDecompressSync(f.readFileSync(a)))"
SOON_S = 5.0
OPEN_S = 20.0
"""For a page to come to rest; a window that hangs is closed and the page opened in a new one."""
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-zygote",
    "--disable-dev-shm-usage",
)


class NotToBeHadError(Exception):
    """There is no such build here, and why."""


def program() -> Path:
    """Where the program is, fetched once. Raises: NotToBeHadError."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise NotToBeHadError("the build is for Linux on x86_64")
    if not (shutil.which("npm") and shutil.which("node")):
        raise NotToBeHadError("npm and node are not on the path")
    KEPT.mkdir(parents=True, exist_ok=True)
    found = KEPT / "chromium"
    with (KEPT / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not found.exists():
            _fetch(found)
    return found


def _fetch(place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=KEPT) as folder:
        made = subprocess.run(
            ["npm", "pack", "--silent", PACKAGE], cwd=folder, capture_output=True, timeout=300
        )
        archives = list(Path(folder).glob("*.tgz"))
        if made.returncode or not archives:
            raise NotToBeHadError(f"npm: {made.stderr.decode(errors='replace')[-300:]}")
        digest = base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode()
        assert digest == SHA512, f"{PACKAGE} is another file: {digest}"
        with tarfile.open(archives[0]) as archive:
            packed = archive.extractfile("package/bin/chromium.br")
            assert packed is not None
            (Path(folder) / "packed").write_bytes(packed.read())
        subprocess.run(
            ["node", "-e", UNPACK, "packed", "unpacked"], cwd=folder, check=True, timeout=120
        )
        (Path(folder) / "unpacked").chmod(0o755)
        (Path(folder) / "unpacked").rename(place)


class WindowHungError(Exception):
    """A window answers no more: this build does so now and then, on no page in particular."""


class OldPage:
    """The one window of a Chromium 80."""

    def __init__(self, line: ClientConnection) -> None:
        self._line, self._last = line, 0

    def ask(self, method: str, *, wait_s: float = WAIT_S, **params: Any) -> dict[str, Any]:
        """Say something of the DevTools protocol, and return its answer. Raises: TimeoutError."""
        self._last += 1
        self._line.send(json.dumps({"id": self._last, "method": method, "params": params}))
        while True:
            answer = json.loads(self._line.recv(timeout=wait_s))
            if answer.get("id") == self._last:
                assert "error" not in answer, f"{method}: {answer}"
                found: dict[str, Any] = answer["result"]
                return found

    def evaluate(self, script: str, *, wait_s: float = WAIT_S) -> Any:
        """What an expression gives. Raises: TimeoutError."""
        found = self.ask("Runtime.evaluate", wait_s=wait_s, expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def size(self, width: int, height: int) -> None:
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def open(self, url: str) -> OldPage:
        """Go to a page by an empty one, and wait until it is whole."""
        self._go("about:blank")
        self._go(url)
        return self

    def _go(self, url: str) -> None:
        self.evaluate("window.left = true")
        self.ask("Page.navigate", url=url)
        until = time.monotonic() + OPEN_S
        while time.monotonic() < until:
            with suppress(TimeoutError):  # what is asked in the moment of leaving gets no answer
                if self.evaluate(f"!window.left && {RESTS}", wait_s=SOON_S):
                    return
            time.sleep(0.05)
        raise WindowHungError(url)

    def cookie(self, name: str, value: str, url: str) -> None:
        self.ask("Network.setCookie", name=name, value=value, url=url)

    def picture(self, place: Path) -> None:
        """Keep what the window shows."""
        place.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))


@contextmanager
def chromium_80() -> Iterator[OldPage]:
    """Its window. Raises: NotToBeHadError."""
    path = program()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [str(path), *ARGUMENTS, "--remote-debugging-port=0", f"--user-data-dir={folder}"],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            found = next((m for line in lines if (m := re.search(r"ws://([^/]+)/\S+", line))), None)
            assert found, "Chromium 80 said no address"
            with connect(found[0], max_size=None, ping_interval=None) as line:
                made = OldPage(line)
                target = made.ask("Target.createTarget", url="about:blank")["targetId"]
            with connect(
                f"ws://{found[1]}/devtools/page/{target}", max_size=None, ping_interval=None
            ) as line:
                yield OldPage(line)
        finally:
            process.kill()
            process.communicate(timeout=30)
