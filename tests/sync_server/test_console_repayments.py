"""A repayment file in the browser and on the command line: two clicks a day, and what is asked."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from sync_server.services import Services
from sync_server.store import cases, repayments
from tests.support.command_line import doorstep, report
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON, repaid
from tests.support.intake_files import write_csv

HEADER = ["合同编号", "已还本金", "已还利息", "还款日期"]


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


def rows(*paid: tuple[str, str], day: str = "2019-12-10") -> list[list[str]]:
    return [[contract, yuan, "0.00", day] for contract, yuan in paid]


async def preview(browser: Browser, folder: Path, title: str, *paid: tuple[str, str]) -> str:
    path = write_csv(folder / "f.csv", [[title], HEADER, *rows(*paid)])
    files = {"file": ("还款.csv", path.read_bytes(), "text/csv")}
    answer = await browser.upload("repayments", files)
    assert answer.status_code == 200
    return answer.text


async def apply(browser: Browser, text: str, **fields: str | list[str]) -> httpx.Response:
    """Press 写入, with what the form holds and the fields somebody filled in."""
    token = re.search(r'name="token" value="([0-9a-f]{32})"', text)
    assert token
    kinds = re.findall(r'name="repayment_kind" value="(\w+)" required checked', text)
    previewed = re.search(r'name="previewed" value="([^"]*)"', text)
    data = {
        "token": token[1],
        "previewed": previewed[1] if previewed else "",
        "_csrf_token": browser.form_token,
        "as_of": "",
        **({"repayment_kind": kinds[0]} if kinds else {}),
        **fields,
    }
    return await browser.follow(await browser.http.post("/imports/apply", data=data))


def paid(services: Services) -> set[str]:
    found = services.database.read(lambda c: cases.rows(c, SEASON))
    return {r["person_key"][-1] for r in found if r["paid"]}


async def test_a_plain_daily_file_takes_two_clicks(
    services: Services, admin: Browser, tmp_path: Path
) -> None:
    text = await preview(admin, tmp_path, "截至2019年12月11日还款情况", ("C00000", "100.00"))
    assert "2019年12月11日" in text
    assert "每一行都没有问题" in text
    assert "样*" in text  # who leaves the phones
    assert "写入完成" in (await apply(admin, text)).text
    assert paid(services) == {"0"}


async def test_a_doubtful_day_is_written_only_when_it_is_ticked(
    services: Services, admin: Browser, tmp_path: Path
) -> None:
    title = "截至二〇一九年十二月十一日还款情况"
    text = await preview(admin, tmp_path, title, ("C00000", "100.00"))
    assert 'name="as_of" value="2019-12-11" >' in text
    waits = await apply(admin, text)
    assert "勾选或选定后再写入" in waits.text
    assert paid(services) == set()
    assert "写入完成" in (await apply(admin, waits.text, as_of=["2019-12-11", ""])).text
    (stored,) = services.database.read(lambda c: repayments.snapshots(c, SEASON))
    assert stored.as_of == "2019-12-11"


async def test_a_kind_that_is_not_plain_has_to_be_chosen(
    services: Services, admin: Browser, tmp_path: Path
) -> None:
    repaid(services, "2019-12-09", {"C00001": 100_00, "C00002": 1_00})
    text = await preview(admin, tmp_path, "截至2019年12月11日还款情况", ("C00000", "100.00"))
    assert "看不准,请选一种" in text.replace("\uff0c", ",")
    assert "required checked" not in text
    again = await apply(admin, text, repayment_kind="increment")
    assert "新还清 1 人,退回未还 0 人" in again.text.replace("\uff0c", ",")
    assert paid(services) == {"1"}
    assert "写入完成" in (await apply(admin, again.text)).text
    assert paid(services) == {"0", "1"}


def test_the_command_line_confirms_kind_and_day_and_gives_what_changed(
    services: Services, county: list[str], tmp_path: Path
) -> None:
    data = services.settings.data_dir
    repaid(services, "2019-12-09", {"C00001": 100_00, "C00007": 20_00})
    file = write_csv(
        tmp_path / "f.csv", [["还款情况"], HEADER, *rows(("C00000", "100.00"), ("C00006", "30.00"))]
    )
    waits = doorstep("import", "repayments", file, "--json", data=data)
    codes = {p["code"] for p in report(waits)["problems"] if p["level"] == "error"}
    assert (waits.returncode, report(waits)["applied"]) == (1, None)
    assert codes == {"intake.kind_unsure", "intake.as_of_unconfirmed"}
    how = ("--kind", "increment", "--as-of", "2019-12-11")
    done = doorstep("import", "repayments", file, *how, "--json", data=data)
    assert (done.returncode, report(done)["applied"]["newly_paid"]) == (0, 1)

    changes = report(doorstep("repayments", "changes", "--json", data=data))
    assert (changes["since"], changes["as_of"]) == ("2019-12-09", "2019-12-11")
    assert changes["counts"] == {"newly_paid": 1, "partly_paid": 1, "came_back": 0, "reduced": 0}
    (first, second) = changes["schools"]
    assert [p["name"] for p in first["newly_paid"]] == ["样例0"]
    assert [p["left_fen"] for p in second["partly_paid"]] == [70_00]
    assert (first["people"], first["paid"], first["still_due"]) == (6, 2, 4)
    assert (first["still_due_fen"], first["repaid_fen"]) == (400_00, 200_00)

    one = doorstep("repayments", "changes", "--school", "02", "--as-of", "2019-12-09", data=data)
    assert "还了一部分 1 人" in one.stdout
    assert "样例7" not in one.stdout
    unknown = doorstep("repayments", "changes", "--as-of", "2019-12-10", "--json", data=data)
    assert report(unknown)["problems"][0]["code"] == "repayments.day_unknown"


async def test_a_day_that_is_given_is_shown_with_what_it_changes_before_it_is_written(
    services: Services, admin: Browser, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path / "f.csv", [["还款情况"], HEADER, *rows(("C00000", "100.00"), day="")]
    )
    files = {"file": ("还款.csv", path.read_bytes(), "text/csv")}
    answer = await admin.upload("repayments", files)
    assert "文件里看不出来" in answer.text
    again = await apply(admin, answer.text, as_of="2019-12-11")
    assert "样*" in again.text
    assert paid(services) == set()
    assert "写入完成" in (await apply(admin, again.text, as_of=["2019-12-11", ""])).text
    assert paid(services) == {"0"}


async def test_the_page_says_before_the_press_that_another_kind_is_shown_once_more(
    admin: Browser, tmp_path: Path
) -> None:
    text = await preview(admin, tmp_path, "截至2019年12月11日还款情况", ("C00000", "100.00"))
    said = text.index("再按一次才写入")
    assert text.index('name="repayment_kind"') < said < text.index(">写入</button>")
