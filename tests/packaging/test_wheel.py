"""The wheel is whole: installed away from the tree it serves, imports, composes, seals and verifies."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from shared.clock import anchored
from sync_server.data_folder import wide
from sync_server.sample import workbook
from sync_server.sample.county import County, make_county
from sync_server.sample.processes import wait_until_up
from tests.support.sites import ROOT, WHEEL_BESIDE, WHEEL_TREE

pytestmark = pytest.mark.extended

WEB_APP = "<title>the app that was built</title>"
CLOCK = anchored("2019-12-12T10:00+08:00", datetime.now(UTC))
LISTS = {"contacts": "附件1*.xlsx", "due-list": "应还名单*.xlsx"}
TEACHER = "赵一鸣"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
NEEDED = """
import importlib, sys
from importlib.metadata import distribution, packages_distributions
from packaging.requirements import Requirement
names = {}
for module, owners in packages_distributions().items():
    for owner in owners:
        names.setdefault(owner.lower().replace("_", "-"), []).append(module)
needed = [Requirement(line) for line in distribution("doorstep").requires]
needed = [r for r in needed if r.marker is None or r.marker.evaluate({"extra": "server"})]
assert len(needed) > 20, needed
for r in needed:
    assert distribution(r.name).version in r.specifier, r
    modules = [m for m in names[r.name.lower().replace("_", "-")] if m.isidentifier() and m[0] != "_"]
    assert modules, r
    for module in modules:
        importlib.import_module(module)
import mobile, shared, sync_server
print(mobile.__file__, shared.__file__, sync_server.__file__, sep="\\n")
"""
COMMANDS = """
import io, json, sys
from contextlib import redirect_stdout
from sync_server.cli.main import main
for line in sys.stdin:
    out, code = io.StringIO(), 0
    with redirect_stdout(out):
        try:
            main(json.loads(line))
        except SystemExit as end:
            code = int(end.code or 0)
    print(json.dumps([code, out.getvalue()]), flush=True)
"""
"""One process for many commands: to start each costs more than what it does."""
STAMP = """
import sys
from pathlib import Path
from sync_server.sample.scans import stamped
for name, page in stamped(Path(sys.argv[1]), seed=1):
    Path(name).write_bytes(page)
"""


def copied_tree(to: Path) -> Path:
    """What a wheel is made from, without what happens to be built here."""
    for name in WHEEL_TREE:
        shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in WHEEL_BESIDE:
        shutil.copy2(ROOT / name, to)
    return to


def built_wheel(tree: Path, to: Path) -> Path:
    """Build without a network: what the build needs is in the lock."""
    words = ["wheel", "-q", str(tree), "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*PIP, *words, "-w", str(to)], check=True, cwd=to.parent)
    (made,) = to.glob("*.whl")
    return made


def backend_wheel(tree: Path, to: Path) -> Path:
    """The same from the build's own hook, which is what pip calls in the end."""
    to.mkdir()
    words = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", words, str(to)], check=True, cwd=tree)
    (made,) = to.glob("*.whl")
    return made


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel in it, and a folder to work in; the tree is not on any path."""

    environment: Path
    work: Path

    def run(self, *words: str | Path, **environ: str) -> str:
        """Run a program of the environment, `python` or `doorstep`, and return what it printed."""
        program, *rest = map(str, words)
        done = subprocess.run(
            [str(self.environment / "bin" / program), *rest],
            capture_output=True,
            text=True,
            cwd=self.work,
            env=self.environ | environ,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def doorstep(self, *words: str | Path, **environ: str) -> Any:
        """Run one command for a program."""
        return json.loads(self.run("doorstep", *words, "--json", **environ))

    @contextmanager
    def listening(self, *words: str) -> Iterator[Callable[[Any], Any]]:
        """Python, a process that answers a line of JSON with another."""
        process = subprocess.Popen(
            [self.environment / "bin" / "python", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self.work,
            env=self.environ,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        given, output = process.stdin, process.stdout

        def ask(value: Any) -> Any:
            given.write(json.dumps(value) + "\n")
            given.flush()
            line = output.readline()
            assert line, (words, value)
            return json.loads(line)

        try:
            yield ask
        finally:
            given.close()
            process.wait(60)
            output.close()

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PATH": os.defpath,
            "HOME": str(self.work),
            "LANG": "C.UTF-8",
            "DOORSTEP_CLOCK": CLOCK,
            "DOORSTEP_DATA": str(self.work / "data"),
            "DOORSTEP_URL": "http://server",
        }


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied_tree(tmp_path_factory.mktemp("wheel") / "tree")


@pytest.fixture(scope="module")
def without_app(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a tree in which `make app` never ran."""
    return backend_wheel(tree, tmp_path_factory.mktemp("without") / "dist")


