"""P7, P8: one flipped bit in what is sealed, signed, handed over or kept is found, and what it is in is named.

DOORSTEP_FLIPS sets how many, over all kinds of files. What is marked extended has its short form in test_seal_verify.py,
test_seal_evidence.py and test_handover_torn.py.
"""

from __future__ import annotations

import io
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from mobile.usecases import handover
from shared import wire
from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server.api.facts import _unpack
from sync_server.office import backup, manifest
from sync_server.office.restore import restore
from sync_server.sealing import certificates
from sync_server.sealing.checking import verify
from sync_server.services import Services
from sync_server.store.ledger import push
from tests.faults.conftest import NewPhone
from tests.support.devices import RawPhone, case_ids, fact_bytes, working_phone
from tests.support.handover import rows, take, unsent, work
from tests.support.long_form import amount, counting, dice, rounds
from tests.support.seal_samples import PASSPHRASE, Sealed, keys, sealed_school

FLIPS = amount("FLIPS", short=60, long=5000)
ROUND = 125
ATTACHED = ("summary.json", "summary.xlsx", "scan-1.jpg", "seal.json")
SHARES = {
    "the sealed PDF": 24,
    "the bytes of its signature": 10,
    "what is attached to it": 14,
    "the workbook beside it": 10,
    "the evidence": 12,
    "a hand-over file": 10,
    "the answer to it": 5,
    "a record on its way": 5,
    "a file of a backup": 8,
    "the manifest of a backup": 2,
}
"""Flips of each kind of a hundred."""


