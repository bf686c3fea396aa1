"""Hand-over files are bounded before anything of them is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from shared import handover as form
from shared.digest import sha256_hex
from sync_server import quotas
from sync_server.office import handover as office
from sync_server.services import Services
from sync_server.store import tables as t
from tests.support.devices import RawPhone, case_ids, fact_bytes
from tests.support.handover import file_of, take
from tests.support.jpegs import jpeg
from tests.support.ledger import chain_of
from tests.support.quotas import (
    PHOTO,
    TOTAL,
    Usage,
    code,
    counted,
    rows,
    sent_today,
)


def answer_in(answer: httpx.Response) -> form.Answer:
    assert answer.status_code == 200, answer.text
    return form.read_answer(form.split_answer(answer.content)[0])


async def hand_over(phone: RawPhone, data: bytes, **headers: str) -> httpx.Response:
    return await phone.ask("POST", "/v1/handover", content=data, headers=headers)


async def test_a_file_is_refused_by_the_length_it_announces(
    phone: RawPhone, services: Services
) -> None:
    file = await file_of(phone, [], [PHOTO])
    too_long = str(office.MAX_FILE_BYTES + 1)
    answer = await hand_over(phone, file, **{"Content-Length": too_long})
    assert (answer.status_code, code(answer)) == (413, "handover.too_large")
    services.disk_usage = lambda _: Usage(TOTAL, quotas.KEPT_BYTES + 1000)
    assert code(await hand_over(phone, file)) == "disk.low"


async def test_of_a_file_of_somebody_else_only_the_beginning_is_read(phone: RawPhone) -> None:
    file = await file_of(phone, [], [PHOTO])
    for beginning, refusal in ((b"PK\x03\x04", "not_ours"), (b"DSHO1\n\xff\xff", "damaged")):
        read_bytes = 0

        async def chunks(beginning: bytes = beginning) -> AsyncIterator[bytes]:
            nonlocal read_bytes
            yield beginning
            for _ in range(1000):
                read_bytes += 4096
                yield bytes(4096)

        answer = await phone.ask("POST", "/v1/handover", content=chunks())
        assert code(answer) == f"handover.{refusal}"
        assert read_bytes < 20_000
    assert answer_in(await hand_over(phone, file)).photos[0].outcome == "created"


async def test_a_phone_hands_in_one_file_at_a_time(phone: RawPhone, services: Services) -> None:
    file = await file_of(phone, [], [PHOTO])
    services.handovers_in_progress.add(phone.device)
    answer = await hand_over(phone, file)
    assert (answer.status_code, code(answer)) == (409, "handover.in_progress")
    services.handovers_in_progress.clear()
    assert (await hand_over(phone, file)).status_code == 200
    assert services.handovers_in_progress == set()


@pytest.mark.parametrize("kind", [b"f", b"p", b"x"])
async def test_a_file_of_very_many_small_records_is_refused_before_one_is_stored(
    phone: RawPhone, services: Services, kind: bytes
) -> None:
    more = form.record(kind, b"") * (form.MAX_FILE_RECORDS + 1)
    fact = phone.chained(fact_bytes(case_ids(services, "01")[0]))
    answer = await hand_over(phone, await file_of(phone, [fact], [], more))
    assert (answer.status_code, code(answer)) == (413, "handover.too_many")
    assert rows(services, "fact") == 0


async def test_a_file_is_taken_but_for_the_photos_beyond_what_may_be_stored(
    phone: RawPhone, services: Services
) -> None:
    bad, more = b"no photo", jpeg(b"more")
    hashes = tuple(map(sha256_hex, (PHOTO, bad, more)))
    fact = phone.chained(fact_bytes(case_ids(services, "01")[0], photos=hashes))
    sent_today(services, phone, photos=quotas.DAY_PHOTOS - 2)
    answer = answer_in(await hand_over(phone, await file_of(phone, [fact], [PHOTO, bad, more])))
    assert [o.outcome for o in answer.facts] == ["created"]
    found = [o.problem["code"] if o.problem else o.outcome for o in answer.photos]
    assert found == ["created", "photo.not_image", "upload.quota"]
    again = answer_in(await hand_over(phone, await file_of(phone, [fact], [PHOTO])))
    assert again.photos[0].outcome == "duplicate"
    assert counted(services, phone)[0] == quotas.DAY_PHOTOS


async def test_records_of_a_file_that_cannot_be_set_apart_get_no_outcome_and_stay_on_the_phone(
    phone: RawPhone, services: Services
) -> None:
    sent_today(services, phone, quarantined=quotas.DAY_REFUSED - 1)
    case = case_ids(services, "01")[0]
    facts = [phone.chained(fact_bytes(c)) for c in (case, "nobody", "nobody", case)]
    file = await file_of(phone, facts, [PHOTO])
    taken = take(services, file)
    assert (taken.created, taken.refused, taken.gaps, taken.left) == (1, 1, 0, 2)
    answer = form.read_answer(form.split_answer(taken.answer)[0])
    assert [o.outcome for o in answer.facts] == ["created", "rejected"]
    assert [o.outcome for o in answer.photos] == ["created"], "photos are taken all the same"
    services.database.write(lambda c: c.execute(t.device_day.delete()))
    taken = take(services, file)
    assert (taken.created, taken.duplicates, taken.refused, taken.left) == (1, 1, 2, 0)
    assert len(chain_of(services, phone)) == 4
