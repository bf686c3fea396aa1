"""The list of cases shows whom its filters name, whether kept standings are refreshed or not, and reads an index."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, insert, select, update

from shared.case_search import words_of
from shared.lifecycle import Standing
from shared.records.base import encode
from sync_server.console.pages.cases import FILTERS
from sync_server.console.parts.school_choice import SchoolChoice, schools_for
from sync_server.office import slip_evidence
from sync_server.office.slip_evidence import SlipEvidence
from sync_server.sample.season import season_2019
from sync_server.store import (
    case_filters,
    case_list,
    case_search,
    progress,
    search_index,
    standing_refresh,
    tally,
)
from sync_server.store import tables as t
from sync_server.store.case_search import Asked
from sync_server.store.database import Connection, Database
from sync_server.store.progress import CaseStanding
from sync_server.store.scope import WHOLE_COUNTY, of_schools
from sync_server.store.standing_rows import StandingRow
from tests.support.county import SCHOOLS, SEASON, fill
from tests.support.factory import case, raw

SIGNED = {"outcome": "signed", "method": "in_person", "signer_relation": "self"}
RECORDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("notice_delivery", {**SIGNED, "servers": ["甲", "乙"]}),
    ("notice_delivery", {"outcome": "acknowledged", "method": "message", "servers": ["甲", "乙"]}),
    ("notice_delivery", {"outcome": "not_home", "servers": ["甲", "乙"]}),
    ("visit", {"met": "self", "outcome": "promised", "promise_date": "2019-12-18"}),
    ("visit", {"met": "self", "outcome": "unreachable_away", "visitors": ["甲", "乙"]}),
    ("contact_attempt", {"channel": "phone", "outcome": "no_answer"}),
    ("statement", {"reason": "serious_illness", "narrative": "住院"}),
)
HISTORIES = st.lists(
    st.tuples(st.integers(0, len(RECORDS) - 1), st.sampled_from(["", "accepted", "returned"])),
    max_size=3,
)
STANDING_FILTERS = [show for show in FILTERS if case_filters.asks_standing(show)]


class Undo(Exception):
    """Takes back what a test wrote."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    found = Database(f"sqlite:///{tmp_path_factory.mktemp('list') / 'doorstep.db'}")
    body = msgspec.json.encode(season_2019()).decode()
    found.write(lambda c: c.execute(insert(t.season).values(id=SEASON, body=body, state="open")))
    found.write(lambda c: fill(c))
    yield found
    found.close()


def matches(line: CaseStanding, show: str, slip: SlipEvidence) -> bool:
    """Whether a filter shows a case: as the page judged each, before it asked the database."""
    standing = line.standing
    unpaid = not standing.repaid.paid
    return {
        "unassigned": not line.case.assignee,
        "undelivered": unpaid and not standing.delivered,
        "acknowledged": standing.delivery_record == "acknowledged",
        "paper_at_school": slip.paper == "at_school",
        "paper_handed_in": slip.paper == "handed_in",
        "paper_none": slip.paper == "none",
        "untouched": unpaid
        and not (standing.visits or standing.attempts or standing.statement != "none"),
        "promised": unpaid and standing.group == "promised",
        "special": unpaid and standing.group == "special",
        "unexplained": unpaid and standing.group == "special" and standing.statement != "accepted",
        "unreachable": unpaid and standing.group == "unreachable",
        "returned": bool(standing.returned),
        "paid": standing.repaid.paid,
    }.get(show, True)


def referred(connection: Connection, asked: Asked, show: str) -> list[str]:
    lines = progress.case_standings(
        connection,
        season_2019(),
        unit=asked.unit,
        scope=asked.scope,
        off_list=asked.off_list,
        from_facts=True,
    )
    slips = slip_evidence.evidence_of(connection, SEASON, lines)
    found = set(case_search.find(connection, SEASON, asked).part(connection, 0, 99))
    return [
        one.case.id
        for one in lines
        if one.case.id in found and matches(one, show, slips[one.case.id])
    ]


