"""Contacts accepted last year are suggested to the same borrower this year, only where last year's season kept them."""

from __future__ import annotations

import html
import json
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import func, select

from shared.cases import Contract, Person
from shared.identity import id_check_digit
from shared.season_fields import with_values
from shared.wire import CaseState, SuggestedContact
from sync_server.office import contacts, review
from sync_server.office import purge as office_purge
from sync_server.office import seasons as office
from sync_server.services import Services
from sync_server.store import (
    case_import,
    cases,
    import_images,
    import_undo,
    kept_contacts,
    seasons,
)
from sync_server.store import tables as t
from sync_server.store.database import Connection
from tests.support.command_line import doorstep
from tests.support.console_browser import people, signed_in
from tests.support.county import SCHOOLS, SEASON
from tests.support.devices import RawPhone, fact_bytes, new_id
from tests.support.seasons import HEAD, NEXT, check_all

PHONE, PLACE = "13611112222", "西槐村9号"
LAST = SuggestedContact(field="phone", value=PHONE, day="2019-12-12")


def number(n: int) -> str:
    """A valid ID number of an invented person."""
    first = f"61059919980101{n:03d}"
    return first + id_check_digit(first)


def borrower(
    name: str, id_number: str, *, season: str = SEASON, n: int = 900, **fields: Any
) -> case_import.ImportedPerson:
    return case_import.imported_person(
        season,
        id_number or f"C{n:05d}",
        SCHOOLS[0],
        Person(name=name, id_number=id_number, phones=("13800000900",)),
        None,
        (Contract(contract_no=f"C{n:05d}", principal_fen=100_00, interest_fen=0),),
        **fields,
    )


class Years:
    """Two years of a borrower: what was accepted in the first, what the second shows."""

    def __init__(self, services: Services, phone: RawPhone) -> None:
        self.services, self.phone = services, phone

    def take(self, person: case_import.ImportedPerson, season: str) -> str:
        """Import a person; the case's id."""

        def job(connection: Connection) -> str:
            case_import.import_people(connection, season, [person])
            where = (t.case_file.c.season == season) & (t.case_file.c.person_key == person.key)
            return str(connection.execute(select(t.case_file.c.id).where(where)).scalar_one())

        return self.services.database.write(job)

    async def accepted(self, case: str, value: str = PHONE, field: str = "phone") -> str:
        """A teacher records a contact and the office accepts it; the record's id."""
        made = new_id()
        body = {"field": field, "value": value, "source": "family"}
        data = fact_bytes(case, "contact_update", body=body, id=made)
        assert await self.phone.outcomes(self.phone.chained(data)) == ["created"]
        review.review(self.services, made, "accepted", "", who="何主任")
        return made

    def keep(self, yes: bool = True) -> None:
        text = "true" if yes else "false"
        office.change(
            self.services, SEASON, lambda s: with_values(s, {"keep_contacts": text}), who="t"
        )

    def make_next(self) -> None:
        made = with_values(office.proposal(self.services, NEXT), HEAD)
        office.create(self.services, made, who="t", source=SEASON)

    def open_next(self) -> None:
        check_all(self.services, NEXT)
        office.close_season(self.services, SEASON, who="t")
        office.open_season(self.services, NEXT, who="t")

    def state(self, case: str) -> CaseState:
        def read(connection: Connection) -> CaseState:
            season = seasons.get(connection, NEXT)
            return cases.states(connection, season, cases.rows(connection, NEXT, ids=[case]))[0]

        return self.services.database.read(read)

    def shown(self, case: str) -> tuple[SuggestedContact, ...]:
        found = self.state(case).suggested
        return () if found is msgspec.UNSET else found

    def rows(self, table: str) -> list[dict[str, Any]]:
        query = select(t.metadata.tables[table])
        return self.services.database.read(
            lambda c: [dict(row) for row in c.execute(query).mappings()]
        )

    def purge(self, season: str = SEASON, **more: Any) -> dict[str, Any]:
        path = office_purge.purge(self.services, season, who="t", really="演示", **more)
        found: dict[str, Any] = json.loads(path.read_text())
        return found


@pytest.fixture
def years(services: Services, phone: RawPhone) -> Years:
    return Years(services, phone)


async def first_year(years: Years, *, keep: bool = True) -> str:
    """A borrower with an accepted number; the case's id."""
    years.keep(keep)
    case = years.take(borrower("样例甲", number(1)), SEASON)
    await years.accepted(case)
    return case


async def test_the_same_number_and_name_get_last_years_accepted_number_with_its_day(
    years: Years,
) -> None:
    await first_year(years)
    years.make_next()
    again = years.take(borrower("样例甲", number(1), season=NEXT), NEXT)
    state = years.state(again)
    assert state.suggested == (LAST,)
    assert (state.contact, state.visits, state.reviews) == ({}, 0, ())
    assert PHONE not in state.case.borrower.phones


