"""The server's signed receipts: a copy is deleted only with a receipt.

docs/protocol.md#outcomes-of-a-push says what a receipt lists.
"""

from __future__ import annotations

import msgspec

from mobile.ports.api import Vault
from mobile.store.meta import Enrolment
from mobile.sync.answers import fits
from shared.problems import ProblemError
from shared.wire import Receipt, ReceiptBody, ReceiptLine, unb64


async def checked(
    vault: Vault, enrolment: Enrolment, receipt: Receipt | None
) -> dict[str, ReceiptLine]:
    """Return a receipt's lines by sha256, after its signature and its device were checked.

    Raises:
        ProblemError: receipt.invalid.

    """
    if receipt is None:
        return {}
    try:
        data, sig, key = unb64(receipt.bytes), unb64(receipt.sig), unb64(enrolment.server_key)
        body = msgspec.json.decode(data, type=ReceiptBody)
    except (ValueError, RecursionError) as error:
        raise ProblemError("receipt.invalid") from error
    if not fits(body) or body.device != enrolment.device or not await vault.verify(key, data, sig):
        raise ProblemError("receipt.invalid")
    return {line.sha256: line for line in body.items}
