"""The hand-over file's format: facts and photos for an office without a network, and the answer.

    file    magic (6) | size of the head's JSON (2, big endian) | JSON | signature (64) | frame | …
    frame   AES-256-GCM over up to 1 MiB; nonce = number of the frame (11) | 1 for the last, 0 for
            others; associated data = everything before the first frame. Only the last may be
            shorter, only it is marked.
    key     HKDF-SHA256(ECDH(head.point, the server's key), no salt,
                        shared.box.context(HANDOVER, point, server))
    inside  records: kind (1) | size (4, big endian) | bytes

The head is signed by the phone's key, and only the holder of `point` (or the server) can make
frames for it: so the whole file is the phone's. A frame dropped, swapped, repeated, cut off or
added makes it undecryptable. Vector: tests/golden/handover.json.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from shared.box import HANDOVER
from shared.digest import canonical
from shared.wire import MAX_PHOTO_BYTES, Outcome, PushedFact, Receipt

MAGIC = b"DSHO1\n"
ANSWER_MAGIC = b"DSHA1\n"
SUFFIX = ".doorstep"
SIG_BYTES = 64
FRAME_BYTES = 1024 * 1024
TAG_BYTES = 16
MAX_HEAD_BYTES = 4096
FACT, PHOTO = b"f", b"p"
"""Kinds of records: a PushedFact as JSON; a photo's sha256 (32 raw bytes) and its bytes. Others are
skipped.
"""
HASH_BYTES = 32
MAX_RECORD_BYTES = HASH_BYTES + MAX_PHOTO_BYTES
"""A record is held in memory whole: not larger than one photo."""
MAX_FILE_RECORDS = 5000
"""Facts in one file, and as many photos: a phone reads no longer list in the answer
(docs/protocol.md#what-a-phone-accepts-of-an-answer).
"""
ANSWER = b"doorstep/1/handover-answer|"


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The head of a file.

    Attributes:
        to: The server's point, unpadded base64url.
        point: The file's own point, unpadded base64url.
        epoch: The server's epoch as the phone knows it.
        made_at: When it was made, by the phone's clock.

    """

    device: str
    to: str
    point: str
    epoch: str = ""
    made_at: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file.

    Attributes:
        epoch: The server's epoch.
        knew: The epoch of the file's head.
        facts: An outcome for each fact, by sha256.
        photos: An outcome for each photo, by sha256.
        receipt: Covers everything that is stored.

    """

    device: str
    epoch: str
    knew: str
    answered_at: str
    facts: list[Outcome] = []
    photos: list[Outcome] = []
    receipt: Receipt | None = None


def head_bytes(head: Head) -> bytes:
    """Return the head without its signature."""
    text = canonical(msgspec.to_builtins(head))
    return MAGIC + len(text).to_bytes(2) + text


def signed(unsigned_head: bytes) -> bytes:
    """Return the bytes the phone signs of a head."""
    return HANDOVER + b"|" + unsigned_head


def read_head(unsigned_head: bytes) -> Head:
    """Read a head without its signature.

    Raises:
        ValueError: When the bytes are not a head.

    """
    text = unsigned_head[len(MAGIC) + 2 :]
    if not unsigned_head.startswith(MAGIC) or len(text) != int.from_bytes(
        unsigned_head[len(MAGIC) : len(MAGIC) + 2]
    ):
        raise ValueError("no head")
    return msgspec.json.decode(text, type=Head)


def nonce(number: int, *, last: bool) -> bytes:
    """Return the nonce of frame `number` (from 0), 12 bytes."""
    return number.to_bytes(11) + (b"\x01" if last else b"\x00")


def record(kind: bytes, data: bytes) -> bytes:
    """Return one record.

    Raises:
        ValueError: When it is too large to be read again.

    """
    if len(data) > MAX_RECORD_BYTES:
        raise ValueError("a record is at most one photo")
    return kind + len(data).to_bytes(4) + data


def fact_record(fact: PushedFact) -> bytes:
    """Return a fact as a record.

    Raises:
        ValueError: When it is too large.

    """
    return record(FACT, msgspec.json.encode(fact))


def photo_record(sha256: str, data: bytes) -> bytes:
    """Return a photo as a record.

    Raises:
        ValueError: When it is too large.

    """
    return record(PHOTO, bytes.fromhex(sha256) + data)


class Records:
    """Cuts plain bytes into records as they come; holds one record and the bytes fed last."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield (kind, bytes) of each record that is complete now.

        Raises:
            ValueError: For a record larger than a photo.

        """
        self._held += data
        while len(self._held) >= 5:
            size = int.from_bytes(self._held[1:5])
            if size > MAX_RECORD_BYTES:
                raise ValueError("a record is at most one photo")
            if len(self._held) < 5 + size:
                return
            kind, found = bytes(self._held[:1]), bytes(self._held[5 : 5 + size])
            del self._held[: 5 + size]
            yield kind, found

    def end(self) -> None:
        """Check that the file ends between records.

        Raises:
            ValueError: When it stops inside a record.

        """
        if self._held:
            raise ValueError("stops inside a record")


def answer_text(answer: Answer) -> bytes:
    """Return the answer's JSON, which is signed with ANSWER before it."""
    return canonical(msgspec.to_builtins(answer))


def answer_bytes(text: bytes, signature: bytes) -> bytes:
    """Return the answer as a file: magic | signature (64) | JSON."""
    return ANSWER_MAGIC + signature + text


def split_answer(data: bytes) -> tuple[bytes, bytes]:
    """Return (JSON, signature) of an answer file.

    Raises:
        ValueError: When the bytes are not an answer file.

    """
    if not data.startswith(ANSWER_MAGIC) or len(data) <= len(ANSWER_MAGIC) + SIG_BYTES:
        raise ValueError("no answer")
    rest = data[len(ANSWER_MAGIC) :]
    return rest[SIG_BYTES:], rest[:SIG_BYTES]


def read_answer(text: bytes) -> Answer:
    """Read an answer's JSON.

    Raises:
        ValueError: When the bytes are not an answer.

    """
    return msgspec.json.decode(text, type=Answer)
