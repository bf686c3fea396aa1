"""Sealed files against everything that can be done to them: flips, additions, foreign signers,
garbage.
"""

from __future__ import annotations

import errno
import io
import os
import random
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.general import SigningError

from shared.problems import ProblemError
from sync_server.sealing import certificates, seal
from sync_server.sealing.checking import pdf_objects, verify
from sync_server.sealing.ink import Confirmation
from sync_server.sealing.making import sign
from sync_server.sealing.making.compose import compose
from sync_server.sealing.paper import scan
from sync_server.sealing.record import Verdict
from sync_server.sealing.summary import Summary
from tests.support.poppler import poppler
from tests.support.seal_samples import (
    FONTS,
    NOW,
    PASSPHRASE,
    SCHOOL,
    SIBLING,
    Sealed,
    changed,
    inputs,
    jpeg,
    keys,
    page_picture,
    seal_summary,
    sealed_school,
    stamped_scans,
)


@pytest.fixture(scope="module")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keys(tmp_path_factory.mktemp("verify") / "keys")


@pytest.fixture(scope="module")
def root(keys_dir: Path) -> bytes:
    return (keys_dir / "root.pem").read_bytes()


@pytest.fixture(scope="module")
def school(keys_dir: Path) -> Sealed:
    return sealed_school(keys_dir.parent / "school", keys_dir, people=12, special=3)


def codes(verdict: Verdict) -> set[str]:
    return {problem.code for problem in verdict.problems}


def altered(tmp_path: Path, data: bytes, root: bytes) -> Verdict:
    path = tmp_path / "altered.pdf"
    path.write_bytes(data)
    return verify.verify(path, root)


def flipped(data: bytes, offset: int, bit: int) -> bytes:
    changed = bytearray(data)
    changed[offset] ^= 1 << bit
    return bytes(changed)


def test_a_sealed_summary_verifies_and_names_itself(school: Sealed, root: bytes) -> None:
    verdict = verify.verify(school.pdf, root)
    assert verdict.as_json() == {
        "ok": True,
        "document": "Q03-2019",
        "version": 1,
        "data_hash": school.files.data_hash,
        "problems": [],
    }
    assert (verdict.unit_code, verdict.kind) == ("Q03", "school_summary")


def test_it_stays_pdf_1_7_and_begins_with_the_unsigned_bytes(school: Sealed) -> None:
    assert school.files.pdf.startswith(b"%PDF-1.7")


def test_another_reader_finds_the_signature_valid_over_the_whole_document(school: Sealed) -> None:
    output = poppler("pdfsig", "-nocert", str(school.pdf))
    assert "Signature is Valid." in output
    assert "Total document signed" in output
    assert output.count("Signature #") == 1


def test_another_reader_lists_and_gives_back_the_attachments(
    school: Sealed, tmp_path: Path
) -> None:
    output = poppler("pdfdetach", "-list", str(school.pdf))
    for name in ("summary.json", "summary.xlsx", "seal.json", "scan-1.jpg"):
        assert name in output
    poppler(
        "pdfdetach", "-savefile", "summary.json", "-o", str(tmp_path / "out.json"), str(school.pdf)
    )
    assert school.files.data_hash == verify.open_sealed(school.pdf, b"").verdict.data_hash


def test_another_reader_finds_the_words_on_the_page(school: Sealed) -> None:
    output = "".join(poppler("pdftotext", str(school.pdf), "-").split())
    assert "青槐县柳林镇中心校" in output
    assert "特殊情况逐人说明" in output
    assert "系统签名（非公章）" in output


def test_one_flipped_bit_anywhere_is_found_and_names_the_file(
    school: Sealed, root: bytes, tmp_path: Path
) -> None:
    data = school.files.pdf
    dice = random.Random(20191218)
    for _ in range(60):
        verdict = altered(
            tmp_path, flipped(data, dice.randrange(len(data)), dice.randrange(8)), root
        )
        assert not verdict.ok
        assert all(problem.file and problem.message for problem in verdict.problems)


def test_one_flipped_bit_in_the_bytes_of_the_signature_itself_is_found(
    school: Sealed, root: bytes, tmp_path: Path
) -> None:
    """Those bytes no signature covers: hex digits, their case, the padding, versions and algorithms
    outside the hash.
    """
    data = school.files.pdf
    first, last = (int(n) for n in re.findall(rb"/ByteRange \[0 (\d+) (\d+) ", data)[0])
    dice = random.Random(4)
    spots = [first, last - 1, *(dice.randrange(first, last) for _ in range(60))]
    for offset in spots:
        assert not altered(tmp_path, flipped(data, offset, dice.randrange(8)), root).ok, offset


