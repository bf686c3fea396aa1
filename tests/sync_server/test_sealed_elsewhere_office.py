"""An office takes a file sealed electronically in place of the scan, from its upload to what goes up."""

from __future__ import annotations

import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pypdfium2
import pytest
from litestar import Litestar

from shared.problems import ProblemError
from sync_server.office import (
    bundles,
    county_reports,
    summaries,
    summary_files,
    summary_scans,
    summary_verdicts,
)
from sync_server.sample import office_staff
from sync_server.sealing.checking.folder import check_folder
from sync_server.sealing.documents import decode
from sync_server.sealing.summary import CountySummary
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import audit
from sync_server.store.summaries import COUNTY, SummaryRow
from tests.support import foreign_seals as foreign
from tests.support.command_line import doorstep
from tests.support.command_line import report as answer_of
from tests.support.console_browser import people, signed_in
from tests.support.county import CLOCK
from tests.support.crash import reopened
from tests.support.summaries import WHO, all_repaid, printed, scan_of

OFD = [("盖好的.ofd", foreign.sealed_ofd("报告"))]


@pytest.fixture(scope="module")
def made(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a school's summary printed."""
    data = tmp_path_factory.mktemp("made") / "server"
    shutil.copytree(blank, data)
    with reopened(data) as services:
        all_repaid(services)
        printed(services)
    return data


@pytest.fixture
def app_settings(tmp_path: Path, made: Path) -> Settings:
    shutil.copytree(made, tmp_path / "server")
    return Settings(data_dir=tmp_path / "server", clock_spec=CLOCK, public_url="http://server")


def row_of(services: Services, unit: str = "01") -> SummaryRow:
    return summaries.listed(services, unit)[0]


def scans_of(services: Services, row: SummaryRow) -> list[str]:
    """The names of a version's folders of uploads."""
    names = (found.key.split("/")[-2] for found in services.file_store.below(row.folder))
    return sorted({name for name in names if name.startswith("scan-")})


def pages_of(services: Services) -> Path:
    return summary_files.folder_of(services, row_of(services)) / "printed.pdf"


def electronic(services: Services) -> list[tuple[str, bytes]]:
    return [("盖好的.pdf", foreign.sealed_pdf(pages_of(services).read_bytes()))]


def taken(services: Services, files: list[tuple[str, bytes]], *, seen: bool = True) -> bool:
    row = row_of(services)
    return summary_scans.add_elsewhere(services, row.id, files, seen=seen, who="孙先生").complete


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [document[n].get_textpage().get_text_bounded() for n in range(len(document))]
    return "".join("".join(pages).split())


def test_an_ofd_is_said_to_be_unverified_from_the_seal_to_the_folder_that_goes_up(
    services: Services, tmp_path: Path
) -> None:
    assert taken(services, OFD)
    row = summaries.seal(services, row_of(services).id, who=WHO)
    assert row.stands_on == "elsewhere_ofd"
    sealed = summaries.files(services, row.id)["summary.pdf"]
    assert "未核验" in text_of(sealed.read_bytes())
    verdict = summaries.check_file(services, sealed)
    assert (verdict["ok"], verdict["stands_on"]) == (True, "elsewhere_ofd")

    summary_verdicts.submit(services, row.id, who=WHO)
    summary_verdicts.record_verdict(services, row.id, "accepted", "", who=WHO)
    report = county_reports.roll_up(services, partial=True, who=WHO)
    summary = decode(report.data)
    assert isinstance(summary, CountySummary)
    assert [one.stands_on for one in summary.rows] == ["elsewhere_ofd"]
    pages = summary_files.folder_of(services, report) / "printed.pdf"
    words = text_of(pages.read_bytes())
    assert "（电子公章OFD，未核验）" in words
    assert "以加盖电子公章的OFD代替盖章扫描件，其电子公章未核验" in words

    for one in county_reports.of_version(services, report):
        office_staff.stamp_and_seal(services, one.id, tmp_path / f"{one.document}.pdf", who=WHO)
    offer = bundles.offers(services)[0]
    packed = bundles.make(services, offer.key, who=WHO)
    with zipfile.ZipFile(bundles.path_of(services, packed)) as zipped:
        zipped.extractall(tmp_path / "bundle")
    top = next((tmp_path / "bundle").iterdir())
    assert "未核验" in text_of((top / "00 说明.pdf").read_bytes())
    assert "未核验" in text_of((top / "各校" / "00 各校封存件登记.pdf").read_bytes())
    found = check_folder(tmp_path / "bundle", None)
    assert found.ok, found.as_json()
    assert any("未核验" in one.message and "各校/" in one.message for one in found.notes)


def test_another_upload_replaces_the_one_before_whichever_kind_it_is(services: Services) -> None:
    seen = []
    for files in (OFD, scan_of(pages_of(services)), electronic(services)):
        row = row_of(services)
        if files[0][0].endswith(".jpg"):
            assert summary_scans.add(services, row.id, files, who=WHO).complete
        else:
            assert taken(services, files)
        now = row_of(services)
        seen.append(now.stands_on)
        assert now.state == "stamped"
        assert bool(now.declared) == bool(now.stands_on)
        assert scans_of(services, now) == [now.scan]
    assert seen == ["elsewhere_ofd", "", "elsewhere_pdf"]
    sealed = summaries.seal(services, row_of(services).id, who=WHO)
    verdict = summaries.check_file(services, summaries.files(services, sealed.id)["summary.pdf"])
    assert verdict["ok"]
    assert "孙先生" in "".join(n["message"] for n in verdict["notes"])
    with pytest.raises(ProblemError, match=r"summary\.sealed"):
        taken(services, OFD)


def test_without_the_declaration_nothing_is_taken(services: Services) -> None:
    before = row_of(services)
    with pytest.raises(ProblemError, match=r"elsewhere\.not_declared"):
        taken(services, OFD, seen=False)
    assert row_of(services) == before


def test_a_file_that_is_refused_takes_the_summary_back_to_printed_and_says_why(
    services: Services,
) -> None:
    assert taken(services, OFD)
    assert not taken(services, [("打印稿.pdf", pages_of(services).read_bytes())])
    assert row_of(services).state == "printed"
    with pytest.raises(ProblemError, match=r"summary\.not_stamped"):
        summaries.seal(services, row_of(services).id, who=WHO)


def test_two_uploads_at_once_leave_one_in_force(services: Services) -> None:
    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(taken, services, OFD) for _ in range(2)]
        assert all(one.result() for one in both)
    now = row_of(services)
    assert scans_of(services, now) == [now.scan]


