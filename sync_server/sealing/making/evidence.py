"""Write and read evidence.bin: the signed facts, keys and photos behind a summary.

The format is in docs/seal.md#evidencebin. It is a tar inside the encryption of
encrypted_stream.py, written and read as a stream, with fixed times so that equal evidence gives
equal plain bytes:

    facts.jsonl     every device's chain in order: {device, n, sha256}, and for facts of this
                    summary's cases also {link, sig, bytes, seq, received_at}; a stub after a gap
                    carries {link, sig}; a fact that the centre took by hand carries {taken}, and
                    one of them that has no place in its chain has a number below 0
    devices.json    [{device, name, public_key}]    public keys as base64url of the point; the
                    device of a school's office, which signs records from paper, has office: true
    inputs.json     what the summary was composed from besides facts (`SchoolInputs`)
    photos/SHA256   the photos
    photos.json     [{sha256, size_bytes}], last, when the sizes are known

Only the county's evidence key decrypts it.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.digest import canonical
from shared.problems import ProblemError, Where
from shared.wire import b64
from sync_server.sealing.making.compose import SchoolInputs
from sync_server.sealing.making.encrypted_stream import DecryptingReader, EncryptingWriter
from sync_server.sealing.record import EvidenceFile

MOST_FACTS_BYTES = 128 * 1024 * 1024
"""The largest member other than a photo that is read."""
MOST_PHOTO_BYTES = 8 * 1024 * 1024
"""The largest photo that is read."""
_PHOTO = re.compile(r"photos/([0-9a-f]{64})")
_NAMES = ("facts.jsonl", "devices.json", "inputs.json", "photos.json")


class TakenByHand(msgspec.Struct, frozen=True, kw_only=True):
    """How a fact that was set apart came into the ledger (docs/decisions/0022).

    `code`: the problem it was set apart for. `n`: the number the phone gave it. `before`: the link
    that its own continues, empty where it stands in its chain; with it the phone's signature covers
    the bytes although the chain does not have them. `by`, `at` (UTC ISO), `reason`: the decision.
    """

    code: str
    n: int
    before: bytes = b""
    by: str = ""
    at: str = ""
    reason: str = ""


class ChainEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One link of a device's chain.

    `data` are the fact's bytes, None for a fact of another case (a stub). `n` counts from 1, and
    down from -1 for facts beside the chain; `sha256` is hex, `sig` raw ES256.
    """

    device: str
    n: int
    sha256: str
    link: bytes
    sig: bytes
    data: bytes | None = None
    seq: int = 0
    received_at: str = ""
    taken: TakenByHand | None = None


class DeviceKey(msgspec.Struct, frozen=True, kw_only=True):
    """A device's key; `public_key` is its P-256 point, uncompressed X9.62 (65 bytes).

    `office`: a school's office signs with it what it types in from paper.
    """

    device: str
    name: str
    public_key: bytes
    office: bool = False


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One file inside; `photo` is the sha256 in its name, "" for the others."""

    name: str
    data: bytes
    photo: str = ""


def write_evidence(
    dest: Path,
    recipient_pem: bytes,
    inputs: SchoolInputs,
    chains: Iterable[ChainEntry],
    devices: Sequence[DeviceKey],
    photos: Iterable[tuple[str, bytes]],
) -> EvidenceFile:
    """Write the evidence for a summary, encrypted to the county's evidence key.

    Args:
        dest: the file to write; removed again when writing fails.
        recipient_pem: the county's public evidence key (evidence.pem).
        inputs: what the summary was composed from.
        chains: the chain, from n=1, of every device that made a fact of this summary.
        devices: the devices' public keys.
        photos: (sha256 in hex, bytes), read one at a time.

    Returns:
        The file's hash and size for the seal.

    Raises:
        ProblemError: certs.unreadable, certs.not_p256.
    """
    key = _recipient(recipient_pem)
    try:
        with dest.open("wb") as file:
            with EncryptingWriter(file, key) as frames:
                _write_members(frames, inputs, chains, devices, photos)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        dest.unlink(missing_ok=True)  # half an evidence file could be mistaken for a whole one
        raise
    return measure(dest)


def measure(path: Path) -> EvidenceFile:
    """Return hash and size of an evidence file on disk."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return EvidenceFile(sha256=digest, size_bytes=path.stat().st_size)


