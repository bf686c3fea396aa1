"""Slips filed under the wrong person and photos used twice: drawn slips, read by a real process, shown in the console."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from PIL import Image, ImageOps

from mobile.ports.pillow_codec import LONGEST_SIDE_PX, QUALITY
from shared.digest import sha256_hex
from shared.ids import case_code
from shared.ids import show_case_code as shown
from shared.records.base import decode, plain
from shared.records.correction import Correction
from shared.records.notice_delivery import NoticeDelivery
from shared.wire import PushedFact
from sync_server.app import create_app
from sync_server.office import slips, summaries
from sync_server.office.jobs import Job
from sync_server.sample.pictures import draw_slip
from sync_server.sealing.making.compose import NotReady
from sync_server.sealing.paper.slips import slip_codes
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import placing
from sync_server.store import slips as store
from sync_server.store import tables as t
from sync_server.store.engine import open_engine
from sync_server.store.photo_look import UNREADABLE_PHOTO, PhotoLook
from tests.support.console_browser import people, signed_in
from tests.support.county import CLOCK, SEASON, fill, with_season
from tests.support.devices import RawPhone, asgi, case_ids, fact_bytes, working_phone
from tests.support.jpegs import jpeg

FIRST, SECOND, NOBODY = case_code("01", 1), case_code("01", 2), case_code("77", 7)
SIGNED = plain(NoticeDelivery(outcome="signed", signer_relation="self"))


def drawn(code: str, seed: int, *, sharp: bool = True) -> bytes:
    return draw_slip(
        code, seed=seed, name_masked="样*", school="柳泉镇中心校", notice_no="第 1 号", sharp=sharp
    )


def sent(photo: bytes) -> bytes:
    """A photo upright and as large as a phone sends it."""
    with Image.open(io.BytesIO(photo)) as opened:
        picture = ImageOps.exif_transpose(opened)
    picture.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


@pytest.fixture(scope="module")
def of_camera() -> tuple[bytes, bytes]:
    """A slip of the first case of school 01 and of the second, as a phone held upright takes them."""
    return drawn(FIRST, 1), drawn(SECOND, 2)


@pytest.fixture(scope="module")
def of_first(of_camera: tuple[bytes, bytes]) -> bytes:
    return sent(of_camera[0])


@pytest.fixture(scope="module")
def of_second(of_camera: tuple[bytes, bytes]) -> bytes:
    return sent(of_camera[1])


async def send(phone: RawPhone, photo: bytes) -> None:
    created = await phone.create_upload(photo)
    await phone.patch(created.headers["Location"], 0, photo)


async def deliver(phone: RawPhone, case: str, *photos: bytes) -> str:
    """A delivery with its photos, synced; the fact's id."""
    data = fact_bytes(case, "notice_delivery", tuple(map(sha256_hex, photos)), body=SIGNED)
    assert await phone.outcomes(phone.chained(data)) == ["created"]
    for photo in photos:
        await send(phone, photo)
    return decode(data).id


def correction(phone: RawPhone, case: str, body: Correction, *photos: bytes) -> PushedFact:
    return phone.chained(
        fact_bytes(case, "correction", tuple(map(sha256_hex, photos)), body=plain(body))
    )


def flagged(services: Services, unit: str = "01") -> dict[str, list[str]]:
    while slips.read_slips(services, unit):
        pass
    return {fact: [f.code for f in many] for fact, many in slips.flags(services, unit).items()}


def known(services: Services, *photos: bytes) -> list[str | None]:
    found = services.database.read(lambda c: store.known_codes(c, map(sha256_hex, photos)))
    return [found.get(sha256_hex(photo)) for photo in photos]


async def test_a_slip_under_its_own_person_is_read_once_and_raises_nothing(
    services: Services, phone: RawPhone, of_first: bytes
) -> None:
    await deliver(phone, case_ids(services, "01")[0], of_first)
    assert [slips.read_slips(services, "01") for _ in range(2)] == [1, 0]
    assert known(services, of_first) == [FIRST]
    assert flagged(services) == {}


async def test_a_slip_under_the_wrong_person_is_flagged_with_both_codes(
    services: Services, phone: RawPhone, of_second: bytes
) -> None:
    fact = await deliver(phone, case_ids(services, "01")[0], of_second)
    assert flagged(services) == {fact: ["slip.wrong_case"]}
    assert slips.flags(services, "02") == {}
    (flag,) = slips.flags(services, "01")[fact]
    assert flag.problem.message("zh") == f"这张签收单是 {shown(SECOND)} 的,不是 {shown(FIRST)} 的"


