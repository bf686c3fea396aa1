"""P11: no route gives one school another school's data. Routes are read from the app, so a new one cannot slip by."""

from __future__ import annotations

import json

import httpx
import msgspec
import pytest
from litestar import Litestar

from shared import handover, possession, wire
from shared.digest import sha256_hex
from sync_server.office import assignment, placing
from sync_server.services import Services
from tests.support.devices import TUS, RawPhone, case_ids, fact_bytes, upload_headers, working_phone
from tests.support.jpegs import jpeg

PHOTO = jpeg(b"a photo of school 01" * 50)
PUBLIC = {
    ("GET", "/v1/health"),
    ("GET", "/v1/ready"),
    ("POST", "/v1/enrol"),
    ("OPTIONS", "/v1/uploads"),
    ("OPTIONS", "/v1/uploads/{upload_id}"),
}


class Schools:
    """A phone at work in 01 with a secret photo and an unfinished upload, and a nosy one in 02."""

    def __init__(self, ours: RawPhone, nosy: RawPhone, services: Services) -> None:
        self.ours, self.nosy, self.services = ours, nosy, services
        self.case = case_ids(services, "01")[0]
        self.foreign = {
            *case_ids(services, "01"),
            "柳泉镇中心校",
            "样例0",
            "甲",
            ours.device,
            ours.staff,
            sha256_hex(PHOTO),
        }
        self.upload = self.fact = ""

    async def work(self) -> Schools:
        fact = fact_bytes(self.case, photos=(sha256_hex(PHOTO),))
        self.fact = sha256_hex(fact)
        await self.ours.push(self.ours.chained(fact))
        await self.ours.patch((await self.ours.create_upload(PHOTO)).headers["Location"], 0, PHOTO)
        unfinished = b"unfinished" * 9
        self.upload = (await self.ours.create_upload(unfinished)).headers["Location"]
        await self.ours.patch(self.upload, 0, unfinished[:20])
        return self


@pytest.fixture
async def schools(phone: RawPhone, http: httpx.AsyncClient, services: Services) -> Schools:
    return await Schools(phone, await working_phone(http, services, "02", "丙"), services).work()


def routes(app: Litestar) -> set[tuple[str, str]]:
    """(method, path) of everything the phones' API describes."""
    described = app.openapi_schema.to_schema()["paths"]
    return {
        (m.upper(), path)
        for path, item in described.items()
        if path.startswith("/v1/")
        for m in item
    }


def attack(schools: Schools, method: str, path: str) -> dict[str, object] | None:
    """The request by which the nosy phone asks this route for what is the other school's; None: only its own exists."""
    sha, upload = sha256_hex(PHOTO), schools.upload
    fact = schools.nosy.packed(fact_bytes(schools.case), 1, bytes(32))
    push = msgspec.json.encode(wire.PushRequest(facts=[fact]))
    patch = {**TUS, "Upload-Offset": "20", "Content-Type": "application/offset+octet-stream"}
    key = schools.ours.server_key
    head = handover.head_bytes(handover.Head(device=schools.ours.device, to=key, point=key))
    box = {"point": key, "sealed": "AA"}
    ask = {"code": "00000000", "device": schools.ours.device, "box": box, "point": key}
    signed = wire.b64(
        schools.nosy.sign(possession.renewing(schools.ours.device, schools.ours.public_key))
    )
    renew = msgspec.json.encode(
        wire.RenewRequest(
            public_key=wire.b64(schools.ours.public_key), proof=signed, consent=signed
        )
    )
    table: dict[tuple[str, str], dict[str, object]] = {
        ("POST", "/v1/recover"): {"url": "/v1/recover", "content": json.dumps(ask).encode()},
        ("POST", "/v1/devices/renew"): {"url": "/v1/devices/renew", "content": renew},
        ("POST", "/v1/facts/held"): {
            "url": "/v1/facts/held",
            "content": json.dumps({"hashes": [schools.fact]}).encode(),
        },
        ("POST", "/v1/handover"): {
            "url": "/v1/handover",
            "content": head + schools.nosy.sign(head) + bytes(99),
        },
        ("GET", "/v1/changes"): {"url": "/v1/changes"},
        ("POST", "/v1/facts"): {"url": "/v1/facts", "content": push},
        ("POST", "/v1/photos/missing"): {
            "url": "/v1/photos/missing",
            "content": json.dumps({"hashes": [sha]}).encode(),
        },
        ("GET", "/v1/photos/{sha256}"): {"url": f"/v1/photos/{sha}"},
        ("GET", "/v1/photos/own/{sha256}"): {"url": f"/v1/photos/own/{sha}"},
        ("POST", "/v1/uploads"): {
            "url": "/v1/uploads",
            "headers": {**TUS, **upload_headers(PHOTO)},
        },
        ("HEAD", "/v1/uploads/{upload_id}"): {"url": upload, "headers": TUS},
        ("PATCH", "/v1/uploads/{upload_id}"): {
            "url": upload,
            "headers": patch,
            "content": b"x" * 70,
        },
        ("POST", "/v1/uploads/{upload_id}"): {
            "url": upload,
            "headers": {**patch, "X-HTTP-Method-Override": "PATCH"},
            "content": b"x" * 70,
        },
        ("DELETE", "/v1/uploads/{upload_id}"): {"url": upload, "headers": TUS},
    }
    return table.get((method, path))