@pytest.mark.parametrize(
    ("name", "id_number"),
    [
        ("样例乙", number(1)),
        ("样例甲", number(2)),
        ("样例甲", number(1)[:-1] + ("1" if number(1)[-1] != "1" else "2")),
        ("样例甲", ""),
    ],
)
async def test_another_name_another_number_and_a_wrong_number_get_nothing(
    years: Years, name: str, id_number: str
) -> None:
    await first_year(years)
    years.make_next()
    again = years.take(borrower(name, id_number, season=NEXT), NEXT)
    assert years.shown(again) == ()
    assert years.rows("suggested_contact") == []


async def test_off_by_default_nothing_is_stored_matched_or_sent(years: Years) -> None:
    case = years.take(borrower("样例甲", number(1)), SEASON)
    await years.accepted(case)
    years.make_next()
    again = years.take(borrower("样例甲", number(1), season=NEXT), NEXT)
    years.open_next()
    assert years.state(again).suggested is msgspec.UNSET
    assert b"suggested" not in msgspec.json.encode(years.state(again))
    years.purge()
    assert (years.rows("kept_contact"), years.rows("suggested_contact")) == ([], [])


async def test_what_was_taken_back_or_never_accepted_is_not_suggested(years: Years) -> None:
    case = await first_year(years)
    await years.accepted(case, PLACE, "address")
    fact = await years.accepted(case, "13699990000")
    contacts.take_back(years.services, case, fact, who="t")
    data = fact_bytes(
        case,
        "contact_update",
        body={"field": "workplace", "value": "纺织厂", "source": "self"},
    )
    assert await years.phone.outcomes(years.phone.chained(data)) == ["created"]
    years.make_next()
    again = years.take(borrower("样例甲", number(1), season=NEXT), NEXT)
    assert {one.field: one.value for one in years.shown(again)} == {
        "phone": PHONE,
        "address": PLACE,
    }


async def test_what_was_accepted_after_the_list_came_is_suggested_when_the_season_opens(
    years: Years,
) -> None:
    years.keep()
    case = years.take(borrower("样例甲", number(1)), SEASON)
    years.make_next()
    again = years.take(borrower("样例甲", number(1), season=NEXT), NEXT)
    await years.accepted(case)
    assert years.shown(again) == ()
    years.open_next()
    assert years.shown(again) == (LAST,)


async def test_turned_off_it_is_forgotten_at_once(years: Years) -> None:
    await first_year(years)
    years.make_next()
    again = years.take(borrower("样例甲", number(1), season=NEXT), NEXT)
    assert years.shown(again) == (LAST,)
    years.keep(False)
    assert years.shown(again) == ()
    assert (years.rows("kept_contact"), years.rows("suggested_contact")) == ([], [])


async def test_kept_contacts_outlast_the_purge_without_name_and_number_and_are_certified(
    years: Years,
) -> None:
    await first_year(years)
    office.close_season(years.services, SEASON, who="t")
    certificate = years.purge()
    assert certificate["kept_contacts"] == 1
    assert any(
        "1 人" in line and "kept for the next season" in line for line in certificate["kept"]
    )
    (row,) = years.rows("kept_contact")
    assert PHONE in row["body"]
    assert "样例甲" not in str(row)
    assert number(1) not in str(row)
    assert "family" not in str(row)
    years.make_next()
    again = years.take(borrower("样例甲", number(1), season=NEXT), NEXT)
    assert years.shown(again) == (LAST,)


async def test_a_purge_that_drops_them_leaves_none_and_takes_the_suggestions_along(
    years: Years,
) -> None:
    await first_year(years)
    years.make_next()
    again = years.take(borrower("样例甲", number(1), season=NEXT), NEXT)
    years.open_next()
    assert years.purge()["kept_contacts"] == 1
    assert years.shown(again) == (LAST,)
    dropped = years.purge(drop_contacts=True)
    assert (dropped["kept_contacts"], dropped["rows"]["kept_contacts"]) == (0, 1)
    assert years.shown(again) == ()
    assert (years.rows("kept_contact"), years.rows("suggested_contact")) == ([], [])


async def test_the_purge_of_the_next_season_takes_suggestions_and_kept_contacts_along(
    years: Years,
) -> None:
    await first_year(years)
    years.make_next()
    years.take(borrower("样例甲", number(1), season=NEXT), NEXT)
    years.open_next()
    years.purge()
    next_season = years.services.for_season(NEXT)
    office.change(next_season, NEXT, lambda s: with_values(s, {"keep_contacts": "false"}), who="t")
    office.close_season(years.services, NEXT, who="t")
    rows = years.purge(NEXT)["rows"]
    assert (rows["suggested_contacts"], rows["kept_contacts"]) == (1, 1)
    assert (years.rows("kept_contact"), years.rows("suggested_contact")) == ([], [])


