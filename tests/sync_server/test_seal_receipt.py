"""The county's receipt for a sealed file: signed, chained to the pinned root, refused when anything
differs.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sync_server.sealing import certificates
from sync_server.sealing.receipt import countersign, read_receipt
from tests.support.seal_samples import COUNTY, NOW, PASSPHRASE, keys


@pytest.fixture(scope="module")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keys(tmp_path_factory.mktemp("receipt") / "keys")


@pytest.fixture(scope="module")
def receipt(keys_dir: Path) -> bytes:
    return countersign(
        "ab" * 32, "Q03-2019", 1, certificates.signer_of(keys_dir, COUNTY[0], PASSPHRASE), NOW
    )


def test_a_receipt_names_the_file_the_time_and_the_receiver(receipt: bytes, keys_dir: Path) -> None:
    assert read_receipt(receipt, (keys_dir / "root.pem").read_bytes()) == {
        "schema": 1,
        "sha256": "ab" * 32,
        "document": "Q03-2019",
        "version": 1,
        "received_at": "2026-11-23T09:30:00+00:00",
        "by": "610599",
    }


@pytest.mark.parametrize("field", ["sha256", "document", "version", "received_at", "by"])
def test_a_receipt_of_something_else_gives_none(receipt: bytes, keys_dir: Path, field: str) -> None:
    changed = json.loads(receipt)
    changed["receipt"][field] = 7 if field == "version" else "x"
    assert read_receipt(json.dumps(changed).encode(), (keys_dir / "root.pem").read_bytes()) is None


def test_a_foreign_root_and_garbage_give_none(
    receipt: bytes, tmp_path: Path, keys_dir: Path
) -> None:
    foreign = keys(tmp_path / "foreign", COUNTY)
    assert read_receipt(receipt, (foreign / "root.pem").read_bytes()) is None
    for junk in (b"", b"{}", b"[]", b"null", receipt[:-3]):
        assert read_receipt(junk, (keys_dir / "root.pem").read_bytes()) is None
