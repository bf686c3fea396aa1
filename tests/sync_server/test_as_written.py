"""What normalising changed stays beside it as the list writes it: for the office, never for phones or papers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from sync_server.intake.due_list import read_due_list
from sync_server.office import imports
from sync_server.office.importing.choice import Choice
from sync_server.services import Services
from sync_server.store import as_written, case_import, cases, feed
from tests.support.console_browser import people, signed_in
from tests.support.county import SEASON
from tests.support.devices import working_phone
from tests.support.feed import Mirror
from tests.support.intake_files import due_rows, line, made_id, write_csv

WITH_X = next(number for n in range(999) if (number := made_id(n)).endswith("X"))
ODD = {
    "学生姓名": "⽯\u202d磊",
    "身份证号码": WITH_X[:17] + "×",
    "贷款合同号": "610599 2017-0001",
    "联系电话": "138-0000-0001",
    "家庭住址": "青槐县柳泉镇\n东李洼村6组",
    "包联学校": "柳泉镇 中心校",
}
WRITTEN = {
    "borrower_name": "⽯\u202d磊",
    "id_number": WITH_X[:17] + "×",
    "contract_no:61059920170001": "610599 2017-0001",
    "phone_student": "138-0000-0001",
    "home_address": "青槐县柳泉镇\n东李洼村6组",
    "assigned_school": "柳泉镇 中心校",
}
CLEAN = {
    "学生姓名": "石磊",
    "身份证号码": WITH_X,
    "贷款合同号": "61059920170001",
    "联系电话": "13800000001",
    "家庭住址": "青槐县柳泉镇东李洼村6组",
}


def read(tmp_path: Path, *lines: dict[str, Any]) -> Any:
    path = write_csv(tmp_path / "名单.csv", due_rows(lines), encoding="utf-8")
    return read_due_list(path, SEASON).people


def take(services: Services, tmp_path: Path, **changes: Any) -> case_import.ImportCounts:
    """Import a list of one person, without the subprocess that reads uploads."""
    (p,) = read(tmp_path, line(1, **changes))
    found = case_import.imported_person(
        SEASON,
        p.borrower.id_number,
        p.school_name,
        p.borrower,
        p.co_borrower,
        p.contracts,
        address=p.address,
        written=p.written,
    )
    return services.database.write(lambda c: case_import.import_people(c, SEASON, [found]))


def written(services: Services) -> dict[str, str]:
    (row,) = services.database.read(lambda c: cases.rows(c, SEASON))
    return as_written.of(row["written"])


def test_what_was_changed_is_read_beside_what_it_became(tmp_path: Path) -> None:
    (found,) = read(tmp_path, line(1, **ODD))
    assert found.borrower.name == "石磊"
    assert found.borrower.id_number == WITH_X
    assert found.written == WRITTEN


def test_what_needed_no_change_is_not_kept_twice(tmp_path: Path) -> None:
    assert [p.written for p in read(tmp_path, line(1), line(2), line(5))] == [{}, {}, {}]


def test_every_contract_of_a_person_keeps_its_own_spelling(tmp_path: Path) -> None:
    (found,) = read(tmp_path, line(1, 贷款合同号="A-100 001"), line(1, 贷款合同号="A-100 002"))
    assert found.written == {
        "contract_no:A100001": "A-100 001",
        "contract_no:A100002": "A-100 002",
    }


def test_two_phones_in_one_cell_stay_as_they_stand_there(tmp_path: Path) -> None:
    (found,) = read(tmp_path, line(1, 联系电话="13800000001\n13900000002"))
    assert found.borrower.phones == ("13800000001", "13900000002")
    assert found.written == {"phone_student": "13800000001\n13900000002"}


def test_the_case_keeps_it_and_the_same_list_again_changes_nothing(
    services: Services, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "名单.csv", due_rows([line(1, **ODD)]), encoding="utf-8")
    for counted in ("new", "same"):
        done = imports.apply(services, "due-list", path, who="test", choice=Choice())
        assert done["applied"][counted] == 1
        assert written(services) == WRITTEN


def test_a_cleaner_list_replaces_it_without_a_word_to_phones(
    services: Services, tmp_path: Path
) -> None:
    services.database.write(lambda c: case_import.import_schools(c, SEASON, {"柳泉镇中心校": {}}))
    take(services, tmp_path, **ODD)
    head = services.database.read(lambda c: feed.head(c, "01"))
    done = take(services, tmp_path, **CLEAN)
    assert (done.changed, done.same) == (0, 1)
    assert written(services) == {}
    assert services.database.read(lambda c: feed.head(c, "01")) == head


def test_a_list_that_is_silent_on_a_field_leaves_its_spelling(
    services: Services, tmp_path: Path
) -> None:
    take(services, tmp_path, **ODD)
    take(services, tmp_path, **{**CLEAN, "联系电话": "", "家庭住址": ""})
    assert set(written(services)) == {"phone_student", "home_address"}


async def test_phones_never_get_it(
    http: httpx.AsyncClient, services: Services, county: list[str], tmp_path: Path
) -> None:
    take(services, tmp_path, **ODD)
    phone = await working_phone(http, services)
    mirror = await Mirror(phone).read()
    assert "石磊" in {state.case.borrower.name for state in mirror.cases.values()}
    sent = msgspec.json.encode(list(mirror.cases.values())).decode()
    assert not any(text in sent for text in WRITTEN.values())


async def test_the_page_of_a_case_shows_it_numbers_only_when_asked_for(
    app: Litestar, services: Services, tmp_path: Path
) -> None:
    people(services)
    take(services, tmp_path, **ODD)
    (row,) = services.database.read(lambda c: cases.rows(c, SEASON))
    browser = await signed_in(app, "admin")
    masked = (await browser.get(f"/cases/{row['id']}")).text
    assert "名单上写作 ⽯⟨U+202D⟩磊 (U+2F6F→石、U+202D)" in masked
    assert "名单上写作 610599 2017-0001" in masked
    assert "名单上写法不同 (U+00D7→X)" in masked
    assert "138-0000-0001" not in masked
    assert WITH_X[:17] not in masked
    whole = (await browser.post(f"/cases/{row['id']}/id-number", purpose="verify")).text
    assert f"名单上写作 {WITH_X[:17]}×" in whole
    assert "名单上写作 138-0000-0001" in whole


@pytest.mark.parametrize("name", sorted(ODD))
def test_one_odd_cell_is_one_entry(tmp_path: Path, name: str) -> None:
    (found,) = read(tmp_path, line(1, **{**CLEAN, name: ODD[name]}))
    assert len(found.written) == 1
    assert set(found.written) < set(WRITTEN)
