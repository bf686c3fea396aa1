"""Stages main.py, mobile/, shared/ and assets/ (for the web also __pypackages__/) in a new folder.

The web app, the APK and the IPA are made from it, so that nothing of the server, the tests or this
package gets into them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from mobile.packaging import contents
from mobile.packaging.lock import read_lock
from mobile.packaging.project import stage_project
from mobile.packaging.python_packages import installed_files, wheel_files

PACKAGES = "__pypackages__"


def stage_tree(root: Path, build: Path, target: str) -> Path:
    """Make `build/stage/<target>` again from the tree at `root`; returns it.

    Raises: PackagingError when a dependency is not available.
    """
    dest = build / "stage" / target
    shutil.rmtree(dest, ignore_errors=True)
    dest.mkdir(parents=True)
    for inside, data in own_files(root, target).items():
        _write(dest / inside, data)
    if target == contents.NATIVE:
        _write(dest / "pyproject.toml", stage_project(root / "pyproject.toml").encode())
        for name in contents.ASSETS_NATIVE:
            _write(dest / "assets" / name, (root / "assets" / name).read_bytes())
    else:
        for inside, data in web_packages(root, build).items():
            _write(dest / PACKAGES / inside, data)
    return dest


def own_files(root: Path, target: str) -> dict[str, bytes]:
    """Our modules for a target, by path."""
    found = {"main.py": (root / "main.py").read_text("utf-8")}
    for folder in contents.SHARED_FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            inside, source = path.relative_to(root).as_posix(), path.read_text("utf-8")
            if not contents.excluded(inside, source, target):
                found[inside] = source
    left_out = contents.unreached(found) if target == contents.WEB else set[str]()
    return {name: text.encode() for name, text in found.items() if name not in left_out}


def web_packages(root: Path, build: Path) -> dict[str, bytes]:
    """Third-party files for the browser, by path below __pypackages__."""
    lock = read_lock(root / "requirements.lock")
    files = wheel_files([lock[name] for name in contents.BINARY_WHEELS], build / "cache" / "wheels")
    for name in contents.PURE_PACKAGES:
        files |= installed_files(name, lock[name])
    return files


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
