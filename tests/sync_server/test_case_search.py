"""Who is found through the index is who is found by looking at everybody, whatever was written since."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from shared.case_search import finds, numbers_of, text_of, words_of
from shared.cases import Person
from shared.contacts import AcceptedContact
from sync_server.store import (
    case_search,
    cases,
    initials,
    search_bits,
    search_index,
)
from sync_server.store import tables as t
from sync_server.store.case_search import Asked
from sync_server.store.database import Connection, Database
from sync_server.store.scope import WHOLE_COUNTY, Scope, of_schools
from tests.support.county import SCHOOLS, fill, person

ALPHABET = "王小雨·曾单ａ1２０A-镇村 石桥\u0000"
NAMES = st.text(ALPHABET, min_size=1, max_size=5)
PLACES = st.text("石桥镇下村一二三组12号０A ", max_size=8)
PHONES = st.text("013９8-", min_size=3, max_size=11)
QUERIES = st.text("王小雨曾xyzXYZ0139８A石桥镇村 -·*\u0000", max_size=6)
EVERYBODY = Asked(scope=WHOLE_COUNTY, off_list=None)
"""No narrower than the season."""
UNIT_CODES = ("", "01", "02")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    found = Database(f"sqlite:///{tmp_path_factory.mktemp('search') / 'doorstep.db'}")
    found.write(lambda c: fill(c))
    yield found
    found.close()


def referred(connection: Connection, season: str, asked: Asked) -> list[str]:
    """Who is found when everybody is looked at: as the list of cases did before it had an index."""
    found = []
    rows = cases.rows(
        connection, season, unit=asked.unit, scope=asked.scope, off_list=asked.off_list
    )
    for row in rows:
        contact = {c.field: c.value for c in cases.contacts_of(row) if not c.taken_back_at}
        case = cases.case_of(row)
        text = text_of(case, row["initials"], (contact.get("address", ""),))
        fits = finds(asked.words, text, numbers_of(case, contact.get("phone", "")))
        if fits and (asked.assignee is None or row["assignee"] == asked.assignee):
            found.append(row["id"])
    return found


def found(connection: Connection, season: str, asked: Asked) -> list[str]:
    hits = case_search.find(connection, season, asked)
    every = hits.part(connection, 0, hits.count)
    assert [case_id for _, case_id in hits.every(connection)] == every
    return every


@st.composite
def people(draw: st.DrawFn) -> list[dict[str, object]]:
    return [
        {
            "name": draw(NAMES),
            "phones": tuple(draw(st.lists(PHONES, max_size=2))),
            "village": draw(PLACES),
            "address": draw(PLACES),
            "code": draw(st.sampled_from(["", "010001A", "010002B", "0200013", "X100019"])),
            "unit": draw(st.sampled_from(UNIT_CODES)),
            "assignee": draw(st.sampled_from(["", "t1", "t2"])),
            "off_list": draw(st.sampled_from(["", "已还清"])),
            "phone": draw(st.one_of(st.none(), PHONES)),
            "moved": draw(st.one_of(st.none(), PLACES)),
        }
        for _ in range(draw(st.integers(1, 6)))
    ]


def put(connection: Connection, season: str, number: int, one: dict[str, object]) -> None:
    """Write a case as it is, over one of that number that is there."""
    made = person(number, SCHOOLS[0]).case
    case = msgspec.structs.replace(
        made,
        id=f"{season}-{number}",
        season=season,
        borrower=Person(name=str(one["name"]), phones=one["phones"]),
        village=str(one["village"]),
        address=str(one["address"]),
    )
    contact = [
        AcceptedContact(fact="f", field=field, value=str(value))
        for field, value in (("phone", one["phone"]), ("address", one["moved"]))
        if value is not None
    ]
    c = t.case_file.c
    connection.execute(delete(t.case_file).where(c.id == case.id))
    connection.execute(
        t.case_file.insert(),
        {
            "id": case.id,
            "season": season,
            "person_key": case.id,
            "code": one["code"],
            "unit": one["unit"],
            "assignee": one["assignee"],
            "off_list": one["off_list"],
            "body": msgspec.json.encode(case).decode(),
            "principal_fen": 1,
            "interest_fen": 0,
            "contracts": 1,
            "paid": False,
            "contact": msgspec.json.encode(contact).decode() if contact else "",
            "initials": initials.initials(case.borrower.name),
        },
    )


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    before=people(),
    after=people(),
    queries=st.lists(QUERIES, min_size=1, max_size=4),
    refreshed=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    narrowed=st.tuples(
        st.sampled_from([None, *UNIT_CODES]),
        st.sampled_from([None, "", "t1"]),
        st.sampled_from([None, True, False]),
        st.sampled_from([WHOLE_COUNTY, of_schools(["01"]), of_schools([])]),
    ),
)
def test_the_index_finds_whom_looking_at_everybody_finds(
    database: Database,
    before: list[dict[str, object]],
    after: list[dict[str, object]],
    queries: list[str],
    refreshed: tuple[bool, bool, bool],
    narrowed: tuple[str | None, str | None, bool | None, Scope],
) -> None:
    season = uuid.uuid4().hex
    unit, assignee, off_list, scope = narrowed

    def rounds(connection: Connection) -> None:
        for people_now, is_refreshed in zip((before, after), refreshed, strict=False):
            for number, one in enumerate(people_now):
                put(connection, season, number, one)
            if is_refreshed:
                search_index.refresh(connection)
        connection.execute(delete(t.case_file).where(t.case_file.c.id == f"{season}-0"))
        if refreshed[2]:
            search_index.refresh(connection)

    database.write(rounds)

    def look(connection: Connection) -> None:
        for query in queries:
            asked = Asked(
                words=words_of(query), unit=unit, assignee=assignee, off_list=off_list, scope=scope
            )
            assert found(connection, season, asked) == referred(connection, season, asked), query

    database.read(look)
    masked = database.for_inspection()
    masked.read(look)


@given(st.sets(st.integers(0, search_bits.BLOCK - 1), max_size=40), st.integers(0, 3))
def test_a_set_is_kept_and_read_back(numbers: set[int], block: int) -> None:
    kept = search_bits.packed(numbers)
    assert search_bits.unpacked(kept) == numbers
    joined = search_bits.joined([(block, kept)])
    assert list(search_bits.members(joined)) == sorted(
        block * search_bits.BLOCK + n for n in numbers
    )
    assert search_bits.of(search_bits.members(joined)) == joined


def test_many_are_kept_as_a_bit_each_and_take_no_more_than_a_block() -> None:
    assert len(search_bits.packed(range(search_bits.BLOCK))) == search_bits.BLOCK // 8 + 1
    assert len(search_bits.packed([search_bits.BLOCK - 1])) == 3


def test_nothing_of_somebody_is_left_in_the_index_once_the_case_is_gone(database: Database) -> None:
    season = uuid.uuid4().hex
    one: dict[str, object] = {"name": "王小雨", "phones": ("13955990077",), "village": "石桥村"}
    one |= {"address": "一组", "code": "010001A", "unit": "01", "assignee": "", "off_list": ""}
    one |= {"phone": "13955990078", "moved": None}

    def job(connection: Connection) -> None:
        put(connection, season, 1, one)
        search_index.refresh(connection)
        connection.execute(delete(t.case_file).where(t.case_file.c.season == season))
        search_index.refresh(connection)
        for table in (t.search_case, t.search_term, t.search_due):
            assert not connection.execute(select(table).where(table.c.season == season)).all()

    database.write(job)


def test_an_index_of_another_version_is_made_anew(database: Database) -> None:
    season = uuid.uuid4().hex
    one: dict[str, object] = {"name": "王小雨", "phones": (), "village": "", "address": ""}
    one |= {"code": "", "unit": "", "assignee": "", "off_list": "", "phone": None, "moved": None}

    def job(connection: Connection) -> None:
        put(connection, season, 1, one)
        search_index.refresh(connection)
        old = update(t.search_season).where(t.search_season.c.season == season)
        connection.execute(old.values(maker="0"))
        assert search_index.note_other_maker(connection) == 1
        asked = Asked(scope=WHOLE_COUNTY, words=words_of("小雨"))
        assert case_search.find(connection, season, asked).bits == 0
        assert found(connection, season, asked) == [f"{season}-1"]
        search_index.refresh(connection)
        assert case_search.find(connection, season, asked).bits == 1

    database.write(job)