def _streams(data: bytes, pick: Callable[[Any], Any]) -> int:
    """Offset of the middle of an encoded stream in the file."""
    reader = PdfFileReader(io.BytesIO(data))
    encoded = pick(reader.root).encoded_data
    return data.index(encoded) + len(encoded) // 2


def test_a_flip_in_a_page_names_the_page(school: Sealed, root: bytes, tmp_path: Path) -> None:
    offset = _streams(school.files.pdf, lambda r: pdf_objects.pages_of(r)[1]["/Contents"])
    verdict = altered(tmp_path, flipped(school.files.pdf, offset, 0), root)
    assert ("verify.page_changed", 2) in {(p.code, p.page) for p in verdict.problems}


@pytest.mark.parametrize("name", ["summary.json", "summary.xlsx", "scan-1.jpg", "seal.json"])
def test_a_flip_in_an_attachment_names_the_attachment(
    school: Sealed, root: bytes, tmp_path: Path, name: str
) -> None:
    def stream(root_object: Any) -> Any:
        specs = root_object["/Names"]["/EmbeddedFiles"]["/Names"]
        at = [str(item) for item in specs].index(name)
        return specs[at + 1]["/EF"]["/F"]

    verdict = altered(
        tmp_path, flipped(school.files.pdf, _streams(school.files.pdf, stream), 3), root
    )
    assert name in {problem.file for problem in verdict.problems}


def test_bytes_appended_are_found(school: Sealed, root: bytes, tmp_path: Path) -> None:
    for tail in (b"\n", b"\x00" * 16, b"%%EOF\n", school.files.pdf):
        assert not altered(tmp_path, school.files.pdf + tail, root).ok


def test_an_incremental_update_is_found(school: Sealed, root: bytes, tmp_path: Path) -> None:
    """poppler's pdfsig still calls such a file valid; we must not."""
    writer = IncrementalPdfFileWriter(io.BytesIO(school.files.pdf))
    writer.root["/Lang"] = writer.root["/Lang"].__class__("xx")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    assert codes(altered(tmp_path, out.getvalue(), root)) >= {"verify.appended"}


def test_a_second_signature_is_refused_by_the_first(school: Sealed, keys_dir: Path) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(school.files.pdf))
    other = sign.simple_signer(certificates.signer_of(keys_dir, SIBLING[0], PASSPHRASE))
    meta = signers.PdfSignatureMetadata(field_name="Second", md_algorithm="sha256")
    with pytest.raises(SigningError, match="forbids all changes"):
        signers.sign_pdf(writer, meta, other, output=io.BytesIO())


