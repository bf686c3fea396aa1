"""A school's list as a workbook: each recipient gets its columns, texts stay texts, and the download is noted."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from litestar import Litestar

from shared import list_columns
from shared.problems import ProblemError
from shared.season_fields import with_values
from sync_server.office import seasons
from sync_server.office.case_lists import school_list
from sync_server.services import Services
from sync_server.store import audit, progress
from sync_server.store import seasons as store
from tests.support.console_browser import people, signed_in
from tests.support.county import SEASON


def rows(data: bytes) -> list[tuple[Any, ...]]:
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    return list(sheet.iter_rows(values_only=True))


@pytest.mark.parametrize("recipient", list_columns.DEFAULTS)
def test_each_recipient_gets_its_columns(
    services: Services, county: list[str], recipient: str
) -> None:
    title, header, *lines = rows(school_list(services, "01", recipient, who="t"))
    assert "柳泉镇中心校 2019" in str(title[0])
    names = {column.code: column.zh for column in list_columns.COLUMNS}
    assert list(header) == [names[code] for code in list_columns.DEFAULTS[recipient]]
    assert len(lines) == 6


def test_the_season_chooses_the_columns(services: Services, county: list[str]) -> None:
    seasons.change(
        services,
        SEASON,
        lambda s: with_values(s, {"list_columns.teacher": "姓名、村、应还合计"}),
        who="t",
    )
    _, header, *lines = rows(school_list(services, "01", "teacher", who="t"))
    assert header == ("姓名", "村", "应还合计")
    found = services.database.read(
        lambda c: progress.case_standings(c, store.get(c, SEASON), unit="01")
    )
    assert sorted(lines) == sorted(
        (f.case.borrower.name, f.case.village, f.case.total_fen / 100) for f in found
    )


def test_a_column_that_no_list_has_is_refused(services: Services) -> None:
    with pytest.raises(ProblemError) as refused:
        seasons.change(
            services,
            SEASON,
            lambda s: with_values(s, {"list_columns.school": "姓名、密码"}),
            who="t",
        )
    assert refused.value.code == "season.column_unknown"
    assert "密码" in refused.value.message()


def test_saving_a_form_with_nothing_changed_changes_nothing(services: Services) -> None:
    from shared.season_fields import fields

    before = services.database.read(lambda c: store.one(c, SEASON))
    values = {field.path: field.value for field in fields(before.season)}
    assert seasons.change(services, SEASON, lambda s: with_values(s, values), who="t") == ()
    assert services.database.read(lambda c: store.one(c, SEASON)) == before


async def test_a_download_is_noted_and_only_the_own_schools(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    one = await signed_in(app, "one")
    answer = await one.post("/schools/01/list.xlsx", recipient="teacher")
    assert answer.status_code == 200
    assert answer.headers["content-type"].endswith("spreadsheetml.sheet")
    assert len(rows(answer.content)) == 8
    (note,) = services.database.read(lambda c: audit.listed(c, 1))
    assert (note.action, note.ref, note.unit) == ("list.download", "teacher", "01")
    assert (await one.post("/schools/02/list.xlsx")).status_code == 404
    assert (await one.post("/schools/01/list.xlsx", recipient="bank")).status_code == 404
