"""The preview: the app's screens in a browser while its Python runs on this computer.

Flet's own web client is served with a folder of ours on top: our fonts in its font manifest (so
that the first frame already has Chinese), and its start page in our colours. The folder is made
again at every start from the installed client, so the two always fit. Nothing comes from a CDN, and
no browser is opened.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import flet as ft

from mobile.ui.app.logo import LOGO_SVG
from mobile.ui.app.theme import BOLD_FONT_FILE, DARK, FAMILY, FONT_FILE, LIGHT
from shared.assets import WEB

HOST_VARIABLE = "DOORSTEP_APP_HOST"
POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; "
    "connect-src 'self' ws: wss: blob: data:"
)
"""Flet's client asks one CDN for a Rive library it does not need here
(docs/sources.md#flet-rive-request); nothing may leave this computer."""


def serve(
    main: Callable[[ft.Page], Awaitable[None]],
    before: Callable[[ft.Page], None],
    overlay: Path,
    assets: Path,
    *,
    port: int,
) -> None:
    """Serve until interrupted, on 127.0.0.1 unless DOORSTEP_APP_HOST says otherwise."""
    make_overlay(overlay, assets)
    # Without it Flet opens the person's browser by itself (flet/app.py, on_app_startup).
    os.environ["FLET_FORCE_WEB_SERVER"] = "true"
    ft.run(
        main,
        before_main=before,
        host=os.environ.get(HOST_VARIABLE, "127.0.0.1"),
        port=port,
        view=None,
        assets_dir=str(overlay),
        web_renderer=ft.WebRenderer.CANVAS_KIT,
        no_cdn=True,
    )


def make_overlay(overlay: Path, assets: Path) -> None:
    """Make the folder served on top of Flet's client: fonts, font manifest, start page, icons."""
    from flet_web import get_package_web_dir

    client = Path(get_package_web_dir())
    shutil.rmtree(overlay, ignore_errors=True)
    (overlay / "assets").mkdir(parents=True)
    (overlay / "fonts").mkdir()
    for name in (FONT_FILE, BOLD_FONT_FILE):
        if (assets / name).exists():
            shutil.copyfile(assets / name, overlay / name)
    for name in ("favicon.png", "icon.png"):
        if (assets / name).exists():
            shutil.copyfile(assets / name, overlay / name)
    manifest = json.loads((client / "assets" / "FontManifest.json").read_text("utf-8"))
    (overlay / "assets" / "FontManifest.json").write_text(
        json.dumps(with_our_fonts(manifest, assets)), "utf-8"
    )
    (overlay / "index.html").write_text(
        with_our_start_page((client / "index.html").read_text("utf-8")), "utf-8"
    )


def with_our_fonts(manifest: list[dict[str, object]], assets: Path) -> list[dict[str, object]]:
    """Flet's font manifest with our family. Paths are relative to the client's assets/ folder."""
    faces: list[dict[str, object]] = [{"asset": f"../{FONT_FILE}", "weight": 400}]
    if (assets / BOLD_FONT_FILE).exists():
        faces.append({"asset": f"../{BOLD_FONT_FILE}", "weight": 700})
    return [*manifest, {"family": FAMILY, "fonts": faces}]


def with_our_start_page(page: str) -> str:
    """Flet's start page with our name, language, colours, logo and history script."""
    history_script = f"<script>{(WEB / 'history.js').read_text('utf-8')}</script>"
    swaps = {
        "<html>": '<html lang="zh-CN">',
        '<meta charset="UTF-8">': '<meta charset="UTF-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        "</head>": f"{history_script}</head>",
        "<title>Flet</title>": "<title>上门</title>",
        "Flet application.": "上门",
        'content="Flet"': 'content="上门"',
        "background: #ffffff;": f"background: {LIGHT['surface']};",
        "background: #222222;": f"background: {DARK['surface']};",
        '<img src="icons/loading-animation.png" alt="" />': LOGO_SVG,
    }
    for old, new in swaps.items():
        page = page.replace(old, new)
    return page
