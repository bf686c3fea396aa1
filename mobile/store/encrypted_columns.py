"""Encrypted columns: structs as JSON bytes, each cell bound to its table, row and column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from mobile.ports.api import Vault

T = TypeVar("T")


def aad(table: str, row_id: str, column: str = "body") -> bytes:
    """Return what a cell is bound to: moved to another row or column it cannot be decrypted."""
    return f"{table}|{row_id}|{column}".encode()


async def encrypt(
    vault: Vault, table: str, row_id: str, value: object, column: str = "body"
) -> bytes:
    """Return a value as encrypted JSON bytes."""
    return await vault.encrypt(msgspec.json.encode(value), aad(table, row_id, column))


async def decrypt(
    vault: Vault, table: str, row_id: str, cell: bytes, shape: type[T], column: str = "body"
) -> T:
    """Return the value of a cell.

    Raises:
        ProblemError: vault.cannot_open.

    """
    return msgspec.json.decode(await vault.decrypt(cell, aad(table, row_id, column)), type=shape)


async def decrypt_column(
    vault: Vault, table: str, cells: Sequence[tuple[str, bytes]], column: str = "body"
) -> list[bytes]:
    """Return the bytes of many cells of a column, each (row id, cell), in their order.

    Raises:
        ProblemError: vault.cannot_open.

    """
    return await vault.decrypt_many([(cell, aad(table, row, column)) for row, cell in cells])
