"""What a phone signs to prove that it holds a key: fixed bytes, each for one purpose, code and key only."""

from __future__ import annotations

import hashlib

from shared import possession
from shared.digest import GENESIS, link

KEY = b"\x04" + bytes(range(64))


def test_the_bytes_are_those_the_protocol_names() -> None:
    hashed = hashlib.sha256(b"12345678" + KEY).digest()
    assert possession.enrolling("12345678", KEY) == b"doorstep/1/enrol" + hashed
    assert possession.renewing("12345678", KEY) == b"doorstep/1/renew" + hashed


def test_no_proof_is_one_for_another_code_key_or_purpose_or_a_link_of_a_chain() -> None:
    other = b"\x04" + bytes(64)
    made = {
        possession.enrolling("12345678", KEY),
        possession.enrolling("12345679", KEY),
        possession.enrolling("12345678", other),
        possession.renewing("12345678", KEY),
    }
    assert len(made) == 4
    assert {len(message) for message in made} == {48}
    assert len(link(GENESIS, "0" * 64)) == 32
