"""Writes the staged tree's pyproject.toml for `flet build`: permissions, reasons, names, icons.

Dependencies are the root's `[project].dependencies`, nothing else. Flet 1.0.5 ignores unknown keys
silently, so tests/packaging runs them through Flet's own command.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

CAMERA = "拍摄签收单和说明的照片，照片只存在本应用里，交给学校后删除。"
POSITION = "您打开“记录位置”时，记下一次走访的大概位置（约一百米）；不在后台定位。"
SCHEME = "doorstep"
"""`doorstep://enrol?…`: what the office's QR page opens on a phone that has the app."""
ICON_BACKGROUND = "#1F5C57"
"""The background of the icon (assets/draw_icon.py)."""


def stage_project(root_project: Path) -> str:
    """The text of the staged pyproject.toml."""
    project = tomllib.loads(root_project.read_text("utf-8"))["project"]
    dependencies = "".join(f"    {json.dumps(line)},\n" for line in project["dependencies"])
    return _TEMPLATE.format(
        version=project["version"],
        build=build_number(project["version"]),
        dependencies=dependencies,
        camera=CAMERA,
        position=POSITION,
        scheme=SCHEME,
        icon_background=ICON_BACKGROUND,
    )


def build_number(version: str) -> int:
    """1.2.3 -> 10203: rises with the version, as the app stores require."""
    major, minor, patch = (int(part) for part in version.split("."))
    return major * 10000 + minor * 100 + patch


_TEMPLATE = """\
[project]
name = "doorstep"
version = "{version}"
requires-python = ">=3.12"
dependencies = [
{dependencies}]

[tool.flet]
org = "org.doorstep"
product = "上门"
company = "Doorstep"
artifact = "doorstep"
bundle_id = "org.doorstep.app"
build_number = {build}
permissions = ["camera"]

[tool.flet.app]
path = "."

[tool.flet.splash]
color = "#FBF6EC"
dark_color = "#101816"

# From the splash to the first screen; Flet's own is not in our colours.
[tool.flet.boot_screen.flet]
bgcolor_light = "#FBF6EC"
bgcolor_dark = "#101816"
spinner_color_light = "{icon_background}"
spinner_color_dark = "#93D0C6"
spinner_size = 30
text_color_light = "#5C5345"
text_color_dark = "#CDEBE4"
prepare_message = "第一次打开，正在准备…"
startup_message = "正在打开…"

# By platform: the common key is read for neither of the two.
[tool.flet.android.deep_linking]
scheme = "{scheme}"
host = "enrol"

[tool.flet.ios.deep_linking]
scheme = "{scheme}"
host = "enrol"

# Not permissions = ["location"]: that one adds the background position.
[tool.flet.android]
target_arch = ["arm64-v8a", "armeabi-v7a"]
adaptive_icon_background = "{icon_background}"

[tool.flet.android.permission]
"android.permission.ACCESS_FINE_LOCATION" = true
"android.permission.ACCESS_COARSE_LOCATION" = true
"android.permission.RECORD_AUDIO" = false

[tool.flet.android.feature]
"android.hardware.location.gps" = false
"android.hardware.camera" = false

[tool.flet.ios.info]
NSCameraUsageDescription = "{camera}"
NSLocationWhenInUseUsageDescription = "{position}"
ITSAppUsesNonExemptEncryption = false
CFBundleDevelopmentRegion = "zh_CN"
"""
