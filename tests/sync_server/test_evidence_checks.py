"""What the evidence is compared with, part by part: each finding with its file, its row and its words; nothing is drawn."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.cases import Person
from shared.digest import GENESIS, link, sha256_hex
from shared.problems import PROBLEMS, ProblemError, fill
from shared.readiness import NamedException
from shared.records.base import Paper, encode
from shared.records.visit import Visit
from shared.wire import b64
from sync_server.sealing import summary as document
from sync_server.sealing.checking import evidence_checks
from sync_server.sealing.checking.evidence_checks import (
    FACTS,
    Contents,
    Device,
    Line,
    RecordTakenByHand,
)
from sync_server.sealing.making import evidence
from sync_server.sealing.making.compose import COMPOSER, SchoolInputs, compose
from sync_server.sealing.making.evidence import ChainEntry, DeviceKey, TakenByHand
from sync_server.sealing.record import EvidenceFile, Finding, Findings, SealRecord
from tests.support.seal_samples import Book, chain, device, device_key, inputs, photo_of

PHONE = device()
COUNTY_KEY = ec.generate_private_key(ec.SECP256R1())
COUNTY_PEM = COUNTY_KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
BASE = inputs(4, 2)
OWNER = Device(device="phone-1", name="王老师的手机", public_key=b64(device_key(PHONE).public_key))
TREE: dict[str, Any] = json.loads(document.encode(compose(BASE)))


def finding(code: str, *, file: str, row: int | None = None, **values: Any) -> Finding:
    """A finding with the registry's sentence."""
    known = {"file": file, "row": row, **values}
    return Finding(code=code, file=file, row=row, message=fill(PROBLEMS[code].zh, known))


def lines_of(entries: list[ChainEntry]) -> list[Line]:
    """The lines of facts.jsonl as a reader finds them."""
    return [
        Line(
            device=e.device,
            n=e.n,
            sha256=e.sha256,
            link=b64(e.link),
            sig=b64(e.sig),
            bytes=b64(e.data or b""),
            seq=e.seq,
            received_at=e.received_at,
        )
        for e in entries
    ]


def chained(given: SchoolInputs = BASE) -> list[ChainEntry]:
    return chain(given.facts, PHONE)


def contents(given: SchoolInputs = BASE) -> Contents:
    photos = {sha256_hex(photo_of(case.id)) for case in given.cases}
    bare = evidence.without_unused(given)
    return Contents(lines=lines_of(chained(given)), devices=[OWNER], inputs=bare, photos=photos)


def recomposed(found_in: Contents, tree: dict[str, Any] = TREE) -> list[Finding]:
    found = Findings()
    assert found_in.inputs is not None
    evidence_checks.recompose(found_in, found_in.inputs, tree, found)
    return found.items


def followed(lines: list[Line], *owners: Device, gaps: frozenset[str] = frozenset()) -> Findings:
    found = Findings()
    evidence_checks.chains(lines, owners or [OWNER], set(gaps), found)
    return found


def disagrees(row: int | None, column: str) -> Finding:
    return finding("verify.facts_disagree", file="summary.json", row=row, column=column)


# composed anew


def test_a_summary_composed_anew_from_its_evidence_is_the_same() -> None:
    assert recomposed(contents()) == []


def test_the_server_s_order_decides_anew_as_well() -> None:
    book = Book(1)
    book.stored = list(BASE.facts)
    visit = next(
        s.fact for s in BASE.facts if s.fact.case == BASE.cases[3].id and not s.fact.photos
    )
    book.write(visit.case, Visit(met="self", outcome="not_aware"), "2019-12-14T15:00:00+08:00")
    *earlier, last = book.stored
    first = msgspec.structs.replace(last, seq=0)
    given = msgspec.structs.replace(BASE, facts=(*earlier, first))
    assert recomposed(contents(given), json.loads(document.encode(compose(given)))) == []


def test_a_row_that_differs_is_named_by_its_number_and_column() -> None:
    tree = json.loads(json.dumps(TREE))
    tree["rows"][1]["visits"] = 9
    tree["rows"][2]["row"] = 30
    tree["rows"][2]["teacher"] = "别人"
    assert recomposed(contents(), tree) == [
        disagrees(2, "visits"),
        disagrees(30, "row"),
        disagrees(30, "teacher"),
    ]


