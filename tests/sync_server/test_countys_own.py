"""Only a county's own certificate speaks for the county: no school's gives receipts or sends a bundle."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.digest import canonical, sha256_hex
from shared.problems import ProblemError
from shared.wire import b64
from sync_server.sealing import bundle_contents as names
from sync_server.sealing import certificates, withdrawn
from sync_server.sealing.certificates import is_countys
from sync_server.sealing.checking import beside, standing, verify
from sync_server.sealing.checking.folder import FolderVerdict, check_folder
from sync_server.sealing.checking.standing import Known
from sync_server.sealing.receipt import countersign, read, withdraw
from sync_server.sealing.record import Findings
from sync_server.sealing.withdrawn import Entry, Reason
from tests.support.bundles import County, county
from tests.support.seal_samples import COUNTY, NOW, PASSPHRASE, SCHOOL, SIBLING, seal_summary

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> County:
    return county(tmp_path_factory.mktemp("sealed"))


@pytest.fixture
def unpacked(sealed: County, tmp_path: Path) -> Path:
    made = sealed.pack("bank", tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as file:
        file.extractall(tmp_path / "out")
    return tmp_path / "out" / made.name


def signer(sealed: County, code: str) -> certificates.Signer:
    return certificates.signer_of(sealed.keys_dir, code, PASSPHRASE)


def a_list(sealed: County, code: str, number: int, reason: Reason = "stolen") -> bytes:
    """The county's list with one unit's certificate; with none for ""."""
    authority = certificates.load_certificate(sealed.keys_dir / "county.pem")
    key = certificates.load_key(sealed.keys_dir / "county.key", PASSPHRASE)
    entries = []
    if code:
        one = certificates.load_certificate(sealed.keys_dir / f"{code}.pem")
        since = NOW + HOUR
        entries = [Entry(serial=one.serial_number, since=since, listed_at=since, reason=reason)]
    return withdrawn.sign(entries, number, authority, key, NOW + 2 * HOUR)


def found(sealed: County, **known: object) -> tuple[list[str], list[str]]:
    """Problems and notes of the first school's sealed file."""
    one = verify.verify(sealed.schools[0].pdf, sealed.root, known=msgspec.convert(known, Known))
    return [p.code for p in one.problems], [n.code for n in one.notes]


def receipt_by(sealed: County, code: str, at: datetime = NOW) -> bytes:
    school = sealed.schools[0]
    document, version = school.summary.document, school.summary.version
    return countersign(school.files.sha256, document, version, signer(sealed, code), at, number=7)


def test_a_code_tells_a_county_from_a_school() -> None:
    assert is_countys("610599")
    for code in ("01", "110", "Q03", "010599", "6105991", "", "61059９", "610599\n"):
        assert not is_countys(code)


@pytest.mark.parametrize("code", [SCHOOL[0], SIBLING[0]])
def test_no_school_gives_a_receipt(sealed: County, code: str) -> None:
    assert found(sealed, receipt=receipt_by(sealed, code))[0] == ["verify.receipt_invalid"]
    assert read(receipt_by(sealed, code), sealed.root) is None


def test_no_school_seals_a_countys_report(sealed: County, tmp_path: Path) -> None:
    report = sealed.reports["bank"].summary
    own = msgspec.structs.replace(report, unit=sealed.schools[0].summary.unit)
    with pytest.raises(ProblemError, match=r"seal\.self_check.*") as refused:
        seal_summary(tmp_path / "false", sealed.keys_dir, own)
    assert "verify.wrong_signer" in str(refused.value)


def test_another_schools_receipt_saves_nothing_that_a_thief_sealed(sealed: County) -> None:
    thiefs = {
        "withdrawn": a_list(sealed, SCHOOL[0], 2),
        "receipts": (receipt_by(sealed, SIBLING[0]),),
    }
    assert set(found(sealed, **thiefs)[0]) == {
        "verify.receipt_invalid",
        "verify.withdrawn_unproved",
    }


def test_a_receipt_that_was_withdrawn_is_worth_nothing_to_whoever_kept_it(sealed: County) -> None:
    kept = receipt_by(sealed, COUNTY[0])
    gone = withdraw(kept, signer(sealed, COUNTY[0]), NOW + HOUR)
    for known in ({"receipt": kept, "receipts": (gone,)}, {"receipts": (kept, gone)}):
        assert found(sealed, **known) == ([], ["verify.receipt_withdrawn"])
        late = found(sealed, **known, withdrawn=a_list(sealed, SCHOOL[0], 2))
        assert late[0] == ["verify.withdrawn_unproved"]
    again = receipt_by(sealed, COUNTY[0], NOW + 2 * HOUR)
    assert found(sealed, receipts=(again, gone), receipt=kept) == ([], ["verify.receipt"])


