"""Builds build/app/: client, runtime, fonts, the packed app, start page and service worker.

`precache.json` names every file a phone keeps, with sha256 and sizes; its own sha256 is the
version, written into sw.js. So any changed byte makes a new service worker, and a phone never holds
parts of two versions.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from PIL import Image

from mobile.packaging import flutter_client, icon_font
from mobile.packaging.archive import BrotliCache, GzipCache, zip_tree
from mobile.packaging.compile_python import NodeFailed, compile_archive, find_node, without_unused
from mobile.packaging.contents import BASE, WEB
from mobile.packaging.staging import own_files, stage_tree
from mobile.ui.app.logo import LOGO_SVG
from mobile.ui.app.theme import BOLD_FONT_FILE, DARK, FONT_FILE, LIGHT

HERE = Path(__file__).resolve().parent
OWN_FILES = (
    "index.html",
    "fetch_errors.js",
    "offline.js",
    "python.js",
    "start.js",
    "start_page.js",
    "unsupported.js",
    "window_lock.js",
    "worker.mjs",
    "app.css",
)
"""Our own files of web/, with `_placeholders` filled in; sw.js is written last, with the version.
"""
SHARED_SCRIPTS = ("browser_check.js", "history.js")
"""From assets/web/; the console's enrolment page runs the first, the preview the second."""
COMPRESSED_SUFFIXES = (".png", ".woff2")
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' blob: data:; font-src 'self' blob: data:; connect-src 'self' blob: data:; "
    "media-src 'self' blob:; "
    "worker-src 'self'; object-src 'none'; base-uri 'self'; form-action 'none'"
)
"""The page's policy. Inline styles are Flutter's.

The worker's own is looser (sync_server/api/web_app.py): Python's runtime calls eval.
"""
INLINE_LOGO = LOGO_SVG.replace(' xmlns="http://www.w3.org/2000/svg"', "")
"""Inside a page SVG needs no namespace, and no page of ours names another host."""


@dataclass(frozen=True)
class Entry:
    """One line of precache.json.

    `gzip_bytes`: as transferred with gzip; `only`: which of flutter_client.BUILDS need it ("":
    all).
    """

    path: str
    sha256: str
    size_bytes: int
    gzip_bytes: int
    only: str


@dataclass(frozen=True)
class Site:
    """What was built. `first_visit_bytes`: gzipped bytes that each kind of browser downloads.

    `brotli_bytes`: the same for one that takes Brotli, as all do over https; empty where none was
    made. `node_error`: why nothing was compiled although there is a node; else "".
    """

    folder: Path
    version: str
    files: int
    compiled: bool
    first_visit_bytes: dict[str, int]
    node_error: str = ""
    brotli_bytes: dict[str, int] = field(default_factory=dict)


def build_site(root: Path, build: Path, *, brotli: bool = False) -> Site:
    """Stage, pack and write the site. `brotli`: also as Brotli, which takes minutes the first time.

    Raises: PackagingError.
    """
    gzip_cache = GzipCache(build / "cache" / "gzip")
    runner, node_error = find_node(), ""
    try:
        files = site_files(root, build, runner)
    except NodeFailed as why:  # not compiled: slower on the phone, but it works
        runner, node_error = None, str(why)
        files = site_files(root, build, None)
    kept = [name for name in sorted(files) if name != flutter_client.NOTICES]
    entries = [precache_entry(name, files[name], gzip_cache) for name in kept]
    files["precache.json"] = json.dumps([asdict(each) for each in entries], indent=0).encode()
    version = hashlib.sha256(files["precache.json"]).hexdigest()
    files["sw.js"] = (
        (HERE / "web" / "sw.js").read_text("utf-8").replace("__VERSION__", version).encode()
    )
    files["version.json"] = json.dumps(
        {"version": version, "runtime": flutter_client.runtime_version()}
    ).encode()
    brotli_cache = BrotliCache(build / "cache" / "brotli", runner if brotli else None)
    shrinking = [data for name, data in files.items() if shrinks(name, data)]
    if brotli:
        brotli_cache.prepare(shrinking)
    smaller = brotli_cache.compressed if brotli else no_brotli
    write_site(build / "app", files, gzip_cache, smaller)
    sent = [(each.gzip_bytes, each.only) for each in entries]
    sent.append((len(gzip_cache.compress(files["precache.json"])), ""))
    as_brotli: list[tuple[int, str]] = []
    if brotli and all(smaller(data) for data in shrinking):
        sizes = {name: len(smaller(data) or data) for name, data in files.items()}
        as_brotli = [(sizes[each.path], each.only) for each in entries]
        as_brotli.append((sizes["precache.json"], ""))
    return Site(
        build / "app",
        version,
        len(files),
        runner is not None,
        by_build(sent),
        node_error,
        by_build(as_brotli) if as_brotli else {},
    )


