"""The built site: whole, listed, within its budget, the same every time, and nothing in it points elsewhere."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import struct
import zipfile
from pathlib import Path

import pytest

from mobile.packaging import flutter_client
from mobile.packaging.compile_python import NODE_VARIABLE
from mobile.packaging.contents import BUDGET_GZIPPED_BYTES
from mobile.packaging.other_origins import CODE, FETCHED, NEVER_FETCHED, without_other_origins
from mobile.packaging.site import HERE, POLICY, Site
from sync_server.api import web_app
from tests.support.sites import tiny_site

NOT_KEPT = {"precache.json", "sw.js", "version.json", flutter_client.NOTICES}


def listing(site: Site) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((site.folder / "precache.json").read_text("utf-8"))
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_the_list_names_every_file_with_its_true_hash_and_size(site: Site) -> None:
    there = {name for name in files(site.folder) if not name.endswith(".gz")} - NOT_KEPT
    entries = listing(site)
    assert {entry["path"] for entry in entries} == there
    for entry in entries:
        data = (site.folder / entry["path"]).read_bytes()
        assert (entry["sha256"], entry["size_bytes"]) == (
            hashlib.sha256(data).hexdigest(),
            len(data),
        )


def test_the_version_in_the_service_worker_is_the_hash_of_the_list(site: Site) -> None:
    version = hashlib.sha256((site.folder / "precache.json").read_bytes()).hexdigest()
    assert f'"{version}"' in (site.folder / "sw.js").read_text("utf-8")
    assert (
        json.loads((site.folder / "version.json").read_text("utf-8"))["version"]
        == version
        == site.version
    )


def test_a_first_visit_stays_within_its_budget(site: Site) -> None:
    for kind, size_bytes in site.first_visit_bytes.items():
        assert 8_000_000 < size_bytes <= BUDGET_GZIPPED_BYTES, kind


def test_what_lies_gzipped_beside_a_file_is_that_file(site: Site) -> None:
    found = files(site.folder)
    packed = [name for name in found if name.endswith(".gz")]
    assert "app.zip.gz" in packed
    for name in packed:
        assert gzip.decompress(found[name]) == found[name.removesuffix(".gz")], name


def test_the_archive_holds_the_app_and_nothing_of_server_or_tests(site: Site) -> None:
    with zipfile.ZipFile(site.folder / "app.zip") as archive:
        names = archive.namelist()
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    ending = "pyc" if site.compiled else "py"
    assert f"main.{ending}" in names
    assert {name.split("/")[0].split(".")[0] for name in names} == {
        "main",
        "mobile",
        "shared",
        "__pypackages__",
    }
    ours = [name for name in names if not name.startswith("__pypackages__")]
    assert not [n for n in ours if re.search(r"sync_server|test|packaging|preview|headless", n)]
    assert not [
        n for n in names if n.endswith((".pyi", ".whl")) or ".dist-info" in n or "/tests/" in n
    ]


def test_the_archive_is_compiled_for_the_sites_own_python(site: Site) -> None:
    if not site.compiled:
        assert not _node_is_here()
        return
    with zipfile.ZipFile(site.folder / "app.zip") as archive:
        magic, flags = struct.unpack("<4sI", archive.read("main.pyc")[:8])
    assert magic[2:] == b"\r\n"
    assert flags & 0b01, "not by time: the phone's files have none"


@pytest.mark.extended
@pytest.mark.parametrize("runner", ["/bin/false", "/no/such/node"])
def test_a_node_that_fails_is_skipped_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runner: str
) -> None:
    monkeypatch.setenv(NODE_VARIABLE, runner)
    made = tiny_site(tmp_path / "site", "没有 node")
    assert not made.compiled
    assert made.node_error
    with zipfile.ZipFile(tmp_path / "site" / "app.zip") as archive:
        assert "main.py" in archive.namelist()


def test_no_page_or_script_of_ours_names_another_host(site: Site) -> None:
    ours = sorted(file.name for file in (HERE / "web").iterdir())
    assert "sw.js" in ours
    for name in ours:
        text = (site.folder / name).read_text("utf-8")
        assert not re.findall(r"https?://[a-z0-9.-]+", text), name
        assert not re.search(r"__[A-Z_]+__", text), f"{name} has a placeholder nobody filled in"


def test_the_browser_check_is_the_one_that_the_enrolment_page_runs_and_comes_first(
    site: Site,
) -> None:
    shared = HERE.parents[1] / "assets" / "web" / "browser_check.js"
    assert (site.folder / "browser_check.js").read_bytes() == shared.read_bytes()
    page = (site.folder / "index.html").read_text("utf-8")
    assert re.findall(r' src="([^"]+\.js)"', page) == [
        "browser_check.js",
        "unsupported.js",
        "history.js",
        "start.js",
    ]


def test_the_runtime_knows_no_package_it_could_fetch(site: Site) -> None:
    assert (
        json.loads((site.folder / "pyodide/pyodide-lock.json").read_text("utf-8"))["packages"] == {}
    )
    assert "requirements.txt" not in (site.folder / "worker.mjs").read_text("utf-8")


def test_the_page_and_the_server_give_the_same_policy(site: Site) -> None:
    assert POLICY == web_app.PAGE_POLICY
    assert f'content="{POLICY}"' in (site.folder / "index.html").read_text("utf-8")


def test_a_home_screen_finds_name_icons_and_scope(site: Site) -> None:
    manifest = json.loads((site.folder / "manifest.json").read_text("utf-8"))
    assert (manifest["short_name"], manifest["start_url"], manifest["scope"]) == (
        "上门",
        "/app/",
        "/app/",
    )
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        assert _png_size((site.folder / icon["src"]).read_bytes()) == icon["sizes"]
    assert _png_size((site.folder / "icons/apple-touch-icon.png").read_bytes()) == "180x180"


@pytest.mark.extended
def test_the_same_tree_gives_the_same_bytes_and_another_word_changes_the_app_alone(
    tmp_path: Path,
) -> None:
    first, again, other = (
        tiny_site(tmp_path / n, words) for n, words in (("a", "甲"), ("b", "甲"), ("c", "乙"))
    )
    assert first.version == again.version != other.version
    before, after = files(tmp_path / "a"), files(tmp_path / "c")
    assert before == files(tmp_path / "b")
    changed = {name.removesuffix(".gz") for name in before if before[name] != after[name]}
    assert changed == {"app.zip", "precache.json", "sw.js", "version.json"}


def _png_size(data: bytes) -> str:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        return f"{image.width}x{image.height}"


def _node_is_here() -> bool:
    from mobile.packaging.compile_python import find_node

    return find_node() is not None


HOST = re.compile(
    rb"(?:https?|wss?)://([a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*\.(?:com|dev|io|net|org))\b"
)


def test_no_code_of_the_site_names_a_server_to_fetch_from(site: Site) -> None:
    named = {(name, host.decode()) for name, data in code(site) for host in HOST.findall(data)}
    assert {host for _, host in named} <= set(NEVER_FETCHED), named
    assert not any(host in data for host in map(str.encode, FETCHED) for _, data in code(site))


def code(site: Site) -> list[tuple[str, bytes]]:
    """What a browser runs or reads."""
    return [(n, data) for n, data in files(site.folder).items() if n.endswith(CODE)]


def test_an_address_gives_way_to_one_of_its_length_that_leads_nowhere() -> None:
    before = b'x="https://cdn.jsdelivr.net/npm/a.js",y="https://www.w3.org/2000/svg"'
    after = without_other_origins("main.dart.js", before)
    assert len(after) == len(before)
    assert b"jsdelivr" not in after
    assert b"about:blank#" in after
    assert b'y="https://www.w3.org/2000/svg"' in after
    assert without_other_origins("app.zip", before) == before