async def test_the_page_asks_for_the_declaration_and_shows_who_signed(
    app: Litestar, services: Services
) -> None:
    people(services)
    row = row_of(services)
    browser = await signed_in(app, "one")
    base = f"/schools/01/summary/{row.id}/scan"
    assert "电子公章文件" in (await browser.get("/schools/01/summary")).text
    (name, data), *_ = electronic(services)
    files = {"file": (name, data, "application/pdf")}
    await browser.post(base, files=files, kind="elsewhere")
    assert row_of(services).state == "printed"
    assert "已打开看过" in (await browser.get("/schools/01/summary")).text
    answer = await browser.follow(
        await browser.post(base, files=files, kind="elsewhere", seen="yes")
    )
    page = (await browser.get("/schools/01/summary")).text
    assert answer.status_code == 200
    assert foreign.SCHOOL_SEAL in page
    assert "本程序不判断其机构是否可信" in page
    assert row_of(services).stands_on == "elsewhere_pdf"
    trail = services.database.read(lambda c: audit.listed(c))
    assert "summary.elsewhere" in [one.action for one in trail]


def test_the_command_line_takes_it_only_with_the_declaration(
    services: Services, tmp_path: Path
) -> None:
    data = services.settings.data_dir
    file = tmp_path / "章.ofd"
    file.write_bytes(OFD[0][1])
    args = ("seal", "01", "--json", "--elsewhere", str(file))
    assert doorstep(*args, data=data).returncode == 1
    assert row_of(services).state == "printed"
    done = answer_of(doorstep(*args, "--seen", data=data))
    verified = answer_of(
        doorstep("verify", done["summary.pdf"], "--trust", str(data / "keys/root.pem"), "--json")
    )
    assert (verified["ok"], verified["stands_on"]) == (True, "elsewhere_ofd")


def test_a_county_report_and_its_schools_agree_on_what_their_seals_stand_on(
    services: Services, tmp_path: Path
) -> None:
    taken(services, electronic(services))
    row = summaries.seal(services, row_of(services).id, who=WHO)
    county_reports.roll_up(services, partial=True, who=WHO)
    (summary,) = [decode(r.data) for r in summaries.listed(services, COUNTY)[:1]]
    assert isinstance(summary, CountySummary)
    assert summary.rows[0].stands_on == "elsewhere_pdf"
    assert summary.rows[0].file_sha256 == row.sha256


async def test_every_list_that_shows_the_state_shows_the_label(
    app: Litestar, services: Services
) -> None:
    people(services)
    assert taken(services, OFD)
    summaries.seal(services, row_of(services).id, who=WHO)
    admin = await signed_in(app, "admin")
    for path in ("/", "/county", "/schools/01", "/schools/01/summary"):
        page = await admin.get(path)
        assert page.status_code == 200, path
        assert "电子公章 OFD·未核验" in page.text, path
