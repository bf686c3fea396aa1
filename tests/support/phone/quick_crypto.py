"""The phone's arithmetic with a PIN stretched for microseconds, not for a fifth of a second.

For tests whose subject is what a phone does with a right or wrong PIN. The real stretching is proved by
tests/support/phone/contract_keys.py and the vectors of tests/golden/at_rest.json.
"""

from __future__ import annotations

from mobile.ports.native_crypto import NativeCrypto


class QuickCrypto(NativeCrypto):
    """Another key than the real one's for the same PIN: a folder is opened by one of the two alone."""

    async def stretch(self, secret: bytes, salt: bytes, iterations: int) -> bytes:
        return await super().stretch(secret, salt, iterations // 1000)
