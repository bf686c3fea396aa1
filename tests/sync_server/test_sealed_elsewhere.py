"""A file sealed electronically elsewhere, read against our print, sealed, and verified again."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic

from shared.assets import FONTS
from shared.digest import sha256_hex
from sync_server.sealing import certificates, elsewhere_report, seal
from sync_server.sealing.checking import elsewhere_checks, verify
from sync_server.sealing.elsewhere import Declared, ForeignSignature
from sync_server.sealing.making import sign
from sync_server.sealing.making.compose import compose
from sync_server.sealing.paper import ofd
from sync_server.sealing.paper.scan import ScanResult, read_scan
from sync_server.sealing.paper.sealed_elsewhere import read_elsewhere
from sync_server.sealing.record import Findings, SealRecord, Verdict
from tests.support import foreign_seals as foreign
from tests.support.poppler import poppler
from tests.support.seal_samples import (
    NOW,
    PASSPHRASE,
    inputs,
    keys,
    page_picture,
    stamped_scans,
)

DECLARED = Declared(by="孙先生", at="2026-11-23T09:00:00+00:00")
NAME = "盖好的.pdf"


@pytest.fixture(scope="module")
def printed() -> seal.Printed:
    return seal.print_summary(compose(inputs(2, 0)), FONTS)


@pytest.fixture(scope="module")
def electronic(printed: seal.Printed) -> bytes:
    return foreign.sealed_pdf(printed.rendered.pdf)


@pytest.fixture(scope="module")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keys(tmp_path_factory.mktemp("elsewhere") / "keys")


def read(printed: seal.Printed, *files: tuple[str, bytes]) -> ScanResult:
    return read_elsewhere(files, printed.expected, printed.rendered.pdf, DECLARED)


def refusals(result: ScanResult) -> set[str]:
    assert result.complete == (not result.problems)
    return {one.code for one in result.problems}


def remarks(result: ScanResult) -> list[str]:
    return [one.code for one in result.findings]


def sealed(printed: seal.Printed, result: ScanResult, keys_dir: Path) -> seal.SealedFiles:
    summary = compose(inputs(2, 0))
    return seal.seal(
        summary,
        result,
        None,
        certificates.signer_of(keys_dir, summary.unit.code, PASSPHRASE),
        fonts_dir=FONTS,
        trust_root_pem=(keys_dir / "root.pem").read_bytes(),
        now=NOW,
        printed_pdf=printed.rendered.pdf,
    )


def verdict_of(pdf: bytes, keys_dir: Path, tmp_path: Path) -> Verdict:
    path = tmp_path / "summary.pdf"
    path.write_bytes(pdf)
    return verify.verify(path, (keys_dir / "root.pem").read_bytes())


def test_our_print_sealed_elsewhere_is_bound_page_by_page_and_its_signer_named(
    printed: seal.Printed, electronic: bytes
) -> None:
    result = read(printed, (NAME, electronic))
    assert refusals(result) == set()
    assert result.elsewhere is not None
    assert result.elsewhere.kind == "elsewhere_pdf"
    (file,) = result.elsewhere.files
    assert (file.bound, file.sha256) == ("same_pages", sha256_hex(electronic))
    assert [p.page for p in file.pages] == list(range(1, printed.expected.pages + 1))
    (one,) = file.signatures
    assert (one.state, one.whole, one.later) == ("intact", True, "")
    assert foreign.SCHOOL_SEAL in one.signer
    assert one.issuer == foreign.AUTHORITY
    said = "".join(f.message for f in result.findings)
    assert "签名完整,签署人青槐县实验中学（样章）" in said
    assert "不判断其机构是否可信" in said


def test_the_seal_carries_the_file_byte_for_byte_and_other_readers_find_it(
    printed: seal.Printed, electronic: bytes, keys_dir: Path, tmp_path: Path
) -> None:
    made = sealed(printed, read(printed, (NAME, electronic)), keys_dir)
    verdict = verdict_of(made.pdf, keys_dir, tmp_path)
    assert (verdict.ok, verdict.stands_on) == (True, "elsewhere_pdf")
    assert [n.code for n in verdict.notes] == [
        "verify.elsewhere",
        "elsewhere.bound",
        "elsewhere.signature_intact",
    ]
    record = msgspec.json.decode(made.seal_json, type=SealRecord)
    assert (record.schema, record.scan) == (2, ())
    whole, out = str(tmp_path / "summary.pdf"), tmp_path / "out.pdf"
    poppler("pdfdetach", "-savefile", "elsewhere-1.pdf", "-o", str(out), whole)
    assert out.read_bytes() == electronic
    assert "Signature is Valid" in poppler("pdfsig", "-nocert", str(out))
    words = "".join(poppler("pdftotext", whole, "-").split())
    assert "本件以电子公章文件代替盖章扫描件" in words


def test_a_seal_over_a_scan_has_the_schema_it_always_had(
    printed: seal.Printed, keys_dir: Path
) -> None:
    made = sealed(printed, read_scan(stamped_scans(printed), printed.expected), keys_dir)
    tree = msgspec.json.decode(made.seal_json)
    assert tree["schema"] == 1
    assert "elsewhere" not in tree


def test_an_ofd_is_attached_by_hash_and_unverified_wherever_it_is_named(
    printed: seal.Printed, keys_dir: Path, tmp_path: Path
) -> None:
    data = foreign.sealed_ofd("一所学校的报告")
    result = read(printed, ("盖好的.ofd", data))
    assert refusals(result) == set()
    assert remarks(result) == ["elsewhere.ofd_unverified"]
    made = sealed(printed, result, keys_dir)
    verdict = verdict_of(made.pdf, keys_dir, tmp_path)
    assert (verdict.ok, verdict.as_json()["stands_on"]) == (True, "elsewhere_ofd")
    assert "未核验" in "".join(n.message for n in verdict.notes)
    opened = verify.open_sealed(tmp_path / "summary.pdf", (keys_dir / "root.pem").read_bytes())
    assert opened.attachments["elsewhere-1.ofd"] == data


@pytest.mark.parametrize(
    ("texts", "bound", "refused"),
    [
        (("与本系统无关",), "declared", set()),
        (("{code}",), "codes", set()),
        (("{document} · 第 9 版",), "declared", {"scan.older_version"}),
        (("{document} · 第 1 版", "{code}"), "codes", set()),
    ],
)
def test_an_ofd_that_names_another_version_is_refused(
    printed: seal.Printed, texts: tuple[str, ...], bound: str, refused: set[str]
) -> None:
    from shared.paper import page_mark

    e = printed.expected
    code = page_mark(e.document, e.version, 1, 1, e.data_hash).rpartition(":")[2]
    data = foreign.sealed_ofd(*(one.format(code=code, document=e.document) for one in texts))
    result = read(printed, ("a.ofd", data))
    assert refusals(result) == refused
    assert result.elsewhere is not None
    assert result.elsewhere.files[0].bound == bound


def test_two_seals_are_both_named_and_the_first_one_does_not_cover_the_second(
    printed: seal.Printed, electronic: bytes
) -> None:
    both = foreign.sealed_pdf(electronic, name="校长（样章）", field="GZ2")
    result = read(printed, (NAME, both))
    assert refusals(result) == set()
    assert remarks(result).count("elsewhere.signature_intact") == 2
    assert "elsewhere.added_later" in remarks(result)


HOSTILE: dict[str, tuple[Any, str]] = {
    "no signature": (lambda pdf, _: pdf, "elsewhere.no_signature"),
    "a byte of a page": (lambda pdf, e: _flipped(e, len(pdf) // 2), "elsewhere.signature_broken"),
    "a changed page": (lambda _, e: foreign.changed_after(e), "elsewhere.changed_after"),
    "a note laid over it": (lambda _, e: foreign.with_note_over(e), "elsewhere.changed_after"),
    "cut off": (lambda _, e: e[:-700], "elsewhere."),
    "only its beginning": (lambda _, e: e[:900], "elsewhere.unreadable"),
    "empty": (lambda _, __: b"", "elsewhere.no_pdf_or_ofd"),
    "a picture": (lambda _, __: b"\xff\xd8\xff\xe0" + bytes(99), "elsewhere.no_pdf_or_ofd"),
    "a password": (lambda pdf, _: foreign.encrypted(pdf), "elsewhere.encrypted"),
    "a script": (
        lambda pdf, _: foreign.sealed_pdf(foreign.with_member(pdf, "/OpenAction", _script())),
        "elsewhere.acts",
    ),
    "a form of XFA": (
        lambda _, e: foreign.with_member(e, "/XFA", generic.NameObject("/x")),
        "elsewhere.acts",
    ),
    "a zip": (lambda _, __: foreign.zipped({"a.txt": b"x"}), "elsewhere.no_ofd"),
    "a Word document": (
        lambda _, __: foreign.zipped({"[Content_Types].xml": b"<a/>", "word/document.xml": b"x"}),
        "elsewhere.no_ofd",
    ),
    "an OFD without a seal": (
        lambda _, __: foreign.sealed_ofd("a", sealed=False),
        "elsewhere.ofd_unsealed",
    ),
    "half an OFD": (lambda _, __: foreign.sealed_ofd("a")[:-60], "elsewhere.ofd_unreadable"),
}


def _script() -> Any:
    name: Any = generic.NameObject
    return generic.DictionaryObject(
        {name("/S"): name("/JavaScript"), name("/JS"): generic.TextStringObject("app.alert(1)")}
    )


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_that_is_not_our_print_sealed_and_whole_is_refused_by_name(
    printed: seal.Printed, electronic: bytes, kind: str
) -> None:
    make, code = HOSTILE[kind]
    result = read(printed, (NAME, make(printed.rendered.pdf, electronic)))
    assert any(found.startswith(code) for found in refusals(result)), refusals(result)


@pytest.mark.parametrize("change", [foreign.in_a_form_nobody_checks, foreign.with_sm2])
def test_a_signature_of_a_form_nobody_here_checks_is_unverified_and_not_broken(
    printed: seal.Printed, electronic: bytes, change: Any
) -> None:
    result = read(printed, (NAME, change(electronic)))
    assert refusals(result) == set()
    assert "elsewhere.signature_unchecked" in remarks(result)
    assert "未核验" in "".join(f.message for f in result.findings)


def test_our_own_system_signature_is_no_official_seal(
    printed: seal.Printed, keys_dir: Path
) -> None:
    summary = compose(inputs(2, 0))
    signer = certificates.signer_of(keys_dir, summary.unit.code, PASSPHRASE)
    draft = seal.Draft(
        pdf=printed.rendered.pdf, xlsx=b"", data_hash="", seal_json=b"", unit_name="x"
    )
    own = seal.sign_draft(draft, signer, FONTS, NOW)
    assert refusals(read(printed, (NAME, own))) == {"elsewhere.own_signature"}
    assert sign.FIELD == "SystemSignature"


def test_another_documents_print_is_refused_though_its_seal_is_whole(
    printed: seal.Printed,
) -> None:
    other = seal.print_summary(compose(inputs(4, 1)), FONTS)
    result = read(printed, (NAME, foreign.sealed_pdf(other.rendered.pdf)))
    assert refusals(result) == {"scan.other_data"}


def test_a_note_laid_over_the_print_before_its_seal_makes_it_no_exact_copy(
    printed: seal.Printed,
) -> None:
    data = foreign.sealed_pdf(foreign.with_note_over(printed.rendered.pdf))
    result = read(printed, (NAME, data))
    assert result.elsewhere is not None
    assert result.elsewhere.files[0].bound == "codes"


CHANGED_LOOKS: dict[str, Any] = {
    "a font that draws other letters": foreign.with_another_font,
    "a page cut off": foreign.cropped,
    "a page turned": foreign.turned,
    "a link that covers": lambda pdf: foreign.covered(pdf, "/Link"),
    "a field that nobody signed": lambda pdf: foreign.covered(pdf, "/Widget", "/Sig"),
    "a field of text": lambda pdf: foreign.covered(pdf, "/Widget", "/Tx"),
}


@pytest.mark.parametrize("kind", CHANGED_LOOKS)
def test_a_print_that_looks_otherwise_is_no_exact_copy_though_its_pages_draw_the_same(
    printed: seal.Printed, whole: tuple[SealRecord, dict[str, bytes]], kind: str
) -> None:
    data = foreign.sealed_pdf(CHANGED_LOOKS[kind](printed.rendered.pdf))
    result = read(printed, (NAME, data))
    assert result.elsewhere is not None
    assert result.elsewhere.files[0].bound == "codes"
    assert _claiming_same_pages(*whole, data) == {"verify.elsewhere_pages"}


def test_a_signature_as_large_as_a_page_makes_it_no_exact_copy(printed: seal.Printed) -> None:
    data = foreign.sealed_pdf(printed.rendered.pdf, box=(40, 40, 555, 800))
    result = read(printed, (NAME, data))
    assert result.elsewhere is not None
    assert result.elsewhere.files[0].bound == "codes"


def test_two_seals_of_usual_size_leave_it_an_exact_copy(
    printed: seal.Printed, electronic: bytes
) -> None:
    both = foreign.sealed_pdf(electronic, field="GZ2", box=(100, 120, 230, 250))
    result = read(printed, (NAME, both))
    assert result.elsewhere is not None
    assert result.elsewhere.files[0].bound == "same_pages"


@pytest.mark.parametrize("form", [foreign.in_a_form_nobody_checks, foreign.with_sm2])
@pytest.mark.parametrize("change", [foreign.changed_after, foreign.with_note_over])
def test_what_was_changed_behind_a_signature_that_nobody_here_checks_is_refused(
    printed: seal.Printed, electronic: bytes, form: Any, change: Any
) -> None:
    result = read(printed, (NAME, change(form(electronic))))
    assert refusals(result) == {"elsewhere.changed_after"}


def test_a_signature_over_a_few_bytes_in_a_form_nobody_here_checks_covers_nothing(
    printed: seal.Printed, electronic: bytes
) -> None:
    data = foreign.in_a_form_nobody_checks(electronic)
    start = data.rindex(b"/ByteRange [")
    end = data.index(b"]", start) + 1
    few = b"/ByteRange [0 10 20 10]".ljust(end - start)
    result = read(printed, (NAME, data[:start] + few + data[end:]))
    assert refusals(result) == {"elsewhere.changed_after"}


@pytest.mark.parametrize("seed", range(3))
def test_no_byte_that_a_signature_covers_can_change_unnoticed(
    printed: seal.Printed, electronic: bytes, seed: int
) -> None:
    contents = electronic.rindex(b"/Contents")
    chance = random.Random(seed)
    for at in sorted(chance.randrange(20, contents) for _ in range(6)):
        assert not read(printed, (NAME, _flipped(electronic, at))).complete, at


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cut=st.floats(0, 1), byte=st.integers(1, 255), at=st.floats(0, 1))
def test_a_damaged_ofd_is_taken_or_refused_but_never_breaks_the_reader(
    printed: seal.Printed, cut: float, byte: int, at: float
) -> None:
    data = bytearray(foreign.sealed_ofd("报告"))
    data[int(at * (len(data) - 1))] ^= byte
    read(printed, ("a.ofd", bytes(data[: max(4, int(cut * len(data)))])))


def _bomb(**more: bytes) -> bytes:
    return foreign.zipped({**foreign.ofd_parts(), **more})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (lambda: _bomb(big=bytes(210 * 2**20)), "elsewhere.ofd_too_large"),
        (lambda: _bomb(**{f"e{n}": b"" for n in range(4100)}), "elsewhere.ofd_too_large"),
        (
            lambda: _bomb(**{"Doc_0/Pages/Page_0/Content.xml": b"<a>" + bytes(9 * 2**20)}),
            "elsewhere.ofd_too_large",
        ),
        (
            lambda: _bomb(**{"OFD.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
            "elsewhere.ofd_unreadable",
        ),
        (lambda: _bomb(**{"OFD.xml": b"<OFD/>"}), "elsewhere.ofd_unreadable"),
        (lambda: _bomb(**{"/OFD.xml": foreign.ofd_parts()["OFD.xml"]}), "elsewhere.ofd_unreadable"),
    ],
)
def test_a_bomb_of_an_ofd_is_refused(printed: seal.Printed, data: Any, code: str) -> None:
    assert refusals(read(printed, ("a.ofd", data()))) == {code}


def test_an_ofd_that_lists_its_signature_a_million_times_is_soon_read(
    printed: seal.Printed,
) -> None:
    parts = foreign.ofd_parts()
    end, listed = b"</ofd:DocBody>", b"<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>"
    parts["OFD.xml"] = parts["OFD.xml"].replace(end, listed * 1000 + end)
    name, end = "Doc_0/Signs/Signatures.xml", b"</ofd:Signatures>"
    one = b'<ofd:Signature BaseLoc="/Doc_0/Signs/Sign_0/Signature.xml"/>'
    parts[name] = parts[name].replace(end, one * 1000 + end)
    assert read(printed, ("a.ofd", foreign.zipped(parts))).complete
    assert ofd.read("a", foreign.zipped(parts)).seals <= ofd.MOST_SEALS


def test_an_ofd_among_scans_says_where_it_belongs(printed: seal.Printed) -> None:
    result = read_scan([("a.ofd", foreign.sealed_ofd("a"))], printed.expected)
    assert "elsewhere.is_ofd" in {p.code for p in result.problems}


def test_a_signed_pdf_sent_as_a_scan_is_remarked(printed: seal.Printed, electronic: bytes) -> None:
    result = read_scan([("a.pdf", electronic)], printed.expected, printed.rendered.pdf)
    assert "scan.signed_elsewhere" in {f.code for f in result.findings}


# What an insider with the unit's key could write into seal.json is judged again by whoever verifies.


@pytest.fixture(scope="module")
def whole(
    printed: seal.Printed, electronic: bytes, keys_dir: Path
) -> tuple[SealRecord, dict[str, bytes]]:
    made = sealed(printed, read(printed, (NAME, electronic)), keys_dir)
    record = msgspec.json.decode(made.seal_json, type=SealRecord)
    return record, {"elsewhere-1.pdf": electronic}


def judged(record: SealRecord, files: dict[str, bytes]) -> set[str]:
    found = Findings()
    elsewhere_checks.check(files, record, found, Findings())
    return {one.code for one in found.items}


def test_a_record_and_its_file_agree(whole: tuple[SealRecord, dict[str, bytes]]) -> None:
    assert judged(*whole) == set()


def _claiming_same_pages(record: SealRecord, files: dict[str, bytes], data: bytes) -> set[str]:
    """What is found where a record says of other bytes that they show our pages unchanged."""
    assert record.elsewhere
    ((name, _),) = files.items()
    (file,) = record.elsewhere.files
    other = msgspec.structs.replace(file, sha256=sha256_hex(data), size_bytes=len(data))
    attached = tuple(
        msgspec.structs.replace(one, sha256=other.sha256) if one.name == name else one
        for one in record.attachments
    )
    return judged(_with(record, files=(other,), attachments=attached), {name: data})


def _with(record: SealRecord, **changes: Any) -> SealRecord:
    inside = {k: changes.pop(k) for k in ("kind", "files") if k in changes}
    if inside:
        assert record.elsewhere
        changes["elsewhere"] = msgspec.structs.replace(record.elsewhere, **inside)
    return msgspec.structs.replace(record, **changes)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"schema": 1}, "verify.scan_missing"),
        ({"elsewhere": msgspec.UNSET}, "verify.scan_missing"),
        ({"files": ()}, "verify.scan_missing"),
        ({"kind": "elsewhere_ofd"}, "verify.attachment_changed"),
        ({"attachments": ()}, "verify.elsewhere_missing"),
        ({"ink_pages": (1, 99)}, "verify.elsewhere_page"),
        ({"pages": ("0" * 64,) * 9}, "verify.elsewhere_pages"),
    ],
)
def test_a_record_that_says_otherwise_is_named(
    whole: tuple[SealRecord, dict[str, bytes]], changes: dict[str, Any], code: str
) -> None:
    record, files = whole
    assert judged(_with(record, **changes), files) == {code}


def test_a_record_that_names_a_file_whose_signature_does_not_hold_is_refused(
    whole: tuple[SealRecord, dict[str, bytes]], electronic: bytes
) -> None:
    record, _ = whole
    assert record.elsewhere
    data = _flipped(electronic, 5000)
    (file,) = record.elsewhere.files
    other = msgspec.structs.replace(file, sha256=sha256_hex(data), bound="codes")
    attached = tuple(
        msgspec.structs.replace(one, sha256=other.sha256) if one.name == file.name else one
        for one in record.attachments
    )
    changed = _with(record, files=(other,), attachments=attached)
    assert "elsewhere.signature_broken" in judged(changed, {file.name: data})


def _signature(state: Any, *, whole: bool, later: Any = "", field: str = "a") -> ForeignSignature:
    return ForeignSignature(field=field, signer="某校", state=state, whole=whole, later=later)


SIGNATURES = st.builds(
    _signature,
    st.sampled_from(["intact", "broken", "unchecked"]),
    whole=st.booleans(),
    later=st.sampled_from(["", "allowed", "other"]),
    field=st.sampled_from(["a", "SystemSignature"]),
)


@given(st.lists(SIGNATURES, max_size=4))
def test_signatures_are_enough_when_none_is_broken_and_a_foreign_one_covers_what_is_shown(
    signatures: list[ForeignSignature],
) -> None:
    found = Findings()
    elsewhere_report.judge("a.pdf", signatures, found)
    broken = any(one.state == "broken" for one in signatures)
    covering = any(
        one.field == "a" and one.state != "broken" and (one.whole or one.later != "other")
        for one in signatures
    )
    assert (not found.items) == (covering and not broken)


def _as_pictures(pdf: bytes, pages: list[int]) -> bytes:
    """What a printer driver makes of the print: a picture a page, nothing attached."""
    out = io.BytesIO()
    first, *others = [page_picture(pdf, page) for page in pages]
    first.save(out, "PDF", resolution=150, save_all=True, append_images=others)
    return out.getvalue()


def test_a_print_made_anew_and_sealed_is_bound_by_the_codes_on_its_pages(
    printed: seal.Printed,
) -> None:
    pages = list(range(1, printed.expected.pages + 1))
    data = foreign.sealed_pdf(_as_pictures(printed.rendered.pdf, pages))
    result = read(printed, (NAME, data))
    assert refusals(result) == set()
    assert result.elsewhere is not None
    assert result.elsewhere.files[0].bound == "codes"
    assert [one.page for one in result.elsewhere.files[0].pages] == pages
    assert "未逐字比对" in "".join(f.message for f in result.findings)


def test_a_file_without_the_page_that_must_bear_the_seal_names_it_until_another_file_has_it(
    printed: seal.Printed,
) -> None:
    (ink,) = printed.expected.ink_pages
    other = next(n for n in range(1, printed.expected.pages + 1) if n != ink)
    lacking = foreign.sealed_pdf(_as_pictures(printed.rendered.pdf, [other]))
    assert refusals(read(printed, (NAME, lacking))) == {"elsewhere.page_missing"}
    with_it = foreign.sealed_pdf(_as_pictures(printed.rendered.pdf, [ink]))
    assert refusals(read(printed, (NAME, lacking), ("另一份.pdf", with_it))) == set()


def test_an_attached_file_that_the_print_had_not_is_refused(printed: seal.Printed) -> None:
    data = foreign.sealed_pdf(foreign.with_attached(printed.rendered.pdf, "other.txt", b"x"))
    assert refusals(read(printed, (NAME, data))) == {"elsewhere.attachments"}


def test_one_ofd_among_pdfs_makes_all_of_it_unverified(
    printed: seal.Printed, electronic: bytes
) -> None:
    result = read(printed, (NAME, electronic), ("a.ofd", foreign.sealed_ofd("a")))
    assert refusals(result) == set()
    assert result.elsewhere is not None
    assert result.elsewhere.kind == "elsewhere_ofd"