def test_a_statement_that_differs_is_named_by_the_number_of_its_row() -> None:
    tree = json.loads(json.dumps(TREE))
    tree["statements"][1]["narrative"] = "另一段话"
    number = tree["statements"][1].get("row", 2)
    assert recomposed(contents(), tree) == [disagrees(number, "narrative")]


def test_a_row_too_many_and_a_row_too_few_are_named_with_all_their_columns() -> None:
    more, fewer = json.loads(json.dumps(TREE)), json.loads(json.dumps(TREE))
    extra = {**more["rows"][3], "row": 5}
    more["rows"].append(extra)
    assert recomposed(contents(), more) == [disagrees(5, key) for key in sorted(extra)]
    gone = fewer["rows"].pop()
    assert recomposed(contents(), fewer) == [disagrees(4, key) for key in sorted(gone)]


def test_what_stands_outside_of_the_tables_is_named_without_a_row() -> None:
    tree = {**TREE, "as_of": "2019-12-16", "later": 1}
    named = [
        finding("verify.facts_disagree", file="summary.json", column=key)
        for key in ("as_of", "later")
    ]
    assert recomposed(contents(), tree) == named


def test_evidence_of_which_nothing_can_be_composed_says_what_is_missing() -> None:
    given = inputs(2, 0)
    bare = [line for line in lines_of(chained(given)) if line.n == 1]
    found = recomposed(msgspec.structs.replace(contents(given), lines=bare), TREE)
    missing = [one for one in found if one.code == "verify.facts_disagree"]
    assert {one.file for one in missing} == {"summary.json"}
    assert {one.row for one in missing} == {None}
    assert all("“None”" not in one.message and "“”" not in one.message for one in missing)


def test_a_missing_photo_is_named_by_the_first_twelve_characters_of_its_hash() -> None:
    whole = contents()
    lost = sorted(whole.photos)[0]
    found = recomposed(msgspec.structs.replace(whole, photos=whole.photos - {lost}))
    assert found[0] == finding("verify.photo_missing", file=f"photos/{lost}", photo=lost[:12])


def test_a_photo_that_an_exception_names_is_not_missed() -> None:
    lost = sha256_hex(photo_of(BASE.cases[0].id))
    excused = msgspec.structs.replace(
        BASE,
        exceptions=(NamedException(code="seal.photo_missing", ref=lost, reason="已损坏"),),
        stored_photos=BASE.stored_photos - {lost},
    )
    held = msgspec.structs.replace(contents(excused), photos=set(excused.stored_photos))
    assert recomposed(held, json.loads(document.encode(compose(excused)))) == []


# chains


def test_a_whole_chain_has_nothing_to_note() -> None:
    found = followed(lines_of(chained()))
    assert (found.items, found.remarks) == ([], [])


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"bytes": b64(b"{}")}, ["verify.fact_changed"]),
        ({"link": b64(bytes(32))}, ["verify.chain_broken"]),
        ({"sig": ""}, ["verify.fact_bad_signature"]),
        ({"sig": b64(bytes(63))}, ["verify.fact_bad_signature"]),
        ({"sig": b64(bytes(64))}, ["verify.fact_bad_signature"]),
    ],
)
def test_a_changed_line_is_named_by_its_phone_and_number(
    change: dict[str, str], codes: list[str]
) -> None:
    lines = lines_of(chained())
    lines[1] = msgspec.structs.replace(lines[1], **change)
    named = [finding(code, file=FACTS, row=2, device="phone-1", n=2) for code in codes]
    assert followed(lines).items == named


def test_a_stub_without_link_and_signature_only_carries_the_chain_on() -> None:
    lines = lines_of(chained())
    lines[1] = Line(device="phone-1", n=2, sha256=lines[1].sha256)
    assert followed(lines).items == []


def test_a_gap_is_noted_at_the_record_after_it_unless_an_exception_names_it() -> None:
    lines = [line for line in lines_of(chained()) if line.n not in (2, 3)]
    broken = finding("verify.chain_broken", file=FACTS, row=4, device="phone-1", n=4)
    assert followed(lines).items == [broken]
    assert followed(lines, gaps=frozenset({"phone-1:2-3"})).items == []
    assert followed(lines, gaps=frozenset({"phone-1:2-2", "phone-1:3-3"})).items == [broken]


