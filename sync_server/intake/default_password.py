"""Decrypt workbooks that are locked with the password every spreadsheet program knows.

A workbook that is only protected against changes is stored encrypted by some programs, with a fixed
password; they open it without asking, and so do we. Any other password is somebody's own.

Source: [MS-OFFCRYPTO] 2.3.4.5 to 2.3.4.15 (packages), 2.3.5, 2.3.6 (records of .xls);
[MS-XLS] 2.2.10 (which bytes of a record stay plain).
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable, Iterator
from typing import Any

from sync_server.intake.package import Broken, parse, xml_parser

PASSWORD = "VelvetSweatshop".encode("utf-16-le")
MOST_SPINS = 1_000_000
_SEGMENT_BYTES = 4096
_RC4_BLOCK_BYTES = 1024
_INPUT, _VALUE, _KEY = (
    bytes.fromhex(h) for h in ("fea7d2763b4b9e79", "d7aa0f6d3061344e", "146e0be7abacd0d6")
)
_HASHES = {
    "MD5": "md5",
    "SHA1": "sha1",
    "SHA-1": "sha1",
    "SHA256": "sha256",
    "SHA384": "sha384",
    "SHA512": "sha512",
}
_FILE_PASS, _BOUND_SHEET, _BOF = 0x002F, 0x0085, 0x0809
_PLAIN_RECORDS = frozenset({_BOF, _FILE_PASS, 0x00E1, 0x00E2, 0x0194, 0x0195, 0x0196})


class OwnPassword(ValueError):
    """The password is another, or the way of encrypting is not known."""


def decrypt_package(information: bytes, package: bytes) -> bytes:
    """Return the zip inside an encrypted package.

    Args:
        information: the stream EncryptionInfo.
        package: the stream EncryptedPackage.

    Raises:
        OwnPassword: when the known password does not open it.
    """
    try:
        size = struct.unpack_from("<Q", package)[0]
        version = struct.unpack_from("<HH", information)
        if version == (4, 4):
            whole = _agile(information[8:], package[8:])
        elif version[1] == 2:
            whole = _standard(information, package[8:])
        else:
            raise OwnPassword(f"version {version}")
        return whole[:size]
    except (struct.error, KeyError, ValueError, Broken) as error:
        raise OwnPassword(str(error)) from error


def _agile(xml: bytes, data: bytes) -> bytes:
    found: dict[str, dict[str, str]] = {}
    parser = xml_parser()
    parser.StartElementHandler = lambda name, more: found.setdefault(name.rpartition(":")[2], more)
    parse(parser, xml.rstrip(b"\0"))
    locked, content = found["encryptedKey"], found["keyData"]
    spins, salt = int(locked["spinCount"]), base64.b64decode(locked["saltValue"])
    ciphers = {locked["cipherAlgorithm"], content["cipherAlgorithm"]}
    sizes = [int(one[name]) for one in (locked, content) for name in ("keyBits", "blockSize")]
    if spins > MOST_SPINS or ciphers != {"AES"} or max(sizes) > 512:
        raise OwnPassword("cipher")
    digest = _hash(locked["hashAlgorithm"])
    spun = _spun(digest, salt, spins)

    def opened(block: bytes, value: str) -> bytes:
        key = _padded(digest(spun + block), int(locked["keyBits"]) // 8)
        return _aes(key, base64.b64decode(value), iv=_padded(salt, int(locked["blockSize"])))

    given = opened(_INPUT, locked["encryptedVerifierHashInput"])[: int(locked["saltSize"])]
    expected = opened(_VALUE, locked["encryptedVerifierHashValue"])[: int(locked["hashSize"])]
    if digest(given) != expected:
        raise OwnPassword("another password")
    key = opened(_KEY, locked["encryptedKeyValue"])[: int(content["keyBits"]) // 8]
    digest, salt = _hash(content["hashAlgorithm"]), base64.b64decode(content["saltValue"])
    block_bytes = int(content["blockSize"])
    parts = []
    for number, at in enumerate(range(0, len(data), _SEGMENT_BYTES)):
        iv = _padded(digest(salt + struct.pack("<I", number)), block_bytes)
        parts.append(_aes(key, data[at : at + _SEGMENT_BYTES], iv=iv))
    return b"".join(parts)


def _standard(information: bytes, data: bytes) -> bytes:
    header_bytes = struct.unpack_from("<I", information, 8)[0]
    algorithm, _, key_bits = struct.unpack_from("<III", information, 20)
    at = 12 + header_bytes
    salt_bytes = struct.unpack_from("<I", information, at)[0]
    salt = information[at + 4 : at + 4 + salt_bytes]
    verifier = information[at + 20 : at + 36]
    locked = information[at + 40 : at + 72]
    if algorithm not in (0x660E, 0x660F, 0x6610):
        raise OwnPassword("cipher")
    digest = _hash("SHA1")
    final = digest(_spun(digest, salt, 50000) + bytes(4))
    made = b"".join(
        digest(bytes(f ^ (final[n] if n < len(final) else 0) for n, f in enumerate(fill * 64)))
        for fill in (b"\x36", b"\x5c")
    )
    key = made[: key_bits // 8]
    if digest(_aes(key, verifier)) != _aes(key, locked)[:20]:
        raise OwnPassword("another password")
    return _aes(key, data)


def decrypt_records(stream: bytes) -> bytes:
    """Return the plain records of an .xls stream whose FilePass record the known password opens.

    Args:
        stream: the stream Workbook, its records sound.

    Raises:
        OwnPassword: when the known password does not open it.
    """
    records = list(_records(stream))
    body = next(
        (stream[at : at + size] for number, at, size in records if number == _FILE_PASS), b""
    )
    try:
        plain = bytearray(_rc4_stream(_rc4_key(body), stream))
    except (struct.error, ValueError) as error:
        raise OwnPassword(str(error)) from error
    for number, at, size in records:
        plain[at - 4 : at] = stream[at - 4 : at]
        kept = size if number in _PLAIN_RECORDS else 4 if number == _BOUND_SHEET else 0
        plain[at : at + kept] = stream[at : at + kept]
        if number == _FILE_PASS:
            struct.pack_into("<H", plain, at - 4, 0x005C)  # no password any more; a name, unread
    return bytes(plain)


def _records(stream: bytes) -> Iterator[tuple[int, int, int]]:
    at = 0
    while at + 4 <= len(stream):
        number, size = struct.unpack_from("<HH", stream, at)
        yield number, at + 4, min(size, len(stream) - at - 4)
        at += 4 + size


def _rc4_key(body: bytes) -> Callable[[int], bytes]:
    """The key of each block of a stream, once the password is known to be right."""
    kind, major, minor = struct.unpack_from("<HHH", body)
    if kind != 1:
        raise OwnPassword("XOR")
    if (major, minor) == (1, 1):
        salt, verifier, locked = (body[at : at + 16] for at in (6, 22, 38))
        digest = _hash("MD5")
        first = digest((digest(PASSWORD)[:5] + salt) * 16)[:5]

        def key(block: int) -> bytes:
            return digest(first + struct.pack("<I", block))

    elif minor == 2:
        header_bytes = struct.unpack_from("<I", body, 10)[0]
        algorithm, _, key_bits = struct.unpack_from("<III", body, 22)
        at = 14 + header_bytes
        salt, verifier, locked = (
            body[at + n : at + n + m] for n, m in ((4, 16), (20, 16), (40, 20))
        )
        if algorithm != 0x6801:
            raise OwnPassword("cipher")
        digest = _hash("SHA1")
        base, bits = digest(salt + PASSWORD), key_bits or 40

        def key(block: int) -> bytes:
            made = digest(base + struct.pack("<I", block))[: bits // 8]
            return made.ljust(16, b"\0") if bits == 40 else made

    else:
        raise OwnPassword("version")
    opened = _rc4(key(0), verifier + locked)
    if digest(opened[:16]) != opened[16:]:
        raise OwnPassword("another password")
    return key


def _rc4_stream(key: Callable[[int], bytes], data: bytes) -> bytes:
    step = _RC4_BLOCK_BYTES
    return b"".join(_rc4(key(at // step), data[at : at + step]) for at in range(0, len(data), step))


def _spun(digest: Callable[[bytes], bytes], salt: bytes, spins: int) -> bytes:
    found = digest(salt + PASSWORD)
    for n in range(spins):
        found = digest(n.to_bytes(4, "little") + found)
    return found


def _hash(name: str) -> Callable[[bytes], bytes]:
    maker = _HASHES[name]
    return lambda data: hashlib.new(maker, data, usedforsecurity=False).digest()


def _padded(data: bytes, size: int) -> bytes:
    return data[:size].ljust(size, b"\x36")


def _aes(key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    # [MS-OFFCRYPTO] 2.3.4.7 encrypts the verifier and the package of standard encryption in ECB
    mode: Any = modes.CBC(iv) if iv is not None else modes.ECB()  # noqa: S305 - the format's own
    decryptor = Cipher(algorithms.AES(key), mode).decryptor()
    return decryptor.update(data[: len(data) // 16 * 16]) + decryptor.finalize()


def _rc4(key: bytes, data: bytes) -> bytes:
    from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
    from cryptography.hazmat.primitives.ciphers import Cipher

    return Cipher(ARC4(key), None).decryptor().update(data)
