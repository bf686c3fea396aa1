"""Bundles in the office: made once for a sealed report, kept, made again, replaced, noted and destroyed."""

from __future__ import annotations

import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import Connection, update

from shared.problems import ProblemError
from sync_server.office import (
    bundles,
    certs,
    county_reports,
    leftovers,
    summaries,
    summary_files,
    summary_verdicts,
    withdrawals,
)
from sync_server.office.bundles import Offer
from sync_server.sample import office_staff
from sync_server.sealing.checking.folder import check_folder
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import audit
from sync_server.store import bundles as store
from sync_server.store import tables as t
from sync_server.store.summaries import COUNTY
from tests.support.command_line import doorstep, doorstep_process, report
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import CLOCK, SEASON, purge
from tests.support.crash import reopened
from tests.support.file_engine import about_folder
from tests.support.quotas import Usage
from tests.support.summaries import all_repaid, sealed_version

WHO = "t"


def seal_reports(services: Services, folder: Path) -> None:
    """Roll up and seal the report to each recipient."""
    row = county_reports.roll_up(services, partial=True, who=WHO)
    for one in county_reports.of_version(services, row):
        office_staff.stamp_and_seal(services, one.id, folder / f"{one.document}.pdf", who=WHO)


def accept(services: Services, unit: str = "01") -> None:
    row = summaries.listed(services, unit)[0]
    summary_verdicts.submit(services, row.id, who=WHO)
    summary_verdicts.record_verdict(services, row.id, "accepted", "", who=WHO)


def not_judged(services: Services) -> None:
    """The county's report was sealed before anybody looked at the school's summary."""

    def job(connection: Connection) -> None:
        school = t.summary.c.unit == "01"
        connection.execute(update(t.summary).where(school).values(state="submitted", verdict=""))

    services.database.write(job)