def test_the_newest_list_counts_whoever_sent_an_older_one_along(
    sealed: County, tmp_path: Path
) -> None:
    old, new = a_list(sealed, "", 1), a_list(sealed, SCHOOL[0], 2)
    for known in ({"withdrawn": old, "lists": (new,)}, {"withdrawn": new, "lists": (old,)}):
        assert found(sealed, **known)[0] == ["verify.withdrawn_unproved"]
    sent, ours = tmp_path / "sent", tmp_path / "ours"
    for folder, crl in ((sent, old), (ours, new)):
        folder.mkdir()
        (folder / withdrawn.FILE_NAME).write_bytes(crl)
    pdf = sent / "summary.pdf"
    pdf.write_bytes(sealed.schools[0].pdf.read_bytes())
    there = beside.known(pdf, ours / "root.pem", None, None)
    verdict = verify.verify(pdf, sealed.root, known=there)
    assert [one.code for one in verdict.problems] == ["verify.withdrawn_unproved"]


def test_a_false_county_in_the_file_does_not_vouch_for_a_list(sealed: County) -> None:
    """A thief signs with the stolen key and carries a CA of the county's name along, with a list of its own."""
    true = certificates.load_certificate(sealed.keys_dir / "county.pem")
    leaf = certificates.load_certificate(sealed.keys_dir / f"{SCHOOL[0]}.pem")
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(true.subject)
        .issuer_name(true.issuer)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - HOUR)
        .not_valid_after(NOW + HOUR)
    )
    builder = certificates.with_extensions(builder, key.public_key(), key.public_key(), 0)
    false = builder.sign(key, hashes.SHA256())
    der = serialization.Encoding.DER
    signed = standing.SignedBy(
        code=SCHOOL[0],
        certificate=leaf.public_bytes(der),
        others=(false.public_bytes(der), true.public_bytes(der)),
        at=NOW,
    )
    own = withdrawn.sign([], 9, false, key, NOW)
    for lists, problem in (
        ((own,), ""),
        ((own, a_list(sealed, SCHOOL[0], 2)), "verify.withdrawn_unproved"),
    ):
        noted = Findings()
        standing.judge(signed, "x.pdf", "ab", Known(lists=lists), sealed.root, noted)
        assert [one.code for one in noted.items] == [problem] * bool(problem)
        if not problem:
            assert [one.code for one in noted.remarks] == ["verify.list_missing"]


def sign_again(unpacked: Path, sealed: County, code: str, unit: str) -> None:
    """Change a file of the bundle and sign its list again."""
    how = unpacked / names.HOW
    how.write_bytes(how.read_bytes() + b"\r\n")
    tree = json.loads((unpacked / names.CONTENTS).read_bytes())["contents"]
    for entry in tree["files"]:
        if entry["path"] == names.HOW:
            entry["sha256"] = sha256_hex(how.read_bytes())
            entry["size_bytes"] = how.stat().st_size
    tree["unit"] = unit
    by = signer(sealed, code)
    leaf, key = (
        certificates.load_certificate(by.certificate),
        certificates.load_key(by.key, PASSPHRASE),
    )
    chain = (leaf, certificates.load_certificate(by.authority))
    pem = "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in chain)
    signature = b64(key.sign(canonical(tree), ec.ECDSA(hashes.SHA256())))
    data = canonical({"contents": tree, "signature": signature, "chain": pem})
    (unpacked / names.CONTENTS).write_bytes(data)


def problems(verdict: FolderVerdict) -> set[str]:
    files = {one.code for file in verdict.files for one in file.problems}
    return files | {one.code for one in verdict.problems}


def test_no_school_signs_the_list_of_a_bundle(unpacked: Path, sealed: County) -> None:
    sign_again(unpacked, sealed, SCHOOL[0], SCHOOL[0])
    assert problems(check_folder(unpacked, sealed.root)) == {"verify.bundle_list"}


def test_no_other_county_signs_the_list_of_a_bundle(unpacked: Path, sealed: County) -> None:
    if not (sealed.keys_dir / "610598.pem").exists():
        certificates.issue_unit(sealed.keys_dir, "610598", "邻县", PASSPHRASE, NOW)
    sign_again(unpacked, sealed, "610598", "610598")
    assert problems(check_folder(unpacked, sealed.root)) == {"verify.bundle_other"}


def test_a_list_signed_with_a_stolen_key_is_named(unpacked: Path, sealed: County) -> None:
    sign_again(unpacked, sealed, COUNTY[0], COUNTY[0])
    assert problems(check_folder(unpacked, sealed.root)) == set()
    assert "verify.bundle_list" in problems(
        check_folder(unpacked, sealed.root, a_list(sealed, COUNTY[0], 2))
    )
    lost = check_folder(unpacked, sealed.root, a_list(sealed, COUNTY[0], 2, "lost"))
    assert problems(lost) == set()


def test_an_older_list_given_by_hand_hides_nothing(unpacked: Path, sealed: County) -> None:
    (unpacked / names.WITHDRAWN).write_bytes(a_list(sealed, COUNTY[0], 2))
    verdict = check_folder(unpacked, sealed.root, a_list(sealed, "", 1))
    assert "verify.withdrawn_unproved" in problems(verdict)
