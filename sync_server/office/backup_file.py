"""A backup as one encrypted file: what an office downloads, keeps on a stick, and restores from.

    magic (6) | salt (16) | encrypted stream of: length of the manifest (8) | manifest | its files

The files follow in the manifest's order, each as long as the manifest states. There are no other
names in it, no links, modes or folders, so nothing but the manifest can ask for a place on the
disk. The stream is that of sealing/making/encrypted_stream.py, for a P-256 key that Argon2id makes
from the passphrase: the server keeps neither.
"""

from __future__ import annotations

import io
import os
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.asymmetric import ec

from shared.problems import ProblemError, Where
from sync_server.disk_errors import disk_problems
from sync_server.office import backup_log, plain_files, restore
from sync_server.office import manifest as m
from sync_server.office.manifest import Manifest
from sync_server.sealing.making.encrypted_stream import DecryptingReader, EncryptingWriter
from sync_server.services import Services
from sync_server.store import audit

MAGIC = b"DSBK1\n"
SUFFIX = ".doorstep-backup"
SALT_BYTES, LENGTH_BYTES = 16, 8
SHORTEST = 12
"""Characters of a passphrase: it is tried without a server that counts, unlike a password."""
_ROUNDS, _MEMORY_KIB, _LANES = 3, 64 * 1024, 4
"""Argon2id, the second recommended option of RFC 9106, section 4: 64 MiB, 3 passes, 4 lanes."""


def download(
    services: Services, run_id: str, passphrase: str, again: str, *, who: str
) -> tuple[str, Iterator[bytes]]:
    """Begin to encrypt a backup of the log, and put that on record.

    Args:
        services: The server's services.
        run_id: Which one.
        passphrase: What it is encrypted with; kept nowhere.
        again: The same, written once more.
        who: Who downloads it.

    Returns:
        The file's name, and its bytes; see `pieces`.

    Raises:
        ProblemError: backup.passphrase_short, backup.unknown, and those of `read_manifest`.
    """
    if len(_plain(passphrase)) < SHORTEST or passphrase != again:
        raise ProblemError("backup.passphrase_short", shortest=SHORTEST)
    run = backup_log.find(services.settings.data_dir, run_id)
    folder = Path(run.folder)
    if run.state != "verified" or not folder.is_dir():
        raise ProblemError("backup.unknown")
    found = m.read_manifest(folder)
    at = services.settings.now_text()
    services.database.write(
        lambda c: audit.note(c, at=at, who=who, action="backup.download", ref=run.folder)
    )
    return folder.name + SUFFIX, pieces(folder, found, passphrase)


def pieces(folder: Path, found: Manifest, passphrase: str) -> Iterator[bytes]:
    """Encrypt a backup, a MiB or so at a time.

    Args:
        folder: The backup.
        found: Its manifest.
        passphrase: What it is encrypted with.

    Yields:
        The file's bytes, in order.

    Raises:
        ProblemError: backup.damaged where a file differs from the manifest: the file then
            ends early and cannot be opened.
    """
    salt = os.urandom(SALT_BYTES)
    out = io.BytesIO()
    out.write(MAGIC + salt)
    writer = EncryptingWriter(out, _key(passphrase, salt).public_key())
    with plain_files.open_plain(folder, m.NAME) as file:
        manifest = file.read()
    if m.decoded(manifest, str(folder)) != found:
        raise ProblemError("backup.damaged", path=m.NAME)
    writer.write(len(manifest).to_bytes(LENGTH_BYTES) + manifest)
    for entry in found.files:
        with plain_files.open_plain(folder, entry.path) as file:
            left = entry.size_bytes
            while piece := file.read(min(left, m.CHUNK_BYTES)):
                left -= len(piece)
                writer.write(piece)
                if out.tell():
                    yield _taken(out)
        if left:
            raise ProblemError("backup.damaged", where=Where(file=entry.path), path=entry.path)
    writer.close()
    yield _taken(out)


def restore_file(
    source: Path, passphrase: str, data_dir: Path, *, now: datetime, who: str
) -> Manifest:
    """Restore such a file into an empty data folder, as `restore.restore` does a folder.

    Args:
        source: The file.
        passphrase: What it was encrypted with.
        data_dir: An empty or new folder, or one where a restore was interrupted.
        now: The present time, timezone-aware.
        who: Who does it, for the audit trail.

    Raises:
        ProblemError: backup.passphrase, and those of `restore.restore`.
    """
    data_dir = data_dir.resolve()
    with disk_problems(), source.open("rb") as file:
        reading = _opened(file, passphrase, source)
        found = _manifest(reading, source)
        restore.check_target(data_dir, found)

        def fill(side: Path) -> None:
            for entry in found.files:
                size, sha256 = entry.size_bytes, entry.sha256
                if m.store_file(reading, side, entry.path, sha256, size) is None:
                    raise ProblemError("backup.damaged", path=entry.path)
            if reading.read(1):
                raise ProblemError("backup.unreadable", folder=str(source))

        try:
            restore.put_in_place(found, data_dir, fill, now=now, who=who)
        except ProblemError as problem:
            raise _as_ours(problem) from problem
    return found


def _opened(file: BinaryIO, passphrase: str, source: Path) -> BinaryIO:
    head = file.read(len(MAGIC) + SALT_BYTES)
    if not head.startswith(MAGIC) or len(head) < len(MAGIC) + SALT_BYTES:
        raise ProblemError("backup.unreadable", folder=str(source))
    try:
        reader = DecryptingReader(file, _key(passphrase, head[len(MAGIC) :]))
    except ProblemError as problem:
        raise _as_ours(problem) from problem
    return io.BufferedReader(reader, m.CHUNK_BYTES)


def _manifest(reading: BinaryIO, source: Path) -> Manifest:
    try:
        length = int.from_bytes(reading.read(LENGTH_BYTES))
        if length > m.MOST_MANIFEST_BYTES:
            raise ProblemError("backup.unreadable", folder=str(source))
        return m.decoded(reading.read(length), str(source))
    except ProblemError as problem:
        raise _as_ours(problem) from problem


def _as_ours(problem: ProblemError) -> ProblemError:
    """Turn a problem of the encrypted stream into one of a backup."""
    return ProblemError("backup.passphrase") if problem.code.startswith("verify.") else problem


def _taken(out: io.BytesIO) -> bytes:
    data = out.getvalue()
    out.seek(0)
    out.truncate()
    return data


def _plain(passphrase: str) -> str:
    return unicodedata.normalize("NFKC", passphrase)


def _key(passphrase: str, salt: bytes) -> ec.EllipticCurvePrivateKey:
    """The private key of a passphrase: 48 bytes, so that the remainder is as good as even."""
    made = hash_secret_raw(
        _plain(passphrase).encode(),
        salt,
        time_cost=_ROUNDS,
        memory_cost=_MEMORY_KIB,
        parallelism=_LANES,
        hash_len=48,
        type=Type.ID,
    )
    return ec.derive_private_key(int.from_bytes(made) % (_ORDER - 1) + 1, ec.SECP256R1())


_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many points P-256 has (SEC 2, section 2.4.2)."""
