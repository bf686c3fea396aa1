"""Read a hand-over file (shared/handover.py) by frames: unchanged and complete, or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import IO

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared import handover as form
from shared.box import HANDOVER
from shared.problems import ProblemError
from shared.records.shapes import hidden
from shared.wire import unb64
from sync_server.crypto.encryption import key_for
from sync_server.crypto.keys import ReceiptKey, signature_holds


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A file's head with the bytes that sign and authenticate it.

    Attributes:
        head: The head.
        unsigned: Its exact bytes, from the file's first byte.
        signature: The phone's signature over them.
    """

    head: form.Head
    unsigned: bytes
    signature: bytes

    def signed_by(self, public_key: bytes) -> bool:
        """Return whether the phone with this key made the file."""
        return signature_holds(public_key, form.signed(self.unsigned), self.signature)


def read_opening(source: IO[bytes]) -> Opening:
    """Read the head from the file's beginning.

    Raises:
        ProblemError: handover.not_ours, handover.damaged.
    """
    source.seek(0)
    start = source.read(len(form.MAGIC) + 2)
    if not start.startswith(form.MAGIC):
        raise ProblemError("handover.not_ours")
    size = int.from_bytes(start[len(form.MAGIC) :])
    if size > form.MAX_HEAD_BYTES:
        raise ProblemError("handover.damaged", frame=0)
    unsigned, signature = start + source.read(size), source.read(form.SIG_BYTES)
    try:
        head = form.read_head(unsigned)
    except ValueError as error:
        raise ProblemError("handover.damaged", frame=0) from error
    # The database is asked for the phone before the signature shows who wrote its name.
    if len(signature) != form.SIG_BYTES or any(map(hidden, (head.device, head.made_at))):
        raise ProblemError("handover.damaged", frame=0)
    return Opening(head=head, unsigned=unsigned, signature=signature)


def check(source: IO[bytes], opening: Opening, keys: ReceiptKey) -> None:
    """Read the whole file once and store nothing.

    Raises:
        ProblemError: handover.damaged with the frame (from 1), handover.too_many.
    """
    for _ in records(source, opening, keys):
        pass


def records(source: IO[bytes], opening: Opening, keys: ReceiptKey) -> Iterator[tuple[bytes, bytes]]:
    """Yield the file's records, each kind up to as many as an answer may name.

    Yields:
        The record's kind and its bytes.

    Raises:
        ProblemError: handover.damaged with the frame (from 1), handover.too_many.
    """
    found, number, counts = form.Records(), 0, Counter[bytes]()
    for number, plain in _frames(source, opening, keys):
        try:
            for kind, data in found.feed(plain):
                _count(counts, kind)
                yield kind, data
        except ValueError as error:
            raise ProblemError("handover.damaged", frame=number) from error
    try:
        found.end()
    except ValueError as error:
        raise ProblemError("handover.damaged", frame=number) from error


def _count(counts: Counter[bytes], kind: bytes) -> None:
    """Count a record; those of kinds of a later version together."""
    kind = kind if kind in (form.FACT, form.PHOTO) else b""
    counts[kind] += 1
    if counts[kind] > form.MAX_FILE_RECORDS:
        raise ProblemError("handover.too_many", limit=form.MAX_FILE_RECORDS)


def _frames(source: IO[bytes], opening: Opening, keys: ReceiptKey) -> Iterator[tuple[int, bytes]]:
    """Yield (number from 1, decrypted bytes) of each frame; the last must be marked as last."""
    head = opening.unsigned + opening.signature
    source.seek(len(head))
    try:
        cipher = AESGCM(key_for(keys, HANDOVER, unb64(opening.head.point)))
    except ValueError as error:
        raise ProblemError("handover.damaged", frame=0) from error
    size, number = form.FRAME_BYTES + form.TAG_BYTES, 0
    encrypted, following = source.read(size), source.read(size)
    while True:
        last = not following
        try:
            plain = cipher.decrypt(form.nonce(number, last=last), encrypted, head)
        except InvalidTag as error:
            raise ProblemError("handover.damaged", frame=number + 1) from error
        number += 1
        yield number, plain
        if last:
            return
        encrypted, following = following, source.read(size)
