"""Bulletins, talks, spot checks, bundles and the log in a browser: each role, on a desk and on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from sync_server.app import create_app
from sync_server.office import bulletins, late_schools, spot_checks, summaries, summary_scans
from sync_server.office.spot_checks import Entry
from sync_server.sample.scans import stamped
from sync_server.services import Services
from sync_server.settings import Settings
from tests.support.browser.waits import eventually
from tests.support.console_browser import people
from tests.support.county import SEASON
from tests.support.desk import DESKS, Desk
from tests.support.serve import on_socket
from tests.support.spot_checks import NOT_REAL, key
from tests.support.supervision import at_work

pytestmark = pytest.mark.extended

OVER = "document.documentElement.scrollWidth > innerWidth"
WHO = "县里甲"


def supervised(services: Services) -> tuple[str, str]:
    """A sealed bulletin, a drawn school with a finding, and a head called in; their ids."""
    at_work(services)
    people(services)
    one = bulletins.issue(services, who=WHO)
    pages = summaries.to_print(services, one.id, who=WHO)
    summary_scans.add(services, one.id, stamped(pages, seed=3), who=WHO)
    (check,) = spot_checks.draw(services, one.id, 2, who=WHO, unit="01")
    key(services, check.id, Entry(position=1, verdict="not_real", note=NOT_REAL))
    summaries.seal(services, one.id, who=WHO)
    late_schools.decide(services, "01", call_in=True, reason="数字落后", after=0, who=WHO)
    return one.id, check.id


def fits(desk: Desk) -> None:
    """Nothing of the page lies beside the window."""
    eventually(desk.page, lambda: bool(desk.page.evaluate(OVER)), wanted=False)


@pytest.mark.parametrize("size", DESKS, ids=("desk", "phone"))
def test_each_role_reads_supervision_on_a_desk_and_on_a_phone(
    app_settings: Settings, browser: Browser, size: dict[str, int], tmp_path: Path
) -> None:
    app = create_app(app_settings)
    services = app.state["services"].for_season(SEASON)
    bulletin, check = supervised(services)
    of_all = ("/bulletins", f"/bulletins/{bulletin}", "/publicity")
    of_centre = (*of_all, "/late-schools", "/spot-checks", "/inspection")
    seen = {
        "admin": (*of_centre, "/", f"/spot-checks/{check}", "/bundles", "/certificates"),
        "officer-one": (*of_centre, "/my-schools", f"/spot-checks/{check}", "/schools/01"),
        "auditor": (*of_centre, "/bundles"),
        "one": (*of_all, "/schools/01", "/schools/01/spot-checks"),
    }
    try:
        with on_socket(app) as url:
            for name, paths in seen.items():
                desk = Desk(browser, url, name, size)
                for path in paths:
                    desk.open(path)
                    fits(desk)
                    file = f"{name}{path.replace('/', '_')[:24]}-{size['width']}.png"
                    desk.page.screenshot(path=tmp_path / file, full_page=True)
            officer = Desk(browser, url, "officer-one", size)
            officer.open("/late-schools")
            officer.page.get_by_label("约谈日期").fill("2019-12-12")
            with officer.page.expect_navigation():
                officer.page.get_by_role("button", name="定日期").click()
            officer.see("约谈日期已记下")
            officer.open("/")
            officer.see("到了日子还没有记")
    finally:
        services.close()
