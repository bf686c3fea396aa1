"""Files truncated, changed, rearranged, forged or of another server: refused with a fix, and nothing is stored."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from sqlalchemy import update

from mobile.usecases import handover
from mobile.usecases.handover import HandoverFile
from mobile.usecases.phone import Phone
from shared import handover as form
from shared import wire
from shared.problems import ProblemError
from sync_server.crypto.keys import ReceiptKey
from sync_server.office import handover_file, phones
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import devices
from sync_server.store import tables as t
from tests.faults.conftest import NewPhone
from tests.support.console_browser import people, signed_in
from tests.support.county import CLOCK
from tests.support.handover import device_of, rows, take, unsent, work

FRAME = form.FRAME_BYTES + form.TAG_BYTES


def refusal(services: Services, data: bytes, unit: str = "01") -> str:
    """The problem a file meets; it must have changed nothing."""
    before = rows(services)
    with pytest.raises(ProblemError) as refused:
        take(services, data, unit)
    assert rows(services) == before
    return refused.value.code


async def test_another_schools_and_another_servers_file_are_refused_with_what_to_do(
    services: Services, new_phone: NewPhone, tmp_path: Path
) -> None:
    phone = await new_phone("丙", "02")
    await work(phone, records=2)
    data = (await handover.make_handover(phone)).data
    assert refusal(services, data, unit="01") == "handover.not_here"
    other = Services.open(Settings(data_dir=tmp_path / "other", clock_spec=CLOCK))
    assert refusal(other, data) == "handover.other_server"
    other.close()
    assert take(services, data, unit="02").created == 2


async def test_a_phone_unknown_stopped_or_not_confirmed_is_refused(
    services: Services, new_phone: NewPhone
) -> None:
    phone = await new_phone()
    await work(phone)
    data, device = (await handover.make_handover(phone)).data, await device_of(phone)
    phones.revoke(services, device, who="t")
    assert refusal(services, data) == "device.revoked"
    services.database.write(lambda c: c.execute(update(t.device).values(state=devices.PENDING)))
    assert refusal(services, data) == "device.unconfirmed"
    phones.confirm(services, device, who="t")
    services.database.write(lambda c: c.execute(update(t.device).values(id="another")))
    assert refusal(services, data) == "handover.not_here"


async def test_a_file_somebody_else_made_in_a_phones_name_is_refused(
    services: Services, new_phone: NewPhone
) -> None:
    """Whoever knows the server's public key can close a file for it, but not sign its head."""
    phone, forger = await new_phone(), await new_phone("乙", "02")
    await work(forger)
    enrolment, mine = await forger.store.meta.enrolment(), await device_of(phone)
    assert enrolment is not None
    await forger.store.meta.put("enrolment", msgspec.structs.replace(enrolment, device=mine))
    assert refusal(services, (await handover.make_handover(forger)).data) == "handover.not_here"


FOREIGN = {
    "empty": b"",
    "cut": b"DSHO",
    "photo": b"\xff\xd8\xff\xe0 a photo",
    "zip": b"PK\x03\x04",
    "an answer": b"DSHA1\n" + bytes(80),
}


@pytest.mark.parametrize("data", FOREIGN.values(), ids=FOREIGN)
def test_a_file_of_another_format_is_reported(
    services: Services, county: list[str], data: bytes
) -> None:
    assert refusal(services, data) == "handover.not_ours"


async def big(phone: Phone) -> HandoverFile:
    """A file of four frames."""
    await work(phone, records=4, photo_bytes=900_000)
    return await handover.make_handover(phone)


def frames_of(data: bytes) -> tuple[bytes, list[bytes]]:
    head = 8 + int.from_bytes(data[6:8]) + form.SIG_BYTES
    return data[:head], [data[at : at + FRAME] for at in range(head, len(data), FRAME)]


async def test_a_changed_or_truncated_file_is_refused(
    services: Services, new_phone: NewPhone
) -> None:
    made = await big(await new_phone())
    head, frames = frames_of(made.data)
    assert len(frames) == 4

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(
        st.one_of(st.integers(0, len(head) + 50), st.integers(0, len(made.data) - 1)),
        st.integers(1, 255),
    )
    def flipped(at: int, change: int) -> None:
        torn = bytearray(made.data)
        torn[at] ^= change
        assert refusal(services, bytes(torn)) in ("handover.damaged", "handover.not_ours")

    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(
        st.one_of(
            st.integers(0, len(made.data) - 1),
            st.integers(0, 4).map(lambda n: len(head) + n * FRAME - (n == 4)),
        )
    )
    def cut_off(size: int) -> None:
        assert refusal(services, made.data[: min(size, len(made.data) - 1)]) in (
            "handover.damaged",
            "handover.not_ours",
        )

    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(
        st.lists(st.integers(0, 3), min_size=1, max_size=6).filter(
            lambda order: order != [0, 1, 2, 3]
        )
    )
    def rearranged(order: list[int]) -> None:
        assert refusal(services, head + b"".join(frames[n] for n in order)) == "handover.damaged"

    flipped()
    cut_off()
    rearranged()
    assert refusal(services, made.data + b"\0") == "handover.damaged"
    assert take(services, made.data).created == 4


