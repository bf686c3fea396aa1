"""The county's reports in the office: made at once, one number, printed and sealed each for itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar

from shared.problems import ProblemError
from shared.season import Season
from sync_server.office import certs, county_reports, seasons, summaries, summary_verdicts
from sync_server.sample import office_staff
from sync_server.sealing.checking.verify import verify
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store.summaries import COUNTY, SummaryRow
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import CLOCK, SEASON
from tests.support.crash import reopened
from tests.support.summaries import all_repaid, sealed_version

WHO = "t"


@pytest.fixture(scope="module")
def made(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one school sealed and the county's reports composed; copied."""
    data = tmp_path_factory.mktemp("made") / "server"
    shutil.copytree(blank, data)
    with reopened(data) as services:
        all_repaid(services)
        sealed_version(services)
        county_reports.roll_up(services, partial=True, who=WHO)
    return data


@pytest.fixture
def app_settings(tmp_path: Path, made: Path) -> Settings:
    shutil.copytree(made, tmp_path / "server")
    return Settings(data_dir=tmp_path / "server", clock_spec=CLOCK, public_url="http://server")


@pytest.fixture
def rolled(services: Services) -> SummaryRow:
    """The report to the main recipient."""
    return summaries.listed(services, COUNTY, county_reports.document_for(services, ""))[0]


def bank_of(services: Services) -> SummaryRow:
    document = county_reports.document_for(services, "bank")
    return summaries.listed(services, COUNTY, document)[0]


def test_a_roll_up_makes_a_report_for_each_recipient_with_one_number_and_equal_figures(
    services: Services, rolled: SummaryRow
) -> None:
    reports = county_reports.of_version(services, rolled)
    assert [county_reports.recipient_name(one) for one in reports] == [
        "省学生资助管理中心",
        "国家开发银行",
    ]
    assert [one.document for one in reports] == [f"610599-{SEASON}", f"610599-{SEASON}.BANK"]
    assert {one.version for one in reports} == {1}
    trees = [json.loads(one.data) for one in reports]
    assert trees[0]["figures"] == trees[1]["figures"]


def test_reports_made_again_have_one_number_after_any_that_was_printed(
    services: Services, rolled: SummaryRow
) -> None:
    summaries.to_print(services, bank_of(services).id, who=WHO)
    again = county_reports.roll_up(services, partial=True, who=WHO)
    assert (again.version, bank_of(services).version) == (2, 2)
    kept = [(row.document, row.version) for row in summaries.listed(services, COUNTY)]
    assert sorted(kept) == [
        (f"610599-{SEASON}", 2),
        (f"610599-{SEASON}.BANK", 1),
        (f"610599-{SEASON}.BANK", 2),
    ]


def test_the_banks_report_is_sealed_for_itself_and_verifies(
    services: Services, rolled: SummaryRow, tmp_path: Path
) -> None:
    bank = bank_of(services)
    office_staff.stamp_and_seal(services, bank.id, tmp_path / "bank.pdf", who=WHO)
    verdict = verify(tmp_path / "bank.pdf", certs.root_pem(services))
    assert (verdict.ok, verdict.document) == (True, f"610599-{SEASON}.BANK")
    assert "国家开发银行" in verdict.notes[-1].message
    states = {one.document: one.state for one in summaries.listed(services, COUNTY)}
    assert states == {f"610599-{SEASON}": "composed", f"610599-{SEASON}.BANK": "sealed"}


def test_without_recipients_there_is_one_report_as_before(services: Services) -> None:
    def nobody(season: Season) -> Season:
        return msgspec.structs.replace(season, recipients=())

    seasons.change(services, SEASON, nobody, who=WHO)
    row = county_reports.roll_up(services, partial=True, who=WHO)
    assert county_reports.of_version(services, row) == [row]
    assert row.document == f"610599-{SEASON}"
    assert "recipient" not in json.loads(row.data)


def test_a_recipient_nobody_set_is_refused(services: Services) -> None:
    with pytest.raises(ProblemError, match=r"rollup\.recipient_unknown"):
        county_reports.document_for(services, "nobody")


async def test_the_page_shows_each_recipients_report_and_its_own_steps(
    app: Litestar, services: Services, rolled: SummaryRow
) -> None:
    people(services)
    officer: Browser = await signed_in(app, "admin")
    bank = bank_of(services)
    page = (await officer.get("/county")).text
    assert 'href="/county?to=bank"' in page
    assert f"/county/{rolled.id}/print" in page
    assert f"/county/{bank.id}/print" not in page
    page = (await officer.get("/county?to=bank")).text
    assert f"/county/{bank.id}/print" in page
    printed = await officer.post(f"/county/{bank.id}/print")
    assert "BANK" in printed.headers["content-disposition"]
    discarded = await officer.post(f"/county/{bank.id}/discard")
    assert discarded.headers["location"] == "/county?to=bank"
    assert bank_of(services).state == "discarded"


async def test_a_removed_recipients_sealed_report_stays_on_the_page(
    app: Litestar, services: Services, rolled: SummaryRow
) -> None:
    def without_bank(season: Season) -> Season:
        return msgspec.structs.replace(season, recipients=season.recipients[:1])

    people(services)
    seasons.change(services, SEASON, without_bank, who=WHO)
    page = (await (await signed_in(app, "admin")).get("/county?to=bank")).text
    assert "已不在设置里" in page
    assert "国家开发银行" in page


async def test_reports_of_recipients_that_were_all_removed_are_found_on_page_and_command_line(
    app: Litestar, services: Services, rolled: SummaryRow
) -> None:
    def nobody(season: Season) -> Season:
        return msgspec.structs.replace(season, recipients=())

    people(services)
    bank = bank_of(services)
    summaries.to_print(services, bank.id, who=WHO)
    seasons.change(services, SEASON, nobody, who=WHO)
    assert county_reports.document_for(services, "bank") == bank.document
    officer = await signed_in(app, "admin")
    page = (await officer.get("/county")).text
    assert 'href="/county?to=bank"' in page
    assert "已不在设置里" in page
    assert f"/county/{bank.id}/scan" in (await officer.get("/county?to=bank")).text


async def test_after_a_step_the_page_of_the_same_recipient_is_shown(
    app: Litestar, services: Services, rolled: SummaryRow
) -> None:
    def bank_alone(season: Season) -> Season:
        return msgspec.structs.replace(season, recipients=season.recipients[1:])

    people(services)
    summaries.to_print(services, rolled.id, who=WHO)
    seasons.change(services, SEASON, bank_alone, who=WHO)
    officer = await signed_in(app, "admin")
    discarded = await officer.post(f"/county/{rolled.id}/discard")
    page = (await officer.get(discarded.headers["location"])).text
    assert "下面是报送“省学生资助管理中心”的这一份" in page


def test_discarding_one_report_leaves_the_other(services: Services, rolled: SummaryRow) -> None:
    summary_verdicts.discard(services, bank_of(services).id, who=WHO)
    assert county_reports.of_version(services, rolled) == [rolled]