def test_a_chain_without_its_first_record_is_broken_at_the_second() -> None:
    lines = lines_of(chained())[1:]
    broken = finding("verify.chain_broken", file=FACTS, row=2, device="phone-1", n=2)
    assert followed(lines).items == [broken]


@pytest.mark.parametrize("key", ["", "AAAA", b64(b"\x04" + bytes(64))])
def test_records_of_a_phone_without_a_readable_key_are_not_signed(key: str) -> None:
    owner = msgspec.structs.replace(OWNER, public_key=key)
    lines = lines_of(chained())
    assert {f.code for f in followed(lines, owner).items} == {"verify.fact_bad_signature"}
    assert len(followed(lines, owner).items) == len(lines)


# taken by hand


def by_hand(n: int = -1, **changes: Any) -> Line:
    """A record beside the chain, as the centre took it: its own signature over the link it continues."""
    book = Book(4)
    book.write("case-1", Visit(met="self", outcome="promised"), "2019-12-12T10:00:00+08:00")
    (entry,) = chained(msgspec.structs.replace(BASE, facts=tuple(book.stored)))
    taken = RecordTakenByHand(
        code="fact.chain_forked",
        n=7,
        before=b64(GENESIS),
        by="张主任",
        at="2019-12-16T02:30:00+00:00",
        reason="原件在手",
    )
    line = msgspec.structs.replace(lines_of([entry])[0], n=n, taken=taken)
    return msgspec.structs.replace(line, **changes)


def test_a_record_taken_by_hand_is_remarked_on_with_who_when_and_why() -> None:
    found = followed([by_hand()])
    assert found.items == []
    (remark,) = found.remarks
    assert (remark.code, remark.file) == ("verify.taken_by_hand", FACTS)
    assert remark.message == (
        "手机 phone-1 的第 7 条记录曾列为异常记录,由张主任于 2019-12-16 10:30 收下(原件在手)"
    )


def test_one_taken_without_a_reason_says_so_with_a_dash() -> None:
    taken = msgspec.structs.replace(by_hand().taken, reason="")
    (remark,) = followed([by_hand(taken=taken)]).remarks
    assert "(–)" in remark.message


def test_one_that_stands_in_its_chain_is_checked_as_part_of_it() -> None:
    lines = lines_of(chained())
    lines[0] = msgspec.structs.replace(lines[0], taken=by_hand().taken)
    found = followed(lines)
    assert (found.items, len(found.remarks)) == ([], 1)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"bytes": ""}, ["verify.chain_broken"]),
        ({"taken": None}, ["verify.chain_broken"]),
        ({"bytes": b64(b"{}")}, ["verify.fact_changed"]),
        ({"link": b64(bytes(32))}, ["verify.chain_broken", "verify.fact_bad_signature"]),
        ({"sig": b64(bytes(64))}, ["verify.fact_bad_signature"]),
    ],
)
def test_a_record_beside_its_chain_is_checked_by_its_own_signature(
    change: dict[str, Any], codes: list[str]
) -> None:
    n = 0 if change.get("taken", "") is None else 7
    named = [finding(code, file=FACTS, device="phone-1", n=n) for code in codes]
    assert followed([by_hand(**change)]).items == named
    assert followed([by_hand(0, **change)]).items == named


# from paper


def paper_line(**changes: Any) -> Line:
    sheet = Paper(keyed_by="联络员", visited_by="staff-1")
    data = encode(msgspec.structs.replace(BASE.facts[0].fact, paper=sheet))
    return Line(device="phone-1", n=3, sha256=sha256_hex(data), bytes=b64(data), **changes)


def papers_of(line: Line, *, office: bool) -> list[Finding]:
    found = Findings()
    owner = msgspec.structs.replace(OWNER, office=office)
    evidence_checks.papers([line], [owner], found)
    return found.items


def test_what_was_typed_in_from_paper_is_signed_by_an_office_and_nothing_else() -> None:
    wrong = [finding("verify.paper_device", file=FACTS, row=3, device="phone-1", n=3)]
    own = msgspec.structs.replace(lines_of(chained())[2], n=3)
    assert papers_of(paper_line(), office=True) == papers_of(own, office=False) == []
    assert papers_of(paper_line(), office=False) == papers_of(own, office=True) == wrong


