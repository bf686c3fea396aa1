"""evidence.bin: only the county decrypts it, every changed bit is noticed, and the summary is
composed again from it.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.readiness import NamedException
from shared.records.base import decode, encode, plain
from shared.records.visit import Visit
from shared.wire import b64
from sync_server.sealing import certificates
from sync_server.sealing import summary as document
from sync_server.sealing.checking import evidence_checks, verify
from sync_server.sealing.making import evidence
from sync_server.sealing.making.compose import COMPOSER, Gap, SchoolInputs, compose
from sync_server.sealing.making.encrypted_stream import (
    FRAME_BYTES,
    DecryptingReader,
    EncryptingWriter,
)
from sync_server.sealing.making.evidence import ChainEntry
from sync_server.sealing.record import Finding, Findings, SealRecord
from sync_server.sealing.summary import SchoolSummary
from tests.support.seal_samples import (
    PASSPHRASE,
    Book,
    Sealed,
    chain,
    device,
    device_key,
    inputs,
    keys,
    photo_of,
    sealed_school,
)

KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keys(tmp_path_factory.mktemp("evidence") / "keys")


@pytest.fixture(scope="module")
def county_key(keys_dir: Path) -> ec.EllipticCurvePrivateKey:
    return certificates.load_key(keys_dir / "evidence.key", PASSPHRASE)


@pytest.fixture(scope="module")
def school(keys_dir: Path) -> Sealed:
    return sealed_school(keys_dir.parent / "school", keys_dir, people=8, special=2)


def framed(plain_bytes: bytes, pieces: Iterable[int] = ()) -> bytes:
    out = io.BytesIO()
    with EncryptingWriter(out, KEY.public_key()) as frames:
        at = 0
        for size in [*pieces, len(plain_bytes)]:
            frames.write(plain_bytes[at : at + size])
            at += size
    return out.getvalue()


def opened(sealed: bytes, key: ec.EllipticCurvePrivateKey = KEY) -> bytes:
    return io.BufferedReader(DecryptingReader(io.BytesIO(sealed), key)).read()


@pytest.mark.parametrize(
    "size", [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 2 * FRAME_BYTES, 3_000_000]
)
def test_any_length_comes_back(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    assert opened(framed(data[:size])) == data[:size]


@given(data=st.binary(max_size=2000), pieces=st.lists(st.integers(1, 300), max_size=8))
@settings(max_examples=40, deadline=None)
def test_how_it_is_written_in_pieces_does_not_matter(data: bytes, pieces: list[int]) -> None:
    assert opened(framed(data, pieces)) == data


@given(data=st.binary(min_size=1, max_size=200), spot=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_any_flipped_bit_is_refused(data: bytes, spot: int, bit: int) -> None:
    sealed = bytearray(framed(data))
    sealed[spot % len(sealed)] ^= 1 << bit
    with pytest.raises(ProblemError, match=r"verify\.evidence_unreadable"):
        opened(bytes(sealed))


def test_frames_cannot_be_cut_off_swapped_or_continued() -> None:
    sealed = framed(bytes(3 * FRAME_BYTES))
    head, step = 6 + 65, FRAME_BYTES + 16
    one, two, rest = (
        sealed[head : head + step],
        sealed[head + step : head + 2 * step],
        sealed[head + 2 * step :],
    )
    for wrong in (
        sealed[: head + step],
        sealed[: head + 2 * step],
        sealed[:head] + two + one + rest,
        sealed[:head] + one + rest,
        sealed + one,
        sealed[:head],
    ):
        with pytest.raises(ProblemError, match=r"verify\.evidence_unreadable"):
            opened(wrong)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(ProblemError, match=r"verify\.evidence_unreadable"):
        opened(framed(b"secret"), ec.generate_private_key(ec.SECP256R1()))


def test_a_sealed_school_agrees_with_its_evidence(
    school: Sealed, keys_dir: Path, county_key: ec.EllipticCurvePrivateKey
) -> None:
    verdict = verify.verify(
        school.pdf, (keys_dir / "root.pem").read_bytes(), school.evidence, county_key
    )
    assert verdict.problems == ()
    assert verdict.checked[-1] == "evidence"


def test_without_the_key_its_hash_is_still_judged(
    school: Sealed, keys_dir: Path, tmp_path: Path
) -> None:
    root = (keys_dir / "root.pem").read_bytes()
    assert verify.verify(school.pdf, root, school.evidence).ok
    other = tmp_path / "evidence.bin"
    other.write_bytes(school.evidence.read_bytes() + b"\0")
    assert [p.code for p in verify.verify(school.pdf, root, other).problems] == [
        "verify.evidence_changed"
    ]
    assert not verify.verify(school.pdf, root, tmp_path / "none.bin").ok


def tree_of(school: Sealed) -> dict[str, Any]:
    """The sealed summary's JSON as parsed."""
    tree: dict[str, Any] = json.loads(document.encode(school.summary))
    return tree


