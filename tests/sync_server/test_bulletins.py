"""A bulletin from the figures of now to its seal: real PDFs and workbooks, read back."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import msgspec
import openpyxl
import pypdfium2
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from shared.assets import FONTS
from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.readiness import NamedException
from sync_server.console.parts.overview import load_overview
from sync_server.office import (
    bulletins,
    certs,
    summaries,
    summary_scans,
    summary_verdicts,
    withdrawals,
)
from sync_server.office.season_file import dump
from sync_server.sample.scans import stamped
from sync_server.sealing.bulletin import Bulletin as Document
from sync_server.sealing.checking.standing import Known
from sync_server.sealing.checking.verify import verify
from sync_server.sealing.documents import decode, encode
from sync_server.sealing.making.compose import NotReady
from sync_server.sealing.seal import print_summary
from sync_server.sealing.summary import Totals
from sync_server.services import Services
from sync_server.store import audit, case_import, cases, withdrawn_lists
from sync_server.store import bulletins as store
from sync_server.store import summaries as stored
from sync_server.store import tables as t
from sync_server.store.bulletins import Bulletin
from sync_server.store.database import Connection
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.at_once import at_once
from tests.support.county import SEASON, person
from tests.support.supervision import at_work, delivered, sample_county, sample_people, traces

WHO = "中心"


def document_of(services: Services, one: Bulletin) -> Document:
    found = decode(services.database.read(lambda c: stored.get(c, one.id)).data)
    assert isinstance(found, Document)
    return found


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as read:
        text = "".join(page.get_textpage().get_text_range() for page in read)
    return "".join(text.split())


def pages_of(services: Services, one: Bulletin) -> Path:
    return summaries.to_print(services, one.id, who=WHO)


def sealed(services: Services, one: Bulletin) -> Path:
    pages = pages_of(services, one)
    report = summary_scans.add(services, one.id, stamped(pages, seed=3), who=WHO)
    assert report.complete, report
    summaries.seal(services, one.id, who=WHO)
    return summaries.files(services, one.id)["summary.pdf"]


def totals_of(services: Services, unit: str) -> Totals:
    """The totals of a school's summary of now, whatever else it lacks."""
    try:
        made = summaries.compose(services, unit, who=WHO)
    except NotReady as lacking:
        named = [
            NamedException(code=i.code, ref=i.ref, reason="演示", by=WHO) for i in lacking.items
        ]
        made = summaries.compose(services, unit, who=WHO, exceptions=named)
    return summaries.document(made).totals


def actions(services: Services) -> list[str]:
    return [note.action for note in services.database.read(audit.listed)]


def test_its_number_is_built_from_the_season_and_runs_on(services: Services) -> None:
    at_work(services)
    first, second = (bulletins.issue(services, who=WHO) for _ in range(2))
    assert first.number_text == "青槐教贷通报〔2019〕1号"
    assert second.number_text == "青槐教贷通报〔2019〕2号"


def test_pressed_twice_or_three_times_at_once_it_is_one_bulletin(services: Services) -> None:
    at_work(services)
    found = at_once(services, partial(bulletins.issue, who=WHO, request="form"))
    found.append(bulletins.issue(services, who=WHO, request="form"))
    assert len({one.id for one in found}) == 1
    assert actions(services).count("bulletin.issue") == 1


async def test_its_counts_are_those_of_the_schools_pages(services: Services) -> None:
    at_work(services)
    made = document_of(services, bulletins.issue(services, who=WHO))
    by_school = (await load_overview(services, WHOLE_COUNTY)).by_school()
    assert [row.code for row in made.rows] == ["01", "02"]
    for row in made.rows:
        page = by_school[row.code]
        assert msgspec.structs.replace(row.counts, delivered_bp=0, repaid_bp=0, amount_bp=0) == (
            msgspec.structs.replace(
                row.counts,
                people=page.people,
                due_fen=page.due_fen,
                delivered=page.delivered,
                delivered_bp=0,
                repaid=page.paid,
                repaid_bp=0,
                repaid_fen=page.repaid_fen,
                amount_bp=0,
                visited=page.visited,
                unpaid=page.unpaid,
                special=page.special,
                explained=page.explained,
            )
        )
    assert (made.rows[0].counts.delivered, made.rows[0].counts.explained) == (3, 1)
    assert (made.totals.repaid, made.totals.repaid_fen) == (2, 240_00)