def test_a_signature_that_permits_filling_in_is_not_enough(
    keys_dir: Path, root: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loose = SimpleNamespace(NO_CHANGES=MDPPerm.FILL_FORMS)
    monkeypatch.setattr(sign, "MDPPerm", loose)
    monkeypatch.setattr(seal, "_self_check", lambda *_: None)
    made = seal_summary(tmp_path / "s", keys_dir, compose(inputs(2, 1)))
    monkeypatch.undo()
    assert codes(verify.verify(made.pdf, root)) == {"verify.changed"}


@pytest.mark.parametrize(
    "refused", ["PdfFileReader", "validate_pdf_signature", "attachments", "_roots"]
)
def test_a_refusal_of_the_system_is_never_called_a_changed_file(
    school: Sealed, root: bytes, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    def no_file_left(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(verify, refused, no_file_left)
    with pytest.raises(OSError, match=os.strerror(errno.EMFILE)):
        verify.verify(school.pdf, root)


def test_a_file_larger_than_any_seal_is_not_read(root: bytes, tmp_path: Path) -> None:
    path = tmp_path / "huge.pdf"
    with path.open("wb") as file:
        file.truncate(verify.MOST_BYTES + 1)  # takes no space on the disk
    tracemalloc.start()
    try:
        assert codes(verify.verify(path, root)) == {"verify.unreadable"}
        assert tracemalloc.get_traced_memory()[1] < 1 << 24
    finally:
        tracemalloc.stop()


def test_a_truncated_file_is_found(school: Sealed, root: bytes, tmp_path: Path) -> None:
    for part in (0, 1, 100, len(school.files.pdf) // 2, len(school.files.pdf) - 1):
        assert not altered(tmp_path, school.files.pdf[:part], root).ok


@given(data=st.binary(max_size=400))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_garbage_gets_a_verdict_not_a_traceback(data: bytes, root: bytes, tmp_path: Path) -> None:
    assert not altered(tmp_path, data, root).ok
    assert not altered(tmp_path, b"%PDF-1.7\n" + data, root).ok


def test_a_missing_file_a_folder_and_a_wrong_root_get_a_verdict(
    school: Sealed, tmp_path: Path, root: bytes
) -> None:
    assert codes(verify.verify(tmp_path / "none.pdf", root)) == {"verify.unreadable"}
    assert codes(verify.verify(tmp_path, root)) == {"verify.unreadable"}
    assert not verify.verify(school.pdf, b"no certificate").ok


def test_a_foreign_root_is_not_trusted(school: Sealed, tmp_path: Path) -> None:
    foreign = keys(tmp_path / "foreign", SCHOOL)
    assert codes(verify.verify(school.pdf, (foreign / "root.pem").read_bytes())) == {
        "verify.untrusted"
    }


def test_a_seal_of_the_same_name_under_a_foreign_root_is_not_trusted(
    root: bytes, tmp_path: Path
) -> None:
    foreign = keys(tmp_path / "foreign", SCHOOL)
    forged = seal_summary(tmp_path / "forged", foreign, compose(inputs(3, 1)))
    assert codes(verify.verify(forged.pdf, root)) == {"verify.untrusted"}


def _signed_anyway(
    summary: Summary,
    keys_dir: Path,
    code: str,
    scans: Callable[[seal.Printed], list[tuple[str, bytes]]] = stamped_scans,
    change: Callable[[scan.ScanResult], scan.ScanResult] = lambda read: read,
) -> bytes:
    """What an insider with a unit's key could make: the sealing path without its own refusals."""
    printed = seal.print_summary(summary, FONTS)
    read = change(scan.read_scan(scans(printed), printed.expected))
    draft = seal.draft(
        summary,
        printed.rendered.pdf,
        read,
        None,
        sign.identity(certificates.signer_of(keys_dir, code, PASSPHRASE)),
        FONTS,
        NOW,
    )
    return seal.sign_draft(draft, certificates.signer_of(keys_dir, code, PASSPHRASE), FONTS, NOW)


def _without_ink(printed: seal.Printed) -> list[tuple[str, bytes]]:
    (page,) = printed.expected.ink_pages
    return [("空白.jpg", jpeg(page_picture(printed.rendered.pdf, page)))]


def test_a_seal_over_a_page_without_stamp_and_signature_is_named(
    keys_dir: Path, root: bytes, tmp_path: Path
) -> None:
    pdf = _signed_anyway(compose(inputs(3, 1)), keys_dir, SCHOOL[0], _without_ink)
    verdict = altered(tmp_path, pdf, root)
    assert codes(verdict) == {"verify.no_ink"}
    words = "".join(p.message for p in verdict.problems)
    assert "红章" in words
    assert "负责人签字" in words


@pytest.mark.parametrize(("other", "named"), [("", set()), ("0" * 64, {"verify.no_ink"})])
def test_a_confirmation_counts_for_the_file_it_is_about(
    keys_dir: Path, root: bytes, tmp_path: Path, other: str, named: set[str]
) -> None:
    def confirmed(read: scan.ScanResult) -> scan.ScanResult:
        areas = tuple(
            msgspec.structs.replace(
                area,
                confirmed=Confirmation(
                    page=area.page,
                    area=area.area,
                    code="scan.grey",
                    by="赵某",
                    at="2026-11-23T17:30:00+08:00",
                    reason="原件上都有",
                    scan_sha256=other or area.scan_sha256,
                ),
            )
            for area in read.areas
        )
        return msgspec.structs.replace(read, areas=areas)

    pdf = _signed_anyway(compose(inputs(3, 1)), keys_dir, SCHOOL[0], _without_ink, confirmed)
    verdict = altered(tmp_path, pdf, root)
    assert codes(verdict) == named
    assert {n.code for n in verdict.notes} == (set() if other else {"verify.confirmed"})


def test_a_siblings_certificate_is_named(keys_dir: Path, root: bytes, tmp_path: Path) -> None:
    pdf = _signed_anyway(compose(inputs(3, 1)), keys_dir, SIBLING[0])
    verdict = altered(tmp_path, pdf, root)
    assert codes(verdict) == {"verify.wrong_signer"}
    assert "Q04" in verdict.problems[0].message


def test_sealing_for_another_unit_is_refused(keys_dir: Path) -> None:
    summary = compose(inputs(3, 1))
    printed = seal.print_summary(summary, FONTS)
    read = scan.read_scan(stamped_scans(printed), printed.expected)
    with pytest.raises(ProblemError, match=r"seal\.wrong_signer"):
        seal.seal(
            summary,
            read,
            None,
            certificates.signer_of(keys_dir, SIBLING[0], PASSPHRASE),
            fonts_dir=FONTS,
            trust_root_pem=(keys_dir / "root.pem").read_bytes(),
            now=NOW,
            printed_pdf=printed.rendered.pdf,
        )


def test_a_wrong_passphrase_seals_nothing(keys_dir: Path) -> None:
    with pytest.raises(ProblemError, match=r"certs\.bad_passphrase"):
        sign.sign_pdf(
            b"%PDF-1.7",
            certificates.signer_of(keys_dir, SCHOOL[0], "not this one"),
            label_pdf=b"",
            reason="",
            now=NOW,
        )


def test_totals_that_are_not_the_sum_are_named_though_properly_signed(
    keys_dir: Path, root: bytes, tmp_path: Path
) -> None:
    def add_one_fen(tree: Any) -> None:
        tree["totals"]["unpaid"]["special"]["fen"] += 1

    summary = changed(compose(inputs(4, 1)), add_one_fen)
    verdict = altered(tmp_path, _signed_anyway(summary, keys_dir, SCHOOL[0]), root)
    assert codes(verdict) == {"verify.totals_wrong"}
    assert "unpaid.special.fen" in verdict.problems[0].message


def test_a_row_that_does_not_add_up_is_named_by_its_number(
    keys_dir: Path, root: bytes, tmp_path: Path
) -> None:
    def add_one_yuan(tree: Any) -> None:
        tree["rows"][2]["principal_fen"] += 100

    summary = changed(compose(inputs(4, 1)), add_one_yuan)
    verdict = altered(tmp_path, _signed_anyway(summary, keys_dir, SCHOOL[0]), root)
    assert ("verify.row_wrong", 3) in {(p.code, p.row) for p in verdict.problems}


def test_the_print_before_sealing_is_no_seal(root: bytes, tmp_path: Path) -> None:
    printed = seal.print_summary(compose(inputs(3, 1)), FONTS)
    assert codes(altered(tmp_path, printed.rendered.pdf, root)) == {
        "verify.unsigned",
        "verify.no_seal",
    }


def test_the_workbook_beside_the_file_must_be_the_one_inside(
    school: Sealed, root: bytes, tmp_path: Path
) -> None:
    (tmp_path / "summary.pdf").write_bytes(school.files.pdf)
    (tmp_path / "summary.xlsx").write_bytes(
        flipped(school.files.xlsx, len(school.files.xlsx) // 2, 1)
    )
    verdict = verify.verify(tmp_path / "summary.pdf", root)
    assert {p.file for p in verdict.problems} == {"summary.xlsx"}


def test_a_certificate_that_has_run_out_since_does_not_undo_a_seal(
    school: Sealed, keys_dir: Path, root: bytes
) -> None:
    """The signer's claimed time decides, for there is no time-stamping authority
    (docs/threat-model.md).
    """
    leaf = certificates.load_certificate(keys_dir / "Q03.pem")
    assert leaf.not_valid_before_utc <= NOW <= leaf.not_valid_after_utc
    assert verify.verify(school.pdf, root).sealed_at == "2026-11-23T09:30:00+00:00"


def test_a_seal_refuses_a_scan_that_lacks_a_page(keys_dir: Path) -> None:
    summary = compose(inputs(3, 1))
    printed = seal.print_summary(summary, FONTS)
    empty = scan.read_scan([], printed.expected)
    with pytest.raises(ProblemError, match=r"seal\.scan_refused.*缺第"):
        seal.seal(
            summary,
            empty,
            None,
            certificates.signer_of(keys_dir, SCHOOL[0], PASSPHRASE),
            fonts_dir=FONTS,
            trust_root_pem=b"",
            now=NOW,
            printed_pdf=printed.rendered.pdf,
        )
