"""A teacher's own records come back to a phone that does not hold them, with their cases and never without."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from shared import wire
from shared.digest import sha256_hex
from shared.records.base import decode
from sync_server import quotas
from sync_server.api.facts import _unpack
from sync_server.office import assignment, phones
from sync_server.services import Services
from sync_server.store import changes, device_days, devices, ledger, own_records
from sync_server.store import tables as t
from sync_server.store.database import Connection
from tests.support.devices import RawPhone, case_ids, enrol, fact_bytes, new_id
from tests.support.jpegs import jpeg

PHOTO = jpeg(b"a slip of hers" * 90)


async def pages(phone: RawPhone, after: str = "", own: int = 1) -> list[wire.ChangesPage]:
    """Pages up to the head, asked for by an app that takes own records."""
    found: list[wire.ChangesPage] = []
    while not found or found[-1].more:
        answer = await phone.ask("GET", "/v1/changes", params={"after": after, "own": own})
        assert answer.status_code == 200, answer.text
        found.append(msgspec.json.decode(answer.content, type=wire.ChangesPage))
        after = found[-1].next
    return found


def own_of(found: list[wire.ChangesPage]) -> dict[str, list[str]]:
    """Ids of the own records by case, as a phone has them at the end."""
    kept: dict[str, list[str]] = {}
    for change in (change for page in found for change in page.changes):
        if change.kind == "own":
            kept[change.ref] = [decode(wire.unb64(record.bytes)).id for record in change.own]
        elif change.kind == "gone":
            kept.pop(change.ref, None)
    return kept


async def recorded(phone: RawPhone, case: str, **changes: Any) -> str:
    """A record of this phone that the ledger has; its id. `changes`: as of `fact_bytes`."""
    data = fact_bytes(case, **changes)
    assert await phone.outcomes(phone.chained(data)) == ["created"]
    return decode(data).id


@pytest.fixture
async def second(phone: RawPhone, http: httpx.AsyncClient, services: Services) -> RawPhone:
    """The same teacher's new phone."""
    return await enrol(RawPhone(http), services, "01", "甲")


async def test_a_new_phone_of_the_teacher_gets_her_records_in_ledger_order(
    phone: RawPhone, second: RawPhone, services: Services
) -> None:
    first, other = case_ids(services, "01")[:2]
    made = [
        await recorded(phone, first),
        await recorded(phone, first),
        await recorded(phone, other),
    ]
    found = await pages(second)
    assert own_of(found) == {first: made[:2], other: made[2:]}
    assert {page.own for page in found} == {True}
    assert own_of(await pages(phone)) == {}, "the phone that made them has them"


async def test_an_app_that_does_not_ask_gets_the_page_of_before(
    phone: RawPhone, second: RawPhone, services: Services
) -> None:
    await recorded(phone, case_ids(services, "01")[0])
    page = await second.page()
    assert {c.kind for c in page.changes} == {"briefing", "case"}
    assert page.own is msgspec.UNSET
    assert not any(c.own or c.to for c in page.changes)


