"""The key file and its ring: what opens it, what does not, and that no kill or mistake loses the data key."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobile.ports.device_secret import FILE, FileSecret, KeystoreSecret
from mobile.ports.disk import FolderDisk
from mobile.ports.native_crypto import NativeCrypto
from mobile.store import keyfile
from mobile.store.keyring import Keyring
from shared.box import ESCROW, RECOVERY, Box, escrow_of
from shared.problems import ProblemError
from shared.wire import b64, unb64

PIN = "280415"
CRYPTO = NativeCrypto()


async def ring_in(directory: Path) -> Keyring:
    files = FolderDisk(directory)
    return await Keyring.load(CRYPTO, FileSecret(files), files)


async def with_pin(directory: Path) -> tuple[Keyring, bytes]:
    """A ring with a PIN and a cell encrypted under it."""
    ring = await ring_in(directory)
    await ring.set_pin(PIN)
    assert ring.vault is not None
    return ring, await ring.vault.encrypt(b"word", b"a")


async def test_without_a_pin_the_keys_open_by_themselves(tmp_path: Path) -> None:
    assert (await ring_in(tmp_path)).vault is not None
    assert (await ring_in(tmp_path)).vault is not None


async def test_with_a_pin_they_open_only_by_it(tmp_path: Path) -> None:
    _, cell = await with_pin(tmp_path)
    again = await ring_in(tmp_path)
    assert again.vault is None
    assert not await again.unlock("280416")
    assert again.vault is None
    assert await again.unlock(PIN)
    assert again.vault is not None
    assert await again.vault.decrypt(cell, b"a") == b"word"


async def test_the_device_keeps_its_name_whatever_becomes_of_the_pin(tmp_path: Path) -> None:
    ring = await ring_in(tmp_path)
    assert ring.vault is not None
    before = await ring.vault.public_key()
    await ring.set_pin(PIN)
    await ring.set_pin("730519")
    again = await ring_in(tmp_path)
    assert await again.unlock("730519")
    assert again.vault is not None
    assert await again.vault.public_key() == before


async def test_after_a_change_the_old_pin_opens_nothing(tmp_path: Path) -> None:
    ring, _ = await with_pin(tmp_path)
    await ring.set_pin("730519")
    assert not await (await ring_in(tmp_path)).unlock(PIN)


async def test_a_copied_folder_does_not_open_without_the_devices_secret(tmp_path: Path) -> None:
    """The PIN alone is six digits: bound to the device, a stolen copy cannot be guessed at home."""
    await with_pin(tmp_path)
    (tmp_path / FILE).unlink()
    with pytest.raises(ProblemError) as missing:
        await (await ring_in(tmp_path)).unlock(PIN)
    assert missing.value.code == "vault.secret_missing"
    (tmp_path / FILE).write_bytes(bytes(32))
    assert not await (await ring_in(tmp_path)).unlock(PIN)


async def test_the_key_file_holds_nothing_that_opens_without_the_pin(tmp_path: Path) -> None:
    ring, _ = await with_pin(tmp_path)
    data = (tmp_path / keyfile.NAME).read_bytes()
    assert ring._data_key is not None
    assert b64(ring._data_key).encode() not in data
    assert keyfile.read(data).wrap.kind == keyfile.PIN


@pytest.mark.parametrize("name", [keyfile.NAME, FILE])
async def test_only_the_app_may_read_its_keys(tmp_path: Path, name: str) -> None:
    await with_pin(tmp_path)
    assert (tmp_path / name).stat().st_mode & 0o077 == 0


async def test_a_lock_forgets_the_keys(tmp_path: Path) -> None:
    ring, _ = await with_pin(tmp_path)
    ring.lock()
    assert ring.vault is None
    with pytest.raises(ProblemError) as locked:
        await ring.set_pin("730519")
    assert locked.value.code == "vault.locked"


async def test_locked_keys_make_no_key_for_a_new_chain_and_sign_with_none(tmp_path: Path) -> None:
    ring, _ = await with_pin(tmp_path)
    ring.lock()
    before = (tmp_path / keyfile.NAME).read_bytes()
    with pytest.raises(ProblemError, match=r"vault\.locked"):
        await ring.next_key()
    assert (tmp_path / keyfile.NAME).read_bytes() == before
    assert await ring.unlock(PIN)
    await ring.next_key()
    ring.lock()
    for locked in (ring.sign_next(b"link"), ring.use_next()):
        with pytest.raises(ProblemError, match=r"vault\.locked"):
            await locked


async def test_locked_keys_encrypt_nothing_for_the_office(tmp_path: Path) -> None:
    ring, _ = await with_pin(tmp_path)
    ring.lock()
    before = (tmp_path / keyfile.NAME).read_bytes()
    point = await CRYPTO.public_point(await CRYPTO.new_private_key())
    with pytest.raises(ProblemError) as locked:
        await ring.escrow_data_key(url="https://school.example", device="d1", server_key=point)
    assert locked.value.code == "vault.locked"
    assert (tmp_path / keyfile.NAME).read_bytes() == before


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(max_examples=60, deadline=None)
async def test_a_changed_bit_in_the_key_file_never_opens_to_another_key(
    tmp_path_factory: pytest.TempPathFactory, at: int, bit: int
) -> None:
    directory = tmp_path_factory.mktemp("keys")
    ring = await ring_in(directory)
    assert ring.vault is not None
    path = directory / keyfile.NAME
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1 << bit
    path.write_bytes(data)
    try:
        vault = (await ring_in(directory)).vault
    except (ProblemError, ValueError):
        return
    assert vault is not None
    assert await vault.decrypt(await ring.vault.encrypt(b"word", b"a"), b"a") == b"word"


async def test_the_office_decrypts_what_was_encrypted_for_it(tmp_path: Path) -> None:
    office = await CRYPTO.new_private_key()
    ring, cell = await with_pin(tmp_path)
    await ring.escrow_data_key(
        url="https://office", device="d1", server_key=await CRYPTO.public_point(office)
    )
    again = await ring_in(tmp_path)
    assert again.office is not None
    data_key = await keyfile.open_box(CRYPTO, escrow_of("d1"), office, again.office.box)
    await again.restore(data_key, "730519")
    assert again.vault is not None
    assert await again.vault.decrypt(cell, b"a") == b"word"
    assert await (await ring_in(tmp_path)).unlock("730519")


async def test_another_phones_key_is_refused(tmp_path: Path) -> None:
    await with_pin(tmp_path)
    again = await ring_in(tmp_path)
    with pytest.raises(ProblemError) as refused:
        await again.restore(bytes(32), "730519")
    assert refused.value.code == "vault.cannot_open"
    assert await (await ring_in(tmp_path)).unlock(PIN)


async def test_a_box_opens_only_for_its_holder_and_its_purpose() -> None:
    mine, other = await CRYPTO.new_private_key(), await CRYPTO.new_private_key()
    box = await keyfile.close_box(CRYPTO, ESCROW, await CRYPTO.public_point(mine), b"word")
    assert await keyfile.open_box(CRYPTO, ESCROW, mine, box) == b"word"
    torn = Box(point=box.point, sealed=b64(unb64(box.sealed)[:-1]))
    for purpose, key, given_box in (
        (ESCROW, other, box),
        (RECOVERY, mine, box),
        (ESCROW, mine, torn),
    ):
        with pytest.raises(ValueError):
            await keyfile.open_box(CRYPTO, purpose, key, given_box)


class Drawer:
    """A keystore that holds what it is given, or fails as one may after a restart."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.fails = False

    async def get(self, key: str) -> str | None:
        if self.fails:
            raise RuntimeError("keystore not ready")
        return self.kept.get(key)

    async def set(self, key: str, value: str) -> None:
        self.kept[key] = value