def by_build(sent: list[tuple[int, str]]) -> dict[str, int]:
    """The bytes that each kind of browser downloads. `sent`: size and the builds that need it."""
    return {
        kind: sum(size for size, only in sent if not only or kind in only.split())
        for kind in flutter_client.BUILDS
    }


def shrinks(name: str, data: bytes) -> bool:
    """Whether a file is sent compressed."""
    return not name.endswith(COMPRESSED_SUFFIXES) and len(data) > 1024


def no_brotli(_: bytes) -> bytes | None:
    """For a site without Brotli."""
    return None


def site_files(root: Path, build: Path, runner: str | None) -> dict[str, bytes]:
    """All files of the site but its list, by path. `runner`: the node to compile with, or None."""
    files = flutter_client.client_files()
    files[icon_font.FONT] = icon_font.cut(files[icon_font.FONT], own_files(root, WEB).values())
    files["assets/FontManifest.json"] = flutter_client.font_manifest()
    files["pyodide/pyodide-lock.json"] = flutter_client.runtime_lock()
    archives = {
        "app.zip": zip_tree(stage_tree(root, build, WEB)),
        "pyodide/python_stdlib.zip": without_unused(files["pyodide/python_stdlib.zip"]),
    }
    for name, archive in archives.items():
        files[name] = (
            compile_archive(archive, build / "cache" / "compiled", runner) if runner else archive
        )
    for name in (FONT_FILE, BOLD_FONT_FILE, "favicon.png"):
        files[name] = (root / "assets" / name).read_bytes()
    for name in SHARED_SCRIPTS:
        files[name] = (root / "assets" / "web" / name).read_bytes()
    files |= icons(root / "assets" / "icon.png")
    files["manifest.json"] = json.dumps(manifest(), ensure_ascii=False, indent=1).encode()
    return files | {
        name: fill_placeholders((HERE / "web" / name).read_text("utf-8")).encode()
        for name in OWN_FILES
    }


def precache_entry(path: str, data: bytes, gzip_cache: GzipCache) -> Entry:
    """The precache.json line of a file."""
    size = len(data) if path.endswith(COMPRESSED_SUFFIXES) else len(gzip_cache.compress(data))
    return Entry(
        path, hashlib.sha256(data).hexdigest(), len(data), size, flutter_client.FILES.get(path, "")
    )


def write_site(
    folder: Path,
    files: dict[str, bytes],
    gzip_cache: GzipCache,
    brotli: Callable[[bytes], bytes | None] = no_brotli,
) -> None:
    """Write the site beside the old one and swap, so that a server never serves half of it.

    Files that shrink get a .gz beside them, and a .br where there is one.
    """
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for name, data in files.items():
        path = fresh / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        if shrinks(name, data):
            path.with_name(path.name + ".gz").write_bytes(gzip_cache.compress(data))
            if (small := brotli(data)) is not None:
                path.with_name(path.name + ".br").write_bytes(small)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def manifest() -> dict[str, object]:
    """The web app manifest, for home screens."""
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
    """The icon in the sizes that home screens ask for; opaque, as iPhones need it."""
    found = {}
    with Image.open(drawing) as opened:
        whole = opened.convert("RGB")
    for name, side_px in (("apple-touch-icon", 180), ("icon-192", 192), ("icon-512", 512)):
        out = io.BytesIO()
        whole.resize((side_px, side_px), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
        found[f"icons/{name}.png"] = out.getvalue()
    return found


def fill_placeholders(text: str) -> str:
    """A file of ours with its placeholders replaced."""
    for placeholder, value in _placeholders().items():
        text = text.replace(placeholder, value)
    return text


def _placeholders() -> dict[str, str]:
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
        "__LOGO__": INLINE_LOGO,
        "__ENGINE__": flutter_client.engine_revision(),
        "__POLICY__": POLICY,
    }