def write(connection: Connection, people: Sequence[dict[str, Any]], first: int) -> None:
    """Give people records, verdicts, slips and repayments."""
    ids = list(connection.execute(select(t.case_file.c.id).order_by(t.case_file.c.code)).scalars())
    batch = {"season": SEASON, "unit": "01", "without_sheet": False, "late": False}
    for state in ("draft", "received"):
        made = {**batch, "id": f"{first}{state}", "number": 2 * first + (state == "draft")}
        connection.execute(insert(t.slip_batch).values(**made, state=state))
    for case_id, one in zip(ids, people, strict=False):
        values = {"paid": one["paid"], "off_list": one["off_list"], "assignee": one["assignee"]}
        same = t.case_file.c.id == case_id
        connection.execute(update(t.case_file).where(same).values(**values))
        for n, (which, verdict) in enumerate(one["records"]):
            kind, content = RECORDS[which]
            fact_id = f"{first}-{case_id}-{n}"
            data = encode(raw(fact_id, kind, content, of=case_id))
            row = {"id": fact_id, "season": SEASON, "unit": "01", "device": case_id, "kind": kind}
            row |= {"n": first * 10 + n, "seq": first * 10 + n, "link": b"", "sig": b""}
            row |= {"data": data, "case_id": case_id, "tray": False}
            connection.execute(insert(t.fact).values(**row))
            if verdict:
                judged = {"id": f"r{fact_id}", "fact_id": fact_id, "verdict": verdict}
                connection.execute(insert(t.review).values(**judged))
        if one["slip"]:
            line = {"batch": f"{first}{one['slip']}", "case_id": case_id, "line": 1}
            line |= {"on_sheet": True, "ticked_at": "n"}
            connection.execute(insert(t.slip_line).values(**line))


PEOPLE = st.lists(
    st.fixed_dictionaries(
        {
            "paid": st.booleans(),
            "off_list": st.sampled_from(["", "", "已还清"]),
            "assignee": st.sampled_from(["", "t1"]),
            "records": HISTORIES,
            "slip": st.sampled_from(["", "draft", "received"]),
        }
    ),
    min_size=4,
    max_size=12,
)


@settings(max_examples=15, deadline=None)
@given(
    before=PEOPLE,
    after=PEOPLE,
    refreshed=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    asked=st.sampled_from(
        [
            Asked(scope=WHOLE_COUNTY),
            Asked(scope=WHOLE_COUNTY, unit="02", assignee="t1"),
            Asked(scope=of_schools(["01"]), words=words_of("样例")),
            Asked(scope=WHOLE_COUNTY, words=words_of("1"), assignee=""),
            Asked(scope=of_schools([])),
        ]
    ),
    few=st.sampled_from([0, case_list.FEW]),
)
def test_a_filter_shows_whom_it_names_refreshed_or_not(
    database: Database,
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
    refreshed: tuple[bool, bool, bool],
    asked: Asked,
    few: int,
) -> None:
    def job(connection: Connection) -> None:
        for n, people in enumerate((before, after), start=1):
            write(connection, people, n)
            if refreshed[n - 1]:
                standing_refresh.Refresher().with_group(connection)
                search_index.refresh(connection)
        if refreshed[2]:  # the season's settings are others than what is kept was judged by
            other = {"basis": "other"}
            connection.execute(update(t.case_standing).values(**other))
            connection.execute(update(t.school_sum).values(**other))
        for show in FILTERS:
            narrowed = asked
            if show in ("unassigned", "off_list"):
                narrowed = msgspec.structs.replace(
                    asked,
                    off_list=show == "off_list",
                    assignee="" if show == "unassigned" else asked.assignee,
                )
            found = case_list.listed(connection, season_2019(), narrowed, show, few=few)
            every = found.part(connection, 0, found.count)
            assert every == referred(connection, narrowed, show), show
            pages = [found.part(connection, at, at + 2) for at in range(0, found.count, 2)]
            assert [one for page in pages for one in page] == every, show
        raise Undo

    with pytest.raises(Undo):
        database.write(job)


