"""What `flet build` is given for the APK and the IPA: by our project file, and as Flet's own command understands it."""

from __future__ import annotations

import argparse
import base64
import inspect
import json
import re
import sys
import tomllib
from importlib.metadata import distribution, requires
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from packaging.requirements import Requirement

from mobile.packaging import android_manifest, contents, native_build
from mobile.packaging.contents import NATIVE
from mobile.packaging.lock import normalised_name
from mobile.packaging.project import build_number, stage_project
from mobile.packaging.python_packages import PackagingError
from mobile.packaging.staging import stage_tree
from tests.support.sites import ROOT

ANDROID = {
    "platform_system": "Android",
    "sys_platform": "android",
    "python_version": "3.14",
    "extra": "",
}
RELEASES = {
    "default_python_version": "3.14",
    "pythons": {
        "3.14": {
            "full_version": "3.14.2",
            "pyodide_version": "314.0.7",
            "android_abis": ["arm64-v8a", "armeabi-v7a"],
        }
    },
}


@pytest.fixture
def project() -> dict[str, Any]:
    return tomllib.loads(stage_project(ROOT / "pyproject.toml"))


def test_dependencies_are_the_phones_and_nothing_of_the_server(project: dict[str, Any]) -> None:
    root = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["project"]["dependencies"] == root["dependencies"]
    names = {normalised_name(Requirement(line).name) for line in project["project"]["dependencies"]}
    servers = {
        normalised_name(Requirement(line).name) for line in root["optional-dependencies"]["server"]
    }
    assert not names & servers


def test_the_position_is_asked_for_in_use_and_never_in_the_background(
    project: dict[str, Any],
) -> None:
    flet = project["tool"]["flet"]
    assert flet["permissions"] == ["camera"]
    granted = {name for name, wanted in flet["android"]["permission"].items() if wanted}
    assert granted == {
        "android.permission.ACCESS_FINE_LOCATION",
        "android.permission.ACCESS_COARSE_LOCATION",
    }
    assert not [key for key in flet["ios"]["info"] if "Always" in key or "Background" in key]


def test_permission_reasons_are_in_chinese(project: dict[str, Any]) -> None:
    info = project["tool"]["flet"]["ios"]["info"]
    for key in ("NSCameraUsageDescription", "NSLocationWhenInUseUsageDescription"):
        assert re.search(r"[\u4e00-\u9fff]{4}", info[key]), key


def test_build_numbers_rise_with_the_version() -> None:
    rising = [build_number(version) for version in ("0.1.0", "0.1.1", "0.2.0", "0.10.0", "1.0.0")]
    assert rising == sorted(set(rising))


def test_every_dependency_of_a_phone_is_pure_or_its_range_has_a_version_built_for_android() -> None:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    ranges = {
        normalised_name(Requirement(line).name): Requirement(line).specifier for line in found
    }
    open_, seen = list(ranges), set()
    while open_:
        name = normalised_name(open_.pop())
        if name in seen or name in contents.PROVIDED_BY_PLATFORM:
            continue
        seen.add(name)
        open_ += [
            r.name
            for r in map(Requirement, requires(name) or ())
            if r.marker is None or r.marker.evaluate(ANDROID)
        ]
        if "Root-Is-Purelib: true" not in (distribution(name).read_text("WHEEL") or ""):
            assert name in contents.ANDROID_FLOORS, f"{name} is compiled: has it an Android wheel?"
            assert ranges[name].contains(contents.ANDROID_FLOORS[name]), name
    assert set(contents.ANDROID_FLOORS) <= seen


