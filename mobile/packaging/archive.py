"""Packs the staged tree for the browser: the same files always give the same bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tempfile
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from mobile.packaging.run_tool import run

EPOCH = (1980, 1, 1, 0, 0, 0)


def zip_tree(stage: Path) -> bytes:
    """A zip of everything under `stage`: sorted, without times or owners, not compressed.

    Not compressed, because the server does that; a zip and not a tar.gz, because some servers label
    a .gz as an encoding, and the browser then unpacks it.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(p for p in stage.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(stage).as_posix(), EPOCH)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, path.read_bytes())
    return out.getvalue()


class GzipCache:
    """gzip without name and time; results are kept by content, so that a second build is quick."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        cache.mkdir(parents=True, exist_ok=True)

    def compress(self, data: bytes) -> bytes:
        """`data` as a server sends it to a browser that takes gzip."""
        kept = self._cache / f"{hashlib.sha256(data).hexdigest()}.gz"
        if not kept.exists():
            fresh = kept.with_suffix(f".{os.getpid()}")
            fresh.write_bytes(gzip.compress(data, 9, mtime=0))
            fresh.replace(kept)
        return kept.read_bytes()


class BrotliCache:
    """Brotli by node's own library; results are kept by content.

    The first build takes minutes, the next compresses only our code. Without a node nothing is
    compressed, and browsers get gzip.
    """

    def __init__(self, cache: Path, runner: str | None) -> None:
        self._cache = cache
        self._runner = runner
        cache.mkdir(parents=True, exist_ok=True)

    def prepare(self, files: Iterable[bytes]) -> None:
        """Compress what is not kept yet, all in one call."""
        missing = {p: data for data in files if not (p := self._place(data)).exists()}
        if not missing or self._runner is None:
            return
        with tempfile.TemporaryDirectory(dir=self._cache) as folder:
            for place, data in missing.items():
                Path(folder, place.stem).write_bytes(data)
            script = str(Path(__file__).with_name("brotli.mjs"))
            names = [str(Path(folder, place.stem)) for place in missing]
            with suppress(OSError):  # no such program, or one that said it was done and was not
                if run([self._runner, script, *names]).returncode == 0:
                    for place in missing:
                        Path(folder, place.name).replace(place)

    def compressed(self, data: bytes) -> bytes | None:
        """`data` as a browser that takes Brotli gets it; None where it was not made."""
        place = self._place(data)
        return place.read_bytes() if place.exists() else None

    def _place(self, data: bytes) -> Path:
        return self._cache / f"{hashlib.sha256(data).hexdigest()}.br"