def test_a_stub_and_bytes_that_nobody_can_read_are_not_from_paper() -> None:
    stub = Line(device="phone-1", n=3, sha256="0" * 64)
    assert papers_of(stub, office=True) == papers_of(stub, office=False) == []
    for data in (b"\xff", b"[" * 5000):
        odd = Line(device="phone-1", n=3, sha256="0" * 64, bytes=b64(data))
        assert papers_of(odd, office=False) == []


# the file


def written(
    path: Path, given: SchoolInputs = BASE, entries: list[ChainEntry] | None = None, **how: Any
) -> EvidenceFile:
    photos = [(sha256_hex(photo_of(case.id)), photo_of(case.id)) for case in given.cases]
    return evidence.write_evidence(
        path,
        how.get("pem", COUNTY_PEM),
        given,
        chained(given) if entries is None else entries,
        how.get("devices", [device_key(PHONE)]),
        how.get("photos", photos),
    )


def members(path: Path) -> dict[str, bytes]:
    return {one.name: one.data for one in evidence.open_evidence(path, COUNTY_KEY)}


def record_of(made: EvidenceFile | None) -> SealRecord:
    blank = dict.fromkeys(SealRecord.__struct_fields__, "")
    known = msgspec.structs.fields(SealRecord)
    values: dict[str, Any] = {f.name: blank[f.name] for f in known if f.required}
    return msgspec.structs.replace(SealRecord(**values), evidence=made)


def checked(
    path: Path,
    made: EvidenceFile | None,
    tree: dict[str, Any] = TREE,
    key: ec.EllipticCurvePrivateKey | None = COUNTY_KEY,
) -> Findings:
    found = Findings()
    evidence_checks.check(path, key, tree, record_of(made), found)
    return found


def test_a_file_that_the_seal_names_and_that_agrees_has_nothing_to_note(tmp_path: Path) -> None:
    path = tmp_path / "evidence.bin"
    found = checked(path, written(path))
    assert (found.items, found.remarks) == ([], [])


def test_a_file_that_the_seal_does_not_name_is_named_and_not_composed_from(tmp_path: Path) -> None:
    path, changed = (
        tmp_path / "evidence.bin",
        finding("verify.evidence_changed", file="evidence.bin"),
    )
    made = written(path, inputs(4, 1))
    assert checked(path, None).items == [changed]
    other = msgspec.structs.replace(made, sha256="0" * 64)
    assert checked(path, other).items == [changed]
    assert checked(tmp_path / "none", made).items == [
        finding("verify.evidence_changed", file="none")
    ]


def test_without_the_key_only_the_files_hash_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "evidence.bin"
    made = written(path, inputs(4, 1))
    assert checked(path, made, key=None).items == []
    assert checked(path, made).items != []


def test_a_file_for_another_key_is_named_as_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "evidence.bin"
    made = written(path)
    (one,) = checked(path, made, key=ec.generate_private_key(ec.SECP256R1())).items
    assert (one.code, one.file) == ("verify.evidence_unreadable", "evidence.bin")


def test_a_summary_of_another_composer_is_not_composed_anew_and_that_is_said(
    tmp_path: Path,
) -> None:
    path = tmp_path / "evidence.bin"
    made = written(path, inputs(4, 1))
    tree = {**TREE, "composer": COMPOSER - 1}
    found = checked(path, made, tree)
    assert found.items == []
    (remark,) = found.remarks
    assert (remark.code, remark.file) == ("verify.other_composer", "evidence.bin")
    assert str(COMPOSER - 1) in remark.message


def test_chains_and_paper_are_checked_whatever_the_composer(tmp_path: Path) -> None:
    path = tmp_path / "evidence.bin"
    entries = chained()
    del entries[1]
    office = [msgspec.structs.replace(device_key(PHONE), office=True)]
    made = written(path, entries=entries, devices=office)
    codes = {one.code for one in checked(path, made, {**TREE, "composer": COMPOSER - 1}).items}
    assert codes == {"verify.chain_broken", "verify.paper_device"}


def test_a_gap_that_the_summary_excuses_is_no_broken_chain(tmp_path: Path) -> None:
    path = tmp_path / "evidence.bin"
    made = written(path, entries=[entry for entry in chained() if entry.n != 2])
    line = {"code": "seal.chain_hole", "ref": "phone-1:2-2", "words": "", "reason": "", "case": ""}
    tree = {**TREE, "composer": COMPOSER - 1, "exceptions": [{**line, "name": "", "by": ""}]}
    assert checked(path, made, tree).items == []


