"""The contract of the ports on a device with a file system: with a keystore, and headless with a file for the secret."""

from __future__ import annotations

import base64
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from mobile.bootstrap.native import native_ports
from mobile.ports.api import DeviceSecret
from mobile.ports.browser.grey import halved, sharpness
from mobile.ports.device_secret import ENTRY, FILE, FileSecret, KeystoreSecret
from mobile.ports.disk import FolderDisk
from mobile.ports.jpeg import bare, fitted, size_of
from mobile.ports.pillow_codec import LONGEST_SIDE_PX, PillowCodec
from mobile.ports.pillow_codec import sharpness as pillow_sharpness
from tests.support.phone.contract_kit import Kit
from tests.support.phone.ports_contract import CONTRACT, RESTART
from tests.support.ports_site import GOLDEN, Pictures, PortsSite, corners


class Keystore:
    """A system's keystore, as the app sees it; it outlives the app."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self.kept.get(key)

    async def set(self, key: str, value: str) -> None:
        self.kept[key] = value


class Device:
    """A place where the app is started again and again."""

    def __init__(self, folder: Path, kind: str, pictures: Pictures, server: str) -> None:
        self._folder = folder
        self._kind = kind
        self._pictures = pictures
        self._server = server
        self._keystore = Keystore()

    def start(self) -> Kit:
        own = KeystoreSecret(self._keystore) if self._kind == "keystore" else None
        return Kit(
            ports=native_ports(self._folder / "app", "", own),
            kind=self._kind,
            given_secret=self._given,
            corners=self._corners,
            picture=self._picture,
            expected=self._pictures.expected,
            golden=json.loads(GOLDEN.read_bytes()),
            server=self._server,
        )

    async def _given(self, secret: bytes) -> DeviceSecret:
        if self._kind == "keystore":
            await self._keystore.set(ENTRY, base64.b64encode(secret).decode())
            return KeystoreSecret(self._keystore)
        disk = FolderDisk(self._folder / "given")
        await disk.write(FILE, secret)
        return FileSecret(disk)

    async def _corners(self, jpeg: bytes) -> str:
        return corners(jpeg)

    async def _picture(self, name: str) -> bytes:
        return self._pictures.files[name]


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    return Pictures()


@pytest.fixture(scope="module")
def server(pictures: Pictures) -> Iterator[str]:
    with PortsSite(pictures).serving() as site:
        yield site.url


@pytest.fixture(params=("keystore", "file"), ids=("native", "headless"))
def device(
    request: pytest.FixtureRequest, tmp_path: Path, pictures: Pictures, server: str
) -> Device:
    return Device(tmp_path, request.param, pictures, server)


@pytest.mark.parametrize("name", CONTRACT)
async def test_every_port_passes_its_contract(name: str, device: Device) -> None:
    await CONTRACT[name](device.start())


async def test_work_survives_a_restart(device: Device) -> None:
    for step in RESTART:
        await step(device.start())


# the browser's pure parts, against Pillow itself


@pytest.mark.parametrize(
    "name", ["phone-12mp", "blurred-12mp", "small", "wide", "tiny", "turned-1"]
)
def test_the_browsers_measure_of_sharpness_is_pillows_to_the_last_bit(
    name: str, pictures: Pictures
) -> None:
    with Image.open(io.BytesIO(pictures.jpegs[name])) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX))
    found = sharpness(picture.convert("RGBA").tobytes(), *picture.size)
    assert found == pytest.approx(pillow_sharpness(picture), rel=1e-9)


def test_values_beyond_a_byte_are_cut_off_as_pillow_does() -> None:
    rng = random.Random(7)
    picture = Image.frombytes("RGB", (1300, 900), rng.randbytes(1300 * 900 * 3)).filter(
        ImageFilter.SHARPEN
    )
    found = sharpness(picture.convert("RGBA").tobytes(), *picture.size)
    assert found == pytest.approx(pillow_sharpness(picture), rel=1e-9)


@pytest.mark.parametrize(
    "size", [(1600, 1200), (1200, 1600), (1600, 1066), (1600, 1067), (1600, 2)]
)
def test_a_photo_twice_as_large_is_halved_alike_by_both(size: tuple[int, int]) -> None:
    picture = Image.frombytes("RGB", size, random.Random(8).randbytes(size[0] * size[1] * 3))
    found = sharpness(picture.convert("RGBA").tobytes(), *size)
    assert found == pytest.approx(pillow_sharpness(picture), rel=1e-9)


@given(rows=st.integers(1, 9), columns=st.integers(1, 9), data=st.data())
def test_halving_is_pillows(rows: int, columns: int, data: st.DataObject) -> None:
    grey = data.draw(st.binary(min_size=4 * rows * columns, max_size=4 * rows * columns))
    theirs = Image.frombytes("L", (2 * columns, 2 * rows), grey).reduce(2)
    assert halved(grey, 2 * columns) == theirs.tobytes()


def test_a_picture_too_small_to_judge_is_not_sharp() -> None:
    assert sharpness(bytes(4 * 2 * 9), 2, 9) == 0.0


def test_a_bare_jpeg_shows_the_same_picture(pictures: Pictures) -> None:
    jpeg = pictures.jpegs["turned-6"]
    stripped = bare(jpeg)
    assert b"secret" not in stripped
    with Image.open(io.BytesIO(jpeg)) as before, Image.open(io.BytesIO(stripped)) as after:
        assert not after.getexif()
        assert after.tobytes() == before.tobytes()


async def test_every_size_is_fitted_as_pillow_fits_it() -> None:
    rng = random.Random(11)
    sizes = [(rng.randint(1, 5200), rng.randint(1, 5200)) for _ in range(40)]
    for size in [
        *sizes,
        (1600, 1600),
        (1601, 1),
        (1, 1601),
        (3199, 2399),
        (3200, 2400),
        (6400, 4801),
    ]:
        jpeg = _plain(size)
        assert size_of(jpeg) == size
        made = await PillowCodec().fit(jpeg)
        assert fitted(*size) == (made.width_px, made.height_px), size


def _plain(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("L", size, 200).save(out, "JPEG")
    return out.getvalue()
