"""Assembles build/app/: client, runtime, fonts, the packed app, our start page and service worker, and the list of it all.

`precache.json` names every file a phone keeps, with sha256 and sizes; its own sha256 is the version, written into sw.js.
So a byte that changes anywhere makes a new service worker, and a phone never holds parts of two versions.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image

from mobile.packaging import client
from mobile.packaging.archive import Squeezer, packed
from mobile.packaging.compiling import NodeFailed, compiled, node, without_unused
from mobile.packaging.contents import BASE, WEB
from mobile.packaging.stage import lay_out
from mobile.ui.app.logo import LOGO_SVG
from mobile.ui.app.theme import BOLD_FONT_FILE, DARK, FONT_FILE, LIGHT

HERE = Path(__file__).resolve().parent
PAGES = (
    "index.html",
    "boot.js",
    "keep.js",
    "python.js",
    "show.js",
    "tabs.js",
    "unsupported.js",
    "why.js",
    "worker.mjs",
    "app.css",
)
"""Our own files of web/, with the marks of `_marks` filled in. sw.js comes last: it carries the version."""
BROWSER_CHECK = "browser_check.js"
"""From assets/web/, where the console finds the same file for its enrolment page."""
ALREADY_SMALL = (".png", ".woff2")
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' blob: data:; font-src 'self' blob: data:; connect-src 'self' blob: data:; media-src 'self' blob:; "
    "worker-src 'self'; object-src 'none'; base-uri 'self'; form-action 'none'"
)
"""Of the page. Styles inline: Flutter sets them. The worker's own is looser (sync_server/api/web_app.py): Python's runtime
makes its bridges with eval."""
DOOR = LOGO_SVG.replace(' xmlns="http://www.w3.org/2000/svg"', "")
"""Inside a page it needs no name of its language, and no page of ours names another host."""


@dataclass(frozen=True)
class Entry:
    """One line of precache.json. `gzip_bytes`: as transferred; `only`: which of client.KITS need it ("": all)."""

    path: str
    sha256: str
    size_bytes: int
    gzip_bytes: int
    only: str


@dataclass(frozen=True)
class Site:
    """What was built. Sizes in bytes; `first_visit_bytes` is what a browser of one kind transfers, gzipped.

    `node_said`: why it was not compiled although there is a node; "" otherwise.
    """

    folder: Path
    version: str
    files: int
    compiled: bool
    first_visit_bytes: dict[str, int]
    node_said: str = ""


def build_site(root: Path, build: Path) -> Site:
    """Stage, pack and lay out the site anew. Raises: CannotPackage."""
    squeezer = Squeezer(build / "cache" / "gzip")
    runner, said = node(), ""
    try:
        files = site_files(root, build, runner)
    except NodeFailed as why:  # slower on the phone is better than nothing
        runner, said = None, str(why)
        files = site_files(root, build, None)
    kept = [name for name in sorted(files) if name != client.NOTICES]
    entries = [entry(name, files[name], squeezer) for name in kept]
    files["precache.json"] = json.dumps([asdict(each) for each in entries], indent=0).encode()
    version = hashlib.sha256(files["precache.json"]).hexdigest()
    files["sw.js"] = (
        (HERE / "web" / "sw.js").read_text("utf-8").replace("__VERSION__", version).encode()
    )
    files["version.json"] = json.dumps(
        {"version": version, "runtime": client.runtime_version()}
    ).encode()
    write(build / "app", files, squeezer)
    listing = len(squeezer.squeeze(files["precache.json"]))
    totals = {
        kind: listing
        + sum(each.gzip_bytes for each in entries if not each.only or kind in each.only.split())
        for kind in client.KITS
    }
    return Site(build / "app", version, len(files), runner is not None, totals, said)


def site_files(root: Path, build: Path, runner: str | None) -> dict[str, bytes]:
    """Everything of the site but the list of it, by path. `runner`: the node to compile with, or None."""
    files = client.client_files()
    files["assets/FontManifest.json"] = client.font_manifest()
    files["pyodide/pyodide-lock.json"] = client.runtime_lock()
    archives = {
        "app.zip": packed(lay_out(root, build, WEB)),
        "pyodide/python_stdlib.zip": without_unused(files["pyodide/python_stdlib.zip"]),
    }
    for name, archive in archives.items():
        files[name] = compiled(archive, build / "cache" / "compiled", runner) if runner else archive
    for name in (FONT_FILE, BOLD_FONT_FILE, "favicon.png"):
        files[name] = (root / "assets" / name).read_bytes()
    files[BROWSER_CHECK] = (root / "assets" / "web" / BROWSER_CHECK).read_bytes()
    files |= icons(root / "assets" / "icon.png")
    files["manifest.json"] = json.dumps(manifest(), ensure_ascii=False, indent=1).encode()
    return files | {
        name: filled((HERE / "web" / name).read_text("utf-8")).encode() for name in PAGES
    }


def entry(path: str, data: bytes, squeezer: Squeezer) -> Entry:
    """The line of a file."""
    size = len(data) if path.endswith(ALREADY_SMALL) else len(squeezer.squeeze(data))
    return Entry(
        path, hashlib.sha256(data).hexdigest(), len(data), size, client.FILES.get(path, "")
    )


def write(folder: Path, files: dict[str, bytes], squeezer: Squeezer) -> None:
    """Lay the site beside the old one and swap, so that a server never sees half of it; a .gz beside what shrinks."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for name, data in files.items():
        path = fresh / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        if not name.endswith(ALREADY_SMALL) and len(data) > 1024:
            path.with_name(path.name + ".gz").write_bytes(squeezer.squeeze(data))
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def manifest() -> dict[str, object]:
    """What a home screen wants to know."""
    icon = [
        {
            "src": f"icons/icon-{size}.png",
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in (192, 512)
        for purpose in ("any", "maskable")  # the drawing stays inside every launcher's mask
    ]
    return {
        "name": "上门 · 助学贷款走访记录",
        "short_name": "上门",
        "lang": "zh-CN",
        "dir": "ltr",
        "id": BASE,
        "start_url": BASE,
        "scope": BASE,
        "display": "standalone",
        "orientation": "portrait",
        "background_color": LIGHT["surface"],
        "theme_color": LIGHT["surface"],
        "description": "离线记录走访、送达和情况说明",
        "icons": icon,
    }


def icons(drawing: Path) -> dict[str, bytes]:
    """The icon in the sizes home screens ask for; opaque, as iPhones need it."""
    found = {}
    with Image.open(drawing) as opened:
        whole = opened.convert("RGB")
    for name, side_px in (("apple-touch-icon", 180), ("icon-192", 192), ("icon-512", 512)):
        out = io.BytesIO()
        whole.resize((side_px, side_px), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
        found[f"icons/{name}.png"] = out.getvalue()
    return found


def filled(text: str) -> str:
    """A page of ours with its marks replaced."""
    for mark, value in _marks().items():
        text = text.replace(mark, value)
    return text


def _marks() -> dict[str, str]:
    colours = {
        f"__{mode}_{name}__".upper(): palette[name]
        for mode, palette in (("light", LIGHT), ("dark", DARK))
        for name in (
            "surface",
            "primary",
            "on_surface",
            "on_surface_variant",
            "on_primary",
            "outline",
        )
    }
    return colours | {
        "__BASE__": BASE,
        "__DOOR__": DOOR,
        "__ENGINE__": client.engine_revision(),
        "__POLICY__": POLICY,
    }
