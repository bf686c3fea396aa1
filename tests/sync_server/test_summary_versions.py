"""Versions side by side, and what a version keeps of the season's settings."""

from __future__ import annotations

import msgspec
import pytest
from litestar import Litestar

from shared.season_fields import with_values
from sync_server.office import seasons as office
from sync_server.office import summaries, version_differences
from sync_server.sealing.making.compose import compose
from sync_server.sealing.summary import SchoolSummary, encode
from sync_server.services import Services
from sync_server.store.summaries import SummaryRow
from sync_server.store.summary_states import State
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.seal_samples import inputs
from tests.support.seasons import NEXT
from tests.support.summaries import all_repaid, composed, version

PAGE = "/schools/01/summary"


def summary_of(count: int, special: int, number: int, reason: str = "") -> SchoolSummary:
    return msgspec.structs.replace(compose(inputs(count, special)), version=number, reason=reason)


def stored(services: Services, summary: SchoolSummary, state: State) -> SummaryRow:
    return version(services, summary.version, state, data=encode(summary))


@pytest.fixture
async def liaison(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "one")


def test_who_differs_is_named_version_by_version(services: Services, county: list[str]) -> None:
    first, second = summary_of(4, 1, 1), summary_of(4, 2, 2, "补一人的说明")
    rows = [stored(services, first, "sealed"), stored(services, second, "composed")]
    found = version_differences.compare(rows)
    assert [one.version for one in found.rows] == [1, 2]
    changed = {one.case for one in found.people}
    before, after = ({row.case: row for row in s.rows} for s in (first, second))
    assert changed == {
        case
        for case in before
        if version_differences._said(before[case]) != version_differences._said(after[case])
    }
    assert found.changes(1) == len(changed) > 0
    assert all(one.changed == (False, True) for one in found.people)


def test_who_is_in_one_version_alone_is_named(services: Services, county: list[str]) -> None:
    rows = [
        stored(services, summary_of(4, 1, 1), "sealed"),
        stored(services, summary_of(3, 1, 2), "composed"),
    ]
    (gone,) = version_differences.compare(rows).people
    assert gone.said[0] is not None
    assert gone.said[1] is None


def test_equal_versions_differ_in_nobody(services: Services, county: list[str]) -> None:
    rows = [
        stored(services, summary_of(3, 1, 1), "sealed"),
        stored(services, summary_of(3, 1, 2), "composed"),
    ]
    assert version_differences.compare(rows).people == ()


async def test_every_version_has_a_column_with_state_and_reason(
    liaison: Browser, services: Services
) -> None:
    stored(services, summary_of(4, 1, 1), "accepted")
    stored(services, summary_of(4, 2, 2, "补一人的说明"), "discarded")
    stored(services, summary_of(4, 2, 3, "还款有更正"), "composed")
    assert f'href="{PAGE}/versions"' in (await liaison.get(PAGE)).text
    page = (await liaison.get(f"{PAGE}/versions")).text
    for words in ("第 1 版", "第 3 版", "已作废", "补一人的说明", "还款有更正", "县里汇总用这一版"):
        assert words in page, words


async def test_a_purged_version_is_counted_and_not_shown(
    liaison: Browser, services: Services
) -> None:
    version(services, 1, "accepted")
    page = await liaison.get(f"{PAGE}/versions")
    assert page.status_code == 200
    assert "另有 1 版的内容已经销毁或读不出来" in page.text


async def test_a_version_keeps_the_settings_it_was_composed_with(
    app: Litestar, services: Services
) -> None:
    all_repaid(services)
    people(services)
    liaison = await signed_in(app, "one")
    row = composed(services)
    assert "只在首页盖章" in (await liaison.get(PAGE)).text

    both = {"stamp_each_statement": "true", "full_id_numbers": "true"}
    office.change(services, SEASON, lambda season: with_values(season, both), who="t")
    page = (await liaison.get(PAGE)).text
    assert "只在首页盖章" in page
    assert "身份证号遮挡" in page
    kept = summaries.document(row)
    assert isinstance(kept, SchoolSummary)
    assert (kept.stamp_each_statement, kept.full_id_numbers) == (False, False)
    again = summaries.document(composed(services))
    assert isinstance(again, SchoolSummary)
    assert (again.stamp_each_statement, again.full_id_numbers) == (True, True)
    assert "首页和每份情况说明都要盖章" in (await liaison.get(PAGE)).text


def test_the_next_season_begins_with_the_same_settings_of_stamps_and_numbers(
    services: Services, county: list[str]
) -> None:
    both = {"stamp_each_statement": "true", "full_id_numbers": "true"}
    office.change(services, SEASON, lambda season: with_values(season, both), who="t")
    made = office.proposal(services, NEXT, source=SEASON)
    assert (made.stamp_each_statement, made.full_id_numbers) == (True, True)