def open_evidence(path: Path, key: ec.EllipticCurvePrivateKey) -> Iterator[Member]:
    """Decrypt an evidence file and yield its members, one at a time in memory.

    Args:
        path: evidence.bin.
        key: the county's private evidence key.

    Yields:
        The members in the file's order.

    Raises:
        ProblemError: verify.evidence_unreadable while iterating, when the file was changed or cut
            short, is for another key, or has members of other names.
    """
    with path.open("rb") as file:
        frames = DecryptingReader(file, key)
        try:
            with tarfile.open(fileobj=io.BufferedReader(frames, 64 * 1024), mode="r|") as archive:
                for info in archive:
                    yield _member(archive, info, path)
            while frames.read(1 << 16):  # padding after the archive's end is authenticated too
                pass
        except (tarfile.TarError, EOFError) as error:
            raise ProblemError(
                "verify.evidence_unreadable", where=Where(file=path.name), frame="?"
            ) from error


def _write_members(
    frames: EncryptingWriter,
    inputs: SchoolInputs,
    chains: Iterable[ChainEntry],
    devices: Sequence[DeviceKey],
    photos: Iterable[tuple[str, bytes]],
) -> None:
    stream: BinaryIO = io.BufferedWriter(frames)
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        _add(archive, "facts.jsonl", _facts(chains))
        keys = sorted(devices, key=lambda d: d.device)
        _add(
            archive,
            "devices.json",
            canonical(
                [
                    {"device": d.device, "name": d.name, "public_key": b64(d.public_key)}
                    | ({"office": True} if d.office else {})
                    for d in keys
                ]
            ),
        )
        _add(archive, "inputs.json", canonical(msgspec.to_builtins(without_unused(inputs))))
        manifest = []
        for sha, data in photos:
            _add(archive, f"photos/{sha}", data)
            manifest.append({"sha256": sha, "size_bytes": len(data)})
        _add(archive, "photos.json", canonical(manifest))
    stream.flush()


def without_unused(inputs: SchoolInputs) -> SchoolInputs:
    """Drop from the inputs what a summary never uses.

    Facts go because they travel signed; phones, addresses, colleges and the list of stored photos
    go because the evidence needs none of them.
    """
    cases = tuple(
        msgspec.structs.replace(
            case,
            borrower=msgspec.structs.replace(case.borrower, phones=()),
            co_borrower=None,
            address="",
            township="",
            village="",
            college="",
        )
        for case in inputs.cases
    )
    return msgspec.structs.replace(inputs, cases=cases, facts=(), stored_photos=frozenset())


def _facts(chains: Iterable[ChainEntry]) -> bytes:
    """Write facts.jsonl: devices and numbers in order, stubs without any content of the fact."""
    lines = []
    device, last = "", 0
    for entry in sorted(chains, key=lambda e: (e.device, e.n)):
        after_gap = entry.n != (last + 1 if entry.device == device else 1)
        if entry.n > 0:  # others stand beside the chain, before its first
            device, last = entry.device, entry.n
        line: dict[str, Any] = {"device": entry.device, "n": entry.n, "sha256": entry.sha256}
        if entry.data is not None or after_gap:
            line |= {"link": b64(entry.link), "sig": b64(entry.sig)}
        if entry.data is not None:
            line |= {"bytes": b64(entry.data), "seq": entry.seq, "received_at": entry.received_at}
            if entry.taken is not None:
                taken = msgspec.structs.asdict(entry.taken)
                line["taken"] = {**taken, "before": b64(entry.taken.before)}
        lines.append(canonical(line) + b"\n")
    return b"".join(lines)


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def _member(archive: tarfile.TarFile, info: tarfile.TarInfo, path: Path) -> Member:
    """Read a member, only plain files under our names.

    Anyone who has the county's public key could write others.
    """
    photo = _PHOTO.fullmatch(info.name)
    limit = MOST_PHOTO_BYTES if photo else MOST_FACTS_BYTES
    file = archive.extractfile(info) if info.isreg() and info.size <= limit else None
    if file is None or not (photo or info.name in _NAMES):
        raise ProblemError("verify.evidence_unreadable", where=Where(file=path.name), frame="?")
    return Member(name=info.name, data=file.read(), photo=photo[1] if photo else "")


def _recipient(public_pem: bytes) -> ec.EllipticCurvePublicKey:
    try:
        key = serialization.load_pem_public_key(public_pem)
    except ValueError as error:
        raise ProblemError("certs.unreadable", where=Where(file="evidence.pem")) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise ProblemError("certs.not_p256", where=Where(file="evidence.pem"))
    return key
