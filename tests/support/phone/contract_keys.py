"""The contract of keys: arithmetic against published and own vectors, and the device-bound secret."""

from __future__ import annotations

import msgspec

from mobile.store import keyfile
from mobile.store.keyfile import Wrap
from mobile.store.keyring import Keyring
from mobile.store.vault import decrypt_many_with, decrypt_with, encrypt_with
from shared.box import ESCROW, HANDOVER, Box
from shared.problems import ProblemError
from shared.wire import b64, unb64
from tests.support.phone.contract_kit import PIN, Kit, raises, refused

# the arithmetic of keys


async def stretching_is_that_of_rfc_7914(kit: Kit) -> None:
    found = await kit.ports.crypto.stretch(b"passwd", b"salt", 1)
    assert found.hex() == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"


async def deriving_is_that_of_rfc_5869(kit: Kit) -> None:
    salt, info = bytes(range(13)), bytes(range(0xF0, 0xFA))
    found = await kit.ports.crypto.derive(b"\x0b" * 22, salt, info)
    assert found.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"


async def deriving_takes_no_salt_too(kit: Kit) -> None:
    found = await kit.ports.crypto.derive(b"\x0b" * 22, b"", b"")
    assert found.hex() == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"


async def the_wrap_of_the_vectors_opens_with_its_pin_on_its_device(kit: Kit) -> None:
    for name, pin in (("wrap", kit.golden["pin"]), ("device_wrap", "")):
        wrap = msgspec.convert(kit.golden[name], Wrap)
        secret = await kit.given_secret(kit.vector("device_secret"))
        found = await keyfile.open_wrap(kit.ports.crypto, secret, wrap, pin)
        assert found == kit.vector("data_key")


async def the_wrap_of_the_vectors_opens_with_no_other_pin_or_device(kit: Kit) -> None:
    wrap = msgspec.convert(kit.golden["wrap"], Wrap)
    secret = await kit.given_secret(kit.vector("device_secret"))
    with raises(ValueError):
        await keyfile.open_wrap(kit.ports.crypto, secret, wrap, "000001")
    other = await kit.given_secret(bytes(32))
    with raises(ValueError):
        await keyfile.open_wrap(kit.ports.crypto, other, wrap, kit.golden["pin"])


async def the_cell_of_the_vectors_opens_in_its_place_only(kit: Kit) -> None:
    crypto, cell = kit.ports.crypto, kit.golden["cell"]
    key, sealed, aad = kit.vector("data_key"), unb64(cell["sealed"]), cell["aad"].encode()
    assert await decrypt_with(crypto, key, sealed, aad) == cell["plain"].encode()
    for wrong in (sealed[:-1] + bytes([sealed[-1] ^ 1]), b"\x02" + sealed[1:], b"", sealed[:14]):
        with refused("vault.cannot_open"):
            await decrypt_with(crypto, key, wrong, aad)
    with refused("vault.cannot_open"):
        await decrypt_with(crypto, key, sealed, b"fact|other|body")
    with refused("vault.cannot_open"):
        await decrypt_with(crypto, bytes(32), sealed, aad)


async def what_is_sealed_here_opens_here(kit: Kit) -> None:
    crypto, key = kit.ports.crypto, kit.vector("data_key")
    for data in (b"", b"x", bytes(range(256)) * 1200):
        sealed = await crypto.encrypt(key, b"n" * 12, data, b"a")
        assert len(sealed) == len(data) + 16
        assert await crypto.decrypt(key, b"n" * 12, sealed, b"a") == data


async def many_cells_open_in_one_call_each_in_its_place(kit: Kit) -> None:
    crypto, key = kit.ports.crypto, kit.vector("data_key")
    plain = [bytes([n % 256]) * (n % 40) for n in range(300)]
    cells = [
        (
            n.to_bytes(12),
            await crypto.encrypt(key, n.to_bytes(12), data, f"row {n}".encode()),
            f"row {n}".encode(),
        )
        for n, data in enumerate(plain)
    ]
    assert await crypto.decrypt_many(key, cells) == plain
    assert await crypto.decrypt_many(key, []) == []
    nonce, data, _ = cells[7]
    with raises(ValueError):
        await crypto.decrypt_many(key, [*cells[:7], (nonce, data, b"row 8"), *cells[8:]])


async def one_cell_that_does_not_open_is_named_among_many(kit: Kit) -> None:
    crypto, key = kit.ports.crypto, kit.vector("data_key")
    cells = [(await encrypt_with(crypto, key, b"x", f"r{n}".encode()), f"r{n}") for n in range(3)]
    given = [(cell, aad.encode()) for cell, aad in cells]
    assert await decrypt_many_with(crypto, key, given) == [b"x"] * 3
    for spoilt in (cells[1][0][:-1] + b"?", b"", b"\x02" + cells[1][0][1:]):
        named = ""
        try:
            await decrypt_many_with(crypto, key, [given[0], (spoilt, b"r1"), given[2]])
        except ProblemError as problem:
            named = f"{problem.code} {problem.values['what']}"
        assert named == "vault.cannot_open r1"


