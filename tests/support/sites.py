"""Web apps for tests: the real tree, or a tiny app that shows one sentence, built by the real pipeline, whose steps are kept between runs."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

from mobile.packaging.python_packages import PackagingError
from mobile.packaging.site import Site, build_site

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "tests"
WHEEL_TREE = ("mobile", "shared", "sync_server", "assets")
WHEEL_BESIDE = ("pyproject.toml", "README.md", "LICENSE", ".gitignore")
"""Of what a wheel is made, web app apart."""
TINY = """
import flet as ft
import js

@ft.component
def Home():
    taps, set_taps = ft.use_state(0)

    def write(event):
        js.doorstep.unsaved(True)
        set_taps(lambda n: n + 1)

    def save(event):
        js.doorstep.unsaved(False)
        set_taps(0)

    return ft.View(route="/", appbar=ft.AppBar(title=ft.Text("{words}")), controls=[
        ft.Button("写一条", on_click=write), ft.Button("保存", on_click=save), ft.Text(f"写了 {{taps}} 条")])

@ft.component
def Case():
    return ft.View(route=ft.use_view_path(), controls=[ft.Text("{words} 编号 " + ft.use_route_params()["code"])])

@ft.component
def App():
    return ft.Router([ft.Route(index=True, component=Home), ft.Route(path="cases/:code", component=Case)], manage_views=True)

ft.run(lambda page: page.render_views(App))
"""


def real_site(dest: Path) -> Site:
    """The whole app, copied to `dest`; built once a test run, for four modules want it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    kept = WORK / "of-this-run"
    note = kept / f"{run}.json"
    with _alone():
        if note.exists():
            shutil.copytree(kept / "site", dest)
            stored = json.loads(note.read_text("utf-8"))
            return Site(**stored | {"folder": Path(stored["folder"])})
        site = _built(ROOT, dest)
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(dest, kept / "site")
        note.write_text(json.dumps(asdict(site), default=str), "utf-8")
    return site


def tiny_site(dest: Path, words: str) -> Site:
    """An app that shows `words`, copied to `dest`; everything around it is the real thing."""
    root = dest.with_name(dest.name + "-tree")
    for folder in ("mobile", "shared"):
        (root / folder).mkdir(parents=True)
        (root / folder / "__init__.py").write_text('"""Nothing."""\n', "utf-8")
    (root / "main.py").write_text(TINY.format(words=words), "utf-8")
    shutil.copy2(ROOT / "requirements.lock", root)
    (root / "assets").symlink_to(ROOT / "assets")
    with _alone():
        return _built(root, dest)


def _built(root: Path, dest: Path) -> Site:
    try:
        site = build_site(root, WORK)
        shutil.copytree(site.folder, dest)
    except PackagingError as why:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(f"REQUIRE_BROWSER=1, but the web app could not be built: {why}")
        pytest.skip(f"THE WEB APP WAS NOT BUILT, nothing of it was tested: {why}")
    return site


@contextmanager
def _alone() -> Iterator[None]:
    """One build at a time among the processes of a test run."""
    WORK.mkdir(parents=True, exist_ok=True)
    with (WORK / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
