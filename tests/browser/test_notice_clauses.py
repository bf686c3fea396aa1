"""The whole season through the console, 11-18 to 12-18, from list to bundle: each clause of the notice is a named step.

At the end the run prints clause → page → evidence, also into build/clauses.txt (docs/notice-clauses.md is one).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests.support.browser import notice_december, notice_mornings, notice_november, notice_upwards
from tests.support.browser.clauses import CLAUSES, Row, Watched, days, run, table, watching
from tests.support.browser.driver import ROOT
from tests.support.browser.notice_walk import Walk
from tests.support.browser.whole_season import set_up
from tests.support.order import PRINTED

pytestmark = pytest.mark.extended

PARTS = (notice_november, notice_december, notice_mornings, notice_upwards)
"""What registers steps, in the order of the season."""


class Season:
    """What came of one walk."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.watched = Watched()
        self.found: list[str] = []


@pytest.fixture(scope="module")
def season(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Season:
    walk, made = Walk(browser, tmp_path_factory.mktemp("notice")), Season()
    try:
        with watching(walk.data) as made.watched:
            for number, (day, steps) in enumerate(days()):
                walk.day(day)
                if not number:
                    set_up(walk)
                made.rows += [run(step, walk) for step in steps]
        made.found = walk.looked.found
    finally:
        walk.close()
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "clauses.txt").write_text(table(made.rows), "utf-8")
    return made


def test_every_clause_of_the_notice_was_seen_on_a_page(
    season: Season, record_property: Callable[[str, object], None]
) -> None:
    record_property(PRINTED, table(season.rows))
    assert {row.clause for row in season.rows} == {*CLAUSES}


def test_no_step_ran_a_command_or_opened_the_servers_database_or_files(season: Season) -> None:
    watched = season.watched
    assert watched.databases == []
    assert watched.files == []
    assert (
        watched.started == []
    )  # the server and the teachers' phones are forked (tests/support/forked.py)


def test_no_page_of_the_walk_shows_another_county(season: Season) -> None:
    assert season.found == []