def test_the_members_stand_in_their_order_and_the_photos_are_listed_last(tmp_path: Path) -> None:
    path = tmp_path / "evidence.bin"
    made = written(path)
    assert made == EvidenceFile(
        sha256=sha256_hex(path.read_bytes()), size_bytes=path.stat().st_size
    )
    found = members(path)
    photos = [(sha256_hex(photo_of(case.id)), photo_of(case.id)) for case in BASE.cases]
    names = [f"photos/{sha}" for sha, _ in photos]
    assert list(found) == [FACTS, "devices.json", "inputs.json", *names, "photos.json"]
    assert [found[name] for name in names] == [data for _, data in photos]
    assert json.loads(found["photos.json"]) == [
        {"sha256": sha, "size_bytes": len(data)} for sha, data in photos
    ]


def test_devices_stand_in_order_with_the_mark_of_an_office(tmp_path: Path) -> None:
    path = tmp_path / "evidence.bin"
    points = {name: device_key(device()).public_key for name in ("b", "a")}
    keys = [
        DeviceKey(device=name, name=f"设备{name}", public_key=point, office=name == "b")
        for name, point in points.items()
    ]
    written(path, devices=keys)
    assert json.loads(members(path)["devices.json"]) == [
        {"device": "a", "name": "设备a", "public_key": b64(points["a"])},
        {"device": "b", "name": "设备b", "public_key": b64(points["b"]), "office": True},
    ]


def test_what_a_summary_never_uses_is_not_in_the_inputs() -> None:
    relative = Person(name="赵某", phones=("13900000001",))
    full = [
        msgspec.structs.replace(
            case,
            address="某村三组",
            township="柳林镇",
            village="杨树村",
            college="某大学",
            co_borrower=relative,
        )
        for case in BASE.cases
    ]
    bare = evidence.without_unused(msgspec.structs.replace(BASE, cases=tuple(full)))
    assert (bare.facts, bare.stored_photos) == ((), frozenset())
    for case, before in zip(bare.cases, BASE.cases, strict=True):
        assert (case.address, case.township, case.village, case.college) == ("", "", "", "")
        assert (case.co_borrower, case.borrower.phones) == (None, ())
        assert case.borrower.name == before.borrower.name
        assert (case.borrower.id_number, case.contracts) == (
            before.borrower.id_number,
            before.contracts,
        )


def test_facts_stand_by_phone_and_number_with_stubs_and_what_was_taken_by_hand(
    tmp_path: Path,
) -> None:
    path = tmp_path / "evidence.bin"
    one, two, three = chained()[:3]
    taken = TakenByHand(code="c", n=9, before=GENESIS, by="张主任", at="then", reason="why")
    beside = msgspec.structs.replace(two, n=-1, taken=taken)
    other = msgspec.structs.replace(one, device="phone-0", n=2, data=None)
    stub = msgspec.structs.replace(two, data=None)
    written(path, entries=[three, other, stub, beside, one])
    lines = [json.loads(line) for line in members(path)[FACTS].splitlines()]
    assert [(line["device"], line["n"]) for line in lines] == [
        ("phone-0", 2),
        ("phone-1", -1),
        ("phone-1", 1),
        ("phone-1", 2),
        ("phone-1", 3),
    ]
    after_gap, by_hand_line, first, plain_stub, third = lines
    assert set(after_gap) == {"device", "n", "sha256", "link", "sig"}
    assert by_hand_line["taken"] == {
        "code": "c",
        "n": 9,
        "before": b64(GENESIS),
        "by": "张主任",
        "at": "then",
        "reason": "why",
    }
    assert set(plain_stub) == {"device", "n", "sha256"}
    assert first == {
        "device": "phone-1",
        "n": 1,
        "sha256": one.sha256,
        "link": b64(one.link),
        "sig": b64(one.sig),
        "bytes": b64(one.data or b""),
        "seq": one.seq,
        "received_at": one.received_at,
    }
    assert "taken" not in third


