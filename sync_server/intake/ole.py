"""Read OLE compound files ("old Office"), and write a new one around one of their streams.

The spreadsheet reader trusts the sizes a compound file claims and allocates that much memory, so it
gets `pack`'s plain file around the one stream that was checked, as `package.repack` does for .xlsx.

Source: [MS-CFB] 2.2 (header), 2.3 (FAT), 2.4 (mini FAT), 2.6 (directory). Every chain is bounded by
the file's size, so a file that refers to itself does not loop for ever.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MINI_SECTOR_BYTES = 64
_PACKED_SECTOR_BYTES = 4096
_FREE, _END_OF_CHAIN, _IS_FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_LAST_SECTOR = 0xFFFFFFFA  # anything above is a mark (end, free, FAT), not a sector
_STREAM, _ROOT = 2, 5


class OleError(ValueError):
    """The bytes are not a compound file, or its chains are broken."""


class CompoundFile:
    """The streams of a compound file, by name."""

    def __init__(self, data: bytes) -> None:
        """Read tables and directory.

        Args:
            data: the file.

        Raises:
            OleError: when it is not a sound compound file.
        """
        if len(data) < 512 or not data.startswith(MAGIC):
            raise OleError("not a compound file")
        self._data = data
        self._sector_bytes = 1 << struct.unpack_from("<H", data, 30)[0]
        if self._sector_bytes not in (512, 4096):
            raise OleError("sector size")
        directory, cutoff, mini_first = struct.unpack_from("<I4xII", data, 48)
        self._mini_cutoff_bytes = cutoff
        self._fat = self._numbers(self._fat_sectors())
        self._mini_fat = self._numbers(self._chain(mini_first, self._fat))
        self._entries = self._directory(directory)

    @property
    def names(self) -> frozenset[str]:
        """The names of all streams, wherever they are in the tree."""
        return frozenset(name for name in self._entries if name)

    def read(self, name: str) -> bytes:
        """Return the bytes of one stream.

        Args:
            name: the stream's name.

        Raises:
            OleError: when there is none of that name, or its chain is broken.
        """
        if name not in self._entries:
            raise OleError(name)
        first, size = self._entries[name]
        if size < self._mini_cutoff_bytes:
            return self._mini(first)[:size]
        return self._join(self._chain(first, self._fat))[:size]

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._sector_bytes
        sector = self._data[start : start + self._sector_bytes]
        if not sector:
            raise OleError(f"sector {number} is beyond the end")
        return sector

    def _join(self, sectors: Sequence[int]) -> bytes:
        return b"".join(self._sector(number) for number in sectors)

    def _numbers(self, sectors: Sequence[int]) -> tuple[int, ...]:
        joined = self._join(sectors)
        return struct.unpack(f"<{len(joined) // 4}I", joined[: len(joined) // 4 * 4])

    def _chain(self, first: int, table: Sequence[int]) -> list[int]:
        chain: list[int] = []
        while first < _LAST_SECTOR:
            if first >= len(table) or len(chain) > len(table):
                raise OleError("a chain of sectors does not end")
            chain.append(first)
            first = table[first]
        return chain

    def _fat_sectors(self) -> list[int]:
        sectors = list(struct.unpack_from("<109I", self._data, 76))
        following, most = (
            struct.unpack_from("<I", self._data, 68)[0],
            len(self._data) // self._sector_bytes,
        )
        while following < _LAST_SECTOR:
            *more, following = self._numbers([following])
            sectors += more
            if len(sectors) > 109 + most:
                raise OleError("the list of tables does not end")
        return [number for number in sectors if number < _LAST_SECTOR]

    def _directory(self, first: int) -> dict[str, tuple[int, int]]:
        listing = self._join(self._chain(first, self._fat))
        entries: dict[str, tuple[int, int]] = {}
        for at in range(0, len(listing) - 127, 128):
            name_bytes, kind = struct.unpack_from("<HB", listing, at + 64)
            start, size = struct.unpack_from("<II", listing, at + 116)
            if kind == _ROOT:
                entries[""] = (start, size)
            elif kind == _STREAM:
                name = listing[at : at + max(min(name_bytes, 64) - 2, 0)].decode(
                    "utf-16-le", "replace"
                )
                entries.setdefault(name, (start, size))
        return entries

    def _mini(self, first: int) -> bytes:
        container = self._join(self._chain(self._entries.get("", (_LAST_SECTOR, 0))[0], self._fat))
        sectors = self._chain(first, self._mini_fat)
        return b"".join(
            container[n * MINI_SECTOR_BYTES : (n + 1) * MINI_SECTOR_BYTES] for n in sectors
        )


def pack(name: str, stream: bytes) -> bytes:
    """Write a compound file (version 4) that holds one stream.

    Args:
        name: the stream's name.
        stream: its bytes.

    Returns:
        The file.

    Raises:
        OleError: beyond 400 MB, which is what one header can list.
    """
    size = _PACKED_SECTOR_BYTES
    length = max(-(-len(stream) // size), 1)
    tables = -(-(length + 111) // (size // 4))
    if tables > 109:
        raise OleError("too large to pack")
    # after the tables come the directory and one sector of mini stream, which readers insist on
    first = tables + 2
    chain = [*range(first + 1, first + length), _END_OF_CHAIN]
    fat = [_IS_FAT] * tables + [_END_OF_CHAIN, _END_OF_CHAIN, *chain]
    fat += [_FREE] * (tables * size // 4 - len(fat))
    listed = [*range(tables), *[_FREE] * (109 - tables)]
    header = MAGIC + struct.pack("<16x5H6x", 0x3E, 4, 0xFFFE, 12, 6)
    header += struct.pack("<9I", 1, tables, tables, 0, size, _END_OF_CHAIN, 0, _END_OF_CHAIN, 0)
    header += struct.pack("<109I", *listed)
    root = _entry("Root Entry", _ROOT, first - 1, MINI_SECTOR_BYTES, child=1)
    directory = root + _entry(name, _STREAM, first, max(len(stream), size))
    blocks = (header, struct.pack(f"<{len(fat)}I", *fat), directory, b"", stream)
    lengths = (1, tables, 1, 1, length)
    return b"".join(
        block.ljust(count * size, b"\0") for block, count in zip(blocks, lengths, strict=True)
    )


def _entry(name: str, kind: int, start: int, size_bytes: int, child: int = _FREE) -> bytes:
    encoded = name.encode("utf-16-le")
    front = encoded.ljust(64, b"\0") + struct.pack(
        "<HBB3I", len(encoded) + 2, kind, 1, _FREE, _FREE, child
    )
    return front + bytes(36) + struct.pack("<IQ", start, size_bytes)
