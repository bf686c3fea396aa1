"""A forgotten PIN: a code for one very phone gives that phone its own data key back, once, and on record."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from sqlalchemy import select, update

from shared import wire
from shared.box import ESCROW, NONCE, RECOVERY, Box, context, escrow_of
from shared.problems import ProblemError
from sync_server.crypto.encryption import decrypt_box, encrypt_box
from sync_server.crypto.keys import ReceiptKey
from sync_server.office import phones, recovery
from sync_server.office.attempts import OWN
from sync_server.services import Services
from sync_server.store import recovery as store
from sync_server.store import tables as t
from tests.support.console_browser import people, signed_in
from tests.support.devices import RawPhone, working_phone

DATA_KEY = bytes(range(32))


@dataclass
class Asker:
    """A locked phone: its box for the office, and a fresh key the answer is to be closed for."""

    device: str
    box: Box
    private: ec.EllipticCurvePrivateKey

    @property
    def point(self) -> bytes:
        form = serialization.PublicFormat.UncompressedPoint
        return self.private.public_key().public_bytes(serialization.Encoding.X962, form)

    async def ask(self, http: httpx.AsyncClient, code: str, **changes: object) -> httpx.Response:
        values = {
            "code": code,
            "device": self.device,
            "box": self.box,
            "point": wire.b64(self.point),
            **changes,
        }
        return await http.post("/v1/recover", content=msgspec.json.encode(values))

    def opened(self, answer: httpx.Response) -> bytes:
        """The data key in an answer, by arithmetic written out here once more."""
        assert answer.status_code == 200, answer.text
        box = msgspec.json.decode(answer.content, type=wire.RecoverReply).box
        point = wire.unb64(box.point)
        other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        material = self.private.exchange(ec.ECDH(), other)
        key = HKDF(hashes.SHA256(), 32, None, context(RECOVERY, point, self.point)).derive(material)
        return AESGCM(key).decrypt(NONCE, wire.unb64(box.sealed), b"")


def asker(services: Services, phone: RawPhone, data_key: bytes = DATA_KEY) -> Asker:
    box = encrypt_box(escrow_of(phone.device), services.receipts.public(), data_key)
    return Asker(phone.device, box, ec.generate_private_key(ec.SECP256R1()))


def code_of(answer: httpx.Response) -> str:
    return str(answer.json().get("code", ""))


def notes(services: Services, action: str) -> list[tuple[str, str, str]]:
    """(who, phone, school) of an action on record."""
    c = t.audit.c
    query = select(c.who, c.ref, c.unit).where(c.action == action)
    return services.database.read(lambda k: [tuple(r) for r in k.execute(query)])


async def test_the_phone_gets_its_data_key_and_it_is_put_on_record(
    http: httpx.AsyncClient, services: Services, phone: RawPhone
) -> None:
    issued = recovery.issue(services, phone.device, who="联络员甲")
    mine = asker(services, phone)
    assert mine.opened(await mine.ask(http, issued.code)) == DATA_KEY
    assert notes(services, "phone.recovery_code") == [("联络员甲", phone.device, "01")]
    assert notes(services, "phone.recover") == [("甲", phone.device, "01")]


async def test_a_lost_answer_may_be_asked_for_again_with_the_same_point(
    http: httpx.AsyncClient, services: Services, phone: RawPhone
) -> None:
    code = recovery.issue(services, phone.device, who="t").code
    mine = asker(services, phone)
    keys = [mine.opened(await mine.ask(http, code)) for _ in range(3)]
    assert keys == [DATA_KEY] * 3
    assert len(notes(services, "phone.recover")) == 1


async def test_a_used_code_answers_no_other_point(
    http: httpx.AsyncClient, services: Services, phone: RawPhone
) -> None:
    code = recovery.issue(services, phone.device, who="t").code
    await asker(services, phone).ask(http, code)
    assert code_of(await asker(services, phone).ask(http, code)) == "recover.code_invalid"


async def test_some_minutes_after_its_use_a_code_gets_no_answer(
    http: httpx.AsyncClient, services: Services, phone: RawPhone
) -> None:
    code = recovery.issue(services, phone.device, who="t").code
    mine = asker(services, phone)
    await mine.ask(http, code)
    past = (datetime.now(UTC) - store.AGAIN - timedelta(seconds=1)).isoformat()
    services.database.write(lambda c: c.execute(update(t.recovery_code).values(used_at=past)))
    assert code_of(await mine.ask(http, code)) == "recover.code_invalid"


async def test_a_race_for_one_code_is_won_once(
    http: httpx.AsyncClient, services: Services, phone: RawPhone
) -> None:
    code = recovery.issue(services, phone.device, who="t").code
    answers = await asyncio.gather(*(asker(services, phone).ask(http, code) for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [200, 403, 403, 403]


async def test_unknown_expired_and_other_phones_codes_get_one_and_the_same_answer(
    http: httpx.AsyncClient, services: Services, phone: RawPhone
) -> None:
    other = await working_phone(http, services, "01", "乙")
    theirs = recovery.issue(services, other.device, who="t").code
    expired = recovery.issue(services, phone.device, who="t").code
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    mine_only = t.recovery_code.c.device == phone.device
    services.database.write(
        lambda c: c.execute(update(t.recovery_code).where(mine_only).values(expires_at=past))
    )
    mine = asker(services, phone)
    answers = [await mine.ask(http, code) for code in ("00000000", theirs, expired)]
    assert {(a.status_code, a.content) for a in answers} == {(403, answers[0].content)}
    assert (await asker(services, other).ask(http, theirs)).status_code == 200


async def test_an_enrolment_code_recovers_nothing(
    http: httpx.AsyncClient, services: Services, phone: RawPhone
) -> None:
    code = phones.issue(services, "01", "甲", who="t").code
    assert code_of(await asker(services, phone).ask(http, code)) == "recover.code_invalid"


async def test_a_new_code_ends_the_one_before(
    http: httpx.AsyncClient, services: Services, phone: RawPhone
) -> None:
    old, new = (recovery.issue(services, phone.device, who="t").code for _ in range(2))
    mine = asker(services, phone)
    assert code_of(await mine.ask(http, old)) == "recover.code_invalid"
    assert mine.opened(await mine.ask(http, new)) == DATA_KEY


async def test_a_revoked_phone_is_refused_before_and_after_its_code_was_given(
    http: httpx.AsyncClient, services: Services, phone: RawPhone
) -> None:
    code = recovery.issue(services, phone.device, who="t").code
    phones.revoke(services, phone.device, who="t")
    assert code_of(await asker(services, phone).ask(http, code)) == "device.revoked"
    with pytest.raises(ProblemError) as refused:
        recovery.issue(services, phone.device, who="t")
    assert refused.value.code == "device.revoked"


@pytest.mark.parametrize(
    "wrong",
    ["for another server", "of another phone", "another purpose", "no key", "no box", "no text"],
)
async def test_a_box_that_is_not_this_phones_opens_nothing_and_spends_no_code(
    http: httpx.AsyncClient, services: Services, phone: RawPhone, wrong: str
) -> None:
    public = services.receipts.public()
    elsewhere = asker(services, phone).point
    boxes = {
        "for another server": encrypt_box(escrow_of(phone.device), elsewhere, DATA_KEY),
        "of another phone": encrypt_box(escrow_of("another"), public, DATA_KEY),
        "another purpose": encrypt_box(RECOVERY, public, DATA_KEY),
        "no key": encrypt_box(escrow_of(phone.device), public, b"short"),
        "no box": Box(point="AAAA", sealed=""),
        "no text": Box(point="é", sealed="é"),
    }
    code = recovery.issue(services, phone.device, who="t").code
    mine = asker(services, phone)
    assert code_of(await mine.ask(http, code, box=boxes[wrong])) == "recover.box_unreadable"
    assert mine.opened(await mine.ask(http, code)) == DATA_KEY


@pytest.mark.parametrize("point", ["", "AAAA", "é", "A" * 87])
async def test_what_is_no_point_is_refused_and_spends_no_code(
    http: httpx.AsyncClient, services: Services, phone: RawPhone, point: str
) -> None:
    code = recovery.issue(services, phone.device, who="t").code
    mine = asker(services, phone)
    assert code_of(await mine.ask(http, code, point=point)) == "request.unreadable"
    assert (await mine.ask(http, code)).status_code == 200


async def test_guessing_ends_after_some_tries_however_many_come_at_once(
    http: httpx.AsyncClient, services: Services, phone: RawPhone
) -> None:
    mine = asker(services, phone)
    answers = await asyncio.gather(*(mine.ask(http, f"{i:08d}") for i in range(OWN.free * 3)))
    assert sorted(a.status_code for a in answers) == [403] * OWN.free + [429] * OWN.free * 2
    good = recovery.issue(services, phone.device, who="t").code
    assert code_of(await mine.ask(http, good)) == "recover.too_many_tries"


async def test_a_liaison_gives_a_code_from_the_phones_own_row(
    app: Litestar, http: httpx.AsyncClient, services: Services, phone: RawPhone
) -> None:
    people(services)
    browser = await signed_in(app, "one")
    assert (
        f"/schools/01/phones/{phone.device}/recovery"
        in (await browser.get("/schools/01/phones")).text
    )
    shown = await browser.post(f"/schools/01/phones/{phone.device}/recovery")
    digits = shown.text.split('<div class="digits">')[1].split("<")[0]
    mine = asker(services, phone)
    assert mine.opened(await mine.ask(http, digits)) == DATA_KEY
    assert notes(services, "phone.recovery_code")[0][0] == "one"


async def test_a_purged_season_leaves_no_recovery_code(services: Services, phone: RawPhone) -> None:
    from tests.support.county import purge

    recovery.issue(services, phone.device, who="t")
    purge(services, "2019", who="t", really="试验")
    assert services.database.read(lambda c: c.execute(select(t.recovery_code)).all()) == []


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> ReceiptKey:
    """A server's key."""
    return ReceiptKey(tmp_path_factory.mktemp("keys") / "k.pem", "secret")


@pytest.fixture(scope="module")
def whole(office: ReceiptKey) -> Box:
    """A box that opens."""
    made = encrypt_box(ESCROW, office.public(), DATA_KEY)
    assert decrypt_box(office, ESCROW, made) == DATA_KEY
    return made


@given(place=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
def test_one_changed_bit_anywhere_in_a_box_is_refused(
    office: ReceiptKey, whole: Box, place: int, bit: int
) -> None:
    size = len(wire.unb64(whole.point))
    both = bytearray(wire.unb64(whole.point) + wire.unb64(whole.sealed))
    both[place % len(both)] ^= 1 << bit
    torn = Box(point=wire.b64(bytes(both[:size])), sealed=wire.b64(bytes(both[size:])))
    with pytest.raises(ValueError):
        decrypt_box(office, ESCROW, torn)
