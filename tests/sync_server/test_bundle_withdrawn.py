"""An unpacked bundle is held against the list of withdrawn certificates."""

from __future__ import annotations

import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sync_server.sealing import certificates, withdrawn
from sync_server.sealing.checking.folder import check_folder
from sync_server.sealing.withdrawn import Entry, Reason
from tests.support.bundles import County, county
from tests.support.seal_samples import COUNTY, NOW, PASSPHRASE


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> County:
    return county(tmp_path_factory.mktemp("sealed"))


@pytest.fixture
def unpacked(sealed: County, tmp_path: Path) -> Path:
    made = sealed.pack("province", tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as file:
        file.extractall(tmp_path)
    return tmp_path / made.name


def withdrawn_since(sealed: County, code: str, since: datetime, reason: Reason) -> bytes:
    """The county's list with the certificate of one unit."""
    one = certificates.load_certificate(sealed.keys_dir / f"{code}.pem")
    entry = Entry(serial=one.serial_number, since=since, listed_at=since, reason=reason)
    authority = certificates.load_certificate(sealed.keys_dir / "county.pem")
    key = certificates.load_key(sealed.keys_dir / "county.key", PASSPHRASE)
    return withdrawn.sign([entry], 2, authority, key, since)


def test_a_newer_list_is_held_against_every_sealed_file_of_a_folder(
    unpacked: Path, sealed: County
) -> None:
    hour, code = timedelta(hours=1), sealed.schools[0].summary.unit.code

    def found(code: str, since: datetime) -> set[str]:
        crl = withdrawn_since(sealed, code, since, "stolen")
        verdict = check_folder(unpacked, sealed.root, crl)
        return {one.code for file in verdict.files for one in file.problems}

    assert found(code, NOW - hour) == {"verify.withdrawn"}
    assert found(code, NOW + hour) == set(), "the county's report counts it, so it was there"
    assert found(COUNTY[0], NOW + hour) == {"verify.withdrawn_unproved"}


def test_a_folder_without_a_list_is_noted(unpacked: Path, sealed: County) -> None:
    verdict = check_folder(unpacked, sealed.root)
    assert verdict.ok
    assert "verify.list_missing" in [one.code for one in verdict.notes]
