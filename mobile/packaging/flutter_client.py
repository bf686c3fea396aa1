"""Takes from Flet's web client (the locked package flet-web) the files that the site needs.

Each file is checked against the package's record. The client has Flutter's compiled code, CanvasKit
and the Python runtime (Pyodide); its start page, loader script, worker and service worker are
replaced by ours in web/. Left out: other renderers, debug symbols, source maps, formula fonts,
media players, package installers.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import distribution

from mobile.packaging.other_origins import without_other_origins
from mobile.packaging.python_packages import PackagingError, verified_file
from mobile.ui.app.theme import BOLD_FONT_FILE, FAMILY, FONT_FILE

CLIENT_FOLDER = "flet_web/web/"
WASM, CHROMIUM, OTHERS = "wasm", "chromium", "others"
"""Three builds of Flutter's client; a browser needs one, and web/offline.js chooses it.

Chromium of 2023 and later takes WebAssembly (a slowed page starts in half the time,
docs/benchmarks.md), all others JavaScript.
"""
BUILDS = (WASM, CHROMIUM, OTHERS)
FILES: dict[str, str] = {
    "flutter.js": "",
    "main.dart.wasm": WASM,
    "main.dart.mjs": WASM,
    "canvaskit/skwasm.js": WASM,
    "canvaskit/skwasm.wasm": WASM,
    "main.dart.js": f"{CHROMIUM} {OTHERS}",
    "canvaskit/canvaskit.js": OTHERS,
    "canvaskit/canvaskit.wasm": OTHERS,
    "canvaskit/chromium/canvaskit.js": CHROMIUM,
    "canvaskit/chromium/canvaskit.wasm": CHROMIUM,
    "pyodide/pyodide.mjs": "",
    "pyodide/pyodide.asm.mjs": "",
    "pyodide/pyodide.asm.wasm": "",
    "pyodide/python_stdlib.zip": "",
    "assets/AssetManifest.bin.json": "",
    "assets/AssetManifest.bin": "",
    "assets/fonts/MaterialIcons-Regular.otf": "",
    "assets/fonts/roboto.woff2": "",
    "assets/shaders/ink_sparkle.frag": "",
    "assets/shaders/stretch_effect.frag": "",
}
"""Path -> which of BUILDS need it, separated by spaces ("": all)."""
NOTICES = "assets/NOTICES"
"""Licences of the client's parts: on the site, not kept on the phone."""


def client_files() -> dict[str, bytes]:
    """The client's files by their path on the site, without addresses of other servers.

    Raises: PackagingError when one is missing or changed.
    """
    package = distribution("flet-web")
    return {
        name: without_other_origins(name, verified_file(package, CLIENT_FOLDER + name))
        for name in (*FILES, NOTICES)
    }


def engine_revision() -> str:
    """The revision of Flutter's engine, from the client's own start script."""
    script = verified_file(
        distribution("flet-web"), CLIENT_FOLDER + "flutter_bootstrap.js"
    ).decode()
    found = re.search(r'"engineRevision":"([0-9a-f]+)"', script)
    if found is None:
        raise PackagingError("flet-web 的启动脚本里没有引擎版本")
    return found[1]


def runtime_lock() -> bytes:
    """The runtime's list of packages, emptied, so that it can download nothing."""
    lock = json.loads(
        verified_file(distribution("flet-web"), CLIENT_FOLDER + "pyodide/pyodide-lock.json")
    )
    return json.dumps({"info": lock["info"], "packages": {}}, sort_keys=True).encode()


def runtime_version() -> str:
    """Pyodide's version."""
    return str(
        json.loads(verified_file(distribution("flet-web"), CLIENT_FOLDER + "pyodide/package.json"))[
            "version"
        ]
    )


def font_manifest() -> bytes:
    """The fonts Flutter loads before its first frame: icons and our Chinese font."""
    ours = [
        {"asset": f"../{FONT_FILE}", "weight": 400},
        {"asset": f"../{BOLD_FONT_FILE}", "weight": 700},
    ]
    manifest = [
        {"family": "MaterialIcons", "fonts": [{"asset": "fonts/MaterialIcons-Regular.otf"}]},
        {"family": FAMILY, "fonts": ours},
        {"family": "Roboto", "fonts": [{"asset": "fonts/roboto.woff2"}]},
    ]
    return json.dumps(manifest).encode()
