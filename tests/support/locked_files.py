"""Files locked with a password, as spreadsheet programs write them."""

from __future__ import annotations

import hashlib
import io
import struct
from pathlib import Path

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from msoffcrypto.format.ooxml import OOXMLFile

from sync_server.intake import ole

SALT = bytes(range(16))
KNOWN = "VelvetSweatshop"


def compound(path: Path, streams: dict[str, bytes]) -> Path:
    """A compound file (version 3) with a few streams of more than 4,096 bytes each."""
    size, names = 512, list(streams)
    lengths = [-(-len(streams[name]) // size) for name in names]
    tables = -(-(sum(lengths) + 3) // 127)
    directory = tables
    starts, at = [], tables + 1
    for length in lengths:
        starts.append(at)
        at += length
    fat = [0xFFFFFFFD] * tables + [0xFFFFFFFE]
    for start, length in zip(starts, lengths, strict=True):
        fat += [*range(start + 1, start + length), 0xFFFFFFFE]
    fat += [0xFFFFFFFF] * (tables * 128 - len(fat))
    header = ole.MAGIC + struct.pack("<16x5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9I", 0, tables, directory, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", *range(tables), *[0xFFFFFFFF] * (109 - tables))

    def entry(name: str, kind: int, right: int, child: int, start: int, length: int) -> bytes:
        text = name.encode("utf-16-le")
        front = text.ljust(64, b"\0") + struct.pack(
            "<HBB3I", len(text) + 2, kind, 1, 0xFFFFFFFF, right, child
        )
        return front + bytes(36) + struct.pack("<IQ", start, length)

    listing = entry("Root Entry", 5, 0xFFFFFFFF, 1, 0xFFFFFFFE, 0)
    for n, name in enumerate(names):
        right = n + 2 if n + 1 < len(names) else 0xFFFFFFFF
        listing += entry(name, 2, right, 0xFFFFFFFF, starts[n], len(streams[name]))
    blocks = [header, struct.pack(f"<{len(fat)}I", *fat), listing.ljust(size, b"\0")]
    blocks += [
        streams[name].ljust(length * size, b"\0")
        for name, length in zip(names, lengths, strict=True)
    ]
    path.write_bytes(b"".join(blocks))
    return path


def agile(path: Path, package: bytes, password: str = KNOWN) -> Path:
    """An .xlsx encrypted as programs do today ([MS-OFFCRYPTO] 2.3.4.10)."""
    encrypted = io.BytesIO()
    OOXMLFile(io.BytesIO(package)).encrypt(password, encrypted)
    path.write_bytes(encrypted.getvalue())
    return path


def standard(path: Path, package: bytes, password: str = KNOWN) -> Path:
    """An .xlsx encrypted as programs of 2007 do ([MS-OFFCRYPTO] 2.3.4.5)."""
    found = _sha1(SALT + password.encode("utf-16-le"))
    for n in range(50000):
        found = _sha1(struct.pack("<I", n) + found)
    final = _sha1(found + bytes(4)).ljust(64, b"\0")
    key = _sha1(bytes(a ^ 0x36 for a in final))[:16]
    verifier = bytes(range(16, 32))
    header = struct.pack("<8I", 0x24, 0, 0x660E, 0x8004, 128, 24, 0, 0) + "AES\0".encode(
        "utf-16-le"
    )
    information = struct.pack("<HHII", 3, 2, 0x24, len(header)) + header
    information += struct.pack("<I", 16) + SALT + _ecb(key, verifier)
    information += struct.pack("<I", 20) + _ecb(key, _sha1(verifier).ljust(32, b"\0"))
    whole = package.ljust(-(-len(package) // 16) * 16, b"\0")
    content = struct.pack("<Q", len(package)) + _ecb(key, whole)
    streams = {"EncryptionInfo": information.ljust(4200, b"\0")}
    return compound(path, {**streams, "EncryptedPackage": content.ljust(4200, b"\0")})


def rc4(path: Path, stream: bytes, password: str = KNOWN) -> Path:
    """An .xls whose records are encrypted as programs of 1997 do ([MS-OFFCRYPTO] 2.3.6)."""
    known = _md5(password.encode("utf-16-le"))[:5]
    first = _md5((known + SALT) * 16)[:5]
    key = [_md5(first + struct.pack("<I", n)) for n in range(len(stream) // 1024 + 2)]
    verifier = bytes(range(16, 32))
    locked = _rc4(key[0], verifier + _md5(verifier))
    return _records(path, stream, key, struct.pack("<HHH", 1, 1, 1) + SALT + locked)


def rc4_of_2003(path: Path, stream: bytes, password: str = KNOWN) -> Path:
    """An .xls whose records are encrypted as later programs do ([MS-OFFCRYPTO] 2.3.5)."""
    base = _sha1(SALT + password.encode("utf-16-le"))
    key = [_sha1(base + struct.pack("<I", n))[:16] for n in range(len(stream) // 1024 + 2)]
    verifier = bytes(range(16, 32))
    locked = _rc4(key[0], verifier + _sha1(verifier))
    header = struct.pack("<8I", 4, 0, 0x6801, 0x8004, 128, 1, 0, 0) + "RC4\0".encode("utf-16-le")
    body = struct.pack("<HHHII", 1, 3, 2, 4, len(header)) + header + struct.pack("<I", 16) + SALT
    return _records(path, stream, key, body + locked[:16] + struct.pack("<I", 20) + locked[16:])


def _records(path: Path, stream: bytes, key: list[bytes], body: bytes) -> Path:
    bof = 4 + struct.unpack_from("<H", stream, 2)[0]
    extra = struct.pack("<HH", 0x2F, len(body)) + body
    whole = bytearray(stream[:bof] + extra + stream[bof:])
    hidden = b"".join(
        _rc4(key[at // 1024], bytes(whole[at : at + 1024])) for at in range(0, len(whole), 1024)
    )
    at = 0
    while at + 4 <= len(whole):
        number, size = struct.unpack_from("<HH", whole, at)
        start = at + 4
        if number == 0x85:
            struct.pack_into(
                "<I", whole, start, struct.unpack_from("<I", whole, start)[0] + len(extra)
            )
            whole[start + 4 : start + size] = hidden[start + 4 : start + size]
        elif number not in (0x0809, 0x2F, 0xE1):
            whole[start : start + size] = hidden[start : start + size]
        at = start + size
    path.write_bytes(ole.pack("Workbook", bytes(whole)))
    return path


def _rc4(key: bytes, data: bytes) -> bytes:
    return Cipher(ARC4(key), None).encryptor().update(data)


def _ecb(key: bytes, data: bytes) -> bytes:
    """Each block for itself, as the format wants it."""
    blocks = (data[at : at + 16] for at in range(0, len(data), 16))
    return b"".join(_block(key, block) for block in blocks)


def _block(key: bytes, block: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    return encryptor.update(block) + encryptor.finalize()


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()
