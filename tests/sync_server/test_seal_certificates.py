"""Root, county CA and leaves: who may sign what, and keys nobody else can read."""

from __future__ import annotations

import shutil
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from shared.problems import ProblemError
from sync_server.sealing import certificates, key_files
from sync_server.sealing.making import sign
from tests.support.seal_samples import NOW, PASSPHRASE, SCHOOL, keys

HAN = "校"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keys(tmp_path_factory.mktemp("certs") / "keys")


def test_every_private_key_is_0600_and_needs_the_passphrase(folder: Path) -> None:
    names = sorted(path.name for path in folder.glob("*.key"))
    assert names == ["610599.key", "Q03.key", "Q04.key", "county.key", "evidence.key", "root.key"]
    for name in names:
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
        assert b"ENCRYPTED PRIVATE KEY" in (folder / name).read_bytes()
        with pytest.raises(ProblemError, match=r"certs\.bad_passphrase"):
            certificates.load_key(folder / name, "wrong passphrase")


def test_the_chain_holds_and_each_level_may_do_only_its_own(folder: Path) -> None:
    root, county, leaf = (
        certificates.load_certificate(folder / f"{n}.pem") for n in ("root", "county", "Q03")
    )
    leaf.verify_directly_issued_by(county)
    county.verify_directly_issued_by(root)
    lengths = [
        c.extensions.get_extension_for_class(x509.BasicConstraints).value
        for c in (root, county, leaf)
    ]
    assert [(b.ca, b.path_length) for b in lengths] == [(True, 1), (True, 0), (False, None)]
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_cert_sign) == (
        True,
        True,
        False,
    )


def test_a_leaf_names_its_unit(folder: Path) -> None:
    assert certificates.unit_code(certificates.load_certificate(folder / "Q03.pem")) == SCHOOL[0]


@pytest.mark.parametrize("name", [HAN * 50, HAN * 21, "𠮷" * 50, "A" * 64, "校a" * 25, "中心"])
def test_a_name_of_fifty_characters_stands_whole_in_certificate_and_signature(
    folder: Path, name: str, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "keys")
    made = certificates.issue_unit(tmp_path / "keys", "Q09", name, PASSPHRASE, NOW)
    assert made.name == name
    signer = certificates.signer_of(tmp_path / "keys", "Q09", PASSPHRASE)
    assert sign.identity(signer).name == name


def test_a_leaf_never_outlives_its_issuer_and_begins_a_little_early(folder: Path) -> None:
    leaf, county = (certificates.load_certificate(folder / f"{n}.pem") for n in ("Q03", "county"))
    assert leaf.not_valid_after_utc <= county.not_valid_after_utc
    assert leaf.not_valid_before_utc == NOW - timedelta(minutes=5)


def test_nothing_is_ever_overwritten(folder: Path) -> None:
    before = (folder / "Q03.key").read_bytes()
    with pytest.raises(ProblemError, match=r"certs\.exists"):
        certificates.issue_unit(folder, *SCHOOL, PASSPHRASE, NOW)
    assert (folder / "Q03.key").read_bytes() == before


def test_the_root_key_can_be_moved_away_and_the_certificate_stays(tmp_path: Path) -> None:
    folder = keys(tmp_path / "keys", SCHOOL)
    key = (folder / "root.key").read_bytes()
    stick = tmp_path / "stick"
    stick.mkdir()
    moved = certificates.export_root(folder, stick)
    assert moved.read_bytes() == key
    assert stat.S_IMODE(moved.stat().st_mode) == 0o600
    assert not (folder / "root.key").exists()
    assert (folder / "root.pem").exists()
    with pytest.raises(ProblemError, match=r"certs\.missing"):
        certificates.export_root(folder, stick)


