"""Streams encrypted for one P-256 key: ECDH, HKDF-SHA256, AES-256-GCM in frames of 1 MiB.

    magic (6) | ephemeral public key (65, uncompressed) | frame | frame | ...

Each frame encrypts up to 1 MiB with its number and a last-flag in the nonce and the head as
associated data, so that frames cannot be dropped, swapped, repeated, cut off or continued (the
STREAM construction).
"""

from __future__ import annotations

import io
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.problems import ProblemError, Where

MAGIC = b"DSEV1\n"
POINT_BYTES = 65
FRAME_BYTES = 1024 * 1024
TAG_BYTES = 16
INFO = b"doorstep/evidence/v1"


class EncryptingWriter(io.RawIOBase):
    """Takes plain bytes and writes encrypted frames.

    `close` writes the last frame and leaves `out` open.
    """

    def __init__(self, out: BinaryIO, recipient: ec.EllipticCurvePublicKey) -> None:
        """Write the head with a new ephemeral key.

        Args:
            out: where the encrypted bytes go.
            recipient: the public key of whoever may decrypt.
        """
        ephemeral = ec.generate_private_key(ec.SECP256R1())
        self._head = MAGIC + _point(ephemeral.public_key())
        self._cipher = AESGCM(_key(ephemeral, recipient, self._head, recipient))
        self._out, self._pending, self._index = out, bytearray(), 0
        out.write(self._head)

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: object) -> int:
        """Buffer plain bytes; a frame is written when a further byte shows that it is not the last.

        Args:
            data: any buffer of bytes.

        Returns:
            How many bytes were taken: all.
        """
        piece = bytes(memoryview(data))  # type: ignore[arg-type] # RawIOBase allows any buffer
        self._pending += piece
        while len(self._pending) > FRAME_BYTES:
            self._frame(bytes(self._pending[:FRAME_BYTES]), last=False)
            del self._pending[:FRAME_BYTES]
        return len(piece)

    def close(self) -> None:
        """Write the last frame, once."""
        if not self.closed:
            self._frame(bytes(self._pending), last=True)
            self._pending.clear()
        super().close()

    def _frame(self, plain: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._index, last=last), plain, self._head))
        self._index += 1


class DecryptingReader(io.RawIOBase):
    """Reads the plain bytes of an encrypted stream."""

    def __init__(self, source: BinaryIO, key: ec.EllipticCurvePrivateKey) -> None:
        """Read the head and the first frame.

        Args:
            source: the encrypted bytes.
            key: the recipient's private key.

        Raises:
            ProblemError: verify.evidence_unreadable, here and on reading, with the number (from 1)
                of the
                frame that cannot be decrypted.
        """
        self._source, self._index, self._plain, self._at, self._done = source, 0, b"", 0, False
        self._head = source.read(len(MAGIC) + POINT_BYTES)
        try:
            if not self._head.startswith(MAGIC):
                raise ValueError("not an evidence file")
            ephemeral = ec.EllipticCurvePublicKey.from_encoded_point(
                ec.SECP256R1(), self._head[len(MAGIC) :]
            )
        except ValueError as error:
            raise self._wrong() from error
        self._cipher = AESGCM(_key(key, ephemeral, self._head, key.public_key()))
        self._next = source.read(FRAME_BYTES + TAG_BYTES)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill a buffer with plain bytes.

        Args:
            buffer: where the bytes go.

        Returns:
            How many bytes were written, 0 at the end.
        """
        target = memoryview(buffer)  # type: ignore[arg-type] # RawIOBase allows any buffer
        if self._at == len(self._plain) and not self._done:
            self._decrypt_next()
        piece = self._plain[self._at : self._at + len(target)]
        target[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _decrypt_next(self) -> None:
        encrypted, self._next = self._next, self._source.read(FRAME_BYTES + TAG_BYTES)
        last = not self._next
        try:
            nonce = _nonce(self._index, last=last)
            self._plain = self._cipher.decrypt(nonce, encrypted, self._head)
        except InvalidTag as error:
            raise self._wrong() from error
        self._at, self._done = 0, last
        self._index += 1

    def _wrong(self) -> ProblemError:
        name = str(getattr(self._source, "name", "")).rpartition("/")[2]
        return ProblemError(
            "verify.evidence_unreadable", where=Where(file=name), frame=self._index + 1
        )


def _key(
    own: ec.EllipticCurvePrivateKey,
    other: ec.EllipticCurvePublicKey,
    head: bytes,
    recipient: ec.EllipticCurvePublicKey,
) -> bytes:
    """Derive the file's key; both public halves are mixed in, so it fits one recipient only."""
    shared = own.exchange(ec.ECDH(), other)
    return HKDF(
        algorithm=hashes.SHA256(), length=32, salt=head + _point(recipient), info=INFO
    ).derive(shared)


def _nonce(index: int, *, last: bool) -> bytes:
    return index.to_bytes(11) + (b"\x01" if last else b"\x00")


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