async def test_a_blurred_slip_and_a_photo_no_decoder_opens_are_kept_as_unreadable_and_raise_nothing(
    services: Services, phone: RawPhone
) -> None:
    blurred, broken = sent(drawn(SECOND, 3, sharp=False)), jpeg(b"nothing")
    await deliver(phone, case_ids(services, "01")[0], blurred, broken)
    assert flagged(services) == {}
    assert known(services, blurred, broken) == ["", ""]


async def test_one_photo_under_two_people_is_flagged_at_both(
    services: Services, phone: RawPhone, of_first: bytes
) -> None:
    first, second = case_ids(services, "01")[:2]
    right, wrong = await deliver(phone, first, of_first), await deliver(phone, second, of_first)
    assert flagged(services) == {
        right: ["slip.photo_twice"],
        wrong: ["slip.wrong_case", "slip.photo_twice"],
    }
    assert slips.flags(services, "01")[right][0].values == {"others": SECOND}


async def test_one_photo_in_two_records_of_one_person_is_not_flagged(
    services: Services, phone: RawPhone, of_first: bytes
) -> None:
    case = case_ids(services, "01")[0]
    await deliver(phone, case, of_first)
    await phone.push(phone.chained(fact_bytes(case, photos=(sha256_hex(of_first),))))
    assert flagged(services) == {}


async def test_a_flag_ends_when_the_record_is_withdrawn(
    services: Services, phone: RawPhone, of_first: bytes
) -> None:
    first, second = case_ids(services, "01")[:2]
    await deliver(phone, first, of_first)
    wrong = await deliver(phone, second, of_first)
    await phone.push(
        correction(phone, second, Correction(corrects=wrong, reason="放错人", withdraw=True))
    )
    assert flagged(services) == {}


async def test_a_flag_survives_a_correction_of_words_and_ends_with_the_right_photo(
    services: Services, phone: RawPhone, of_first: bytes, of_second: bytes
) -> None:
    case = case_ids(services, "01")[0]
    fact = await deliver(phone, case, of_second)
    body = Correction(
        corrects=fact, reason="写错关系", body={**SIGNED, "signer_relation": "family"}
    )
    await phone.push(correction(phone, case, body))
    assert flagged(services) == {fact: ["slip.wrong_case"]}
    await phone.push(correction(phone, case, body, of_first))
    await send(phone, of_first)
    assert flagged(services) == {}
    assert known(services, of_first) == [FIRST]


async def test_a_correction_with_the_wrong_slip_is_flagged_itself(
    services: Services, phone: RawPhone, of_first: bytes, of_second: bytes
) -> None:
    case = case_ids(services, "01")[0]
    fact = await deliver(phone, case, of_first)
    pushed = correction(
        phone, case, Correction(corrects=fact, reason="换照片", body=SIGNED), of_second
    )
    await phone.push(pushed)
    await send(phone, of_second)
    found = flagged(services)
    assert list(found.values()) == [["slip.wrong_case"]]
    assert fact not in found


async def test_an_unknown_code_raises_nothing_so_a_person_who_moved_is_not_flagged(
    services: Services, phone: RawPhone, of_first: bytes
) -> None:
    case, other = case_ids(services, "01")[:2]
    stale = sent(drawn(NOBODY, 5))
    await deliver(phone, case, of_first)
    await deliver(phone, other, stale)
    services.database.write(lambda c: placing.move(c, SEASON, [case], "02", ()))
    assert flagged(services) == flagged(services, "02") == {}
    assert known(services, of_first, stale) == [FIRST, NOBODY]


async def test_a_photo_that_has_not_arrived_is_read_when_it_does(
    services: Services, phone: RawPhone, of_second: bytes
) -> None:
    data = fact_bytes(
        case_ids(services, "01")[0], "notice_delivery", (sha256_hex(of_second),), body=SIGNED
    )
    await phone.push(phone.chained(data))
    assert flagged(services) == {}
    await send(phone, of_second)
    assert flagged(services) == {decode(data).id: ["slip.wrong_case"]}


async def test_a_limit_leaves_the_rest_for_the_next_time(
    services: Services, phone: RawPhone, of_first: bytes, of_second: bytes
) -> None:
    await deliver(phone, case_ids(services, "01")[0], of_first, of_second)
    assert [slips.read_slips(services, "01", limit=1) for _ in range(3)] == [1, 1, 0]


