"""The cards of the review: what is odd by drawn photos and positions, what a record changes, and the same number everywhere."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from litestar import Litestar
from PIL import Image
from sqlalchemy import update

from mobile.ports.strip import FONT, with_strip
from shared.readiness import missing_of_case
from sync_server.office import review, review_records, slips
from sync_server.sealing.paper.slips import looks
from sync_server.services import Services
from sync_server.store import cases, progress, seasons
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.scope import WHOLE_COUNTY, Of
from tests.support import odd
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids
from tests.support.review_school import (
    NARRATIVE,
    VISIT,
    deliveries,
    of_every_kind,
    slip,
    store_photos,
)

PAGE = "/schools/01/review"


@pytest.fixture
async def liaison(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "one")


def found(services: Services) -> dict[str, tuple[str, ...]]:
    """The findings of a school's records, read from their photos."""
    while slips.read_slips(services, "01"):
        pass
    return {i.fact.fact.id: i.record.findings for i in review.queue(services, "01")}


def captioned(photo: bytes, caption: str) -> bytes:
    """A photo as a phone stores it, with its strip below."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(photo)) as picture:
        with_strip(picture.convert("RGB"), caption, FONT).save(out, "JPEG", quality=85)
    return out.getvalue()


@pytest.fixture(scope="module")
def sharp() -> bytes:
    return slip(1)


@pytest.fixture(scope="module")
def shaken() -> bytes:
    return slip(2, sharp=False)


def test_a_blurred_slip_is_found_and_a_sharp_one_waits_for_nobody(
    services: Services, phone: RawPhone, sharp: bytes, shaken: bytes
) -> None:
    ids = deliveries(services, phone, store_photos(services, [sharp, shaken]))
    judged = found(services)
    assert [judged[one] for one in ids] == [(), ("blurred",)]


def test_the_letters_of_the_strip_make_no_photo_sharp(tmp_path: Path, shaken: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(captioned(shaken, "01-0001-0 · 记于 2019-12-12 10:00 · 柳泉"))
    (look,) = looks([tmp_path / "a.jpg"])
    assert 0 < look.sharpness < 60


def test_the_same_shot_under_another_caption_is_found_for_both_people(
    services: Services, phone: RawPhone, sharp: bytes
) -> None:
    twice = [captioned(sharp, "01-0001-0 · 柳泉"), captioned(sharp, "01-0002-7 · 柳泉镇中心校")]
    ids = deliveries(services, phone, store_photos(services, twice))
    judged = found(services)
    assert "photo_twice" in judged[ids[0]]
    assert {"photo_twice", "wrong_slip"} <= set(judged[ids[1]])


def visit(case: str, latitude: float) -> dict[str, object]:
    place = {"latitude_deg": latitude, "longitude_deg": 109.5}
    return odd.envelope(case, body={**VISIT, "position": place})


def in_one_village(services: Services, *schools: str) -> None:
    def job(connection: Connection) -> None:
        for row in (r for unit in schools for r in cases.rows(connection, SEASON, unit=unit)):
            body = re.sub(r'("township":)"[^"]*"', r'\1"同乡"', row["body"])
            body = re.sub(r'("village":)"[^"]*"', r'\1"同村"', body)
            of = t.case_file.c.id == row["id"]
            connection.execute(update(t.case_file).where(of).values(body=body))

    services.database.write(job)


def test_a_position_is_far_by_where_the_others_of_the_village_are(
    services: Services, phone: RawPhone, county: list[str]
) -> None:
    in_one_village(services, "01")
    people_ = case_ids(services, "01")
    places = [35.0, 35.01, 35.0, 35.3, 1e300]
    ids = odd.store(
        services, phone, [visit(case, at) for case, at in zip(people_, places, strict=False)]
    )
    judged = found(services)
    assert [judged[one] for one in ids[:4]] == [(), (), (), ("far",)]


def test_a_village_of_two_schools_counts_the_same_for_the_county_and_for_each_school(
    services: Services, phone: RawPhone, county: list[str]
) -> None:
    in_one_village(services, "01", "02")
    people_ = [*case_ids(services, "01")[:2], *case_ids(services, "02")[:2]]
    places = [35.0, 35.3, 35.0, 35.0]
    odd.store(services, phone, [visit(case, at) for case, at in zip(people_, places, strict=True)])

    def waiting(of: Of) -> dict[str, int]:
        return services.database.read(lambda c: review_records.waiting(c, SEASON, of))

    assert waiting(WHOLE_COUNTY) == waiting("01") | waiting("02")


async def test_a_card_says_what_would_change(
    liaison: Browser, services: Services, phone: RawPhone
) -> None:
    ids = of_every_kind(services, phone, case_ids(services, "01")[0])
    page = (await liaison.get(PAGE)).text
    assert NARRATIVE in page
    cards = dict(re.findall(r'id="f-([\w-]+)"(.*?)</section>', page, re.S))
    assert set(cards) == {ids[k] for k in ("statement", "contact_update", "correction", "alone")}
    lines = re.sub(r"<[^>]+>", " ", cards[ids["correction"]])
    assert re.search(r"家庭经济困难\s+重大疾病", lines)
    assert "记错了" in lines
    new = re.sub(r"<[^>]+>", " ", cards[ids["contact_update"]])
    assert re.search(r"138\*{4}\d{4}\s+13912345678", new)
    assert "13800" not in new


async def test_every_page_counts_the_records_that_wait_the_same(
    liaison: Browser, app: Litestar, services: Services, phone: RawPhone
) -> None:
    of_every_kind(services, phone, case_ids(services, "01")[0])
    odd.store(services, phone, [odd.envelope(case_ids(services, "01")[1], body=VISIT)])
    waits = services.database.read(lambda c: review_records.waiting(c, SEASON, WHOLE_COUNTY))
    assert waits == {"01": 4}
    page = (await liaison.get(PAGE)).text
    assert "待复核 4" in page
    assert "已收，可抽看 2" in page
    assert "4 条记录等您复核" in (await liaison.get("/schools/01")).text
    officer = await signed_in(app, "officer-one")
    assert "4 条记录等复核" in (await officer.get("/my-schools")).text


async def test_the_history_of_a_case_says_received_where_nobody_has_to_judge(
    liaison: Browser, services: Services, phone: RawPhone
) -> None:
    case = case_ids(services, "01")[1]
    odd.store(services, phone, [odd.envelope(case, body=VISIT)])
    page = (await liaison.get(f"/cases/{case}")).text
    assert "已收，可抽看" in page
    assert "待复核" not in page


def test_a_summary_asks_for_verdicts_on_statements_only(
    services: Services, phone: RawPhone
) -> None:
    ids = of_every_kind(services, phone, case_ids(services, "01")[0])

    def missing() -> list[str]:
        def job(connection: Connection) -> list[str]:
            season = seasons.get(connection, SEASON)
            lines = progress.case_standings(
                connection, season, ids=case_ids(services, "01")[:1], scope=WHOLE_COUNTY
            )
            return [
                item.code for line in lines for item in missing_of_case(line.case, line.standing)
            ]

        return services.database.read(job)

    assert missing() == ["seal.statement_missing"]
    review.review(services, ids["statement"], "accepted", "", who="甲")
    assert missing() == []
