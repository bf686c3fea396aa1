"""Collects the web app's Python packages: pure ones installed here, compiled ones as wheels.

Everything is verified: an installed file must match its package's record and the package the lock's
version; a wheel must have one of the lock's hashes (pip refuses any other). Wheels are kept in a
cache folder.
"""

from __future__ import annotations

import base64
import hashlib
import sys
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, PackagePath, distribution
from pathlib import Path

from mobile.packaging.contents import needed_at_run_time
from mobile.packaging.lock import Pin, normalised_name
from mobile.packaging.run_tool import run

PYTHON_TAG = ("3.14", "cp", "cp314", "pyemscripten_2026_0_wasm32")
"""Python, implementation, ABI and platform of the runtime in Flet's client."""


class PackagingError(Exception):
    """One sentence for the person at the command line."""


def installed_files(name: str, pin: Pin) -> dict[str, bytes]:
    """The needed files of a pure package in this environment, by path. Raises: PackagingError."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise PackagingError(f"虚拟环境里没有 {name},请先 make test 或 make demo") from None
    if found.version != pin.version:
        raise PackagingError(
            f"{name} 装的是 {found.version},锁文件写的是 {pin.version},请删掉 .venv 再来"
        )
    if "Root-Is-Purelib: true" not in (found.read_text("WHEEL") or ""):
        raise PackagingError(f"{name} 不是纯 Python 包,不能直接放进浏览器")
    return {
        str(file): _verified(found, str(file), file)
        for file in found.files or ()
        if needed_at_run_time(str(file))
    }


def verified_file(package: Distribution, inside: str) -> bytes:
    """An installed file's bytes. Raises: PackagingError when they differ from the record."""
    file = next((f for f in package.files or () if str(f) == inside), None)
    return _verified(package, inside, file)


def _verified(package: Distribution, inside: str, file: PackagePath | None) -> bytes:
    if file is None or file.hash is None:
        raise PackagingError(f"{package.metadata['Name']} 的清单里没有 {inside}")
    data = Path(str(file.locate())).read_bytes()
    digest = (
        base64.urlsafe_b64encode(hashlib.new(file.hash.mode, data).digest()).rstrip(b"=").decode()
    )
    if digest != file.hash.value:
        raise PackagingError(f"{inside} 与安装时不同,请删掉 .venv 再来")
    return data


def wheel_files(pins: list[Pin], cache: Path) -> dict[str, bytes]:
    """The needed files of the WebAssembly wheels, by path; pip downloads each wheel once.

    Raises: PackagingError when pip cannot download them.
    """
    cache.mkdir(parents=True, exist_ok=True)
    missing = [pin for pin in pins if _cached(pin, cache) is None]
    if missing:
        _download(missing, cache)
    files: dict[str, bytes] = {}
    for pin in pins:
        wheel = _cached(pin, cache)
        if wheel is None:
            raise PackagingError(f"没有取到 {pin.name} {pin.version} 的浏览器版")
        with zipfile.ZipFile(wheel) as opened:
            files |= {
                n: opened.read(n)
                for n in opened.namelist()
                if not n.endswith("/") and needed_at_run_time(n)
            }
    return files


def _cached(pin: Pin, cache: Path) -> Path | None:
    """A wheel in the cache whose hash is the lock's."""
    for wheel in sorted(
        cache.glob(
            f"{normalised_name(pin.name).replace('-', '_')}-{pin.version}-*{PYTHON_TAG[3]}.whl"
        )
    ):
        if hashlib.sha256(wheel.read_bytes()).hexdigest() in pin.hashes:
            return wheel
    return None


def _download(pins: list[Pin], cache: Path) -> None:
    wanted_list = cache / "wanted.txt"
    wanted_list.write_text("".join(f"{pin.requirement()}\n" for pin in pins), "utf-8")
    python, implementation, abi, platform = PYTHON_TAG
    done = run(
        [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--require-hashes",
            "--no-deps",
            "--only-binary=:all:",
            "--python-version",
            python,
            "--implementation",
            implementation,
            "--abi",
            abi,
            "--platform",
            platform,
            "-r",
            str(wanted_list),
            "-d",
            str(cache),
        ]
    )
    if done.returncode:
        names = "、".join(f"{pin.name} {pin.version}" for pin in pins)
        last = (done.stderr.strip().splitlines() or ["pip 没有说明"])[-1]
        raise PackagingError(f"pip 取不到 {names} 的浏览器版(第一次需要联网):{last}")
