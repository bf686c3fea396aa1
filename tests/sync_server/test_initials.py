"""Pinyin initials: made when a list is imported, searched on the console, sent to phones with the case."""

from __future__ import annotations

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from sqlalchemy import update

from shared.cases import Person
from sync_server.services import Services
from sync_server.store import case_import, cases
from sync_server.store import tables as t
from sync_server.store.database import Database
from sync_server.store.initials import MOST, initials
from tests.support.console_browser import people, signed_in
from tests.support.county import SCHOOLS, SEASON, person
from tests.support.devices import RawPhone, working_phone
from tests.support.feed import Mirror


def named(services: Services, *names: str) -> None:
    """Import people of these names into the first school."""
    found = []
    for number, name in enumerate(names, 100):
        one = person(number, SCHOOLS[0])
        case = msgspec.structs.replace(one.case, borrower=Person(name=name))
        found.append(msgspec.structs.replace(one, case=case))
    services.database.write(lambda c: case_import.import_people(c, SEASON, found))


def initials_in(services: Services) -> dict[str, str]:
    rows = services.database.read(lambda c: cases.rows(c, SEASON))
    return {cases.case_of(row).borrower.name: row["initials"] for row in rows}


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("郑小雨", "zxy"),
        ("单小雨", "sxy"),
        ("曾小雨", "zxy"),
        ("仇小雨", "qxy"),
        ("区小雨", "oxy"),
        ("解小雨", "xxy"),
        ("朴小雨", "pxy"),
        ("查小雨", "zxy"),
        ("乜小雨", "nxy"),
        ("尉迟小雨", "ycxy"),
        ("万俟小雨", "mqxy"),
        ("单于小雨", "cyxy"),
        ("欧阳建阳", "oyjy"),
        ("阿依古丽·买买提", "ayglmmt"),
    ],
)
def test_a_surname_with_a_reading_of_its_own_is_read_so_first(name: str, first: str) -> None:
    assert initials(name).split()[0] == first


@pytest.mark.parametrize(
    ("name", "also"),
    [
        ("曾晓玲", "zxl cxl"),
        ("王重阳", "wcy wzy"),
        ("张乐行", "zlx zyx zlh zyh"),
        ("单雄信", "sxx dxx"),
        ("解放", "xf jf"),
    ],
)
def test_every_plausible_reading_is_kept(name: str, also: str) -> None:
    assert set(also.split()) <= set(initials(name).split())


def test_a_character_without_a_reading_stands_for_itself() -> None:
    assert initials("\U00030000雨") == "\U00030000y"
    assert initials("\uf8ff雨") == "\uf8ffy"
    assert initials("Anna雨") == "annay"


def test_dots_and_blanks_have_no_initial() -> None:
    assert initials("郑·小 雨") == initials("郑小雨")
    assert initials("·") == ""


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=50))
def test_a_name_of_any_length_has_a_letter_a_character_and_no_flood_of_spellings(name: str) -> None:
    found = initials(name).split()
    assert len(found) == len(set(found)) <= MOST
    assert {len(one) for one in found} == {len(name)}


def test_an_import_makes_the_initials_of_new_and_corrected_names(
    services: Services, county: list[str]
) -> None:
    named(services, "郑小雨")
    assert initials_in(services)["郑小雨"] == "zxy"
    again = person(100, SCHOOLS[0])
    case = msgspec.structs.replace(again.case, borrower=Person(name="郑小雪"))
    again = msgspec.structs.replace(again, case=case)
    services.database.write(
        lambda c: case_import.import_people(c, SEASON, [again], accept_identity=True)
    )
    assert initials_in(services)["郑小雪"] == "zxx"


async def test_the_console_finds_people_by_their_initials(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    named(services, "郑小雨", "曾晓玲")
    browser = await signed_in(app, "one")
    for query, found in (("zxy", "郑小雨"), ("CXL", "曾晓玲"), ("zxl", "曾晓玲")):
        text = (await browser.get(f"/cases?q={query}")).text
        assert f">{found}</a>" in text
        assert text.count('<td class="num nowrap">') == 1


async def test_phones_get_the_initials_with_the_case(
    http: httpx.AsyncClient, services: Services, county: list[str]
) -> None:
    named(services, "郑小雨")
    mirror = await Mirror(await working_phone(http, services)).read()
    assert "zxy" in {state.initials for state in mirror.cases.values()}


async def test_cases_of_an_earlier_version_get_theirs_at_the_start(
    phone: RawPhone, services: Services
) -> None:
    named(services, "郑小雨")
    before = initials_in(services)
    services.database.write(lambda c: c.execute(update(t.case_file).values(initials="")))
    mirror = await Mirror(phone).read()
    assert set(initials_in(services).values()) == {""}
    assert not any(state.initials for state in mirror.cases.values())
    Database(services.settings.database).close()
    assert initials_in(services) == before
    mirror = await Mirror(phone).read()
    assert all(state.initials for state in mirror.cases.values())
