"""Compiles Python for the phone's own interpreter, so that the app starts faster.

Node runs the site's runtime once. Without node the sources go as they are: the app then opens about
two seconds later on a computer, far more on a phone. Results are kept by the hash of the input.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

from mobile.packaging import flutter_client
from mobile.packaging.run_tool import run
from mobile.packaging.staging import PACKAGES

HERE = Path(__file__).resolve().parent
SCRIPTS = ("compile.mjs", "compile.py.txt")
NODE_VARIABLE = "DOORSTEP_NODE"
"""Another node than the one on the path; empty: none."""
UNUSED_MODULES = frozenset(
    {
        "_pydatetime",
        "_pydecimal",
        "_pyio",
        "_pyrepl",
        "antigravity",
        "bdb",
        "cProfile",
        "cmd",
        "compileall",
        "configparser",
        "difflib",
        "doctest",
        "filecmp",
        "fileinput",
        "ftplib",
        "idlelib",
        "imaplib",
        "mailbox",
        "modulefinder",
        "multiprocessing",
        "optparse",
        "pdb",
        "pickletools",
        "plistlib",
        "poplib",
        "profile",
        "pstats",
        "pty",
        "pyclbr",
        "pydoc",
        "rlcompleter",
        "sched",
        "shelve",
        "smtplib",
        "statistics",
        "symtable",
        "tabnanny",
        "tarfile",
        "this",
        "timeit",
        "trace",
        "tty",
        "turtle",
        "unittest",
        "venv",
        "wave",
        "webbrowser",
        "wsgiref",
        "xmlrpc",
        "zipapp",
        "asyncio/proactor_events",
        "asyncio/tools",
        "asyncio/windows_events",
        "asyncio/windows_utils",
        "html",
        "http/server",
        "logging/config",
        "logging/handlers",
        "xml/dom",
        "xml/sax",
    }
)
"""Modules of the standard library that no phone imports."""
USED_ENCODINGS = frozenset(
    {
        "__init__",
        "aliases",
        "ascii",
        "cp437",
        "gb18030",
        "gbk",
        "idna",
        "latin_1",
        "punycode",
        "raw_unicode_escape",
        "undefined",
        "unicode_escape",
        "utf_16",
        "utf_16_be",
        "utf_16_le",
        "utf_32",
        "utf_8",
        "utf_8_sig",
    }
)


class NodeFailed(Exception):
    """Node is installed and did not compile; the text is its message."""


def find_node() -> str | None:
    """The node to compile with; None when there is none."""
    named = os.environ.get(NODE_VARIABLE)
    return shutil.which("node") if named is None else (named or None)


def without_unused(library: bytes) -> bytes:
    """The zip of the standard library without UNUSED_MODULES and unused encodings."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(library)) as given, zipfile.ZipFile(out, "w") as made:
        for name in sorted(given.namelist()):
            parts = name.removesuffix(".py").split("/")
            unused = bool({parts[0], "/".join(parts[:2])} & UNUSED_MODULES) or (
                parts[0] == "encodings" and parts[1] not in USED_ENCODINGS
            )
            if not name.endswith("/") and not unused:
                made.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), given.read(name))
    return out.getvalue()


def compile_archive(archive: bytes, cache: Path, runner: str) -> bytes:
    """The same archive with every .py replaced by its .pyc. `runner`: path of node.

    Installed packages are compiled, and kept, apart from our own modules, which change more often.

    Raises: NodeFailed.
    """
    files = _unzipped(archive)
    made: dict[str, bytes] = {}
    for packages in (True, False):
        part = {n: data for n, data in files.items() if n.startswith(f"{PACKAGES}/") is packages}
        if part:
            made |= _unzipped(_compiled(_zipped(part), cache, runner))
    return _zipped(made)


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), files[name])
    return out.getvalue()


def _unzipped(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as given:
        return {name: given.read(name) for name in given.namelist()}


def _compiled(archive: bytes, cache: Path, runner: str) -> bytes:
    key = hashlib.sha256(
        archive + b"".join((HERE / name).read_bytes() for name in SCRIPTS)
    ).hexdigest()
    kept = cache / f"{key}.zip"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            source, target = Path(folder, "in.zip"), Path(folder, "out.zip")
            source.write_bytes(archive)
            _run(runner, source, target)
            target.replace(kept)
    return kept.read_bytes()


def _run(runner: str, source: Path, target: Path) -> None:
    runtime = Path(
        str(distribution("flet-web").locate_file(flutter_client.CLIENT_FOLDER + "pyodide"))
    )
    try:
        done = run([runner, str(HERE / "compile.mjs"), str(runtime), str(source), str(target)])
    except OSError as error:
        raise NodeFailed(str(error)) from error
    if done.returncode or not target.exists():
        raise NodeFailed(done.stderr.strip()[-400:] or "没有说明")
