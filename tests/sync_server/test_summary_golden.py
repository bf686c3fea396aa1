"""summary.json byte for byte: what a school, a county and a province composed before, they compose
today.

The files in tests/golden/summary-<composer> hold every kind of row and statement. A change of
their bytes changes the data hash of every later version of a document, so it needs a new composer
number: `python -m tests.sync_server.test_summary_golden` then writes the new folder. Those of
composers before stay as they are (tests/golden/summary is composer 4's) and are still read.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import msgspec
import pytest

from shared.cases import Case, Repaid
from shared.codes import Code
from shared.ids import show_case_code
from shared.lifecycle import Review
from shared.readiness import NamedException
from shared.records.base import plain
from shared.records.contact_attempt import ContactAttempt
from shared.records.correction import Correction
from shared.records.notice_delivery import NoticeDelivery
from shared.records.statement import Statement
from shared.records.visit import Visit
from sync_server.sample.season import season_2019
from sync_server.sealing import certificates
from sync_server.sealing.making.compose import COMPOSER, Gap, SchoolInputs, compose
from sync_server.sealing.rollup import ParentUnit, roll_up
from sync_server.sealing.summary import GROUPS, SchoolSummary, Summary, Unit, decode, encode
from tests.support.seal_samples import (
    COUNTY,
    NOW,
    PASSPHRASE,
    SCHOOL,
    SIBLING,
    Book,
    Sealed,
    inputs,
    keys,
    seal_summary,
)

GOLDEN = Path(__file__).parents[1] / "golden" / f"summary-{COMPOSER}"
KEPT = (GOLDEN, GOLDEN.with_name("summary"))
LEVELS = ("school", "plain_school", "county", "region")
BARE_CODE = re.compile(r"[A-Z0-9]{2}[0-9]{4}[0-9A-Z]")
REGISTRY = {"Q01": "青槐县第一中心校", **dict([SCHOOL, SIBLING])}
DELIVERED, VISITED = "2019-11-27T10:00:00+08:00", "2019-12-12T15:00:00+08:00"


def rich_school() -> SchoolInputs:
    """Every shape of row and statement, every kind of exception, in a second version with its
    reason.
    """
    base = inputs(14, 3)
    book = Book(1)
    book.stored = [s for s in base.facts if s.fact.case in {c.id for c in base.cases[:5]}]
    cases, reviews = list(base.cases), dict(base.reviews)
    unsigned, nobody, tried, partly, silent, bare, spare, unknown, returned = cases[5:]
    _deliveries(book, unsigned, nobody, tried)
    _visit(book, unsigned, "self", "not_aware")
    _visit(book, partly, "family", "deferral_applied", visitors=())
    _unexplained(book, bare, unknown)
    _corrected(book, spare, reviews)
    _late_and_returned(book, partly, tried, reviews)
    _visit(book, returned, "neighbour", "not_home")
    reviews[book.stored[-1].fact.id] = Review(
        fact=book.stored[-1].fact.id, verdict="returned", comment="写明见到谁"
    )
    cases[2] = msgspec.structs.replace(cases[2], overdue_prior=True)
    season = season_2019()
    extra = Code("detained", "羁押", "in custody", "special", sensitive=True)
    gap = Gap(device="phone-1", device_name="王老师的手机", n_from=40, n_to=42)
    slip = next(s.fact for s in book.stored if s.fact.case == cases[4].id)
    lost = book.stored[0].fact.photos[0]
    excepted = {
        "seal.nothing_recorded": (nobody.id, silent.id),
        "seal.statement_missing": (bare.id, unknown.id),
        "seal.returned_record": (
            book.stored[-1].fact.id,
            *(fact for fact, review in reviews.items() if review.comment == "拍到的是别人的"),
        ),
        "seal.photo_missing": (lost,),
        "seal.quarantined": ("fact-quarantined",),
        "seal.chain_hole": (gap.ref,),
        "seal.slip_wrong_case": (slip.id,),
    }
    return msgspec.structs.replace(
        base,
        version=2,
        reason="补报两人,更正一人",
        previous_seal="5a" * 32,
        demo=True,
        season=msgspec.structs.replace(
            season,
            reasons=(*season.reasons, extra),
            full_id_numbers=True,
            stamp_each_statement=True,
        ),
        cases=tuple(cases),
        facts=tuple(book.stored),
        repaid={cases[4].id: base.repaid[cases[4].id]}
        | {partly.id: Repaid(as_of="2019-12-17", repaid_fen=12_345)}
        | {tried.id: Repaid(as_of="2019-12-17")},
        reviews=reviews,
        stored_photos=(base.stored_photos | {c * 64 for c in "cde"}) - {lost},
        quarantined=("fact-quarantined",),
        gaps=(gap,),
        wrong_slips={slip.id: "Q030009X"},
        exceptions=tuple(
            NamedException(code=code, ref=ref, reason=f"样例:{code}。", by="联络员")
            for code, refs in excepted.items()
            for ref in refs
        ),
    )


def _deliveries(book: Book, unsigned: Case, nobody: Case, tried: Case) -> None:
    book.write(
        unsigned.id,
        NoticeDelivery(outcome="refused", witness="村干部", signer_relation="self"),
        DELIVERED,
    )
    book.write(nobody.id, NoticeDelivery(outcome="not_found", method="post"), DELIVERED)
    for outcome in ("no_answer", "invalid_number"):
        book.write(tried.id, ContactAttempt(outcome=outcome), VISITED)


def _late_and_returned(book: Book, late: Case, returned: Case, reviews: dict[str, Review]) -> None:
    """A message that was acknowledged, known to the office nine days later; a delivery that the
    office returned.
    """
    answered = NoticeDelivery(
        outcome="acknowledged", method="message", signer_name="孙某", signer_relation="self"
    )
    book.write(late.id, answered, DELIVERED)
    book.stored[-1] = msgspec.structs.replace(
        book.stored[-1], received_at="2019-12-06T01:00:00.000+00:00"
    )
    wrong = book.write(returned.id, NoticeDelivery(outcome="signed"), DELIVERED, ("c" * 64,))
    reviews[wrong.id] = Review(fact=wrong.id, verdict="returned", comment="拍到的是别人的")


def _visit(
    book: Book, case: Case, met: str, outcome: str, visitors: tuple[str, ...] = ("李老师",)
) -> None:
    book.write(case.id, Visit(met=met, outcome=outcome, visitors=visitors), VISITED)


def _unexplained(book: Book, bare: Case, unknown: Case) -> None:
    """One in special circumstances without a statement, one with an unreviewed statement of a
    reason no table has.
    """
    _visit(book, bare, "village_cadre", "detained")
    book.write(
        unknown.id,
        Statement(reason="later_code", narrative="第一段。\n\n第二段(含括号)。", handling="later"),
        VISITED,
        ("d" * 64, "c" * 64),
    )


def _corrected(book: Book, case: Case, reviews: dict[str, Review]) -> None:
    """A corrected delivery, a withdrawn visit, a statement that supersedes another, attempts of
    both outcomes.
    """
    first = book.write(case.id, NoticeDelivery(outcome="not_home"), DELIVERED, ("e" * 64,))
    better = NoticeDelivery(outcome="cannot_write", method="passed_on", signer_name="钱某")
    book.write(
        case.id,
        Correction(corrects=first.id, reason="写错", body=plain(better)),
        "2019-11-28T10:00:00+08:00",
    )
    visit = book.write(case.id, Visit(met="nobody", outcome="not_home"), VISITED)
    book.write(case.id, Correction(corrects=visit.id, reason="记错人", withdraw=True), VISITED)
    book.write(case.id, ContactAttempt(channel="wechat", outcome="reached"), VISITED)
    book.write(case.id, ContactAttempt(outcome="hung_up"), VISITED)
    for reason in ("hardship", "dispute"):
        statement = book.write(case.id, Statement(reason=reason, narrative=reason), VISITED)
        reviews[statement.id] = Review(fact=statement.id, verdict="accepted")


def composed(folder: Path) -> dict[str, bytes]:
    """The bytes of every level; a number stands for each hash that a random signature goes into."""
    keys_dir = keys(folder / "keys")
    certificates.issue_unit(keys_dir, "610000", "省资助中心(样例)", PASSPHRASE, NOW)
    school = compose(rich_school())
    plain_school = compose(inputs(6, 1, unit=SIBLING, seed=4))
    sealed = [
        seal_summary(folder / "Q03", keys_dir, school),
        seal_summary(folder / "Q04", keys_dir, plain_school),
    ]
    county = _above(sealed, keys_dir, COUNTY, REGISTRY)
    sealed_county = seal_summary(folder / "county", keys_dir, county)
    province = ("610000", "省资助中心(样例)")
    region = _above([sealed_county], keys_dir, province, dict([COUNTY]))
    hashes = [one.files.sha256 for one in (*sealed, sealed_county)]
    hashes.append(sealed_county.files.data_hash)
    levels = {"school": school, "plain_school": plain_school, "county": county, "region": region}
    return {name: _without(encode(summary), hashes) for name, summary in levels.items()}


def _above(
    sealed: list[Sealed], keys_dir: Path, unit: tuple[str, str], registry: dict[str, str]
) -> Summary:
    return roll_up(
        [one.pdf for one in sealed],
        registry,
        season_2019(),
        partial=True,
        trust_root_pem=(keys_dir / "root.pem").read_bytes(),
        parent=ParentUnit(
            unit=Unit(code=unit[0], name=unit[1]),
            document=f"{unit[0]}-2019",
            version=1,
            reason="补",
        ),
    )


def _without(data: bytes, hashes: list[str]) -> bytes:
    for number, sha in enumerate(hashes, 1):
        data = data.replace(sha.encode(), f"{number:064d}".encode())
    return data


@pytest.fixture(scope="module")
def composed_today(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return composed(tmp_path_factory.mktemp("golden"))


@pytest.mark.parametrize("name", LEVELS)
def test_a_summary_composed_today_has_the_bytes_it_had(
    composed_today: dict[str, bytes], name: str
) -> None:
    assert composed_today[name] == (GOLDEN / f"{name}.json").read_bytes()


@pytest.mark.parametrize("folder", KEPT, ids=lambda folder: folder.name)
@pytest.mark.parametrize("name", LEVELS)
def test_reading_and_writing_a_summary_gives_the_same_bytes(name: str, folder: Path) -> None:
    data = (folder / f"{name}.json").read_bytes()
    assert encode(decode(data)) == data


def test_a_delivery_known_late_has_both_days_and_a_returned_one_counts_nothing() -> None:
    school = decode((GOLDEN / "school.json").read_bytes())
    assert isinstance(school, SchoolSummary)
    late = [row for row in school.rows if row.delivery_received_on]
    assert [(row.delivered_on, row.delivery_received_on) for row in late] == [
        ("2019-11-27", "2019-12-06")
    ]
    assert school.totals.deliveries.acknowledged == 1
    returned = [e.case for e in school.exceptions if "拍到" in e.reason or "returned" in e.code]
    rows = {row.case: row for row in school.rows}
    assert "none" in {rows[case].delivery for case in returned}


def test_the_golden_school_has_every_kind_of_row_and_exception() -> None:
    school = decode((GOLDEN / "school.json").read_bytes())
    assert isinstance(school, SchoolSummary)
    assert {row.delivery for row in school.rows} == {"none", "undelivered", "unsigned", "signed"}
    assert {row.group for row in school.rows} == {"none", "repaid", *GROUPS}
    assert {bool(item.evidence) for item in school.statements} == {True, False}
    assert len({item.code for item in school.exceptions}) == 7


@pytest.mark.parametrize("name", LEVELS)
def test_sentences_write_a_code_as_tables_do(name: str) -> None:
    summary = decode((GOLDEN / f"{name}.json").read_bytes())
    for item in summary.exceptions:
        assert not BARE_CODE.search(item.words), item.words
        assert not item.case or show_case_code(item.case) in item.words


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for level, data in composed(Path(scratch)).items():
            (GOLDEN / f"{level}.json").write_bytes(data)
            sys.stdout.write(f"{level}: {len(data)} bytes\n")