@pytest.fixture(scope="module")
def wheel(tree: Path, without_app: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a tree in which it did."""
    (tree / "build" / "app").mkdir(parents=True)
    (tree / "build" / "app" / "index.html").write_text(WEB_APP)
    return built_wheel(tree, tmp_path_factory.mktemp("with") / "dist")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment of its own; what others wrote is lent by the environment of the tests.

    A folder named in a .pth file joins the path, but the .pth files in it are not read: the
    editable tree stays out.
    """
    folder = tmp_path_factory.mktemp("installed")
    environment, work = folder / "environment", folder / "work"
    work.mkdir()
    venv.create(environment, symlinks=True)
    python = environment / "bin" / "python"
    words = ["--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([*PIP, *words], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(environment, work)


@pytest.fixture(scope="module")
def server(installed: Installed) -> Iterator[str]:
    """`doorstep serve` as a process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [installed.environment / "bin" / "doorstep", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=installed.work, env=installed.environ)
    try:
        wait_until_up(f"http://127.0.0.1:{port}", 180)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture(scope="module")
def county(installed: Installed) -> County:
    """The sample county's lists, of its first people: the same code in a tenth of the time."""
    whole = make_county()
    made = msgspec.structs.replace(whole, cases=whole.cases[:300])
    for name, write in workbook.jobs(made):
        if not name.startswith("还款"):
            write(installed.work / name)
    return made


def carried(wheel: Path) -> set[str]:
    return {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}


def test_every_file_of_the_packages_and_the_assets_is_in_the_wheel(
    tree: Path, without_app: Path
) -> None:
    wanted = set()
    for name in WHEEL_TREE:
        for path in (tree / name).rglob("*"):
            inside = path.relative_to(tree).as_posix()
            left = inside.startswith("mobile/packaging/") or (
                name == "assets" and path.suffix in (".py", ".md")
            )
            if path.is_file() and not left:
                wanted.add(f"shared/_carried/{inside}" if name == "assets" else inside)
    assert carried(without_app) == wanted


def test_the_web_app_is_in_the_wheel_once_it_was_built(wheel: Path, without_app: Path) -> None:
    assert carried(wheel) - carried(without_app) == {"shared/_carried/app/index.html"}


def test_what_the_server_needs_is_in_the_metadata_and_can_be_imported(installed: Installed) -> None:
    ours = installed.run("python", "-c", NEEDED).split()
    assert len(ours) == 3
    assert all(Path(file).is_relative_to(installed.environment) for file in ours), ours


def test_the_pages_their_files_and_the_web_app_are_served(server: str) -> None:
    with httpx.Client(base_url=server, trust_env=False, timeout=60) as http:
        assert http.get("/app/").text == WEB_APP
        for path in (
            "/sign-in",
            "/enrol",
            "/enrol/paper",
            "/static/console.css",
            "/static/browser_check.js",
            "/static/fonts/NotoSansSC-subset.otf",
            "/static/fonts/OFL-NotoSansSC.txt",
        ):
            assert http.get(path).status_code == 200, path


def test_doctor_finds_the_fonts(installed: Installed) -> None:
    found = {check["what"]: check for check in installed.doorstep("doctor")}
    assert found["字体"] == {"what": "字体", "ok": True, "words": "4 个"}


def test_a_school_is_imported_visited_composed_sealed_and_verified(
    installed: Installed, county: County, server: str
) -> None:
    with (
        installed.listening("-c", COMMANDS) as command,
        installed.listening("-m", "mobile.headless", "phone") as phone,
    ):

        def doorstep(*words: str | Path) -> Any:
            code, out = command([*map(str, words), "--json"])
            assert code == 0, out
            return json.loads(out)

        def ask(**line: Any) -> Any:
            answer = phone(line)
            assert answer["ok"], answer
            return answer["result"]

        sealed = _sealed(installed, county, server, doorstep, ask)
    keys = installed.work / "data" / "keys"
    verdict = installed.doorstep(
        "verify",
        sealed["summary.pdf"],
        *("--trust", keys / "root.pem"),
        *("--evidence", sealed["evidence.bin"], "--key", keys / "evidence.key"),
        DOORSTEP_PASSPHRASE=(keys / "passphrase").read_text().strip(),
    )
    assert (verdict["ok"], verdict["data_hash"]) == (True, sealed["data_hash"])
    assert list(wide(installed.work / "data")) == []


def _sealed(
    installed: Installed,
    county: County,
    server: str,
    doorstep: Callable[..., Any],
    ask: Callable[..., Any],
) -> Any:
    """What sealing says, after a whole season in one school."""
    (season,) = installed.environment.rglob("season.toml")
    assert doorstep("season", "import", season)["id"] == "2019"
    for page in doorstep("season", "confirm")["unchecked"]:
        doorstep("season", "confirm", page)
    assert doorstep("season", "open", "2019")["state"] == "open"
    for kind, pattern in LISTS.items():
        (file,) = installed.work.glob(pattern)
        assert doorstep("import", kind, file)["applied"] is not None
    (school, people), *_ = reversed(Counter(case.school for case in county.cases).most_common())

    code = doorstep("enrol", school, TEACHER)["code"]
    ask(do="enrol", url=server, code=code)
    doorstep("enrol", school, TEACHER, "--confirm")
    assert doorstep("assign", school) == {"assigned": people}
    ask(do="sync")
    lines = ask(do="cases")
    assert len(lines) == people
    visit = {"met": "self", "outcome": "not_aware", "visitors": [TEACHER, "周同行"]}
    for line in lines:
        ask(do="record", kind="visit", case=line["id"], body=visit)
    assert ask(do="sync")["sent"] == people

    printed = doorstep("seal", school)["print"]
    installed.run("python", "-c", STAMP, printed)
    scans = [word for page in installed.work.glob("*.jpg") for word in ("--scan", page)]
    return doorstep("seal", school, *scans)