def test_half_a_file_is_removed_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "evidence.bin"

    def photos() -> Any:
        yield "0" * 64, b"x"
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        written(path, photos=photos())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("pem", "code"),
    [
        (b"no key", "certs.unreadable"),
        (
            ec.generate_private_key(ec.SECP384R1())
            .public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            ),
            "certs.not_p256",
        ),
    ],
)
def test_an_unfit_evidence_key_is_refused_before_anything_is_written(
    tmp_path: Path, pem: bytes, code: str
) -> None:
    with pytest.raises(ProblemError) as refused:
        written(tmp_path / "evidence.bin", pem=pem)
    assert (refused.value.code, refused.value.where.file) == (code, "evidence.pem")
    assert list(tmp_path.iterdir()) == []


def _archive(path: Path, put: Callable[[tarfile.TarFile], None]) -> None:
    """Encrypt another tar to the county, as anybody could who has its public key."""
    import io

    from sync_server.sealing.making.encrypted_stream import EncryptingWriter

    with path.open("wb") as file, EncryptingWriter(file, COUNTY_KEY.public_key()) as frames:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            put(archive)
        frames.write(stream.getvalue())


def _entry(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info


@pytest.mark.parametrize(
    "entry",
    [
        _entry("other.json"),
        _entry("../facts.jsonl"),
        _entry("photos/" + "g" * 64),
        _entry("photos/" + "0" * 65),
        _entry(FACTS, kind=tarfile.SYMTYPE),
        _entry(FACTS, kind=tarfile.DIRTYPE),
    ],
    ids=lambda entry: entry.name,
)
def test_members_of_other_names_and_kinds_are_refused(
    tmp_path: Path, entry: tarfile.TarInfo
) -> None:
    import io

    path = tmp_path / "evidence.bin"
    _archive(path, lambda archive: archive.addfile(entry, io.BytesIO()))
    with pytest.raises(ProblemError) as refused:
        members(path)
    assert (refused.value.code, refused.value.where.file) == (
        "verify.evidence_unreadable",
        "evidence.bin",
    )


@pytest.mark.parametrize("over", [0, 1])
def test_a_photo_is_read_up_to_its_limit(tmp_path: Path, over: int) -> None:
    import io

    path, size = tmp_path / "evidence.bin", evidence.MOST_PHOTO_BYTES + over
    entry = _entry("photos/" + "0" * 64, size)
    _archive(path, lambda archive: archive.addfile(entry, io.BytesIO(bytes(size))))
    if not over:
        assert len(members(path)["photos/" + "0" * 64]) == size
        return
    with pytest.raises(ProblemError, match=r"verify\.evidence_unreadable"):
        members(path)


def test_what_is_no_archive_is_unreadable(tmp_path: Path) -> None:
    from sync_server.sealing.making.encrypted_stream import EncryptingWriter

    path = tmp_path / "evidence.bin"
    with path.open("wb") as file, EncryptingWriter(file, COUNTY_KEY.public_key()) as frames:
        frames.write(b"no tar" * 200)
    with pytest.raises(ProblemError) as refused:
        members(path)
    assert (refused.value.code, refused.value.where.file, refused.value.values["frame"]) == (
        "verify.evidence_unreadable",
        "evidence.bin",
        "?",
    )


def test_a_photo_whose_bytes_are_others_is_named_and_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "evidence.bin"
    sha = sha256_hex(photo_of(BASE.cases[0].id))
    rest = [(sha256_hex(photo_of(case.id)), photo_of(case.id)) for case in BASE.cases[1:]]
    made = written(path, photos=[(sha, b"another picture"), *rest])
    found = checked(path, made)
    assert found.items[:2] == [
        finding("verify.photo_changed", file=f"photos/{sha}", photo=sha[:12]),
        finding("verify.photo_missing", file=f"photos/{sha}", photo=sha[:12]),
    ]


def test_evidence_without_inputs_says_so(tmp_path: Path) -> None:
    import io

    path = tmp_path / "evidence.bin"
    _archive(path, lambda archive: archive.addfile(_entry(FACTS), io.BytesIO()))
    found = checked(path, evidence.measure(path))
    assert found.items == [
        finding("verify.evidence_unreadable", file="evidence.bin", frame="inputs.json")
    ]


def test_a_signature_holds_only_over_its_own_link() -> None:
    entry = chained()[0]
    key = PHONE.public_key()
    assert evidence_checks.signed(key, entry.link, entry.sig)
    assert not evidence_checks.signed(key, link(entry.link, entry.sha256), entry.sig)
    assert not evidence_checks.signed(None, entry.link, entry.sig)
