"""What is laid out for a phone, and what never is."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mobile.packaging import contents
from mobile.packaging.compile_python import UNUSED_MODULES
from mobile.packaging.contents import NATIVE, WEB
from mobile.packaging.lock import normalised_name, read_lock
from mobile.packaging.python_packages import PackagingError, installed_files
from mobile.packaging.staging import own_files, stage_tree
from tests.support.sites import ROOT

BROWSER = {
    "platform_system": "Emscripten",
    "sys_platform": "emscripten",
    "python_version": "3.14",
    "extra": "",
}


@pytest.mark.parametrize("target", [WEB, NATIVE])
def test_nothing_of_the_server_the_tests_or_the_pipeline_is_laid_out(target: str) -> None:
    names = own_files(ROOT, target)
    tops = {Path(name).parts[0] for name in names}
    assert tops == {"main.py", "mobile", "shared"}
    assert not [
        n for n in names if n.startswith(("mobile/packaging", "mobile/preview", "mobile/headless"))
    ]


@pytest.mark.parametrize("target", [WEB, NATIVE])
def test_nothing_laid_out_imports_the_server_or_the_tests(target: str) -> None:
    for name, source in own_files(ROOT, target).items():
        assert not contents.imported_names(source.decode()) & {"sync_server", "tests", "demo"}, name


def test_a_browser_gets_no_port_that_needs_what_it_lacks() -> None:
    for name, source in own_files(ROOT, WEB).items():
        if name.startswith("mobile/ports/"):
            assert not contents.imported_names(source.decode()) & contents.NO_BROWSER_WHEEL, name


def test_a_browser_gets_no_module_that_imports_what_its_library_was_left_without() -> None:
    """Such an app does not start at all; what only the office imports is not laid out."""
    for name, source in own_files(ROOT, WEB).items():
        assert not contents.imported_names(source.decode()) & UNUSED_MODULES, name
    assert "shared/review_needs.py" not in own_files(ROOT, WEB)


def test_a_native_phone_gets_no_browser_port() -> None:
    names = own_files(ROOT, NATIVE)
    assert not [name for name in names if name.startswith(contents.BROWSER_ONLY)]
    assert any(name.startswith("mobile/ports/") for name in names)


def test_a_photo_fitted_from_the_native_stage_has_its_strip(tmp_path: Path) -> None:
    stage = stage_tree(ROOT, tmp_path, NATIVE)
    fit = """
import asyncio, io
from PIL import Image
from mobile.ports.pillow_codec import PillowCodec
photo = io.BytesIO()
Image.new("RGB", (1200, 900), "gray").save(photo, "JPEG")
print(asyncio.run(PillowCodec().fit(photo.getvalue(), "QH01-0001 · 青槐县第一中学")).strip_px)
"""
    run = subprocess.run(
        [sys.executable, "-c", fit], cwd=stage, capture_output=True, text=True, check=True
    )
    assert int(run.stdout) > 0


def test_every_dependency_is_either_in_the_web_app_or_left_out_for_a_written_reason() -> None:
    declared = [Requirement(line).name for line in _project_dependencies()]
    needed: set[str] = set()
    while declared:
        name = normalised_name(declared.pop())
        if name in needed:
            continue
        needed.add(name)
        if name not in contents.NOT_IN_A_BROWSER:
            declared += [
                each.name
                for each in map(Requirement, requires(name) or ())
                if each.marker is None or each.marker.evaluate(BROWSER)
            ]
    assert needed - set(contents.NOT_IN_A_BROWSER) == {
        *contents.PURE_PACKAGES,
        *contents.BINARY_WHEELS,
    }


def test_every_package_of_the_web_app_is_in_the_lock_with_hashes() -> None:
    lock = read_lock(ROOT / "requirements.lock")
    for name in (*contents.PURE_PACKAGES, *contents.BINARY_WHEELS):
        assert lock[name].hashes, name


def test_a_package_changed_after_its_installation_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "six-1.17.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: six\nVersion: 1.17.0\n")
    (info / "WHEEL").write_text("Root-Is-Purelib: true\n")
    (info / "RECORD").write_text("six.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n")
    (tmp_path / "six.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    pin = read_lock(ROOT / "requirements.lock")["six"]
    assert installed_files("six", pin) == {"six.py": b""}
    (tmp_path / "six.py").write_text("print('not what was installed')")
    with pytest.raises(PackagingError, match=r"six\.py"):
        installed_files("six", pin)


def test_a_package_of_another_version_than_the_lock_is_refused() -> None:
    pin = read_lock(ROOT / "requirements.lock")["six"]
    with pytest.raises(PackagingError, match="锁文件"):
        installed_files("six", type(pin)(pin.name, "0.0.1", pin.hashes))


def test_packaging_is_imported_by_nothing_of_the_app() -> None:
    for target in (WEB, NATIVE):
        for name, source in own_files(ROOT, target).items():
            tree = ast.parse(source)
            named = [n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module]
            assert not [module for module in named if module.startswith("mobile.packaging")], name


def test_a_native_stage_has_a_project_of_its_own_and_no_leftovers(tmp_path: Path) -> None:
    stale = tmp_path / "stage" / NATIVE / "sync_server"
    stale.mkdir(parents=True)
    stage = stage_tree(ROOT, tmp_path, NATIVE)
    assert sorted(p.name for p in stage.iterdir()) == [
        "assets",
        "main.py",
        "mobile",
        "pyproject.toml",
        "shared",
    ]
    shutil.rmtree(stage)


def _project_dependencies() -> list[str]:
    import tomllib

    found = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    return [str(line) for line in found]
