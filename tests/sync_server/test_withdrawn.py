"""A withdrawn certificate: what was sealed with it since is refused, what existed before stays good."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from shared.problems import ProblemError
from sync_server.sample.season import season_2019
from sync_server.sealing import certificates, withdrawn
from sync_server.sealing.checking import verify
from sync_server.sealing.checking.standing import Known
from sync_server.sealing.receipt import countersign, withdraw
from sync_server.sealing.record import Verdict
from sync_server.sealing.rollup import ParentUnit, roll_up_whole
from sync_server.sealing.summary import Unit
from sync_server.sealing.withdrawn import Document, Entry, Reason
from tests.support.seal_samples import COUNTY, NOW, PASSPHRASE, SCHOOL, Sealed, keys, sealed_school

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keys(tmp_path_factory.mktemp("withdrawn") / "keys")


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, keys_dir: Path) -> Sealed:
    return sealed_school(tmp_path_factory.mktemp("school"), keys_dir)


def listed(keys_dir: Path, since: datetime, reason: Reason, code: str = SCHOOL[0]) -> bytes:
    one = certificates.load_certificate(keys_dir / f"{code}.pem")
    entry = Entry(serial=one.serial_number, since=since, listed_at=since + 2 * HOUR, reason=reason)
    county = certificates.load_certificate(keys_dir / "county.pem")
    key = certificates.load_key(keys_dir / "county.key", PASSPHRASE)
    return withdrawn.sign([entry], 2, county, key, since + 2 * HOUR)


def receipt(keys_dir: Path, school: Sealed, at: datetime) -> bytes:
    signer = certificates.signer_of(keys_dir, COUNTY[0], PASSPHRASE)
    return countersign(school.files.sha256, "Q01-2019", 1, signer, at, number=5)


def verdict(keys_dir: Path, school: Sealed, **known: object) -> Verdict:
    root = (keys_dir / "root.pem").read_bytes()
    return verify.verify(school.pdf, root, known=msgspec.convert(known, Known))


def codes(verdict: Verdict) -> tuple[list[str], list[str]]:
    return [one.code for one in verdict.problems], [one.code for one in verdict.notes]


def test_what_was_sealed_after_the_withdrawal_is_refused(keys_dir: Path, school: Sealed) -> None:
    for reason in withdrawn.REASONS:
        bad = verdict(keys_dir, school, withdrawn=listed(keys_dir, NOW - HOUR, reason))
        assert codes(bad)[0] == ["verify.withdrawn"]


@pytest.mark.parametrize("reason", ["lost", "replaced", "closed"])
def test_what_was_sealed_before_stays_good_where_nobody_else_has_the_key(
    keys_dir: Path, school: Sealed, reason: Reason
) -> None:
    found = codes(verdict(keys_dir, school, withdrawn=listed(keys_dir, NOW + HOUR, reason)))
    assert found == ([], ["verify.withdrawn_claimed"])


def test_where_others_may_have_the_key_the_seals_own_time_is_not_enough(
    keys_dir: Path, school: Sealed
) -> None:
    since = NOW + HOUR
    crl = listed(keys_dir, since, "stolen")
    assert codes(verdict(keys_dir, school, withdrawn=crl))[0] == ["verify.withdrawn_unproved"]
    late = receipt(keys_dir, school, since + HOUR)
    found = codes(verdict(keys_dir, school, withdrawn=crl, receipt=late))
    assert found == (["verify.withdrawn_unproved"], ["verify.receipt"])


def test_a_receipt_from_before_keeps_it_good(keys_dir: Path, school: Sealed) -> None:
    since = NOW + 2 * HOUR
    crl, early = listed(keys_dir, since, "stolen"), receipt(keys_dir, school, NOW + HOUR)
    found = codes(verdict(keys_dir, school, withdrawn=crl, receipts=(early,)))
    assert found == ([], ["verify.receipt", "verify.withdrawn_later"])


def test_a_receipt_of_the_thief_of_the_countys_key_proves_nothing(
    keys_dir: Path, school: Sealed
) -> None:
    crl = listed(keys_dir, NOW + 2 * HOUR, "stolen", COUNTY[0])
    early = receipt(keys_dir, school, NOW + HOUR)
    assert codes(verdict(keys_dir, school, withdrawn=crl, receipt=early))[0] == [
        "verify.receipt_invalid"
    ]


def test_a_withdrawn_receipt_proves_nothing_and_is_shown(keys_dir: Path, school: Sealed) -> None:
    since = NOW + 3 * HOUR
    signer = certificates.signer_of(keys_dir, COUNTY[0], PASSPHRASE)
    gone = withdraw(receipt(keys_dir, school, NOW + HOUR), signer, NOW + 2 * HOUR)
    crl = listed(keys_dir, since, "stolen")
    assert codes(verdict(keys_dir, school, withdrawn=crl, receipt=gone)) == (
        ["verify.withdrawn_unproved"],
        ["verify.receipt_withdrawn"],
    )


def test_the_receipt_of_another_file_is_named(keys_dir: Path, school: Sealed) -> None:
    signer = certificates.signer_of(keys_dir, COUNTY[0], PASSPHRASE)
    other = countersign("ab" * 32, "Q99", 1, signer, NOW)
    assert codes(verdict(keys_dir, school, receipt=other))[0] == ["verify.receipt_other"]
    assert codes(verdict(keys_dir, school, receipts=(other,))) == ([], [])


def test_whoever_sealed_it_knows_when(keys_dir: Path, school: Sealed) -> None:
    crl = listed(keys_dir, NOW + HOUR, "stolen")
    own = frozenset({school.files.sha256})
    assert codes(verdict(keys_dir, school, withdrawn=crl, own=own))[0] == []


def test_without_a_list_that_is_said(keys_dir: Path, school: Sealed, tmp_path: Path) -> None:
    assert codes(verdict(keys_dir, school, withdrawn=b"")) == ([], ["verify.list_missing"])
    assert codes(verdict(keys_dir, school)) == ([], [])
    foreign = keys(tmp_path / "foreign", SCHOOL)
    other = listed(foreign, NOW - HOUR, "stolen")
    assert codes(verdict(keys_dir, school, withdrawn=other)) == ([], ["verify.list_missing"])
    for junk in (b"x", b"\x30\x00", b"-----BEGIN X509 CRL-----"):
        assert codes(verdict(keys_dir, school, withdrawn=junk))[1] == ["verify.list_missing"]


def test_a_roll_up_refuses_what_was_sealed_since(keys_dir: Path, school: Sealed) -> None:
    parent = ParentUnit(unit=Unit(code=COUNTY[0], name=COUNTY[1]), document="Q-2019", version=1)
    root = (keys_dir / "root.pem").read_bytes()

    def rolled_up(crl: bytes) -> int:
        known = Known(withdrawn=crl)
        made = roll_up_whole(
            [school.pdf],
            dict([SCHOOL]),
            season_2019(),
            partial=False,
            trust_root_pem=root,
            parent=parent,
            known=known,
        )
        return len(made.rows)

    assert rolled_up(listed(keys_dir, NOW + HOUR, "replaced")) == 1
    with pytest.raises(ProblemError, match="作废"):
        rolled_up(listed(keys_dir, NOW - HOUR, "replaced"))


@given(
    entries=st.lists(
        st.builds(
            Entry,
            serial=st.integers(1, 2**150),
            since=st.integers(0, 10**8).map(lambda s: NOW - timedelta(seconds=s)),
            listed_at=st.integers(0, 10**8).map(lambda s: NOW - timedelta(seconds=s)),
            reason=st.sampled_from(withdrawn.REASONS),
        ),
        max_size=5,
        unique_by=lambda one: one.serial,
    ),
    documents=st.lists(st.from_type(Document), max_size=4, unique=True),
    number=st.integers(1, 2**60),
)
def test_a_list_reads_as_it_was_signed(
    keys_dir: Path, entries: list[Entry], documents: list[Document], number: int
) -> None:
    county = certificates.load_certificate(keys_dir / "county.pem")
    key = certificates.load_key(keys_dir / "county.key", PASSPHRASE)
    data = withdrawn.sign(entries, number, county, key, NOW, documents)
    found = withdrawn.read(data, county)
    assert found is not None
    assert (found.number, found.signed_at) == (number, NOW)
    assert found.documents == tuple(sorted(documents))
    assert sorted(found.entries, key=lambda one: one.serial) == sorted(
        entries, key=lambda one: one.serial
    )
    assert withdrawn.read(data[:-1] + bytes([data[-1] ^ 1]), county) is None


def naming(keys_dir: Path, *documents: Document) -> bytes:
    """A list of no certificate that names these documents."""
    county = certificates.load_certificate(keys_dir / "county.pem")
    key = certificates.load_key(keys_dir / "county.key", PASSPHRASE)
    return withdrawn.sign([], 2, county, key, NOW + HOUR, documents)


def test_a_receipt_on_the_list_is_withdrawn_whoever_kept_the_file(
    keys_dir: Path, school: Sealed
) -> None:
    kept, at = receipt(keys_dir, school, NOW), "2019-12-19T10:00:00+00:00"
    gone = Document(kind="receipt", sha256=school.files.sha256, number=5, at=at)
    other = Document(kind="receipt", sha256=school.files.sha256, number=4, at=at)
    said = {
        one.number: codes(
            verdict(keys_dir, school, withdrawn=naming(keys_dir, one), receipts=(kept,))
        )
        for one in (gone, other)
    }
    assert said == {5: ([], ["verify.receipt_withdrawn"]), 4: ([], ["verify.receipt"])}


def test_a_receipt_is_known_by_its_number_however_its_file_is_written(
    keys_dir: Path, school: Sealed
) -> None:
    again = json.dumps(json.loads(receipt(keys_dir, school, NOW)), indent=2).encode()
    gone = Document(kind="receipt", sha256=school.files.sha256, number=5, at="2019-12-19")
    crl = naming(keys_dir, gone)
    found = codes(verdict(keys_dir, school, withdrawn=crl, receipt=again))
    assert found == ([], ["verify.receipt_withdrawn"])


def test_a_kind_of_document_that_this_version_does_not_know_is_left_alone(
    keys_dir: Path, school: Sealed
) -> None:
    later = Document(kind="leaflet", sha256=school.files.sha256, number=1, at="2019-12-19")
    assert codes(verdict(keys_dir, school, withdrawn=naming(keys_dir, later))) == ([], [])


def test_another_reader_takes_the_list(keys_dir: Path) -> None:
    crl = x509.load_der_x509_crl(listed(keys_dir, NOW, "stolen"))
    assert len(crl) == 1
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 2
    gone = Document(kind="bulletin", sha256="ab" * 32, number=1, at="2019-12-19")
    crl = x509.load_der_x509_crl(naming(keys_dir, gone))
    assert [one.critical for one in crl.extensions] == [False, False, False]
