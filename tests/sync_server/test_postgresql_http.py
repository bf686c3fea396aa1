"""A server on PostgreSQL over HTTP: what phones and pages are told while the database is away, and odd texts in files."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
import pytest
from litestar import Litestar

from shared import wire
from sync_server.services import Services
from sync_server.settings import Settings
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import CLOCK, fill, with_season
from tests.support.devices import RawPhone, asgi, case_ids, fact_bytes, working_phone
from tests.support.one_app import app_over
from tests.support.postgres import database, migrated, run

_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'over_http'"


class Server(NamedTuple):
    """The app, what it works on, and a phone at work in its first school."""

    app: Litestar
    services: Services
    phone: RawPhone
    root: str


@pytest.fixture
async def server(postgres_url: str, routes: Litestar, tmp_path: Path) -> AsyncIterator[Server]:
    with database(postgres_url, "over_http", migrated(postgres_url)) as url:
        settings = Settings(
            data_dir=tmp_path / "pg", database_url=url, clock_spec=CLOCK, public_url="http://server"
        )
        services = with_season(Services.open(settings)).in_season()
        services.database.write(lambda c: fill(c, (6, 6)))
        people(services)
        app = app_over(routes, services)
        async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as http:
            phone = await working_phone(http, services)
            yield Server(app, services, phone, postgres_url)
        services.close()


@contextmanager
def away(server: Server) -> Iterator[None]:
    """Nobody gets to the database, as while a standby becomes the primary."""
    run(server.root, "ALTER DATABASE over_http ALLOW_CONNECTIONS false")
    run(server.root, _END)
    try:
        yield
    finally:
        run(server.root, "ALTER DATABASE over_http ALLOW_CONNECTIONS true")


async def ask_to_push(phone: RawPhone, *facts: wire.PushedFact) -> httpx.Response:
    body = msgspec.json.encode(wire.PushRequest(facts=list(facts)))
    return await phone.ask("POST", "/v1/facts", content=body)


async def test_a_phone_is_told_to_come_again_and_its_records_are_stored_once(
    server: Server,
) -> None:
    phone, case = server.phone, case_ids(server.services, "01")[0]
    facts = [phone.chained(fact_bytes(case)) for _ in range(3)]
    with away(server):
        for _ in range(2):
            answer = await ask_to_push(phone, *facts)
            assert (answer.status_code, answer.json()["code"]) == (503, "data.away")
            assert int(answer.headers["retry-after"]) > 0
    assert await phone.outcomes(*facts) == ["created"] * 3
    assert await phone.outcomes(*facts) == ["duplicate"] * 3


async def test_where_the_connection_went_in_commit_a_push_is_repeated_without_harm(
    server: Server,
) -> None:
    phone, case = server.phone, case_ids(server.services, "01")[0]
    facts = [phone.chained(fact_bytes(case)) for _ in range(3)]
    url = server.root.rpartition("/")[0] + "/over_http"
    run(
        url,
        "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$",
    )
    run(
        url,
        "CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON fact DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION cut()",
    )
    answer = await ask_to_push(phone, *facts)
    assert (answer.status_code, answer.json()["code"]) == (503, "data.unconfirmed")
    assert "retry-after" in answer.headers
    run(url, "DROP FUNCTION cut CASCADE")
    assert await phone.outcomes(*facts) == ["created"] * 3


async def test_a_page_says_so_in_a_sentence_and_works_again_by_itself(server: Server) -> None:
    window = await signed_in(server.app, "admin")
    assert (await window.http.get("/")).status_code == 200
    with away(server):
        answer = await window.http.get("/")
        assert answer.status_code == 503
        assert "数据库暂时连不上" in answer.text
        assert int(answer.headers["retry-after"]) > 0
    assert (await window.http.get("/")).status_code == 200


@pytest.mark.parametrize("n", [2**31, 2**53, 2**63 - 1, -1, 0])
async def test_a_number_that_no_column_holds_is_an_outcome_and_no_fault(
    server: Server, n: int
) -> None:
    phone, case = server.phone, case_ids(server.services, "01")[0]
    data = fact_bytes(case)
    fact = msgspec.structs.replace(phone.chained(data), n=n)
    answer = await ask_to_push(phone, fact)
    assert answer.status_code < 500, answer.text


HEADER = ["姓名", "身份证号", "合同编号", "应还本金", "应还利息", "账号", "家庭住址", "贷款学年"]
CELLS = [
    "赵样例",
    "610599199001011232",
    "H00001",
    "100.00",
    "5.50",
    "62220200001",
    "青槐县某村",
    "2017-2018",
]


async def test_no_odd_text_in_a_cell_ends_as_a_fault(server: Server) -> None:
    window = await signed_in(server.app, "admin")
    for column, text in enumerate(CELLS):
        for odd in (f"{text[:2]}\0{text[2:]}", "\U0002a6d6" * 3000, "9" * 40):
            row = [odd if place == column else one for place, one in enumerate(CELLS)]
            await import_list(window, [HEADER, row, CELLS])


async def import_list(window: Browser, rows: list[list[str]]) -> None:
    """Send a list, and apply what its preview shows."""
    data = "\n".join(",".join(row) for row in rows).encode()
    shown = await window.upload("due-list", {"file": ("名\0单.csv", data, "text/csv")})
    assert shown.status_code < 500, (rows[1], shown.text[:300])
    if found := re.search(r"/imports/([0-9a-f]{32})", shown.url.path):
        values = {"token": found[1], "_csrf_token": window.form_token, "gone": "keep"}
        done = await window.follow(await window.http.post("/imports/apply", data=values))
        assert done.status_code < 500, (rows[1], done.text[:300])


async def test_no_odd_text_in_a_settings_file_ends_as_a_fault(server: Server) -> None:
    window = await signed_in(server.app, "admin")
    text = (await window.get("/seasons/2019/file")).text
    odd = text.replace('county = "', 'county = "\\u0000', 1) if 'county = "' in text else text
    spoilt = re.sub(r'= "', '= "a\\\\u0000', text, count=20)
    for one in (odd, spoilt):
        for do in ("", "apply"):
            answer = await window.post(
                "/seasons/file", files={"file": ("s\0.toml", one.encode())}, do=do
            )
            assert answer.status_code < 500, answer.text[:300]
