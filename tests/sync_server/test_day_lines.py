"""The lines by day end at the numbers of every other page."""

from __future__ import annotations

import re
import sys
from datetime import date, timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from shared.cases import Case, Contract, Person, Repaid
from shared.lifecycle import Standing, VisitLine
from shared.season import phone_keeps_until
from sync_server.console.parts import day_chart
from sync_server.console.web.formatting import Words
from sync_server.office import day_lines
from sync_server.office.day_lines import LINES, DayLines
from sync_server.sample.season import season_2019
from sync_server.store import progress
from sync_server.store.progress import CaseStanding

SEASON = season_2019()
TODAY = date(2019, 12, 12)
DAYS = st.one_of(
    st.dates(date(2019, 6, 1), date(2020, 6, 1)).map(date.isoformat),
    st.sampled_from(["", "2019-12-01", "2019-12-12"]),
)
VISITS = st.lists(
    st.builds(
        VisitLine,
        day=DAYS,
        met=st.just("self"),
        outcome=st.just(""),
        visitors=st.just(()),
        facts=st.just(()),
    ),
    max_size=3,
).map(tuple)
STANDINGS = st.builds(
    Standing,
    delivery=st.sampled_from(["none", "undelivered", "unsigned", "signed"]),
    delivered_on=DAYS,
    visits=VISITS,
    group=st.sampled_from(["none", "promised", "special"]),
    statement=st.sampled_from(["none", "written", "accepted"]),
    repaid=st.builds(Repaid, paid=st.booleans(), paid_on=DAYS, as_of=DAYS),
)


def person(number: int, standing: Standing) -> CaseStanding:
    contracts = (Contract(contract_no="C1", principal_fen=1, interest_fen=0),)
    case = Case(
        id=f"c{number}",
        season=SEASON.id,
        school="01",
        borrower=Person(name="样例"),
        contracts=contracts,
    )
    return CaseStanding(case=case, standing=standing)


def lines_of(*standings: Standing, today: date = TODAY, **accepted: str) -> DayLines:
    found = [person(n, one) for n, one in enumerate(standings)]
    return day_lines.lines(found, accepted, SEASON, today)


def day_of(lines: DayLines, name: str) -> date:
    """The first day on which a line is not 0."""
    return next(day for day, n in zip(lines.days, lines.counts[name], strict=True) if n)


@given(
    st.lists(st.tuples(STANDINGS, DAYS), max_size=8), st.dates(date(2019, 9, 1), date(2020, 9, 1))
)
def test_the_last_day_is_what_other_pages_count(
    given_: list[tuple[Standing, str]], today: date
) -> None:
    found = [person(n, one) for n, (one, _) in enumerate(given_)]
    accepted = {f"c{n}": day for n, (_, day) in enumerate(given_)}
    lines = day_lines.lines(found, accepted, SEASON, today)
    total = progress.count(found, SEASON)
    assert {name: lines.last(name) for name in LINES} == {
        "delivered": total.delivered,
        "visited": total.visited,
        "repaid": total.paid,
        "explained": total.explained,
    }
    for numbers in lines.counts.values():
        assert list(numbers) == sorted(numbers)
        assert len(numbers) == len(lines.days)
    assert all(b - a == timedelta(days=1) for a, b in zip(lines.days, lines.days[1:], strict=False))


def test_each_line_counts_somebody_from_the_first_day_that_says_so() -> None:
    visits = tuple(
        VisitLine(day=day, met="self", outcome="", visitors=(), facts=())
        for day in ("2019-12-03", "2019-12-05")
    )
    lines = lines_of(
        Standing(delivery="signed", delivered_on="2019-11-28", visits=visits),
        Standing(repaid=Repaid(paid=True, paid_on="2019-12-02", as_of="2019-12-11")),
        Standing(repaid=Repaid(paid=True, as_of="2019-12-04")),
        Standing(group="special", statement="accepted"),
        c3="2019-12-10",
    )
    assert lines.days[0] == date(2019, 11, 25)
    assert lines.days[-1] == TODAY
    assert day_of(lines, "delivered") == date(2019, 11, 28)
    assert day_of(lines, "visited") == date(2019, 12, 3)
    assert day_of(lines, "repaid") == date(2019, 12, 2)
    assert day_of(lines, "explained") == date(2019, 12, 10)
    assert lines.undated == 0
    assert lines.rows[0] == (TODAY, [1, 1, 2, 1])


def test_who_has_no_usable_day_stands_on_the_last_one() -> None:
    lines = lines_of(Standing(delivery="signed"), Standing(delivery="signed", delivered_on="x"))
    assert (lines.undated, day_of(lines, "delivered")) == (2, TODAY)


def test_the_line_is_bounded_by_the_season() -> None:
    over = date(2026, 1, 1)
    assert lines_of(today=over).days[-1] == phone_keeps_until(SEASON)
    assert lines_of(today=date(2019, 10, 1)).days == (date(2019, 11, 25),)
    late = lines_of(Standing(delivery="signed", delivered_on="2019-01-01"), today=over)
    assert day_of(late, "delivered") == late.days[0]


def drawn(*standings: Standing, language: str = "zh", **more: Any) -> bytes:
    return day_chart.draw(lines_of(*standings, **more), Words(language))


SOME = Standing(delivery="signed", delivered_on="2019-12-01")


def test_the_picture_runs_nothing_and_asks_nobody() -> None:
    svg = drawn(SOME).decode()
    assert re.search(r"<script|javascript:|\son[a-z]+=|<!--|@import|url\(", svg) is None
    links = set(re.findall(r'(?:https?|file):[^"\s]+', svg))
    assert links == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"} & links
    root = etree.fromstring(svg.encode(), etree.XMLParser(resolve_entities=False))
    assert all("href" not in name for one in root.iter() for name in one.attrib)


def test_equal_numbers_give_equal_bytes() -> None:
    assert drawn(SOME) == drawn(SOME)
    assert drawn(SOME) != drawn(SOME, SOME)


def test_the_picture_names_its_lines_in_the_pages_language() -> None:
    assert "通知书送达 1" in drawn(SOME).decode()
    assert "notices delivered 1" in drawn(SOME, language="en").decode()
    assert "12月12日" in drawn(SOME).decode()


def test_drawing_leaves_pythons_imports_as_they_were() -> None:
    drawn(SOME)
    assert [one for one in sys.meta_path if type(one).__module__.startswith("pygal")] == []


def test_nothing_and_a_single_day_are_drawn_too() -> None:
    assert drawn().startswith(b"<?xml")
    assert drawn(SOME, today=date(2019, 10, 1)).startswith(b"<?xml")


def test_lines_are_told_apart_without_colours() -> None:
    svg = drawn(msgspec.structs.replace(SOME)).decode()
    assert len(set(re.findall(r"stroke-dasharray:([0-9, ]+)", svg))) >= 3