@pytest.fixture(scope="module")
def made(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a school's sealed summary that was accepted, and the reports sealed; copied."""
    data = tmp_path_factory.mktemp("made") / "server"
    shutil.copytree(blank, data)
    with reopened(data) as services:
        all_repaid(services)
        sealed_version(services)
        accept(services)
        seal_reports(services, data.parent)
    return data


@pytest.fixture
def app_settings(tmp_path: Path, made: Path) -> Settings:
    shutil.copytree(made, tmp_path / "server")
    return Settings(data_dir=tmp_path / "server", clock_spec=CLOCK, public_url="http://server")


def offer(services: Services, key: str = "province") -> Offer:
    return next(one for one in bundles.offers(services) if one.key == key)


def acts(services: Services, action: str) -> int:
    return len(services.database.read(lambda c: audit.listed(c, action=action)))


def test_a_bundle_is_made_of_the_sealed_report_and_verifies_elsewhere(
    services: Services, tmp_path: Path
) -> None:
    seen: list[tuple[int, int]] = []
    row = bundles.make(services, who=WHO, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (2, 2)
    found, path = bundles.download(services, row.sealed_sha256, who=WHO)
    assert found == row
    with zipfile.ZipFile(path) as file:
        file.extractall(tmp_path / "elsewhere")
    verdict = check_folder(tmp_path / "elsewhere", certs.root_pem(services))
    assert verdict.ok, verdict.as_json()
    assert len(verdict.files) == row.files
    assert (acts(services, "bundle.make"), acts(services, "bundle.download")) == (1, 1)


def test_pressed_twice_and_by_two_at_once_there_is_one_bundle(services: Services) -> None:
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(lambda _: bundles.make(services, who=WHO), range(2))
    assert first == second == bundles.make(services, who=WHO)
    assert acts(services, "bundle.make") == 1


def test_a_bundle_that_is_gone_is_made_again_with_the_same_bytes(services: Services) -> None:
    row = bundles.make(services, "bank", who=WHO)
    before = bundles.path_of(services, row).read_bytes()
    services.file_store.delete(bundles.key_of(row))
    with pytest.raises(ProblemError, match=r"bundle\.gone"):
        bundles.download(services, row.sealed_sha256, who=WHO)
    again = bundles.make(services, "bank", who=WHO)
    assert again.sha256 == row.sha256
    assert bundles.path_of(services, again).read_bytes() == before


def test_a_newer_file_beside_an_older_row_is_not_handed_out_and_is_made_again(
    services: Services,
) -> None:
    """A kill between the two, after a certificate was withdrawn."""
    row = bundles.make(services, who=WHO)
    certs.ensure(services, "02")
    withdrawals.withdraw(services, "02", reason="lost", who=WHO)
    newer = bundles.make(services, who=WHO)
    services.database.write(lambda c: store.put(c, row))
    assert newer.sha256 != row.sha256
    if newer.size_bytes != row.size_bytes:
        with pytest.raises(ProblemError, match=r"bundle\.gone"):
            bundles.download(services, row.sealed_sha256, who=WHO)
    assert bundles.make(services, who=WHO).sha256 == newer.sha256


def test_a_newer_sealed_report_gets_its_own_bundle_and_the_older_one_stays(
    services: Services, tmp_path: Path
) -> None:
    old = bundles.make(services, who=WHO)
    seal_reports(services, tmp_path)
    assert offer(services).sealed is not None
    new = bundles.make(services, who=WHO)
    assert (old.version, new.version) == (1, 2)
    assert [row.version for row, there in offer(services).made if there] == [2, 1]
    assert bundles.download(services, old.sealed_sha256, who=WHO)[0] == old


def test_a_school_that_is_not_accepted_is_named_and_nothing_is_packed(services: Services) -> None:
    not_judged(services)
    assert offer(services).waiting == ("柳泉镇中心校",)
    with pytest.raises(ProblemError, match=r"bundle\.not_accepted") as refused:
        bundles.make(services, who=WHO)
    assert "柳泉镇中心校" in refused.value.message()


def test_a_sealed_file_that_was_damaged_on_the_disk_is_not_packed(services: Services) -> None:
    row = summaries.listed(services, "01")[0]
    key = summary_files.served(services, row)["summary.pdf"]
    services.file_store.put(key, b"%PDF-")
    with pytest.raises(ProblemError, match=r"bundle\.child_gone"):
        bundles.make(services, who=WHO)
    assert not offer(services).made


def test_without_a_sealed_report_there_is_nothing_to_pack(services: Services) -> None:
    with pytest.raises(ProblemError, match=r"rollup\.recipient_unknown"):
        bundles.make(services, "nobody", who=WHO)

    def unsealed(connection: Connection) -> None:
        county = t.summary.c.unit == COUNTY
        connection.execute(update(t.summary).where(county).values(sha256="", state="printed"))

    services.database.write(unsealed)
    with pytest.raises(ProblemError, match=r"bundle\.not_sealed"):
        bundles.make(services, who=WHO)


def test_a_disk_with_little_room_takes_no_bundle(services: Services) -> None:
    services.disk_usage = lambda _: Usage(10**13, 10**6)
    with pytest.raises(ProblemError, match=r"disk\.low"):
        bundles.make(services, who=WHO)


@about_folder("in a shared store it goes once it is old: test_files_of_replicas.py")
def test_a_file_that_no_row_names_is_swept_and_a_named_one_stays(services: Services) -> None:
    row = bundles.make(services, who=WHO)
    stray = bundles.path_of(services, row).with_name("v9-0123456789abcdef.zip")
    stray.write_bytes(b"half")
    leftovers.sweep(services)
    assert not stray.exists()
    assert bundles.path_of(services, row).exists()


def test_a_purge_destroys_the_bundles(services: Services) -> None:
    path = bundles.path_of(services, bundles.make(services, who=WHO))
    purge(services, SEASON, who=WHO, really="test")
    assert not path.exists()
    assert not path.parent.exists()
    assert services.database.read(store.every) == []


def test_the_command_line_puts_zip_and_folder_where_somebody_wants_them(
    services: Services, tmp_path: Path
) -> None:
    data, out = services.settings.data_dir, tmp_path / "out"
    made = report(doorstep("bundle", "--to", "bank", "--out", out, "--json", data=data))
    folder = Path(made["folder"])
    assert Path(made["zip"]).stat().st_size == made["size_bytes"]
    trust = tmp_path / "root.pem"
    trust.write_bytes(certs.root_pem(services))
    shutil.move(data, tmp_path / "away")  # the county's data are not needed
    found = report(doorstep_process("verify", folder, "--trust", trust, "--json"))
    assert found["ok"]
    assert {file["what"] for file in found["files"]} == {
        "contents", "how", "note", "register", "report", "root", "withdrawn", "workbook"
    }  # fmt: skip
    shutil.move(tmp_path / "away", data)
    again = doorstep("bundle", "--to", "bank", "--out", out, "--json", data=data)
    assert again.returncode == 1
    assert "bundle.exists" in again.stderr + again.stdout


async def test_the_page_makes_and_downloads_a_bundle_and_marks_the_replaced_one(
    app: Litestar, services: Services, tmp_path: Path
) -> None:
    people(services)
    admin: Browser = await signed_in(app, "admin")
    page = (await admin.get("/bundles")).text
    assert "省学生资助管理中心" in page
    assert "国家开发银行" in page
    await admin.follow(await admin.post("/bundles/province"))
    page = (await admin.get("/bundles")).text
    row = offer(services).made[0][0]
    address = f"/bundles/{row.sealed_sha256}/download"
    assert address in page
    sent = await admin.post(address)
    assert sent.headers["content-type"] == "application/zip"
    assert sent.content == bundles.path_of(services, row).read_bytes()
    assert acts(services, "bundle.download") == 1
    assert "材料包还是旧的" not in (await admin.get("/")).text
    seal_reports(services, tmp_path)
    page = (await admin.get("/bundles")).text
    assert "已被第 2 版取代" in page
    assert "材料包还是旧的" in (await admin.get("/")).text
    assert (await (await signed_in(app, "officer")).get("/bundles")).status_code == 403


async def test_the_page_names_the_schools_that_are_not_accepted(
    app: Litestar, services: Services
) -> None:
    people(services)
    not_judged(services)
    page = (await (await signed_in(app, "admin")).get("/bundles")).text
    assert "柳泉镇中心校" in page
    assert "还没有接收" in page
    assert msgspec.structs.asdict(offer(services))["with_schools"]