def tries(*kinds: str) -> list[tuple[str, int, int]]:
    """Kind, number and flips of each round."""
    return [
        (kind, number, count)
        for kind in kinds
        for number, count in rounds(max(3, FLIPS * SHARES[kind] // 100), ROUND)
    ]


def flipped(data: bytes, bit: int) -> bytes:
    """These bytes with one bit changed."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.fixture(scope="module")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keys(tmp_path_factory.mktemp("flips") / "keys")


@pytest.fixture(scope="module")
def school(keys_dir: Path) -> Sealed:
    return sealed_school(keys_dir.parent / "school", keys_dir, people=6, special=2)


class Sealing:
    """A sealed school's files, each of which is put back after its flip."""

    def __init__(self, school: Sealed, keys_dir: Path, folder: Path) -> None:
        self.folder = folder / "school"
        shutil.copytree(school.folder, self.folder)
        self.root = (keys_dir / "root.pem").read_bytes()
        self.key = certificates.load_key(keys_dir / "evidence.key", PASSPHRASE)
        self.pdf = school.files.pdf

    def problems(self, name: str, data: bytes, *, evidence: bool = False) -> list[tuple[str, str]]:
        """File and code of each problem with other bytes in a file; each has its words."""
        path = self.folder / name
        before = path.read_bytes()
        path.write_bytes(data)
        behind = self.folder / "evidence.bin" if evidence else None
        verdict = verify.verify(self.folder / "summary.pdf", self.root, behind, self.key)
        path.write_bytes(before)
        assert verdict.ok == (verdict.problems == ())
        assert all(p.file and p.message for p in verdict.problems)
        return [(p.file, p.code) for p in verdict.problems]

    def signature(self) -> tuple[int, int]:
        """Where the bytes lie that no signature covers."""
        first, last = (int(n) for n in re.findall(rb"/ByteRange \[0 (\d+) (\d+) ", self.pdf)[0])
        return first, last

    def stream(self, name: str) -> tuple[int, int]:
        """Where the encoded bytes of an attachment lie."""
        names = PdfFileReader(io.BytesIO(self.pdf)).root["/Names"]["/EmbeddedFiles"]["/Names"]
        at = [str(item) for item in names].index(name)
        encoded = names[at + 1]["/EF"]["/F"].encoded_data
        first = self.pdf.index(encoded)
        return first, first + len(encoded)


@pytest.fixture
def sealing(school: Sealed, keys_dir: Path, tmp_path: Path) -> Sealing:
    return Sealing(school, keys_dir, tmp_path)


def in_the_pdf(of: Sealing, choose: Random, kind: str) -> tuple[str, str]:
    """Flip a bit of the PDF: the file it must name, and the code it named."""
    first, last, named = 0, len(of.pdf), ""
    if kind == "the bytes of its signature":
        first, last = of.signature()
    elif kind == "what is attached to it":
        named = choose.choice(ATTACHED)
        first, last = of.stream(named)
    bit = choose.randrange(first * 8, last * 8)
    found = of.problems("summary.pdf", flipped(of.pdf, bit))
    assert found, f"bit {bit} of {kind} was not found"
    files = {file for file, _ in found}
    return ("its own name" if named in files else "the PDF"), found[0][1]


def beside_the_pdf(of: Sealing, choose: Random, kind: str) -> tuple[str, str]:
    name = "summary.xlsx" if kind == "the workbook beside it" else "evidence.bin"
    data = (of.folder / name).read_bytes()
    bit = choose.randrange(len(data) * 8)
    found = of.problems(name, flipped(data, bit), evidence=name == "evidence.bin")
    assert {file for file, _ in found} == {name}, f"bit {bit} of {name}: {found}"
    return "its own name", found[0][1]


@pytest.mark.extended
@pytest.mark.parametrize(
    ("kind", "number", "count"),
    tries(
        "the sealed PDF",
        "the bytes of its signature",
        "what is attached to it",
        "the workbook beside it",
        "the evidence",
    ),
)
def test_a_flip_in_a_seal_is_found_and_named(
    sealing: Sealing, kind: str, number: int, count: int
) -> None:
    assert sealing.problems("summary.pdf", sealing.pdf, evidence=True) == []
    choose = dice(kind, number)
    flip = beside_the_pdf if kind in ("the workbook beside it", "the evidence") else in_the_pdf
    with counting(f"one bit of {kind}") as counted:
        named = Counter(" by ".join(reversed(flip(sealing, choose, kind))) for _ in range(count))
        counted.tried, counted.named = count, dict(named)
        if kind == "what is attached to it":
            by_name = sum(n for words, n in named.items() if words.endswith("its own name"))
            assert by_name * 10 > count * 9, named


def refusal(job: Callable[[], object]) -> str:
    """The code of the problem that a job meets."""
    with pytest.raises(ProblemError) as refused:
        job()
    return refused.value.code


@pytest.mark.extended
@pytest.mark.parametrize(("kind", "number", "count"), tries("a hand-over file", "the answer to it"))
async def test_a_flip_in_a_hand_over_changes_nothing(
    services: Services, new_phone: NewPhone, kind: str, number: int, count: int
) -> None:
    phone = await new_phone()
    await work(phone, photo_bytes=60_000)
    data = (await handover.make_handover(phone)).data
    choose, named = dice(kind, number), Counter[str]()
    with counting(f"one bit of {kind}") as counted:
        if kind == "a hand-over file":
            before = rows(services)
            for _ in range(count):
                torn = flipped(data, choose.randrange(len(data) * 8))
                named[refusal(lambda torn=torn: take(services, torn))] += 1
                assert rows(services) == before
            assert set(named) <= {"handover.damaged", "handover.not_ours", "handover.not_here"}
            assert take(services, data).created == 3
        else:
            answer = take(services, data).answer
            for _ in range(count):
                torn = flipped(answer, choose.randrange(len(answer) * 8))
                with pytest.raises(ProblemError) as refused:
                    await handover.take_answer(phone, torn)
                named[refused.value.code] += 1
            assert await unsent(phone) == (3, 3)
            assert (await handover.take_answer(phone, answer)).sent == 3
        counted.tried, counted.named = count, dict(named)


@pytest.mark.parametrize(("kind", "number", "count"), tries("a record on its way"))
async def test_a_flip_in_a_record_on_its_way_stores_nothing_and_the_record_comes_later(
    services: Services, county: list[str], http: Any, kind: str, number: int, count: int
) -> None:
    phone = await working_phone(http, services)
    case, choose, named = case_ids(services, "01")[0], dice(kind, number), Counter[str]()
    with counting(f"one bit of {kind}") as counted:
        for _ in range(count):
            sound = phone.chained(fact_bytes(case))
            for packed in (_torn(sound, choose), sound):
                outcome = _pushed(services, phone, packed)
                if packed is not sound:
                    named[outcome] += 1
            assert outcome == wire.CREATED
        assert set(named) <= {wire.CONFLICT, wire.REJECTED}
        assert rows(services)["fact"] == count
        counted.tried, counted.named = count, dict(named)


def _torn(packed: wire.PushedFact, choose: Random) -> wire.PushedFact:
    """With one bit flipped in its bytes, its place or its signature."""
    member = choose.choice(("bytes", "link", "sig"))
    data = wire.unb64(getattr(packed, member))
    torn = wire.b64(flipped(data, choose.randrange(len(data) * 8)))
    return msgspec.structs.replace(packed, **{member: torn})


def _pushed(services: Services, phone: RawPhone, packed: wire.PushedFact) -> str:
    incoming = _unpack(wire.PushRequest(facts=[packed]), phone.public_key)
    now = services.settings.now_text()
    outcomes, receipt = services.database.write(lambda c: push(c, phone.device, incoming, now))
    stored = {line.sha256 for line in receipt}
    assert (sha256_hex(wire.unb64(packed.bytes)) in stored) == (
        outcomes[0].outcome in (wire.CREATED, wire.DUPLICATE)
    )
    return outcomes[0].outcome


@pytest.mark.parametrize(
    ("kind", "number", "count"), tries("a file of a backup", "the manifest of a backup")
)
def test_a_flip_in_a_backup_is_found_before_anything_is_restored(
    services: Services, county: list[str], tmp_path: Path, kind: str, number: int, count: int
) -> None:
    for name in ("photos/ab/ab", "summaries/d/summary.pdf"):
        path = services.settings.path(*name.split("/")[:-1]) / name.split("/")[-1]
        path.write_bytes(name.encode() * 500)
    kept = tmp_path / "backup"
    whole = backup.backup(services, kept)
    choose, named = dice(kind, number), Counter[str]()
    with counting(f"one bit of {kind}") as counted:
        for _ in range(count):
            of_manifest = kind == "the manifest of a backup"
            name = manifest.NAME if of_manifest else choose.choice(whole.files).path
            data = (kept / name).read_bytes()
            (kept / name).write_bytes(flipped(data, choose.randrange(len(data) * 8)))
            named[_restored(kept, tmp_path / "restored", services, name, whole)] += 1
            (kept / name).write_bytes(data)
        counted.tried, counted.named = count, dict(named)


def _restored(
    kept: Path, place: Path, services: Services, name: str, whole: manifest.Manifest
) -> str:
    """What a restore says; of a manifest's flip that hides nothing, what it is in."""
    refused: ProblemError | None = None
    try:
        restore(kept, place, now=services.settings.now(), who="t")
    except ProblemError as problem:
        refused = problem
    left = place / manifest.DATABASE
    assert left.exists() == (refused is None)
    shutil.rmtree(place, ignore_errors=True)
    if name != manifest.NAME:
        assert refused is not None, f"a flip in {name} was restored"
        assert (refused.code, refused.values["path"]) == ("backup.damaged", name)
    if refused is not None:
        return refused.code
    assert manifest.read_manifest(kept).files == whole.files, "a hash was changed and restored"
    return "not covered: when it was made, its epoch or its counts"
