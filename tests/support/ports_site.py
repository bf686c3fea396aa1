"""What the contract of the ports is run against: pictures, what Pillow makes of them, and a server that answers oddly.

The same server also hands a browser the Python runtime and the archive of the built web app (tests/support/sites.py),
the contract beside it, so that the suite runs inside a page.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import random
import threading
import time
import zipfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image, ImageDraw, ImageFilter

from mobile.ports.pillow_codec import PillowCodec
from shared.wire import b64

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "at_rest.json"
_INSIDE = (
    "tests/support/browser/inside.py",
    *(
        f"tests/support/phone/{name}.py"
        for name in ("ports_contract", *(f"contract_{n}" for n in ("kit", "keys", "net", "photos")))
    ),
)
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".json": "application/json",
}
_ORIENTATION = 0x0112
_BACK = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
"""EXIF orientation -> the transposition that makes a stored picture out of an upright one (its inverse turns it)."""
_SLOW_S = 8.0


class Pictures:
    """JPEGs by name, made once, from a fixed seed."""

    @cached_property
    def jpegs(self) -> dict[str, bytes]:
        made = {f"turned-{n}": _turned(n) for n in range(1, 9)}
        for name, size, blur in _PAPERS:
            made[name] = _jpeg(_paper(size, blur))
        made["tiny"] = _jpeg(_paper((200, 150), 0))
        made["progressive"] = _jpeg(_paper((2600, 1900), 0), progressive=True)
        made["grey"] = _jpeg(_paper((2600, 1900), 0).convert("L"))
        return made

    @cached_property
    def files(self) -> dict[str, bytes]:
        """Everything a person may pick, photos among it: screenshots, and what the largest sensors give."""
        return self.jpegs | {
            "chat.png": _saved(_paper((1440, 7200), 0), "PNG"),
            "chat.webp": _saved(_paper((1080, 2200), 0), "WEBP"),
            "64mp": _turned(6, (9260, 6945)),
            "108mp": _jpeg(Image.new("L", (12_032, 9024), 128)),
        }

    @cached_property
    def expected(self) -> dict[str, dict[str, float]]:
        """What Pillow's codec makes of each."""
        found = {}
        for name, jpeg in self.jpegs.items():
            fitted = in_a_thread(PillowCodec().fit(jpeg))
            found[name] = {
                "width_px": fitted.width_px,
                "height_px": fitted.height_px,
                "sharpness": fitted.sharpness,
            }
        return found