def test_without_the_roots_key_no_second_county_can_be_made(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    certificates.create_root(folder, "根", PASSPHRASE, NOW)
    certificates.export_root(folder, tmp_path)
    with pytest.raises(ProblemError, match=r"certs\.missing"):
        certificates.issue_county(folder, "县", PASSPHRASE, NOW)


@pytest.mark.parametrize("code", ["root", "county", "evidence", "../Q03", "", "Q 03", "名"])
def test_a_code_that_is_no_file_name_or_is_taken_is_refused(folder: Path, code: str) -> None:
    with pytest.raises(ProblemError, match=r"certs\.bad_code"):
        certificates.issue_unit(folder, code, "某校", PASSPHRASE, NOW)


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match=r"certs\.passphrase"):
        certificates.create_root(tmp_path / "keys", "根", "short", NOW)
    assert not list(tmp_path.rglob("*.pem"))


def test_the_evidence_key_is_public_in_clear_and_private_under_the_passphrase(folder: Path) -> None:
    key = certificates.load_key(folder / "evidence.key", PASSPHRASE)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert (folder / "evidence.pem").read_bytes() == public


def test_a_certificate_that_was_finished_beside_its_key_gets_its_name(tmp_path: Path) -> None:
    folder = keys(tmp_path / "keys", SCHOOL)
    whole = (folder / "Q03.pem").read_bytes()
    (folder / "Q03.pem").rename(folder / f"Q03.pem{key_files.NEW}")
    key_files.finish_interrupted(folder)
    assert (folder / "Q03.pem").read_bytes() == whole
    assert not list(folder.glob(f"*{key_files.NEW}"))


def test_a_pair_that_was_not_finished_is_forgotten(tmp_path: Path) -> None:
    folder = keys(tmp_path / "keys", SCHOOL)
    for half in ("Q04.key", "Q04.pem"):
        (folder / f"{half}{key_files.NEW}").write_bytes(b"half")
    key_files.finish_interrupted(folder)
    assert not list(folder.glob("Q04*"))
    certificates.issue_unit(folder, "Q04", "某校", PASSPHRASE, NOW)


@pytest.mark.parametrize("stem", ["root", "Q03"])
def test_a_key_of_0_1_without_its_certificate_is_put_aside_where_nothing_was_issued_under_it(
    tmp_path: Path, stem: str
) -> None:
    folder = tmp_path / "keys"
    if stem == "root":
        certificates.create_root(folder, "根", PASSPHRASE, NOW)
    else:
        keys(folder, SCHOOL)
    (folder / f"{stem}.pem").unlink()
    key_files.finish_interrupted(folder)
    assert (folder / f"{stem}.key.unused").exists()
    assert not (folder / f"{stem}.key").exists()


def test_a_key_under_which_others_were_issued_stays_where_it_is(tmp_path: Path) -> None:
    folder = keys(tmp_path / "keys", SCHOOL)
    for stem in ("root", "county"):
        (folder / f"{stem}.pem").unlink()
    key_files.finish_interrupted(folder)
    assert {path.name for path in folder.glob("*.key")} >= {"root.key", "county.key"}


def test_the_public_half_of_the_evidence_key_is_made_from_the_key_where_it_lacks(
    tmp_path: Path,
) -> None:
    folder = keys(tmp_path / "keys", SCHOOL)
    public = (folder / "evidence.pem").read_bytes()
    (folder / "evidence.pem").unlink()
    certificates.create_evidence_key(folder, PASSPHRASE)
    assert (folder / "evidence.pem").read_bytes() == public


def test_a_move_of_the_roots_key_that_was_cut_short_is_finished_by_the_next(tmp_path: Path) -> None:
    folder, stick = keys(tmp_path / "keys", SCHOOL), tmp_path / "root.key"
    stick.write_bytes((folder / "root.key").read_bytes())
    assert certificates.export_root(folder, stick) == stick
    assert not (folder / "root.key").exists()
    (folder / "root.key").write_bytes(b"another")
    with pytest.raises(ProblemError, match=r"certs\.exists"):
        certificates.export_root(folder, stick)