async def test_a_keystore_that_fails_once_loses_nothing(tmp_path: Path) -> None:
    drawer, files = Drawer(), FolderDisk(tmp_path)
    ring = await Keyring.load(CRYPTO, KeystoreSecret(drawer), files)
    await ring.set_pin(PIN)
    again = await Keyring.load(CRYPTO, KeystoreSecret(drawer), files)
    drawer.fails = True
    with pytest.raises(ProblemError) as missing:
        await again.unlock(PIN)
    assert missing.value.code == "vault.secret_missing"
    drawer.fails = False
    assert await again.unlock(PIN)


async def test_a_key_file_of_an_earlier_version_has_no_next_key(tmp_path: Path) -> None:
    await ring_in(tmp_path)
    file = tmp_path / keyfile.NAME
    keys = msgspec.json.decode(file.read_bytes())
    del keys["next"]
    file.write_bytes(msgspec.json.encode(keys))
    ring = await ring_in(tmp_path)
    assert ring.vault is not None
    assert await ring.vault.public_key() == unb64(keys["public"])
    assert await ring.next_key() != unb64(keys["public"])


async def test_a_dropped_next_key_is_made_anew_and_one_in_use_is_not_dropped(
    tmp_path: Path,
) -> None:
    ring = await ring_in(tmp_path)
    first = await ring.next_key()
    await ring.drop_next()
    second = await ring.next_key()
    assert first != second
    (await ring.use_next())()
    await ring.drop_next()
    await ring.keep_next()
    assert ring.vault is not None
    assert await ring.vault.public_key() == second
    again = await ring_in(tmp_path)
    assert again.vault is not None
    assert await again.vault.public_key() == second


async def test_a_full_disk_leaves_both_keys_and_the_next_start_finishes(tmp_path: Path) -> None:
    ring = await ring_in(tmp_path)
    new = await ring.next_key()
    (await ring.use_next())()
    ring._disk = FullDisk(tmp_path)
    with pytest.raises(ProblemError, match="disk"):
        await ring.keep_next()
    assert ring.vault is not None
    assert await ring.vault.public_key() == new
    again = await ring_in(tmp_path)
    await again.finish_key_change(b64(new))
    assert again.vault is not None
    assert await again.vault.public_key() == new


async def test_two_changes_of_the_key_file_at_once_are_both_kept(tmp_path: Path) -> None:
    ring = await ring_in(tmp_path)
    new, _ = await asyncio.gather(ring.next_key(), ring.set_pin(PIN))
    again = await ring_in(tmp_path)
    assert again.has_pin
    assert await again.unlock(PIN)
    assert await again.next_key() == new


class FullDisk(FolderDisk):
    async def write(self, name: str, data: bytes) -> None:
        raise ProblemError("disk.full")
