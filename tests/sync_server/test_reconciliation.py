"""People who claim to have paid are held against the repayments in force."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from litestar import Litestar

from sync_server.office import reconciliation
from sync_server.office.case_lists import CLAIM_COLUMNS, claims_list
from sync_server.office.reconciliation import Claim
from sync_server.services import Services
from sync_server.store import audit, cases, on_list
from sync_server.store import claims as naming
from sync_server.store import tables as t
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.standing_refresh import Refresher
from tests.support import odd
from tests.support.console_browser import people, signed_in
from tests.support.county import SEASON, repaid
from tests.support.devices import RawPhone, fact_bytes

NOTE = "12月5日用支付宝还了100元"


async def visit(phone: RawPhone, case_id: str, outcome: str = "claimed_paid", **body: Any) -> None:
    fields = {"met": "self", "outcome": outcome, "visitors": [], "note": NOTE, **body}
    await phone.push(phone.chained(fact_bytes(case_id, body=fields)))


def ids(services: Services, unit: str = "01") -> list[str]:
    return [r["id"] for r in services.database.read(lambda c: cases.rows(c, SEASON, unit=unit))]


def claims(services: Services, unit: str | None = "01") -> list[Claim]:
    return reconciliation.claimed(services, unit or WHOLE_COUNTY)


async def test_each_claim_is_missing_different_or_paid(services: Services, phone: RawPhone) -> None:
    for case_id in ids(services)[:3]:
        await visit(phone, case_id)
    repaid(services, "2019-12-12", {"C00000": 100_00, "C00001": 40_00})
    found = claims(services)
    assert [(c.state, c.left_fen) for c in found] == [
        ("missing", 100_00),
        ("different", 60_00),
        ("paid", 0),
    ]
    first = found[0]
    assert (first.claimed_paid_on, first.claimed_fen, first.note) == ("2019-12-05", 100_00, NOTE)
    assert (first.as_of, first.days, first.too_early) == ("2019-12-12", 0, False)
    by_school = services.database.read(
        lambda c: reconciliation.open_by_school(c, SEASON, WHOLE_COUNTY)
    )
    assert by_school == {"01": 2}


async def test_repayments_older_than_the_claim_cannot_have_it(
    services: Services, phone: RawPhone
) -> None:
    await visit(phone, ids(services)[0])
    repaid(services, "2019-12-11", {"C00001": 1})
    assert claims(services)[0].too_early


@pytest.mark.parametrize(
    ("outcome", "met", "left"), [("promised", "self", 0), ("not_home", "nobody", 1)]
)
async def test_a_later_visit_ends_a_claim_only_when_somebody_was_met(
    services: Services, phone: RawPhone, outcome: str, met: str, left: int
) -> None:
    case_id = ids(services)[0]
    await visit(phone, case_id)
    await visit(phone, case_id, outcome, met=met, note="", promise_date="")
    assert len(claims(services)) == left


async def test_somebody_off_the_list_is_left_out(services: Services, phone: RawPhone) -> None:
    case_id = ids(services)[0]
    await visit(phone, case_id)
    services.database.write(
        lambda c: c.execute(
            t.case_file.update().where(t.case_file.c.id == case_id).values(off_list="gone")
        )
    )
    assert claims(services) == []


async def test_a_code_is_found_in_what_was_recorded_of_listed_people_of_the_season(
    services: Services, phone: RawPhone
) -> None:
    visited, corrected, delivered, gone, other = ids(services)[:5]
    odd.store(
        services,
        phone,
        [
            odd.envelope(visited, body={"outcome": "claimed_paid"}),
            odd.envelope(corrected, "correction", body={"body": {"outcome": "claimed_paid"}}),
            odd.envelope(delivered, "notice_delivery", body={"outcome": "claimed_paid"}),
            odd.envelope(gone, body={"outcome": "claimed_paid"}),
            odd.envelope(other, body={"outcome": "promised"}),
        ],
    )
    services.database.write(lambda c: on_list.take_out(c, SEASON, [gone], "迁出", "n"))

    def found(season: str = SEASON, unit: str | None = None) -> list[str]:
        return services.database.read(
            lambda c: naming.cases_naming(c, season, "claimed_paid", unit or WHOLE_COUNTY)
        )

    assert found() == found(unit="01") == sorted([visited, corrected])
    assert found(unit="02") == found("2018") == []


@pytest.mark.parametrize(
    ("note", "day", "fen"),
    [
        (NOTE, "2019-12-05", 100_00),
        ("2018年11月20日还了1,657.50元", "2018-11-20", 1657_50),
        ("12月30日还的", "2018-12-30", 0),
        ("12月1日还500元,12月3日又还600元", "", 0),
        ("13月41日", "", 0),
        ("12月1日还了12,34元", "2019-12-01", 0),
        ("还了1,元", "", 0),
        ("还了99999999999999999元", "", 0),
        ("已经还了", "", 0),
    ],
)
def test_a_note_gives_day_and_amount_where_it_names_one(note: str, day: str, fen: int) -> None:
    assert reconciliation.read_note(note, "2019-12-12") == (day, fen)


async def test_the_school_sees_its_own_and_the_county_all(
    app: Litestar, services: Services, phone: RawPhone
) -> None:
    people(services)
    await visit(phone, ids(services)[0])
    one, two, admin = [await signed_in(app, name) for name in ("one", "two", "admin")]
    assert "1 人说已经还了" in (await one.get("/schools/01")).text
    assert "1 人说已经还了" in (await admin.get("/")).text
    assert NOTE in (await one.get("/schools/01/reconciliation")).text
    assert NOTE in (await admin.get("/reconciliation")).text
    assert NOTE not in (await two.get("/schools/02/reconciliation")).text
    assert (await two.get("/schools/01/reconciliation")).status_code == 404
    assert (await two.get("/reconciliation")).status_code == 403


async def test_the_page_names_the_day_of_the_repayments_where_nobody_claims(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    admin = await signed_in(app, "admin")
    assert "还没有还款情况" in (await admin.get("/reconciliation")).text
    repaid(services, "2019-12-12", {"C00000": 40_00})
    assert "还没有还款情况" not in (await admin.get("/reconciliation")).text


async def test_the_workbook_has_the_recipient_s_columns_and_the_claim(
    services: Services, phone: RawPhone
) -> None:
    await visit(phone, ids(services)[0])
    repaid(services, "2019-12-12", {"C00000": 40_00})
    data = claims_list(services, "01", "teacher", who="t")
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    title, header, line = sheet.iter_rows(values_only=True)
    assert "待核对" in str(title[0])
    assert header[-len(CLAIM_COLUMNS) :] == CLAIM_COLUMNS
    row = dict(zip(header, line, strict=True))
    assert (row["已还(元)"], row["还差(元)"], row["说还了多少(元)"]) == (40, 60, 100)
    assert row["核对"] == "还款情况里不够"
    (note,) = services.database.read(lambda c: audit.listed(c, 1))
    assert (note.action, note.ref, note.unit) == ("list.download", "claimed_paid", "01")


async def test_claims_are_in_one_order_in_parts_of_any_size(
    services: Services, phone: RawPhone
) -> None:
    """Whether their standing is kept or judged, with nothing paid first and the oldest claim before others."""
    days = ("2019-12-09T10:00:00+08:00", "2019-12-07T10:00:00+08:00")
    people = ids(services)[:5]
    for n, case_id in enumerate(people):
        fields = {"met": "self", "outcome": "claimed_paid", "visitors": [], "note": NOTE}
        fact = fact_bytes(case_id, body=fields, happened_at=days[n % 2])
        await phone.push(phone.chained(fact))
    repaid(services, "2019-12-12", {"C00000": 100_00, "C00003": 40_00})
    expected = [people[n] for n in (1, 2, 4, 3, 0)]

    def parts(size: int) -> list[str]:
        found = [reconciliation.part(services, WHOLE_COUNTY, at, size) for at in range(1, 6)]
        assert {tuple(part.counts.values()) for part in found} == {(3, 1, 1)}
        return list(dict.fromkeys(claim.case.id for part in found for claim in part.claims))

    for _ in range(2):
        assert [claim.case.id for claim in claims(services, None)] == expected
        assert parts(1) == parts(2) == parts(50) == expected
        services.database.write(lambda c: [Refresher().in_pause(c) for _ in range(20)])
