"""What is kept as Brotli: made once by content, and nothing where node makes nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mobile.packaging import archive
from mobile.packaging.archive import BrotliCache
from mobile.packaging.compile_python import find_node

UNPACK = "process.stdout.write(require('zlib').brotliDecompressSync(require('fs').readFileSync(0)))"
ONE, TWO = b"one " * 500, b"two " * 700


def files(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.rglob("*"))


def test_a_browser_gets_back_what_was_compressed(tmp_path: Path) -> None:
    node = find_node()
    if node is None:
        pytest.skip("no node")
    cache = BrotliCache(tmp_path, node)
    cache.prepare([ONE, TWO, ONE])
    for data in (ONE, TWO):
        small = cache.compressed(data)
        assert small is not None
        assert len(small) < 100
        command = [node, "-e", UNPACK]
        assert subprocess.run(command, input=small, capture_output=True, check=True).stdout == data
    assert [name[-3:] for name in files(tmp_path)] == [".br", ".br"]


def test_what_is_kept_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if (node := find_node()) is None:
        pytest.skip("no node")
    BrotliCache(tmp_path, node).prepare([ONE])
    asked: list[int] = []
    run = archive.run

    def counted(command: list[str]) -> subprocess.CompletedProcess[str]:
        asked.append(len(command) - 2)
        return run(command)

    monkeypatch.setattr(archive, "run", counted)
    cache = BrotliCache(tmp_path, node)
    cache.prepare([ONE])
    cache.prepare([ONE, TWO])
    assert asked == [1]


@pytest.mark.parametrize("runner", [None, "/nowhere/node", "false", "true"])
def test_where_nothing_is_made_nothing_is_kept(tmp_path: Path, runner: str | None) -> None:
    cache = BrotliCache(tmp_path, runner)
    cache.prepare([ONE])
    assert cache.compressed(ONE) is None
    assert files(tmp_path) == []
