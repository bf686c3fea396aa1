"""`flet build` with one step added: the Android manifest forbids backup.

Flet generates the project and builds it in one command, and reads no manifest of ours; so the step
runs between the two.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flet_cli import cli
from flet_cli.commands.build import Command

from mobile.packaging import android_manifest


def hook_into_flet() -> None:
    """Make Flet's command rewrite the manifest just before it runs Flutter."""
    flutter = Command.run_flutter

    def run_flutter(self: Any) -> None:
        if self.target_platform == "apk":
            rewrite_manifest(self.flutter_dir / "android" / "app" / "src" / "main")
        flutter(self)

    Command.run_flutter = run_flutter


def rewrite_manifest(folder: Path) -> None:
    """Rewrite the manifest in `folder` and write its rules beside it.

    Raises: PackagingError; OSError when there is no manifest.
    """
    file = folder / "AndroidManifest.xml"
    file.write_text(android_manifest.forbid_backup(file.read_text("utf-8")), "utf-8")
    rules = folder / android_manifest.RULES_FILE
    rules.parent.mkdir(parents=True, exist_ok=True)
    rules.write_text(android_manifest.RULES, "utf-8")


if __name__ == "__main__":
    hook_into_flet()
    cli.main()