async def test_a_suggestion_is_of_the_season_before_alone(years: Years) -> None:
    await first_year(years)
    years.make_next()
    after = with_values(office.proposal(years.services, "2021", source=NEXT), HEAD)
    office.create(years.services, after, who="t", source=NEXT)
    again = years.take(borrower("样例甲", number(1), season="2021"), "2021")
    found = years.services.database.read(lambda c: cases.rows(c, "2021", ids=[again]))
    assert len(found) == 1
    assert years.rows("suggested_contact") == []


async def test_the_same_list_again_sends_phones_nothing_new(years: Years) -> None:
    await first_year(years)
    years.make_next()
    person = borrower("样例甲", number(1), season=NEXT)
    years.take(person, NEXT)
    before = years.rows("feed")
    years.take(person, NEXT)
    assert years.rows("feed") == before
    assert years.services.database.write(lambda c: kept_contacts.suggest(c, NEXT)) == 0


async def test_a_corrected_name_takes_the_suggestion_away(years: Years) -> None:
    await first_year(years)
    years.make_next()
    again = years.take(borrower("样例甲", number(1), season=NEXT), NEXT)
    assert years.shown(again) == (LAST,)
    other = borrower("样例丙", number(1), season=NEXT)
    years.services.database.write(
        lambda c: case_import.import_people(c, NEXT, [other], accept_identity=True)
    )
    assert years.shown(again) == ()


async def test_an_import_undone_takes_its_suggestions_along(years: Years) -> None:
    await first_year(years)
    years.make_next()

    def there_and_back(connection: Connection) -> tuple[int, int]:
        before = import_images.image(connection, NEXT)
        person = borrower("样例甲", number(1), season=NEXT)
        case_import.import_people(connection, NEXT, [person])
        rows = select(func.count()).select_from(t.suggested_contact)
        had = connection.execute(rows).scalar_one()
        undo = import_undo.changes_of(before, import_images.image(connection, NEXT))
        assert undo is not None
        import_undo.restore(connection, NEXT, undo)
        return had, connection.execute(rows).scalar_one()

    assert years.services.database.write(there_and_back) == (1, 0)


async def test_the_page_of_the_case_shows_it_masked_as_a_suggestion_and_whole_after_a_purpose(
    years: Years, app: Litestar
) -> None:
    await first_year(years)
    years.make_next()
    again = years.take(borrower("样例甲", number(1), season=NEXT), NEXT)
    years.open_next()
    people(years.services)
    window = await signed_in(app, "one")
    text = html.unescape((await window.get(f"/cases/{again}")).text)
    assert "去年的电话" in text
    assert "136****2222" in text
    assert PHONE not in text
    assert "2019-12-12" in text
    assert "未核实" in text
    full = await window.post(f"/cases/{again}/id-number", purpose="verify")
    assert PHONE in full.text


async def test_the_command_line_says_at_the_purge_what_is_kept(years: Years) -> None:
    await first_year(years)
    office.close_season(years.services, SEASON, who="t")
    done = doorstep(
        "purge", "--season", SEASON, "--really", "演示", data=years.services.settings.data_dir
    )
    assert "1 人的联系方式" in done.stdout
    assert "--drop-contacts" in done.stdout


async def test_the_page_of_seasons_says_what_is_kept_until_it_is_dropped(
    years: Years, app: Litestar
) -> None:
    people(years.services)
    window = await signed_in(app, "admin")
    assert "留给下一年度参考" not in (await window.get("/seasons")).text
    await first_year(years)
    assert "销毁时这些不销毁" in (await window.get("/seasons")).text
    office.close_season(years.services, SEASON, who="t")
    years.purge()
    window = await signed_in(app, "admin")
    assert "--drop-contacts" in (await window.get("/seasons")).text
    years.purge(drop_contacts=True)
    window = await signed_in(app, "admin")
    assert "留给下一年度参考" not in (await window.get("/seasons")).text


async def test_what_a_teacher_takes_back_after_the_next_season_opened_is_suggested_no_more(
    years: Years,
) -> None:
    years.keep()
    old = years.take(borrower("王伟", number(1)), SEASON)
    fact = await years.accepted(old)
    years.make_next()
    new = years.take(borrower("王伟", number(1), season=NEXT), NEXT)
    years.open_next()
    assert years.shown(new) == (LAST,)
    version = years.state(new).version
    body = {"corrects": fact, "reason": "记错了人", "withdraw": True}
    late = years.phone.chained(fact_bytes(old, "correction", body=body))
    assert await years.phone.outcomes(late) == ["created"]
    assert years.shown(new) == ()
    assert years.state(new).version > version, "phones hear of it"
