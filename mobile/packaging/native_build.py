"""Builds the APK and the IPA: `flet build` on the staged tree, when the tools are installed."""

from __future__ import annotations

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from mobile.packaging.contents import NATIVE
from mobile.packaging.python_packages import PackagingError
from mobile.packaging.run_tool import run
from mobile.packaging.staging import stage_tree


def build(root: Path, build_dir: Path, target: str) -> int:
    """Stage and build; returns Flet's exit code. Raises: CannotPackage when a tool is missing."""
    if target == "ipa" and sys.platform != "darwin":
        raise PackagingError("IPA 只能在装有 Xcode 的 Mac 上打包")
    if shutil.which("flutter") is None:
        raise PackagingError(f"这台机器没有 Flutter SDK(命令 flutter);装好后再 make {target}")
    if find_spec("flet_cli") is None:
        raise PackagingError(f"没有 flet-cli;make {target} 会按锁定的版本装好")
    stage = stage_tree(root, build_dir, NATIVE)
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
    return run([sys.executable, *words], cwd=root, show_output=True).returncode