@pytest.mark.parametrize(
    ("show", "standing", "expected"),
    [
        ("undelivered", Standing(), True),
        ("untouched", Standing(attempts=1), False),
        ("unexplained", Standing(group="special", statement="written"), True),
        ("unexplained", Standing(group="special", statement="accepted"), False),
        ("returned", Standing(returned=("f", "g")), True),
    ],
)
def test_a_filter_fits_the_cases_it_names(show: str, standing: Standing, expected: bool) -> None:
    total = tally.Progress()
    tally.add(total, case(), standing, season_2019())
    counted = {n: getattr(total, n) for n in tally.Progress.__struct_fields__ if n != "people"}
    assert case_filters.fits(StandingRow(case_id="c1", **counted), show) is expected


ASKED = (
    Asked(scope=WHOLE_COUNTY),
    Asked(scope=WHOLE_COUNTY, unit="01"),
    Asked(scope=of_schools(["01", "02"]), words=words_of("样例 13800000001")),
    Asked(scope=WHOLE_COUNTY, words=words_of("样"), assignee="t1"),
)


@pytest.mark.parametrize("show", ["", "unassigned", "off_list", *STANDING_FILTERS])
def test_no_list_reads_every_case(database: Database, show: str) -> None:
    said = list[tuple[str, Any]]()

    def noted(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        said.append((statement, parameters))

    def job(connection: Connection) -> list[str]:
        search_index.refresh(connection)
        standing_refresh.Refresher().with_group(connection)
        event.listen(connection, "before_cursor_execute", noted)
        for asked in ASKED:
            for few in (0, case_list.FEW):
                found = case_list.listed(connection, season_2019(), asked, show, few=few)
                found.part(connection, 0, 3)
                found.part(connection, found.count - 3, found.count)
        event.remove(connection, "before_cursor_execute", noted)
        return [
            f"{row[3]}: {statement}"
            for statement, parameters in dict(said).items()
            if statement.startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]

    plans = database.write(job)
    assert plans
    scans = [p for p in plans if re.match(r"SCAN (case_file|case_standing|search_|fact)", p)]
    assert not scans


def test_of_many_schools_one_is_typed_by_code_name_or_a_part_of_it(database: Database) -> None:
    def chosen(said: str, most: int = 1) -> SchoolChoice:
        return database.read(lambda c: schools_for(c, SEASON, WHOLE_COUNTY, said, most))

    assert chosen("02", most=300) == SchoolChoice(unit="02", schools=dict(enumerate_schools()))
    assert chosen("") == SchoolChoice(unit="", schools={}, typed=True)
    for said in ("01", "柳泉镇中心校", "柳泉"):
        assert chosen(said) == SchoolChoice(unit="01", schools={}, typed=True)
    many = chosen("中心校", most=1)
    assert (many.unit, many.text, many.typed) == ("", "中心校", True)
    assert chosen("没有这所").schools == {}


def enumerate_schools() -> list[tuple[str, str]]:
    return [(f"{n:02d}", name) for n, name in enumerate(SCHOOLS, start=1)]


def test_people_of_a_page_are_read_by_their_ids(database: Database) -> None:
    said = list[tuple[str, Any]]()

    def noted(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        said.append((statement, parameters))

    def job(connection: Connection) -> list[str]:
        standing_refresh.Refresher().with_group(connection)
        ids = list(connection.execute(select(t.case_file.c.id)).scalars())
        event.listen(connection, "before_cursor_execute", noted)
        lines = progress.case_standings(connection, season_2019(), ids=ids, scope=WHOLE_COUNTY)
        slip_evidence.evidence_of(connection, SEASON, lines)
        event.remove(connection, "before_cursor_execute", noted)
        return [
            row[3]
            for statement, parameters in dict(said).items()
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]

    plans = database.write(job)
    assert plans
    assert not [p for p in plans if "season=" in p or p.startswith("SCAN slip")]