def test_what_was_kept_first_stays(services: Services) -> None:
    first, later = PhotoLook(FIRST, 300.0, "s"), PhotoLook(SECOND, 3.0, "x")
    services.database.write(lambda c: store.save_looks(c, {"a" * 64: first}, "now"))
    found = {"a" * 64: later, "b" * 64: UNREADABLE_PHOTO}
    services.database.write(lambda c: store.save_looks(c, found, "later"))
    assert services.database.read(lambda c: store.known_looks(c, ["a" * 64])) == {"a" * 64: first}


async def test_a_photo_that_an_earlier_version_read_is_measured_and_keeps_its_code(
    services: Services, phone: RawPhone, of_first: bytes
) -> None:
    await deliver(phone, case_ids(services, "01")[0], of_first)
    sha = sha256_hex(of_first)
    old = {"sha256": sha, "case_code": SECOND, "read_at": "then"}
    services.database.write(lambda c: c.execute(t.slip.insert(), old))
    assert [slips.read_slips(services, "01") for _ in range(2)] == [1, 0]
    look = services.database.read(lambda c: store.known_looks(c, [sha]))[sha]
    assert (look.code, look.sharpness > 60) == (SECOND, True)


def test_a_picture_of_two_peoples_slips_names_neither(
    tmp_path: Path, of_camera: tuple[bytes, bytes]
) -> None:
    both = Image.new("RGB", (4000, 6000))
    for place, data in enumerate(of_camera):
        both.paste(Image.open(io.BytesIO(data)), (0, 3000 * place))
    both.save(tmp_path / "both.jpg", quality=85)
    (tmp_path / "one.jpg").write_bytes(of_camera[0])
    assert slip_codes([tmp_path / "both.jpg", tmp_path / "one.jpg"]) == ["", FIRST]


def dies_of_bad(photos: Sequence[Path]) -> list[str]:
    """A reader whose process ends at once over a file named bad, as over a picture that breaks a decoder."""
    if any(p.name == "bad" for p in photos):
        os._exit(1)
    return [p.name for p in photos]


def test_a_photo_that_ends_the_readers_process_keeps_no_other_from_being_read(
    services: Services,
) -> None:
    photos = [Path("one"), Path("bad"), Path("two")]
    read = slips.read_photos(services, Job(kind="slips"), photos, dies_of_bad, "")
    assert read == ["one", "", "two"]


async def test_the_console_shows_flags_at_the_record_and_in_the_history_and_blocks_nothing(
    app: Litestar, services: Services, phone: RawPhone, of_second: bytes
) -> None:
    people(services)
    case = case_ids(services, "01")[0]
    fact = await deliver(phone, case, of_second)
    liaison = await signed_in(app, "one")
    words = f"这张签收单是 {shown(SECOND)} 的，不是 {shown(FIRST)} 的"
    for path in ("/schools/01/review", f"/cases/{case}"):
        assert words in (await liaison.get(path)).text, path
    await liaison.post(f"/schools/01/review/{fact}", verdict="accepted")
    assert words in (await liaison.get("/schools/01/review?show=accepted")).text
    await liaison.get("/language/en")
    assert (
        f"This slip belongs to {shown(SECOND)}, not to {shown(FIRST)}"
        in (await liaison.get(f"/cases/{case}")).text
    )


async def test_a_summary_asks_for_the_right_slip_even_if_the_queue_was_never_opened(
    services: Services, phone: RawPhone, of_second: bytes
) -> None:
    fact = await deliver(phone, case_ids(services, "01")[0], of_second)
    with pytest.raises(NotReady) as refused:
        summaries.compose(services, "01", who="t")
    (item,) = [i for i in refused.value.items if i.code == "seal.slip_wrong_case"]
    assert (item.ref, item.case_code) == (fact, FIRST)
    assert shown(SECOND) in item.words


async def test_it_is_the_same_on_postgresql(
    postgres_url: str, tmp_path: Path, of_first: bytes
) -> None:
    engine = open_engine(postgres_url, writes=True).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS slips")
        connection.exec_driver_sql("CREATE DATABASE slips")
    engine.dispose()
    url = postgres_url.rsplit("/", 1)[0] + "/slips"
    app = create_app(
        Settings(
            data_dir=tmp_path / "pg", database_url=url, clock_spec=CLOCK, public_url="http://server"
        )
    )
    services: Services = with_season(app.state["services"])
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as client:
        services.database.write(lambda c: fill(c))
        phone = await working_phone(client, services)
        first, second = case_ids(services, "01")[:2]
        right, wrong = await deliver(phone, first, of_first), await deliver(phone, second, of_first)
        assert flagged(services) == {
            right: ["slip.photo_twice"],
            wrong: ["slip.wrong_case", "slip.photo_twice"],
        }
    services.close()
