"""The county's receipt for a sealed file: signed, chained to the pinned root, refused when anything
differs.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from shared.digest import canonical
from shared.wire import b64
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


def test_a_receipt_holds_the_signers_certificate_and_the_countys_and_nothing_else(
    receipt: bytes, keys_dir: Path
) -> None:
    chain = (keys_dir / f"{COUNTY[0]}.pem").read_text() + (keys_dir / "county.pem").read_text()
    assert json.loads(receipt)["chain"] == chain


Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def issued(code: str, key: Key, issuer: str, by: ec.EllipticCurvePrivateKey, ca: bool) -> str:
    """A certificate as somebody else could make one, PEM."""
    names = [x509.NameAttribute(NameOID.SERIAL_NUMBER, code)]
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(names))
        .issuer_name(x509.load_pem_x509_certificate(issuer.encode()).subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(by, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def signed(body: dict[str, Any], key: ec.EllipticCurvePrivateKey, *chain: str) -> bytes:
    """A receipt with a right signature over whatever it says."""
    signature = b64(key.sign(canonical(body), ec.ECDSA(hashes.SHA256())))
    return canonical({"receipt": body, "signature": signature, "chain": "".join(chain)})


@pytest.mark.parametrize(
    ("ca", "by", "holds"),
    [(True, "610599", True), (False, "610599", False), (True, "610598", False)],
)
def test_a_receipt_holds_only_under_an_authority_and_for_the_unit_that_signed(
    keys_dir: Path, ca: bool, by: str, holds: bool
) -> None:
    root, root_key = (
        (keys_dir / "root.pem").read_text(),
        certificates.load_key(keys_dir / "root.key", PASSPHRASE),
    )
    middle_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    middle = issued("", middle_key, root, root_key, ca)
    leaf = issued("610599", leaf_key, middle, middle_key, ca=False)
    body = {"schema": 1, "by": by}
    assert read_receipt(signed(body, leaf_key, leaf, middle), root.encode()) == (
        body if holds else None
    )


def test_a_receipt_whose_key_is_of_another_kind_gives_none(keys_dir: Path) -> None:
    county_key = certificates.load_key(keys_dir / "county.key", PASSPHRASE)
    county = (keys_dir / "county.pem").read_text()
    strange = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    leaf = issued("x", strange, county, county_key, ca=False)
    receipt = signed({"by": "x"}, county_key, leaf, county)
    assert read_receipt(receipt, (keys_dir / "root.pem").read_bytes()) is None