def test_its_counts_are_those_of_the_summary_composed_at_the_same_moment(
    services: Services,
) -> None:
    at_work(services)
    made = document_of(services, bulletins.issue(services, who=WHO))
    for row in made.rows:
        sums = totals_of(services, row.code)
        counts = row.counts
        assert (counts.people, counts.due_fen) == (sums.people, sums.total_fen)
        assert (counts.delivered, counts.delivered_bp) == (
            sums.delivered.people,
            sums.delivered.rate_bp,
        )
        assert (counts.repaid, counts.repaid_fen) == (sums.repaid.people, sums.repaid.fen)
        assert (counts.repaid_bp, counts.amount_bp) == (
            sums.repaid.rate_bp,
            sums.repaid.amount_rate_bp,
        )
        assert (counts.visited, counts.unpaid) == (sums.visited, sums.unpaid.people)
        assert (counts.special, counts.explained) == (sums.unpaid.special.people, sums.statements)


def test_people_at_no_school_are_named_as_a_number_and_counted_nowhere(
    services: Services,
) -> None:
    at_work(services)
    lost = person(90, "没有这所学校")
    services.database.write(lambda c: case_import.import_people(c, SEASON, [lost]))
    made = document_of(services, one := bulletins.issue(services, who=WHO))
    assert (made.unplaced, made.totals.people) == (1, 12)
    assert "另有1人还没有归到单位" in text_of(pages_of(services, one).read_bytes())


def test_people_of_a_school_that_is_gone_are_counted_all_the_same(services: Services) -> None:
    """Nothing that the office can press leaves people there; a list may have come in meanwhile."""
    at_work(services)
    before = bulletins.counted_now(services)

    def retire(connection: Connection) -> None:
        own = t.unit.c.code == "01"
        connection.execute(t.unit.update().where(own).values(retired_at="2019-12-01"))

    services.database.write(retire)
    assert bulletins.counted_now(services) == before


def test_explained_people_change_neither_rate(services: Services) -> None:
    at_work(services)
    counts = document_of(services, bulletins.issue(services, who=WHO)).rows[0].counts
    assert counts.explained == 1
    assert counts.delivered_bp == 10_000 * counts.delivered // counts.people
    assert counts.repaid == 1


def test_rendering_from_the_counted_bytes_repeats_byte_for_byte(services: Services) -> None:
    at_work(services)
    one = bulletins.issue(services, who=WHO)
    row = services.database.read(lambda c: stored.get(c, one.id))
    assert one.sha256 == sha256_hex(row.data) == row.data_hash
    assert encode(decode(row.data)) == row.data
    again = print_summary(document_of(services, one), FONTS)
    assert again.rendered.pdf == pages_of(services, one).read_bytes()
    assert again.xlsx == bulletins.workbook(services, row)


def test_what_comes_later_does_not_change_a_frozen_one(services: Services) -> None:
    at_work(services)
    one = bulletins.issue(services, who=WHO)
    before = pages_of(services, one).read_bytes()
    later = services.database.read(lambda c: cases.rows(c, SEASON, unit="02"))[0]["id"]
    delivered(services, later, "02")
    assert bulletins.counted_now(services).rows[1].counts.delivered == 1
    assert document_of(services, one).rows[1].counts.delivered == 0
    assert pages_of(services, one).read_bytes() == before
    again = print_summary(document_of(services, one), FONTS).rendered.pdf
    assert "送达3人" in text_of(again)


def test_who_saw_other_figures_issues_nothing(services: Services) -> None:
    at_work(services)
    seen = bulletins.counted_now(services).digest
    later = services.database.read(lambda c: cases.rows(c, SEASON, unit="02"))[0]["id"]
    delivered(services, later, "02")
    with pytest.raises(ProblemError) as refused:
        bulletins.issue(services, who=WHO, seen=seen)
    assert refused.value.code == "bulletin.changed"
    assert bulletins.listed(services) == []