@pytest.mark.parametrize("target", ["apk", "ipa"])
def test_a_missing_flutter_sdk_is_reported_in_one_sentence(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(PackagingError, match=rf"Flutter SDK.*make {target}"):
        native_build.build(ROOT, tmp_path, target)


@pytest.mark.parametrize(("target", "platform"), [("apk", "Android"), ("ipa", "iOS")])
def test_flets_own_command_understands_it_as_meant(
    target: str, platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(
        "flet_cli",
        reason="NO flet-cli here: the build's configuration was not dry-run through Flet",
    )
    releases = tmp_path / "releases.json"
    releases.write_text(json.dumps(RELEASES), "utf-8")
    monkeypatch.setenv("FLET_PYTHON_BUILD_MANIFEST", str(releases))
    data = dry_run(stage_tree(ROOT, tmp_path, NATIVE), target, platform)
    options = data["options"]
    assert (data["python_module_name"], data["product_name"], data["bundle_id"]) == (
        "main",
        "上门",
        "org.doorstep.app",
    )
    assert options["deep_linking"] == {"scheme": "doorstep", "host": "enrol"}
    assert data["splash"]["color"] == "#FBF6EC"
    assert data["adaptive_icon_background"] == "#1F5C57"
    boot = json.loads(base64.b64decode(data["boot_screen"]["options_b64"]))
    assert (data["boot_screen"]["name"], boot["startup_message"]) == ("flet", "正在打开…")
    assert sorted(name for name, wanted in options["android_permissions"].items() if wanted) == [
        f"android.permission.{name}"
        for name in ("ACCESS_COARSE_LOCATION", "ACCESS_FINE_LOCATION", "CAMERA", "INTERNET")
    ]
    usage = {key for key in options["info_plist"] if key.endswith("UsageDescription")}
    assert usage == {"NSCameraUsageDescription", "NSLocationWhenInUseUsageDescription"}


MANIFEST = """\
<manifest xmlns:android="http://schemas.android.com/apk/res/android">
    <uses-permission android:name="android.permission.INTERNET" />
    <application
        android:label="上门"
        android:allowBackup="true"
        android:icon="@mipmap/ic_launcher">
        <activity android:name=".MainActivity" android:exported="true"></activity>
    </application>
</manifest>
"""
"""As the template lays it out, with a backup somebody asked for."""
NAMES = {
    "android": "http://schemas.android.com/apk/res/android",
    "tools": "http://schemas.android.com/tools",
}


def tree(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314  what this repository wrote, never what came from elsewhere


def application(text: str) -> ElementTree.Element:
    found = tree(text).find("application")
    assert found is not None
    return found


def test_the_manifest_allows_no_backup_off_the_phone() -> None:
    closed = android_manifest.forbid_backup(MANIFEST)
    found = application(closed)
    android = f"{{{NAMES['android']}}}"
    assert found.get(f"{android}allowBackup") == found.get(f"{android}fullBackupContent") == "false"
    assert found.get(f"{android}dataExtractionRules") == "@xml/nothing_leaves"
    assert found.get(f"{android}label") == "上门"
    assert "android:allowBackup" in str(found.get(f"{{{NAMES['tools']}}}replace"))
    assert android_manifest.forbid_backup(closed) == closed


def test_the_rules_leave_out_every_kind_of_file_from_backup_and_from_a_move_to_another_phone() -> (
    None
):
    rules = tree(android_manifest.RULES)
    for way in ("cloud-backup", "device-transfer"):
        domains = {each.get("domain") for each in rules.findall(f"{way}/exclude")}
        assert domains == {"root", "file", "database", "sharedpref", "external"}


@pytest.mark.parametrize("text", ["<manifest/>", MANIFEST + MANIFEST])
def test_another_kind_of_manifest_stops_the_build(text: str) -> None:
    with pytest.raises(PackagingError, match="application"):
        android_manifest.forbid_backup(text)


@pytest.mark.parametrize(("target", "closed"), [("apk", True), ("ipa", False)])
def test_flutter_is_given_the_closed_manifest(
    target: str, closed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(
        "flet_cli", reason="NO flet-cli here: the step before Flutter was not tried"
    )
    from flet_cli.commands.build import Command

    from mobile.packaging import flet_build

    order = inspect.getsource(Command.handle)
    assert order.index("self.create_flutter_project(second_pass=True)") < order.index(
        "self.run_flutter()"
    )
    given: list[str] = []
    file = tmp_path / "android" / "app" / "src" / "main" / "AndroidManifest.xml"
    file.parent.mkdir(parents=True)
    file.write_text(MANIFEST, "utf-8")
    monkeypatch.setattr(Command, "run_flutter", lambda _: given.append(file.read_text("utf-8")))
    flet_build.hook_into_flet()
    command = Command.__new__(Command)
    command.target_platform, command.flutter_dir = target, tmp_path
    command.run_flutter()
    assert given == [android_manifest.forbid_backup(MANIFEST) if closed else MANIFEST]
    assert (file.parent / android_manifest.RULES_FILE).exists() is closed


def dry_run(stage: Path, target: str, platform: str) -> dict[str, Any]:
    """Flet's build command up to what it would hand to its Flutter template; nothing is built or fetched."""
    from flet_cli.commands import build_base
    from flet_cli.commands.build import Command
    from flet_cli.utils.pyproject_toml import load_pyproject_toml

    parser = argparse.ArgumentParser(conflict_handler="resolve")
    command = Command(parser)
    command.options = parser.parse_args([target, str(stage)])
    command.target_platform, command.package_platform, command.config_platform = (
        target,
        platform,
        platform.lower(),
    )
    command.python_app_path, command.build_dir = stage, stage / "build"
    command.flutter_dir, command.out_dir, command.flutter_dependencies = (
        stage / "build" / "flutter",
        stage / "out",
        {},
    )
    command.get_pyproject = load_pyproject_toml(stage)
    command.python_release = build_base.resolve_python_version(None, command.get_pyproject)
    command.validate_entry_point()
    command.setup_template_data()
    found: dict[str, Any] = command.template_data
    return found
