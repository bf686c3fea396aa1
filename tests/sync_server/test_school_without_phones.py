"""A school without a single phone: from its list to a seal that verifies, all of it typed in from paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pypdfium2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from shared.records.base import decode, encode
from shared.wire import b64, unb64
from sync_server.office import assignment, certs, paper_records, review
from sync_server.office.summary_files import sealed_of
from sync_server.sealing import certificates
from sync_server.sealing.checking import evidence_checks, verify
from sync_server.sealing.making import evidence
from sync_server.sealing.making.compose import COMPOSER
from sync_server.sealing.record import Findings, Verdict
from sync_server.sealing.summary import SchoolSummary
from sync_server.sealing.summary import decode as read_summary
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store.summaries import SummaryRow
from tests.support.command_line import doorstep, report
from tests.support.county import CLOCK, fill, with_season
from tests.support.devices import case_ids
from tests.support.paper import DELIVERY, STATEMENT, VISIT, keyed, sheet, teacher
from tests.support.summaries import sealed_version


class Season(NamedTuple):
    """The office's services, the sealed version, and its folder."""

    services: Services
    row: SummaryRow
    folder: Path


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Season]:
    """Two people: a promise, and special circumstances with an accepted statement."""
    folder = tmp_path_factory.mktemp("paper")
    settings = Settings(data_dir=folder / "server", clock_spec=CLOCK)
    services = with_season(Services.open(settings))
    services.database.write(lambda c: fill(c, (2,)))
    teacher(services, "甲")
    assignment.assign_evenly(services, "01", who="t")
    one, other = case_ids(services, "01")
    slip = paper_records.keep_picture(services, "01", sheet("slip"))
    facts = [
        keyed(services, one, "notice_delivery", DELIVERY, scan=slip).fact_id,
        keyed(services, one).fact_id,
        keyed(services, other, "notice_delivery", DELIVERY, reason="回校后补拍").fact_id,
        keyed(services, other, body={**VISIT, "met": "family", "outcome": "hardship"}).fact_id,
        keyed(services, other, "statement", STATEMENT).fact_id,
    ]
    paper_records.attach_scan(services, "01", facts[2], sheet("slip 2"), who="联络员")
    review.review(services, facts[4], "accepted", "", who="复核人")
    row = sealed_version(services)
    yield Season(services, row, sealed_of(services, row))
    services.close()


def county_key(services: Services) -> ec.EllipticCurvePrivateKey:
    return certificates.load_key(
        certs.folder(services) / "evidence.key", certs.passphrase(services)
    )


def verdict(season: Season) -> Verdict:
    root = (certs.folder(season.services) / "root.pem").read_bytes()
    key = county_key(season.services)
    return verify.verify(season.folder / "summary.pdf", root, season.folder / "evidence.bin", key)


def test_the_whole_season_of_a_school_without_phones(season: Season) -> None:
    found = verdict(season)
    assert found.problems == ()
    assert found.checked[-1] == "evidence"
    assert [n.code for n in found.notes] == ["verify.from_paper"]
    assert "5 条记录由学校办公室录入:" in found.notes[0].message.replace("：", ":")

    summary = read_summary(season.row.data)
    assert isinstance(summary, SchoolSummary)
    assert (summary.composer, summary.paper_records) == (COMPOSER, 5)
    assert (summary.totals.deliveries.signed, summary.totals.visits) == (2, 2)
    (statement,) = summary.statements
    assert (statement.paper, statement.delivery.paper, statement.visits[0].paper) == (True,) * 3
    assert len(statement.photos) == 1

    with pypdfium2.PdfDocument(season.folder / "summary.pdf") as pdf:
        text = "".join("".join(page.get_textpage().get_text_bounded().split()) for page in pdf)
    for words in ("5条由学校办公室按纸质记录录入", "（纸质）", "（按纸质记录录入）"):
        assert words in text


def test_the_command_line_says_how_many_come_from_paper(season: Season) -> None:
    root = certs.folder(season.services) / "root.pem"
    found = report(doorstep("verify", season.folder / "summary.pdf", "--trust", root, "--json"))
    noted = [note["code"] for note in found["notes"]]
    assert (found["ok"], noted) == (True, ["verify.from_paper", "verify.list_missing"])
    shown = doorstep("verify", season.folder / "summary.pdf", "--trust", root).stdout
    assert "证明谁录入" in shown.replace("\n", "")


def evidence_of(season: Season) -> tuple[list[evidence_checks.Line], bytes]:
    """The lines of facts.jsonl, and devices.json."""
    members = {
        m.name: m.data
        for m in evidence.open_evidence(season.folder / "evidence.bin", county_key(season.services))
    }
    lines = msgspec.json.Decoder(evidence_checks.Line).decode_lines(members["facts.jsonl"])
    return list(lines), members["devices.json"]


def test_the_evidence_says_which_device_is_the_offices(season: Season) -> None:
    lines, owners = evidence_of(season)
    (owner,) = msgspec.json.decode(owners, type=list[evidence_checks.Device])
    assert (owner.name, owner.office) == ("学校办公室（纸质录入）", True)
    assert [line.n for line in lines] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("member", "value"), [("visited_by", "other-teacher"), ("keyed_by", "别人"), ("scan", "")]
)
def test_a_changed_paper_member_breaks_the_verification(
    season: Season, member: str, value: str
) -> None:
    lines, owners = evidence_of(season)
    read = msgspec.json.decode(owners, type=list[evidence_checks.Device])
    fact = decode(unb64(lines[0].bytes))
    assert fact.paper is not None
    forged = msgspec.structs.replace(
        fact, paper=msgspec.structs.replace(fact.paper, **{member: value})
    )
    lines[0] = msgspec.structs.replace(lines[0], bytes=b64(encode(forged)))
    found = Findings()
    evidence_checks.chains(lines, read, set(), found)
    assert [(p.code, p.row) for p in found.items] == [("verify.fact_changed", 1)]


def test_a_paper_record_under_a_phones_key_and_a_phones_under_the_offices_are_named(
    season: Season,
) -> None:
    lines, owners = evidence_of(season)
    (owner,) = msgspec.json.decode(owners, type=list[evidence_checks.Device])
    found = Findings()
    evidence_checks.papers(lines, [msgspec.structs.replace(owner, office=False)], found)
    assert [(p.code, p.row) for p in found.items] == [
        ("verify.paper_device", n) for n in range(1, 7)
    ]
    fact = msgspec.structs.replace(decode(unb64(lines[0].bytes)), paper=None)
    found = Findings()
    line = msgspec.structs.replace(lines[0], bytes=b64(encode(fact)))
    evidence_checks.papers([line], [owner], found)
    assert [p.code for p in found.items] == ["verify.paper_device"]


def test_a_summary_that_hides_its_records_from_paper_is_named(season: Season) -> None:
    contents, found = evidence_checks.Contents(), Findings()
    contents = evidence_checks._read(
        season.folder / "evidence.bin", county_key(season.services), found
    )
    assert contents.inputs is not None
    tree = msgspec.json.decode(season.row.data)
    hidden = {k: v for k, v in tree.items() if k != "paper_records"}
    evidence_checks.recompose(contents, contents.inputs, hidden, found)
    assert {"paper_records"} == {
        p.message.split("“")[1].split("”")[0]
        for p in found.items
        if p.code == "verify.facts_disagree"
    }


def test_a_summary_without_paper_records_says_nothing_of_paper(services: Services) -> None:
    from tests.support.summaries import all_repaid, composed

    all_repaid(services)
    summary = read_summary(composed(services).data)
    assert summary.composer == COMPOSER
    assert b"paper" not in composed(services, "02").data