def test_a_county_without_anybody_due_publishes_nothing(services: Services) -> None:
    with pytest.raises(ProblemError) as refused:
        bulletins.issue(services, who=WHO)
    assert refused.value.code == "bulletin.nobody"


def test_it_is_sealed_by_the_county_and_verified_as_a_bulletin(
    services: Services, tmp_path: Path
) -> None:
    at_work(services)
    one = bulletins.issue(services, who=WHO)
    file = sealed(services, one)
    verdict = verify(file, certs.root_pem(services))
    assert verdict.ok, verdict
    assert (verdict.kind, verdict.unit_code, verdict.version) == ("bulletin", "610599", 1)
    assert verdict.data_hash == one.sha256
    now = services.database.read(lambda c: store.get(c, one.id))
    assert (now.state, now.file_sha256) == ("sealed", sha256_hex(file.read_bytes()))
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 1
    (other := tmp_path / "changed.pdf").write_bytes(data)
    assert not verify(other, certs.root_pem(services)).ok


def test_a_second_one_may_be_sealed_before_the_first(services: Services) -> None:
    at_work(services)
    first, second = (bulletins.issue(services, who=WHO) for _ in range(2))
    for one in (second, first):
        assert verify(sealed(services, one), certs.root_pem(services)).ok


def test_a_page_without_its_stamp_does_not_seal(services: Services) -> None:
    at_work(services)
    one = bulletins.issue(services, who=WHO)
    pages = pages_of(services, one)
    with pypdfium2.PdfDocument(pages) as pdf:
        out = io.BytesIO()
        pdf[0].render(scale=200 / 72).to_pil().save(out, "JPEG")
    report = summary_scans.add(services, one.id, [("一.jpg", out.getvalue())], who=WHO)
    assert [p.code for p in report.problems]
    with pytest.raises(ProblemError) as refused:
        summaries.seal(services, one.id, who=WHO)
    assert refused.value.code == "summary.not_stamped"


def test_a_withdrawn_one_keeps_its_number_and_goes_no_further(services: Services) -> None:
    at_work(services)
    one = bulletins.issue(services, who=WHO)
    pages = pages_of(services, one)
    for _ in range(2):
        gone = bulletins.withdraw(services, one.id, "数字录错", who=WHO)
        assert (gone.withdrawn_reason, gone.withdrawn_by) == ("数字录错", WHO)
    assert actions(services).count("bulletin.withdraw") == 1
    with pytest.raises(ProblemError) as refused:
        summary_scans.add(services, one.id, stamped(pages, seed=3), who=WHO)
    assert refused.value.code == "summary.discarded"
    assert bulletins.issue(services, who=WHO).number == 2
    assert [b.number for b in bulletins.listed(services)] == [2, 1]


def test_a_sealed_one_that_is_withdrawn_stays_as_it_was_sealed(services: Services) -> None:
    at_work(services)
    one = bulletins.issue(services, who=WHO)
    file = sealed(services, one)
    gone = bulletins.withdraw(services, one.id, "数字录错", who=WHO)
    assert (gone.state, bool(gone.withdrawn_at)) == ("sealed", True)
    assert verify(file, certs.root_pem(services)).ok


def test_withdrawing_needs_a_reason(services: Services) -> None:
    at_work(services)
    one = bulletins.issue(services, who=WHO)
    with pytest.raises(ProblemError) as refused:
        bulletins.withdraw(services, one.id, "  ", who=WHO)
    assert refused.value.code == "bulletin.reason_missing"


def test_it_is_never_discarded_or_submitted_as_a_summary_is(services: Services) -> None:
    at_work(services)
    one = bulletins.issue(services, who=WHO)
    for verb in (summary_verdicts.discard, summary_verdicts.submit):
        with pytest.raises(ProblemError) as refused:
            verb(services, one.id, who=WHO)
        assert refused.value.code == "summary.unknown"


def test_its_paper_has_number_recipients_and_imprint_and_is_tagged(services: Services) -> None:
    at_work(services)
    pdf = pages_of(services, bulletins.issue(services, who=WHO)).read_bytes()
    text = text_of(pdf)
    for words in (
        "青槐教贷通报〔2019〕1号",
        "各中心校、有关县直学校：",
        "通知送达3人，送达率25.00%",
        "特此通报",
        "印发",
        "柳泉镇中心校",
    ):
        assert words in text, words
    assert PdfFileReader(io.BytesIO(pdf)).root["/MarkInfo"]["/Marked"]
    with pypdfium2.PdfDocument(pdf) as read:
        assert read.get_metadata_value("Title").endswith("进展情况的通报")


