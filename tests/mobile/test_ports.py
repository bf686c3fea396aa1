"""The native ports: keys, clock, disk, positions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile.capture.position import distance_m
from mobile.ports.clock import SystemClock
from mobile.ports.disk import FolderDisk
from mobile.ports.flet_device import DECIMALS, rounded
from shared.problems import ProblemError
from shared.records.base import Position
from shared.season import CST
from tests.mobile.conftest import vault_in

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)


# keys


async def test_keys_are_made_once_and_found_again(tmp_path: Path) -> None:
    first = await vault_in(tmp_path)
    cell = await first.encrypt(b"word", b"a")
    again = await vault_in(tmp_path)
    assert await again.public_key() == await first.public_key()
    assert await again.decrypt(cell, b"a") == b"word"


async def test_the_same_word_is_encrypted_differently_each_time(tmp_path: Path) -> None:
    vault = await vault_in(tmp_path)
    assert await vault.encrypt(b"word", b"a") != await vault.encrypt(b"word", b"a")


async def test_a_signature_holds_for_its_message_and_key_only(tmp_path: Path) -> None:
    vault, other = await vault_in(tmp_path / "a"), await vault_in(tmp_path / "b")
    key, signature = await vault.public_key(), await vault.sign(b"message")
    assert (len(key), len(signature)) == (65, 64)
    assert await vault.verify(key, b"message", signature)
    assert not await vault.verify(key, b"massage", signature)
    assert not await vault.verify(await other.public_key(), b"message", signature)
    assert not await vault.verify(key, b"message", signature[:-1])
    assert not await vault.verify(b"no key", b"message", signature)


# clock


def test_the_clock_gives_china_time() -> None:
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(hours=8)
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_demonstration_clock_starts_at_the_given_moment_and_is_marked() -> None:
    clock = SystemClock("2019-12-12T10:00+08:00")
    assert clock.demo
    assert not SystemClock().demo
    assert (
        timedelta(0) <= clock.now() - datetime(2019, 12, 12, 10, tzinfo=CST) < timedelta(seconds=5)
    )


# disk


async def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    disk = FolderDisk(tmp_path / "photos")
    await disk.write("a", b"one")
    await disk.write("a", b"two")
    assert await disk.read("a") == b"two"
    assert [p.name for p in (tmp_path / "photos").iterdir()] == ["a"]
    await disk.remove("a")
    await disk.remove("a")
    assert await disk.read("a") is None


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="only Linux has a device that is always full"
)
async def test_a_full_disk_is_named_and_the_old_file_stays(tmp_path: Path) -> None:
    disk = FolderDisk(tmp_path)
    await disk.write("a", b"old")
    (tmp_path / "a.part").symlink_to("/dev/full")
    with pytest.raises(ProblemError) as refused:
        await disk.write("a", b"new")
    assert refused.value.code == "disk.full"
    assert await disk.read("a") == b"old"
    assert not (tmp_path / "a.part").is_symlink()


def test_free_space_is_reported(tmp_path: Path) -> None:
    assert FolderDisk(tmp_path).free_bytes() > 0


# positions


@given(LATITUDES, LONGITUDES, st.none() | st.floats(0, 1e5))
def test_a_position_is_kept_to_three_decimals(
    latitude: float, longitude: float, accuracy: float | None
) -> None:
    kept = rounded(latitude, longitude, accuracy)
    assert kept.latitude_deg == round(kept.latitude_deg, DECIMALS)
    assert abs(kept.latitude_deg - latitude) <= 0.0005 + 1e-9
    assert abs(kept.longitude_deg - longitude) <= 0.0005 + 1e-9
    assert kept.crs == "WGS84"


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_a_distance_is_the_same_in_both_directions(a: float, b: float, c: float, d: float) -> None:
    here, there = (
        Position(latitude_deg=a, longitude_deg=b),
        Position(latitude_deg=c, longitude_deg=d),
    )
    assert distance_m(here, there) == pytest.approx(distance_m(there, here), abs=1)
    assert distance_m(here, here) == 0


def test_a_thousandth_of_a_degree_north_is_about_a_hundred_metres() -> None:
    here = Position(latitude_deg=34.9, longitude_deg=109.5)
    there = Position(latitude_deg=34.901, longitude_deg=109.5)
    assert distance_m(here, there) == pytest.approx(111, rel=0.01)