def test_sixty_flipped_bits_in_the_evidence_are_all_found_and_the_file_named(
    school: Sealed, keys_dir: Path, county_key: ec.EllipticCurvePrivateKey, tmp_path: Path
) -> None:
    data, record = school.evidence.read_bytes(), _record(school)
    dice = random.Random(7)
    path = tmp_path / "evidence.bin"
    for _ in range(60):
        changed = bytearray(data)
        changed[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(changed)
        found = Findings()
        evidence_checks.check(path, county_key, tree_of(school), record, found)
        assert {p.code for p in found.items} == {
            "verify.evidence_changed",
            "verify.evidence_unreadable",
        }
        assert {p.file for p in found.items} == {"evidence.bin"}


def test_nothing_readable_lies_on_the_disk(school: Sealed) -> None:
    data = school.evidence.read_bytes()
    assert not any(
        word in data for word in ("欧阳㛃".encode(), b"610599199501010001", b"facts.jsonl")
    )


def test_phones_and_addresses_are_not_in_it(
    school: Sealed, county_key: ec.EllipticCurvePrivateKey
) -> None:
    for member in evidence.open_evidence(school.evidence, county_key):
        assert b"13900000000" not in member.data
        assert "杨树村".encode() not in member.data


def _record(school: Sealed) -> SealRecord:
    return msgspec.json.decode(school.files.seal_json, type=SealRecord)


def problems_of(
    tmp_path: Path, keys_dir: Path, key: ec.EllipticCurvePrivateKey, school: Sealed, **how: Any
) -> tuple[Finding, ...]:
    """Write other evidence for the same summary, bound by its own hash as an insider could, and
    check it.
    """
    given_inputs: SchoolInputs = how.get("inputs", school.inputs)
    entries: list[ChainEntry] = how.get("entries", chain(given_inputs.facts, school.device_key))
    photos = how.get(
        "photos", [(sha256_hex(photo_of(c.id)), photo_of(c.id)) for c in given_inputs.cases]
    )
    owner = how.get("device", school.device_key)
    path = tmp_path / "evidence.bin"
    made = evidence.write_evidence(
        path,
        (keys_dir / "evidence.pem").read_bytes(),
        given_inputs,
        entries,
        [device_key(owner)],
        photos,
    )
    found = Findings()
    record = msgspec.structs.replace(_record(school), evidence=made)
    evidence_checks.check(path, key, how.get("summary", tree_of(school)), record, found)
    return tuple(found.items)


def test_a_changed_fact_is_named_by_device_and_number(
    tmp_path: Path, keys_dir: Path, county_key: ec.EllipticCurvePrivateKey, school: Sealed
) -> None:
    assert school.inputs is not None
    entries = chain(school.inputs.facts, school.device_key)
    fact = decode(entries[1].data or b"")
    forged = msgspec.structs.replace(fact, happened_at="2019-12-13T15:00:00+08:00")
    entries[1] = msgspec.structs.replace(entries[1], data=encode(forged))
    problems = problems_of(tmp_path, keys_dir, county_key, school, entries=entries)
    assert ("verify.fact_changed", 2) in {(p.code, p.row) for p in problems}
    assert "verify.facts_disagree" in {p.code for p in problems}


def test_a_fact_forged_with_its_hash_breaks_the_chain_and_the_signature(
    tmp_path: Path, keys_dir: Path, county_key: ec.EllipticCurvePrivateKey, school: Sealed
) -> None:
    assert school.inputs is not None
    entries = chain(school.inputs.facts, school.device_key)
    forged = encode(
        msgspec.structs.replace(
            decode(entries[1].data or b""), captured_at="2019-12-01T00:00:00+08:00"
        )
    )
    entries[1] = msgspec.structs.replace(entries[1], data=forged, sha256=sha256_hex(forged))
    found = {
        (p.code, p.row)
        for p in problems_of(tmp_path, keys_dir, county_key, school, entries=entries)
    }
    assert {("verify.chain_broken", 2), ("verify.fact_bad_signature", 2)} <= found


def test_a_chain_signed_by_another_key_is_named(
    tmp_path: Path, keys_dir: Path, county_key: ec.EllipticCurvePrivateKey, school: Sealed
) -> None:
    found = {p.code for p in problems_of(tmp_path, keys_dir, county_key, school, device=device())}
    assert found == {"verify.fact_bad_signature"}


def test_a_fact_without_its_signature_is_named(
    tmp_path: Path, keys_dir: Path, county_key: ec.EllipticCurvePrivateKey, school: Sealed
) -> None:
    assert school.inputs is not None
    entries = chain(school.inputs.facts, school.device_key)
    entries[1] = msgspec.structs.replace(entries[1], sig=b"")
    found = problems_of(tmp_path, keys_dir, county_key, school, entries=entries)
    assert [(p.code, p.row) for p in found] == [("verify.fact_bad_signature", 2)]


def test_a_photo_that_an_exception_names_is_not_missed_and_another_one_is(
    tmp_path: Path, keys_dir: Path, county_key: ec.EllipticCurvePrivateKey
) -> None:
    lost = sha256_hex(photo_of(inputs(3, 1).cases[1].id))
    stored = {sha256_hex(photo_of(c.id)) for c in inputs(3, 1).cases} - {lost}
    named = NamedException(code="seal.photo_missing", ref=lost, reason="照片已损坏")
    done = sealed_school(
        tmp_path / "s",
        keys_dir,
        people=3,
        special=1,
        exceptions=(named,),
        stored_photos=frozenset(stored),
    )
    assert done.inputs is not None
    photos = [(sha256_hex(photo_of(c.id)), photo_of(c.id)) for c in done.inputs.cases]
    held = [photo for photo in photos if photo[0] != lost]
    assert problems_of(tmp_path, keys_dir, county_key, done, photos=held) == ()
    found = problems_of(tmp_path, keys_dir, county_key, done, photos=held[:-1])
    missed = [p.file for p in found if p.code == "verify.photo_missing"]
    assert missed == [f"photos/{held[-1][0]}"]


def test_a_fact_left_out_is_a_broken_chain_and_another_summary(
    tmp_path: Path, keys_dir: Path, county_key: ec.EllipticCurvePrivateKey, school: Sealed
) -> None:
    assert school.inputs is not None
    entries = chain(school.inputs.facts, school.device_key)
    del entries[1]
    problems = problems_of(tmp_path, keys_dir, county_key, school, entries=entries)
    assert ("verify.chain_broken", 3) in {(p.code, p.row) for p in problems}
    assert ("verify.facts_disagree", 1) in {(p.code, p.row) for p in problems}


def test_a_photo_changed_or_missing_is_named(
    tmp_path: Path, keys_dir: Path, county_key: ec.EllipticCurvePrivateKey, school: Sealed
) -> None:
    assert school.inputs is not None
    photos = [(sha256_hex(photo_of(c.id)), photo_of(c.id)) for c in school.inputs.cases]
    photos[0] = (photos[0][0], b"another picture")
    problems = problems_of(tmp_path, keys_dir, county_key, school, photos=photos[:-1])
    named = {(p.code, p.file) for p in problems}
    assert ("verify.photo_changed", f"photos/{photos[0][0]}") in named
    assert ("verify.photo_missing", f"photos/{photos[-1][0]}") in named


def test_a_summary_that_differs_from_the_facts_is_named_by_row_and_column(
    tmp_path: Path, keys_dir: Path, county_key: ec.EllipticCurvePrivateKey, school: Sealed
) -> None:
    tree = tree_of(school)
    tree["rows"][0]["visits"] = 5
    problems = problems_of(tmp_path, keys_dir, county_key, school, summary=tree)
    assert [(p.code, p.row) for p in problems] == [("verify.facts_disagree", 1)]
    assert "visits" in problems[0].message


def test_facts_of_other_cases_travel_as_stubs_without_a_word(
    tmp_path: Path, keys_dir: Path, county_key: ec.EllipticCurvePrivateKey
) -> None:
    base = inputs(3, 1)
    book = Book(3)
    book.stored = list(base.facts)
    book.write(
        "elsewhere",
        Visit(met="self", outcome="promised", note="别校的事"),
        "2019-12-14T10:00:00+08:00",
    )
    whole = msgspec.structs.replace(base, facts=tuple(book.stored))
    done = sealed_school(
        tmp_path / "s",
        keys_dir,
        people=3,
        special=1,
        facts=whole.facts,
        chained=lambda entries: [*entries[:-1], msgspec.structs.replace(entries[-1], data=None)],
    )
    root = (keys_dir / "root.pem").read_bytes()
    assert verify.verify(done.pdf, root, done.evidence, county_key).problems == ()
    lines = next(
        m.data for m in evidence.open_evidence(done.evidence, county_key) if m.name == "facts.jsonl"
    )
    last = msgspec.json.decode(lines.splitlines()[-1])
    assert set(last) == {"device", "n", "sha256"}


def test_a_gap_is_accepted_only_where_an_exception_names_it(
    tmp_path: Path, keys_dir: Path, county_key: ec.EllipticCurvePrivateKey
) -> None:
    """A phone that fell in a ditch: its second record never came; what follows is checked by its
    own signature.
    """
    base = inputs(3, 0)
    extra = Book(8)
    extra.stored = list(base.facts)
    extra.write(
        base.cases[0].id, Visit(met="self", outcome="promised"), "2019-12-14T10:00:00+08:00"
    )
    extra.write(
        base.cases[1].id, Visit(met="self", outcome="promised"), "2019-12-15T10:00:00+08:00"
    )
    lost = extra.stored[-2]
    gap = Gap(device="phone-1", device_name="王老师的手机", n_from=lost.n, n_to=lost.n)
    kept = tuple(s for s in extra.stored if s is not lost)
    exception = NamedException(code="seal.chain_hole", ref=gap.ref, reason="手机掉进沟里")
    given_inputs = msgspec.structs.replace(base, facts=kept, gaps=(gap,), exceptions=(exception,))
    key = device()
    entries = [e for e in chain(extra.stored, key) if e.n != lost.n]
    path = tmp_path / "evidence.bin"
    evidence.write_evidence(
        path,
        (keys_dir / "evidence.pem").read_bytes(),
        given_inputs,
        entries,
        [device_key(key)],
        [(sha256_hex(photo_of(c.id)), photo_of(c.id)) for c in base.cases],
    )
    lines = next(
        m.data for m in evidence.open_evidence(path, county_key) if m.name == "facts.jsonl"
    )
    read = msgspec.json.Decoder(evidence_checks.Line).decode_lines(lines)
    public = next(
        m.data for m in evidence.open_evidence(path, county_key) if m.name == "devices.json"
    )
    owners = msgspec.json.decode(public, type=list[evidence_checks.Device])
    for allowed, wanted in (({gap.ref}, []), (set(), ["verify.chain_broken"])):
        found = Findings()
        evidence_checks.chains(read, owners, allowed, found)
        assert [p.code for p in found.items] == wanted
    assert compose(given_inputs).exceptions[0].ref == gap.ref


def test_corrections_are_followed_when_the_summary_is_composed_anew(
    tmp_path: Path, keys_dir: Path
) -> None:
    base = inputs(2, 0)
    book = Book(6)
    book.stored = list(base.facts)
    visit = next(s.fact for s in book.stored if s.fact.kind == "visit")
    from shared.records.correction import Correction

    better = plain(Visit(met="family", outcome="not_aware", visitors=("王老师", "李老师")))
    book.write(
        visit.case,
        Correction(corrects=visit.id, reason="写错", body=better),
        "2019-12-14T09:00:00+08:00",
    )
    done = sealed_school(tmp_path / "s", keys_dir, people=2, special=0, facts=tuple(book.stored))
    key = certificates.load_key(keys_dir / "evidence.key", PASSPHRASE)
    assert (
        verify.verify(done.pdf, (keys_dir / "root.pem").read_bytes(), done.evidence, key).problems
        == ()
    )
    assert isinstance(done.summary, SchoolSummary)
    assert done.summary.rows[1].reason == "not_aware"


def test_what_another_composer_made_is_not_composed_again_and_that_is_named(
    tmp_path: Path, keys_dir: Path, county_key: ec.EllipticCurvePrivateKey, school: Sealed
) -> None:
    assert school.inputs is not None
    lines = school.inputs.cases[1:]
    written = {
        "inputs": msgspec.structs.replace(school.inputs, cases=lines),
        "summary": tree_of(school),
    }
    now = problems_of(tmp_path, keys_dir, county_key, school, **written)
    assert "verify.facts_disagree" in {p.code for p in now}
    written["summary"] = {**tree_of(school), "composer": COMPOSER - 1}
    before = problems_of(tmp_path, keys_dir, county_key, school, **written)
    assert "verify.facts_disagree" not in {p.code for p in before}


def lines_of(entries: Iterable[ChainEntry]) -> list[evidence_checks.Line]:
    """The lines of facts.jsonl as a reader finds them."""
    return [
        evidence_checks.Line(
            device=e.device,
            n=e.n,
            sha256=e.sha256,
            link=b64(e.link),
            sig=b64(e.sig),
            bytes=b64(e.data or b""),
        )
        for e in entries
    ]


def two_phones() -> tuple[list[evidence_checks.Line], list[evidence_checks.Device]]:
    """Three records of each of two phones whose names are in the other order than their arrival."""
    lines, owners = [], []
    for name in ("phone-9", "phone-1"):
        book, key = Book(6, device=name), device()
        for hour in (10, 11, 12):
            visit = Visit(met="self", outcome="promised")
            book.write("case-1", visit, f"2019-12-12T{hour}:00:00+08:00")
        lines += lines_of(chain(book.stored, key))
        point = b64(device_key(key).public_key)
        owners.append(evidence_checks.Device(device=name, name=name, public_key=point))
    return lines, owners


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (0, 3, 1, 4, 2, 5), (5, 2, 4, 1, 3, 0)])
def test_each_phones_chain_is_followed_in_whatever_order_the_lines_stand(
    order: tuple[int, ...],
) -> None:
    lines, owners = two_phones()
    found = Findings()
    evidence_checks.chains([lines[place] for place in order], owners, set(), found)
    assert found.items == []


def test_an_exception_of_one_gap_excuses_no_other_and_none_of_another_phone() -> None:
    lines, owners = two_phones()
    left = [line for line in lines if line.n != 2]
    found = Findings()
    evidence_checks.chains(left, owners, {"phone-1:2-2", "phone-9:1-2", "phone-9:2-3"}, found)
    broken = [(p.code, p.row) for p in found.items]
    assert broken == [("verify.chain_broken", 3)]
    assert "phone-9" in found.items[0].message