def in_a_thread(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, also where an event loop is running already (Playwright's)."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


_PAPERS = (
    ("phone-12mp", (4000, 3000), 0.0),
    ("blurred-12mp", (4000, 3000), 6.0),
    ("portrait", (3000, 4000), 1.0),
    ("odd", (4001, 3007), 1.5),
    ("exact", (1600, 1200), 0.5),
    ("small", (1000, 750), 0.8),
    ("wide", (4900, 430), 1.0),
    ("nearly-half", (3199, 2399), 0.6),
)


def _paper(size: tuple[int, int], blur: float) -> Image.Image:
    """A table with a written page on it: flat ground, lines of letters, a little noise."""
    rng = random.Random(f"{size}{blur}")
    picture = Image.new("RGB", size, (150, 120, 90))
    draw = ImageDraw.Draw(picture)
    unit = max(4, min(size) // 60)
    draw.rectangle(
        (unit * 4, unit * 3, size[0] - unit * 4, size[1] - unit * 3), fill=(242, 240, 232)
    )
    for y in range(unit * 6, size[1] - unit * 6, unit * 2):
        x = unit * 6
        while x < size[0] - unit * 7:
            if rng.random() < 0.8:
                box = (x, y, x + unit * rng.uniform(0.3, 0.9), y + unit * rng.uniform(0.6, 1.2))
                draw.rectangle(box, outline=(40, 38, 44), width=max(1, unit // 8))
            x += unit
    picture = Image.blend(picture, _noise(size), 0.06)
    return picture.filter(ImageFilter.GaussianBlur(blur)) if blur else picture


@cache
def _grain() -> Image.Image:
    return Image.effect_noise((1024, 1024), 6).convert("RGB")


def _noise(size: tuple[int, int]) -> Image.Image:
    """One square of noise over the whole: drawing it costs more than anything else of a picture."""
    picture, grain = Image.new("RGB", size), _grain()
    for x in range(0, size[0], grain.width):
        for y in range(0, size[1], grain.height):
            picture.paste(grain, (x, y))
    return picture


def _turned(orientation: int, size: tuple[int, int] = (2000, 1500)) -> bytes:
    upright = Image.new("RGB", (2000, 1500), (230, 230, 230))
    for at, colour in (
        ((0, 0), (220, 20, 20)),
        ((1400, 0), (20, 200, 20)),
        ((0, 1050), (20, 20, 220)),
    ):
        upright.paste(colour, (*at, at[0] + 600, at[1] + 450))
    upright.paste((255, 255, 255), (1400, 1050, 2000, 1500))
    if size != upright.size:
        upright = upright.resize(size, Image.Resampling.NEAREST)
    if orientation in _BACK:
        upright = upright.transpose(Image.Transpose(_BACK[orientation]))
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    exif[0x010E] = "secret place"
    return _jpeg(upright, exif=exif, comment=b"secret words")


def _jpeg(picture: Image.Image, **options: object) -> bytes:
    return _saved(picture, "JPEG", quality=92, **options)


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def corners(jpeg: bytes) -> str:
    """The colours in the corners of a JPEG: top left, top right, bottom left, bottom right."""
    with Image.open(io.BytesIO(jpeg)) as opened:
        picture = opened.convert("RGB")
    width, height = picture.size
    at = ((4, 4), (width - 5, 4), (4, height - 5), (width - 5, height - 5))
    pixels = [picture.getpixel(place) for place in at]
    return " ".join(_name(pixel) for pixel in pixels if isinstance(pixel, tuple))


def _name(pixel: tuple[int, ...]) -> str:
    red, green, blue = pixel[:3]
    if min(pixel) > 200:
        return "white"
    return {red: "red", green: "green", blue: "blue"}[max(red, green, blue)]


class PortsSite:
    """One server of this run on a free port."""

    def __init__(self, pictures: Pictures, app: Path | None = None) -> None:
        """`app`: the built web app, for a browser that runs the contract; else there is nothing to run it with."""
        self.files: dict[str, bytes] = {
            "/index.html": PAGE,
            "/worker.mjs": WORKER,
            **(_runtime(app) if app else {}),
            "/golden.json": GOLDEN.read_bytes(),
            "/expected.json": json.dumps(pictures.expected).encode(),
            **{f"/pictures/{name}": jpeg for name, jpeg in pictures.files.items()},
        }
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Answers", (_Answers,), {"files": self.files})
        )
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def serving(self) -> Iterator[PortsSite]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join(5)


class _Answers(BaseHTTPRequestHandler):
    files: dict[str, bytes]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/t/gzip":
            data = gzip.compress(json.dumps({"packed": "是" * 1000}).encode())
            self._answer(200, data, {"Content-Encoding": "gzip"})
        elif path.startswith("/t/status/"):
            self._answer(int(path.rpartition("/")[2]), b'{"code": "fact.conflict"}')
        elif path == "/t/slow":
            time.sleep(_SLOW_S)
            self._answer(200, b"{}")
        elif path == "/t/trickle":
            self._trickle()
        elif path in self.files:
            self._answer(200, self.files[path])
        else:
            self._answer(404, b"{}")

    def _trickle(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"{")
        self.wfile.flush()
        time.sleep(_SLOW_S / 4)
        self.close_connection = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = {"method": self.command, "path": self.path, "body": b64(body)} | {
            name.lower().replace("-", "_"): self.headers.get(name)
            for name in ("Authorization", "Content-Encoding", "Upload-Offset")
        }
        self._answer(200, json.dumps(request).encode(), {"X-Kind": "echo"})

    do_PATCH = do_POST  # noqa: N815  the names are http.server's

    def do_HEAD(self) -> None:
        self._answer(200, b"", {"Upload-Offset": "42"})

    def _answer(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        kind = _TYPES.get(Path(self.path.split("?")[0]).suffix, "application/json")
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(data)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # who asked has gone: that is what some tests are about

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _runtime(app: Path) -> dict[str, bytes]:
    """The Python runtime as the app ships it, and the app's own archive with the contract beside it."""
    runtime = {f"/pyodide/{file.name}": file.read_bytes() for file in (app / "pyodide").iterdir()}
    return runtime | {"/app.zip": _with_the_contract((app / "app.zip").read_bytes())}


def _with_the_contract(archive: bytes) -> bytes:
    """Not compiled as the app is: the compiler leaves out the assertions of what is not the app's own."""
    out = io.BytesIO(archive)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_STORED) as opened:
        for name in _INSIDE:
            opened.writestr(name, (ROOT / name).read_bytes())
        for folder in ("tests", "tests/support", "tests/support/phone", "tests/support/browser"):
            opened.writestr(f"{folder}/__init__.py", b"")
    return out.getvalue()


PAGE = b"""<!doctype html><meta charset="utf-8"><title>ports</title>
<script type="module">
const worker = new Worker("worker.mjs" + location.search, { type: "module" });
const waiting = new Map();
let last = 0;
window.saved = [];
worker.onmessage = ({ data }) => { if (data.saved) window.saved.push(data.saved); waiting.get(data.id)?.(data); waiting.delete(data.id); };
worker.onerror = (event) => { window.trouble = event.message; };
window.run = (name, words) => new Promise((done) => {
  waiting.set(++last, done);
  worker.postMessage({ id: last, name, words });
});
window.stop = () => worker.terminate();
</script>"""
WORKER = b"""const ready = (async () => {
  if (location.search === "?jspi=off") for (const name of ["Suspending", "promising", "SuspendError"]) delete WebAssembly[name];
  const { loadPyodide } = await import("./pyodide/pyodide.mjs");
  const zip = fetch("app.zip").then((answer) => answer.arrayBuffer());
  const python = await loadPyodide();
  python.FS.mkdirTree("/home/app");
  python.unpackArchive(await zip, "zip", { extractDir: "/home/app" });
  return python.runPythonAsync(`
import sys
sys.path[:0] = ["/home/app", "/home/app/__pypackages__"]
from tests.support.browser.inside import run
run`);
})();
self.onmessage = async ({ data: { id, name, words } }) => {
  try {
    const run = await ready;
    self.postMessage({ id, result: await run(name, words) });
  } catch (error) {
    self.postMessage({ id, failed: String(error) });
  }
};"""
