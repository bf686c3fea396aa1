"""A phone as the wire sees it: it signs its own chain, and each message is sent by hand."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from litestar import Litestar

from shared import possession, wire
from shared.digest import GENESIS, link, sha256_hex
from shared.enrol_link import digits
from shared.ids import uuid7
from shared.records.base import Fact, encode
from sync_server.crypto.keys import signature_holds
from sync_server.office import assignment, phones
from sync_server.services import Services
from sync_server.store import cases
from tests.support.county import SEASON

AT = "2019-12-12T10:00:00+08:00"
TUS = {"Tus-Resumable": "1.0.0"}


def asgi(app: Litestar) -> httpx.ASGITransport:
    """The way to an app without a socket; what breaks in it is answered, as behind a socket."""
    return httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False)


def new_id() -> str:
    return uuid7(time.time_ns() // 1_000_000, os.urandom(10))


def fact_bytes(
    case: str, kind: str = "visit", photos: tuple[str, ...] = (), **changes: Any
) -> bytes:
    """A sound fact's bytes; `changes` replace envelope fields."""
    body = (
        {"met": "self", "outcome": "promised", "promise_date": "2019-12-18"}
        if kind == "visit"
        else {}
    )
    values = {
        "id": new_id(),
        "season": SEASON,
        "kind": kind,
        "case": case,
        "captured_at": AT,
        "happened_at": AT,
        "body": body,
        "photos": photos,
    }
    return encode(Fact(**{**values, **changes}))


class RawPhone:
    """`n` and `link` are its chain's head; `http` reaches the server."""

    def __init__(self, http: httpx.AsyncClient | None = None) -> None:
        self.http = http
        self.take_new_key()
        self.device = self.token = self.server_key = self.unit = self.staff = ""

    def take_new_key(self) -> None:
        """Begin a new chain under a new key."""
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.n, self.link = 0, GENESIS

    @property
    def public_key(self) -> bytes:
        form = serialization.PublicFormat.UncompressedPoint
        return self.key.public_key().public_bytes(serialization.Encoding.X962, form)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    def enrol_request(self, code: str, **changes: str) -> bytes:
        """A request to enrol by a code, proven with this phone's key; `changes` replace members."""
        key = self.public_key
        values = {
            "code": code,
            "public_key": wire.b64(key),
            "proof": wire.b64(self.sign(possession.enrolling(digits(code), key))),
        }
        return msgspec.json.encode({**values, **changes})

    def chained(self, data: bytes) -> wire.PushedFact:
        """The fact at the next place of this phone's chain."""
        self.n, self.link = self.n + 1, link(self.link, sha256_hex(data))
        return self.packed(data, self.n, self.link)

    def packed(self, data: bytes, n: int, at: bytes, sig: bytes | None = None) -> wire.PushedFact:
        sig = self.sign(at) if sig is None else sig
        return wire.PushedFact(bytes=wire.b64(data), n=n, link=wire.b64(at), sig=wire.b64(sig))

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        assert self.http is not None
        headers = {**self.headers, **options.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **options)

    async def push(self, *facts: wire.PushedFact) -> wire.PushReply:
        """Push and check the receipt's signature."""
        answer = await self.ask(
            "POST", "/v1/facts", content=msgspec.json.encode(wire.PushRequest(facts=list(facts)))
        )
        assert answer.status_code == 200, answer.text
        reply = msgspec.json.decode(answer.content, type=wire.PushReply)
        if reply.receipt is not None:
            self.receipt(reply.receipt)
        return reply

    async def outcomes(self, *facts: wire.PushedFact) -> list[str]:
        return [o.outcome for o in (await self.push(*facts)).outcomes]

    def receipt(self, receipt: wire.Receipt) -> wire.ReceiptBody:
        """The receipt's content, its signature checked."""
        data = wire.unb64(receipt.bytes)
        assert signature_holds(wire.unb64(self.server_key), data, wire.unb64(receipt.sig))
        body = msgspec.json.decode(data, type=wire.ReceiptBody)
        assert body.device == self.device
        return body

    async def page(self, after: str = "") -> wire.ChangesPage:
        answer = await self.ask("GET", "/v1/changes", params={"after": after})
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=wire.ChangesPage)

    async def pages(self, after: str = "") -> list[wire.ChangesPage]:
        """Pages up to the head."""
        found = [await self.page(after)]
        while found[-1].more:
            found.append(await self.page(found[-1].next))
        return found

    async def create_upload(self, data: bytes, **headers: str) -> httpx.Response:
        """tus creation for these bytes."""
        return await self.ask(
            "POST", "/v1/uploads", headers={**TUS, **upload_headers(data), **headers}
        )

    async def create_with(self, data: bytes) -> httpx.Response:
        """tus creation with all of these bytes."""
        more = {"Content-Type": "application/offset+octet-stream"}
        headers = {**TUS, **upload_headers(data), **more}
        return await self.ask("POST", "/v1/uploads", headers=headers, content=data)

    async def patch(
        self, location: str, offset: int, data: bytes | AsyncIterator[bytes], **headers: str
    ) -> httpx.Response:
        more = {
            **TUS,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            **headers,
        }
        return await self.ask("PATCH", location, content=data, headers=more)

    async def held(self, location: str) -> int:
        answer = await self.ask("HEAD", location, headers=TUS)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["Upload-Offset"])


def upload_headers(data: bytes) -> dict[str, str]:
    """tus creation headers for a photo's bytes."""
    sha = wire_metadata(sha256_hex(data))
    return {
        "Upload-Length": str(len(data)),
        "Upload-Metadata": f"sha256 {sha},filetype {wire_metadata('image/jpeg')}",
    }


def wire_metadata(text: str) -> str:
    """tus metadata values are padded base64."""
    import base64

    return base64.b64encode(text.encode()).decode()


async def enrol(
    phone: RawPhone, services: Services, unit: str, teacher: str = "甲", *, confirm: bool = True
) -> RawPhone:
    """Enrol by a fresh code, and let the liaison confirm."""
    issued = phones.issue(services, unit, teacher, who="t")
    assert phone.http is not None
    answer = await phone.http.post("/v1/enrol", content=phone.enrol_request(issued.code))
    assert answer.status_code == 200, answer.text
    reply = msgspec.json.decode(answer.content, type=wire.EnrolReply)
    phone.device, phone.token, phone.server_key = reply.device, reply.token, reply.server_key
    phone.unit, phone.staff = reply.scope.school, reply.scope.staff
    if confirm:
        phones.confirm(services, reply.device, who="t")
    return phone


async def working_phone(
    http: httpx.AsyncClient, services: Services, unit: str = "01", teacher: str = "甲"
) -> RawPhone:
    """An enrolled, confirmed phone with every unassigned case of its school shared out."""
    phone = await enrol(RawPhone(http), services, unit, teacher)
    assignment.assign_evenly(services, unit, who="t")
    return phone


def case_ids(services: Services, unit: str, staff: str | None = None) -> list[str]:
    """Cases of a school (of a teacher) in order of code."""
    return [
        r["id"]
        for r in services.database.read(lambda c: cases.rows(c, SEASON, unit=unit, assignee=staff))
    ]