async def test_what_she_records_on_the_other_phone_comes_with_the_tail(
    phone: RawPhone, second: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    head = (await pages(second))[-1].next
    made = await recorded(phone, case)
    assert own_of(await pages(second, head)) == {case: [made]}


async def test_a_phone_signed_out_and_in_again_gets_what_it_no_longer_holds(
    phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    made = await recorded(phone, case)
    held = phone.n + 1
    await recorded(phone, case)
    assert own_of(await pages(phone, own=held)) == {case: [made]}


async def test_a_colleagues_records_of_the_same_case_stay_away(
    phone: RawPhone, second: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    mine = await recorded(phone, case)
    colleague = await enrol(RawPhone(http), services, "01", "乙")
    assignment.assign(services, [case], colleague.staff, who="t")
    await recorded(colleague, case)
    assert own_of(await pages(colleague)) == {}
    assert own_of(await pages(second)) == {}, "the case is not hers"
    assignment.assign(services, [case], phone.staff, who="t")
    assert own_of(await pages(second)) == {case: [mine]}


async def test_a_case_that_goes_names_who_has_it_now(
    phone: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    head = (await pages(phone))[-1].next
    colleague = await enrol(RawPhone(http), services, "01", "乙")
    assignment.assign(services, [case], colleague.staff, who="t")
    gone = [c for c in (await pages(phone, head))[-1].changes if c.kind == "gone"]
    assert [(c.ref, c.to) for c in gone] == [(case, "乙")]
    old = [c for c in (await phone.page(head)).changes if c.kind == "gone"]
    assert [(c.ref, c.to) for c in old] == [(case, "")]


async def test_a_stopped_phone_gets_none(
    phone: RawPhone, second: RawPhone, services: Services
) -> None:
    sha = await with_photo(phone, case_ids(services, "01")[0])
    phones.revoke(services, second.device, who="t")
    for path in ("/v1/changes?own=1", f"/v1/photos/own/{sha}"):
        answer = await second.ask("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (403, "device.revoked")


async def test_a_correction_on_the_new_phone_of_a_record_of_the_old_one_is_accepted(
    phone: RawPhone, second: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    made = await recorded(phone, case)
    body = {
        "corrects": made,
        "reason": "学校要求补充",
        "body": {"met": "self", "outcome": "refused"},
    }
    data = fact_bytes(case, "correction", body=body)
    assert await second.outcomes(second.chained(data)) == ["created"]


async def with_photo(phone: RawPhone, case: str) -> str:
    """A record with a photo at the office; the photo's hash."""
    sha = sha256_hex(PHOTO)
    await recorded(phone, case, photos=(sha,))
    answer = await phone.create_upload(PHOTO)
    assert (await phone.patch(answer.headers["Location"], 0, PHOTO)).status_code == 204
    return sha


async def test_a_photo_of_hers_is_read_back_counted_and_on_record(
    phone: RawPhone, second: RawPhone, services: Services
) -> None:
    sha = await with_photo(phone, case_ids(services, "01")[0])
    answer = await second.ask("GET", f"/v1/photos/own/{sha}")
    assert (answer.status_code, answer.content) == (200, PHOTO)
    day = select(t.device_day.c.photos, t.device_day.c.photo_bytes).where(
        t.device_day.c.device == second.device
    )
    counted = services.database.read(lambda c: tuple(c.execute(day).one()))
    assert counted == (1, len(PHOTO))
    noted = select(t.audit.c.who, t.audit.c.ref, t.audit.c.detail).where(
        t.audit.c.action == "photo.read_back"
    )
    lines = services.database.read(lambda c: [tuple(row) for row in c.execute(noted)])
    assert lines == [("甲", sha, second.device)]


async def test_a_photo_of_a_colleague_or_of_a_case_that_left_is_not_found(
    phone: RawPhone, second: RawPhone, http: httpx.AsyncClient, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    sha = await with_photo(phone, case)
    colleague = await enrol(RawPhone(http), services, "01", "乙")
    asked = f"/v1/photos/own/{sha}"
    assert (await colleague.ask("GET", asked)).json()["code"] == "photo.unknown"
    assignment.assign(services, [case], colleague.staff, who="t")
    for reader in (colleague, second, phone):
        assert (await reader.ask("GET", asked)).status_code == 404


async def test_beyond_the_days_quota_photos_wait_for_tomorrow(
    phone: RawPhone, second: RawPhone, services: Services
) -> None:
    sha = await with_photo(phone, case_ids(services, "01")[0])
    day = device_days.day_of(services.settings.now_text())
    used = {"device": second.device, "day": day, "photos": quotas.DAY_PHOTOS}
    services.database.write(lambda c: c.execute(insert(t.device_day), used))
    answer = await second.ask("GET", f"/v1/photos/own/{sha}")
    assert (answer.status_code, answer.json()["code"]) == (429, "photo.read_quota")


@pytest.mark.parametrize("own", ["-1", "0", str(10**30)])
async def test_odd_numbers_in_the_question_are_answered(phone: RawPhone, own: str) -> None:
    assert (await phone.ask("GET", "/v1/changes", params={"own": own})).status_code == 200


STEP = st.tuples(
    st.sampled_from(["record", "assign", "read"]), st.integers(0, 2), st.integers(0, 3)
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, max_size=14), page_bytes=st.integers(1, 1500))
def test_at_the_head_a_phone_has_exactly_its_teachers_records_of_its_cases(
    services: Services, county: list[str], steps: list[tuple[str, int, int]], page_bytes: int
) -> None:
    """Two phones of one teacher and one of a colleague; any order, pages as small as they come."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own_records, "PAGE_BYTES", page_bytes + 400)
        check_feed_of_own(services, steps)


def check_feed_of_own(services: Services, steps: list[tuple[str, int, int]]) -> None:
    cases = case_ids(services, "01")[:4]
    hers, colleague = new_id(), new_id()  # teachers of this example alone
    phones_ = [made_phone(services, name) for name in (hers, hers, colleague)]
    held: list[dict[str, list[str]]] = [{}, {}, {}]
    cursors = ["", "", ""]
    made: list[tuple[RawPhone, str, str]] = []
    home = dict.fromkeys(cases, "")
    for verb, who, at in [*steps, ("read", 0, 0), ("read", 1, 0), ("read", 2, 0)]:
        phone, case = phones_[who], cases[at]
        if verb == "assign":
            home[case] = phone.staff
            assignment.assign(services, [case], phone.staff, who="t")
        elif verb == "record":
            data = fact_bytes(case)
            push(services, phone, data)
            made.append((phone, case, decode(data).id))
        else:
            cursors[who], held[who] = read(services, phone, cursors[who], held[who])
    for who, phone in enumerate(phones_):
        wanted: dict[str, list[str]] = {}
        for by, case, fact in made:
            if by.staff == phone.staff and by is not phone and home[case] == phone.staff:
                wanted.setdefault(case, []).append(fact)
        # a page of one byte still has the newest record of a case, never an older one without it
        assert set(held[who]) == set(wanted)
        for case, ids in held[who].items():
            assert ids == wanted[case][-len(ids) :]


def made_phone(services: Services, teacher: str) -> RawPhone:
    phone = RawPhone()

    def enrolled(connection: Connection) -> devices.Device:
        now = services.settings.real_now()
        code, _ = devices.issue_code(
            connection, "2019", "01", teacher, expires_at=now + devices.LONGEST_CODE / 2
        )
        return devices.enrol(connection, code, phone.public_key, "", now)[0]

    found = services.database.write(enrolled)
    phone.device, phone.staff = found.id, found.staff
    return phone


def push(services: Services, phone: RawPhone, data: bytes) -> None:
    asked = wire.PushRequest(facts=[phone.chained(data)])

    def taken(connection: Connection) -> None:
        received = _unpack(asked, phone.public_key)
        ledger.push(connection, phone.device, received, "2019-12-12T02:00:00+00:00")

    services.database.write(taken)


def read(
    services: Services, phone: RawPhone, cursor: str, held: dict[str, list[str]]
) -> tuple[str, dict[str, list[str]]]:
    """Read to the head as a phone does."""
    kept = dict(held) if cursor else {}
    while True:
        after = cursor

        def one(connection: Connection, after: str = after) -> wire.ChangesPage:
            device = devices.by_id(connection, phone.device)
            return changes.page(connection, device, "e", after, 1)

        page = services.database.read(one)
        for change in page.changes:
            if change.kind == "own":
                kept[change.ref] = [decode(wire.unb64(r.bytes)).id for r in change.own]
            elif change.kind == "gone":
                kept.pop(change.ref, None)
        cursor = page.next
        if not page.more:
            return cursor, kept
