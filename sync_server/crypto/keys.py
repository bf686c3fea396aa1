"""The server's own signing keys: of receipts, and of the offices that type in paper.

Receipts are ES256 (raw r||s) by the first; phones pin its public point at enrolment.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from shared.wire import Receipt, ReceiptBody, ReceiptLine, b64
from sync_server import whole_file

_ES256 = ec.ECDSA(hashes.SHA256())


class SigningKey:
    """A key in its file: PKCS#8 under a passphrase, mode 0600."""

    def __init__(self, path: Path, passphrase: str) -> None:
        """Read the key file, or make it on first use.

        Args:
            path: the key file.
            passphrase: encrypts it.

        Raises:
            ValueError: when the passphrase is wrong or the file does not hold a P-256 key.
        """
        whole_file.write_once(path, lambda: _new_key(passphrase))
        private = serialization.load_pem_private_key(path.read_bytes(), passphrase.encode())
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{path.name} does not hold a P-256 key")
        self._private = private

    def public(self) -> bytes:
        """Return the P-256 point, uncompressed X9.62, 65 bytes."""
        return self._private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )

    def sign(self, message: bytes) -> bytes:
        """Sign a message with ES256: 64 bytes, raw r||s."""
        r, s = decode_dss_signature(self._private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)


class ReceiptKey(SigningKey):
    """The key of receipts, which phones also encrypt to."""

    def agree(self, point: bytes) -> bytes:
        """Return the ECDH secret with a point: the shared x-coordinate, 32 bytes.

        Args:
            point: the other side's P-256 point, uncompressed.

        Raises:
            ValueError: when it is not a point.
        """
        return self._private.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        )

    def receipt(
        self, device: str, epoch: str, received_at: str, items: list[ReceiptLine]
    ) -> Receipt | None:
        """Sign a receipt for what is stored; None when there is nothing to confirm."""
        if not items:
            return None
        body = ReceiptBody(device=device, epoch=epoch, received_at=received_at, items=items)
        data = msgspec.json.encode(body, order="sorted")  # as `canonical` of these values
        return Receipt(bytes=b64(data), sig=b64(self.sign(data)))


def signature_holds(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether a raw ES256 signature over `message` is by the holder of `public_key`."""
    if len(signature) != 64:
        return False
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    try:
        _point(public_key).verify(der, message, _ES256)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=1024)
def _point(public_key: bytes) -> ec.EllipticCurvePublicKey:
    """Read a point once: every fact of a phone is verified with the same."""
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)


def is_point(public_key: bytes) -> bool:
    """Return whether bytes are an uncompressed point on P-256."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    except ValueError:
        return False
    return len(public_key) == 65


def _new_key(passphrase: str) -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
