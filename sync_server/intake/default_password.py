"""Decrypt workbooks that are locked with the password every spreadsheet program knows.

A workbook that is only protected against changes is stored encrypted by some programs, with a fixed
password; they open it without asking, and so do we. Any other password is somebody's own.

Source: [MS-OFFCRYPTO] 2.4.2.3 names the password; msoffcrypto-tool knows the ways of encrypting.
"""

from __future__ import annotations

import io
import struct
from typing import Any

from sync_server.disk_errors import raise_if_system
from sync_server.intake import ole

DEFAULT = "VelvetSweatshop"
"""The password that every spreadsheet program tries by itself; it keeps nothing secret."""
MOST_SPINS = 1_000_000
"""Rounds of hashing a file may ask for: programs write 100,000, ten times that is an attack."""
_LEAST_BYTES = 4096
"""A shorter stream lies in the mini stream, where the library does not write."""


class OwnPassword(ValueError):
    """The password is another, or the way of encrypting is not known."""


def decrypt_package(data: bytes) -> bytes:
    """Return the zip inside an encrypted package.

    Args:
        data: the compound file around it, its chains sound.

    Raises:
        OwnPassword: when the known password does not open it.
    """
    return _decrypted(data, verify_password=True)


def decrypt_records(stream: bytes) -> bytes:
    """Return the plain records of an .xls stream, its FilePass record emptied.

    Args:
        stream: the stream Workbook (or Book).

    Raises:
        OwnPassword: when the known password does not open it.
    """
    # classes for .xls verify the password in any case, and insist on the name Workbook
    plain = _decrypted(ole.pack("Workbook", _whole_records(stream)))
    return ole.CompoundFile(plain).read("Workbook")


def _whole_records(stream: bytes) -> bytes:
    """Cut off what follows the last whole record, and fill up with an empty record."""
    at = 0
    while at + 4 <= len(stream):
        size_bytes = struct.unpack_from("<H", stream, at + 2)[0]
        if at + 4 + size_bytes > len(stream):
            break
        at += 4 + size_bytes
    empty_bytes = max(_LEAST_BYTES - at - 4, 0)
    return stream[:at] + struct.pack("<HH", 0, empty_bytes) + bytes(empty_bytes)


def _decrypted(data: bytes, **options: bool) -> bytes:
    import msoffcrypto

    opened = io.BytesIO()
    try:
        file: Any = msoffcrypto.OfficeFile(io.BytesIO(data))
        if getattr(file, "info", {}).get("spinValue", 0) > MOST_SPINS:
            raise OwnPassword("spins")
        file.load_key(password=DEFAULT, **options)
        file.decrypt(opened)
    except Exception as error:  # whatever a damaged file makes the library raise
        raise_if_system(error)
        raise OwnPassword(str(error)) from error
    return opened.getvalue()
