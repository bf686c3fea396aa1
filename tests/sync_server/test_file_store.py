"""The contract of a file store, over the data folder and over S3 (SeaweedFS), and what a broken S3 store is called.

The one file of the usual tests that starts a SeaweedFS: a start takes seconds.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from shared.problems import ProblemError
from sync_server import temporary
from sync_server.files.folder_store import FolderStore
from sync_server.files.keys import key_of
from sync_server.files.opening import open_store
from sync_server.files.protocol import FileStore
from sync_server.sample.fault_proxy import FaultProxy
from tests.support import seaweedfs
from tests.support.shared_store import SharedFolder

Make = Callable[[], FileStore]
KEYS = (
    "photos/ab/" + "ab" * 32,
    "photos/ab/" + "ac" * 32,
    "photos/a-b",
    "summaries/青槐-2019-01/1-aa/printed.pdf",
    "summaries/青槐-2019-01/1-aa/scan-1/00-盖章 #1%.jpg",
    "photosaside/x",
)


@pytest.fixture
def tmp(tmp_path: Path) -> Path:
    """Where temporary files and copies go."""
    folder = tmp_path / "tmp"
    temporary.use(folder)
    return folder


@pytest.fixture(params=["folder", "shared folder", "s3"])
def make(request: pytest.FixtureRequest, tmp_path: Path, tmp: Path) -> Make:
    """A store, and the same one as another replica opens it."""
    if request.param == "folder":
        return lambda: open_store("", tmp_path / "data")
    if request.param == "shared folder":
        return lambda: SharedFolder(tmp_path / "data")
    server = seaweedfs.shared()
    url, environ = server.url(), server.environment()
    return lambda: open_store(url, tmp_path / "data", environ)


@pytest.fixture
def store(make: Make) -> FileStore:
    """An empty store."""
    return make()


def test_what_is_put_is_read_by_every_replica(store: FileStore, make: Make) -> None:
    store.put("handover/a.answer", b"one")
    other = make()
    assert other.read("handover/a.answer") == b"one"
    assert store.put("handover/a.answer", b"two")
    with other.open("handover/a.answer") as file:
        assert file.read() == b"two"
    assert other.size("handover/a.answer") == 3


def test_a_file_put_once_is_not_written_again(store: FileStore, make: Make) -> None:
    assert store.put("photos/ab/x", b"first", once=True)
    assert not make().put("photos/ab/x", b"second", once=True)
    assert store.read("photos/ab/x") == b"first"


def test_what_is_not_there_is_said_in_every_way(store: FileStore) -> None:
    with pytest.raises(FileNotFoundError):
        store.read("photos/ab/none")
    with pytest.raises(FileNotFoundError):
        store.open("photos/ab/none")
    assert not store.exists("photos/ab/none")
    assert store.size("photos/ab/none") is None
    assert store.changed_s("photos/ab/none") is None
    assert not store.local("photos/ab/none").exists()
    assert not store.local_folder("photos/none").exists()
    assert not store.has_folder("photos/none")
    assert list(store.below("photos")) == []
    assert store.folders("photos") == []
    store.delete("photos/ab/none")
    store.delete_all("photos")


def test_files_are_listed_in_the_order_of_their_keys(store: FileStore) -> None:
    for key in reversed(KEYS):
        store.put(key, key.encode())
    found = list(store.below("photos"))
    assert [one.key for one in found] == sorted(k for k in KEYS if k.startswith("photos/"))
    assert [one.size_bytes for one in found] == [len(one.key) for one in found]
    assert [store.read(k) for k in KEYS] == [k.encode() for k in KEYS]
    assert store.folders("summaries/青槐-2019-01") == ["summaries/青槐-2019-01/1-aa"]
    assert store.has_folder("summaries/青槐-2019-01/1-aa")


def test_a_temporary_file_takes_its_place(store: FileStore, tmp: Path) -> None:
    source = tmp / "zip"
    source.write_bytes(b"z" * 6_000_000)  # in parts, where the store wants it so
    store.put_file("bundles/a/v1.zip", source)
    assert not source.exists()
    assert store.size("bundles/a/v1.zip") == 6_000_000
    assert store.local("bundles/a/v1.zip").read_bytes() == b"z" * 6_000_000


def test_a_folder_takes_its_place(store: FileStore, make: Make, tmp: Path) -> None:
    made = tmp / "seal"
    made.mkdir()
    (made / "summary.pdf").write_bytes(b"%PDF-")
    (made / "盖章页.jpg").write_bytes(b"jpeg")
    store.put_folder("summaries/a/1/seal-1", made)
    assert not made.exists()
    local = make().local_folder("summaries/a/1/seal-1")
    found = {path.name: path.read_bytes() for path in local.iterdir()}
    assert found == {"summary.pdf": b"%PDF-", "盖章页.jpg": b"jpeg"}


def test_a_local_folder_holds_the_files_directly_in_it(store: FileStore) -> None:
    store.put("summaries/a/1/printed.pdf", b"1")
    store.put("summaries/a/1/scan-1/page.jpg", b"2")
    files = [p.name for p in store.local_folder("summaries/a/1").iterdir() if p.is_file()]
    assert files == ["printed.pdf"]


@pytest.mark.parametrize("way", ["delete", "delete_each", "delete_all"])
def test_what_is_deleted_leaves_no_copy_on_this_machine(store: FileStore, way: str) -> None:
    key, kept = "tmp/import-1/file", "tmp/import-2/file"
    for one in (key, kept):
        store.put(one, b"names and numbers")
    paths = [store.local(key), store.local_folder("tmp/import-1") / "file"]
    assert [path.read_bytes() for path in paths] == [b"names and numbers"] * 2
    other = store.local(kept)
    given = {"delete": key, "delete_each": [key], "delete_all": "tmp/import-1"}[way]
    getattr(store, way)(given)
    assert [path.exists() for path in paths] == [False, False]
    assert other.read_bytes() == b"names and numbers"


def test_a_local_copy_is_of_what_the_store_holds_now(store: FileStore, make: Make) -> None:
    store.put("bundles/a/v1.zip", b"old")
    assert store.local("bundles/a/v1.zip").read_bytes() == b"old"
    make().put("bundles/a/v1.zip", b"new")
    assert store.local("bundles/a/v1.zip").read_bytes() == b"new"
    make().delete("bundles/a/v1.zip")
    assert not store.local("bundles/a/v1.zip").exists()


def test_a_copy_is_made_once_and_swept_when_nobody_asks(
    store: FileStore, tmp: Path, tmp_path: Path
) -> None:
    store.put("summaries/a/1/printed.pdf", b"1")
    path = store.local("summaries/a/1/printed.pdf")
    assert store.local("summaries/a/1/printed.pdf") == path
    if not store.is_shared:
        assert path == tmp_path / "data" / "summaries" / "a" / "1" / "printed.pdf"
        return
    assert path.is_relative_to(tmp)
    now_s = path.stat().st_mtime
    temporary.sweep(tmp, now_s + 60)
    assert path.exists()
    temporary.sweep(tmp, now_s + temporary.KEPT_S + 60)
    assert not path.exists()
    assert store.local("summaries/a/1/printed.pdf").read_bytes() == b"1"


def test_what_goes_while_it_is_copied_is_gone(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hasattr(store, "_versions"):  # no bucket: what is there is the file itself
        return
    versions = store._versions

    def and_gone(found: Any) -> list[str]:
        named: list[str] = versions(found)
        store.delete_all("summaries")
        return named

    monkeypatch.setattr(store, "_versions", and_gone)
    for look in (store.local, store.local_folder):
        store.put("summaries/a/1/printed.pdf", b"1")
        key = "summaries/a/1" if look == store.local_folder else "summaries/a/1/printed.pdf"
        assert not look(key).exists()


def test_everything_below_a_key_goes_and_nothing_beside_it(store: FileStore) -> None:
    for key in KEYS:
        store.put(key, b"1")
    store.delete_all("photos")
    assert [k for k in KEYS if store.exists(k)] == [k for k in KEYS if not k.startswith("photos/")]


def test_many_files_go_and_those_that_are_gone_are_no_matter(store: FileStore) -> None:
    for key in KEYS:
        store.put(key, b"1")
    store.delete_each(key for key in (*KEYS[:4], "photos/ab/none"))
    assert [store.exists(key) for key in KEYS] == [False] * 4 + [True] * 2


def test_a_store_that_works_passes_its_check_and_is_left_empty(store: FileStore) -> None:
    store.check()
    assert not store.has_folder("photos")


NO_KEYS = ["", "/etc", "a//b", "a/../b", "..", "a/.", "a\\b", "a\nb", "a/", "a\x00b"]


def test_what_no_file_can_be_called_is_not_there(store: FileStore) -> None:
    """A row of a damaged database may say anything; its page says that the file is gone."""
    for key in NO_KEYS:
        assert [store.exists(key), store.has_folder(key), store.folders(key)] == [False, False, []]
        assert (store.size(key), store.changed_s(key), list(store.below(key))) == (None, None, [])
        assert [p for p in (store.local(key), store.local_folder(key)) if p.exists()] == []
        with pytest.raises(FileNotFoundError):
            store.read(key)
        with pytest.raises(FileNotFoundError):
            store.open(key)


@pytest.mark.parametrize("key", NO_KEYS)
def test_no_key_leads_out_of_the_store(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        key_of(key)


@pytest.mark.parametrize(
    "url", ["s3:/b", "https://host/b", "s3://", "s3://A_B/c", "s3://b/../c", "s3://id:secret@b/c"]
)
def test_an_address_that_is_none_is_refused_without_its_secret(url: str, tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as refused:
        open_store(url, tmp_path)
    assert refused.value.code == "files.bad_url"
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["store:8333", "https://id:secret@store", "https://", "http://a b", "ftp://store"]
)
def test_an_endpoint_that_is_no_address_is_refused_without_its_secret(
    address: str, tmp_path: Path
) -> None:
    pytest.importorskip("obstore")
    with pytest.raises(ProblemError) as refused:
        open_store("s3://bucket/a", tmp_path, {"AWS_ENDPOINT_URL": address})
    assert refused.value.code == "files.bad_endpoint"
    assert "secret" not in str(refused.value)


def test_what_the_library_says_is_repeated_without_a_password() -> None:
    s3_store = pytest.importorskip("sync_server.files.s3_store", exc_type=ImportError)
    said = s3_store._first_line(OSError("PUT http://id:geheim@store:8333/b/k failed\n<Error>…"))
    assert said == "PUT http://…@store:8333/b/k failed"


def test_wrong_keys_are_named(tmp: Path) -> None:
    server = seaweedfs.shared()
    environ = {**server.environment(), "AWS_SECRET_ACCESS_KEY": "another"}
    store = open_store(server.url(), tmp, environ)
    for act in (
        lambda: store.read("photos/a"),
        lambda: store.put("photos/a", b"1"),
        lambda: store.exists("photos/a"),
        lambda: list(store.below("photos")),
        lambda: store.local("photos/a"),
        lambda: store.delete("photos/a"),
        store.check,
    ):
        with pytest.raises(ProblemError) as refused:
            act()
        assert refused.value.code == "files.denied"


def test_half_a_file_never_has_its_name_in_the_folder(tmp_path: Path, tmp: Path) -> None:
    store = FolderStore(tmp_path)
    with pytest.raises(TypeError):
        store.put("photos/ab/x", "no bytes")
    assert list(store.below("photos")) == []
    assert tempfile.gettempdir() == str(tmp)


@pytest.fixture
async def cut(tmp_path: Path, tmp: Path) -> AsyncIterator[tuple[FaultProxy, FileStore, FileStore]]:
    """A bad line to the S3 store, the store over it, and the same one over a good line."""
    server = seaweedfs.shared()
    proxy = FaultProxy(int(server.endpoint.rpartition(":")[2]))
    url, port = server.url(), await proxy.start()
    bad = {**server.environment(), "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}"}
    good = open_store(url, tmp_path, server.environment())
    yield proxy, open_store(url, tmp_path, bad), good
    await proxy.stop()


BIG = bytes(range(256)) * 12_000


async def test_a_line_cut_in_the_middle_leaves_whole_files_or_none(
    cut: tuple[FaultProxy, FileStore, FileStore],
) -> None:
    """Whatever the store over the bad line says, the good one finds the earlier bytes or the new ones."""
    proxy, store, good = cut
    good.put("photos/ab/x", b"earlier")
    for number, sent in enumerate((100, 5_000, 300_000, 2_900_000)):
        proxy.cut_request_after(sent)
        data = BIG + bytes([number])
        with suppress(ProblemError):
            await asyncio.to_thread(store.put, "photos/ab/x", data)
        found = good.read("photos/ab/x")
        assert found in (b"earlier", *(BIG + bytes([n]) for n in range(number + 1)))


async def test_a_copy_cut_in_the_middle_is_no_short_file(
    cut: tuple[FaultProxy, FileStore, FileStore],
) -> None:
    proxy, store, good = cut
    good.put("bundles/a/v1.zip", BIG)
    for passed in (600, 50_000, 2_000_000):
        proxy.cut_answer_after(passed)
        with suppress(ProblemError):
            assert await asyncio.to_thread(store.read, "bundles/a/v1.zip") == BIG
        proxy.cut_answer_after(passed + 1_000)
        with suppress(ProblemError):
            path = await asyncio.to_thread(store.local, "bundles/a/v1.zip")
            assert path.read_bytes() == BIG
    path = await asyncio.to_thread(store.local, "bundles/a/v1.zip")
    assert path.read_bytes() == BIG


async def test_a_write_whose_answer_was_lost_is_made_again_and_names_no_other_bytes(
    cut: tuple[FaultProxy, FileStore, FileStore],
) -> None:
    proxy, store, good = cut
    proxy.lose_next_answer()
    await asyncio.to_thread(store.put, "photos/ab/y", b"same")
    assert good.read("photos/ab/y") == b"same"


async def test_a_store_that_is_not_reached_is_named_and_works_again_afterwards(
    cut: tuple[FaultProxy, FileStore, FileStore],
) -> None:
    proxy, store, _ = cut
    proxy.online = False
    with pytest.raises(ProblemError) as refused:
        await asyncio.to_thread(store.read, "photos/ab/z")
    assert refused.value.code == "files.unreachable"
    proxy.online = True
    await asyncio.to_thread(store.put, "photos/ab/z", b"1")
    assert await asyncio.to_thread(store.read, "photos/ab/z") == b"1"
