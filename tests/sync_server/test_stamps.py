"""A stamp the program missed: the centre confirms it from the original, by name; the seal keeps that."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from litestar import Litestar
from PIL import Image

from shared.problems import ProblemError
from sync_server.office import stamps, summaries, summary_scans
from sync_server.office.worker_jobs import ScanReport
from sync_server.services import Services
from sync_server.store import accounts, audit
from sync_server.store.accounts import Account
from sync_server.store.summaries import SummaryRow
from tests.support.command_line import doorstep
from tests.support.command_line import report as answer_of
from tests.support.console_browser import Browser, people, signed_in
from tests.support.summaries import WHO, Scan, all_repaid, printed, scan_of

OFFICER = Account(
    name="officer", role="officer", unit="", shown="赵先生", schools=frozenset({"01"})
)
LIAISON = Account(name="one", role="liaison", unit="01", shown="孙先生", schools=frozenset({"01"}))
REASON = "原件公章完整,扫描仪只有黑白"


def grey(scan: Scan) -> Scan:
    """The same pages from a scanner without colour."""
    files = []
    for name, data in scan:
        out = io.BytesIO()
        Image.open(io.BytesIO(data)).convert("L").save(out, "JPEG", quality=80)
        files.append((name, out.getvalue()))
    return files


@pytest.fixture
def in_grey(services: Services) -> tuple[SummaryRow, Path, ScanReport]:
    """A version whose stamped and signed pages came back in grey; its pages and what was seen."""
    all_repaid(services)
    row, pages = printed(services)
    report = summary_scans.add(services, row.id, grey(scan_of(pages)), who=WHO)
    return row, pages, report


def current(services: Services, row: SummaryRow) -> SummaryRow:
    (found,) = [r for r in summaries.listed(services, row.unit) if r.id == row.id]
    return found


def confirm(services: Services, row: SummaryRow, page: int, **other: object) -> SummaryRow:
    given = {"reason": REASON, "seen_original": True, "account": OFFICER, **other}
    return stamps.confirm(services, row.id, page, "stamp", **given)


def refusal(services: Services, row: SummaryRow, page: int, **other: object) -> str:
    with pytest.raises(ProblemError) as refused:
        confirm(services, row, page, **other)
    return refused.value.code


async def test_the_centre_confirms_and_the_seal_and_its_verifier_name_who(
    app: Litestar, services: Services, in_grey: tuple[SummaryRow, Path, ScanReport]
) -> None:
    row, _, report = in_grey
    (area,) = [a for a in report.areas if a.code]
    assert (area.area, area.code, report.complete) == ("stamp", "scan.grey", False)
    assert current(services, row).state == "printed"

    assert confirm(services, row, area.page).state == "stamped"
    trail = services.database.read(lambda c: audit.listed(c))[0]
    assert (trail.action, trail.who) == ("summary.confirm_ink", "赵先生")
    assert REASON not in trail.detail, "the row has it, which a purge empties"
    assert stamps.confirmed(current(services, row))[0].reason == REASON

    summaries.seal(services, row.id, who=WHO)
    sealed = summaries.files(services, row.id)["summary.pdf"]
    verdict = summaries.check_file(services, sealed)
    (note,) = verdict["notes"]
    assert verdict["ok"]
    assert note["code"] == "verify.confirmed"
    assert "赵先生" in note["message"]
    assert REASON in note["message"]
    file = ("summary.pdf", sealed.read_bytes(), "application/pdf")
    checked = (await Browser(app).post("/check", files={"file": file})).text
    assert "文件完好" in checked
    assert "赵先生" in checked


def test_only_the_centre_with_the_original_and_a_reason_confirms(
    services: Services, in_grey: tuple[SummaryRow, Path, ScanReport]
) -> None:
    row, _, report = in_grey
    page = report.areas[0].page
    assert refusal(services, row, page, account=LIAISON) == "auth.forbidden"
    assert refusal(services, row, page, seen_original=False) == "summary.original_not_seen"
    assert refusal(services, row, page, reason="  ") == "summary.original_not_seen"
    assert refusal(services, row, page + 7) == "summary.not_confirmable"
    assert current(services, row).confirmed_stamps == ""


def test_a_confirmation_is_taken_back_until_the_seal(
    services: Services, in_grey: tuple[SummaryRow, Path, ScanReport]
) -> None:
    row, _, report = in_grey
    page = report.areas[0].page
    confirm(services, row, page)
    back = stamps.take_back(services, row.id, page, "stamp", account=OFFICER)
    assert (back.state, back.confirmed_stamps) == ("printed", "")
    confirm(services, row, page)
    summaries.seal(services, row.id, who=WHO)
    with pytest.raises(ProblemError, match=r"summary\.sealed"):
        stamps.take_back(services, row.id, page, "stamp", account=OFFICER)


def test_another_upload_voids_a_confirmation(
    services: Services, in_grey: tuple[SummaryRow, Path, ScanReport]
) -> None:
    row, pages, report = in_grey
    confirm(services, row, report.areas[0].page)
    again = summary_scans.add(services, row.id, grey(scan_of(pages)), who=WHO)
    assert not again.complete
    assert current(services, row).confirmed_stamps == ""
    with pytest.raises(ProblemError, match=r"summary\.not_stamped"):
        summaries.seal(services, row.id, who=WHO)


def test_the_print_file_is_never_confirmed(services: Services) -> None:
    all_repaid(services)
    row, pages = printed(services)
    report = summary_scans.add(services, row.id, [("打印.pdf", pages.read_bytes())], who=WHO)
    page = report.areas[0].page
    assert {a.code for a in report.areas} == {"scan.own_file"}
    assert refusal(services, row, page) == "summary.not_confirmable"


def test_other_faults_of_a_scan_stay_when_its_ink_is_confirmed(
    services: Services, in_grey: tuple[SummaryRow, Path, ScanReport]
) -> None:
    row, pages, report = in_grey
    bad = [*grey(scan_of(pages)), ("别的.txt", b"hello")]
    summary_scans.add(services, row.id, bad, who=WHO)
    assert confirm(services, row, report.areas[0].page).state == "printed"


async def test_the_page_shows_what_was_seen_and_the_officer_confirms_on_it(
    app: Litestar, services: Services, in_grey: tuple[SummaryRow, Path, ScanReport]
) -> None:
    row, _, report = in_grey
    page = report.areas[0].page
    form = {"do": "confirm", "page": str(page), "area": "stamp", "seen_original": "yes"}
    base = f"/schools/01/summary/{row.id}"
    people(services)

    liaison = await signed_in(app, "one")
    shown = (await liaison.get("/schools/01/summary")).text
    assert f"{base}/areas/0" in shown
    assert "请用彩色再扫描一次" in shown
    assert "seen_original" not in shown
    picture = await liaison.get(f"{base}/areas/0")
    assert Image.open(io.BytesIO(picture.content)).format == "JPEG"
    assert (await liaison.post(f"{base}/stamps", reason=REASON, **form)).status_code == 403

    officer = await signed_in(app, "officer")
    assert "我已核对原件" in (await officer.get("/schools/01/summary")).text
    await officer.post(f"{base}/stamps", reason=REASON, **form)
    after = (await liaison.get("/schools/01/summary")).text
    assert "officer先生" in after
    assert current(services, row).state == "stamped"
    await officer.post(f"{base}/stamps", do="take_back", page=str(page), area="stamp")
    assert current(services, row).state == "printed"


def test_the_command_line_confirms_for_an_account_of_the_centre(
    services: Services, in_grey: tuple[SummaryRow, Path, ScanReport]
) -> None:
    _, _, report = in_grey
    page = report.areas[0].page
    services.database.write(
        lambda c: accounts.put(c, "zhao", "correct horse 1", "officer", "", "赵先生")
    )
    data = services.settings.data_dir
    args = ("stamps", "01", "--json", "--confirm", f"{page}:stamp", "--reason", REASON)
    assert doorstep(*args, "--by", "zhao", data=data).returncode == 1
    assert doorstep(*args, "--by", "nobody", "--seen-original", data=data).returncode == 1
    done = answer_of(doorstep(*args, "--by", "zhao", "--seen-original", data=data))
    assert (done["state"], done["complete"]) == ("stamped", True)
    assert [a["confirmed_by"] for a in done["areas"]] == ["赵先生", ""]
