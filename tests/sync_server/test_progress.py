"""How far the season is: what each person adds to the counts, and what the store counts itself."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from shared.cases import Case, Contract, Person, Repaid
from shared.contacts import AcceptedContact
from shared.lifecycle import Review, Standing, VisitLine
from sync_server.office import phones, placing, review_records
from sync_server.sample.season import season_2019
from sync_server.services import Services
from sync_server.store import cases, devices, evidence, held, on_list, progress, reviews
from sync_server.store import tables as t
from sync_server.store.progress import CaseStanding
from sync_server.store.resolution import ARRIVED, ASKED, DROPPED, RESENT, TAKEN
from sync_server.store.scope import WHOLE_COUNTY, Of
from tests.support import odd
from tests.support.county import SEASON, repaid
from tests.support.devices import AT, RawPhone, case_ids, enrol, working_phone

SEASON_2019 = season_2019()
VISIT = VisitLine(day="2019-12-01", met="self", outcome="promised", visitors=(), facts=())
NOTHING_YET = {"people": 1, "due_fen": 110_00, "untouched": 1}
TOUCHED = {"people": 1, "due_fen": 110_00}


def line(assignee: str = "", school: str = "01", **standing: Any) -> CaseStanding:
    """A person who owes 110 yuan."""
    contracts = (Contract(contract_no="C1", principal_fen=100_00, interest_fen=10_00),)
    case = Case(
        id="c",
        season=SEASON,
        school=school,
        borrower=Person(name="王㛃"),
        contracts=contracts,
        assignee=assignee,
    )
    return CaseStanding(case=case, standing=msgspec.convert(standing, Standing))


def counted(*lines: CaseStanding) -> dict[str, int]:
    """The counts that are not zero."""
    total = msgspec.structs.asdict(progress.count(lines, SEASON_2019))
    return {name: number for name, number in total.items() if number}


SIGNED = {"delivery": "signed", "delivered_on": "2019-11-29"}
PAID = {"paid": True, "repaid_fen": 110_00}
SPECIAL = {"group": "special", "visits": (VISIT,)}


@pytest.mark.parametrize(
    ("one", "adds"),
    [
        (line(), NOTHING_YET),
        (line(assignee="s1"), {**NOTHING_YET, "assigned": 1}),
        (line(**SIGNED), {**NOTHING_YET, "delivered": 1, "delivered_unpaid": 1}),
        (
            line(**{**SIGNED, "delivered_on": "2019-11-30"}),
            {**NOTHING_YET, "delivered": 1, "delivered_unpaid": 1, "late": 1},
        ),
        (line(delivery="undelivered"), NOTHING_YET),
        (line(attempts=1), TOUCHED),
        (line(statement="written"), TOUCHED),
        (line(visits=(VISIT, VISIT)), {**TOUCHED, "visits": 2, "visited": 1}),
        (line(group="promised", attempts=1), {**TOUCHED, "promised": 1}),
        (line(group="unreachable", attempts=1), {**TOUCHED, "unreachable": 1}),
        (line(**SPECIAL), {**TOUCHED, "visits": 1, "visited": 1, "special": 1}),
        (
            line(**SPECIAL, statement="accepted"),
            {**TOUCHED, "visits": 1, "visited": 1, "special": 1, "explained": 1},
        ),
        (
            line(**SPECIAL, statement="written"),
            {**TOUCHED, "visits": 1, "visited": 1, "special": 1},
        ),
        (line(statement="accepted"), TOUCHED),
        (line(returned=("a", "b")), {**NOTHING_YET, "returned": 2}),
        (line(repaid={"repaid_fen": 5_00}), {**NOTHING_YET, "repaid_fen": 5_00}),
        (line(repaid=PAID), {**TOUCHED, "paid": 1, "repaid_fen": 110_00}),
        (
            line(**SIGNED, repaid=PAID, group="promised", visits=(VISIT,)),
            {
                **TOUCHED,
                "paid": 1,
                "repaid_fen": 110_00,
                "delivered": 1,
                "visits": 1,
                "visited": 1,
            },
        ),
    ],
)
def test_each_person_adds_to_the_counts_that_apply(one: CaseStanding, adds: dict[str, int]) -> None:
    assert counted(one) == adds


def test_the_counts_of_several_people_add_up() -> None:
    everything = line(
        "s1",
        **{**SIGNED, **SPECIAL, "delivered_on": "2019-12-09"},
        statement="accepted",
        returned=("a",),
        repaid={"repaid_fen": 1},
    )
    groups = [line(group=group) for group in ("promised", "unreachable")]
    one = counted(everything, *groups, line(repaid=PAID))
    double = counted(everything, *groups, line(repaid=PAID), everything, *groups, line(repaid=PAID))
    assert double == {name: 2 * number for name, number in one.items()}
    assert set(one) == set(progress.Progress.__struct_fields__)


def test_without_a_day_for_the_slips_nothing_is_late() -> None:
    season = msgspec.structs.replace(SEASON_2019, deadlines={})
    late = line(**{**SIGNED, "delivered_on": "2020-12-30"})
    assert progress.count([late], season).late == 0


def test_people_are_counted_by_any_key() -> None:
    found = [line("s1"), line("s2", **SIGNED), line("s1", repaid=PAID)]
    by = progress.count_by(found, SEASON_2019, lambda one: one.case.assignee)
    assert {key: (one.people, one.paid, one.delivered) for key, one in by.items()} == {
        "s1": (2, 1, 0),
        "s2": (1, 0, 1),
    }


# from the store


def standings(services: Services, **options: Any) -> list[CaseStanding]:
    return services.database.read(lambda c: progress.case_standings(c, SEASON_2019, **options))


def codes(found: list[CaseStanding]) -> list[str]:
    return [one.case.id for one in found]


def take_out(services: Services, case: str) -> None:
    services.database.write(lambda c: on_list.take_out(c, SEASON, [case], "已还清", "then"))


def test_the_standings_can_be_asked_for_by_school_by_teacher_and_by_case(
    services: Services, county: list[str]
) -> None:
    here, there = case_ids(services, "01"), case_ids(services, "02")
    services.database.write(lambda c: cases.assign(c, SEASON, [here[1]], "s1"))
    assert codes(standings(services)) == here + there
    assert codes(standings(services, unit="02")) == there
    assert codes(standings(services, assignee="s1")) == [here[1]]
    assert codes(standings(services, ids=[there[0], here[0]])) == [here[0], there[0]]


def test_people_off_the_list_are_left_out_unless_they_are_asked_for(
    services: Services, county: list[str]
) -> None:
    everyone = case_ids(services, "01")
    take_out(services, everyone[0])
    assert codes(standings(services, unit="01")) == everyone[1:]
    (gone,) = standings(services, unit="01", off_list=True)
    assert (gone.case.id, gone.off_list, gone.off_list_at) == (everyone[0], "已还清", "then")
    assert codes(standings(services, unit="01", off_list=None)) == everyone


def test_a_line_has_the_contacts_that_were_accepted(services: Services, county: list[str]) -> None:
    (case, *_) = case_ids(services, "01")
    kept = [AcceptedContact(fact="f", field="phone", value="13900000001", source="self", day="")]
    row = t.case_file.update().where(t.case_file.c.id == case)
    text = msgspec.json.encode(kept).decode()
    services.database.write(lambda c: c.execute(row.values(contact=text)))
    first, second, *_ = standings(services, unit="01")
    assert (first.contact, second.contact) == ({"phone": "13900000001"}, {})


def test_a_line_has_the_schools_name_the_initials_and_what_was_repaid(
    services: Services, county: list[str]
) -> None:
    repaid(services, "2019-12-11", {"C00000": 30_00})
    first = standings(services, unit="01")[0]
    assert (first.unit_name, first.initials, first.off_list) == ("柳泉镇中心校", "yl0", "")
    assert first.standing.repaid == Repaid(as_of="2019-12-11", repaid_fen=30_00)


async def test_what_waits_for_review_is_counted_by_school(
    phone: RawPhone, services: Services
) -> None:
    here, there = case_ids(services, "01"), case_ids(services, "02")
    alone = {"met": "self", "outcome": "not_home", "flags": ["alone"]}
    visits = [odd.envelope(case, body=alone) for case in (here[0], here[1], there[0])]
    ids = odd.store(
        services,
        phone,
        [
            *visits,
            odd.envelope(here[2], "attempt"),
            odd.envelope(here[3]),
            odd.envelope(here[4], body=alone),
        ],
    )
    given = Review(fact=ids[1], verdict="accepted", by="t", at=AT)
    services.database.write(lambda c: reviews.add_review(c, given))
    take_out(services, here[4])

    def waiting(of: Of) -> dict[str, int]:
        return services.database.read(lambda c: review_records.waiting(c, SEASON, of))

    assert waiting(WHOLE_COUNTY) == {"01": 1, "02": 1}
    assert waiting("02") == {"02": 1}


def test_the_newest_repayments_are_the_latest_day_of_the_season(
    services: Services, county: list[str]
) -> None:
    def newest(season: str = SEASON) -> str:
        return services.database.read(lambda c: progress.newest_snapshot(c, season))

    assert newest() == ""
    for day in ("2019-12-11", "2019-12-10"):
        repaid(services, day, {"C00000": 1})
    assert (newest(), newest("2018")) == ("2019-12-11", "")


async def test_phones_are_counted_by_school_and_state(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    await enrol(RawPhone(http), services, "01", "乙", confirm=False)
    await working_phone(http, services, "02", "丙")
    await working_phone(http, services, "02", "丁")
    read = services.database.read
    assert read(lambda c: progress.phones(c, SEASON, WHOLE_COUNTY)) == {
        ("01", "confirmed"): 1,
        ("01", "pending"): 1,
        ("02", "confirmed"): 2,
    }
    assert read(lambda c: progress.phones(c, "2018", WHOLE_COUNTY)) == {}


async def test_the_phone_of_an_office_is_not_counted(phone: RawPhone, services: Services) -> None:
    office = t.device.update().where(t.device.c.id == phone.device).values(kind="office")
    services.database.write(lambda c: c.execute(office))
    assert services.database.read(lambda c: progress.phones(c, SEASON, WHOLE_COUNTY)) == {}


async def test_photos_that_have_not_arrived_are_counted_once_by_the_teacher_whose_phone_has_them(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    here, there = case_ids(services, "01"), case_ids(services, "02")
    colleague = await enrol(RawPhone(http), services, "01", "乙")
    elsewhere = await working_phone(http, services, "02", "丙")
    arrived, *missing = (digit * 64 for digit in "abcde")
    odd.store(
        services,
        phone,
        [
            odd.envelope(here[0], photos=[arrived, missing[0], missing[1]]),
            odd.envelope(here[1], photos=[missing[0]]),
        ],
    )
    odd.store(services, colleague, [odd.envelope(here[2], photos=[missing[2], missing[0]])])
    odd.store(services, elsewhere, [odd.envelope(there[0], photos=[missing[3]])])
    row = {"sha256": arrived, "size_bytes": 1, "device": phone.device, "received_at": AT}
    services.database.write(lambda c: c.execute(t.photo.insert(), row))

    def waiting(unit: str, season: str = SEASON) -> dict[str, int]:
        return services.database.read(lambda c: progress.photos_waiting(c, season, unit))

    assert waiting("01") == {phone.staff: 2, colleague.staff: 2}
    assert waiting("02") == {elsewhere.staff: 1}
    assert waiting("01", "2018") == waiting("03") == {}


async def test_only_codes_that_nobody_used_are_open(phone: RawPhone, services: Services) -> None:
    issued = {unit: phones.issue(services, unit, "乙", who="t").expires_at for unit in ("01", "02")}

    def open_codes(unit: str, season: str = SEASON) -> list[str]:
        found = services.database.read(lambda c: progress.open_codes(c, season, unit))
        assert phone.staff not in found
        return list(found.values())

    assert [open_codes(unit) for unit in ("01", "02")] == [[issued["01"]], [issued["02"]]]
    assert open_codes("01", "2018") == []


async def test_the_records_of_a_case_that_moved_are_shown_with_both_schools(
    phone: RawPhone, services: Services
) -> None:
    first, second, stays = case_ids(services, "01")[:3]
    placing.move(services, [first, second], "02", who="t", reason="搬家")
    at = ["2019-12-12T01:00:00.000+00:00", "2019-12-12T02:00:00.000+00:00"]
    ids = [
        odd.store(services, phone, [odd.envelope(case)], received_at=when)[0]
        for case, when in zip((first, second), at, strict=True)
    ]
    odd.store(services, phone, [odd.envelope(stays)])
    services.database.write(
        lambda c: c.execute(t.fact.update().where(t.fact.c.id.in_(ids)).values(tray=True))
    )
    code = {one.case.id: one.case.code for one in standings(services)}
    name = {one.case.id: one.case.borrower.name for one in standings(services)}

    def tray(unit: str, season: str = SEASON) -> list[progress.SetAsideRecord]:
        return services.database.read(lambda c: progress.tray(c, season, unit))

    assert tray("01") == [
        progress.SetAsideRecord(
            fact_id=fact,
            teacher="甲",
            device=_name_of(services, phone),
            received_at=when,
            kind="visit",
            case_id=case,
            case_code=code[case],
            name=name[case],
            from_unit="01",
            to_unit="02",
        )
        for fact, case, when in ((ids[1], second, at[1]), (ids[0], first, at[0]))
    ]
    assert tray("02") == tray("01")
    assert (tray("03"), tray("01", "2018")) == ([], [])
    take_out(services, second)
    assert [one.case_id for one in tray("02")] == [first]


def _name_of(services: Services, phone: RawPhone) -> str:
    return services.database.read(lambda c: devices.by_id(c, phone.device)).name


async def test_a_record_belongs_to_the_school_that_has_the_case_now(
    phone: RawPhone, services: Services
) -> None:
    case, other = case_ids(services, "01")[:2]
    fact, stays = odd.store(services, phone, [odd.envelope(case), odd.envelope(other)])
    placing.move(services, [case], "02", who="t", reason="搬家")

    def unit_of(fact: str, season: str = SEASON) -> str | None:
        return services.database.read(lambda c: progress.unit_of_fact(c, season, fact))

    assert (unit_of(fact), unit_of(stays)) == ("02", "01")
    assert (unit_of("unknown"), unit_of(fact, "2018")) == (None, None)


async def test_a_phone_hears_in_the_ledgers_order_what_its_teacher_sent(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    colleague = await enrol(RawPhone(http), services, "01", "乙")
    mine = odd.store(services, phone, [odd.envelope(case) for _ in range(3)])
    theirs = odd.store(services, colleague, [odd.envelope(case)])
    f = t.fact.c
    rows = services.database.read(lambda c: c.execute(t.fact.select().order_by(f.seq)).all())
    sha = {row.id: row.sha256 for row in rows}
    device = services.database.read(lambda c: devices.by_id(c, phone.device))
    asked = [sha[mine[2]], sha[mine[0]], sha[mine[2]], sha[theirs[0]], "0" * 64]
    found = services.database.read(lambda c: held.held(c, device, asked))
    seq = {row.id: row.seq for row in rows}
    assert [(one.sha256, one.id, one.seq) for one in found] == [
        (sha[fact], fact, seq[fact]) for fact in (mine[0], mine[2])
    ]


def test_of_people_taken_out_only_those_on_the_list_are_counted(
    services: Services, county: list[str]
) -> None:
    here = case_ids(services, "01")

    def out(*ids: str, season: str = SEASON) -> int:
        return services.database.write(lambda c: on_list.take_out(c, season, ids, "已还清", "then"))

    assert out(here[0], season="2018") == 0
    assert (out(here[0]), out(here[0], here[1], "unknown")) == (1, 1)
    assert codes(standings(services, unit="01")) == here[2:]
    services.database.write(lambda c: on_list.put_back(c, here[1]))
    assert codes(standings(services, unit="01")) == here[1:]


@pytest.mark.parametrize(
    ("settled_at", "resolution", "is_waiting"),
    [
        ("", "", True),
        ("", ASKED, True),
        ("then", ASKED, True),
        ("then", "", False),
        ("then", TAKEN, False),
        ("then", DROPPED, False),
        ("then", ARRIVED, False),
        ("then", RESENT, False),
    ],
)
def test_what_was_set_apart_waits_until_it_is_decided_and_what_was_asked_for_until_it_comes(
    services: Services, county: list[str], settled_at: str, resolution: str, is_waiting: bool
) -> None:
    row = {
        "id": "q1",
        "n": 1,
        "link": b"",
        "sig": b"",
        "sha256": "",
        "data": b"",
        "code": "fact.unreadable",
        "received_at": "then",
        "season": SEASON,
        "unit": "01",
        "device": "d",
        "fact_id": "f1",
        "settled_at": settled_at,
        "resolution": resolution,
    }
    services.database.write(lambda c: c.execute(t.quarantine.insert(), row))
    found = services.database.read(lambda c: evidence.quarantined(c, SEASON, "01"))
    assert found == (["f1"] if is_waiting else [])
