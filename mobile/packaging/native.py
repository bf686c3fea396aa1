"""Builds the APK and the IPA: `flet build` on the staged tree, when this machine has what it takes."""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from mobile.packaging.contents import NATIVE
from mobile.packaging.packages import CannotPackage
from mobile.packaging.stage import lay_out
from mobile.packaging.tools import run


def build(root: Path, build_dir: Path, target: str) -> int:
    """Stage and build; returns Flet's exit code. Raises: CannotPackage when a tool is missing."""
    if target == "ipa" and sys.platform != "darwin":
        raise CannotPackage("IPA 只能在装有 Xcode 的 Mac 上打包")
    if shutil.which("flutter") is None:
        raise CannotPackage(f"这台机器没有 Flutter SDK(命令 flutter);装好后再 make {target}")
    if find_spec("flet_cli") is None:
        raise CannotPackage(f"没有 flet-cli;make {target} 会按锁定的版本装好")
    stage = lay_out(root, build_dir, NATIVE)
    out = build_dir / target
    words = [
        "-m",
        "mobile.packaging.flet_build",
        "build",
        target,
        str(stage),
        "--output",
        str(out),
        "--yes",
    ]
    return run([sys.executable, *words], cwd=root, aloud=True).returncode