async def test_every_route_is_tried_by_the_matrix(app: Litestar, schools: Schools) -> None:
    untried = {
        (method, path)
        for method, path in routes(app)
        if (method, path) not in PUBLIC
        and method != "OPTIONS"
        and attack(schools, method, path) is None
    }
    assert untried == set()


async def test_no_route_answers_a_phone_of_one_school_with_anything_of_another(
    app: Litestar, schools: Schools
) -> None:
    asked = 0
    for method, path in sorted(routes(app) - PUBLIC):
        request = attack(schools, method, path)
        if request is None:
            continue
        asked += 1
        answer = await schools.nosy.ask(method, str(request.pop("url")), **request)
        received = answer.text + str(answer.headers.multi_items())
        echoed = {sha256_hex(PHOTO)} if path == "/v1/photos/missing" else set()
        assert not {secret for secret in schools.foreign - echoed if secret in received}, (
            method,
            path,
        )
        assert PHOTO not in answer.content
    assert asked >= 8
    assert await schools.ours.held(schools.upload) == 20


async def test_what_is_the_other_schools_looks_exactly_like_what_does_not_exist(
    schools: Schools,
) -> None:
    nosy = schools.nosy
    pairs = [
        (f"/v1/photos/{sha256_hex(PHOTO)}", f"/v1/photos/{'0' * 64}"),
        (schools.upload, "/v1/uploads/01a20960-0000-7752-9a34-72f9d769fbf4"),
    ]
    for theirs, nowhere in pairs:
        method, headers = ("HEAD", TUS) if "uploads" in theirs else ("GET", {})
        answers = [await nosy.ask(method, url, headers=headers) for url in (theirs, nowhere)]
        assert [a.status_code for a in answers] == [404, 404]
        assert answers[0].content == answers[1].content


async def test_uploading_the_bytes_of_a_photo_is_no_way_to_read_it(schools: Schools) -> None:
    """A phone may upload any photo; only a fact of its own school lets it see one."""
    answer = await schools.nosy.create_upload(PHOTO)
    await schools.nosy.patch(answer.headers["Location"], 0, PHOTO)
    assert (await schools.nosy.ask("GET", f"/v1/photos/{sha256_hex(PHOTO)}")).status_code == 404


async def test_a_school_follows_only_its_own_feed(schools: Schools) -> None:
    nosy = schools.nosy
    last = (await nosy.pages())[-1]
    await schools.ours.push(schools.ours.chained(fact_bytes(schools.case)))
    assignment.assign(schools.services, [schools.case], schools.ours.staff, who="t")
    page = await nosy.page(last.next)
    assert (page.changes, page.next) == ([], last.next)


async def test_a_case_that_moved_here_shows_here_and_no_longer_there(schools: Schools) -> None:
    placing.move(schools.services, [schools.case], "02", who="t", reason="搬家")
    assignment.assign_evenly(schools.services, "02", who="t")
    assert schools.case in {c.ref for p in await schools.nosy.pages() for c in p.changes}
    assert schools.case not in {c.ref for p in await schools.ours.pages() for c in p.changes}