async def the_signature_of_the_vectors_holds_for_its_message_only(kit: Kit) -> None:
    crypto, public = kit.ports.crypto, kit.vector("signing", "public")
    message, signature = (
        kit.golden["signing"]["message"].encode(),
        kit.vector("signing", "signature"),
    )
    assert await crypto.verify(public, message, signature)
    assert not await crypto.verify(public, message + b".", signature)
    assert not await crypto.verify(public, message, signature[:-1])
    assert not await crypto.verify(public, message, bytes(64))
    assert not await crypto.verify(b"no key", message, signature)
    assert not await crypto.verify(public[:-1] + bytes([public[-1] ^ 1]), message, signature)


async def a_private_key_of_the_vectors_signs_here(kit: Kit) -> None:
    crypto, private = kit.ports.crypto, kit.vector("signing", "private")
    assert await crypto.public_point(private) == kit.vector("signing", "public")
    signature = await crypto.sign(private, b"message")
    assert len(signature) == 64
    assert await crypto.verify(kit.vector("signing", "public"), b"message", signature)


async def a_key_made_here_signs_and_agrees(kit: Kit) -> None:
    """The results are printed, and outside `cryptography` reads it once more."""
    crypto = kit.ports.crypto
    private = await crypto.new_private_key()
    public = await crypto.public_point(private)
    signature = await crypto.sign(private, b"made here")
    assert (len(public), public[:1], len(signature)) == (65, b"\x04", 64)
    assert await crypto.verify(public, b"made here", signature)
    assert private != await crypto.new_private_key()
    shared = await crypto.agree(private, kit.vector("box", "public"))
    assert shared == await crypto.agree(kit.vector("box", "private"), public)
    kit.measured["made"] = {
        "private": b64(private),
        "public": b64(public),
        "signature": b64(signature),
    }


async def what_is_no_key_is_a_value_error(kit: Kit) -> None:
    crypto, private, public = (
        kit.ports.crypto,
        kit.vector("box", "private"),
        kit.vector("box", "public"),
    )
    off_curve = public[:-1] + bytes([public[-1] ^ 1])
    for wrong in (off_curve, public[:33], b"", b"\x04" + bytes(64)):
        with raises(ValueError):
            await crypto.agree(private, wrong)
    for junk in (b"", b"junk", private[:-3]):
        with raises(ValueError):
            await crypto.public_point(junk)


async def the_box_of_the_vectors_opens_for_its_purpose_and_key_only(kit: Kit) -> None:
    crypto, private = kit.ports.crypto, kit.vector("box", "private")
    box = msgspec.convert(kit.golden["box"]["box"], Box)
    assert await keyfile.open_box(crypto, ESCROW, private, box) == kit.vector("data_key")
    with raises(ValueError):
        await keyfile.open_box(crypto, HANDOVER, private, box)
    with raises(ValueError):
        await keyfile.open_box(crypto, ESCROW, kit.vector("signing", "private"), box)


async def a_box_closed_here_opens_with_the_offices_key(kit: Kit) -> None:
    crypto = kit.ports.crypto
    box = await keyfile.close_box(crypto, ESCROW, kit.vector("box", "public"), b"data key")
    assert await keyfile.open_box(crypto, ESCROW, kit.vector("box", "private"), box) == b"data key"
    kit.measured["box"] = msgspec.to_builtins(box)


async def random_bytes_are_many_and_different(kit: Kit) -> None:
    found = {kit.ports.crypto.random(32) for _ in range(50)}
    assert len(found) == 50
    assert {len(one) for one in found} == {32}
    assert len(kit.ports.crypto.random(100_000)) == 100_000


# a new signing key


async def _ring(kit: Kit) -> Keyring:
    return await Keyring.load(kit.ports.crypto, kit.ports.secret, kit.ports.files)


async def a_new_key_waits_beside_the_first_until_the_database_names_it(kit: Kit) -> None:
    """As after a kill between the two: the next start signs with the key the database names."""
    ring, crypto = await _ring(kit), kit.ports.crypto
    assert ring.vault is not None
    first, cell = await ring.vault.public_key(), await ring.vault.encrypt(b"word", b"a")
    new = await ring.next_key()
    assert new == await ring.next_key() != first
    assert await crypto.verify(new, b"x", await ring.sign_next(b"x"))
    await ring.set_pin(PIN)
    for in_use, key in (("", first), (b64(first), first), (b64(new), new), (b64(new), new)):
        ring = await _ring(kit)
        assert await ring.unlock(PIN)
        await ring.finish_key_change(in_use)
        assert ring.vault is not None
        assert await ring.vault.public_key() == key
        assert await crypto.verify(key, b"x", await ring.vault.sign(b"x"))
        assert await ring.vault.decrypt(cell, b"a") == b"word"
    assert await ring.next_key() != new


# the device-bound secret


async def the_secret_says_of_what_kind_it_is(kit: Kit) -> None:
    assert kit.ports.secret.kind == kit.kind


async def a_secret_of_known_bytes_gives_the_vectors_mac(kit: Kit) -> None:
    secret = await kit.given_secret(kit.vector("device_secret"))
    assert await secret.mac(b"message") == kit.vector("mac")


async def a_secret_never_made_is_missing(kit: Kit) -> None:
    with refused("vault.secret_missing"):
        await kit.ports.secret.mac(b"message")


async def a_secret_stays_the_same_until_it_is_made_anew(kit: Kit) -> None:
    secret = kit.ports.secret
    await secret.make()
    first = await secret.mac(b"message")
    assert len(first) == 32
    assert first == await secret.mac(b"message")
    assert first != await secret.mac(b"other")
    await secret.make()
    assert first != await secret.mac(b"message")