def test_its_workbook_adds_up_and_has_rates_as_on_paper(services: Services) -> None:
    at_work(services)
    one = bulletins.issue(services, who=WHO)
    row = services.database.read(lambda c: stored.get(c, one.id))
    data = bulletins.workbook(services, row)
    assert data is not None
    sheet = openpyxl.load_workbook(io.BytesIO(data), data_only=True).worksheets[0]
    cells = [[cell.value for cell in line] for line in sheet.iter_rows()]
    head = cells[2]
    assert cells[3][head.index("送达率")] == "50.00%"
    assert cells[-1][head.index("送达人数")] == 3
    assert cells[-1][head.index("已还本息(元)")] == 240


def test_no_person_of_a_county_stands_in_its_pdf_workbook_or_bytes(services: Services) -> None:
    sample_county(services)
    people = sample_people()
    assert len(people) > 500
    one = bulletins.issue(services, who=WHO)
    row = services.database.read(lambda c: stored.get(c, one.id))
    pages = pages_of(services, one)
    book = bulletins.workbook(services, row)
    assert book is not None
    sheets = openpyxl.load_workbook(io.BytesIO(book)).worksheets
    cells = [
        str(c.value) for sheet in sheets for line in sheet.iter_rows() for c in line if c.value
    ]
    for text in (text_of(pages.read_bytes()), "".join("".join(cells).split()), row.data.decode()):
        assert traces(text, people) == []


def test_a_purge_of_the_season_keeps_numbers_and_hashes(services: Services) -> None:
    from tests.support.county import purge

    at_work(services)
    one = bulletins.issue(services, who=WHO)
    bulletins.withdraw(services, one.id, "演示", who=WHO)
    purge(services, SEASON, who=WHO, really="演示")
    left = services.database.read(lambda c: store.get(c, one.id))
    assert (left.number, left.sha256, left.withdrawn_reason) == (1, one.sha256, "")


def test_the_settings_file_has_the_word_of_the_number(services: Services) -> None:
    from sync_server.store import seasons

    text = dump(services.database.read(lambda c: seasons.get(c, SEASON)))
    assert 'bulletin_no = "青槐教贷通报"' in text


def told(services: Services, path: Path) -> list[str]:
    """What a check with the county's list finds wrong with a sealed file, in words."""
    known = Known(withdrawn=withdrawals.stored(services))
    found = verify(path, certs.root_pem(services), known=known).problems
    return [one.message for one in found]


def test_a_withdrawn_bulletin_is_told_from_the_list_to_who_holds_the_file(
    services: Services,
) -> None:
    at_work(services)
    one = bulletins.issue(services, who=WHO)
    path = sealed(services, one)
    assert told(services, path) == []
    for _ in range(2):  # the same button, pressed twice
        bulletins.withdraw(services, one.id, "数字报错", who=WHO)
    (said,) = told(services, path)
    assert "已撤回" in said
    assert "第 1 号通报" in said
    assert [row.code for row in services.database.read(withdrawn_lists.every)] == ["", ""]


def test_one_withdrawn_before_the_list_named_bulletins_comes_onto_it(services: Services) -> None:
    at_work(services)
    one = bulletins.issue(services, who=WHO)
    sealed(services, one)
    services.database.write(
        lambda c: store.withdraw(c, one.id, at="2019-12-13T00:00:00Z", who=WHO, reason="x")
    )
    withdrawals.name_documents(services)
    withdrawals.name_documents(services)
    listed = withdrawals.of_now(services)
    assert listed is not None
    assert [(d.kind, d.number) for d in listed.documents] == [("bulletin", 1)]
    assert listed.number == 2


def test_a_bulletin_withdrawn_before_it_was_sealed_is_on_no_list(services: Services) -> None:
    at_work(services)
    bulletins.withdraw(services, bulletins.issue(services, who=WHO).id, "x", who=WHO)
    assert withdrawals.stored(services) is None
