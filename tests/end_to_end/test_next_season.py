"""The same phone in December after December: a season ends, the next one opens, the phone goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sync_server.office import phones, staff
from sync_server.sample.processes import Phone
from sync_server.store import devices, evidence, purging, seasons, units
from sync_server.store import tables as t
from sync_server.store.database import Connection
from tests.end_to_end.conftest import County
from tests.support.bodies import DELIVERY, VISIT
from tests.support.county import SEASON
from tests.support.ledger import photos_of
from tests.support.seasons import NEXT, open_next, put_people

NewPhone = Callable[..., Phone]


def test_one_phone_from_season_to_season(
    county: County, new_phone: NewPhone, picture: Path
) -> None:
    """One story: what is unsent at the switch, who left, one tap, the purge, and what comes after it."""
    services = county.services
    one, two = county.school(), county.school()
    goes_on, leaves = new_phone(one, "甲"), new_phone(one, "乙")
    drafting, offline = new_phone(two, "丙"), new_phone(two, "丁", name="-2")
    case, with_photo, *_ = (line["id"] for line in goes_on.ask("cases"))
    goes_on.ask("record", kind="visit", case=case, body=VISIT)
    assert goes_on.ask("sync")["sent"] == 1
    photo = goes_on.ask("take_photo", case=with_photo, file=str(picture))["sha256"]
    goes_on.ask("record", kind="notice_delivery", case=with_photo, body=DELIVERY, photos=[photo])
    unfinished = drafting.ask("cases")[0]["id"]
    drafting.ask("save_draft", case=unfinished, form="visit", fields={"met": "self"})
    share_with(county, two, offline)
    assert offline.ask("sync")["ok"]
    late_case = offline.ask("cases")[0]["id"]
    offline.ask("record", kind="visit", case=late_case, body=VISIT)
    who_left = person(county, one, "乙")
    staff.leave(services, one, who_left, who="t", stop_phones=True)

    of_next = open_next(services)
    new = put_people(services, NEXT, one, "甲")
    put_people(services, NEXT, two, "丙", first=950)

    # the first sync hands in what is left, of its own season; the list of before goes
    got = goes_on.ask("sync")
    assert got["problem_code"] == "device.new_season"
    assert (got["sent"], got["photos"]) == (1, 1), "it got no list, and says what it handed in"
    assert "联络员确认" in got["problem"]["zh"]
    assert (goes_on.ask("cases"), goes_on.ask("outbox")["all_sent"]) == ([], True)
    assert "联络员确认" in goes_on.ask("outbox")["last_problem"]["zh"]
    assert kinds(county, SEASON, one) == ["visit", "notice_delivery"]
    assert photos_of(services, one) == 1
    assert leaves.ask("sync")["problem_code"] == "device.revoked"

    # one tap, and the new list is there; PIN, key and chain go on
    (device,) = [d for d in phones_of(county, NEXT, one) if d.state == devices.PENDING]
    phones.confirm(of_next, device.id, who="t")
    got = goes_on.ask("sync")
    assert (got["ok"], got["complete"]) == (True, True)
    assert sorted(line["id"] for line in goes_on.ask("cases")) == sorted(new)
    assert goes_on.ask("outbox")["moved"] == [], "nobody took last year's people over"
    goes_on.ask("record", kind="visit", case=new[0], body=VISIT)
    assert goes_on.ask("sync")["sent"] == 1
    assert kinds(county, NEXT, one) == ["visit"]

    # an unfinished form keeps its case until it is handed in, for the season it is of
    assert drafting.ask("sync")["problem_code"] == "device.new_season"
    assert [draft["case"] for draft in drafting.ask("drafts")] == [unfinished]
    confirm_all(county, of_next, two)
    assert drafting.ask("sync")["ok"]
    assert {line["id"] for line in drafting.ask("cases")} > {unfinished}
    drafting.ask("record", kind="visit", case=unfinished, body=VISIT)
    drafting.ask("drop_draft", case=unfinished, form="visit")
    got = drafting.ask("sync")
    assert (got["ok"], got["sent"], got["rejected"], got["complete"]) == (True, 1, 0, True)
    assert unfinished not in {line["id"] for line in drafting.ask("cases")}
    assert kinds(county, SEASON, two) == ["visit"]

    # last season is purged: the phones go on, and a record that comes after it is said to be late
    services.database.write(destroy)
    goes_on.ask("record", kind="visit", case=new[1], body=VISIT)
    got = goes_on.ask("sync")
    assert (got["ok"], got["sent"], got["complete"]) == (True, 1, True)
    got = offline.ask("sync")
    assert (got["rejected"], got["problem_code"]) == (1, "sync.rejected")
    (line,) = offline.ask("outbox")["lines"]
    assert "销毁" in line["problem"]["zh"]
    assert no_gaps(county, goes_on, one)


def person(county: County, unit: str, name: str) -> str:
    people = county.services.database.read(lambda c: units.staff_of(c, SEASON, unit))
    return next(p.id for p in people if p.name == name)


def share_with(county: County, unit: str, phone: Phone) -> None:
    """Give half of a school's people to the teacher of this phone."""
    from sync_server.office import assignment
    from tests.support.devices import case_ids

    mine = case_ids(county.services, unit)[2:]
    assignment.assign(county.services, mine, person(county, unit, phone.teacher), who="t")


def phones_of(county: County, season: str, unit: str) -> list[devices.Device]:
    return county.services.database.read(lambda c: devices.of_unit(c, season, unit))


def confirm_all(county: County, of_next: object, unit: str) -> None:
    shown = [d.id for d in phones_of(county, NEXT, unit)]
    assert phones.confirm_all(county.services.for_season(NEXT), unit, shown, who="t") == 2


def kinds(county: County, season: str, unit: str) -> list[str]:
    f = t.fact.c
    query = t.fact.select().where(f.season == season, f.unit == unit).order_by(f.seq)
    rows = county.services.database.read(lambda c: list(c.execute(query).mappings()))
    return [row["kind"] for row in rows]


def destroy(connection: Connection) -> None:
    """What a purge does in the database; the served folder itself refuses one."""
    purging.destroy(connection, SEASON, "2020-01-01T00:00:00+00:00")
    seasons.set_state(connection, SEASON, seasons.PURGED, at="2020-01-01T00:00:00+00:00", who="t")


def no_gaps(county: County, phone: Phone, unit: str) -> bool:
    def job(connection: Connection) -> bool:
        heads = {d.id: d.n for d in devices.of_unit(connection, NEXT, unit)}
        return not evidence.chain_gaps(evidence.chains(connection, list(heads)), heads)

    return county.services.database.read(job)