async def test_frames_of_two_files_of_one_phone_do_not_mix(
    services: Services, new_phone: NewPhone
) -> None:
    phone = await new_phone()
    one = await big(phone)
    two = await handover.make_handover(phone)
    (head, mine), (_, others) = frames_of(one.data), frames_of(two.data)
    assert (
        refusal(services, head + b"".join([*mine[:2], others[2], *mine[3:]])) == "handover.damaged"
    )


async def test_a_changed_answer_releases_nothing(services: Services, new_phone: NewPhone) -> None:
    phone, other = await new_phone(), await new_phone("乙", "02")
    await work(phone)
    await work(other)
    answer = take(services, (await handover.make_handover(phone)).data).answer
    for at in {*range(0, len(answer), 97), *range(80), len(answer) - 1}:
        torn = bytearray(answer)
        torn[at] ^= 1
        with pytest.raises(ProblemError) as refused:
            await handover.take_answer(phone, bytes(torn))
        assert refused.value.code == "handover.answer_unreadable"
    foreign = take(services, (await handover.make_handover(other)).data, unit="02").answer
    with pytest.raises(ProblemError) as refused:
        await handover.take_answer(phone, foreign)
    assert refused.value.code == "handover.answer_other"
    assert await unsent(phone) == (3, 3)
    assert (await handover.take_answer(phone, answer)).sent == 3


async def test_over_the_network_a_phone_hands_in_its_own_file_only(
    http: httpx.AsyncClient, services: Services, new_phone: NewPhone
) -> None:
    phone, other = await new_phone("甲"), await new_phone("乙")
    await work(phone)
    data = (await handover.make_handover(phone)).data
    codes = []
    for who in (None, other, phone):
        enrolment = None if who is None else await who.store.meta.enrolment()
        headers = {} if enrolment is None else {"Authorization": f"Bearer {enrolment.token}"}
        answer = await http.post("/v1/handover", content=data, headers=headers)
        codes.append("" if answer.is_success else answer.json()["code"])
    assert codes == ["auth.required", "handover.not_here", ""]
    assert (await handover.take_answer(phone, answer.content)).sent == 3


async def test_what_lies_in_a_file_cannot_be_read_without_the_servers_key(
    new_phone: NewPhone,
) -> None:
    phone = await new_phone()
    await work(phone)
    data = (await handover.make_handover(phone)).data
    for kept in phone.store.facts.all():
        assert kept.fact.case.encode() not in data
        assert kept.data not in data
        assert wire.b64(kept.data).encode() not in data


async def test_a_visitor_and_another_schools_liaison_get_no_answer(
    app: Litestar, services: Services, new_phone: NewPhone
) -> None:
    phone = await new_phone()
    await work(phone)
    made, device = await handover.make_handover(phone), await device_of(phone)
    people(services)
    two = await signed_in(app, "two")
    answer = await two.post("/schools/02/phones/handover", files={"file": (made.name, made.data)})
    assert answer.status_code == 303
    assert "不是本校手机" in await two.text_of("/schools/02/phones")
    assert rows(services)["fact"] == 0
    take(services, made.data)
    assert (await two.get(f"/schools/01/phones/{device}/answer")).status_code == 404
    assert (await two.get(f"/schools/02/phones/{device}/answer")).status_code == 404


def test_the_frozen_file_opens_with_the_servers_reader(tmp_path: Path) -> None:
    golden = Path(__file__).resolve().parents[1] / "golden" / "handover.json"
    vector: dict[str, str] = {
        k: v for k, v in msgspec.json.decode(golden.read_bytes()).items() if k != "head"
    }
    private = serialization.load_der_private_key(
        base64.b64decode(vector["server_private_pkcs8"]), None
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    )
    (tmp_path / "k.pem").write_bytes(pem)
    source = io.BytesIO(base64.b64decode(vector["file"]))
    opening = handover_file.read_opening(source)
    assert opening.signed_by(wire.unb64(vector["phone_point"]))
    found = handover_file.records(source, opening, ReceiptKey(tmp_path / "k.pem", "x"))
    assert b"".join(form.record(kind, data) for kind, data in found) == base64.b64decode(
        vector["plain"]
    )
